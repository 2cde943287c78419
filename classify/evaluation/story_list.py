"""List stories with their headlines, as many as fit, for a page to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.dates import read_dates
from classify.stories.course import LARGE, split_by_day

if TYPE_CHECKING:
    from classify.evaluation.story_results import ListedHeadline, ListedStory, StoryPart
    from classify.headlines import Headlines
    from classify.stories import Story

# Bytes of JSON of all that is listed, those of a story and of a headline beside its texts, and names at most.
_ROOM, _STORY_BYTES, _HEADLINE_BYTES = 2_000_000, 400, 70
_NAMES = 12

IntArray = NDArray[np.int64]


def count_fitting(members: Sequence[IntArray], headlines: Headlines) -> int:
    """Return how many stories can be listed with all their headlines; at least one.

    Examples
    --------
    >>> from classify.headlines import Headlines
    >>> count_fitting([np.array([0, 2]), np.array([1])], Headlines(pa.array(["Rain", "Hail", "Rain again"])))
    2
    """
    sizes = np.full(len(headlines), _HEADLINE_BYTES)
    for column in (headlines.headline, headlines.publisher, headlines.url):
        if column is not None:
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    used = np.cumsum([_STORY_BYTES + int(sizes[rows].sum()) for rows in members])
    return max(int(np.searchsorted(used, _ROOM, side="right")), 1)


def list_stories(
    stories: Sequence[Story],
    members: Sequence[IntArray],
    texts: pa.Array,
    headlines: Headlines,
    sections: Sequence[str | None],
) -> list[ListedStory]:
    """Describe stories with all their headlines, earliest first and undated ones last.

    Parameters
    ----------
    stories, members, sections
        The stories, the rows of the headlines of each, and its section.
    texts, headlines
        The clean texts of all headlines, and the headlines as given.
    """
    moments = np.full(len(texts), "NaT", "M8[m]") if headlines.date is None else read_dates(headlines.date)
    whole = moments.astype("M8[D]")
    dates = np.where(moments == whole, whole.astype(str), moments.astype("M8[m]").astype(str))
    columns = {
        "headline": texts.to_pylist(),
        "date": [None if date == "NaT" else date for date in dates.tolist()],
        "publisher": texts_of(headlines.publisher, len(texts)),
        "url": texts_of(headlines.url, len(texts)),
        "section": texts_of(headlines.section, len(texts)),
    }
    found = []
    for story, rows, section in zip(stories, members, sections, strict=True):
        ordered = rows[np.lexsort((rows, moments[rows]))]
        parts: list[StoryPart] = []
        if len(rows) >= LARGE:
            parts = _parts([columns["headline"][row] for row in ordered.tolist()], moments[ordered])
        found.append(_story(story, ordered.tolist(), columns, parts, section))
    return found


def _story(
    story: Story, rows: list[int], columns: dict[str, list[Any]], parts: list[StoryPart], section: str | None
) -> ListedStory:
    """Describe one story."""
    dated = [columns["date"][row][:10] for row in rows if columns["date"][row]]
    publishers = most_frequent([columns["publisher"][row] for row in rows])
    sections = most_frequent([columns["section"][row] for row in rows]) or ([section] if section else [])
    listed: list[ListedHeadline] = [
        {
            "headline": columns["headline"][row],
            "date": columns["date"][row],
            "publisher": columns["publisher"][row] or None,
            "url": columns["url"][row] or None,
        }
        for row in rows
    ]
    return {
        "story": int(story.number),
        "title": story.title,
        "terms": list(story.terms),
        "size": len(rows),
        "first": dated[0] if dated else None,
        "last": dated[-1] if dated else None,
        "section": section,
        "sections": sections[:_NAMES],
        "publishers": publishers[:_NAMES],
        "n_publishers": len(publishers),
        "parts": parts,
        "headlines": listed,
    }


def _parts(lines: list[str], moments: NDArray[np.datetime64]) -> list[StoryPart]:
    """Return the developments of a story, each a run of days; none where it has a single one."""
    from classify.stories.terms import count_terms
    from classify.stories.titles import central_headlines

    rows, _ = count_terms(lines)
    days = np.where(np.isnat(moments), np.nan, moments.astype("M8[s]").astype(np.int64) / 86_400)
    part = split_by_day(rows, days)
    if not part.any():
        return []
    bounds = np.searchsorted(part, np.arange(part[-1] + 2))
    titles = central_headlines(rows, lines, part, len(bounds) - 1, days)
    dates = moments.astype("M8[D]").astype(str).tolist()
    return [
        {"title": lines[title], "size": high - low, "first": dates[low], "last": dates[high - 1]}
        for title, (low, high) in zip(titles.tolist(), pairwise(bounds.tolist()), strict=True)
    ]


def texts_of(column: pa.Array | None, n: int) -> list[str]:
    """Return a column as texts, blank where unknown."""
    return [""] * n if column is None else pc.fill_null(column, "").to_pylist()


def most_frequent(values: Sequence[str]) -> list[str]:
    """List the distinct values that are not blank, most frequent first, ties in order of appearance.

    Examples
    --------
    >>> most_frequent(["b", "a", "", "a"])
    ['a', 'b']
    """
    return [value for value, _ in Counter(value for value in values if value).most_common()]
