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
from numpy.typing import NDArray

from classify.core.arrayfile import ArrayFile
from classify.core.arrow import from_strings
from classify.core.estimator import check_fitted
from classify.core.files import write_whole
from classify.headlines import Headlines
from classify.stories.clusterer import StoryClusterer
from classify.stories.state import KEPT_COLUMNS, Merge, StoryState

Arrays = dict[str, NDArray[Any]]

_FILE = ArrayFile("classify-stories", 1, 1, "file of stories", "'classify cluster -m'", "cluster anew")
_VERSION = 3

# Days since 1970 of the years 1 to 9999, which are all that a date can be written of.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_897

_KINDS = {"state": "u", "labels": "i", "days": "f", "id_hashes": "u"}


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
    """Return the parameters and the state of a fitted clusterer as arrays of one dimension; texts as JSON in UTF-8.

    Examples
    --------
    >>> fitted = StoryClusterer().fit(["Rovers win cup", "Cup win for Rovers", "Budget vote"])
    >>> unpack(pack(fitted)).assign(["Rovers win"]).tolist()
    [0]
    """
    check_fitted(clusterer)
    state = clusterer.state_
    columns = {name: getattr(state.headlines, name) for name in KEPT_COLUMNS}
    texts = {
        "version": _VERSION,
        "params": {name: value for name, value in clusterer.get_params().items() if name != "n_jobs"},
        "suffixes": state.suffixes,
        "numbers": state.numbers.tolist(),
        "titles": state.titles,
        "terms": state.terms,
        "merges": state.merges,
        "next_number": state.next_number,
        "n_seen": state.n_seen,
        "headlines": {name: column.to_pylist() for name, column in columns.items() if column is not None},
    }
    return {
        "state": np.frombuffer(json.dumps(texts, ensure_ascii=False).encode("utf-8", "replace"), np.uint8),
        "labels": state.labels,
        "days": state.days,
        "id_hashes": state.id_hashes,
    }


def unpack(arrays: Mapping[str, NDArray[Any]]) -> StoryClusterer:
    """Rebuild a fitted clusterer from `pack`'s arrays; raise a ValueError where they do not fit.

    The arrays may come from a stranger: all sizes, kinds and numbers are checked. Versions 1 and 2 kept no headlines:
    the title of a story stands for each of its headlines.
    """
    if "id_hashes" not in arrays:  # version 1 kept no ids
        arrays = {**arrays, "id_hashes": np.zeros(np.size(arrays.get("labels", ())), np.uint64)}
    for name, kind in _KINDS.items():
        if name not in arrays or arrays[name].ndim != 1 or arrays[name].dtype.kind != kind:
            raise _misfit(f"the array {name!r} is missing or of the wrong kind")
    texts = _read_texts(arrays["state"])
    try:
        if texts["version"] != _VERSION:
            texts = _upgrade(texts, arrays["labels"])
        state, params = _unpack_state(texts, arrays), {str(name): value for name, value in texts["params"].items()}
        params.pop("random_state", None)  # older files have it; nothing depended on it
    except (AttributeError, IndexError, KeyError, TypeError, OverflowError, ValueError) as error:
        raise _misfit(f"its parameters or texts do not fit ({error!r})") from None
    _check(state)
    try:
        return StoryClusterer.from_state(state, **params)
    except TypeError as error:
        raise _misfit(f"its parameters do not fit ({error})") from None


def _upgrade(texts: dict[str, Any], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return the texts of version 1 or 2 as those of this version."""
    params = dict(texts["params"])
    params["granularity"] = params.pop("grain")
    titles = texts["titles"]
    if labels.min(initial=0) < 0:
        raise ValueError("a story has a number below 0")
    return {
        "params": params,
        "suffixes": texts["tails"],
        "numbers": list(range(len(titles))),
        "titles": titles,
        "terms": texts["terms"],
        "merges": [],
        "next_number": len(titles),
        "n_seen": len(labels),
        "headlines": {"headline": [titles[label] for label in labels.tolist()]},
    }


def _unpack_state(texts: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> StoryState:
    """Rebuild the state; raise an error where the texts are of another kind."""
    columns = {name: from_strings(texts["headlines"][name]) for name in KEPT_COLUMNS if name in texts["headlines"]}
    return StoryState(
        suffixes=tuple(map(str, texts["suffixes"])),
        headlines=Headlines(**columns),
        labels=arrays["labels"].astype(np.int64),
        days=arrays["days"].astype(np.float64),
        id_hashes=arrays["id_hashes"].astype(np.uint64),
        numbers=np.array(texts["numbers"], np.int64),
        titles=tuple(map(str, texts["titles"])),
        terms=tuple(tuple(map(str, terms)) for terms in texts["terms"]),
        merges=tuple(
            Merge(int(story), int(was), None if since is None else str(since)) for story, was, since in texts["merges"]
        ),
        next_number=int(texts["next_number"]),
        n_seen=int(texts["n_seen"]),
    )


def _read_texts(array: NDArray[Any]) -> dict[str, Any]:
    """Decode the texts and parameters."""
    try:
        texts = json.loads(array.astype(np.uint8).tobytes())
    except (ValueError, RecursionError) as error:
        raise _misfit(f"its texts are not JSON ({error})") from None
    if not isinstance(texts, dict) or texts.get("version") not in (1, 2, _VERSION):
        raise _misfit(f"its version is not 1 to {_VERSION}")
    return texts


def _check(state: StoryState) -> None:
    """Check that the parts fit each other."""
    columns = [getattr(state.headlines, name) for name in KEPT_COLUMNS]
    sizes = {len(part) for part in (state.labels, state.days, state.id_hashes, *columns) if part is not None}
    sound = (
        len(sizes) == 1
        and state.headlines.headline.null_count == 0
        and state.numbers.ndim == 1
        and len(state.numbers) == len(state.titles) == len(state.terms)
        and np.array_equal(np.unique(state.labels), state.numbers)
        and int(state.numbers.min(initial=0)) >= 0
        and int(state.numbers.max(initial=-1)) < state.next_number < 2**62
        and len(state.labels) <= state.n_seen
        and bool((np.isnan(state.days) | ((state.days >= _FIRST_DAY) & (state.days < _LAST_DAY))).all())
        and _are_sound(state)
    )
    if not sound:
        raise _misfit("its arrays do not fit each other")


def _are_sound(state: StoryState) -> bool:
    """Return whether each merge is of a number no longer used, once, into one that is."""
    numbers, was = set(state.numbers.tolist()), {merge.was for merge in state.merges}
    in_use = all(merge.story in numbers and 0 <= merge.was < state.next_number for merge in state.merges)
    return in_use and len(was) == len(state.merges) and was.isdisjoint(numbers)


def _misfit(found: str) -> ValueError:
    """Return the error for arrays that are not the state of a clusterer."""
    return ValueError(f"found no stories of this program: {found}; expected what save_stories writes; cluster anew")
