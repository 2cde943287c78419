"""Assign headlines to folds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.core.groups import is_missing

__all__ = ["deal_folds"]
from classify.dates import read_dates


def deal_folds(
    groups: ArrayLike | None, n: int, n_folds: int, random_state: int, dates: ArrayLike | None = None
) -> NDArray[np.intp]:
    """Assign whole groups to folds, at random or, where there are dates, by time.

    Parameters
    ----------
    groups
        Shape (n,): headlines of one group share a fold; None for every headline a group of its own.
    n
        Number of headlines.
    n_folds
        Number of folds.
    random_state
        Seed of the assignment at random.
    dates
        Shape (n,): a date for each headline, as NumPy reads them; the latest groups go to the first fold.

    Returns
    -------
        Shape (n,): fold numbers from 0.

    Raises
    ------
    ValueError
        If a headline has no group or date, or all have the same group.

    Examples
    --------
    >>> deal_folds(["a", "b", "b", "c"], 4, 2, 0).tolist()
    [0, 0, 0, 1]
    """
    given = np.arange(n) if groups is None else np.asarray(groups)
    if given.shape != (n,):
        raise ValueError(f"{n} headlines but groups of shape {given.shape}; expected ({n},)")
    if given.dtype.kind == "O" and any(is_missing(group) for group in given):
        raise ValueError("a headline without a group was found among groups; expected one group a headline")
    numbers = np.unique(given, return_inverse=True)[1]
    n_groups = int(numbers.max()) + 1
    if n_groups < 2:
        raise ValueError("all headlines are of one group; expected 2 or more groups")
    if dates is None:
        deal = np.random.default_rng(random_state).permutation(n_groups) % n_folds
        return np.asarray(deal[numbers])
    order = np.argsort(-_last_days(dates, numbers, n_groups), kind="stable")
    sizes = np.bincount(numbers)[order]
    # By the number of headlines in later groups: the latest group is in the first fold, however large it is.
    before = np.cumsum(sizes) - sizes
    deal = np.empty(n_groups, np.intp)
    deal[order] = before * n_folds // n
    return np.asarray(deal[numbers])


def _last_days(dates: ArrayLike, numbers: NDArray[np.intp], n_groups: int) -> NDArray[np.int64]:
    """Return the last date of each group, in seconds."""
    moments = read_dates(dates)
    if moments.shape != numbers.shape or np.isnat(moments).any():
        missing = int(np.isnat(moments).sum())
        raise ValueError(
            f"{len(numbers)} headlines but dates of shape {moments.shape}, {missing} missing; expected one a headline"
        )
    last = np.full(n_groups, np.iinfo(np.int64).min)
    np.maximum.at(last, numbers, moments.astype(np.int64))
    return last
