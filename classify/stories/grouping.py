"""Group headlines into stories: candidates, the probability of each pair, average linkage; in one batch or day by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.stories.kmeans import move_to_centroids
from classify.stories.linkage import MergeTree, link_pairs, number_by_appearance
from classify.stories.neighbours import find_candidates
from classify.stories.pairmodel import default_model
from classify.stories.pairs import Background, make_bags, pair_features, search_rows

# Candidates of a headline.
N_CANDIDATES = 30

# Days between two headlines from which they are no candidates, unless a window is given.
WINDOW = 14.0

# Known stories merge only where new headlines make this much more likely than one story of new headlines needs.
_KNOWN_MARGIN = 0.1

# Undated headlines remembered for the next batch.
_REMEMBERED = 50_000


@dataclass(frozen=True)
class Recent:
    """Headlines of known stories that new ones are compared with.

    Attributes
    ----------
    column
        Their cleaned texts.
    labels
        The story of each.
    days
        When each appeared; NaN where unknown.
    """

    column: pa.Array
    labels: NDArray[np.int64]
    days: NDArray[np.float64]


@dataclass(frozen=True)
class Continued:
    """What `continue_stories` found.

    Attributes
    ----------
    labels
        The story of each new headline; new stories are numbered from the given number on.
    merged
        Shape (n, 2): a known story that turned out to be part of another known story, and that other story.
    recent
        The headlines that the next batch is to be compared with.
    """

    labels: NDArray[np.int64]
    merged: NDArray[np.int64]
    recent: Recent


def group_headlines(
    column: pa.Array,
    days: NDArray[np.float64] | None = None,
    *,
    background: Background | None = None,
    n_stories: int | None = None,
    granularity: float = 1.0,
    window: float | None = None,
    n_jobs: int | None = 1,
) -> NDArray[np.int64]:
    """Return the story of each headline, numbered from 0 by first appearance.

    Parameters
    ----------
    column
        Cleaned headlines.
    days
        When each appeared, as days since any date; NaN where unknown; None where none is dated.
    background
        Document frequencies of the language.
    n_stories
        How many stories; None to find out.
    granularity
        1 for stories as news desks see them; smaller for single developments, larger for whole affairs. Stories at a
        larger value are unions of those at a smaller one.
    window
        Days between two headlines from which they are not compared.
    n_jobs
        Threads; the result does not depend on it.

    Examples
    --------
    >>> headlines = ["Rovers win cup final", "Late goal wins cup final for Rovers", "Budget vote delayed in Senate"]
    >>> group_headlines(pa.array(headlines)).tolist()
    [0, 0, 1]
    """
    n = len(column)
    if not n:
        return np.zeros(0, np.int64)
    order, place = _canonical_order(column, days)
    column, days = column.take(pa.array(order)), None if days is None else days[order]
    threshold = _threshold(granularity)
    tree = _link(column, days, np.arange(n), 0.0 if n_stories else threshold, background, window, n_jobs)
    labels = tree.cut(threshold) if n_stories is None else _make(column, tree, n_stories, threshold)
    return number_by_appearance(labels[place])


def continue_stories(
    column: pa.Array,
    recent: Recent,
    n_known: int,
    days: NDArray[np.float64] | None = None,
    *,
    background: Background | None = None,
    granularity: float = 1.0,
    window: float | None = None,
    n_jobs: int | None = 1,
) -> Continued:
    """Assign new headlines to known stories or to new ones; no known headline leaves its story.

    Parameters
    ----------
    column, days, background, granularity, window, n_jobs
        As for `group_headlines`.
    recent
        Headlines of known stories, from the batch before.
    n_known
        Number of the first new story.
    """
    n = len(column)
    days = np.full(n, np.nan) if days is None else days
    order, place = _canonical_order(column, days)
    known, groups = np.unique(recent.labels, return_inverse=True)
    groups = np.append(groups, len(known) + np.arange(n))
    everything = pa.concat_arrays([recent.column, column.take(pa.array(order))])
    all_days = np.append(recent.days, days[order])
    threshold = _threshold(granularity)
    dated = None if np.isnan(all_days).all() else all_days
    tree = _link(everything, dated, groups, threshold, background, window, n_jobs)
    joined = tree.cut(threshold)
    # The story of a group is its largest known one, the earliest of equals; new groups are numbered by appearance.
    sizes = np.bincount(groups, minlength=tree.n_leaves)[: len(known)]
    by_size = np.lexsort((known, -sizes))[::-1]
    story = np.full(int(joined.max(initial=-1)) + 1, -1, np.int64)
    story[joined[by_size]] = known[by_size]
    kept = story[joined[: len(known)]]
    merged = np.stack([known, kept], axis=1)[known != kept]
    of_new = joined[len(known) :][place]
    begun = story[of_new] < 0
    labels = story[of_new]
    labels[begun] = n_known + number_by_appearance(of_new[begun])
    all_labels = np.append(kept[groups[: len(recent.labels)]], labels[order])
    return Continued(labels, merged, _remember(everything, all_labels, all_days, WINDOW if window is None else window))


def _remember(column: pa.Array, labels: NDArray[np.int64], days: NDArray[np.float64], window: float) -> Recent:
    """Keep the headlines within the window of the last day, and of those not dated the last ones."""
    undated = np.isnan(days)
    keep = undated & (np.cumsum(undated[::-1])[::-1] <= _REMEMBERED)
    if not undated.all():
        keep |= days >= np.nanmax(days) - window
    rows = np.flatnonzero(keep)
    return Recent(column.take(pa.array(rows)), labels[rows], days[rows])


def _canonical_order(column: pa.Array, days: NDArray[np.float64] | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order by text and day, so that stories do not depend on the order of the rows, and its inverse."""
    keys = pa.table({"text": column, "day": np.zeros(len(column)) if days is None else days})
    order = pc.sort_indices(keys, [("text", "ascending"), ("day", "ascending")]).to_numpy().astype(np.int64)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return order, place


def _threshold(granularity: float) -> float:
    """Return the mean probability from which groups are one story: its odds fall as the granularity rises."""
    odds = default_model().threshold / (1 - default_model().threshold) / granularity
    return odds / (1 + odds)


def _link(
    column: pa.Array,
    days: NDArray[np.float64] | None,
    groups: NDArray[np.int64],
    threshold: float,
    background: Background | None,
    window: float | None,
    n_jobs: int | None,
) -> MergeTree:
    """Link headlines by the probability of each pair of candidates, from given groups on."""
    bags = make_bags(column, background, n_jobs)
    graph = find_candidates(search_rows(bags), N_CANDIDATES, days, WINDOW if window is None else window, n_jobs=n_jobs)
    left, right = graph.nonzero()
    once = left < right
    left, right = left[once].astype(np.int64), right[once].astype(np.int64)
    features = pair_features(bags, graph, left, right, days, n_jobs)
    return link_pairs(left, right, default_model().probabilities(features, n_jobs), groups, threshold)


def _make(column: pa.Array, tree: MergeTree, k: int, threshold: float) -> NDArray[np.int64]:
    """Return exactly k stories: more by cutting higher, fewer by moving headlines to the nearest of k centroids."""
    labels = tree.cut(n_groups=k)
    if labels.max() + 1 == k:
        return labels
    return move_to_centroids(search_rows(make_bags(column)), labels, k)
