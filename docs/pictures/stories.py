"""Draw the beginning of the page of stories as a small SVG, for the README and the tutorial.

After a change of ``reports/cluster_stories/results.json``: ``python docs/pictures/stories.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path
from textwrap import shorten
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE.parent.parent / "reports" / "cluster_stories" / "results.json"
N_STORIES, N_HEADLINES = 5, 4
WIDTH, LINE = 760, 22


def picture(numbers: Mapping[str, Any]) -> str:
    """Return the SVG: the largest stories with their days, the first one opened."""
    stories = numbers["stories"][:N_STORIES]
    parts = list(_lines(numbers, stories))
    height = LINE * (2 * N_STORIES + N_HEADLINES + 4)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="14" fill="#1b2733">'
    )
    back = f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" fill="#fff" stroke="#c9d1d9"/>'
    return "\n".join([head, back, *parts, "</svg>"]) + "\n"


def _lines(numbers: Mapping[str, Any], stories: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the texts and bars from top to bottom."""
    y = 1.6 * LINE
    found = f"{sum(numbers['sizes']):,} headlines in {numbers['n_stories']:,} stories"
    yield _text(20, y, found, 'font-size="18" font-weight="bold"')
    for i, story in enumerate(stories):
        y += LINE * 1.4
        yield from _bars(story, y)
        yield _text(130, y, story["title"], 'font-weight="bold"')
        y += LINE * 0.8
        days = f"{story['first']} to {story['last']}"
        note = f"{story['size']} headlines of {story['n_publishers']} publishers, {days}, {story['section']}"
        yield _text(130, y, note, 'font-size="12" fill="#57636f"')
        for row in story["headlines"][: N_HEADLINES if i == 0 else 0]:
            y += LINE
            yield _text(170, y, row["headline"], 'font-size="13"')


def _bars(story: Mapping[str, Any], y: float) -> Iterator[str]:
    """Yield a bar for each day of the story, as high as the headlines of that day."""
    first = date.fromisoformat(story["first"])
    days = [(date.fromisoformat(row["date"]) - first).days for row in story["headlines"] if row["date"]]
    for day in sorted(set(days)):
        height = 2 + 2 * days.count(day)
        yield f'<rect x="{20 + 14 * day}" y="{y + 8 - height:g}" width="11" height="{height}" fill="#0072b2"/>'


def _text(x: float, y: float, words: str, style: str) -> str:
    """Return a line of text."""
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(shorten(words, 72, placeholder=" …"))}</text>'


if __name__ == "__main__":
    (HERE / "stories.svg").write_text(picture(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")
