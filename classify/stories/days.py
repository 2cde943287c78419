"""Dates of headlines as days."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from classify.dates import DateColumn, read_dates

Dates: TypeAlias = DateColumn | None

_SECONDS = 86_400


def as_days(dates: Dates, n: int) -> NDArray[np.float64] | None:
    """Return dates as days since 1970, NaN for undated headlines; None where none is dated.

    Examples
    --------
    >>> as_days(["1970-01-02", "", "1970-01-03T12:00Z"], 3).tolist()
    [1.0, nan, 2.5]
    """
    if dates is None:
        return None
    moments = read_dates(dates)
    if len(moments) != n:
        raise ValueError(f"dates has {len(moments)} rows for {n} headlines; expected one date each; give None for none")
    undated = np.isnat(moments)
    return None if undated.all() else np.where(undated, np.nan, moments.astype(np.int64) / _SECONDS)


def by_day(days: NDArray[np.float64]) -> tuple[dict[str, int], str | None, str | None]:
    """Count the headlines of each day, and give the first and last moment; nothing where undated.

    Examples
    --------
    >>> by_day(np.array([1.5, 0.0, 1.0]))
    ({'1970-01-01': 1, '1970-01-02': 2}, '1970-01-01T00:00:00', '1970-01-02T12:00:00')
    """
    dated = np.sort(days[~np.isnan(days)])
    if not len(dated):
        return {}, None, None
    stamps = (dated * _SECONDS).round().astype("datetime64[s]")
    each, count = np.unique(stamps.astype("datetime64[D]"), return_counts=True)
    counts = dict(zip(np.datetime_as_string(each).tolist(), count.tolist(), strict=True))
    return counts, str(stamps[0]), str(stamps[-1])
