"""The answers of a classifier to labelled headlines, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.results import UnknownSection
    from classify.splits import Labelled

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """The answers of a classifier to test headlines.

    Attributes
    ----------
    labels
        k sections: those of the classifier and those that occur, sorted.
    true
        Shape (n,): the position of each true section.
    proba
        Shape (n, k).
    groups
        Shape (n,): groups of near-duplicates.
    """

    labels: list[str]
    true: IntArray
    proba: NDArray[np.float64]
    groups: IntArray

    @cached_property
    def best(self) -> IntArray:
        """The position of each most probable section."""
        return np.asarray(self.proba.argmax(axis=1), np.int64)

    @cached_property
    def confidence(self) -> NDArray[np.float64]:
        """The probability of each most probable section."""
        return np.asarray(self.proba.max(axis=1))

    @cached_property
    def none(self) -> NDArray[np.bool_]:
        """Whether none of the sections is more probable than each of them: such a headline gets no section."""
        return np.asarray(1 - self.proba.sum(axis=1) > self.confidence)

    @cached_property
    def answer_confidence(self) -> NDArray[np.float64]:
        """The confidence of each answer, 0 where the answer is none of the sections."""
        return np.where(self.none, 0.0, self.confidence)

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each answer is right."""
        return np.asarray(self.best == self.true)


def answer(classifier: HeadlineClassifier, test: Labelled) -> Answers:
    """Return the answers of a fitted classifier to test headlines."""
    return align(classifier.classes_, classifier.predict_proba(test.headlines.headline), test.sections, test.groups)


def align(classes: NDArray[Any], proba: NDArray[np.float64], true: NDArray[Any], groups: IntArray) -> Answers:
    """Bring the probabilities of a model and the true sections to one list of sections.

    Parameters
    ----------
    classes
        Shape (n_classes,): the sections that the model knows.
    proba
        Shape (n, n_classes).
    true, groups
        Shape (n,): the true section and the group of each headline.

    Examples
    --------
    >>> align(np.array(["b", "c"]), np.array([[0.3, 0.7]]), np.array(["a"]), np.array([0])).proba.tolist()
    [[0.0, 0.3, 0.7]]
    """
    known, wanted = np.asarray(classes).astype(str), np.asarray(true).astype(str)
    labels = np.unique(np.concatenate([known, wanted]))
    wide = np.zeros((len(wanted), len(labels)))
    wide[:, np.searchsorted(labels, known)] = proba
    return Answers(labels.tolist(), np.searchsorted(labels, wanted), wide, groups)


def unknown_sections(classifier: HeadlineClassifier, test: Labelled) -> list[UnknownSection]:
    """Count the test headlines of each section that a classifier does not know."""
    names, counts = np.unique(test.sections.astype(str), return_counts=True)
    known = set(classifier.classes_.astype(str).tolist())
    rows = zip(names.tolist(), counts.tolist(), strict=True)
    return [{"section": name, "n_headlines": count} for name, count in rows if name not in known]
