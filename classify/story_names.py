"""What to call a story: its most central headline and its most telling terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.story_links import best_of_each, group_sums

if TYPE_CHECKING:
    Dates: TypeAlias = Sequence[object] | NDArray[Any] | pa.Array | pa.ChunkedArray | None

# Terms looked at for each story, and terms kept: half the former fall to the tests for fragments and repeats.
_CONSIDERED, _KEPT = 16, 6

# A term must stand in a story's headlines this many times as often as in the others'.
_MIN_LIFT = 3.0

# Factor on the centrality of a headline that was cut off, so that a whole one is preferred as title.
_CUT_OFF = 0.8


def central_headlines(
    rows: sp.csr_matrix, headlines: Sequence[str], labels: NDArray[np.int64], n_stories: int
) -> NDArray[np.int64]:
    """Find the headline of each story nearest to all its headlines; -1 for a story without any.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [0.8, 0.6], [0, 1]]))
    >>> central_headlines(rows, ["a", "b", "c"], np.array([0, 0, 0]), 1).tolist()
    [1]
    """
    sums = group_sums(labels, rows, n_stories)
    centrality = np.asarray(rows.multiply(sums[labels]).sum(axis=1)).ravel()
    cut_off = np.fromiter((text.endswith(("...", "\u2026")) for text in headlines), np.bool_, len(headlines))
    best = best_of_each(labels, np.where(cut_off, _CUT_OFF, 1.0) * centrality, 1) if len(labels) else labels
    titles = np.full(n_stories, -1, np.int64)
    titles[labels[best]] = best
    return titles


def telling_terms(
    terms: sp.csr_matrix, names: NDArray[np.object_], labels: NDArray[np.int64], n_stories: int
) -> list[tuple[str, ...]]:
    """Choose up to six terms for each story that set it apart from the others.

    A term's worth is the number of the story's headlines that hold it times the log of its lift: its share of the
    story's headlines over its share of all others. Single letters, bare numbers, terms held by one headline of
    several, and terms that repeat a better one ("trump" and "trumps") are passed over.

    Parameters
    ----------
    terms
        Non-zero where a term stands in a headline, shape (n, n_terms).
    names
        The terms, shape (n_terms,); a pair of words has a space between.
    labels
        The story of each headline.
    n_stories
        How many stories there are.

    Examples
    --------
    >>> terms = sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1]]))
    >>> telling_terms(terms, np.array(["the", "budget", "final"], object), np.array([0, 0, 1, 1]), 2)
    [('budget',), ('final',)]
    """
    held = sp.csr_matrix((np.ones(terms.nnz), terms.indices, terms.indptr), shape=terms.shape)
    counts = group_sums(labels, held, n_stories)
    story = np.repeat(np.arange(n_stories), np.diff(counts.indptr))
    sizes = np.bincount(labels, minlength=n_stories)
    frequency = np.bincount(terms.indices, minlength=terms.shape[1])
    elsewhere = (frequency[counts.indices] - counts.data + 0.5) / (len(labels) - sizes[story] + 1)
    lift = counts.data / sizes[story] / elsewhere
    is_pair = np.fromiter((" " in name for name in names), np.bool_, len(names))
    often = counts.data >= np.where(sizes[story] > 1, 2, 1)
    fits = often & (lift >= np.minimum(_MIN_LIFT, lift.max(initial=0))) & ~(is_pair[counts.indices] & (counts.data < 2))
    story, term, worth = story[fits], counts.indices[fits], (counts.data * np.log(lift + 1))[fits]
    best = best_of_each(story, worth, _CONSIDERED)
    bounds = np.searchsorted(story[best], np.arange(n_stories + 1))
    ranked = names[term[best]]
    return [_without_repeats(ranked[low:high]) for low, high in pairwise(bounds)]


def _without_repeats(ranked: NDArray[np.object_]) -> tuple[str, ...]:
    """Keep the best terms that are no fragments and share no word with a better one."""
    kept: list[str] = []
    seen: list[str] = []
    for name in ranked:
        words = name.split()
        if len(kept) == _KEPT or any(_is_fragment(word) for word in words) or name.replace(" ", "").isdigit():
            continue
        if not any(_are_alike(word, other) for word in words for other in seen):
            kept.append(_join(words))
            seen.extend(words)
    return tuple(kept)


def _is_fragment(word: str) -> bool:
    """Tell whether a word is a single letter, as is left of "Keeper's"; an ideograph is none."""
    return len(word) == 1 and not _is_ideograph(word) and not word.isdigit()


def _are_alike(word: str, other: str) -> bool:
    """Tell whether two words are forms of one, by a common beginning that leaves at most three letters."""
    short, long = sorted((word, other), key=len)
    if short == long:
        return True
    stem = len(short) - 1 if len(short) > 4 else len(short)
    return len(short) >= 3 and len(long) - len(short) <= 3 and long.startswith(short[:stem]) and not long.isdigit()


def _join(words: list[str]) -> str:
    """Put words side by side, ideographs without a space."""
    return ("" if all(map(_is_ideograph, words)) else " ").join(words)


def _is_ideograph(word: str) -> bool:
    """Tell Chinese and Japanese characters."""
    return re.fullmatch(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]", word) is not None


def as_days(dates: Dates, n: int) -> NDArray[np.float64] | None:
    """Turn dates into days since 1970, an undated headline counted with the one before it; None where none is dated.

    Examples
    --------
    >>> as_days(["1970-01-02", "", "1970-01-03T12:00Z"], 3).tolist()
    [1.0, 1.0, 2.5]
    """
    import pandas as pd

    if dates is None:
        return None
    values = pd.Series(dates.to_pylist() if isinstance(dates, pa.Array | pa.ChunkedArray) else list(dates), dtype=object)
    if len(values) != n:
        raise ValueError(f"dates has {len(values)} rows for {n} headlines; expected one date each; give None for none")
    parsed = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    odd = parsed.isna() & values.notna() & (values != "")
    if odd.any():
        parsed[odd] = pd.to_datetime(values[odd], utc=True, format="mixed", errors="coerce")
    if parsed.isna().all():
        return None
    seconds = parsed.ffill().bfill().dt.as_unit("ms").astype(np.int64).to_numpy()
    return np.asarray(seconds / 86_400_000)
