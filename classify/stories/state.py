"""A fitted story clusterer as plain arrays and back, checked before use: they may come from a stranger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.days import LagEvidence
from classify.stories.mixture import Stories

if TYPE_CHECKING:
    from classify.stories.clusterer import StoryClusterer

    Clusterer = TypeVar("Clusterer", bound=StoryClusterer)

Arrays = dict[str, NDArray[Any]]

# The layout of the arrays; raise it when they change, and say in `unpack` how the older ones are read.
_VERSION = 2

_KINDS = {
    "state": "u",
    "word_hashes": "u",
    "word_counts": "i",
    "labels": "i",
    "id_hashes": "u",
    "days": "f",
    "sizes": "i",
    "story_indptr": "i",
    "story_words": "i",
    "story_counts": "i",
    "merges": "f",
    "lag_borders": "f",
    "lag_evidence": "f",
}


def pack(clusterer: StoryClusterer) -> Arrays:
    """Return all that a clusterer has learned as one-dimensional arrays; texts and parameters are JSON in UTF-8."""
    state = {
        "version": _VERSION,
        "params": clusterer.get_params(),
        "corpus_weight": clusterer.corpus_weight_,
        "tails": list(clusterer.suffixes_),
        "titles": clusterer.titles_,
        "terms": [list(terms) for terms in clusterer.terms_],
    }
    counts = clusterer.known_.counts
    arrays = {
        "state": np.frombuffer(json.dumps(state, ensure_ascii=False).encode(), np.uint8),
        "word_hashes": clusterer.word_hashes_,
        "word_counts": clusterer.word_counts_,
        "labels": clusterer.labels_,
        "id_hashes": clusterer.id_hashes_,
        "days": clusterer.days_,
        "sizes": clusterer.known_.sizes,
        "story_indptr": counts.indptr.astype(np.int64),
        "story_words": counts.indices.astype(np.int32),
        "story_counts": counts.data.astype(np.int32),
        "merges": clusterer.merges_,
        "lag_borders": clusterer.lags_.borders,
        "lag_evidence": clusterer.lags_.evidence,
    }
    # Files of arrays hold the bytes as they lie in memory.
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def unpack(kind: type[Clusterer], arrays: Mapping[str, NDArray[Any]]) -> Clusterer:
    """Rebuild a clusterer, or say in a ValueError what does not fit."""
    if "id_hashes" not in arrays:  # version 1 kept no ids
        arrays = {**arrays, "id_hashes": np.zeros(np.size(arrays.get("labels", ())), np.uint64)}
    for name, dtype in _KINDS.items():
        if name not in arrays or arrays[name].ndim != 1 or arrays[name].dtype.kind != dtype:
            raise _misfit(f"the array {name!r} is missing or of the wrong kind")
    state = _read_state(arrays["state"])
    try:
        clusterer = kind(**state["params"])
        clusterer._check_parameters()
        clusterer.corpus_weight_ = float(state["corpus_weight"])
        clusterer.suffixes_ = tuple(str(suffix) for suffix in state["tails"])
        clusterer.titles_ = [str(title) for title in state["titles"]]
        clusterer.terms_ = [tuple(str(term) for term in terms) for terms in state["terms"]]
    except (KeyError, TypeError) as error:
        raise _misfit(f"its parameters or texts do not fit ({error!r})") from None
    clusterer.word_hashes_ = arrays["word_hashes"].astype(np.uint64)
    clusterer.word_counts_ = arrays["word_counts"].astype(np.int64)
    clusterer.labels_ = arrays["labels"].astype(np.int64)
    clusterer.id_hashes_ = arrays["id_hashes"].astype(np.uint64)
    clusterer.days_ = arrays["days"].astype(np.float64)
    clusterer.merges_ = arrays["merges"].astype(np.float64)
    clusterer.lags_ = LagEvidence(arrays["lag_borders"].astype(np.float64), arrays["lag_evidence"].astype(np.float64))
    _check_sizes(clusterer, arrays)
    parts = (arrays["story_counts"].astype(np.float64), arrays["story_words"], arrays["story_indptr"])
    counts = sp.csr_matrix(parts, shape=(len(arrays["sizes"]), len(clusterer.word_hashes_)))
    clusterer.known_ = Stories(counts, arrays["sizes"].astype(np.int64))
    return clusterer


def _read_state(array: NDArray[Any]) -> dict[str, Any]:
    """Decode the texts and parameters."""
    try:
        state = json.loads(array.astype(np.uint8).tobytes())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _misfit(f"its texts are no JSON ({error})") from None
    if not isinstance(state, dict) or state.get("version") not in (1, _VERSION):
        raise _misfit(f"its version is neither 1 nor {_VERSION}")
    return state


def _check_sizes(clusterer: StoryClusterer, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check that the arrays fit each other, so that no index leads out of them."""
    n, n_words = len(arrays["sizes"]), len(clusterer.word_hashes_)
    indptr, words = arrays["story_indptr"], arrays["story_words"]
    sound = (
        len(clusterer.titles_) == len(clusterer.terms_) == n == len(indptr) - 1
        and len(clusterer.labels_) == len(clusterer.days_) == len(clusterer.id_hashes_)
        and len(clusterer.word_counts_) == n_words
        and bool((clusterer.word_hashes_[1:] > clusterer.word_hashes_[:-1]).all())
        and len(arrays["lag_evidence"]) == len(arrays["lag_borders"]) + 1
        and bool((np.diff(arrays["lag_borders"]) > 0).all() and np.isfinite(arrays["lag_evidence"]).all())
        and indptr[0] == 0
        and indptr[-1] == len(words) == len(arrays["story_counts"])
        and bool((np.diff(indptr) >= 0).all())
        and (not len(words) or (words.min() >= 0 and words.max() < n_words))
        and np.array_equal(np.bincount(np.clip(clusterer.labels_, 0, n), minlength=n), arrays["sizes"])
        and bool((clusterer.labels_ >= 0).all() and (arrays["story_counts"] > 0).all())
        and bool((clusterer.word_counts_ > 0).all())
    )
    if not sound:
        raise _misfit("its arrays do not fit each other")


def _misfit(what: str) -> ValueError:
    """Build the error for arrays that are no state of a clusterer."""
    return ValueError(f"found no stories of this program: {what}; expected what to_arrays gave; cluster anew")
