"""Split large stories by day into their developments."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

# Headlines from which a story is split, parts at most, and headlines of a part at least.
LARGE, _PARTS, _FEWEST = 8, 3, 3

# Two parts next to each other stay apart where the mean cosine between them is below this share of the mean cosine
# within either. Chosen by reading the 25 largest stories of each of two public weeks: at 0.9, 24 of the 50 are split,
# each where the news changed; at 0.8, 11.
_APART = 0.9


def split_by_day(rows: sp.csr_matrix, days: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the part of a story that each headline belongs to: up to three runs of days, numbered by time.

    The runs are those whose headlines are most alike: as in k-means on the sphere, the lengths of the sums of
    their rows add up to the most. A story of fewer than eight headlines, or with undated ones, is one part, and so are
    runs whose headlines are as alike to each other's as to their own.

    Parameters
    ----------
    rows
        Unit rows of the story's headlines, shape (n, n_terms).
    days
        Days since 1970, NaN where unknown, shape (n,).

    Examples
    --------
    >>> rows = sp.csr_matrix(np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1]])
    >>> split_by_day(rows, np.array([3.2, 3.5, 3.1, 4.0, 5.6, 5.1, 5.0, 6.2])).tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    n = rows.shape[0]
    if n < LARGE or np.isnan(days).any():
        return np.zeros(n, np.int64)
    _, day = np.unique(np.floor(days), return_inverse=True)
    size = np.append(0, np.cumsum(np.bincount(day)))
    of_day = sp.csr_matrix((np.ones(n), (day, np.arange(n))), shape=(len(size) - 1, n))
    sums = np.vstack([np.zeros(rows.shape[1]), np.cumsum((of_day @ rows).toarray(), axis=0)])
    dots = sums @ sums.T
    for n_parts in range(_PARTS, 1, -1):
        bounds = _best_bounds(dots, size, n_parts)
        if bounds is not None and _stand_apart(dots, size, bounds):
            return np.searchsorted(bounds[1:-1], day, side="right")
    return np.zeros(n, np.int64)


def _best_bounds(dots: NDArray[np.float64], size: NDArray[np.int64], n_parts: int) -> list[int] | None:
    """Return the days at which each part begins, and the end, by dynamic programming; None where parts are too small.

    `dots` has the scalar products of the sums of the rows before each day, `size` their number.
    """
    length = np.sqrt(np.maximum(np.diag(dots)[:, None] + np.diag(dots) - 2 * dots, 0))
    fits = size - size[:, None] >= _FEWEST
    best, choices = np.where(fits[0], length[0], -np.inf), []
    for _ in range(n_parts - 1):
        total = best[:, None] + np.where(fits, length, -np.inf)
        choices.append(total.argmax(axis=0))
        best = total.max(axis=0)
    if np.isneginf(best[-1]):
        return None
    bounds = [len(size) - 1]
    for choice in reversed(choices):
        bounds.append(int(choice[bounds[-1]]))
    return [0, *reversed(bounds)]


def _stand_apart(dots: NDArray[np.float64], size: NDArray[np.int64], bounds: list[int]) -> bool:
    """Return whether headlines of neighbouring parts are less alike than those of one part."""
    cut = np.diff(np.diff(dots[np.ix_(bounds, bounds)], axis=0), axis=1)  # sums of cosines between and within parts
    count = np.diff(size[bounds])
    within = (np.diag(cut) - count) / np.maximum(count * (count - 1), 1)
    between = np.diag(cut, 1) / (count[1:] * count[:-1])
    return bool((between < _APART * np.minimum(within[1:], within[:-1])).all())
