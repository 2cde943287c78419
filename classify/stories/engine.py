"""How stories are found and grow: links, average linkage, then k-means in the likelihood of words.

`group_headlines` and `continue_stories` are all that `StoryClusterer` uses of this module: what is known of a story are
its headlines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.stories.batch import Batch, prepare
from classify.stories.days import Dated, learn_lags, spans, split_at_silences, split_new, weaken_links
from classify.stories.granularity import (
    FIRST_THRESHOLD,
    Corpus,
    find_stories,
    make_stories,
    mean_size,
    read_grain,
    weigh,
)
from classify.stories.links import find_neighbours, link_groups, number_by_appearance, weigh_words
from classify.stories.mixture import Pairs, gather_stories, likely_stories, reassign
from classify.stories.themes import find_themes

# Links of each headline (10 to 60 give the same scores on the corpora named in `granularity`), and the least cosine.
_N_NEIGHBORS, _MIN_SIMILARITY = 15, 0.05

# Headlines that the evidence of lags is learned from, drawn at random where there are more.
_LEARNED = 20_000

# Stories found for each one asked for, from which on themes are made: merging would chain that many.
_STORIES_A_THEME = 50

# Known stories that a new headline considers, and rounds in which new headlines move.
_N_KNOWN, _NEW_ROUNDS = 5, 10

# Mean cosine from which two known stories are merged, and new headlines with them: day by day on the four public weeks
# of aggregated news, B-cubed F1 rises from 0.754 without merges to 0.764 (0.18: 0.766 with twice the merges).
_ONE_STORY = 0.25


class Settings(NamedTuple):
    """The checked parameters of a `StoryClusterer`."""

    n_stories: int | str
    granularity: float
    window: float | None
    random_state: int


@dataclass(frozen=True)
class Recent:
    """The headlines of known stories.

    Attributes
    ----------
    column
        Clean texts.
    labels
        The story of each.
    days
        Days since 1970; NaN where unknown.
    """

    column: pa.Array
    labels: NDArray[np.int64]
    days: NDArray[np.float64]


class Continued(NamedTuple):
    """What `continue_stories` returns.

    Attributes
    ----------
    labels
        The story of each new headline.
    merged
        Shape (n, 2): known stories that are one with another known story, and that other.
    """

    labels: NDArray[np.int64]
    merged: NDArray[np.int64]


def group_headlines(column: pa.Array, days: NDArray[np.float64] | None, settings: Settings) -> NDArray[np.int64]:
    """Return the story of each clean headline, numbered from 0 by first appearance.

    Examples
    --------
    >>> headlines = pa.array(["Rovers win cup final", "Late goal wins cup final for Rovers", "Budget vote delayed"])
    >>> group_headlines(headlines, None, Settings("auto", 1.0, None, 0)).tolist()
    [0, 0, 1]
    """
    batch = prepare(column, days)
    corpus = _link(batch, batch.days, settings.window)
    weight = settings.granularity * read_grain(corpus)
    labels = find_stories(corpus, weight)
    if settings.n_stories != "auto":
        labels = _make_stories(batch, corpus, labels, weight, int(settings.n_stories), settings.random_state)
    if settings.window is not None and batch.days is not None:
        labels = split_at_silences(labels, batch.days, settings.window)
    return number_by_appearance(labels[batch.place])


def continue_stories(
    column: pa.Array, days: NDArray[np.float64] | None, recent: Recent, n_known: int, settings: Settings
) -> Continued:
    """Assign new headlines to known stories or to new ones, numbered from `n_known` by first appearance.

    Examples
    --------
    >>> headlines = pa.array(["Rovers win cup final", "Late goal wins cup final for Rovers", "Budget vote delayed"])
    >>> recent = Recent(headlines, np.array([4, 4, 7]), np.full(3, np.nan))
    >>> new = pa.array(["Cup final: Rovers win", "Storm floods coast"])
    >>> continue_stories(new, None, recent, 8, Settings("auto", 1.0, None, 0)).labels.tolist()
    [4, 8]
    """
    n_recent = len(recent.labels)
    numbers, known_labels = np.unique(recent.labels, return_inverse=True)
    batch = prepare(pa.concat_arrays([recent.column, column]), _joined_days(recent.days, days, len(column)))
    corpus = _link(batch, batch.days, settings.window)
    weight = settings.granularity * read_grain(corpus)
    new = np.flatnonzero(batch.order >= n_recent)
    labels = np.append(known_labels, np.zeros(len(column), np.int64))[batch.order]
    labels[new] = _assign(batch, corpus, labels, new, len(numbers), weight, settings.window)
    labels = number_by_appearance(labels)[batch.place]
    groups = link_groups(corpus.graph, labels[batch.order]).cut(_ONE_STORY)[labels]
    return _keep_numbers(groups, known_labels, numbers, n_known)


def _joined_days(known: NDArray[np.float64], new: NDArray[np.float64] | None, n_new: int) -> NDArray[np.float64] | None:
    """Return the days of known and new headlines, undated ones in the middle; None where none is dated."""
    days = np.append(known, np.full(n_new, np.nan) if new is None else new)
    undated = np.isnan(days)
    return None if undated.all() else np.where(undated, np.median(days[~undated]), days)


def _assign(
    batch: Batch,
    corpus: Corpus,
    labels: NDArray[np.int64],
    new: NDArray[np.int64],
    n_known: int,
    weight: float,
    window: float | None,
) -> NDArray[np.int64]:
    """Return the story of the new headlines of a batch; those of the others are given, numbered up to `n_known`."""
    old = np.setdiff1d(np.arange(len(labels)), new)
    words, known = corpus.words[new], gather_stories(corpus.words[old], labels[old], n_known)
    weights = weigh(weight, corpus.word_counts, len(labels), mean_size(known.sizes))
    candidates, dated = likely_stories(words, known, weights, _N_KNOWN), None
    if corpus.dated is not None:
        days = corpus.dated.days
        dated = Dated(days[new], corpus.dated.lags, labels[old], days[old])
        first, last = spans(labels[old], days[old], n_known)
        if window is not None:
            candidates = _awake(candidates, days[new], first, last, window)
    graph = corpus.graph[new][:, new].tocsr()
    found = n_known + link_groups(graph).cut(FIRST_THRESHOLD)
    found = reassign(words, found, graph, weights, dated, known, candidates, _NEW_ROUNDS)
    return split_new(found, dated.days, first, last, window) if dated is not None and window is not None else found


def _keep_numbers(
    groups: NDArray[np.int64], known_labels: NDArray[np.int64], numbers: NDArray[np.int64], n_known: int
) -> Continued:
    """Number groups of all headlines: a group keeps the number of its largest known story."""
    of_known = np.zeros(len(numbers), np.int64)
    of_known[known_labels] = groups[: len(known_labels)]
    number = np.full(int(groups.max(initial=-1)) + 1, -1)
    # Written last, the largest of the known stories of a group gives the number; of equals the earliest.
    by_size = np.lexsort((-numbers, np.bincount(known_labels, minlength=len(numbers))))
    number[of_known[by_size]] = numbers[by_size]
    merged = np.stack([numbers, number[of_known]], axis=1)[number[of_known] != numbers]
    new = groups[len(known_labels) :]
    begun = number[new] < 0
    labels = number[new]
    labels[begun] = n_known + number_by_appearance(new[begun])
    return Continued(labels, merged)


def _link(batch: Batch, days: NDArray[np.float64] | None, window: float | None) -> Corpus:
    """Link the headlines of a batch, and merge them by average linkage."""
    counts = np.bincount(batch.words.indices, minlength=batch.words.shape[1])
    # Pairs of words are left out: what chance shares of them (field goal, in first) hides the names of an event.
    rows = weigh_words(batch.words, counts, batch.words.shape[0])
    limit = np.inf if window is None else window
    if days is None:
        graph = find_neighbours(rows, _N_NEIGHBORS, _MIN_SIMILARITY)
        return Corpus(batch.words, graph, None, link_groups(graph), counts)
    some = np.sort(np.random.default_rng(0).permutation(len(days))[:_LEARNED])
    lags = learn_lags(find_neighbours(rows[some], _N_NEIGHBORS, _MIN_SIMILARITY, days[some], limit), days[some])
    graph = find_neighbours(rows, _N_NEIGHBORS, _MIN_SIMILARITY, days, min(limit, lags.reach))
    graph = weaken_links(graph, days, lags)
    return Corpus(batch.words, graph, Dated(days, lags), link_groups(graph), counts)


def _make_stories(
    batch: Batch, corpus: Corpus, found: NDArray[np.int64], weight: float, k: int, random_state: int
) -> NDArray[np.int64]:
    """Make k stories of those found, or k themes where far fewer are asked for."""
    n_found = int(found.max(initial=0)) + 1
    if k * _STORIES_A_THEME <= n_found and min(batch.rows.shape) > 1:
        return find_themes(batch.rows, found, k, random_state)
    return make_stories(corpus, found, weight, k)


def _awake(
    pairs: Pairs,
    days: NDArray[np.float64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    window: float,
) -> Pairs:
    """Keep the pairs of headline and known story that are at most the window apart."""
    headline, story = pairs
    awake = ~(np.maximum(first[story] - days[headline], days[headline] - last[story]) > window)
    return Pairs(headline[awake], story[awake])
