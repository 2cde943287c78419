"""Split headlines into training and test rows.

Where near-duplicates are on both sides of a split, the test measures memory; `split_headlines` keeps them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.dates import read_dates
from classify.splits.near_duplicates import joint_groups

if TYPE_CHECKING:
    from classify.headlines import Headlines

__all__ = ["split_headlines"]


def split_headlines(
    headlines: Headlines,
    how: Literal["grouped", "random", "time"] = "grouped",
    test_size: float = 0.2,
    seed: int = 0,
    groups: NDArray[Any] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split headlines into training and test rows.

    Parameters
    ----------
    headlines
        n headlines; "time" needs their dates.
    how
        "grouped" keeps near-duplicates, and headlines of one story where stories are known, on one side. "random"
        draws single headlines. "time" tests on the latest headlines and drops near-duplicates of them from training.
    test_size
        Share of the headlines to test on, above 0 and below 1.
    seed
        Seed of the random draw.
    groups
        Shape (n,): groups to keep together; near-duplicates and stories by default.

    Returns
    -------
        Row numbers for training and for testing, each sorted.

    Raises
    ------
    ValueError
        If a parameter is out of range, or the headlines are of one group, without dates or of one day.

    Examples
    --------
    >>> from classify import load_sample
    >>> train, test = split_headlines(load_sample())
    >>> len(train), len(test)
    (2438, 609)
    """
    if not 0 < test_size < 1:
        raise ValueError(f"test_size={test_size!r}; expected a share above 0 and below 1")
    if how not in ("grouped", "random", "time"):
        raise ValueError(f"how={how!r}; expected 'grouped', 'random' or 'time'")
    if groups is not None and len(groups) != len(headlines):
        raise ValueError(f"{len(headlines)} headlines but {len(groups)} groups; expected one group a headline")
    if how == "random":
        groups = np.arange(len(headlines))
    elif groups is None:
        groups = joint_groups(headlines)
    if how == "time":
        train, test = _masks_by_date(headlines, test_size, groups)
    else:
        test = _draw_groups(groups, test_size, seed)
        train = ~test
    return np.flatnonzero(train), np.flatnonzero(test)


def _draw_groups(groups: NDArray[Any], test_size: float, seed: int) -> NDArray[np.bool_]:
    """Draw whole groups at random while they fit into the test share; return which rows were drawn."""
    numbers = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(numbers)
    if len(sizes) < 2:
        raise ValueError(f"{len(sizes)} group(s) of headlines; expected two or more to split; give more headlines")
    # At least the smallest group, even if it is a little more than the share.
    room = max(test_size * len(numbers), sizes.min())
    drawn = np.zeros(len(sizes), bool)
    for group in np.random.default_rng(seed).permutation(len(sizes)):
        if sizes[group] <= room:
            drawn[group] = True
            room -= sizes[group]
    return drawn[numbers]


def _masks_by_date(
    headlines: Headlines, test_size: float, groups: NDArray[Any]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows are dated before the test rows and share no group with them, and which are the latest."""
    if headlines.date is None:
        raise ValueError("no column 'date' was found; a split by time needs one; add it or split grouped")
    days = read_dates(headlines.date).astype("M8[D]")
    known = np.sort(days[~np.isnat(days)])
    if not len(known):
        raise ValueError(f"{_found(headlines.date)}; a split by time needs dates; fill them in or split grouped")
    border = known[int(len(known) * (1 - test_size))]
    test = days >= border
    train = (days < border) & ~np.isin(groups, groups[test])
    if not train.any():
        raise ValueError(f"no headline is older than {border}; a split by time needs at least two days")
    return train, test


def _found(dates: pa.Array) -> str:
    """Return what a column without a single date contains, for an error."""
    filled = next((text for text in dates.to_pylist() if text), None)
    return "every date is blank" if filled is None else f"none of the dates can be read, such as {filled!r}"
