"""Describe stories: titles, terms, sizes and dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.batch import Batch
from classify.stories.days import by_day
from classify.stories.links import best_of_each, group_sums

# Terms considered for each story, and terms kept, at least and at most; most of those considered are fragments or
# repeats.
_CONSIDERED, _FEWEST, _KEPT = 16, 3, 6

# A word in at least five headlines is common when two of its headlines share a story less than five times as often as
# any two headlines. On the embedded corpus and on BBC headlines "after" and "from" reach 5 at most, "city" and "win" 10
# and more; in between are "trump" and "has", which may be terms but not the first or last word of one. Where stories
# are so large that a fifth of all pairs of headlines share one, less is enough.
_FREQUENT, _CLUMPED, _CLUMPED_END, _CLUMPED_SHARE = 5, 5.0, 10.0, 0.2

_IDEOGRAPH = re.compile(r"[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")

# Words in scikit-learn's list of English function words that can be news ("fire in Lisbon", "tax bill", "US"), and
# function words missing from it. Both chosen by reading the list, not by a score.
_NOT_FILLERS = frozenset(("bill", "cry", "fire", "interest", "mill", "mine", "system", "us"))
_MORE_FILLERS = frozenset(("say", "says", "said", "ll", "ve", "isn", "doesn", "didn"))

# A term must be this many times as frequent in a story's headlines as in the others.
_MIN_LIFT = 3.0

# Factors on the centrality of a headline that was cut off, and of one that is a question, an exclamation or a
# quotation, or has a label ("Live updates: ...", "... - live"), so that a whole and plain one is preferred as title.
_CUT_OFF, _NOT_PLAIN = 0.8, 0.9

_LABELLED = re.compile(
    r"[?!\uff1f\uff01\uff1a]|:(?:\s|$)|[-\u2013\u2014|] live$|^[\"'\u2018\u201c].*[\"'\u2019\u201d]$", re.IGNORECASE
)


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


def describe(
    titles: Sequence[str], terms: Sequence[tuple[str, ...]], labels: NDArray[np.int64], days: NDArray[np.float64]
) -> list[Story]:
    """Return each story with its headlines and dates.

    Examples
    --------
    >>> story = describe(["Cup won"], [("cup",)], np.array([0, 0]), np.array([0.0, np.nan]))[0]
    >>> story.size, story.first
    (2, '1970-01-01T00:00:00')
    """
    order = np.argsort(labels, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(labels, minlength=len(titles))))
    members = [order[low:high] for low, high in pairwise(bounds)]
    return [
        Story(number, title, telling, tuple(rows.tolist()), *by_day(days[rows]))
        for number, (title, telling, rows) in enumerate(zip(titles, terms, members, strict=True))
    ]


def title_stories(
    batch: Batch, labels: NDArray[np.int64], numbers: NDArray[np.int64]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the titles and the terms of the stories with these numbers, by the headlines of a batch.

    Parameters
    ----------
    batch, labels
        Headlines, and the story of each in the order of the input.
    numbers
        The stories, each with a headline in the batch.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from classify.stories.batch import prepare
    >>> batch = prepare(pa.array(["Rovers win", "Budget vote"]), None)
    >>> title_stories(batch, np.array([7, 8]), np.array([8]))[0]
    ('Budget vote',)
    """
    place = np.full(int(labels.max(initial=-1)) + 1, -1)
    place[numbers] = np.arange(len(numbers))
    story = place[labels[batch.order]]
    inside = np.flatnonzero(story >= 0)
    texts = [batch.headlines[i] for i in inside]
    titles = central_headlines(batch.rows[inside], texts, story[inside], len(numbers))
    terms = telling_terms(batch.rows[inside], batch.names, story[inside], len(numbers))
    return tuple(texts[title] for title in titles), tuple(terms)


def central_headlines(
    rows: sp.csr_matrix, headlines: Sequence[str], labels: NDArray[np.int64], n_stories: int
) -> NDArray[np.int64]:
    """Return the position of the most central headline of each story; -1 for a story without any.

    Centrality is the sum of the cosines to the story's headlines, less 10 % for a question, an exclamation, a
    quotation or a headline with a label, and less 20 % for one that was cut off.

    Examples
    --------
    >>> rows = sp.csr_matrix(np.array([[1, 0], [0.8, 0.6], [0, 1]]))
    >>> central_headlines(rows, ["a", "b", "c"], np.array([0, 0, 0]), 1).tolist()
    [1]
    """
    sums = group_sums(labels, rows, n_stories)
    centrality = np.asarray(rows.multiply(sums[labels]).sum(axis=1)).ravel()
    cut_off = np.fromiter((text.endswith(("...", "\u2026")) for text in headlines), np.bool_, len(headlines))
    labelled = np.fromiter((_LABELLED.search(text) is not None for text in headlines), np.bool_, len(headlines))
    score = np.where(cut_off, _CUT_OFF, 1.0) * np.where(labelled, _NOT_PLAIN, 1.0) * centrality
    best = best_of_each(labels, score, 1) if len(labels) else labels
    titles = np.full(n_stories, -1, np.int64)
    titles[labels[best]] = best
    return titles


def telling_terms(
    terms: sp.csr_matrix, names: NDArray[np.object_], labels: NDArray[np.int64], n_stories: int
) -> list[tuple[str, ...]]:
    """Choose up to six terms for each story that distinguish it from the others.

    A term is scored by the number of the story's headlines that contain it times the log of its lift: its share of the
    story's headlines over its share of all others. Left out are single letters, numbers, English function words, other
    words as common in all stories, pairs that begin or end in such a word, and terms that repeat a better one ("trump"
    and "trumps"). Terms that only one of several headlines contains come last, and only up to three terms in all.

    Parameters
    ----------
    terms
        Non-zero where a headline contains a term, shape (n, n_terms).
    names
        The terms, shape (n_terms,); pairs of words are separated by a space.
    labels
        The story of each headline.
    n_stories
        How many stories there are.

    Examples
    --------
    >>> terms = sp.csr_matrix(np.array([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1]]))
    >>> telling_terms(terms, np.array(["the", "budget", "final"], object), np.array([0, 0, 1, 1]), 2)
    [('budget',), ('final',)]
    """
    held = sp.csr_matrix((np.ones(terms.nnz), terms.indices, terms.indptr), shape=terms.shape)
    counts = group_sums(labels, held, n_stories)
    story = np.repeat(np.arange(n_stories), np.diff(counts.indptr))
    sizes = np.bincount(labels, minlength=n_stories)
    frequency = np.bincount(terms.indices, minlength=terms.shape[1])
    elsewhere = (frequency[counts.indices] - counts.data + 0.5) / (len(labels) - sizes[story] + 1)
    lift = counts.data / sizes[story] / elsewhere
    is_pair = np.fromiter((" " in name for name in names), np.bool_, len(names))
    rare = (counts.data < 2) & (sizes[story] > 1)
    first, last = _words_of(names)
    clumped = _clumped(counts, frequency, sizes)
    common = np.where(is_pair, np.minimum(clumped[first], clumped[last]) < _CLUMPED_END / _CLUMPED, clumped < 1)
    common |= _are_fillers(names)
    fits = ~common[counts.indices] & (lift >= np.minimum(_MIN_LIFT, lift.max(initial=0)))
    fits &= ~(is_pair[counts.indices] & rare)
    story, term, rare = story[fits], counts.indices[fits], rare[fits]
    score = (counts.data * np.log(lift + 1))[fits]
    best = best_of_each(story, np.where(rare, score - score.max(initial=0) - 1, score), _CONSIDERED)
    bounds = np.searchsorted(story[best], np.arange(n_stories + 1))
    ranked, last_resort = names[term[best]], rare[best]
    return [_without_repeats(ranked[low:high], last_resort[low:high]) for low, high in pairwise(bounds)]


def _are_fillers(names: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Flag the terms that are, begin or end in an English function word; small stories have no counts to show it."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    fillers = (ENGLISH_STOP_WORDS | _MORE_FILLERS) - _NOT_FILLERS
    return np.fromiter((not fillers.isdisjoint((w[0], w[-1])) for w in map(str.split, names)), np.bool_, len(names))


def _words_of(names: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of the first and of the last word of each term; its own where the word is not a term."""
    position = {name: i for i, name in enumerate(names)}
    ends = [(position.get(words[0], i), position.get(words[-1], i)) for i, words in enumerate(map(str.split, names))]
    first, last = np.array(ends, np.int64).reshape(-1, 2).T
    return first, last


def _clumped(counts: sp.csr_matrix, frequency: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how often two headlines with a term share a story, relative to any two; below 1 the term is common."""
    together = np.bincount(counts.indices, counts.data * (counts.data - 1), minlength=counts.shape[1])
    n = max(int(sizes.sum()), 2)
    chance = max(float((sizes * (sizes - 1.0)).sum()) / (n * (n - 1)), 1e-12)
    times = together / np.maximum(frequency * (frequency - 1.0), 1) / chance
    return np.where(frequency >= _FREQUENT, times / min(_CLUMPED, _CLUMPED_SHARE / chance), np.inf)


def _without_repeats(ranked: NDArray[np.object_], last_resort: NDArray[np.bool_]) -> tuple[str, ...]:
    """Keep the best terms that are not fragments and share no word with a better one."""
    kept: list[str] = []
    seen: list[str] = []
    for name, only_if_few in zip(ranked, last_resort, strict=True):
        words = name.split()
        if len(kept) >= (_FEWEST if only_if_few else _KEPT):
            break
        if any(_is_fragment(word) for word in words) or name.replace(" ", "").isdigit():
            continue
        if not any(_are_alike(word, other) for word in words for other in seen):
            kept.append(_join(words))
            seen.extend(words)
    return tuple(kept)


def _is_fragment(word: str) -> bool:
    """Return whether a word is a single letter, such as the s of "Keeper's"; an ideograph is not."""
    return len(word) == 1 and not _is_ideograph(word) and not word.isdigit()


def _are_alike(word: str, other: str) -> bool:
    """Return whether two words have a common stem and differ by at most three letters at the end."""
    if word[0] != other[0]:
        return False
    short, long = (word, other) if len(word) <= len(other) else (other, word)
    if short == long:
        return True
    stem = len(short) - 1 if len(short) > 4 else len(short)
    return len(short) >= 3 and len(long) - len(short) <= 3 and long.startswith(short[:stem]) and not long.isdigit()


def _join(words: list[str]) -> str:
    """Join words, ideographs without a space."""
    return ("" if all(map(_is_ideograph, words)) else " ").join(words)


def _is_ideograph(word: str) -> bool:
    """Return whether a word is one Chinese or Japanese character."""
    return len(word) == 1 and word >= "\u3005" and _IDEOGRAPH.fullmatch(word) is not None
