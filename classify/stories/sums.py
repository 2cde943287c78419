"""Sums over groups of rows, and the best of each group."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray


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
