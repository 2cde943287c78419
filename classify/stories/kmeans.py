"""Spherical k-means from given groups: headlines move to the nearest centroid until none moves."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_MAX_ROUNDS = 20


def move_to_centroids(rows: sp.csr_matrix, labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return k groups: the k largest of those given are the first centroids, and headlines move until none does.

    Dhillon and Modha, "Concept decompositions for large sparse text data using clustering", 2001.

    Parameters
    ----------
    rows
        Unit rows, shape (n, n_terms).
    labels
        The group of each headline, numbered from 0; at least k groups.
    k
        Groups to return. None of them is empty: a group's last headline stays.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1], [0, 1]], np.float32))
    >>> move_to_centroids(rows, np.array([0, 0, 1, 2, 2]), 2).tolist()
    [0, 0, 0, 1, 1]
    """
    sizes = np.bincount(labels)
    largest = np.argsort(-sizes, kind="stable")[:k]
    place = np.full(len(sizes), -1, np.int64)
    place[largest] = np.arange(k)
    labels = place[labels]
    for _ in range(_MAX_ROUNDS):
        moved = _nearest(rows, labels, k)
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _nearest(rows: sp.csr_matrix, labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return the nearest centroid of each headline; the present one wins ties, and a group's first headline stays."""
    inside = np.flatnonzero(labels >= 0)
    member = sp.csr_matrix((np.ones(len(inside)), (labels[inside], inside)), shape=(k, rows.shape[0]))
    centroids = (member @ rows).tocsr()
    norms = np.sqrt(np.asarray(centroids.multiply(centroids).sum(axis=1)).ravel())
    centroids = sp.csr_matrix(sp.diags_array(1 / np.maximum(norms, 1e-12)) @ centroids)
    nearest = labels.copy()
    step = max(1, 20_000_000 // k)
    turned = centroids.T.tocsr()
    for start in range(0, rows.shape[0], step):
        cosines = (rows[start : start + step] @ turned).toarray()
        own = labels[start : start + step]
        some = np.flatnonzero(own >= 0)
        cosines[some, own[some]] += 1e-9
        nearest[start : start + step] = cosines.argmax(axis=1)
    _, first = np.unique(labels[inside], return_index=True)
    nearest[inside[first]] = labels[inside[first]]
    return nearest
