"""Stories: group headlines that report the same, without being told how many stories there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify._estimator import Estimator
from classify.story_links import MergeTree, find_neighbours, link_groups, number_by_appearance
from classify.story_names import as_days, central_headlines, telling_terms
from classify.story_words import Weights, gather_stories, reassign
from classify.text import clean
from classify.vectorizer import TfidfVectorizer

if TYPE_CHECKING:
    Texts: TypeAlias = Sequence[str] | pa.Array | pa.ChunkedArray
    from classify.story_names import Dates

# Each constant below was chosen on uci_news_partial and googlenews_tset, whole, by section, thinned out to a few
# headlines a story, and with their telling words replaced by twenty names shared between stories (to stand in for
# one topic), and on the embedded corpus: one value for all, in the middle of the range in which all do well.

# Links of a headline (15 to 60 do alike) and the cosine from which there is one.
_N_NEIGHBORS, _MIN_SIMILARITY = 30, 0.05

# Mean cosine at which headlines are linked into the first, small groups (0.05 to 0.12 do alike).
_FIRST_THRESHOLD = 0.08

# Weight of the corpus against the story of mean size, when all links fall inside the first groups.
_CORPUS_WEIGHT = 10.0

# A story with words like any other's would need this share of all headlines to win one that could stand alone.
_LONER_SHARE = 0.1

# Rounds of reading the grain, at most; it settles in two to eight.
_MAX_ROUNDS = 10


@dataclass(frozen=True)
class Story:
    """Describe one story.

    Attributes
    ----------
    number
        Its number in `StoryClusterer.labels_`.
    title
        Its most central headline, cleaned.
    terms
        Up to six terms that set it apart from the others, the most telling first.
    headlines
        Positions of its headlines, in order; those given to `StoryClusterer.assign` count on after those fitted.
    by_day
        Number of headlines on each day, by ISO date; empty without dates.
    first, last
        When its first and last headline appeared, ISO 8601 in UTC; None without dates.
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


class _Batch(NamedTuple):
    """Headlines made ready: cleaned text, unit rows of words and pairs, the word columns alone, days."""

    headlines: list[str]
    rows: sp.csr_matrix
    words: sp.csr_matrix
    word_hashes: NDArray[np.uint64]
    names: NDArray[np.object_]
    days: NDArray[np.float64] | None


class StoryClusterer(Estimator):
    """Group headlines into stories.

    Headlines are linked with those most like them and merged by average linkage into small groups; then, as in
    k-means, each moves to the story that explains its words best until none moves. How broad the stories are is
    read from the data: from how large the groups are, and how cleanly the links fall into them.

    Parameters
    ----------
    n_stories
        How many stories, or "auto" to find out. With a number no headline stays alone for want of a better story.
    grain
        1 for stories as news desks see them; smaller for single events, larger for broader themes.
    window
        A silence of more than this many days ends a story; None for stories of any length. Needs dates.
    random_state
        Kept for the contract: nothing is drawn at random.

    Attributes
    ----------
    labels_
        The story of each headline fitted, shape (n,), numbered from 0 by first appearance. A headline like no
        other has a story of its own.
    stories_
        The stories by number.
    n_stories_
        How many there are.

    Examples
    --------
    >>> headlines = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
    >>> StoryClusterer().fit(headlines).labels_.tolist()
    [0, 0, 1, 1]
    """

    _estimator_type = "clusterer"

    def __init__(
        self,
        n_stories: int | str = "auto",
        *,
        grain: float = 1.0,
        window: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_stories = n_stories
        self.grain = grain
        self.window = window
        self.random_state = random_state

    def fit(self, headlines: Texts, dates: Dates = None) -> Self:
        """Find the stories.

        Parameters
        ----------
        headlines
            The headlines, as they came; they are cleaned here.
        dates
            When each appeared: ISO 8601 strings or whatever pandas reads as dates; None or blank where unknown.
        """
        self._check_parameters()
        batch = _prepare(headlines, dates)
        n = len(batch.headlines)
        if self.window is not None and batch.days is None:
            raise ValueError(f"window={self.window} without dates; expected a date for each headline; give dates")
        if isinstance(self.n_stories, int) and self.n_stories > n:
            raise ValueError(f"n_stories={self.n_stories} for {n} headlines; expected no more than {n}")
        graph = find_neighbours(batch.rows, _N_NEIGHBORS, _MIN_SIMILARITY, batch.days, self.window)
        tree = link_groups(graph)
        word_counts = np.bincount(batch.words.indices, minlength=batch.words.shape[1])
        if self.n_stories == "auto":
            labels = self._find_stories(batch.words, graph, tree, word_counts)
        else:
            labels = self._make_stories(batch.words, graph, tree, word_counts, int(self.n_stories))
        if self.window is not None and batch.days is not None:
            labels = _split_at_silences(labels, batch.days, self.window)
        self.labels_ = number_by_appearance(labels)
        self.merges_ = np.sort(tree.similarity)[::-1]
        self._keep(batch, word_counts)
        return self

    def fit_predict(self, headlines: Texts, dates: Dates = None) -> NDArray[np.int64]:
        """Find the stories and return the story of each headline."""
        return self.fit(headlines, dates).labels_

    @property
    def n_stories_(self) -> int:
        """How many stories there are."""
        return len(self.stories_)

    def _find_stories(
        self, words: sp.csr_matrix, graph: sp.csr_matrix, tree: MergeTree, word_counts: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Let headlines move until the grain settles."""
        labels = tree.cut(_FIRST_THRESHOLD)
        n = len(labels)
        self.corpus_weight_ = self.grain * _CORPUS_WEIGHT * _modularity(graph, labels) ** 2 * words.nnz / max(n, 1)
        share = word_counts / max(word_counts.sum(), 1)
        for _ in range(_MAX_ROUNDS):
            before = _mean_size(labels)
            weights = Weights(max(self.corpus_weight_ * before, 1.0), _LONER_SHARE * n, share)
            labels = reassign(words, labels, graph, weights)
            if abs(_mean_size(labels) / before - 1) < 0.02:
                break
        return labels

    def _make_stories(
        self, words: sp.csr_matrix, graph: sp.csr_matrix, tree: MergeTree, word_counts: NDArray[np.int64], k: int
    ) -> NDArray[np.int64]:
        """Let headlines move with such a weight of the corpus that about k stories stay; then merge down to k."""
        start = tree.cut(_FIRST_THRESHOLD, n_groups=min(3 * k, len(word_counts) and tree.n_leaves))
        share = word_counts / max(word_counts.sum(), 1)
        low, high = 0.0, np.log(max(words.nnz, 2))
        found = start
        for _ in range(8):
            middle = (low + high) / 2
            labels = reassign(words, start, graph, Weights(float(np.exp(middle)), 0.0, share), max_iter=20)
            if labels.max() + 1 >= k:
                found, low = labels, middle
            else:
                high = middle
        merged = link_groups(graph, found).cut(n_groups=k)[found]
        return _merge_smallest(merged, k)

    def _keep(self, batch: _Batch, word_counts: NDArray[np.int64]) -> None:
        """Store the state from which `assign` goes on, and describe the stories."""
        n_stories = int(self.labels_.max(initial=-1)) + 1
        order = np.argsort(batch.word_hashes)
        self.word_hashes_ = batch.word_hashes[order]
        self.word_counts_ = word_counts[order]
        self.known_ = gather_stories(batch.words[:, order].tocsr(), self.labels_, n_stories)
        self.n_headlines_ = len(self.labels_)
        self.stories_ = _describe(batch, self.labels_, np.arange(n_stories), 0)

    def _check_parameters(self) -> None:
        """Reject parameters that cannot work."""
        if self.n_stories != "auto" and not (isinstance(self.n_stories, int) and self.n_stories >= 1):
            raise ValueError(f"n_stories={self.n_stories!r}; expected 'auto' or a whole number, 1 or more")
        if not self.grain > 0:
            raise ValueError(f"grain={self.grain!r}; expected a number above 0, 1 for stories as news desks see them")
        if self.window is not None and not self.window > 0:
            raise ValueError(f"window={self.window!r}; expected a number of days above 0, or None")


def _prepare(headlines: Texts, dates: Dates) -> _Batch:
    """Clean headlines and turn them into rows."""
    if isinstance(headlines, str | bytes):
        raise ValueError("a single string was given; expected a sequence of headlines, e.g. a list")
    texts = clean(headlines).to_pylist()
    days = as_days(dates, len(texts))
    vectorizer = TfidfVectorizer(char_ngrams=None)
    rows = vectorizer.fit_transform(texts)
    words = rows[:, : len(vectorizer.unigrams_)].tocsr()
    words.data = np.ones(words.nnz)
    hashes = vectorizer.token_hashes_[vectorizer.unigrams_]
    return _Batch(texts, rows, words, hashes, vectorizer.get_feature_names_out(), days)


def _describe(batch: _Batch, labels: NDArray[np.int64], numbers: NDArray[np.int64], offset: int) -> list[Story]:
    """Name the stories with the given numbers from the headlines of a batch."""
    local = np.full(int(numbers.max(initial=-1)) + 1, -1)
    local[numbers] = np.arange(len(numbers))
    inside = np.flatnonzero(np.isin(labels, numbers))
    story = local[labels[inside]]
    texts = [batch.headlines[i] for i in inside]
    titles = central_headlines(batch.rows[inside], texts, story, len(numbers))
    terms = telling_terms(batch.rows[inside], batch.names, story, len(numbers))
    members = np.split(inside[np.argsort(story, kind="stable")], np.cumsum(np.bincount(story, minlength=len(numbers))))
    stories = []
    for i, number in enumerate(numbers):
        spans = {} if batch.days is None else _span(batch.days[members[i]])
        positions = tuple((members[i] + offset).tolist())
        stories.append(Story(int(number), texts[titles[i]], terms[i], positions, **spans))
    return stories


def _span(days: NDArray[np.float64]) -> dict[str, Any]:
    """Give the first and last date and the size by day."""
    stamps = np.sort((days * 86_400).round().astype("datetime64[s]"))
    each, count = np.unique(stamps.astype("datetime64[D]"), return_counts=True)
    by_day = dict(zip(np.datetime_as_string(each).tolist(), count.tolist(), strict=True))
    return {"by_day": by_day, "first": str(stamps[0]), "last": str(stamps[-1])}


def _mean_size(labels: NDArray[np.int64]) -> float:
    """Average the size of a headline's story over the headlines."""
    return float((np.bincount(labels).astype(np.float64) ** 2).sum() / max(len(labels), 1))


def _modularity(graph: sp.csr_matrix, labels: NDArray[np.int64]) -> float:
    """Measure how cleanly links fall into groups, 0 to 1 (Newman and Girvan 2004): the share inside, less chance's."""
    total = float(graph.data.sum())
    if total == 0:
        return 0.0
    here = np.repeat(labels, np.diff(graph.indptr))
    inside = graph.data[here == labels[graph.indices]].sum() / total
    return float(max(inside - ((np.bincount(here, graph.data) / total) ** 2).sum(), 0.0))


def _split_at_silences(labels: NDArray[np.int64], days: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """Begin a new story after each silence longer than the window."""
    order = np.lexsort((days, labels))
    label, day = labels[order], days[order]
    starts = np.append(True, (label[1:] != label[:-1]) | (np.diff(day) > window))
    split = np.empty(len(labels), np.int64)
    split[order] = np.cumsum(starts) - 1
    return split


def _merge_smallest(labels: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Put the smallest groups together where links alone leave more than k."""
    sizes = np.bincount(labels)
    if len(sizes) <= k:
        return labels
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return np.minimum(rank, k - 1)[labels]
