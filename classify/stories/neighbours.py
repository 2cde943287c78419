"""Candidates: for each headline the headlines most like it, found by an inverted index in memory."""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.threads import in_threads
from classify.features.sparse import row_numbers

# Rows multiplied at a time, which bounds the memory of the search, and rows for which the others are cut out at once.
_CHUNK, _BLOCK = 1000, 4000

# Steps of cosines by which most entries that are not among the best are left out before sorting.
_STEPS = 64

# Cosine under which two headlines are no candidates.
_LEAST = 0.06


def find_candidates(
    rows: sp.csr_matrix,
    n_neighbors: int,
    days: NDArray[np.float64] | None = None,
    window: float = np.inf,
    budget: int = 5_000,
    n_jobs: int | None = 1,
) -> sp.csr_matrix:
    """Return each headline's nearest headlines by cosine, in both directions.

    Parameters
    ----------
    rows
        Unit rows, shape (n, n_terms), sorted indices.
    n_neighbors
        Each headline chooses at most this many; a candidate holds in both directions. Of equals the lower
        position wins.
    days, window
        When the headlines appeared, and how many days apart two candidates may be.
    budget
        Multiplications a headline may cost on average; the most frequent terms beyond it are left out of the search.
    n_jobs
        Threads; the result does not depend on it.

    Returns
    -------
    scipy.sparse.csr_matrix
        Symmetric, shape (n, n), float32 cosines, nothing on the diagonal.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32))
    >>> find_candidates(rows, 1).toarray().round(1).tolist()
    [[0.0, 0.6000000238418579, 0.0], [0.6000000238418579, 0.0, 0.800000011920929], [0.0, 0.800000011920929, 0.0]]
    """
    n = rows.shape[0]
    # Undated headlines stand last: they are compared with all others.
    order = np.arange(n) if days is None else np.argsort(days, kind="stable")
    times = np.zeros(n) if days is None else days[order]
    rows = rows[order]
    search = partial(_search_block, rows, times, window, n_neighbors, budget)
    found = [part for parts in in_threads(search, range(0, n, _BLOCK), n_jobs) for part in parts]
    left, right, cosine = (np.concatenate(part) for part in zip(*found, strict=True))
    graph = sp.csr_matrix((cosine, (order[left], order[right])), shape=(n, n))
    graph = graph.maximum(graph.T).tocsr()
    graph.sort_indices()
    return graph


_Links: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def _search_block(
    rows: sp.csr_matrix, times: NDArray[np.float64], window: float, n_neighbors: int, budget: int, start: int
) -> list[_Links]:
    """Return the best links of a block of headlines in order of time."""
    stop = min(start + _BLOCK, rows.shape[0])
    others = _within_reach(times, window, start, stop)
    near = rows[others]
    some = _keep_cheap(rows[start:stop], near, budget)
    turned = near.T.tocsr()
    found = []
    for low in range(0, stop - start, _CHUNK):
        cosines = (some[low : low + _CHUNK] @ turned).tocsr()
        high_enough = np.flatnonzero(cosines.data >= _LEAST)
        left = row_numbers(cosines.indptr)[high_enough] + (start + low)
        right, cosine = others[cosines.indices[high_enough]], cosines.data[high_enough]
        keep = np.flatnonzero((left != right) & ~(np.abs(times[left] - times[right]) > window))
        left, right, cosine = left[keep], right[keep], cosine[keep]
        best = _best_of_each(left, right, cosine, n_neighbors)
        found.append((left[best], right[best], cosine[best]))
    return found


def _within_reach(times: NDArray[np.float64], window: float, start: int, stop: int) -> NDArray[np.int64]:
    """Return the headlines that those of a block are compared with, in order of time; undated ones are last."""
    n = len(times)
    n_dated = n - int(np.isnan(times).sum())
    if stop > n_dated:
        return np.arange(n)
    ends = [times[start] - window, np.nextafter(times[stop - 1] + window, np.inf)]
    low, high = np.searchsorted(times[:n_dated], ends)
    return np.append(np.arange(low, high), np.arange(n_dated, n))


def _keep_cheap(some: sp.csr_matrix, near: sp.csr_matrix, budget: int) -> sp.csr_matrix:
    """Drop the most frequent terms from some rows so that multiplying them with others stays within the budget."""
    frequency = np.bincount(near.indices, minlength=near.shape[1])
    cost = np.bincount(some.indices, minlength=some.shape[1]) * frequency
    order = np.argsort(frequency, kind="stable")
    cheap = np.zeros(len(order), bool)
    cheap[order] = np.cumsum(cost[order]) <= budget * some.shape[0]
    keep = cheap[some.indices]
    indptr = np.append(0, np.cumsum(keep))[some.indptr]
    return sp.csr_matrix((some.data[keep], some.indices[keep], indptr), shape=some.shape)


def _best_of_each(
    owner: NDArray[np.int64], other: NDArray[np.int64], value: NDArray[np.float32], n_best: int
) -> NDArray[np.int64]:
    """Return the positions of the highest values of each owner; of equals the lower other wins."""
    some = np.flatnonzero(_may_be_best(owner - owner[:1].sum(), value, n_best))
    order = some[np.lexsort((other[some], -value[some], owner[some]))]
    rank = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    return order[rank < n_best]


def _may_be_best(owner: NDArray[np.int64], value: NDArray[np.float32], n_best: int) -> NDArray[np.bool_]:
    """Mark the values, between 0 and 1, in steps that fewer than n_best values of the owner are above."""
    step = ((1 - value) * np.float32(_STEPS)).clip(0, _STEPS - 1).astype(np.int64)
    n = int(owner.max(initial=-1)) + 1
    counts = np.bincount(owner * _STEPS + step, minlength=n * _STEPS).reshape(n, _STEPS)
    last = (np.cumsum(counts, axis=1) < n_best).sum(axis=1)
    return np.asarray(step <= last[owner])
