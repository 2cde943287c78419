"""The forms of dates as regular expressions, and what their parts mean in the calendar and on the clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_strings, to_numpy

__all__ = [
    *("AROUND_TIMES", "DAYS", "DOTTED", "EPOCH", "FORMS", "ISO", "NAT", "NUMBERS", "REWRITES", "TIME"),
    *("Fields", "Flags", "Moments", "calendar", "calendar_days", "clock", "full_years", "never"),
]

Moments: TypeAlias = NDArray[np.datetime64]
Int64: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

NAT = np.iinfo(np.int64).min  # NumPy's NaT as a number
_NO_DAY = np.datetime64("NaT", "D")
_ZERO = from_strings(["0"])[0]

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
ISO = rf"^(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]\s*{_CLOCK}{_ZONE})?$"
TIME = (
    r"^(?P<before>.*?)(?:^|[\s,T])(?P<hour>\d{1,2})[:h](?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    rf"(?:\s*(?P<half>[AaPp])\.?[Mm]\b\.?)?(?:\s*Uhr)?{_ZONE}(?P<after>(?:[\s,].*)?)$"
)
# Forms of a day whose time was taken out, the first that fits reads it.
FORMS = {
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
DOTTED = r"^(?:\p{L}+[.,]*\s+)?(?P<one>\d{1,2})\.\s?(?P<two>\d{1,2})\.\s?(?P<year>\d{4}|\d\d)\.?$"
NUMBERS = (
    r"^(?:\p{L}+[.,]*\s+)?(?P<one>\d{1,2})\s?[-/]\s?(?P<two>\d{1,2})\s?(?:[-/]\s?(?P<year>\d{4})|/\s?(?P<short>\d\d))$"
)
EPOCH = r"^(?P<whole>\d{9,10}|\d{12,13}|\d{15,16}|\d{18}|1\d{18})(?:\.\d+)?$"
# Rewritten before the forms are tried: a zone in brackets behind a time, a comment behind a zone,
# "20250131.0" as data frames write it, "10 am", "10.30 Uhr".
REWRITES = (
    (r"([T\s]\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*[(\[]([A-Z]{2,5}|\p{L}+/[\p{L}/_+-]+)[)\]]$", r"\1 \2"),
    (r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$", ""),
    (r"^(\d+)\.0+$", r"\1"),
    (r"(^|[\s,])(\d{1,2})\s*([AaPp])\.?[Mm]\b\.?", r"\1\2:00 \3m"),
    (r"\b(\d{1,2})\.(\d\d)\s*Uhr", r"\1:\2"),
)


# Around a time that is taken out: "3 March 2025 at ", ", 3 March 2025".
AROUND_TIMES = (r"[\s,|-]+$", r"(?:^|\s)(?:at|um|à|às|kl|om|ore)\.?$", r"^[\s,|-]+|[\s,|-]+$")


class Fields:
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


def clock(fields: Fields) -> NDArray[np.timedelta64]:
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
    return np.where(valid, seconds, NAT).view("m8[s]")


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


def calendar(year: Int64, month: Int64, day: Int64) -> Moments:
    """Return days of the calendar; NaT for a month or a day that is not in it."""
    months = (12 * (year - 1970) + month - 1).astype("M8[M]")
    days = months.astype("M8[D]") + (day - 1)
    return np.where((month >= 1) & (month <= 12) & (day >= 1) & (days.astype("M8[M]") == months), days, _NO_DAY)


def calendar_days(fields: Fields) -> Moments:
    """Return the days of years, months and days."""
    return calendar(fields["year"], fields["month"], fields["day"])


def _named_days(fields: Fields) -> Moments:
    """Return the days of months by name, whose years may have two digits."""
    names = pc.utf8_lower(fields.texts("name")).dictionary_encode()
    numbers = np.array([_MONTH_OF.get(name, 0) for name in names.dictionary.to_pylist()])
    return calendar(full_years(fields["year"]), numbers[to_numpy(names.indices)], fields["day"])


def _week_days(fields: Fields) -> Moments:
    """Return the days of ISO weeks: the first week of a year is that of 4 January."""
    year, week = fields["year"], fields["week"]
    fourth = calendar(year, np.ones_like(year), np.full_like(year, 4))
    monday = fourth - (fourth.astype(np.int64) + 3) % 7 + 7 * (week - 1)
    thursday = (monday + 3).astype("M8[Y]").astype(np.int64) + 1970
    return np.where((week >= 1) & (thursday == year), monday + (fields["weekday"] - 1), _NO_DAY)


def _ordinal_days(fields: Fields) -> Moments:
    """Return the days of years that are numbered from 1 to 365 or 366."""
    first = calendar(fields["year"], np.ones_like(fields["year"]), np.ones_like(fields["year"]))
    days = first + (fields["ordinal"] - 1)
    return np.where(days.astype("M8[Y]") == first.astype("M8[Y]"), days, _NO_DAY)


def full_years(year: Int64) -> Int64:
    """Complete years of two digits as RFC 2822 does: 1950 to 2049."""
    return np.where(year < 50, year + 2000, np.where(year < 100, year + 1900, year))


def never(n: int) -> Moments:
    """Return n times NaT."""
    return np.full(n, NAT).view("M8[s]")


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
DAYS: dict[str, Callable[[Fields], Moments]] = {
    "names of months": _named_days,
    "names of months, month first": _named_days,
    "weeks": _week_days,
    "days of the year": _ordinal_days,
}
