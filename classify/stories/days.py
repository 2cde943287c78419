"""When stories happen: dates as days, the span of each story, and its end in a long silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.dates import DateColumn, read_dates
from classify.stories.links import number_by_appearance

Dates: TypeAlias = DateColumn | None

_SECONDS = 86_400

# Cosine from which linked headlines are taken for one story when lags are learned, headlines whose lags say where to
# draw borders, and links of each lag counted as if found at chance's rate, so that few links prove little (1 to 5 do
# alike). Chosen on the embedded corpus and on googlenews_tset with invented dates; dates shuffled between headlines
# must not matter.
_STRONG, _N_COMPARED, _N_DOUBTFUL = 0.25, 1000, 2

# Share of the rarest lag's links that is taken for links by chance, at every lag (0.7 to 0.95 do alike; from 0.95 on,
# dates shuffled between headlines begin to matter).
_BY_CHANCE = 0.9

# Borders of the lags told apart, as shares of the pairs compared that are closer (four to ten do alike).
_BORDERS = (0.002, 0.01, 0.03, 0.1, 0.3, 0.7)


@dataclass(frozen=True)
class LagEvidence:
    """Hold how much the time between two headlines tells about whether they report the same.

    Attributes
    ----------
    borders
        Days, rising: lags between two borders are treated alike.
    evidence
        One more than borders: log of how many times likelier such a lag is between headlines of one story than
        between any two.
    """

    borders: NDArray[np.float64]
    evidence: NDArray[np.float64]

    @property
    def reach(self) -> float:
        """Return the days from which on the time between two headlines speaks against one story.

        Examples
        --------
        >>> LagEvidence(np.array([1.0, 7.0]), np.array([2.0, 0.5, -1.0])).reach
        7.0
        """
        against = np.flatnonzero(self.evidence < 0)
        return float(self.borders[against[0] - 1]) if len(against) and against[0] else np.inf

    def weigh(self, lags: NDArray[np.float64]) -> NDArray[np.float64]:
        """Look up the evidence of lags; an unknown lag tells nothing.

        Examples
        --------
        >>> LagEvidence(np.array([1.0]), np.array([0.5, -2.0])).weigh(np.array([0.2, 3.0, np.nan])).tolist()
        [0.5, -2.0, 0.0]
        """
        known = self.evidence[np.searchsorted(self.borders, lags)]
        return np.where(np.isnan(lags), 0.0, known)


NO_EVIDENCE = LagEvidence(np.zeros(0), np.zeros(1))


def learn_lags(graph: sp.csr_matrix, days: NDArray[np.float64]) -> LagEvidence:
    """Compare the lags between linked headlines with those between any two.

    Some headlines are linked by chance, at most as many as at the lag at which links are rarest. Nearly as many are
    taken away at every lag, and the rest is what one story does.

    Examples
    --------
    >>> graph = sp.csr_matrix(np.kron(np.eye(50), [[0, 1], [1, 0]]))
    >>> days = np.repeat(np.arange(50.0), 2)
    >>> evidence = learn_lags(graph, days)
    >>> bool(evidence.weigh(np.array([0.0]))[0] > 1), bool(evidence.weigh(np.array([9.0]))[0] < -1)
    (True, True)
    """
    here = np.repeat(np.arange(len(days)), np.diff(graph.indptr))
    strong = (graph.data >= _STRONG) & (here < graph.indices)
    linked = np.abs(days[here[strong]] - days[graph.indices[strong]])
    linked, ordered = linked[~np.isnan(linked)], np.sort(days[~np.isnan(days)])
    n = len(ordered)
    if n < 2:
        return NO_EVIDENCE
    some = ordered[np.unique(np.linspace(0, n - 1, _N_COMPARED).round().astype(np.int64))]
    chance = np.subtract.outer(some, some)[np.tri(len(some), k=-1, dtype=bool)]
    # Half a second on top, so that rounding never moves a lag across.
    borders = np.unique(np.quantile(chance, _BORDERS, method="lower")) + 0.5 / _SECONDS
    closer = [np.searchsorted(ordered, ordered + b, "right") - np.searchsorted(ordered, ordered - b) for b in borders]
    within = (np.sum(closer, axis=1) - n) / (n * (n - 1))
    expected = np.maximum(np.diff(within, prepend=0, append=1), 1 / (n * n))
    found = np.bincount(np.searchsorted(borders, linked), minlength=len(borders) + 1)
    # A shorter lag never tells less than a longer one.
    ratio = (found + _N_DOUBTFUL) / (found.sum() * expected + _N_DOUBTFUL)
    ratio = np.maximum.accumulate(ratio[::-1])[::-1]
    ratio /= max(ratio[-1], 1)
    by_chance = _BY_CHANCE * ratio.min()
    return LagEvidence(borders, np.log((ratio - by_chance) / (1 - by_chance)))


def weaken_links(graph: sp.csr_matrix, days: NDArray[np.float64], lags: LagEvidence) -> sp.csr_matrix:
    """Weaken links whose lag speaks against them.

    Examples
    --------
    >>> graph = sp.csr_matrix(np.array([[0, 1.0], [1.0, 0]]))
    >>> weaken_links(graph, np.array([0.0, 9.0]), LagEvidence(np.array([1.0]), np.log([2.0, 0.5]))).data.tolist()
    [0.5, 0.5]
    """
    here = np.repeat(np.arange(len(days)), np.diff(graph.indptr))
    against = np.minimum(lags.weigh(np.abs(days[here] - days[graph.indices])), 0)
    # Single precision, so that sums in double precision are exact, and the same in any order of the rows.
    data = (graph.data * np.exp(against)).astype(np.float32)
    return sp.csr_matrix((data, graph.indices, graph.indptr), shape=graph.shape)


class Calendar:
    """Hold when the headlines of each story appeared, sorted, so that many can be counted at once.

    Parameters
    ----------
    labels, days
        The story and the day of each headline; undated ones (NaN) are left out.
    lags
        What the time between two headlines tells.

    Examples
    --------
    >>> lags = LagEvidence(np.array([1.0]), np.log([4.0, 0.5]))
    >>> calendar = Calendar(np.array([0, 0, 1]), np.array([1.0, 9.0, 9.0]), lags)
    >>> evidence = calendar.weigh(np.array([1.5, 1.5, 9.5]), np.array([0, 1, 1]), np.zeros(3, bool))
    >>> np.exp(evidence).round(2).tolist()
    [2.25, 0.5, 4.0]
    """

    def __init__(self, labels: NDArray[np.int64], days: NDArray[np.float64], lags: LagEvidence) -> None:
        dated = ~np.isnan(days)
        self._lags, self._sizes = lags, np.bincount(labels[dated], minlength=int(labels.max(initial=-1)) + 1)
        self._start = days[dated].min(initial=np.inf)
        # Stories one after the other on one line, further apart than any lag reaches.
        longest = lags.borders.max(initial=0.0) + 1
        self._span = 4 * (days[dated].max(initial=self._start) - self._start + longest) if dated.any() else 1.0
        self._line = np.sort(labels[dated] * self._span + (days[dated] - self._start))

    def weigh(self, day: NDArray[np.float64], story: NDArray[np.int64], own: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Look up the evidence of a day for a story: the log of the mean over its headlines of what their lags tell.

        Parameters
        ----------
        day, story
            The pairs to weigh; for an unknown day, and for a story without dates, there is no evidence: 0.
        own
            Pairs in which the headline is counted in the story, and is to be left out.
        """
        known = np.flatnonzero(~np.isnan(day) & (self._sizes[story] > own))
        at = story[known] * self._span + np.clip(day[known] - self._start, -self._span / 4, self._span / 2)
        # In order along the line, where each search begins close to the one before.
        order = np.argsort(at)
        known, at = known[order], at[order]
        story, own = story[known], own[known]
        n, times = self._sizes[story] - own, np.exp(self._lags.evidence)
        # A lag within one border is within all later ones, so that the differences add up to what it tells.
        total = times[-1] * n
        for border, nearer, farther in zip(self._lags.borders, times, times[1:], strict=False):
            low, high = np.searchsorted(self._line, at - border), np.searchsorted(self._line, at + border, "right")
            total += (nearer - farther) * (high - low - own)
        evidence = np.zeros(len(day))
        evidence[known] = np.log(np.maximum(total / n, times.min()))
        return evidence


@dataclass(frozen=True)
class Dated:
    """Hold when headlines appeared, what lags tell, and the story and day of those already in known stories.

    Attributes
    ----------
    days
        Of the headlines that look for a story, shape (n,).
    lags
        What the time between two headlines tells.
    known_labels, known_days
        Of headlines that do not move.
    """

    days: NDArray[np.float64]
    lags: LagEvidence
    known_labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    known_days: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def calendar(self, labels: NDArray[np.int64]) -> Calendar:
        """Sort all headlines by story and day, those that look for a story under the labels given."""
        everything = np.append(self.known_labels, labels), np.append(self.known_days, self.days)
        return Calendar(*everything, self.lags)


def as_days(dates: Dates, n: int) -> NDArray[np.float64] | None:
    """Return dates as days since 1970, NaN for undated headlines; None where none is dated.

    Examples
    --------
    >>> as_days(["1970-01-02", "", "1970-01-03T12:00Z"], 3).tolist()
    [1.0, nan, 2.5]
    """
    if dates is None:
        return None
    moments = read_dates(dates)
    if len(moments) != n:
        raise ValueError(f"dates has {len(moments)} rows for {n} headlines; expected one date each; give None for none")
    undated = np.isnat(moments)
    return None if undated.all() else np.where(undated, np.nan, moments.astype(np.int64) / _SECONDS)


def spans(
    labels: NDArray[np.int64], days: NDArray[np.float64], n_stories: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find the first and the last day of each story, NaN where none of its headlines is dated.

    Examples
    --------
    >>> first, last = spans(np.array([0, 1, 0]), np.array([3.0, 5.0, 4.0]), 2)
    >>> first.tolist(), last.tolist()
    ([3.0, 5.0], [4.0, 5.0])
    """
    first, last = np.full((2, n_stories), np.nan)
    np.fmin.at(first, labels, days)
    np.fmax.at(last, labels, days)
    return first, last


def split_at_silences(labels: NDArray[np.int64], days: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """Begin a new story after each silence longer than the window; number the stories by first appearance.

    Examples
    --------
    >>> split_at_silences(np.array([0, 0, 0, 1]), np.array([1.0, 9.0, 2.0, 1.0]), 3.0).tolist()
    [0, 1, 0, 2]
    """
    order = np.lexsort((days, labels))
    label, day = labels[order], days[order]
    starts = np.append(True, (label[1:] != label[:-1]) | (np.diff(day) > window))[: len(order)]
    split = np.empty(len(labels), np.int64)
    split[order] = np.cumsum(starts) - 1
    return number_by_appearance(split)


def split_new(
    labels: NDArray[np.int64],
    days: NDArray[np.float64],
    first: NDArray[np.float64],
    last: NDArray[np.float64],
    window: float,
) -> NDArray[np.int64]:
    """Split as `split_at_silences` the headlines new to known stories, whose span is known and stays whole.

    Examples
    --------
    >>> split_new(np.array([0, 0, 1]), np.array([6.0, 30.0, 6.0]), np.array([1.0]), np.array([5.0]), 3.0).tolist()
    [0, 1, 2]
    """
    n_known = len(first)
    known = labels < n_known
    since = days.copy()
    story = labels[known]
    # Days outside the known span; whatever falls inside it is no distance away.
    since[known] = np.maximum(days[known] - last[story], 0) + np.minimum(days[known] - first[story], 0)
    since[np.isnan(since)] = 0
    everything = np.append(np.arange(n_known), labels)
    return split_at_silences(everything, np.append(np.zeros(n_known), since), window)[n_known:]


def by_day(days: NDArray[np.float64]) -> tuple[dict[str, int], str | None, str | None]:
    """Count the headlines of each day, and give the first and last moment; nothing where undated.

    Examples
    --------
    >>> by_day(np.array([1.5, 0.0, 1.0]))
    ({'1970-01-01': 1, '1970-01-02': 2}, '1970-01-01T00:00:00', '1970-01-02T12:00:00')
    """
    dated = np.sort(days[~np.isnan(days)])
    if not len(dated):
        return {}, None, None
    stamps = (dated * _SECONDS).round().astype("datetime64[s]")
    each, count = np.unique(stamps.astype("datetime64[D]"), return_counts=True)
    counts = dict(zip(np.datetime_as_string(each).tolist(), count.tolist(), strict=True))
    return counts, str(stamps[0]), str(stamps[-1])
