"""The learning curve: train on more and more headlines, measure on the same test headlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classify.evaluation.answers import answer
from classify.evaluation.scores import section_scores

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.results import CurvePoint, SectionScores
    from classify.splits import Labelled

LEAST = 100

IntArray = NDArray[np.int64]


def learning_curve(
    classifier: HeadlineClassifier, train: Labelled, test: Labelled, n_sizes: int = 6, seed: int = 0
) -> list[CurvePoint]:
    """Measure a classifier trained on parts of the training headlines, each about half of the next.

    Parameters
    ----------
    classifier
        Its parameters are taken; it need not be fitted.
    train, test
        Labelled headlines, with groups in common numbers. Test headlines of the `none_label` are left out.
    n_sizes
        How many parts, of a half, a quarter and so on; those below 100 headlines are left out. Each takes
        about its share of the time that training on all takes.
    seed
        Of the order in which groups are taken.

    Returns
    -------
    The smallest part first. All of the training headlines are not among them: that is the evaluation itself, see
    `curve_point`.

    Examples
    --------
    >>> from classify import HeadlineClassifier, load_sample
    >>> from classify.splits import divide
    >>> parts = divide(load_sample().slice(0, 400))
    >>> len(learning_curve(HeadlineClassifier(), parts.train, parts.test))
    1
    """
    model, test = type(classifier)(**classifier.get_params()), test.without(classifier.none_label)
    points = []
    for rows in nested(train.groups, n_sizes, seed):
        part = train.take(rows)
        if len(set(part.sections) - {classifier.none_label}) < 2:
            continue
        model.fit(part.headlines.headline, part.sections, part.groups, publishers=part.headlines.publisher)
        found = answer(model, test)
        points.append(curve_point(len(rows), section_scores(found.true, found.best, found.labels, found.groups)))
    return points


def curve_point(n_train: int, found: SectionScores) -> CurvePoint:
    """Return the scores of one training size as one row."""
    accuracy = found["accuracy"]
    return {
        "n_train": n_train,
        "macro_f1": found["macro_f1"]["value"],
        "accuracy": accuracy["value"],
        "low": accuracy["low"],
        "high": accuracy["high"],
    }


def nested(groups: IntArray, n_sizes: int, seed: int = 0) -> list[IntArray]:
    """Choose row numbers: whole groups, each choice about half of the next, the smallest first.

    Examples
    --------
    >>> [len(rows) for rows in nested(np.arange(450), n_sizes=6)]
    [112, 225]
    """
    numbers = np.unique(groups, return_inverse=True)[1]
    place = np.random.default_rng(seed).permutation(numbers.max() + 1)[numbers]
    sizes = [len(groups) // 2**i for i in range(n_sizes, 0, -1)]
    ranked = np.sort(place)
    return [np.flatnonzero(place <= ranked[size - 1]) for size in sizes if size >= LEAST]
