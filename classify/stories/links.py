"""Which headlines resemble each other, and which groups follow from that: neighbours and average linkage.

The mean cosine of two groups of unit rows is the sum over their links divided by the product of their sizes, so
linkage needs the sums alone. A pair that is no link counts as zero: memory grows with the links, never with the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from classify.core.groups import number_by_appearance as number_by_appearance

# Multiplications a headline may cost in the search for neighbours; terms more frequent than that allows are left out
# of the search. On 109,000 headlines this drops terms in more than about 400 of them; below 10,000 hardly any.
_SEARCH_BUDGET = 1000

# Rows multiplied at a time: bounds the memory of the search.
_CHUNK = 2000


def weigh_words(words: sp.csr_matrix, frequency: NDArray[np.int64], n: int) -> sp.csr_matrix:
    """Bring headlines to unit rows in which each word weighs its surprise, ln((n + 2) / (frequency + 1)).

    Parameters
    ----------
    words
        Ones where a word stands in a headline, shape (n_headlines, n_words).
    frequency
        In how many of n headlines each word stands, shape (n_words,).
    n
        Headlines counted, these among them.

    Examples
    --------
    >>> rows = weigh_words(sp.csr_matrix(np.array([[1, 1], [1, 0]])), np.array([2, 1]), 2)
    >>> rows.toarray().astype(float).round(2).tolist()
    [[0.38, 0.92], [1.0, 0.0]]
    """
    surprise = np.log((n + 2) / (frequency + 1))[words.indices]
    headline = np.repeat(np.arange(words.shape[0]), np.diff(words.indptr))
    norms = np.sqrt(np.bincount(headline, surprise**2, minlength=words.shape[0]))
    data = (surprise / norms[headline]).astype(np.float32)
    return sp.csr_matrix((data, words.indices, words.indptr), shape=words.shape)


def find_neighbours(
    rows: sp.csr_matrix,
    n_neighbors: int,
    min_similarity: float,
    times: NDArray[np.float64] | None = None,
    window: float | None = None,
) -> sp.csr_matrix:
    """Link each headline with those most like it.

    Parameters
    ----------
    rows
        Unit rows, shape (n, n_terms).
    n_neighbors
        Each headline chooses at most this many; a link holds in both directions.
    min_similarity
        Cosine under which there is no link.
    times, window
        When the headlines appeared, in days, and how far apart two linked ones may be; None for any distance.

    Returns
    -------
    :
        Symmetric, shape (n, n), the cosines of the linked pairs, nothing on the diagonal.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [0.6, 0.8], [0, 1]]))
    >>> find_neighbours(rows, 1, 0.1).toarray().round(1).tolist()
    [[0.0, 0.6, 0.0], [0.6, 0.0, 0.8], [0.0, 0.8, 0.0]]
    """
    searched = _drop_frequent(rows)
    n = searched.shape[0]
    if window is None or times is None:
        order, window = np.arange(n), np.inf
        links = _links_of_chunks(searched, np.zeros(n), np.inf, n_neighbors, min_similarity)
    else:
        order = np.argsort(times, kind="stable")
        links = _links_of_chunks(searched[order], times[order], window, n_neighbors, min_similarity)
    left, right, cosine = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = sp.csr_matrix((cosine, (order[left], order[right])), shape=(n, n))
    return graph.maximum(graph.T).tocsr()


@dataclass(frozen=True)
class MergeTree:
    """Hold the merges of average linkage, in no particular order.

    Attributes
    ----------
    n_leaves
        How many groups there were to begin with.
    first, second
        A leaf of either of the two groups that were merged.
    similarity
        Mean cosine of the two.
    """

    n_leaves: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def cut(self, threshold: float = 0.0, n_groups: int = 1) -> NDArray[np.int64]:
        """Number the groups after all merges of at least the threshold, but never fewer groups than asked for.

        Examples
        --------
        >>> tree = MergeTree(3, np.array([0, 0]), np.array([1, 2]), np.array([0.9, 0.1]))
        >>> tree.cut(0.5).tolist(), tree.cut(n_groups=3).tolist()
        ([0, 0, 1], [0, 1, 2])
        """
        order = np.argsort(-self.similarity, kind="stable")[: max(self.n_leaves - n_groups, 0)]
        order = order[self.similarity[order] >= threshold]
        links = (np.ones(len(order)), (self.first[order], self.second[order]))
        graph = sp.csr_matrix(links, shape=(self.n_leaves, self.n_leaves))
        return number_by_appearance(connected_components(graph, directed=False)[1])


def link_groups(graph: sp.csr_matrix, labels: NDArray[np.int64] | None = None) -> MergeTree:
    """Merge groups by average linkage until no two are linked.

    In each round every pair of groups that are each other's nearest is merged; for average linkage this yields the
    same tree as merging one nearest pair at a time (Murtagh, "A survey of recent advances in hierarchical clustering
    algorithms", 1983).

    Parameters
    ----------
    graph
        Symmetric cosines of linked pairs, from `find_neighbours`.
    labels
        Groups to begin with, the leaves of the tree; every headline by itself when None.

    Returns
    -------
    :
        The merges.

    Examples
    --------
    >>> graph = sp.csr_matrix(np.array([[0, 0.9, 0.1], [0.9, 0, 0], [0.1, 0, 0]]))
    >>> tree = link_groups(graph)
    >>> tree.similarity.tolist(), tree.cut(0.2).tolist(), tree.cut(0.05).tolist()
    ([0.9, 0.05], [0, 0, 1], [0, 0, 0])
    """
    labels = np.arange(graph.shape[0]) if labels is None else labels
    sizes = np.bincount(labels)
    sums = _contract(graph.astype(np.float64), labels)
    leaf = np.arange(len(sizes))
    merges = []
    while sums.nnz:
        best, similarity = nearest_groups(sums, sizes)
        here = np.arange(len(sizes))
        low = np.flatnonzero((best >= 0) & (best[best] == here) & (here < best))
        high = best[low]
        merges.append((leaf[low], leaf[high], similarity[low]))
        target = here.copy()
        target[high] = low
        kept, merged = np.unique(target, return_inverse=True)
        sizes, leaf, sums = np.bincount(merged, sizes).astype(np.int64), leaf[kept], _contract(sums, merged)
    if not merges:
        merges.append((leaf[:0], leaf[:0], np.zeros(0)))
    return MergeTree(len(np.bincount(labels)), *(np.concatenate(part) for part in zip(*merges, strict=True)))


def nearest_groups(sums: sp.csr_matrix, sizes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the group of highest mean cosine with each group; -1 where it has no link.

    Examples
    --------
    >>> sums = sp.csr_matrix(np.array([[0.0, 0.9, 0.8], [0.9, 0, 0], [0.8, 0, 0]]))
    >>> best, similarity = nearest_groups(sums, np.array([1, 3, 1]))
    >>> best.tolist(), similarity.round(1).tolist()
    ([2, 0, 0], [0.8, 0.3, 0.8])
    """
    counts = np.diff(sums.indptr)
    linked = np.flatnonzero(counts)
    best = np.full(len(sizes), -1, np.int64)
    similarity = np.zeros(len(sizes))
    if len(linked):
        row = np.repeat(np.arange(len(sizes)), counts)
        mean = sums.data / (sizes[row] * sizes[sums.indices])
        similarity[linked] = np.maximum.reduceat(mean, sums.indptr[linked])
        # Written backwards, so that the first of equals stands.
        winners = np.flatnonzero(mean == similarity[row])[::-1]
        best[row[winners]] = sums.indices[winners]
    return best, similarity


def best_of_each(owner: NDArray[Any], value: NDArray[Any], n_best: int) -> NDArray[np.int64]:
    """Find the positions of the highest values of each owner, best first; the first of equals wins.

    Examples
    --------
    >>> best_of_each(np.array([0, 0, 0, 2]), np.array([0.1, 0.3, 0.2, 0.1]), 2).tolist()
    [1, 2, 3]
    """
    span = 2 * np.abs(value).max(initial=1).astype(np.float64)
    # One key for both: owners are whole numbers, what is added lies within (-1/2, 1/2).
    order = np.argsort(owner - value / span / 1.01, kind="stable")
    rank = np.arange(len(order)) - np.searchsorted(owner[order], owner[order])
    return order[rank < n_best]


def group_sums(labels: NDArray[np.int64], rows: sp.csr_matrix, n_groups: int) -> sp.csr_matrix:
    """Add up the rows of each group, shape (n_groups, n_columns)."""
    n = len(labels)
    member = sp.csr_matrix((np.ones(n, rows.dtype), (labels, np.arange(n))), shape=(n_groups, n))
    sums = (member @ rows).tocsr()
    sums.sort_indices()
    return sums


def _drop_frequent(rows: sp.csr_matrix) -> sp.csr_matrix:
    """Leave out the terms too frequent for the search's budget."""
    frequency = np.bincount(rows.indices, minlength=rows.shape[1]).astype(np.float64)
    ordered = np.sort(frequency)
    affordable = np.searchsorted(np.cumsum(ordered**2), _SEARCH_BUDGET * max(rows.shape[0], 1000), "right")
    limit = ordered[min(affordable, len(ordered) - 1)] if len(ordered) else 0
    return rows[:, frequency <= limit].tocsr()


def _links_of_chunks(
    rows: sp.csr_matrix, times: NDArray[np.float64], window: float, n_neighbors: int, min_similarity: float
) -> list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
    """Find the neighbours of rows in order of time, a chunk of rows at a time."""
    n = rows.shape[0]
    low, high, columns = 0, 0, rows[:0].T
    links = []
    for start in range(0, n, _CHUNK):
        stop = min(start + _CHUNK, n)
        within = np.searchsorted(times, [times[start] - window, np.nextafter(times[stop - 1] + window, np.inf)])
        if np.isnan(times[stop - 1]):  # undated headlines, the last ones, are compared with all
            within = np.array([0, n])
        if (low, high) != tuple(within):
            low, high = within
            columns = rows[low:high].T.tocsr()
        cosines = (rows[start:stop] @ columns).tocsr()
        high_enough = np.flatnonzero(cosines.data >= min_similarity)
        left = start + np.searchsorted(cosines.indptr, high_enough, "right") - 1
        right = cosines.indices[high_enough] + np.int64(low)
        keep = (left != right) & ~(np.abs(times[left] - times[right]) > window)
        left, right, cosine = left[keep], right[keep], cosines.data[high_enough[keep]]
        by_position = np.argsort(left * n + right)
        left, right, cosine = left[by_position], right[by_position], cosine[by_position]
        best = best_of_each(left, cosine, n_neighbors)
        links.append((left[best], right[best], cosine[best]))
    return links


def _contract(graph: sp.csr_matrix, groups: NDArray[np.int64]) -> sp.csr_matrix:
    """Add up the links between groups; those inside a group drop out."""
    n = len(groups)
    member = sp.csr_matrix((np.ones(n), groups, np.arange(n + 1)), shape=(n, int(groups.max(initial=-1)) + 1))
    links = graph.tocoo()
    between = groups[links.row] != groups[links.col]
    kept = sp.csr_matrix((links.data[between], (links.row[between], links.col[between])), shape=graph.shape)
    sums = (member.T @ kept @ member).tocsr()
    sums.sort_indices()
    return sums
