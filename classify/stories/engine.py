"""How stories are found and grow: links, average linkage, then k-means in the likelihood of words.

`find` and `extend` are all that `StoryClusterer` uses of this module; `Learned` is what is kept between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.stories.batch import Batch
from classify.stories.days import (
    NO_EVIDENCE,
    Dated,
    LagEvidence,
    learn_lags,
    spans,
    split_at_silences,
    split_new,
    weaken_links,
)
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
from classify.stories.mixture import Pairs, Stories, gather_stories, likely_stories, reassign
from classify.stories.themes import find_themes

# Links of each headline (10 to 60 give the same scores on the corpora named in `granularity`), and the least cosine.
_N_NEIGHBORS, _MIN_SIMILARITY = 15, 0.05

# Headlines that the evidence of lags is learned from, drawn at random where there are more.
_LEARNED = 20_000

# Stories found for each one asked for, from which on themes are made: merging would chain that many.
_STORIES_A_THEME = 50

# Known stories that a new headline considers, and rounds in which new headlines move.
_N_KNOWN, _NEW_ROUNDS = 5, 10


class Settings(NamedTuple):
    """The checked parameters of a `StoryClusterer`."""

    n_stories: int | str
    granularity: float
    window: float | None
    random_state: int


@dataclass(frozen=True)
class Learned:
    """What is kept of the headlines seen to assign more.

    Attributes
    ----------
    word_hashes, word_counts
        The words, sorted by hash, and in how many headlines each occurs, shape (n_words,).
    known
        Word counts and sizes of the stories.
    corpus_weight
        Weight of the corpus, in words for each headline of a story of mean size.
    lags
        Evidence of the days between two headlines.
    merges
        Mean cosine of the two groups in each merge of the linkage, highest first.
    """

    word_hashes: NDArray[np.uint64]
    word_counts: NDArray[np.int64]
    known: Stories
    corpus_weight: float
    lags: LagEvidence
    merges: NDArray[np.float64]


def find(batch: Batch, settings: Settings) -> tuple[NDArray[np.int64], Learned]:
    """Return the story of each headline in the order of the input, numbered by appearance, and what was learned."""
    word_counts = np.bincount(batch.words.indices, minlength=batch.words.shape[1])
    lags = _learn_lags(batch, weigh_words(batch.words, word_counts, len(batch.headlines)), settings.window)
    corpus = _link(batch, batch.words, word_counts, 0, lags, settings.window)
    weight = settings.granularity * read_grain(corpus)
    labels = find_stories(corpus, weight)
    if settings.n_stories != "auto":
        labels = _make_stories(batch, corpus, labels, weight, int(settings.n_stories), settings.random_state)
    if settings.window is not None and batch.days is not None:
        labels = split_at_silences(labels, batch.days, settings.window)
    labels = number_by_appearance(labels[batch.place])
    known = gather_stories(batch.words, labels[batch.order], int(labels.max()) + 1)
    merges = np.sort(corpus.tree.similarity)[::-1]
    return labels, Learned(batch.word_hashes, word_counts, known, weight, lags, merges)


def extend(
    learned: Learned,
    batch: Batch,
    known_labels: NDArray[np.int64],
    known_days: NDArray[np.float64],
    window: float | None,
) -> tuple[NDArray[np.int64], Learned]:
    """Return the story of each new headline in the order of the input, and what is known with them.

    Known stories keep their numbers, new ones follow by first appearance.
    """
    learned = _with_words(learned, batch)
    words = _place_columns(batch.words, np.searchsorted(learned.word_hashes, batch.word_hashes), learned.word_hashes)
    n_known, n_before = len(learned.known.sizes), len(known_labels)
    n = n_before + len(batch.headlines)
    lags = learned.lags
    if batch.days is not None and len(batch.headlines) > n_before:  # more than it was learned from
        lags = _learn_lags(batch, weigh_words(words, learned.word_counts, n), window)
    links = _link(batch, words, learned.word_counts, n_before, lags, window)
    labels = n_known + links.tree.cut(FIRST_THRESHOLD)
    weights = weigh(learned.corpus_weight, learned.word_counts, n, mean_size(learned.known.sizes))
    candidates = likely_stories(words, learned.known, weights, _N_KNOWN)
    dated = None
    if batch.days is not None:
        first, last = spans(known_labels, known_days, n_known)
        dated = Dated(batch.days, lags, known_labels, known_days)
        if window is not None:
            candidates = _awake(candidates, batch.days, first, last, window)
    labels = reassign(words, labels, links.graph, weights, dated, learned.known, candidates, _NEW_ROUNDS)
    if window is not None and batch.days is not None:
        labels = split_new(labels, batch.days, first, last, window)
    came = number_by_appearance(np.append(np.arange(n_known), labels[batch.place]))[n_known:]
    known = learned.known + gather_stories(words, came[batch.order], max(n_known, int(came.max()) + 1))
    return came, replace(learned, known=known, lags=lags)


def _learn_lags(batch: Batch, rows: sp.csr_matrix, window: float | None) -> LagEvidence:
    """Learn what the days between linked headlines tell."""
    if batch.days is None:
        return NO_EVIDENCE
    some = np.sort(np.random.default_rng(0).permutation(len(batch.days))[:_LEARNED])
    limit = np.inf if window is None else window
    graph = find_neighbours(rows[some], _N_NEIGHBORS, _MIN_SIMILARITY, batch.days[some], limit)
    return learn_lags(graph, batch.days[some])


def _link(
    batch: Batch,
    words: sp.csr_matrix,
    word_counts: NDArray[np.int64],
    n_before: int,
    lags: LagEvidence,
    window: float | None,
) -> Corpus:
    """Link the headlines of a batch, and merge them by average linkage."""
    # Pairs of words are left out: what chance shares of them (field goal, in first) hides the names of an event.
    rows = weigh_words(words, word_counts, n_before + words.shape[0])
    reach = lags.reach if window is None else min(window, lags.reach)
    graph, dated = find_neighbours(rows, _N_NEIGHBORS, _MIN_SIMILARITY, batch.days, reach), None
    if batch.days is not None:
        graph, dated = weaken_links(graph, batch.days, lags), Dated(batch.days, lags)
    return Corpus(words, graph, dated, link_groups(graph), word_counts)


def _make_stories(
    batch: Batch, corpus: Corpus, found: NDArray[np.int64], weight: float, k: int, random_state: int
) -> NDArray[np.int64]:
    """Make k stories of those found, or k themes where far fewer are asked for."""
    n_found = int(found.max(initial=0)) + 1
    if k * _STORIES_A_THEME <= n_found and min(batch.rows.shape) > 1:
        return find_themes(batch.rows, found, k, random_state)
    return make_stories(corpus, found, weight, k)


def _with_words(learned: Learned, batch: Batch) -> Learned:
    """Add the words of new headlines to the vocabulary and to the counts."""
    hashes = np.union1d(learned.word_hashes, batch.word_hashes)
    counts = np.zeros(len(hashes), np.int64)
    at = np.searchsorted(hashes, learned.word_hashes)
    counts[at] = learned.word_counts
    more = np.bincount(batch.words.indices, minlength=batch.words.shape[1])
    counts[np.searchsorted(hashes, batch.word_hashes)] += more
    known = Stories(_place_columns(learned.known.counts, at, hashes), learned.known.sizes)
    return replace(learned, word_hashes=hashes, word_counts=counts, known=known)


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


def _place_columns(matrix: sp.csr_matrix, at: NDArray[np.int64], table: NDArray[np.uint64]) -> sp.csr_matrix:
    """Move each column to its place in a larger table of words; the order of columns does not change."""
    parts = (matrix.data, at[matrix.indices], matrix.indptr)
    return sp.csr_matrix(parts, shape=(matrix.shape[0], len(table)))
