"""Read a column of dates: every command and every estimator reads them here, by the same rules.

Forms: ISO 8601 (days, weeks, days of the year), RFC 822 and its variants, days with the name of a month in eight
languages, digits alone (YYYYMMDD, YYYYMMDDHHMMSS), and seconds, milliseconds, microseconds or nanoseconds since 1970. A
moment without a zone counts as UTC.

Days and months written as numbers are read in one order, which the whole column decides: a number above 12 is a day.
With dots the day comes first unless the column shows otherwise; with slashes and dashes, rows that two orders can read
stay undated unless the column or the caller shows the order. Undated, too: words, a time without a day, a month without
a day, 30 February, a zone of unknown offset. The clock of the machine is never used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_integers, from_strings, to_numpy
from classify.dates.column import TextColumn
from classify.dates.forms import NAT, Flags, Moments

__all__ = ["DateColumn", "Dates", "format_dates", "parse_dates", "read_dates"]

DateColumn: TypeAlias = Sequence[object] | NDArray[Any] | pa.Array | pa.ChunkedArray

_FIRST, _LAST = np.array(["0001-01-01T00:00:00", "9999-12-31T23:59:59"], "M8[s]")


@dataclass(frozen=True)
class Dates:
    """A column of dates as it was read.

    Attributes
    ----------
    values
        Shape (n,), datetime64[s] in UTC; NaT where a row has no date that can be read.
    rule
        How the column was read, such as "day first, as '31/01/2025' shows"; "" where nothing was.
    ambiguous
        Shape (n,): rows that are NaT only because nothing in the column shows whether the day or the month comes first.
    """

    values: Moments
    rule: str
    ambiguous: Flags

    @property
    def n_undated(self) -> int:
        """Number of rows without a date."""
        return int(np.isnat(self.values).sum())


def read_dates(dates: DateColumn, *, day_first: bool | None = None) -> Moments:
    """Read a column of dates.

    Parameters
    ----------
    dates
        n dates: strings, datetime, date, pandas or NumPy objects, numbers since 1970, or None; or a column of Arrow,
        NumPy or pandas.
    day_first
        Whether 03/02/2025 is 3 February; by default, the column decides.

    Returns
    -------
        Shape (n,), datetime64[s] in UTC; NaT where a row has no date that can be read.

    Raises
    ------
    ValueError
        If it is a single string.

    Examples
    --------
    >>> read_dates(["31/01/2025", "01/02/2025", "yesterday", "Sat, 01 Feb 2025 10:00:00 EST"]).astype(str).tolist()
    ['2025-01-31T00:00:00', '2025-02-01T00:00:00', 'NaT', '2025-02-01T15:00:00']
    """
    return parse_dates(dates, day_first=day_first).values


def parse_dates(dates: DateColumn, *, day_first: bool | None = None) -> Dates:
    """Read a column of dates as `read_dates` does, and return also how it was read.

    Examples
    --------
    >>> parse_dates(["31/01/2025", "01/02/2025"]).rule
    "day first, as '31/01/2025' shows"
    >>> found = parse_dates(["01/02/2025", "02/02/2025"])
    >>> found.n_undated, found.ambiguous.tolist()
    (1, [True, False])
    """
    moments = _typed(dates)
    if moments is not None:
        return Dates(_within_calendar(moments), "dates by their type", np.zeros(len(moments), bool))
    encoded = _as_texts(dates).fill_null(EMPTY).dictionary_encode()
    column = TextColumn(encoded.dictionary, day_first)
    rows = to_numpy(encoded.indices)
    return Dates(_within_calendar(column.values)[rows], ", ".join(column.rules), column.ambiguous[rows])


def format_dates(values: Moments) -> pa.StringArray:
    """Return moments in ISO 8601, as days where none of them has a time; null for NaT.

    Examples
    --------
    >>> format_dates(read_dates(["3 March 2025", None])).to_pylist()
    ['2025-03-03', None]
    """
    days = values.astype("M8[D]")
    by_day = bool(((values == days) | np.isnat(values)).all())
    texts = np.datetime_as_string(days if by_day else values).tolist()
    return from_strings([None if text == "NaT" else text + ("" if by_day else "Z") for text in texts])


def _typed(dates: DateColumn) -> Moments | None:
    """Return a column whose type is one of dates; None for one of texts, numbers or objects."""
    kind = getattr(dates, "dtype", None)
    if str(kind).startswith("datetime64"):
        return np.asarray(dates, "M8[s]")
    if isinstance(dates, pa.Array | pa.ChunkedArray) and (
        pa.types.is_timestamp(dates.type) or pa.types.is_date(dates.type)
    ):
        seconds = dates.cast(pa.timestamp("s", getattr(dates.type, "tz", None)), safe=False).cast(pa.int64())
        seconds = seconds.combine_chunks() if isinstance(seconds, pa.ChunkedArray) else seconds
        return to_numpy(seconds.fill_null(from_integers(np.array([NAT]))[0])).view("M8[s]")
    return None


def _as_texts(dates: DateColumn) -> pa.StringArray:
    """Return a column of any other type as texts; null where a value cannot be a date."""
    if isinstance(dates, str | bytes):
        raise ValueError(f"found the single date {dates!r}; expected a column of them; give a list")
    if isinstance(dates, pa.Array | pa.ChunkedArray):
        if not pa.types.is_floating(dates.type):
            try:
                texts = dates.cast(pa.string())
            except pa.ArrowNotImplementedError:
                return pa.nulls(len(dates), pa.string())
            return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        dates = dates.to_pylist()
    values = list(dates)
    try:
        return from_strings(values)
    except TypeError:
        return from_strings([_as_text(value) for value in values])


def _as_text(value: object) -> str | None:
    """Return a date of Python, pandas or NumPy in ISO 8601, a number as digits, any other object as None.

    Examples
    --------
    >>> _as_text(dt.date(2025, 3, 2)), _as_text(1738368000.5), _as_text(float("nan"))
    ('2025-03-02', '1738368000', None)
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, np.datetime64):
        return str(value.astype("M8[s]"))
    if isinstance(value, dt.date):  # also a moment, and one of pandas
        return value.isoformat()
    if isinstance(value, int | float | np.number) and not isinstance(value, bool) and np.isfinite(value):
        return str(int(value))
    return None


def _within_calendar(moments: Moments) -> Moments:
    """Replace moments outside of the years 1 to 9999 by NaT."""
    return np.where((moments >= _FIRST) & (moments <= _LAST), moments, np.datetime64("NaT"))
