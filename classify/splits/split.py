"""Split headlines into training and test rows.

Where near-duplicates are on both sides of a split, the test measures memory; `split_headlines` keeps them together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

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
    dates = pc.utf8_slice_codeunits(pc.fill_null(headlines.date.cast(pa.string()), ""), 0, 10)
    days = np.asarray(dates.to_numpy(zero_copy_only=False), str)
    known = np.sort(days[days != ""])
    odd = [day for day in np.unique(known) if not re.fullmatch(r"\d{4}-\d\d-\d\d", day)]
    if odd:
        raise ValueError(f"found the date {str(odd[0])!r}; a split by time expects YYYY-MM-DD; rewrite the dates so")
    if not len(known):
        raise ValueError("every date is blank; a split by time needs dates; fill them or split grouped")
    border = known[int(len(known) * (1 - test_size))]
    test = days >= border
    train = (days != "") & ~test & ~np.isin(groups, groups[test])
    if not train.any():
        raise ValueError(f"no headline is older than {border}; a split by time needs at least two days")
    return train, test
