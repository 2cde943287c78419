"""How the state of a `StoryClusterer` changes with new headlines: numbers, merges, titles, and what is forgotten."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from classify.headlines import Headlines
from classify.stories.engine import Continued
from classify.stories.state import Merge, StoryState
from classify.stories.titles import iso_dates, name_stories

# Days of silence after which a story is forgotten where no window is given, and headlines among which an undated story
# must have one to be kept.
_SILENCE, _REMEMBERED = 14.0, 50_000


def grow(
    state: StoryState,
    added: Headlines,
    days: NDArray[np.float64],
    id_hashes: NDArray[np.uint64],
    found: Continued,
) -> StoryState:
    """Return the state with new headlines, the stories renumbered that were merged, and those that grew named anew."""
    labels = np.append(state.labels, found.labels)
    for was, story in found.merged.tolist():
        labels[labels == was] = story
    numbers = np.unique(labels)
    changed = np.union1d(found.labels, found.merged[:, 1])
    headlines, days = Headlines.concat([state.headlines, added]), np.append(state.days, days)
    titles, terms = (dict(zip(state.numbers.tolist(), names, strict=True)) for names in (state.titles, state.terms))
    new_titles, new_terms = name_stories(headlines, days, labels, changed, state.suffixes)
    titles |= zip(changed.tolist(), new_titles, strict=True)
    terms |= zip(changed.tolist(), new_terms, strict=True)
    return StoryState(
        suffixes=state.suffixes,
        headlines=headlines,
        labels=labels,
        days=days,
        id_hashes=np.append(state.id_hashes, id_hashes),
        numbers=numbers,
        titles=tuple(titles[number] for number in numbers.tolist()),
        terms=tuple(terms[number] for number in numbers.tolist()),
        merges=_join_merges(state.merges, found.merged, days[len(state.days) :]),
        next_number=max(state.next_number, int(labels.max()) + 1),
        n_seen=state.n_seen + len(added),
    )


def _join_merges(merges: tuple[Merge, ...], merged: NDArray[np.int64], days: NDArray[np.float64]) -> tuple[Merge, ...]:
    """Return earlier and new merges, each with the number that the story has now."""
    since = iso_dates(days[~np.isnan(days)].max(keepdims=True))[0].as_py() if (~np.isnan(days)).any() else None
    now = dict(merged.tolist())
    earlier = [merge._replace(story=now.get(merge.story, merge.story)) for merge in merges]
    return tuple(sorted([*earlier, *(Merge(story, was, since) for was, story in now.items())], key=lambda m: m.was))


def forget(state: StoryState, used: NDArray[np.int64], window: float | None) -> StoryState:
    """Return the state without stories that have been silent for too long, except those in use.

    The silence is counted back from a day that one in a hundred headlines is later than, so that a few wrong dates in
    the future do no harm.
    """
    story = np.searchsorted(state.numbers, state.labels)
    last_day = np.full(len(state.numbers), -np.inf)
    dated = ~np.isnan(state.days)
    np.maximum.at(last_day, story[dated], state.days[dated])
    last_row = np.zeros(len(state.numbers), np.int64)
    last_row[story] = np.arange(len(story))
    silent = np.isneginf(last_day) & (last_row < len(story) - _REMEMBERED)
    if dated.any():
        newest = np.quantile(state.days[dated], 0.99, method="lower")
        silent |= ~np.isneginf(last_day) & (last_day < newest - (_SILENCE if window is None else window))
    kept = ~silent | np.isin(state.numbers, used)
    if kept.all():
        return state
    rows = np.flatnonzero(kept[story])
    numbers = state.numbers[kept]
    return replace(
        state,
        headlines=state.headlines.take(rows),
        labels=state.labels[rows],
        days=state.days[rows],
        id_hashes=state.id_hashes[rows],
        numbers=numbers,
        titles=tuple(np.array(state.titles, object)[kept]),
        terms=tuple(terms for terms, keep in zip(state.terms, kept, strict=True) if keep),
        merges=tuple(merge for merge in state.merges if np.isin(merge.story, numbers)),
    )
