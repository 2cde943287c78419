"""Average linkage on the probabilities of sparse pairs, in rounds of mutual nearest groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from classify.core.groups import number_by_appearance


@dataclass(frozen=True)
class MergeTree:
    """The merges of average linkage, in no particular order.

    Attributes
    ----------
    n_leaves
        Groups at the start.
    first, second
        A leaf of either of the two groups of each merge.
    similarity
        Mean probability between the two.
    """

    n_leaves: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarity: NDArray[np.float64]

    def cut(self, threshold: float = 0.0, n_groups: int = 1) -> NDArray[np.int64]:
        """Return the group of each leaf after all merges of at least the threshold, never fewer groups than asked for.

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


def link_pairs(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    probability: NDArray[np.float64],
    absent: NDArray[np.float64],
    groups: NDArray[np.int64],
    threshold: float = 0.0,
) -> MergeTree:
    """Merge groups by average linkage as long as two have a mean probability of at least the threshold.

    The mean is taken over all pairs between two groups; a pair that is not given has probability 0 and counts as much
    as the product of its headlines' weights. Each round merges all groups that are each other's nearest, which yields
    the tree of merging one nearest pair at a time, since no merge brings two groups nearer to a third (Murtagh, "A
    survey of recent advances in hierarchical clustering algorithms", 1983).

    Parameters
    ----------
    left, right, probability
        Pairs of headlines, each once, and the probability that they are one story, a multiple of 2^-16.
    absent
        Weight of each headline in pairs that are not given, above 0 and at most 1, a multiple of 2^-12.
    groups
        The group of each headline at the start, numbered from 0; the leaves of the tree.
    threshold
        Mean probability below which no groups are merged.

    Examples
    --------
    >>> pairs = np.array([0, 0, 1]), np.array([1, 2, 2]), np.array([0.875, 0.25, 0.5])
    >>> tree = link_pairs(*pairs, np.ones(3), np.arange(3))
    >>> tree.similarity.tolist(), tree.cut(0.5).tolist()
    ([0.875, 0.375], [0, 0, 1])
    """
    weights = np.bincount(groups, absent)
    n = len(weights)
    leaf = np.arange(n)
    extra = 1 - absent[left] * absent[right]
    edges = _Edges(groups[left], groups[right], probability.astype(np.float64), extra).merged(n)
    merges = [(leaf[:0], leaf[:0], np.zeros(0))]
    while len(edges.left):
        mean = edges.sums / (edges.extra + weights[edges.left] * weights[edges.right])
        best, value = _nearest(edges, mean, n)
        alive = value >= max(threshold, np.finfo(float).tiny)
        here = np.flatnonzero(alive)
        low = here[(best[best[here]] == here) & (here < best[here])]
        high = best[low]
        merges.append((leaf[low], leaf[high], value[low]))
        weights[low] += weights[high]
        target = np.arange(n)
        target[high] = low
        edges = edges.taken(alive[edges.left] & alive[edges.right])
        edges = _Edges(target[edges.left], target[edges.right], edges.sums, edges.extra).merged(n)
    return MergeTree(n, *(np.concatenate(part) for part in zip(*merges, strict=True)))


@dataclass(frozen=True)
class _Edges:
    """Pairs of groups: the sum of the probabilities between them, and what given pairs weigh more than absent ones."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    sums: NDArray[np.float64]
    extra: NDArray[np.float64]

    def taken(self, keep: NDArray[np.bool_]) -> _Edges:
        """Return some of the pairs."""
        return _Edges(self.left[keep], self.right[keep], self.sums[keep], self.extra[keep])

    def merged(self, n: int) -> _Edges:
        """Add up the pairs between the same two groups and drop those within one."""
        keys = np.minimum(self.left, self.right) * n + np.maximum(self.left, self.right)
        between = self.left != self.right
        keys, place = np.unique(keys[between], return_inverse=True)
        sums, extra = (np.bincount(place, part[between], len(keys)) for part in (self.sums, self.extra))
        return _Edges(keys // n, keys % n, sums.astype(np.float64), extra.astype(np.float64))


def _nearest(edges: _Edges, mean: NDArray[np.float64], n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest group of each group and the mean probability; of equals the lower number wins."""
    value = np.zeros(n)
    np.maximum.at(value, edges.left, mean)
    np.maximum.at(value, edges.right, mean)
    best = np.full(n, n)
    for here, there in ((edges.left, edges.right), (edges.right, edges.left)):
        top = mean == value[here]
        np.minimum.at(best, here[top], there[top])
    return best, value
