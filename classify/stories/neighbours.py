"""Candidates: for each headline the headlines most like it, found by an inverted index in memory."""

from __future__ import annotations

from functools import partial

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.threads import in_threads

# Rows multiplied at a time: bounds the memory of the search.
_CHUNK = 1000

# Cosine under which two headlines are no candidates.
_LEAST = 0.06


def find_candidates(
    rows: sp.csr_matrix,
    n_neighbors: int,
    days: NDArray[np.float64] | None = None,
    window: float = np.inf,
    budget: int = 20_000,
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
    starts = range(0, n, _CHUNK)
    search = partial(_search_chunk, rows, times, window, n_neighbors, budget)
    found = in_threads(search, starts, n_jobs)
    left, right, cosine = (np.concatenate(part) for part in zip(*found, strict=True))
    graph = sp.csr_matrix((cosine, (order[left], order[right])), shape=(n, n))
    graph = graph.maximum(graph.T).tocsr()
    graph.sort_indices()
    return graph


def _search_chunk(
    rows: sp.csr_matrix, times: NDArray[np.float64], window: float, n_neighbors: int, budget: int, start: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the best links of a chunk of headlines in order of time."""
    n = rows.shape[0]
    stop = min(start + _CHUNK, n)
    n_dated = n - int(np.isnan(times).sum())
    if stop <= n_dated:
        low, high = np.searchsorted(
            times[:n_dated], [times[start] - window, np.nextafter(times[stop - 1] + window, np.inf)]
        )
        others = np.append(np.arange(low, high), np.arange(n_dated, n))
    else:
        others = np.arange(n)
    near = rows[others]
    some = _keep_cheap(rows[start:stop], near, budget)
    cosines = (some @ near.T.tocsr()).tocsr()
    high_enough = np.flatnonzero(cosines.data >= _LEAST)
    left = np.searchsorted(cosines.indptr, high_enough, "right") - 1 + start
    right, cosine = others[cosines.indices[high_enough]], cosines.data[high_enough]
    keep = (left != right) & ~(np.abs(times[left] - times[right]) > window)
    left, right, cosine = left[keep], right[keep], cosine[keep]
    best = _best_of_each(left, right, cosine, n_neighbors)
    return left[best], right[best], cosine[best]


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
    sizes = np.bincount(owner - owner.min(initial=0))
    crowded = (sizes > n_best)[owner - owner.min(initial=0)]
    few, many = np.flatnonzero(~crowded), np.flatnonzero(crowded)
    order = many[np.lexsort((other[many], -value[many], owner[many]))]
    rank = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    return np.append(few, order[rank < n_best])
