"""Group headlines into stories: candidates, the probability of each pair, average linkage; at once or day by day.

`group_headlines` and `continue_stories` are all that `StoryClusterer` uses of this module: what is known of a story are
its headlines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.groups import number_by_appearance
from classify.core.threads import in_threads
from classify.stories.agreement import Agreement
from classify.stories.bags import english, make_bags, search_rows
from classify.stories.kmeans import move_groups
from classify.stories.linkage import MergeTree, link_pairs
from classify.stories.neighbours import find_candidates
from classify.stories.pairmodel import PairModel, default_model
from classify.stories.pairs import FORMULA, PairFeatures

# Candidates of a headline.
N_CANDIDATES = 30

# Days between two headlines from which they are not compared, unless a window is given.
WINDOW = 14.0

# Weight of a pair that is not among the candidates, where neither headline is expected to have others in its story; and
# the number of others expected among its candidates at which a headline's share in that weight is halved.
_ABSENT, _CROWD = 0.1, 5.0

# How much coarser than usual stories are merged where fewer are asked for; from there on whole stories are moved. On
# uci_news_partial, googlenews_tset and the weeks, each told its true number, better than to merge or to move only.
_COARSER = 1.7

# Pairs whose features are computed at a time: they stay in the processor's caches.
_CHUNK = 20_000


class Settings(NamedTuple):
    """The checked parameters of a `StoryClusterer`."""

    n_stories: int | str
    granularity: float
    window: float | None
    n_jobs: int | None = 2


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


def group_headlines(
    column: pa.Array, days: NDArray[np.float64] | None, settings: Settings, model: PairModel | None = None
) -> NDArray[np.int64]:
    """Return the story of each clean headline, numbered from 0 by first appearance; by the default model if None.

    Examples
    --------
    >>> headlines = pa.array(["Rovers win cup final", "Late goal wins cup final for Rovers", "Budget vote delayed"])
    >>> group_headlines(headlines, None, Settings("auto", 1.0, None)).tolist()
    [0, 0, 1]
    """
    order, place = _sort(column, days)
    column, days = column.take(pa.array(order)), None if days is None else days[order]
    model, alone = model or default_model(), np.arange(len(column))
    if settings.n_stories == "auto":
        labels = _link(column, days, alone, model, settings).cut()
    else:
        coarser = settings._replace(granularity=settings.granularity * _COARSER)
        tree = _link(column, days, alone, model, coarser)
        labels = _make_stories(column, tree, int(settings.n_stories), settings.n_jobs)
    return number_by_appearance(labels[place])


def continue_stories(
    column: pa.Array,
    days: NDArray[np.float64] | None,
    recent: Recent,
    n_known: int,
    settings: Settings,
    model: PairModel | None = None,
) -> Continued:
    """Assign new headlines to known stories or to new ones, numbered from `n_known` by first appearance.

    Examples
    --------
    >>> headlines = pa.array(["Rovers win cup final", "Late goal wins cup final for Rovers", "Budget vote delayed"])
    >>> recent = Recent(headlines, np.array([4, 4, 7]), np.full(3, np.nan))
    >>> new = pa.array(["Cup final: Rovers win", "Storm floods coast"])
    >>> continue_stories(new, None, recent, 8, Settings("auto", 1.0, None)).labels.tolist()
    [4, 8]
    """
    numbers, known_labels = np.unique(recent.labels, return_inverse=True)
    days = np.full(len(column), np.nan) if days is None else days
    order, place = _sort(column, days)
    groups = np.append(known_labels, len(numbers) + np.arange(len(column)))
    days = np.append(recent.days, days[order])
    column = pa.concat_arrays([recent.column, column.take(pa.array(order))])
    days = None if np.isnan(days).all() else days
    tree = _link(column, days, groups, model or default_model(), settings)
    joined = tree.cut()
    return _keep_numbers(joined[: len(numbers)], joined[len(numbers) :][place], known_labels, numbers, n_known)


def _keep_numbers(
    of_known: NDArray[np.int64],
    of_new: NDArray[np.int64],
    known_labels: NDArray[np.int64],
    numbers: NDArray[np.int64],
    n_known: int,
) -> Continued:
    """Number the groups of known stories and of new headlines: a group keeps the number of its largest known story."""
    number = np.full(max(of_known.max(initial=-1), of_new.max(initial=-1)) + 1, -1)
    # Written last, the largest of the known stories of a group gives the number; of equals the earliest.
    by_size = np.lexsort((-numbers, np.bincount(known_labels, minlength=len(numbers))))
    number[of_known[by_size]] = numbers[by_size]
    kept = number[of_known]
    labels = number[of_new]
    begun = labels < 0
    labels[begun] = n_known + number_by_appearance(of_new[begun])
    return Continued(labels, np.stack([numbers, kept], axis=1)[kept != numbers])


def _sort(column: pa.Array, days: NDArray[np.float64] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order by text and day, so that stories do not depend on the order of the rows, and its inverse."""
    keys = pa.table({"text": column, "day": np.zeros(len(column)) if days is None else days})
    order = pc.sort_indices(keys, [("text", "ascending"), ("day", "ascending")]).to_numpy().astype(np.int64)
    return order, np.argsort(order)


def _link(
    column: pa.Array,
    days: NDArray[np.float64] | None,
    groups: NDArray[np.int64],
    model: PairModel,
    settings: Settings,
) -> MergeTree:
    """Merge groups of headlines by the probability of each pair of candidates."""
    n_jobs, window = settings.n_jobs, WINDOW if settings.window is None else settings.window
    bags = make_bags(column, english(), n_jobs)
    graph = find_candidates(search_rows(bags), N_CANDIDATES, days, window, n_jobs=n_jobs)
    left, right = list_pairs(graph)
    probability = pair_probabilities(PairFeatures(bags, graph, days), left, right, model, n_jobs)
    absent = absent_weights(left, right, probability, len(column))
    # The odds from which groups are one story fall as the granularity rises.
    odds = model.threshold / (1 - model.threshold) / settings.granularity
    return link_pairs(left, right, probability, absent, groups, odds / (1 + odds))


def list_pairs(graph: sp.csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the two positions of each pair of candidates, the lower one first."""
    left, right = sp.triu(graph, format="csr").nonzero()
    return left.astype(np.int64), right.astype(np.int64)


def pair_probabilities(
    features: PairFeatures,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    model: PairModel,
    n_jobs: int | None = 2,
) -> NDArray[np.float64]:
    """Return the probability of each pair; features are computed for some pairs at a time, which bounds memory."""
    parts = [slice(start, start + _CHUNK) for start in range(0, len(left), _CHUNK)]

    def first(part: slice) -> NDArray[np.float64]:
        columns = features.compute(left[part], right[part])
        return np.asarray(np.where(columns[FORMULA] == 0, model.first.probabilities(columns), 0.0))

    def second(part: slice) -> NDArray[np.float64]:
        probability = model.second.probabilities(agreement.compute(left[part], right[part], guessed[part]))
        return np.asarray(np.where(guessed[part] > 0, probability, 0.0))

    guessed = np.concatenate([np.zeros(0), *in_threads(first, parts, n_jobs)])
    agreement = Agreement(left, right, guessed, features.n, features.days)
    return np.concatenate([np.zeros(0), *in_threads(second, parts, n_jobs)])


def absent_weights(
    left: NDArray[np.int64], right: NDArray[np.int64], probability: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Return the weight of n headlines in pairs that are not candidates.

    A headline with many others of its story among its candidates has more of them elsewhere: there was no room for all.
    """
    others = np.bincount(left, probability, n) + np.bincount(right, probability, n)
    weights = np.sqrt(_ABSENT) / (1 + others / _CROWD)
    return np.asarray(np.maximum(np.round(weights * 2**12), 1) / 2**12)


def _make_stories(column: pa.Array, tree: MergeTree, k: int, n_jobs: int | None) -> NDArray[np.int64]:
    """Return k stories: more by undoing merges, fewer by moving whole stories to the nearest of k centroids."""
    labels = tree.cut(n_groups=k)
    if labels.max() < k:
        return labels
    return move_groups(search_rows(make_bags(column, english(), n_jobs)), labels, k)
