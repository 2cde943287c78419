"""A column of texts read as dates: form by form, in one order of day and month."""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import from_flags, from_strings, to_numpy
from classify.dates.forms import (
    AROUND_TIMES,
    DAYS,
    DOTTED,
    EPOCH,
    FORMS,
    ISO,
    NUMBERS,
    REWRITES,
    TIME,
    Fields,
    Flags,
    Moments,
    calendar,
    calendar_days,
    clock,
    full_years,
    never,
)

__all__ = ["TextColumn"]

_EPOCH_FROM, _EPOCH_TO = np.array(["1980", "2100"], "M8[s]").astype(np.int64)


class TextColumn:
    """The distinct texts of a column, read form by form; each form reads only the rows that are left."""

    def __init__(self, texts: pa.StringArray, day_first: bool | None) -> None:
        self.values = never(len(texts))
        self.ambiguous = np.zeros(len(texts), bool)
        self.rules: list[str] = []
        # The rows that are left, their texts, and the times that were taken out of these.
        self._rows = np.arange(len(texts))
        self._texts = pc.utf8_trim_whitespace(texts)
        self._clock = np.zeros(len(texts), "m8[s]")
        self._read("ISO 8601", ISO, calendar_days)
        if len(self._rows):
            self._rewrite()
            for rule, form in FORMS.items():
                self._read(rule, form, DAYS.get(rule, calendar_days))
            self._read_epochs()
            self._read_numbers(day_first)

    def _match(self, form: str) -> tuple[Flags, Fields]:
        """Return which rows fit a form, and the parts of their texts."""
        parts = pc.extract_regex(self._texts, form)
        fits = to_numpy(pc.is_valid(parts))
        return fits, Fields(parts.filter(from_flags(fits)))

    def _take(self, rule: str, fits: Flags, moments: Moments) -> None:
        """Store the moments of the rows that fit, and remove these from the rows that are left."""
        self.values[self._rows[fits]] = moments + self._clock[fits]
        self.rules += [rule] * bool((~np.isnat(moments)).any())
        self._rows, self._clock = self._rows[~fits], self._clock[~fits]
        self._texts = self._texts.filter(from_flags(~fits))

    def _read(self, rule: str, form: str, days: Callable[[Fields], Moments]) -> None:
        """Read the rows that fit a form of a day, with or without a time."""
        fits, fields = self._match(form)
        if fits.any():
            self._take(rule, fits, days(fields) + clock(fields))

    def _rewrite(self) -> None:
        """Rewrite the texts that are left in fewer forms, and move their times to `_clock`."""
        texts = self._texts
        if not pc.all(pc.string_is_ascii(texts)).as_py():
            # pc.utf8_normalize does not compose letters with their accents before version 26 of pyarrow.
            texts = from_strings([normalize("NFKC", text) for text in texts.to_pylist()])
        for pattern, replacement in REWRITES:
            texts = pc.replace_substring_regex(texts, pattern, replacement)
        self._texts = texts
        fits, fields = self._match(TIME)
        self._clock[fits] = clock(fields)
        days = pc.binary_join_element_wise(fields.texts("before"), fields.texts("after"), from_strings([" "])[0])
        for pattern in AROUND_TIMES:
            days = pc.replace_substring_regex(days, pattern, "")
        self._texts = pc.replace_with_mask(texts, from_flags(fits), days)

    def _read_epochs(self) -> None:
        """Read seconds since 1970, and finer; none where some number of the column cannot be one."""
        numbers, _ = self._match(r"^(?P<number>\d*[1-9]\d*(?:\.\d+)?)$")
        fits, fields = self._match(EPOCH)
        if not fits.any() or (numbers & ~fits).any():
            return
        whole = fields["whole"]
        seconds = whole // 1000 ** np.searchsorted([10**11, 10**14, 10**17], whole, "right")
        if ((seconds >= _EPOCH_FROM) & (seconds < _EPOCH_TO)).all():
            self._take("numbers since 1970", fits, seconds.astype("M8[s]"))

    def _read_numbers(self, day_first: bool | None) -> None:
        """Read days and months that are both numbers, those with dots apart, in the order that each column shows."""
        for form, default in ((DOTTED, True), (NUMBERS, None)):
            fits, fields = self._match(form)
            if fits.any():
                one, two, year = fields["one"], fields["two"], full_years(fields["year"] + fields["short"])
                either = calendar(year, two, one), calendar(year, one, two)
                order, place = _order(*either, default) if day_first is None else (day_first, None)
                moments = _in_order(*either, order)
                if order is None:
                    self.ambiguous[self._rows[fits]] = np.isnat(moments) & ~np.isnat(either[0])
                shown = "" if place is None else f", as {self._texts.filter(from_flags(fits))[place].as_py()!r} shows"
                first = {True: "day first", False: "month first", None: "days and months that no order could change"}
                self._take(first[order] + shown, fits, moments.astype("M8[s]"))


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
