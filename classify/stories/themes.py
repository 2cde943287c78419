"""Broad themes: spherical k-means of whole stories, for when far fewer groups are wanted than there are stories."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.links import group_sums, number_by_appearance

# Dimensions of the latent semantic space, starts, and rounds of each at most. On the sections of uci_news_partial
# and huffpost_2018_22, 50 to 200 dimensions did alike.
_N_DIMENSIONS, _N_STARTS, _MAX_ITER = 100, 5, 100


def spherical_kmeans(
    rows: NDArray[np.float64], n_clusters: int, sample_weight: NDArray[np.float64], random_state: int
) -> NDArray[np.int64]:
    """Cluster unit rows around unit centres by the cosine.

    Dhillon and Modha, "Concept decompositions for large sparse text data using clustering", 2001: a row goes to the
    centre of highest cosine, a centre is the weighted sum of its rows brought to length 1. Seeded by k-means++; an
    empty cluster takes the row that fits its own centre least; of several starts the one of highest total cosine wins.

    Parameters
    ----------
    rows
        Shape (n, n_dimensions), of length 1.
    n_clusters
        At most n.
    sample_weight
        How much each row counts, shape (n,).
    random_state
        Seed of the starts.

    Returns
    -------
    :
        The cluster of each row, numbered by first appearance; none is empty.

    Examples
    --------
    >>> rows = np.array([[1, 0], [0.8, 0.6], [0, -1], [0.6, -0.8]])
    >>> spherical_kmeans(rows, 2, np.ones(4), 0).tolist()
    [0, 0, 1, 1]
    """
    from sklearn.cluster import kmeans_plusplus

    rng = np.random.RandomState(random_state)
    best, highest = np.zeros(len(rows), np.int64), -np.inf
    for _ in range(_N_STARTS):
        centres, _ = kmeans_plusplus(rows, n_clusters, sample_weight=sample_weight, random_state=rng)
        labels = np.full(len(rows), -1)
        for _ in range(_MAX_ITER):
            before, cosines = labels, rows @ centres.T
            labels = _fill_empty(cosines.argmax(axis=1), cosines, n_clusters)
            if np.array_equal(labels, before):
                break
            member = sp.csr_matrix((sample_weight, (labels, np.arange(len(rows)))), shape=(n_clusters, len(rows)))
            centres = unit_rows(member @ rows)
        total = float((sample_weight * (rows * centres[labels]).sum(axis=1)).sum())
        if total > highest + 1e-9:
            best, highest = labels, total
    return number_by_appearance(best)


def find_themes(rows: sp.csr_matrix, stories: NDArray[np.int64], n_themes: int, random_state: int) -> NDArray[np.int64]:
    """Group stories into themes; return the theme of each headline.

    Each story, the sum of its headlines' unit rows, is placed by latent semantic analysis and counts by its size.
    """
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits

    sizes = np.bincount(stories).astype(np.float64)
    sums = group_sums(stories, rows, len(sizes))
    n_dimensions = max(min(_N_DIMENSIONS, min(sums.shape) - 1), 1)
    # One thread: the order of additions, and with it the last bit, would follow from their number.
    with threadpool_limits(limits=1):
        places = unit_rows(TruncatedSVD(n_dimensions, random_state=random_state).fit_transform(sums))
        return spherical_kmeans(places, n_themes, sizes, random_state)[stories]


def unit_rows(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring rows to length 1; a row of zeros stays.

    Examples
    --------
    >>> unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(norms > 0, norms, 1))


def _fill_empty(labels: NDArray[np.int64], cosines: NDArray[np.float64], n_clusters: int) -> NDArray[np.int64]:
    """Give each empty cluster the row that fits its own centre least, taken from a cluster that can spare it."""
    sizes = np.bincount(labels, minlength=n_clusters)
    for empty in np.flatnonzero(sizes == 0):
        fit = np.where(sizes[labels] > 1, cosines[np.arange(len(labels)), labels], np.inf)
        row = int(fit.argmin())
        sizes[labels[row]] -= 1
        labels[row], sizes[empty] = empty, 1
    return labels
