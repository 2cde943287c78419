"""When stories happen: dates as days, the span of each story, and its end in a long silence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.story_links import number_by_appearance

if TYPE_CHECKING:
    Dates: TypeAlias = Sequence[object] | NDArray[Any] | pa.Array | pa.ChunkedArray | None

_SECONDS = 86_400


def as_days(dates: Dates, n: int) -> NDArray[np.float64] | None:
    """Turn dates into days since 1970, an undated headline counted with the one before it; None where none is dated.

    Examples
    --------
    >>> as_days(["1970-01-02", "", "1970-01-03T12:00Z"], 3).tolist()
    [1.0, 1.0, 2.5]
    """
    import pandas as pd

    if dates is None:
        return None
    if isinstance(dates, pa.Array | pa.ChunkedArray):
        dates = dates.to_pylist()
    values = pd.Series(list(dates), dtype=object)
    if len(values) != n:
        raise ValueError(f"dates has {len(values)} rows for {n} headlines; expected one date each; give None for none")
    parsed = pd.to_datetime(values, utc=True, format="ISO8601", errors="coerce")
    odd = parsed.isna() & values.notna() & (values != "")
    if odd.any():
        parsed[odd] = pd.to_datetime(values[odd], utc=True, format="mixed", errors="coerce")
    if parsed.isna().all():
        return None
    milliseconds = parsed.ffill().bfill().dt.as_unit("ms").astype(np.int64).to_numpy()
    return np.asarray(milliseconds / (1000 * _SECONDS))


def spans(
    labels: NDArray[np.int64], days: NDArray[np.float64], n_stories: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the first and the last day of each story.

    Examples
    --------
    >>> first, last = spans(np.array([0, 1, 0]), np.array([3.0, 5.0, 4.0]), 2)
    >>> first.tolist(), last.tolist()
    ([3.0, 5.0], [4.0, 5.0])
    """
    first, last = np.full(n_stories, np.inf), np.full(n_stories, -np.inf)
    np.minimum.at(first, labels, days)
    np.maximum.at(last, labels, days)
    return first, last


def split_at_silences(labels: NDArray[np.int64], days: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """Begin a new story after each silence longer than the window; number the stories by first appearance.

    Examples
    --------
    >>> split_at_silences(np.array([0, 0, 0, 1]), np.array([1.0, 9.0, 2.0, 1.0]), 3.0).tolist()
    [0, 1, 0, 2]
    """
    order = np.lexsort((days, labels))
    label, day = labels[order], days[order]
    starts = np.append(True, (label[1:] != label[:-1]) | (np.diff(day) > window))[: len(order)]
    split = np.empty(len(labels), np.int64)
    split[order] = np.cumsum(starts) - 1
    return number_by_appearance(split)


def split_new(
    labels: NDArray[np.int64],
    days: NDArray[np.float64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    window: float,
) -> NDArray[np.int64]:
    """Split as `split_at_silences` the headlines new to known stories, whose span is known and stays whole.

    Examples
    --------
    >>> split_new(np.array([0, 0, 1]), np.array([6.0, 30.0, 6.0]), np.array([1.0]), np.array([5.0]), 3.0).tolist()
    [0, 1, 2]
    """
    n_known = len(first)
    known = labels < n_known
    since = days.copy()
    story = labels[known]
    # Days outside the known span; whatever falls inside it is no distance away.
    since[known] = np.maximum(days[known] - last[story], 0) + np.minimum(days[known] - first[story], 0)
    since[np.isnan(since)] = 0
    everything = np.append(np.arange(n_known), labels)
    return split_at_silences(everything, np.append(np.zeros(n_known), since), window)[n_known:]


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
