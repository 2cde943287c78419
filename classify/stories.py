"""Stories: which headlines tell of the same event, how many events there are, and what to call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify._estimator import Estimator
from classify.story_links import find_neighbours, group_sums, link_groups, number_by_appearance
from classify.story_words import Weights, reassign
from classify.text import clean, find_tails
from classify.vectorizer import TfidfVectorizer, as_column

if TYPE_CHECKING:
    from classify.vectorizer import Texts

_NEIGHBOURS, _FLOOR, _LINK = 30, 0.03, 0.1
_GRAIN, _LEAST_LONER, _ROUNDS = 3.0, 0.1, 8


@dataclass(frozen=True)
class Story:
    """Describe one story.

    Attributes
    ----------
    number
        As in `labels_`.
    title
        Its most central headline.
    terms
        3 to 6 words that tell it from the other stories; fewer where it has no more.
    headlines
        Shape (size,): the rows of its headlines.
    first, last
        Dates of its first and last headline, None where no dates are known.
    """

    number: int
    title: str
    terms: tuple[str, ...]
    headlines: NDArray[np.int64]
    first: str | None
    last: str | None

    @property
    def size(self) -> int:
        """Number of headlines."""
        return len(self.headlines)


class StoryClusterer(Estimator):
    """Group headlines into stories.

    Headlines are linked with those most like them, linked groups merged by average linkage, and then each headline
    moves to the story that explains its words best (k-means in the likelihood of words), again and again.

    Parameters
    ----------
    n_stories
        How many stories, or "auto" to find it from the data.
    grain
        How broad a story may be: below 1 single events, above 1 broader themes.
    window
        Longest silence within a story, in days; None for any. Needs dates.
    random_state
        There for the contract; nothing here is random.

    Attributes
    ----------
    labels_
        Shape (n_headlines,): the story of each headline, numbered from 0 by first appearance.
    stories_
        The stories in the order of their numbers.

    Examples
    --------
    >>> headlines = ["Rovers win cup final", "Cup final: Rovers win", "Tax vote delayed", "Delay for tax vote"]
    >>> StoryClusterer().fit(headlines).labels_.tolist()
    [0, 0, 1, 1]
    """

    _estimator_type = "clusterer"

    def __init__(
        self,
        *,
        n_stories: int | Literal["auto"] = "auto",
        grain: float = 1.0,
        window: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.n_stories = n_stories
        self.grain = grain
        self.window = window
        self.random_state = random_state

    def fit(self, headlines: Texts, dates: Texts | None = None, y: object = None) -> Self:
        """Find the stories of n headlines; `dates` are their ISO dates or times, blank where unknown."""
        column = as_column(headlines)
        self._check_parameters(len(column))
        days = None if dates is None else _days(as_column(dates), len(column))
        texts = clean(column, find_tails(column))
        vectorizer = TfidfVectorizer(char_ngrams=None)
        rows = vectorizer.fit_transform(texts)
        words = rows[:, : len(vectorizer.unigrams_)].astype(np.float64)
        words.data[:] = 1
        graph = find_neighbours(rows, _NEIGHBOURS, _FLOOR, days, None if days is None else self.window)
        labels = self._group(words, graph)
        if self.window is not None and days is not None:
            labels = _cut_silences(labels, days, self.window)
        if self.n_stories != "auto":
            labels = _to_number(labels, rows, int(self.n_stories))
        self.labels_ = number_by_appearance(labels)
        names = vectorizer.get_feature_names_out()[: words.shape[1]]
        self.stories_ = _describe(self.labels_, rows, words, texts.to_pylist(), names, dates)
        return self

    def fit_predict(self, headlines: Texts, dates: Texts | None = None, y: object = None) -> NDArray[np.int64]:
        """Find the stories and return `labels_`."""
        return self.fit(headlines, dates).labels_

    def _group(self, words: sp.csr_matrix, graph: sp.csr_matrix) -> NDArray[np.int64]:
        """Link, then move headlines between stories until the size of the stories settles."""
        n = words.shape[0]
        frequency = np.bincount(words.indices, minlength=words.shape[1])
        share, per_headline = frequency / frequency.sum(), words.nnz / n
        labels = link_groups(graph, _LINK)
        loner = max(_LEAST_LONER, (np.bincount(labels) == 1).sum() / n) * n
        for _ in range(_ROUNDS):
            breadth = _mean_size(labels)
            weights = Weights(_GRAIN * self.grain * breadth * per_headline, loner, share)
            labels = reassign(words, labels, graph, weights)
            if abs(_mean_size(labels) / breadth - 1) < 0.03:
                break
        return labels

    def _check_parameters(self, n: int) -> None:
        """Reject parameters that cannot work, naming what was expected."""
        if self.n_stories != "auto" and not 1 <= int(self.n_stories) <= n:
            raise ValueError(f"n_stories={self.n_stories!r} for {n} headlines; expected 'auto' or 1 to {n}")
        if not self.grain > 0:
            raise ValueError(f"grain={self.grain!r}; expected a number above 0")
        if self.window is not None and not self.window > 0:
            raise ValueError(f"window={self.window!r}; expected a number of days above 0, or None")


def _mean_size(labels: NDArray[np.int64]) -> float:
    """Return the mean, over headlines, of the size of their story."""
    return float((np.bincount(labels).astype(float) ** 2).sum() / len(labels))


def _days(dates: pa.Array, n: int) -> NDArray[np.float64]:
    """Turn ISO dates or times into days; an unknown date is the last known before it."""
    import pandas as pd

    if len(dates) != n:
        raise ValueError(f"{n} headlines but {len(dates)} dates; expected one a headline, blank where unknown")
    times = pd.to_datetime(pd.Series(dates.to_pylist()), errors="coerce", utc=True, format="ISO8601").ffill().bfill()
    if times.isna().any():
        raise ValueError("no date was found that reads YYYY-MM-DD; expected some; rewrite the dates so")
    days: NDArray[np.float64] = (times - times.min()).dt.total_seconds().to_numpy() / 86400
    return days


def _cut_silences(labels: NDArray[np.int64], days: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """Split stories wherever nothing is heard of them for longer than the window."""
    order = np.lexsort((days, labels))
    new = np.append(True, (np.diff(labels[order]) != 0) | (np.diff(days[order]) > window))
    cut = np.empty(len(labels), np.int64)
    cut[order] = np.cumsum(new) - 1
    return cut


def _to_number(labels: NDArray[np.int64], rows: sp.csr_matrix, k: int) -> NDArray[np.int64]:
    """Merge the nearest stories, or split the largest, until there are k."""
    from sklearn.cluster import KMeans

    while (n := int(labels.max()) + 1) > k:
        sizes = np.bincount(labels)
        sums = group_sums(labels, rows, n)
        # The smallest stories go to the one they resemble most; at most a tenth of what is too many at a time.
        small = np.argsort(sizes, kind="stable")[: max((n - k) // 10, 1)]
        likeness = (sums[small] @ sums.T).toarray() / sizes
        likeness[:, small] = -1
        target = np.arange(n)
        target[small] = likeness.argmax(axis=1)
        labels = number_by_appearance(target[labels])
    while (n := int(labels.max()) + 1) < k:
        largest = np.flatnonzero(labels == np.bincount(labels).argmax())
        halves = KMeans(2, n_init=4, random_state=0).fit_predict(rows[largest])
        if halves.min() == halves.max():
            halves = np.arange(len(largest)) % 2
        labels = labels.copy()
        labels[largest[halves == 1]] = n
    return labels


def _describe(
    labels: NDArray[np.int64],
    rows: sp.csr_matrix,
    words: sp.csr_matrix,
    texts: Sequence[str],
    names: NDArray[Any],
    dates: Texts | None,
) -> list[Story]:
    """Give each story its title, terms and dates."""
    n_stories = int(labels.max()) + 1
    sums = group_sums(labels, rows, n_stories)
    central = np.asarray(rows.multiply(sums[labels]).sum(axis=1)).ravel()
    counts = group_sums(labels, words, n_stories)
    total = np.asarray(counts.sum(axis=0)).ravel()
    order = np.lexsort((-central, labels))
    members = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    known = None if dates is None else np.array(as_column(dates).to_pylist(), object)
    stories = []
    for number, member in enumerate(members):
        spans = [] if known is None else sorted(day for day in known[member] if day)
        terms = _terms(counts[number], total, len(member), len(labels), names)
        first, last = (spans[0], spans[-1]) if spans else (None, None)
        stories.append(Story(number, texts[member[0]], terms, np.sort(member), first, last))
    return stories


def _terms(
    counts: sp.csr_matrix, total: NDArray[np.float64], size: int, n: int, names: NDArray[Any], k: int = 5
) -> tuple[str, ...]:
    """Choose the words that are frequent in the story and rare elsewhere, without near-repeats."""
    lift = np.log((counts.data / size) / (total[counts.indices] / n))
    order = np.argsort(-counts.data * lift, kind="stable")
    chosen: list[str] = []
    for word in names[counts.indices[order]]:
        # The first letters tell "vote", "votes" and "voting" for what they are.
        repeat = any(word.startswith(other[:4]) or other.startswith(word[:4]) for other in chosen)
        if len(word) > 2 and not repeat:
            chosen.append(str(word))
        if len(chosen) == k:
            break
    return tuple(chosen)
