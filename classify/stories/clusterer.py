"""Stories: group headlines that report the same, without being told how many stories there are."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.estimator import Estimator, check_fitted
from classify.features import TfidfVectorizer
from classify.stories.days import (
    NO_EVIDENCE,
    Dated,
    LagEvidence,
    as_days,
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
from classify.stories.ids import first_places, hash_ids
from classify.stories.links import find_neighbours, link_groups, number_by_appearance, weigh_words
from classify.stories.mixture import Pairs, Stories, gather_stories, likely_stories, reassign
from classify.stories.state import pack, unpack
from classify.stories.themes import find_themes
from classify.stories.titles import Story, central_headlines, describe, telling_terms
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from classify.core.arrow import Texts
    from classify.stories.days import Dates
    from classify.stories.ids import Ids

__all__ = ["Story", "StoryClusterer"]

# Links of a headline (10 to 60 do alike on the corpora named in story_grain) and the cosine from which there is one.
_N_NEIGHBORS, _MIN_SIMILARITY = 15, 0.05

# Headlines that lags are learned from, drawn at random where there are more: their links cost a search of their own.
_LEARNED = 20_000

# When a number is asked for that leaves so many stories to a group, these are themes: merging would chain them.
_STORIES_A_THEME = 50

# Known stories that a new headline considers, and rounds in which new headlines move.
_N_KNOWN, _NEW_ROUNDS = 5, 10


class _Batch(NamedTuple):
    """Headlines made ready: cleaned text, unit rows of words and pairs, the word columns alone, days.

    They stand in the order of their texts and days, so that stories do not depend on the order in which they came:
    `order` holds the position at which each came, `place` where each that came stands.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]
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
    read from the data: from how large the groups are, and how cleanly the links fall into them. Dates count as
    far as linked headlines are closer in time than any two; from where that turns, headlines are not linked.

    Parameters
    ----------
    n_stories
        How many stories, or "auto" to find out. A number far below what there is gives broad themes.
    grain
        1 for stories as news desks see them; smaller for single events, larger for broader themes.
    window
        A silence of more than this many days ends a story; None for stories of any length. Needs dates.
    random_state
        Seed of the centres of themes; stories follow from the headlines alone.

    Attributes
    ----------
    labels_
        The story of each headline seen, shape (n,), numbered from 0 by first appearance. A headline like no
        other has a story of its own.
    merges_
        Mean cosine of the two groups in each merge of the linkage, highest first: what `n_stories` without
        further ado would be for a given threshold.

    Examples
    --------
    >>> headlines = ["Rovers win cup final", "Late goal wins cup for Rovers", "Budget vote delayed", "Vote on budget"]
    >>> clusterer = StoryClusterer().fit(headlines)
    >>> clusterer.labels_.tolist()
    [0, 0, 1, 1]
    >>> clusterer.assign(["Rovers parade the cup", "Storm floods the coast"]).tolist()
    [0, 2]
    >>> clusterer.stories_[1].title
    'Budget vote delayed'
    """

    _estimator_type = "clusterer"

    labels_: NDArray[np.int64]
    id_hashes_: NDArray[np.uint64]
    known_: Stories
    word_hashes_: NDArray[np.uint64]
    word_counts_: NDArray[np.int64]
    corpus_weight_: float
    lags_: LagEvidence
    days_: NDArray[np.float64]
    merges_: NDArray[np.float64]
    titles_: list[str]
    terms_: list[tuple[str, ...]]

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

    def fit(self, headlines: Texts, dates: Dates = None, ids: Ids = None) -> Self:
        """Find the stories.

        Parameters
        ----------
        headlines
            The headlines, as they came; they are cleaned here.
        dates
            When each appeared: ISO 8601 strings or whatever pandas reads as dates; None or blank where unknown.
        ids
            What tells one headline from another, strings; None or blank where unknown. Here each headline counts,
            for each has its place in `labels_`; `assign` knows by their ids those that come again.
        """
        self._check_parameters()
        headlines = _as_texts(headlines)
        self.suffixes_ = find_suffixes(headlines)
        column = clean(headlines, self.suffixes_)
        id_hashes = hash_ids(ids, len(column))
        batch = self._prepare(column, as_days(dates, len(column)))
        self._check_number(len(batch.headlines))
        self._keep(batch, self._find(batch))
        self.id_hashes_ = id_hashes
        return self

    def fit_predict(self, headlines: Texts, dates: Dates = None) -> NDArray[np.int64]:
        """Find the stories and return the story of each headline."""
        return self.fit(headlines, dates).labels_

    def assign(self, headlines: Texts, dates: Dates = None, ids: Ids = None) -> NDArray[np.int64]:
        """Give new headlines to the stories known so far, or begin new ones.

        No known headline changes its story, and no story its number. The time taken follows from the number of new
        headlines.

        Parameters
        ----------
        headlines, dates, ids
            As for `fit`. A headline whose id was seen before, here or in an earlier call, is answered with the story
            it has, and is not counted again.

        Returns
        -------
        :
            The story of each headline; `labels_` and `stories_` grow by those that are new.

        Examples
        --------
        >>> clusterer = StoryClusterer().fit(["Rovers win cup", "Budget vote delayed"], ids=["a", "b"])
        >>> clusterer.assign(["Budget vote delayed", "Storm floods coast"], ids=["b", "c"]).tolist()
        [1, 2]
        >>> clusterer.labels_.tolist()
        [0, 1, 2]
        """
        check_fitted(self)
        column, n_known = clean(_as_texts(headlines), self.suffixes_), len(self.labels_)
        days, id_hashes = as_days(dates, len(column)), hash_ids(ids, len(column))
        first = first_places(self.id_hashes_, id_hashes)
        new = np.flatnonzero(first == np.arange(n_known, n_known + len(column)))
        stories = np.append(self.labels_, np.zeros(len(column), np.int64))
        if len(new):
            batch = self._prepare(column.take(pa.array(new)), None if days is None else days[new])
            stories[n_known + new] = self._take_in(batch)
            self.id_hashes_ = np.append(self.id_hashes_, id_hashes[new])
        return stories[first]

    @property
    def stories_(self) -> list[Story]:
        """The stories by number."""
        check_fitted(self)
        return describe(self.titles_, self.terms_, self.labels_, self.days_)

    @property
    def n_stories_(self) -> int:
        """How many stories there are."""
        check_fitted(self)
        return len(self.titles_)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all that `assign` needs as plain arrays, to be stored in any file of arrays.

        Examples
        --------
        >>> fitted = StoryClusterer().fit(["Rovers win cup", "Cup win for Rovers", "Budget vote"])
        >>> again = StoryClusterer.from_arrays(fitted.to_arrays())
        >>> again.assign(["Rovers win"]).tolist() == fitted.assign(["Rovers win"]).tolist()
        True
        """
        check_fitted(self)
        return pack(self)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild a fitted clusterer from the arrays of `to_arrays`; arrays that do not fit are a ValueError."""
        return unpack(cls, arrays)

    def _prepare(self, column: pa.Array, days: NDArray[np.float64] | None) -> _Batch:
        """Turn cleaned headlines into rows."""
        if self.window is not None and days is None:
            raise ValueError(f"window={self.window} but no headline is dated; expected dates; give them or no window")
        keys = pa.table({"text": column, "day": np.zeros(len(column)) if days is None else days})
        order = pc.sort_indices(keys, [("text", "ascending"), ("day", "ascending")]).to_numpy().astype(np.int64)
        place = np.argsort(order)
        column, days = column.take(pa.array(order)), None if days is None else days[order]
        texts = column.to_pylist()
        if not pc.any(pc.match_substring_regex(column, r"[\p{L}\p{N}]")).as_py():
            nothing = sp.csr_matrix((len(texts), 0))
            return _Batch(order, place, texts, nothing, nothing, np.zeros(0, np.uint64), np.zeros(0, object), days)
        vectorizer = TfidfVectorizer(char_ngrams=None)
        rows = vectorizer.fit_transform(texts)
        known = vectorizer.vocabulary_
        words = rows[:, : len(known.unigrams)].tocsr()
        words.data = np.ones(words.nnz)
        hashes = known.token_table.keys[known.unigrams]
        return _Batch(order, place, texts, rows, words, hashes, vectorizer.get_feature_names_out(), days)

    def _take_in(self, batch: _Batch) -> NDArray[np.int64]:
        """Give the headlines of a batch, none of them known, to stories; return the story of each as they came."""
        self._learn_words(batch)
        words = _place_columns(batch.words, np.searchsorted(self.word_hashes_, batch.word_hashes), self.word_hashes_)
        # What lags tell is learned again where more headlines come than it was learned from.
        links = self._link(batch, words, learn=len(batch.headlines) > len(self.labels_))
        n_known = len(self.known_.sizes)
        labels = n_known + links.tree.cut(FIRST_THRESHOLD)
        n = len(self.labels_) + len(labels)
        weights = weigh(self.corpus_weight_, self.word_counts_, n, mean_size(self.known_.sizes))
        candidates = self._awake(likely_stories(words, self.known_, weights, _N_KNOWN), batch.days)
        dated = None if batch.days is None else Dated(batch.days, self.lags_, self.labels_, self.days_)
        labels = reassign(words, labels, links.graph, weights, dated, self.known_, candidates, _NEW_ROUNDS)
        if self.window is not None and batch.days is not None:
            first, last = spans(self.labels_, self.days_, n_known)
            labels = split_new(labels, batch.days, first, last, self.window)
        came = number_by_appearance(np.append(np.arange(n_known), labels[batch.place]))[n_known:]
        labels, sizes_before = came[batch.order], self.known_.sizes
        self.known_ += gather_stories(words, labels, max(n_known, int(labels.max()) + 1))
        self.labels_ = np.append(self.labels_, came)
        days = np.full(len(came), np.nan) if batch.days is None else batch.days[batch.place]
        self.days_ = np.append(self.days_, days)
        grown = np.flatnonzero(self.known_.sizes[:n_known] >= 2 * sizes_before)
        self._name(batch, labels, np.append(grown, np.arange(n_known, len(self.known_.sizes))))
        return came

    def _check_number(self, n: int) -> None:
        """Reject headlines too few for what was asked for."""
        if not n:
            raise ValueError("no headlines were given; expected at least one; give a file or a list that holds some")
        if self.n_stories != "auto" and int(self.n_stories) > n:
            raise ValueError(f"n_stories={self.n_stories} for {n} headlines; expected no more than {n}")

    def _find(self, batch: _Batch) -> NDArray[np.int64]:
        """Learn words, lags and grain from the headlines; return the story of each."""
        self.word_hashes_ = batch.word_hashes
        self.word_counts_ = np.bincount(batch.words.indices, minlength=batch.words.shape[1])
        self.lags_, self.labels_ = NO_EVIDENCE, np.zeros(0, np.int64)
        corpus = self._link(batch, batch.words, learn=True)
        self.merges_ = np.sort(corpus.tree.similarity)[::-1]
        self.corpus_weight_ = self.grain * read_grain(corpus)
        labels = find_stories(corpus, self.corpus_weight_)
        if self.n_stories != "auto":
            labels = self._make_stories(batch, corpus, labels, int(self.n_stories))
        if self.window is not None and batch.days is not None:
            labels = split_at_silences(labels, batch.days, self.window)
        return labels

    def _keep(self, batch: _Batch, labels: NDArray[np.int64]) -> None:
        """Number the stories in the order in which their headlines came, keep their words and name them."""
        self.labels_ = number_by_appearance(labels[batch.place])
        labels = self.labels_[batch.order]
        self.days_ = np.full(len(labels), np.nan) if batch.days is None else batch.days[batch.place]
        self.known_ = gather_stories(batch.words, labels, int(labels.max()) + 1)
        self.titles_ = []
        self.terms_ = []
        self._name(batch, labels, np.arange(len(self.known_.sizes)))

    def _link(self, batch: _Batch, words: sp.csr_matrix, learn: bool) -> Corpus:
        """Link the headlines of a batch; learn, where asked to, what the lags of linked headlines tell."""
        # Pairs of words are left out: what chance shares of them (field goal, in first) hides the names of an event.
        rows = weigh_words(words, self.word_counts_, len(self.labels_) + words.shape[0])
        limit = np.inf if self.window is None else self.window
        if learn and batch.days is not None:
            some = np.sort(np.random.default_rng(0).permutation(len(batch.days))[:_LEARNED])
            graph = find_neighbours(rows[some], _N_NEIGHBORS, _MIN_SIMILARITY, batch.days[some], limit)
            self.lags_ = learn_lags(graph, batch.days[some])
        graph = find_neighbours(rows, _N_NEIGHBORS, _MIN_SIMILARITY, batch.days, min(limit, self.lags_.reach))
        dated = None
        if batch.days is not None:
            graph, dated = weaken_links(graph, batch.days, self.lags_), Dated(batch.days, self.lags_)
        return Corpus(words, graph, dated, link_groups(graph), self.word_counts_)

    def _make_stories(self, batch: _Batch, corpus: Corpus, found: NDArray[np.int64], k: int) -> NDArray[np.int64]:
        """Make as many stories as asked for of those found, or themes of them where far fewer are asked for."""
        n_found = int(found.max(initial=0)) + 1
        if k * _STORIES_A_THEME <= n_found and min(batch.rows.shape) > 1:
            return find_themes(batch.rows, found, k, self.random_state)
        return make_stories(corpus, found, self.corpus_weight_, k)

    def _learn_words(self, batch: _Batch) -> None:
        """Add the words of new headlines to the vocabulary and to the counts."""
        hashes = np.union1d(self.word_hashes_, batch.word_hashes)
        counts = np.zeros(len(hashes), np.int64)
        at = np.searchsorted(hashes, self.word_hashes_)
        counts[at] = self.word_counts_
        counts[np.searchsorted(hashes, batch.word_hashes)] += np.bincount(
            batch.words.indices, minlength=batch.words.shape[1]
        )
        self.known_ = Stories(_place_columns(self.known_.counts, at, hashes), self.known_.sizes)
        self.word_hashes_, self.word_counts_ = hashes, counts

    def _awake(self, pairs: Pairs, days: NDArray[np.float64] | None) -> Pairs:
        """Keep the pairs of headline and known story between which there is no silence longer than the window."""
        if self.window is None or days is None:
            return pairs
        headline, story = pairs
        first, last = spans(self.labels_, self.days_, len(self.known_.sizes))
        awake = ~(np.maximum(first[story] - days[headline], days[headline] - last[story]) > self.window)
        return Pairs(headline[awake], story[awake])

    def _name(self, batch: _Batch, labels: NDArray[np.int64], numbers: NDArray[np.int64]) -> None:
        """Title the stories with these numbers, by the headlines of a batch."""
        place = np.full(int(max(labels.max(initial=-1), numbers.max(initial=-1))) + 1, -1)
        place[numbers] = np.arange(len(numbers))
        inside = np.flatnonzero(place[labels] >= 0)
        story = place[labels[inside]]
        texts = [batch.headlines[i] for i in inside]
        titles = central_headlines(batch.rows[inside], texts, story, len(numbers))
        terms = telling_terms(batch.rows[inside], batch.names, story, len(numbers))
        more = max(int(numbers.max(initial=-1)) + 1 - len(self.titles_), 0)
        self.titles_ += [""] * more
        self.terms_ += [()] * more
        for number, title, telling in zip(numbers, titles, terms, strict=True):
            self.titles_[number], self.terms_[number] = texts[title], telling

    def _check_parameters(self) -> None:
        """Reject parameters that cannot work."""
        k = self.n_stories
        if k != "auto" and (isinstance(k, bool | str) or not isinstance(k, Integral) or k < 1):
            raise ValueError(f"n_stories={self.n_stories!r}; expected 'auto' or a whole number, 1 or more")
        if not self.grain > 0:
            raise ValueError(f"grain={self.grain!r}; expected a number above 0, 1 for stories as news desks see them")
        if self.window is not None and not self.window > 0:
            raise ValueError(f"window={self.window!r}; expected a number of days above 0, or None")


def _as_texts(headlines: Texts) -> Texts:
    """Refuse a single string, which is a sequence of strings too."""
    if isinstance(headlines, str | bytes):
        raise ValueError("a single string was given; expected a sequence of headlines, e.g. a list")
    return headlines if isinstance(headlines, pa.Array | pa.ChunkedArray) else list(headlines)


def _place_columns(matrix: sp.csr_matrix, at: NDArray[np.int64], table: NDArray[np.uint64]) -> sp.csr_matrix:
    """Move each column to its place in a larger table of words; the order of columns does not change."""
    parts = (matrix.data, at[matrix.indices], matrix.indptr)
    return sp.csr_matrix(parts, shape=(matrix.shape[0], len(table)))
