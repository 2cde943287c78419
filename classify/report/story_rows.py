"""Prepare the stories of a report for its page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

Row = Mapping[str, Any]

# Days of a timeline that are drawn one by one, and that are named where they are read aloud.
_BARS, _NAMED = 120, 14


def story_rows(numbers: Row) -> dict[str, Any]:
    """Return the stories of two headlines or more, those of one, and what their timelines have in common.

    Examples
    --------
    >>> row = {"headline": "Rovers win", "date": "2026-01-02T10:00", "publisher": "Post", "url": None}
    >>> story = {"story": 7, "size": 1, "parts": [], "headlines": [row]}
    >>> found = story_rows({"stories": [story], "data": {"first_date": "2026-01-01", "last_date": "2026-01-03"}})
    >>> found["several"], found["single"][0]["parts"][0]["rows"][0]["date"]
    ([], '2026-01-02 10:00')
    """
    data, listed = numbers["data"], numbers.get("stories") or []
    first = date.fromisoformat(data["first_date"]) if data.get("first_date") else None
    n_days = (date.fromisoformat(data["last_date"]) - first).days + 1 if first else 0
    stories = [{**story, "parts": _parts(story), **_bars(story, first, n_days)} for story in listed]
    return {
        "several": [story for story in stories if story["size"] > 1],
        "single": [story for story in stories if story["size"] == 1],
        "n_days": n_days,
        "bar_width": max(n_days / _BARS, 0.8),
    }


def _parts(story: Row) -> list[dict[str, Any]]:
    """Return the parts of a story with their rows; one without a title where it has none."""
    rows = [_row(row) for row in story["headlines"]]
    parts: Sequence[Row] = story["parts"] or [{"title": None, "size": len(rows)}]
    found, begin = [], 0
    for part in parts:
        found.append({**part, "rows": rows[begin : begin + part["size"]]})
        begin += part["size"]
    return found


def _row(row: Row) -> dict[str, Any]:
    """Return a headline with what is shown beside it, and its link if it is one that a reader may follow."""
    link = row["url"] if (row["url"] or "").lower().startswith(("http://", "https://")) else None
    when = (row["date"] or "").replace("T", " ")
    return {"headline": row["headline"], "date": when, "publisher": row["publisher"] or "", "link": link}


def _bars(story: Row, first: date | None, n_days: int) -> dict[str, Any]:
    """Return the headlines of a story by day, as places and heights from 0 to 10, and in words."""
    counts = Counter(row["date"][:10] for row in story["headlines"] if row["date"])
    if first is None or n_days < 2 or story["size"] < 2 or not counts:
        return {"bars": [], "bars_label": ""}
    most = max(counts.values())
    bars = [
        ((date.fromisoformat(day) - first).days, round(10 * count / most, 1)) for day, count in sorted(counts.items())
    ]
    named = sorted(counts.items()) if len(counts) <= _NAMED else counts.most_common(1)
    return {"bars": bars, "bars_label": "Headlines by day: " + ", ".join(f"{day} {count}" for day, count in named)}
