"""Measure texts in columns of a terminal."""

from __future__ import annotations

import unicodedata

__all__ = ["display_width"]


def display_width(text: str) -> int:
    """Count the columns of a text at a terminal: East Asian characters take two, combining and format characters none.

    Examples
    --------
    >>> display_width("Rain"), display_width("東京"), display_width("e\u0301")
    (4, 4, 1)
    """
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me", "Cf") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
