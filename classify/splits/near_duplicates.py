"""Find near-duplicate headlines: agency reports that run in many papers with a word changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import as_column, to_numpy
from classify.core.groups import number_by_appearance
from classify.features.hashing import factorize
from classify.features.tokens import tokenize

if TYPE_CHECKING:
    from classify.core.arrow import Texts
    from classify.headlines import Headlines

_PAIRS_AT_A_TIME = 1 << 20


def near_duplicate_groups(headlines: Texts, threshold: float = 0.7) -> NDArray[np.int64]:
    """Number the headlines so that near-duplicates share a number.

    Two headlines are near-duplicates when the Jaccard similarity of their sets of words is `threshold` or more; groups
    are the connected components of that relation. No such pair is missed: with words ordered from rare to common, two
    sets as similar as that share two words near their beginnings (prefix filtering: Bayardo, Ma and Srikant 2007, with
    two words in common as in Wang, Li and Feng 2012), so only pairs that do are compared.

    Parameters
    ----------
    headlines
        n headlines, best without publisher suffixes.
    threshold
        Least Jaccard similarity, above 0.5 and at most 1.

    Returns
    -------
        Shape (n,): group numbers from 0 in order of first appearance. A headline without words is in a group by itself.

    Raises
    ------
    ValueError
        If the threshold is out of range, or the headlines are not strings.

    Examples
    --------
    >>> near_duplicate_groups(["Rovers win the cup", "Rovers win the cup again", "Tax vote delayed"]).tolist()
    [0, 0, 1]
    """
    if not 0.5 < threshold <= 1:
        raise ValueError(f"threshold={threshold!r}; expected a similarity above 0.5 and at most 1")
    sets = _word_sets(as_column(headlines))
    same = _identical(sets)
    distinct = sets[np.unique(same, return_index=True)[1]]
    return number_by_appearance(_connect(distinct, threshold)[same])


def joint_groups(headlines: Headlines, text: pa.Array | None = None) -> NDArray[np.int64]:
    """Number headlines so that near-duplicates and, where stories are known, headlines of a story share a number.

    Parameters
    ----------
    headlines
        n headlines.
    text
        Their texts to compare, such as cleaned ones; as given by default.

    Returns
    -------
        Shape (n,): group numbers from 0 in order of first appearance.
    """
    groups = near_duplicate_groups(headlines.headline if text is None else text)
    if headlines.story is None:
        return groups
    stories = pc.fill_null(headlines.story.cast(pa.string()), "")
    codes = to_numpy(stories.dictionary_encode().indices).astype(np.int64)
    known = to_numpy(pc.not_equal(stories, ""))
    n = len(groups)
    graph = sp.coo_matrix((np.ones(known.sum(), bool), (groups[known], n + codes[known])), shape=(n + n, n + n))
    return number_by_appearance(sp.csgraph.connected_components(graph, directed=False)[1][groups])


def _word_sets(column: pa.Array) -> sp.csr_matrix:
    """Return the set of words of each headline; columns from the rarest word to the most common."""
    tokens = tokenize(column)
    ids, table = factorize(tokens.hashes)
    rank = np.empty(len(table), np.int32)
    rank[np.argsort(np.bincount(ids, minlength=len(table)), kind="stable")] = np.arange(len(table))
    ones = np.ones(len(ids), np.int32)
    shape = (len(tokens.indptr) - 1, len(table))
    sets = sp.csr_matrix((ones, rank[ids], tokens.indptr), shape=shape)
    sets.sum_duplicates()
    sets.data[:] = 1
    return sets


def _identical(sets: sp.csr_matrix) -> NDArray[np.int64]:
    """Number rows so that those with the same set of words share a number; each empty row has one of its own."""
    # Sums of random 64-bit values tell sets apart but for a chance of n^2 / 2^65.
    values = np.random.default_rng(0).integers(0, 1 << 63, sets.shape[1], dtype=np.uint64)
    sums = np.append(np.uint64(0), np.cumsum(values[sets.indices], dtype=np.uint64))
    keys = sums[sets.indptr[1:]] - sums[sets.indptr[:-1]]
    empty = np.diff(sets.indptr) == 0
    keys[empty] = np.arange(empty.sum(), dtype=np.uint64)
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _connect(sets: sp.csr_matrix, threshold: float) -> NDArray[np.int64]:
    """Return the number of the connected component of each row, linked where the similarity reaches the threshold."""
    sizes = np.diff(sets.indptr)
    # The smaller row of a pair has at least 2t / (1 + t) of its words in common with the other, the larger one t.
    index = _prefix_keys(sets, sizes - _ceil(2 * threshold / (1 + threshold) * sizes) + 2)
    probe = _prefix_keys(sets, sizes - _ceil(threshold * sizes) + 2)
    rows, keys = probe
    neighbours = keys[1:] == keys[:-1]
    groups = _merge(np.arange(len(sizes)), _similar(sets, rows[:-1][neighbours], rows[1:][neighbours], threshold))
    for a, b in _candidates(index, probe, groups):
        fitting = (sizes[a] <= sizes[b]) & (groups[a] != groups[b])
        groups = _merge(groups, _similar(sets, a[fitting], b[fitting], threshold))
    return groups


def _ceil(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round up, after taking off the rounding error of floating point."""
    return np.ceil(values - 1e-9).astype(np.int64)


def _merge(groups: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merge the groups of each pair of rows; return the new group of each row."""
    a, b = groups[pairs]
    graph = sp.coo_matrix((np.ones(len(a), bool), (a, b)), shape=(len(groups),) * 2)
    merged: NDArray[np.int64] = sp.csgraph.connected_components(graph, directed=False)[1].astype(np.int64)[groups]
    return merged


def _candidates(
    index: tuple[Any, Any], probe: tuple[Any, Any], groups: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield pairs of rows that share a key, some at a time, except where all rows of a key are in one group."""
    rows, keys = probe
    other, other_keys = index
    begin = np.searchsorted(other_keys, keys, side="left")
    n_others = np.searchsorted(other_keys, keys, side="right") - begin
    mixed = np.zeros(len(keys), bool)
    if len(keys):
        run = np.append(0, np.cumsum(keys[1:] != keys[:-1]))
        low = np.minimum.reduceat(groups[rows], np.flatnonzero(np.append(True, keys[1:] != keys[:-1])))
        mixed = np.bincount(run, groups[rows] != low[run])[run] > 0
    rows, begin, n_others = rows[mixed], begin[mixed], n_others[mixed]
    stops = np.cumsum(n_others)
    at = 0
    while at < len(rows):
        end = max(int(np.searchsorted(stops, stops[at] - n_others[at] + _PAIRS_AT_A_TIME)), at + 1)
        counts = n_others[at:end]
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - begin[at:end], counts)
        yield other[offsets], np.repeat(rows[at:end], counts)
        at = end


def _prefix_keys(sets: sp.csr_matrix, prefix: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the row and the key of each pair of words in the prefix of each row, sorted by key."""
    sizes = np.diff(sets.indptr)
    prefix = np.minimum(prefix, sizes)
    row_of = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(sets.nnz) - sets.indptr[row_of]
    words = sets.indices.astype(np.int64)
    rows, keys = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for distance in range(1, int(prefix.max(initial=0))):
        at = np.flatnonzero(place + distance < prefix[row_of])
        rows.append(row_of[at])
        keys.append(words[at] * sets.shape[1] + words[at + distance])
    flat = np.concatenate(keys)
    order = np.argsort(flat, kind="stable")
    return np.concatenate(rows)[order], flat[order]


def _similar(sets: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64], threshold: float) -> NDArray[np.int64]:
    """Return the pairs whose Jaccard similarity reaches the threshold, shape (2, n_pairs)."""
    sizes = np.diff(sets.indptr)
    low, high = np.minimum(sizes[a], sizes[b]), np.maximum(sizes[a], sizes[b])
    possible = low >= threshold * high - 1e-9
    keys = np.unique(a[possible] * np.int64(len(sizes)) + b[possible])
    a, b = np.divmod(keys, len(sizes))
    common = np.asarray(sets[a].multiply(sets[b]).sum(axis=1)).ravel()
    near = common >= threshold * (sizes[a] + sizes[b] - common) - 1e-9
    return np.stack([a[near], b[near]])
