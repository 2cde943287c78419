"""What a `StoryClusterer` has learned, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from classify.headlines import Headlines

# The columns of headlines that are kept.
KEPT_COLUMNS = ("headline", "section", "story", "publisher", "url")


class Merge(NamedTuple):
    """Two stories that turned out to be one.

    Attributes
    ----------
    story
        The number that both have now.
    was
        The number that is no longer used.
    since
        Date of the newest headline when they were merged, ISO 8601 in UTC; None without dates.
    """

    story: int
    was: int
    since: str | None


@dataclass(frozen=True)
class StoryState:
    """What a fitted `StoryClusterer` knows; `assign` replaces it by another.

    Attributes
    ----------
    suffixes
        Publisher suffixes that the headlines showed.
    headlines
        The headlines of all stories, clean, with the columns that were given; without ids, dates and lines.
    labels, days, id_hashes
        Story, day since 1970 (NaN where undated) and hash of the id (0 where none) of each headline, shape (n,).
    numbers
        The numbers of the stories, ascending, shape (n_stories,).
    titles, terms
        The title and the terms of each story.
    merges
        The stories that were merged into another, by `was`.
    next_number
        The number of the next new story; no number is used twice.
    n_seen
        The number of headlines that were counted, forgotten ones among them.
    """

    suffixes: tuple[str, ...]
    headlines: Headlines
    labels: NDArray[np.int64]
    days: NDArray[np.float64]
    id_hashes: NDArray[np.uint64]
    numbers: NDArray[np.int64]
    titles: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]
    merges: tuple[Merge, ...]
    next_number: int
    n_seen: int
