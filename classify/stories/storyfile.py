"""Stories on disk, to continue from: an `ArrayFile`, so that loading runs no code.

The header holds only the format and its version 1; the arrays are versioned by themselves, in the array "state". To
change them, raise `_VERSION`, read the older versions in `unpack`, and keep a file of each among the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrayfile import ArrayFile
from classify.core.estimator import check_fitted
from classify.core.files import write_whole
from classify.stories.clusterer import StoryClusterer
from classify.stories.days import LagEvidence
from classify.stories.engine import Learned
from classify.stories.mixture import Stories
from classify.stories.state import StoryState

Arrays = dict[str, NDArray[Any]]

_FILE = ArrayFile("classify-stories", 1, "file of stories", "'classify cluster -m'", "cluster anew")
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


def save_stories(clusterer: StoryClusterer, path: str | Path) -> int:
    """Write all that a fitted clusterer needs to assign more headlines, whole or not at all.

    Parameters
    ----------
    clusterer
        A fitted clusterer.
    path
        The file; an older one is replaced once the new one is complete.

    Returns
    -------
    :
        The size of the file in bytes.

    Examples
    --------
    >>> import tempfile
    >>> headlines = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
    >>> clusterer = StoryClusterer().fit(headlines)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_stories(clusterer, f"{folder}/stories.safetensors")
    ...     load_stories(f"{folder}/stories.safetensors").assign(["Rovers parade the cup"]).tolist()
    [0]
    """
    content = _FILE.pack(pack(clusterer))
    write_whole(path, content)
    return len(content)


def load_stories(path: str | Path) -> StoryClusterer:
    """Read stories from a file that `save_stories` wrote.

    Memory stays in proportion to the size of the file.

    Raises
    ------
    ModelFileError
        If the file is truncated, altered, of another format or of a later version.
    OSError
        If it cannot be opened.
    """
    return _FILE.load(path, lambda _, arrays: unpack(arrays))


def pack(clusterer: StoryClusterer) -> Arrays:
    """Return the parameters and the state of a fitted clusterer as arrays of one dimension.

    Examples
    --------
    >>> fitted = StoryClusterer().fit(["Rovers win cup", "Cup win for Rovers", "Budget vote"])
    >>> unpack(pack(fitted)).assign(["Rovers win"]).tolist()
    [0]
    """
    check_fitted(clusterer)
    params, state = clusterer.get_params(), clusterer.state_
    learned, counts = state.learned, state.learned.known.counts
    texts = {
        "version": _VERSION,
        "params": {"grain": params.pop("granularity"), **params},
        "corpus_weight": learned.corpus_weight,
        "tails": list(state.suffixes),
        "titles": state.titles,
        "terms": state.terms,
    }
    arrays = {
        "state": np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8),
        "word_hashes": learned.word_hashes,
        "word_counts": learned.word_counts,
        "labels": state.labels,
        "id_hashes": state.id_hashes,
        "days": state.days,
        "sizes": learned.known.sizes,
        "story_indptr": counts.indptr.astype(np.int64),
        "story_words": counts.indices.astype(np.int32),
        "story_counts": counts.data.astype(np.int32),
        "merges": learned.merges,
        "lag_borders": learned.lags.borders,
        "lag_evidence": learned.lags.evidence,
    }
    # Files of arrays hold the bytes as they lie in memory.
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def unpack(arrays: Mapping[str, NDArray[Any]]) -> StoryClusterer:
    """Rebuild a fitted clusterer from `pack`'s arrays; raise a ValueError where they do not fit.

    The arrays may come from a stranger: all sizes and indices are checked before use.
    """
    if "id_hashes" not in arrays:  # version 1 kept no ids
        arrays = {**arrays, "id_hashes": np.zeros(np.size(arrays.get("labels", ())), np.uint64)}
    for name, kind in _KINDS.items():
        if name not in arrays or arrays[name].ndim != 1 or arrays[name].dtype.kind != kind:
            raise _misfit(f"the array {name!r} is missing or of the wrong kind")
    texts = _read_texts(arrays["state"])
    try:
        _check_sizes(arrays, len(texts["titles"]), len(texts["terms"]))
        params = dict(texts["params"])
        params["granularity"] = params.pop("grain")
        state = StoryState(
            suffixes=tuple(map(str, texts["tails"])),
            labels=arrays["labels"].astype(np.int64),
            days=arrays["days"].astype(np.float64),
            id_hashes=arrays["id_hashes"].astype(np.uint64),
            titles=tuple(map(str, texts["titles"])),
            terms=tuple(tuple(map(str, terms)) for terms in texts["terms"]),
            learned=_unpack_learned(arrays, float(texts["corpus_weight"])),
        )
        return StoryClusterer.from_state(state, **params)
    except (KeyError, TypeError) as error:
        raise _misfit(f"its parameters or texts do not fit ({error!r})") from None


def _unpack_learned(arrays: Mapping[str, NDArray[Any]], corpus_weight: float) -> Learned:
    """Rebuild what the clustering keeps from arrays whose sizes fit."""
    parts = (arrays["story_counts"].astype(np.float64), arrays["story_words"], arrays["story_indptr"])
    counts = sp.csr_matrix(parts, shape=(len(arrays["sizes"]), len(arrays["word_hashes"])))
    return Learned(
        word_hashes=arrays["word_hashes"].astype(np.uint64),
        word_counts=arrays["word_counts"].astype(np.int64),
        known=Stories(counts, arrays["sizes"].astype(np.int64)),
        corpus_weight=corpus_weight,
        lags=LagEvidence(arrays["lag_borders"].astype(np.float64), arrays["lag_evidence"].astype(np.float64)),
        merges=arrays["merges"].astype(np.float64),
    )


def _read_texts(array: NDArray[Any]) -> dict[str, Any]:
    """Decode the texts and parameters."""
    try:
        texts = json.loads(array.astype(np.uint8).tobytes())
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _misfit(f"its texts are not JSON ({error})") from None
    if not isinstance(texts, dict) or texts.get("version") not in (1, _VERSION):
        raise _misfit(f"its version is neither 1 nor {_VERSION}")
    return texts


def _check_sizes(arrays: Mapping[str, NDArray[Any]], n_titles: int, n_terms: int) -> None:
    """Check that the arrays fit each other, so that no index leads out of them."""
    n, n_words = len(arrays["sizes"]), len(arrays["word_hashes"])
    labels, hashes = arrays["labels"].astype(np.int64), arrays["word_hashes"]
    indptr, words = arrays["story_indptr"], arrays["story_words"]
    sound = (
        n_titles == n_terms == n == len(indptr) - 1
        and len(labels) == len(arrays["days"]) == len(arrays["id_hashes"])
        and len(arrays["word_counts"]) == n_words
        and bool((hashes[1:] > hashes[:-1]).all())
        and len(arrays["lag_evidence"]) == len(arrays["lag_borders"]) + 1
        and bool((np.diff(arrays["lag_borders"]) > 0).all() and np.isfinite(arrays["lag_evidence"]).all())
        and indptr[0] == 0
        and indptr[-1] == len(words) == len(arrays["story_counts"])
        and bool((np.diff(indptr) >= 0).all())
        and (not len(words) or (words.min() >= 0 and words.max() < n_words))
        and np.array_equal(np.bincount(np.clip(labels, 0, n), minlength=n), arrays["sizes"])
        and bool((labels >= 0).all() and (arrays["story_counts"] > 0).all())
        and bool((arrays["word_counts"] > 0).all())
    )
    if not sound:
        raise _misfit("its arrays do not fit each other")


def _misfit(found: str) -> ValueError:
    """Return the error for arrays that are not the state of a clusterer."""
    return ValueError(f"found no stories of this program: {found}; expected what save_stories writes; cluster anew")
