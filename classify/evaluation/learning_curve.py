"""The learning curve: train on more and more headlines, measure on the same test headlines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.evaluation.answers import answer, section_labels
from classify.evaluation.scores import section_scores

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.headlines import Headlines

LEAST = 100

Json = dict[str, Any]
IntArray = NDArray[np.int64]


def learning_curve(
    classifier: HeadlineClassifier,
    train: tuple[Headlines, IntArray],
    test: tuple[Headlines, IntArray],
    n_sizes: int = 6,
    seed: int = 0,
) -> list[Json]:
    """Measure a classifier trained on parts of the training headlines, each about half of the next.

    Parameters
    ----------
    classifier
        Its parameters are taken; it need not be fitted.
    train, test
        Labelled headlines and their groups of near-duplicates, in common numbers. Test headlines of the
        `none_label` are left out.
    n_sizes
        How many parts, of a half, a quarter and so on; those below 100 headlines are left out. Each takes
        about its share of the time that training on all takes.
    seed
        Of the order in which groups are taken.

    Returns
    -------
    :
        Rows of n_train, accuracy, low, high (its 95 % interval) and macro_f1, the smallest part first. All of
        the training headlines are not among them: that is the evaluation itself, see `curve_point`.

    Examples
    --------
    >>> from classify import HeadlineClassifier, load_sample
    >>> from classify.evaluation.pipeline import divide
    >>> parts = divide(load_sample().slice(0, 400))
    >>> train, test = (parts.train, parts.train_groups), (parts.test, parts.test_groups)
    >>> len(learning_curve(HeadlineClassifier(), train, test))
    1
    """
    headlines, groups = train
    sections, model = section_labels(headlines), type(classifier)(**classifier.get_params())
    kept = np.flatnonzero(section_labels(test[0]) != classifier.none_label)
    held_out, test_groups = test[0].take(kept), test[1][kept]
    points = []
    for rows in nested(groups, n_sizes, seed):
        if len(set(sections[rows]) - {classifier.none_label}) < 2:
            continue
        model.fit(headlines.headline.take(rows), sections[rows], groups[rows])
        found = answer(model, held_out, section_labels(held_out), test_groups)
        points.append(curve_point(len(rows), section_scores(found.true, found.best, found.labels, test_groups)))
    return points


def curve_point(n_train: int, found: Json) -> Json:
    """Lay the scores of one training size out flat.

    Examples
    --------
    >>> curve_point(100, {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}, "macro_f1": {"value": 0.4}})
    {'n_train': 100, 'macro_f1': 0.4, 'accuracy': 0.5, 'low': 0.4, 'high': 0.6}
    """
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
