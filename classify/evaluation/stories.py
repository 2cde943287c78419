"""Measure a clustering of headlines into stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classify.dates import read_dates
from classify.evaluation.bootstrap import interval, resampled_sums
from classify.evaluation.sections import parameters, versions
from classify.evaluation.shown import shown_in_notebooks
from classify.evaluation.story_list import count_fitting, list_stories, most_frequent, texts_of
from classify.evaluation.story_map import place_stories
from classify.metrics import bcubed_scores
from classify.text import clean_corpus

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.story_results import (
        Choice,
        MixedStory,
        PlacedStory,
        SplitStory,
        Stability,
        StoryBaseline,
        StoryEvaluation,
        StoryScores,
        TimelineDay,
    )
    from classify.headlines import Headlines
    from classify.stories import Story, StoryClusterer

DESCRIPTION = "trained probabilities that two headlines report one story, merged by average linkage"
N_DRAWN = 100
N_PLACED = 400
N_WORST = 20
LIKELY = 0.5  # A story whose likeliest section has less than an even chance is given none.

IntArray = NDArray[np.int64]


@shown_in_notebooks
def evaluate_stories(
    clusterer: StoryClusterer,
    headlines: Headlines,
    *,
    name: str = "headlines",
    classifier: HeadlineClassifier | None = None,
    stability: Stability | None = None,
    choice: Choice | None = None,
    baselines: Sequence[StoryBaseline] = (),
    scale: Sequence[dict[str, float]] = (),
) -> StoryEvaluation:
    """Describe the stories that a clusterer found, and score them where the true ones are known.

    Parameters
    ----------
    clusterer
        Fitted on these headlines.
    headlines
        n headlines, as given. Their stories, sections, dates and publishers are used where known.
    name
        Of the corpus.
    classifier
        Labels the largest stories where the sections of the headlines are not known.
    stability, choice, baselines, scale
        For the record: what `measure_stability` returned, scores of other numbers of stories, of other ways to group,
        and time and memory of more headlines.

    Returns
    -------
    The numbers of a report. ``scores`` are over the headlines whose true story is
    known, and None where none is; ``f1_low`` and ``f1_high`` are a 95 % interval by bootstrap over
    true stories.

    Raises
    ------
    ValueError
        If the clusterer was fitted on another number of headlines.
    """
    labels = np.asarray(clusterer.labels_, np.int64)
    if len(labels) != len(headlines):
        raise ValueError(
            f"{len(headlines)} headlines, but the clusterer was fitted on {len(labels)}; give the same ones"
        )
    truth = texts_of(headlines.story, len(labels))
    days = _days(headlines)
    sizes = np.unique(labels, return_counts=True)[1]
    largest = sorted(clusterer.stories_, key=lambda story: (-story.size, story.number))
    members = [np.asarray(story.headlines, np.int64) for story in largest]
    texts = clean_corpus(headlines.headline, headlines.publisher)[0]
    n_listed = count_fitting(members, headlines)
    sections = _sections(headlines, texts, members[: max(n_listed, N_PLACED)], classifier)
    known = sorted(day for day in days if day)
    scores, naive, mixed, split = _truth_parts(clusterer, truth, labels, texts)
    return {
        "kind": "stories",
        "title": f"Stories of {name}",
        "created_with": versions(),
        "data": {
            "name": name,
            "n_headlines": len(labels),
            "n_true_stories": len(set(truth) - {""}) or None,
            "first_date": known[0] if known else None,
            "last_date": known[-1] if known else None,
        },
        "model": {"description": DESCRIPTION, "params": parameters(clusterer)},
        "n_stories": len(sizes),
        "n_singletons": int((sizes == 1).sum()),
        "scores": scores,
        "baselines": [*naive, *baselines],
        "worst_mixed": mixed,
        "worst_split": split,
        "choice": choice,
        "sizes": np.sort(sizes)[::-1].tolist(),
        "stories": list_stories(largest[:n_listed], members[:n_listed], texts, headlines, sections[:n_listed]),
        "map": _map(largest[:N_PLACED], members[:N_PLACED], texts, sections[:N_PLACED]),
        "timeline": _timeline(members[:N_DRAWN], labels, days),
        "stability": stability,
        "scale": list(scale) or None,
    }


def story_scores(true: ArrayLike, found: ArrayLike) -> StoryScores:
    """Score a grouping against the true stories.

    Parameters
    ----------
    true, found
        Shape (n,).

    Examples
    --------
    >>> story_scores(["a", "a", "b"], [7, 7, 1])["bcubed"]
    {'precision': 1.0, 'recall': 1.0, 'f1': 1.0}
    """
    from sklearn.metrics import adjusted_rand_score, v_measure_score

    precision, recall, f1 = bcubed_scores(true, found)
    return {
        "bcubed": {"precision": precision, "recall": recall, "f1": f1},
        "adjusted_rand": float(adjusted_rand_score(true, found)),
        "v_measure": float(v_measure_score(true, found)),
    }


def measure_stability(
    clusterer: StoryClusterer, headlines: Headlines, n_rounds: int = 3, share: float = 0.8
) -> Stability:
    """Measure how much the stories depend on the order of the headlines and on which of them there are.

    Parameters
    ----------
    clusterer
        Fitted on these headlines.
    headlines
        The headlines, as given.
    n_rounds
        How often a part of the headlines is drawn.
    share
        Of the headlines in such a part, above 0 and at most 1.

    Returns
    -------
    ``bootstrap``: the mean adjusted Rand index between the stories found in a part and those found
    in all; ``permuted_pairs_changed``: of the pairs of headlines that share a story in either order
    of the rows, the share that does so in one only.
    """
    from sklearn.metrics import adjusted_rand_score
    from sklearn.metrics.cluster import pair_confusion_matrix

    labels, rng = np.asarray(clusterer.labels_), np.random.default_rng(0)
    n = len(labels)
    agreements = []
    for _ in range(n_rounds):
        part = np.sort(rng.permutation(n)[: max(int(share * n), 1)])
        agreements.append(adjusted_rand_score(labels[part], _again(clusterer, headlines, part)))
    order = rng.permutation(n)
    pairs = pair_confusion_matrix(labels[order], _again(clusterer, headlines, order))
    changed = pairs[0, 1] + pairs[1, 0]
    return {
        "bootstrap": round(float(np.mean(agreements)), 3),
        "permuted_pairs_changed": round(float(changed / max(changed + pairs[1, 1], 1)), 4),
    }


def _again(clusterer: StoryClusterer, headlines: Headlines, rows: IntArray) -> NDArray[Any]:
    """Cluster some of the headlines anew, in the order given."""
    new = type(clusterer)(**clusterer.get_params())
    dates = None if headlines.date is None else headlines.date.take(pa.array(rows))
    return np.asarray(new.fit(headlines.headline.take(pa.array(rows)), dates=dates).labels_)


def _days(headlines: Headlines) -> list[str]:
    """Return the day of each headline in ISO 8601, blank where unknown."""
    if headlines.date is None:
        return [""] * len(headlines)
    days = read_dates(headlines.date).astype("M8[D]").astype(str).tolist()
    return ["" if day == "NaT" else day for day in days]


def _truth_parts(
    clusterer: StoryClusterer, truth: Sequence[str], labels: IntArray, texts: pa.Array
) -> tuple[StoryScores | None, list[StoryBaseline], list[MixedStory] | None, list[SplitStory] | None]:
    """Score against the true stories, compare with naive ways to group, and list the worst stories."""
    known = np.flatnonzero([bool(story) for story in truth])
    if not len(known):
        return None, [], None, None
    true, found = np.array(truth, object)[known].astype(str), labels[known]
    scores = story_scores(true, found)
    scores["bcubed"]["f1_low"], scores["bcubed"]["f1_high"] = _f1_interval(true, found)
    alone, one = np.arange(len(true)), np.zeros(len(true), np.int64)
    titles = {story.number: story.title for story in clusterer.stories_}
    baselines: list[StoryBaseline] = [
        {"name": "every headline its own story", **story_scores(true, alone)},
        {"name": "one story", **story_scores(true, one)},
    ]
    mixed: list[MixedStory] = [
        {"story": int(story), "title": titles[int(story)], "size": size, "true_stories": parts}
        for story, size, parts in _worst(found, true)
    ]
    first = {
        story: texts[int(known[row])].as_py() for story, row in zip(*np.unique(true, return_index=True), strict=True)
    }
    split: list[SplitStory] = [
        {"true_story": str(story), "headline": first[story], "size": size, "stories": parts}
        for story, size, parts in _worst(true, found)
    ]
    return scores, baselines, mixed, split


def _f1_interval(true: NDArray[Any], found: IntArray) -> tuple[float, float]:
    """Resample true stories, each headline keeping the precision and the recall it has."""
    t, f = (np.unique(labels, return_inverse=True)[1] for labels in (true, found))
    _, cell, both = np.unique(t * (f.max() + 1) + f, return_inverse=True, return_counts=True)
    shared = both[cell]
    each = np.stack([shared / np.bincount(f)[f], shared / np.bincount(t)[t], np.ones(len(t))], axis=1)
    precision, recall, count = resampled_sums(each, t).T
    low, high = interval(2 * precision * recall / (precision + recall) / count)
    return float(low), float(high)


def _worst(groups: NDArray[Any], others: NDArray[Any]) -> list[tuple[Any, int, int]]:
    """List the groups that are most broken up by another grouping: name, size, number of parts.

    Broken up: the number of headlines less the mean number that stay with each.
    """
    names, g = np.unique(groups, return_inverse=True)
    o = np.unique(others, return_inverse=True)[1]
    cells, counts = np.unique(g * (o.max() + 1) + o, return_counts=True)
    of = cells // (o.max() + 1)
    sizes, parts = np.bincount(g), np.bincount(of)
    lost = sizes - np.bincount(of, counts.astype(float) ** 2) / sizes
    order = [i for i in np.argsort(-lost, kind="stable")[:N_WORST].tolist() if parts[i] > 1]
    return [(names[i], int(sizes[i]), int(parts[i])) for i in order]


def _sections(
    headlines: Headlines, texts: pa.Array, members: Sequence[IntArray], classifier: HeadlineClassifier | None
) -> list[str | None]:
    """Return the section of each story: its most frequent, or the likeliest by its headlines; None where unknown."""
    given = texts_of(headlines.section, len(headlines))
    if any(given):
        return [next(iter(most_frequent([given[row] for row in rows.tolist()])), None) for rows in members]
    if classifier is None:
        return [None] * len(members)
    probabilities = classifier.predict_proba(texts.take(pa.array(np.concatenate(members))))
    mean = np.add.reduceat(probabilities, np.cumsum([0, *map(len, members[:-1])])) / [[len(rows)] for rows in members]
    likely = mean.max(axis=1) >= LIKELY
    best = classifier.classes_[mean.argmax(axis=1)].tolist()
    return [str(section) if sure else None for section, sure in zip(best, likely, strict=True)]


def _map(
    stories: Sequence[Story], members: Sequence[IntArray], texts: pa.Array, sections: Sequence[str | None]
) -> list[PlacedStory]:
    """Place the largest stories on a plane."""
    places = place_stories(texts, members).round(4).tolist()
    return [
        {"x": x, "y": y, "story": int(story.number), "size": int(story.size), "title": story.title, "section": section}
        for (x, y), story, section in zip(places, stories, sections, strict=True)
    ]


def _timeline(members: Sequence[IntArray], labels: IntArray, days: Sequence[str]) -> list[TimelineDay] | None:
    """Count the headlines of some stories by day."""
    counts: dict[str, Counter[str]] = {}
    for row in np.concatenate(members).tolist():
        if days[row]:
            counts.setdefault(days[row], Counter())[str(labels[row])] += 1
    return [{"date": day, "counts": dict(sorted(counts[day].items()))} for day in sorted(counts)] or None
