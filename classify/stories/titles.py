"""Describe stories: titles, terms, sizes and dates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import from_strings
from classify.core.notebook import facts_html
from classify.headlines import Headlines
from classify.stories.days import by_day
from classify.stories.state import StoryState
from classify.stories.sums import best_of_each, group_sums
from classify.stories.terms import as_terms, count_terms, telling_terms

# Factors on the centrality of a headline as title, and what they are for. The patterns were chosen by reading what they
# find in the four public weeks of aggregated news.
_FACTORS = [
    (factor, "(?i)" + "|".join(patterns))
    for factor, *patterns in (
        # Live blogs, round-ups, pictures, transcripts, lists of results, shopping and other advice.
        (
            0.5,
            r"\blive (?:updates?|blog|coverage|text|reporting|results)\b",
            r"\blive ?[:|\x{2013}\x{2014}-]|[:|\x{2013}\x{2014}-] live\W*$|\bupdates?:|^\w+ \d+, \d{4}:",
            r"^\W*(?:live|watch|video|(?:in )?photos?|listen|transcript|podcast|(?:stock market|dow jones) today)\b",
            r"\b(?:as it happened|in pictures|takeaways?|at a glance|markets? wrap|recap|roundup|explaine[dr])\b",
            r"\b(?:what (?:to|we|you(?: need to)?) know|things to know|key facts)\b|\bhere(?:[\x{2019}']s| are)\b",
            r"\b(?:elections?|live|full) results?(?: \d{4})?\W*$|^breaking down\b|[.!?] (?:and|plus), ",
            r"^(?:the |these )?(?:\d[\d,]*\+? )?(?:best|top)\b.*\b(?:deals|sales|buys|stocks|gifts)\b",
            r"\b(?:deals|stocks?|things|gifts) to (?:buy|shop|know|watch)\b",
            r"\bto (?:buy|shop|watch|stream) (?:now|instead)\b",
            r"\b(?:liveblog|live-?ticker|en direct|en vivo|minuto a minuto|in diretta)\b",
        ),
        # Opinions.
        (
            0.5,
            r"\b(?:opinion|editorial|op-ed|commentary|analysis|column|kommentar|meinung|opini\x{00f3}n|tribune)\b(?:[:|]|$)",
            r"[|:] (?:opinion|editorial|analysis|letters)\b|^(?:i|i[\x{2019}']m|we|my|our)\b",
        ),
        # Questions.
        (0.6, r"[?\x{ff1f}]|^(?:how|why|what|who|where|when|inside|behind|meet)\b"),
        # Exclamations, quotations, and headlines that were cut off.
        (0.8, r"[!\x{ff01}]|^[\"'\x{2018}\x{201c}].*[\"'\x{2019}\x{201d}]$|(?:\.\.\.|\x{2026})$"),
        # A label before the news.
        (0.9, r":(?:\s|$)|\x{ff1a}"),
    )
]

# Days after which a headline counts half in its story's title, so that the title follows the story. Chosen by reading
# titles of 80 stories of two public weeks at 3 and 6: where they differ, 3 names an aftermath, 6 the happening.
_HALF_LIFE = 6.0


@dataclass(frozen=True)
class Story:
    """One story.

    Attributes
    ----------
    number
        Its number in the labels.
    title
        Its most central headline, cleaned.
    terms
        Up to six terms that distinguish it from the others, the best first.
    headlines
        Positions of its headlines in `labels_`, ascending.
    by_day
        Number of headlines on each day, by ISO date; empty without dates.
    first, last
        Dates of its first and last headline, ISO 8601 in UTC; None without dates.
    """

    number: int
    title: str
    terms: tuple[str, ...]
    headlines: tuple[int, ...]
    by_day: dict[str, int] = field(default_factory=dict)
    first: str | None = None
    last: str | None = None

    @property
    def size(self) -> int:
        """Number of headlines."""
        return len(self.headlines)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: size, terms and dates under the title."""
        dates = [(name, date) for name, date in (("first", self.first), ("last", self.last)) if date]
        facts = [("story", self.number), ("headlines", self.size), ("terms", ", ".join(self.terms)), *dates]
        return facts_html(self.title, facts)


def describe(state: StoryState) -> list[Story]:
    """Return each story with its headlines and dates."""
    story = np.searchsorted(state.numbers, state.labels)
    order = np.argsort(story, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(story, minlength=len(state.numbers))))
    members = [order[low:high] for low, high in pairwise(bounds)]
    return [
        Story(number, title, telling, tuple(rows.tolist()), *by_day(state.days[rows]))
        for number, title, telling, rows in zip(state.numbers.tolist(), state.titles, state.terms, members, strict=True)
    ]


def name_stories(
    headlines: Headlines,
    days: NDArray[np.float64],
    labels: NDArray[np.int64],
    numbers: NDArray[np.int64],
    suffixes: Iterable[str] = (),
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the titles and the terms of some stories.

    Parameters
    ----------
    headlines, days, labels
        Clean headlines, their days (NaN where unknown) and stories.
    numbers
        The stories to name, ascending.
    suffixes
        Publisher suffixes, which are not used as terms, as little as the publishers of the headlines.

    Examples
    --------
    >>> headlines = Headlines(pa.array(["Rovers win cup", "Will Rovers win?", "Rovers win", "Budget vote"]))
    >>> name_stories(headlines, np.full(4, np.nan), np.array([7, 7, 7, 8]), np.array([7]))[0]
    ('Rovers win',)
    """
    texts = headlines.headline.to_pylist()
    rows, names = count_terms(texts)
    place = np.searchsorted(numbers, labels)
    inside = np.flatnonzero(np.append(numbers, -1)[place] == labels)
    titles = central_headlines(rows[inside], [texts[i] for i in inside], place[inside], len(numbers), days[inside])
    given = [] if headlines.publisher is None else headlines.publisher.drop_null().unique().to_pylist()
    _, story = np.unique(labels, return_inverse=True)
    terms = telling_terms(rows, names, story, int(story.max()) + 1, as_terms([*suffixes, *given]))
    wanted = np.searchsorted(np.unique(labels), numbers)
    return tuple(texts[inside[title]] for title in titles), tuple(terms[i] for i in wanted)


def central_headlines(
    rows: sp.csr_matrix,
    headlines: Sequence[str],
    labels: NDArray[np.int64],
    n_stories: int,
    days: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return the position of the headline that suits each story best as title; -1 for a story without any.

    A headline's score is the sum of its cosines to the story's headlines, these weighted by half for every six days
    that they are older than the newest, times a factor: 0.5 for live blogs, round-ups and opinions, 0.6 for questions,
    0.8 for exclamations, quotations and headlines that were cut off, 0.9 for those with a label ("Rovers: cup won").

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [0.8, 0.6], [0, 1]]))
    >>> central_headlines(rows, ["a", "b", "c"], np.array([0, 0, 0]), 1).tolist()
    [1]
    """
    recency = _recency(labels, n_stories, np.full(len(labels), np.nan) if days is None else days)
    sums = group_sums(labels, sp.csr_matrix(sp.diags_array(recency) @ rows), n_stories)
    score = np.asarray(rows.multiply(sums[labels]).sum(axis=1)).ravel()
    # The only headline of a story is its title, whatever it is like.
    several = np.flatnonzero(np.bincount(labels, minlength=n_stories)[labels] > 1)
    score[several] *= _plainness([headlines[i] for i in several.tolist()])
    best = best_of_each(labels, score, 1) if len(labels) else labels
    titles = np.full(n_stories, -1, np.int64)
    titles[labels[best]] = best
    return titles


def _plainness(headlines: Sequence[str]) -> NDArray[np.float64]:
    """Return the factors on the centrality of headlines.

    Examples
    --------
    >>> _plainness(["Rovers win cup", "Live updates: final", "Can Rovers win?", "Rovers win ..."]).tolist()
    [1.0, 0.5, 0.6, 0.8]
    """
    column, factors = from_strings(headlines), np.ones(len(headlines))
    for factor, pattern in _FACTORS:
        found = pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False)
        factors[found] = np.minimum(factors[found], factor)
    return factors


def _recency(labels: NDArray[np.int64], n_stories: int, days: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each headline by its age in its story; 1 where undated."""
    last = np.full(n_stories, -np.inf)
    np.maximum.at(last, labels, np.where(np.isnan(days), -np.inf, days))
    age = np.where(np.isnan(days), 0, np.where(np.isneginf(last[labels]), 0, last[labels]) - np.nan_to_num(days))
    return np.asarray(0.5 ** (age / _HALF_LIFE))


def iso_dates(days: NDArray[np.float64]) -> pa.StringArray:
    """Return days as ISO 8601 dates in UTC, with the time where there is one; null where unknown.

    Examples
    --------
    >>> iso_dates(np.array([0.0, 1.5, np.nan])).to_pylist()
    ['1970-01-01', '1970-01-02T12:00:00', None]
    """
    seconds = np.round(np.nan_to_num(days) * 86_400).astype("datetime64[s]")
    whole = seconds.astype("datetime64[D]")
    texts = np.where(whole == seconds, np.datetime_as_string(whole), np.datetime_as_string(seconds)).tolist()
    return from_strings([None if unknown else text for text, unknown in zip(texts, np.isnan(days), strict=True)])
