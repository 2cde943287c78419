"""Measure and cut text for display: figures, tables, terminals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import accumulate
from typing import Any

# Control characters, unpaired surrogates, characters that XML cannot contain, and those that change the direction of
# writing.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# Characters looked at from either end of a text that is cut; no label is this wide.
_LONGEST = 400


def printable(text: object) -> str:
    r"""Return text without control characters and without those that turn the direction of the text around it.

    Examples
    --------
    >>> printable("sp\u202eort\x00")
    'sport'
    """
    return _UNSAFE.sub("", str(text))


def width_of(text: str) -> int:
    """Count columns: a Chinese or Japanese character takes two, a combining mark none.

    Examples
    --------
    >>> width_of("Straße"), width_of("体育")
    (6, 4)
    """
    return sum(map(_columns, text))


def elide(text: object, columns: int, end: int = 0) -> str:
    """Cut text to so many columns, of which `end` show its end, on one line and printable.

    Examples
    --------
    >>> elide("a very long headline", 12), elide("a very long headline", 12, end=5)
    ('a very long…', 'a very…dline')
    """
    text = str(text)
    if len(text) > 2 * _LONGEST:  # before anything is measured: a headline may have a megabyte
        text = text[:_LONGEST] + text[-_LONGEST:]
    text = " ".join(printable(text).split())
    if width_of(text) <= columns:
        return text
    start, tail = _fitting(text, columns - 1 - end), _fitting(text[::-1], end)[::-1]
    return f"{start.rstrip()}…{tail.lstrip()}"


def score_text(score: Mapping[str, Any] | float | None) -> str:
    """Write a score with its interval, where it has one.

    Examples
    --------
    >>> score_text({"value": 0.8571, "low": 0.85, "high": 0.864}), score_text(0.25), score_text(None)
    ('0.857 (0.850–0.864)', '0.250', '–')
    """
    if not isinstance(score, Mapping):
        return "–" if score is None else f"{score:.3f}"
    if None in (score.get("value"), score.get("low"), score.get("high")):
        return score_text(score.get("value"))
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


def _fitting(text: str, columns: int) -> str:
    """Return the longest beginning of a text that takes at most so many columns."""
    return text[: sum(width <= columns for width in accumulate(map(_columns, text)))]


@cache
def _columns(character: str) -> int:
    """Count the columns of one character."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
