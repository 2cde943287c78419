"""Evaluate classifiers and clusterings: plain numbers, ready for JSON and for a report.

Here is the way from a labelled corpus to a trained classifier and its honest figures; `evaluate`
itself stands in `section_evaluation`, `evaluate_stories` in `stories_evaluation`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.classifier import HeadlineClassifier, shrink
from classify.dates import read_dates
from classify.evaluation.answers import answer, cleaned, near_duplicates, section_labels
from classify.evaluation.comparison import compare
from classify.evaluation.learning_curve import curve_point, learning_curve
from classify.evaluation.predictions import N_PREDICTIONS
from classify.evaluation.sections import evaluate, section_scores, unknown_sections
from classify.evaluation.stories import evaluate_stories
from classify.headlines import Headlines
from classify.splits import split_headlines

__all__ = [
    "N_PREDICTIONS",
    "compare_classifiers",
    "distinct_headlines",
    "divide",
    "evaluate",
    "evaluate_stories",
    "train_and_evaluate",
]

Json = dict[str, Any]
IntArray = NDArray[np.int64]
Split = Literal["grouped", "random", "time"]


@dataclass(frozen=True)
class Parts:
    """Labelled headlines to train on and to test on, with their groups of near-duplicates in common numbers.

    Attributes
    ----------
    split
        How they were divided: "grouped", "random", "time" or "given test file".
    n_repeats
        How many rows were left out of both, being repeats.
    """

    train: Headlines
    test: Headlines
    train_groups: IntArray
    test_groups: IntArray
    split: str
    n_repeats: int

    @property
    def n_crossing(self) -> int:
        """Number of test headlines that have one of their group among the training headlines."""
        return int(np.isin(self.test_groups, self.train_groups).sum())


def divide(headlines: Headlines, split: Split = "grouped", test_size: float = 0.2, seed: int = 0) -> Parts:
    """Leave out repeats, and split labelled headlines into training and test headlines.

    Parameters
    ----------
    headlines
        Labelled headlines, as given.
    split, test_size, seed
        As in `split_headlines`.

    Examples
    --------
    >>> from classify.corpora.known import load_sample
    >>> parts = divide(load_sample())
    >>> parts.n_crossing, len(parts.train) > 3 * len(parts.test)
    (0, True)
    """
    rows = distinct_headlines(headlines)
    groups = near_duplicates(rows)
    train, test = split_headlines(rows, split, test_size, seed, groups)
    return Parts(
        rows.take(train),
        rows.take(test),
        groups[train],
        groups[test],
        split,
        len(headlines) - len(rows),
    )


def train_and_evaluate(
    headlines: Headlines,
    *,
    split: Split = "grouped",
    test: Headlines | None = None,
    test_size: float = 0.2,
    seed: int = 0,
    name: str = "headlines",
    test_name: str | None = None,
    classifier: HeadlineClassifier | None = None,
    compare_splits: bool = True,
    n_sizes: int = 0,
    n_predictions: int = N_PREDICTIONS,
    max_size: int | None = None,
) -> tuple[HeadlineClassifier, Json]:
    """Train on one part of some labelled headlines and measure on the other.

    Repeats are left out of both parts first; see `distinct_headlines`.

    Parameters
    ----------
    headlines
        Labelled headlines, as given.
    split, test_size, seed
        As in `split_headlines`.
    test
        Labelled headlines to test on; then all of `headlines` are trained on, without a split.
    name, test_name
        Of the corpus, and of that in `test`.
    classifier
        Not yet fitted; by default one with default parameters and the seed.
    compare_splits
        Whether to train once more where near-duplicates cross the random split, so that the random
        split's figure and the grouped one's stand beside each other.
    n_sizes
        For a learning curve, how often to halve the training headlines and train on the part; see
        `learning_curve`.
    n_predictions
        As in `evaluate`.
    max_size
        Largest size in bytes of the classifier's file, as in `save_model`: what is measured is what fits into it.

    Returns
    -------
    :
        The fitted classifier, and the dict of `evaluate`, in whose ``data`` ``n_repeats`` counts the
        rows left out. ``random_split`` holds accuracy and macro-F1 on a random split where
        near-duplicates cross that one; if a random split was asked for, the figure of the grouped one
        stands among the baselines.

    Raises
    ------
    ValueError
        If a headline has no section, or the headlines cannot be split.

    Examples
    --------
    >>> from classify.corpora.known import load_sample
    >>> classifier, numbers = train_and_evaluate(load_sample().slice(0, 600), compare_splits=False)
    >>> numbers["accuracy"]["value"] > numbers["baselines"][0]["accuracy"]
    True
    """
    model = classifier or HeadlineClassifier(random_state=seed)
    parts = divide(headlines, split, test_size, seed) if test is None else _given(headlines, test)
    fitted = fit(model, parts, max_size)
    numbers = evaluate_parts(fitted, parts, name, n_predictions)
    if n_sizes:
        train, held_out = (parts.train, parts.train_groups), (parts.test, parts.test_groups)
        whole = curve_point(len(parts.train), numbers)
        numbers["learning_curve"] = [*learning_curve(model, train, held_out, n_sizes, seed), whole]
    if test_name:
        numbers["data"]["name"] = test_name
    if test is None:
        numbers["data"] |= {"test_size": test_size, "seed": seed}
        other: Split = "grouped" if split == "random" else "random"
        if compare_splits:
            _set_beside(numbers, model, divide(headlines, other, test_size, seed), max_size)
    return fitted, numbers


def fit(classifier: HeadlineClassifier, parts: Parts, max_size: int | None = None) -> HeadlineClassifier:
    """Train a new classifier with the same parameters on the training part, and return it."""
    new, sections = type(classifier)(**classifier.get_params()), section_labels(parts.train)
    if len(set(sections)) == 1 < len({*sections, *section_labels(parts.test)}) and classifier.none_label is None:
        raise ValueError(
            f"only headlines of {sections[0]!r} are left to train on ({len(sections):,} of them); expected two or more "
            "sections; keep fewer apart to test on, or add headlines that are not alike"
        )
    new.fit(parts.train.headline, sections, parts.train_groups, dates=_days_before(parts))
    return new if max_size is None else shrink(new, max_size)


def evaluate_parts(fitted: HeadlineClassifier, parts: Parts, name: str, n_predictions: int = N_PREDICTIONS) -> Json:
    """Measure a classifier that was trained on the training part; see `evaluate`."""
    numbers = evaluate(
        fitted,
        parts.test,
        train=parts.train,
        groups=(parts.train_groups, parts.test_groups),
        name=name,
        split=parts.split,
        n_predictions=n_predictions,
    )
    numbers["data"]["n_repeats"] = parts.n_repeats
    return numbers


def compare_classifiers(classifiers: Mapping[str, HeadlineClassifier], headlines: Headlines) -> Json:
    """Measure fitted classifiers side by side on labelled headlines that none of them has seen.

    Parameters
    ----------
    classifiers
        Two or more, by name, fitted; the first is compared with each of the others.
    headlines
        Labelled headlines, as given. A section that a classifier does not know counts as its mistake;
        those of the `none_label` of any of them are left out.

    Returns
    -------
    :
        The ``comparison`` part of an evaluation, see `classify.evaluation.comparison.compare`, and in it
        ``unknown_sections``, for each classifier that does not know them all its rows of section and
        n_headlines, and ``n_left_out``, the headlines of a `none_label`.

    Raises
    ------
    ValueError
        If there are fewer than two, or one knows none of the sections of the headlines.

    Examples
    --------
    >>> rows = ["Rovers win cup", "Tax vote", "Rovers lose", "Tax bill"], ["sport", "politics"] * 2
    >>> test = Headlines(pa.array(rows[0]), section=pa.array(rows[1]), line=pa.array([1, 2, 3, 4]))
    >>> model = HeadlineClassifier(n_folds=2).fit(*rows)
    >>> found = compare_classifiers({"one": model, "other": model}, test)["paired"][0]
    >>> found["difference"], found["p_value"]
    (0.0, 1.0)
    """
    n_given, none = len(headlines), {c.none_label for c in classifiers.values()} - {None}
    kept = ~np.isin(section_labels(headlines).astype(str), sorted(none))
    headlines = headlines.take(np.flatnonzero(kept))
    true = section_labels(headlines)
    unknown = {name: unknown_sections(each, true) for name, each in classifiers.items()}
    for name, each in classifiers.items():
        _check_common(name, each, true, unknown[name])
    groups = near_duplicates(headlines)
    answers = {name: answer(each, headlines, true, groups) for name, each in classifiers.items()}
    found = compare(answers, headlines, against=next(iter(answers), None))
    return {
        **found,
        "n_left_out": n_given - len(headlines),
        "unknown_sections": {name: rows for name, rows in unknown.items() if rows},
    }


def _check_common(name: str, classifier: HeadlineClassifier, true: NDArray[Any], unknown: list[Json]) -> None:
    """Raise if a classifier knows none of the true sections."""
    if sum(row["n_headlines"] for row in unknown) == len(true):
        knows, wanted = (
            ", ".join(map(repr, names[:4]))
            for names in (classifier.classes_.astype(str).tolist(), [row["section"] for row in unknown])
        )
        raise ValueError(
            f"{name} knows none of the sections of the headlines (it knows {knows}; they are of {wanted}); "
            "expected at least one in common; compare models that were trained on like sections"
        )


def distinct_headlines(headlines: Headlines) -> Headlines:
    """Keep each headline once, with the section that it was given most often.

    Aggregators list a headline under several sections; as a training example it contradicts itself,
    and as a test headline it can never be right. Capitals and publisher suffixes do not count.

    Parameters
    ----------
    headlines
        Labelled headlines, as given.

    Returns
    -------
    :
        One row for each distinct headline, in the order given: the first that has the most frequent
        section; of two sections as frequent, the one that came first.

    Examples
    --------
    >>> rows = ["Rovers win - BBC News", "Rovers Win", "Tax vote", "Rovers win"]
    >>> given = pa.array(["general", "sport", "politics", "sport"])
    >>> headlines = Headlines(pa.array(rows), section=given, line=pa.array([1, 2, 3, 4]))
    >>> distinct_headlines(headlines).line.to_pylist()
    [2, 3]
    """
    texts = _codes(pc.utf8_lower(cleaned(headlines)))
    sections = _codes(pa.array(section_labels(headlines).tolist(), pa.string()))
    pairs, first, counts = np.unique(texts * (sections.max() + 1) + sections, return_index=True, return_counts=True)
    text_of = pairs // (sections.max() + 1)
    order = np.lexsort((first, -counts, text_of))
    best = order[np.unique(text_of[order], return_index=True)[1]]
    return headlines.take(np.sort(first[best]))


def _given(headlines: Headlines, test: Headlines) -> Parts:
    """Take one set to train on and another to test on."""
    train, held_out = distinct_headlines(headlines), distinct_headlines(test)
    groups = near_duplicates(Headlines.concat([train, held_out]))
    n_repeats = len(headlines) + len(test) - len(train) - len(held_out)
    known, new = np.split(groups, [len(train)])
    return Parts(train, held_out, known, new, "given test file", n_repeats)


def _days_before(parts: Parts) -> NDArray[np.datetime64] | None:
    """Return the days of the training headlines where the test headlines are later, else None."""
    if parts.train.date is None or parts.test.date is None:
        return None
    before, after = (read_dates(part.date).astype("M8[D]") for part in (parts.train, parts.test))
    if np.isnat(before).any() or np.isnat(after).any() or before.max() > after.min():
        return None
    return before


def _set_beside(numbers: Json, model: HeadlineClassifier, parts: Parts, max_size: int | None) -> None:
    """Add the figure of the random split, or to a random split's that of the grouped one."""
    if not (numbers["data"]["n_duplicates_crossing"] or parts.n_crossing):
        return
    rows = np.flatnonzero(section_labels(parts.test) != model.none_label)
    test, groups = parts.test.take(rows), parts.test_groups[rows]
    found = section_scores(answer(fit(model, parts, max_size), test, section_labels(test), groups))
    beside = {"accuracy": found["accuracy"], "macro_f1": found["macro_f1"], "n_test": len(test)}
    if parts.split == "random":
        crossing = int(np.isin(groups, parts.train_groups).sum())
        numbers["random_split"] = {**beside, "n_duplicates_crossing": crossing}
    else:
        numbers["baselines"].append({"name": f"this model ({parts.split} split)", **beside})


def _codes(column: pa.Array) -> IntArray:
    """Number the distinct values of a column."""
    return np.asarray(column.dictionary_encode().indices.to_numpy(), np.int64)
