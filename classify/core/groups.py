"""Number groups, and find labels that are missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["is_missing", "number_by_appearance"]


def number_by_appearance(labels: NDArray[Any]) -> NDArray[np.int64]:
    """Number groups from 0 in the order in which they first appear.

    Examples
    --------
    >>> number_by_appearance(np.array([7, 3, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, numbers = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[numbers]


def is_missing(label: object) -> bool:
    """Return whether a label is None, NaN, NaT or pandas' NA.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("nan")
    (True, True, False)
    """
    return label is None or (not isinstance(label, str) and str(label) in ("nan", "NaT", "<NA>"))
