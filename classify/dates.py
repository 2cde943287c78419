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
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_flags, from_integers, from_strings, to_numpy

__all__ = ["DateColumn", "Dates", "format_dates", "parse_dates", "read_dates"]

DateColumn: TypeAlias = Sequence[object] | NDArray[Any] | pa.Array | pa.ChunkedArray
Moments: TypeAlias = NDArray[np.datetime64]
Int64: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

_NAT = np.iinfo(np.int64).min  # NumPy's NaT as a number
_FIRST, _LAST = np.array(["0001-01-01T00:00:00", "9999-12-31T23:59:59"], "M8[s]")
_NO_DAY = np.datetime64("NaT", "D")
_ZERO = from_strings(["0"])[0]
_EPOCH_FROM, _EPOCH_TO = np.array(["1980", "2100"], "M8[s]").astype(np.int64)

# Hours east of Greenwich. Names that several zones share, such as IST and AST, are missing; CST is that of RFC 822.
_ZONES = {
    **dict.fromkeys(("", "Z", "UT", "UTC", "GMT", "WET"), 0.0),
    **dict.fromkeys(("CET", "MEZ", "MET", "BST", "WEST"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "MEST", "EET", "SAST"), 2.0),
    **{"EEST": 3.0, "MSK": 3.0, "PKT": 5.0, "HKT": 8.0, "AWST": 8.0, "JST": 9.0, "KST": 9.0, "ACST": 9.5},
    **{"AEST": 10.0, "ACDT": 10.5, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0, "HST": -10.0, "AKST": -9.0, "AKDT": -8.0},
    **{"PST": -8.0, "PDT": -7.0, "MST": -7.0, "MDT": -6.0, "CST": -6.0, "CDT": -5.0, "EST": -5.0, "EDT": -4.0},
}
_MONTHS = (
    "january januar jänner janvier enero gennaio janeiro januari",
    "february februar février fevrier febrero febbraio fevereiro februari",
    "march märz maerz mars marzo março maart mrz mrt",
    "april avril abril aprile",
    "may mai mayo maggio maio mei maj",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august août aout agosto augustus augusti",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro",
)

_ZONE = r"\s*(?P<zone>Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d\d(?::?\d\d)?)?|[A-Z]{2,5})?(?: [A-Z]{3,5})?"
_CLOCK = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,]\d+)?)?)?"
_ISO = rf"^(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]\s*{_CLOCK}{_ZONE})?$"
_TIME = (
    r"^(?P<before>.*?)(?:^|[\s,T])(?P<hour>\d{1,2})[:h](?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    rf"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?(?:\s*Uhr)?{_ZONE}(?P<after>(?:[\s,].*)?)$"
)
# Forms of a day whose time was taken out, the first that fits reads it.
_FORMS = {
    "year first": r"^(?P<year>\d{4})\s?[-/.年]\s?(?P<month>\d{1,2})\s?[-/.月]\s?(?P<day>\d{1,2})[日.]?$",
    "digits": r"^(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])"
    rf"(?:T?(?P<hour>[01]\d|2[0-4])(?:(?P<minute>[0-5]\d)(?P<second>[0-5]\d)?)?)?{_ZONE}$",
    "names of months": r"^(?:\p{L}+[.,:]*\s+){0,2}(?P<day>\d{1,2})(?:st|nd|rd|th|er|o|\.)?[\s-]\s*(?:of |de |d')?"
    r"(?P<name>\p{L}{3,12})\.?,?[\s-]\s*(?:de |del )?(?P<year>\d{4}|\d\d)\.?$",
    "names of months, month first": r"^(?:\p{L}+[.,:]*\s+){0,2}(?P<name>\p{L}{3,12})\.?\s+(?P<day>\d{1,2})"
    r"(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})$",
    "weeks": r"^(?P<year>\d{4})-?W(?P<week>\d\d)-?(?P<weekday>[1-7])$",
    "days of the year": r"^(?P<year>\d{4})-(?P<ordinal>\d{3})$",
}
_DOTTED = r"^(?:\p{L}+[.,]*\s+)?(?P<one>\d{1,2})\.\s?(?P<two>\d{1,2})\.\s?(?P<year>\d{4}|\d\d)\.?$"
_NUMBERS = (
    r"^(?:\p{L}+[.,]*\s+)?(?P<one>\d{1,2})\s?[-/]\s?(?P<two>\d{1,2})\s?(?:[-/]\s?(?P<year>\d{4})|/\s?(?P<short>\d\d))$"
)
_EPOCH = r"^(?P<whole>\d{9,10}|\d{12,13}|\d{15,16}|\d{18}|1\d{18})(?:\.\d+)?$"
# Rewritten before the forms are tried: a comment behind a zone,
# "20250131.0" as data frames write it, "10 am", "10.30 Uhr".
_REWRITES = (
    (r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$", ""),
    (r"^(\d+)\.0+$", r"\1"),
    (r"(^|[\s,])(\d{1,2})\s*([AaPp])\.?[Mm]\b\.?", r"\1\2:00 \3m"),
    (r"\b(\d{1,2})\.(\d\d)\s*Uhr", r"\1:\2"),
)


# Around a time that is taken out: "3 March 2025 at ", ", 3 March 2025".
_AROUND_TIMES = (r"[\s,|-]+$", r"(?:^|\s)(?:at|um|à|às|kl|om|ore)\.?$", r"^[\s,|-]+|[\s,|-]+$")


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
    column = _Column(encoded.dictionary, day_first)
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


class _Column:
    """The distinct texts of a column, read form by form; what one form has read, the next ones do not see."""

    def __init__(self, texts: pa.StringArray, day_first: bool | None) -> None:
        self.values = _never(len(texts))
        self.ambiguous = np.zeros(len(texts), bool)
        self.rules: list[str] = []
        # The rows that are left, their texts, and the times that were taken out of these.
        self._rows = np.arange(len(texts))
        self._texts = pc.utf8_trim_whitespace(texts)
        self._clock = np.zeros(len(texts), "m8[s]")
        self._read("ISO 8601", _ISO, _calendar_days)
        if len(self._rows):
            self._rewrite()
            for rule, form in _FORMS.items():
                self._read(rule, form, _DAYS.get(rule, _calendar_days))
            self._read_epochs()
            self._read_numbers(day_first)

    def _match(self, form: str) -> tuple[Flags, _Fields]:
        """Return which rows fit a form, and the parts of their texts."""
        parts = pc.extract_regex(self._texts, form)
        fits = to_numpy(pc.is_valid(parts))
        return fits, _Fields(parts.filter(from_flags(fits)))

    def _take(self, rule: str, fits: Flags, moments: Moments) -> None:
        """Keep the moments of the rows that fit, which are not left then."""
        self.values[self._rows[fits]] = moments + self._clock[fits]
        self.rules += [rule] * bool((~np.isnat(moments)).any())
        self._rows, self._clock = self._rows[~fits], self._clock[~fits]
        self._texts = self._texts.filter(from_flags(~fits))

    def _read(self, rule: str, form: str, days: Callable[[_Fields], Moments]) -> None:
        """Read the rows that fit a form of a day, maybe with its time."""
        fits, fields = self._match(form)
        if fits.any():
            self._take(rule, fits, days(fields) + _clock(fields))

    def _rewrite(self) -> None:
        """Bring the texts that are left into fewer forms, and take their times out."""
        texts = pc.utf8_normalize(self._texts, form="NFKC")
        for pattern, replacement in _REWRITES:
            texts = pc.replace_substring_regex(texts, pattern, replacement)
        self._texts = texts
        fits, fields = self._match(_TIME)
        self._clock[fits] = _clock(fields)
        days = pc.binary_join_element_wise(fields.texts("before"), fields.texts("after"), from_strings([" "])[0])
        for pattern in _AROUND_TIMES:
            days = pc.replace_substring_regex(days, pattern, "")
        self._texts = pc.replace_with_mask(texts, from_flags(fits), days)

    def _read_epochs(self) -> None:
        """Read seconds since 1970, and finer; none where some number of the column cannot be one."""
        numbers, _ = self._match(r"^(?P<number>\d*[1-9]\d*(?:\.\d+)?)$")
        fits, fields = self._match(_EPOCH)
        if not fits.any() or (numbers & ~fits).any():
            return
        whole = fields["whole"]
        seconds = whole // 1000 ** np.searchsorted([10**11, 10**14, 10**17], whole, "right")
        if ((seconds >= _EPOCH_FROM) & (seconds < _EPOCH_TO)).all():
            self._take("numbers since 1970", fits, seconds.astype("M8[s]"))

    def _read_numbers(self, day_first: bool | None) -> None:
        """Read days and months that are both numbers, those with dots apart, in the order that each column shows."""
        for form, default in ((_DOTTED, True), (_NUMBERS, None)):
            fits, fields = self._match(form)
            if fits.any():
                one, two, year = fields["one"], fields["two"], _full_years(fields["year"] + fields["short"])
                either = _calendar(year, two, one), _calendar(year, one, two)
                order, place = _order(*either, default) if day_first is None else (day_first, None)
                moments = _in_order(*either, order)
                if order is None:
                    self.ambiguous[self._rows[fits]] = np.isnat(moments) & ~np.isnat(either[0])
                shown = "" if place is None else f", as {self._texts.filter(from_flags(fits))[place].as_py()!r} shows"
                first = {True: "day first", False: "month first", None: "days and months that no order could change"}
                self._take(first[order] + shown, fits, moments.astype("M8[s]"))


class _Fields:
    """The parts of texts that fit a form, by name."""

    def __init__(self, parts: pa.StructArray) -> None:
        self._parts = {field.name: pc.struct_field(parts, field.name) for field in parts.type}
        self._n = len(parts)

    def __getitem__(self, name: str) -> Int64:
        """Return a part as numbers: 0 where a text has none."""
        if name not in self._parts:
            return np.zeros(self._n, np.int64)
        digits = self._parts[name]
        return to_numpy(pc.if_else(pc.equal(digits, EMPTY), _ZERO, digits).cast(pa.int64()))

    def texts(self, name: str) -> pa.StringArray:
        """Return a part as it is: "" where a text has none."""
        return self._parts[name] if name in self._parts else pa.nulls(self._n, pa.string()).fill_null(EMPTY)

    def equal(self, name: str, *texts: str) -> Flags:
        """Return where a part is one of some texts."""
        return to_numpy(pc.is_in(self.texts(name), from_strings(texts)))


def _order(day_first: Moments, month_first: Moments, default: bool | None) -> tuple[bool | None, int | None]:
    """Return the one order that some row shows, and such a row; the default where no row shows one.

    A row shows its order where the other one gives no day of the calendar.
    """
    days, months = (
        np.flatnonzero(~np.isnat(a) & np.isnat(b)) for a, b in ((day_first, month_first), (month_first, day_first))
    )
    if len(days) and len(months):
        return None, None
    return (True, int(days[0])) if len(days) else (False, int(months[0])) if len(months) else (default, None)


def _in_order(day_first: Moments, month_first: Moments, order: bool | None) -> Moments:
    """Return days in an order; without one, those that only one order can read, or that both read the same."""
    if order is not None:
        return day_first if order else month_first
    only = np.where(np.isnat(day_first), month_first, day_first)
    return np.where(
        np.isnat(day_first) | np.isnat(month_first) | (day_first == month_first), only, np.datetime64("NaT")
    )


def _clock(fields: _Fields) -> NDArray[np.timedelta64]:
    """Return the times of a day in UTC as seconds since midnight; NaT where a time or its zone cannot be read."""
    hour, minute, second = fields["hour"], fields["minute"], fields["second"]
    valid = np.where(hour < 24, (minute < 60) & (second <= 60), (hour == 24) & (minute == 0) & (second == 0))
    halved, after_noon = fields.equal("half", *"AaPp"), fields.equal("half", *"Pp")
    valid &= ~halved | ((hour >= 1) & (hour <= 12))
    hour = np.where(halved, hour % 12 + 12 * after_noon, hour)
    zones = fields.texts("zone").dictionary_encode()
    offset = np.array([_offset(zone) for zone in zones.dictionary.to_pylist()] or [0.0])[to_numpy(zones.indices)]
    valid &= ~np.isnan(offset)
    seconds = 3600 * hour + 60 * minute + second - np.nan_to_num(offset).astype(np.int64)
    return np.where(valid, seconds, _NAT).view("m8[s]")


def _offset(zone: str) -> float:
    """Return the seconds of a zone east of Greenwich, NaN where they are unknown.

    Examples
    --------
    >>> _offset("+02:00"), _offset("EST"), _offset("IST")
    (7200.0, -18000.0, nan)
    """
    numbers = re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d\d)?:?(\d\d)?", zone)
    if numbers is None:
        return 3600 * _ZONES.get(zone, np.nan)
    hours, minutes, seconds = (int(part or 0) for part in numbers.groups()[1:])
    east = 3600.0 * hours + 60 * minutes + seconds
    return np.nan if hours > 15 or minutes > 59 else -east if numbers[1] == "-" else east


def _calendar(year: Int64, month: Int64, day: Int64) -> Moments:
    """Return days of the calendar; NaT for a month or a day that is not in it."""
    months = (12 * (year - 1970) + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    return np.where((month >= 1) & (month <= 12) & (day >= 1) & (days.astype("M8[M]") == months), days, _NO_DAY)


def _calendar_days(fields: _Fields) -> Moments:
    """Return the days of years, months and days."""
    return _calendar(fields["year"], fields["month"], fields["day"])


def _named_days(fields: _Fields) -> Moments:
    """Return the days of months by name, whose years may have two digits."""
    names = pc.utf8_lower(fields.texts("name")).dictionary_encode()
    numbers = np.array([_MONTH_OF.get(name, 0) for name in names.dictionary.to_pylist()])
    return _calendar(_full_years(fields["year"]), numbers[to_numpy(names.indices)], fields["day"])


def _week_days(fields: _Fields) -> Moments:
    """Return the days of ISO weeks: the first week of a year is that of 4 January."""
    year, week = fields["year"], fields["week"]
    fourth = _calendar(year, np.ones_like(year), np.full_like(year, 4))
    monday = fourth - (fourth.astype(np.int64) + 3) % 7 + 7 * (week - 1)
    thursday = (monday + 3).astype("M8[Y]").astype(np.int64) + 1970
    return np.where((week >= 1) & (thursday == year), monday + (fields["weekday"] - 1), _NO_DAY)


def _ordinal_days(fields: _Fields) -> Moments:
    """Return the days of years that are numbered from 1 to 365 or 366."""
    first = _calendar(fields["year"], np.ones_like(fields["year"]), np.ones_like(fields["year"]))
    days = first + (fields["ordinal"] - 1)
    return np.where(days.astype("M8[Y]") == first.astype("M8[Y]"), days, _NO_DAY)


def _full_years(year: Int64) -> Int64:
    """Complete years of two digits as RFC 2822 does: 1950 to 2049."""
    return np.where(year < 50, year + 2000, np.where(year < 100, year + 1900, year))


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
        return to_numpy(seconds.fill_null(from_integers(np.array([_NAT]))[0])).view("M8[s]")
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


def _never(n: int) -> Moments:
    """Return n times NaT."""
    return np.full(n, _NAT).view("M8[s]")


def _month_names() -> dict[str, int]:
    """Return the months of all names and of their beginnings that could not be another month's.

    Examples
    --------
    >>> names = _month_names()
    >>> names["sept"], names["mrz"], "jui" in names, "ma" in names
    (9, 3, False, False)
    """
    found: dict[str, set[int]] = {}
    for number, names in enumerate(_MONTHS, 1):
        for name in names.split():
            for end in range(3, len(name) + 1):
                found.setdefault(name[:end], set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


_MONTH_OF = _month_names()
_DAYS: dict[str, Callable[[_Fields], Moments]] = {
    "names of months": _named_days,
    "names of months, month first": _named_days,
    "weeks": _week_days,
    "days of the year": _ordinal_days,
}
