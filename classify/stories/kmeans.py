"""Spherical k-means of whole stories, where far fewer are asked for than there are."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.sums import group_sums

_MAX_ROUNDS = 30

# Cosines computed at a time.
_CELLS = 20_000_000


def move_groups(rows: sp.csr_matrix, labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return k groups of whole groups: each moves to the nearest centroid until none moves.

    The first centroids are the k largest groups. Dhillon and Modha, "Concept decompositions for large sparse text data
    using clustering", 2001.

    Parameters
    ----------
    rows
        Unit rows, shape (n, n_terms).
    labels
        The group of each, numbered from 0; at least k groups.
    k
        Groups to return, none of them empty.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1], [0, 1]], np.float32))
    >>> move_groups(rows, np.array([0, 0, 1, 2, 2]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    n_groups, sizes = int(labels.max()) + 1, np.bincount(labels)
    sums = group_sums(labels, rows, n_groups)
    largest = np.argsort(-sizes, kind="stable")[:k]
    cluster = np.full(n_groups, -1, np.int64)
    cluster[largest] = np.arange(k)
    for _ in range(_MAX_ROUNDS):
        moved = _nearest(sums, cluster, k)
        moved[largest] = np.arange(k)  # so that no cluster is ever empty
        if np.array_equal(moved, cluster):
            break
        cluster = moved
    return cluster[labels]


def _nearest(sums: sp.csr_matrix, cluster: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the nearest centroid of each group, the first of equals; the groups of cluster -1 have no centroid."""
    inside = np.flatnonzero(cluster >= 0)
    centroids = group_sums(cluster[inside], sums[inside], k)
    norms = np.sqrt(np.asarray(centroids.multiply(centroids).sum(axis=1)).ravel())
    turned = sp.csr_matrix(sp.diags_array(1 / np.maximum(norms, 1e-12)) @ centroids).T.tocsr()
    step = max(1, _CELLS // k)
    parts = range(0, sums.shape[0], step)
    return np.concatenate([(sums[start : start + step] @ turned).toarray().argmax(axis=1) for start in parts])
