"""The answers of a classifier to labelled headlines, as clean arrays, checked at this edge."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.headlines import Headlines
from classify.splits import joint_groups
from classify.text import clean_corpus

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier import HeadlineClassifier

_BATCH = 50_000

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Answers:
    """The answers of a classifier to test headlines, as clean arrays.

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
    def correct(self) -> NDArray[np.bool_]:
        """Whether each answer is right."""
        return np.asarray(self.best == self.true)


def answer(classifier: HeadlineClassifier, headlines: Headlines, true: NDArray[Any], groups: IntArray) -> Answers:
    """Ask a classifier, a batch at a time."""
    batches = [
        classifier.predict_proba(headlines.headline.slice(start, _BATCH)) for start in range(0, len(headlines), _BATCH)
    ]
    return align(classifier.classes_, np.concatenate(batches), true, groups)


def align(classes: NDArray[Any], proba: NDArray[np.float64], true: NDArray[Any], groups: IntArray) -> Answers:
    """Bring the answers of a model and the true sections to one list of sections.

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


def section_labels(headlines: Headlines, sections: ArrayLike | None = None) -> NDArray[Any]:
    """Return the true sections of headlines, shape (n,), or raise where there are none.

    Examples
    --------
    >>> import pyarrow as pa
    >>> section_labels(Headlines(pa.array(["a"]), section=pa.array(["sport"]), line=pa.array([1])))
    array(['sport'], dtype=object)
    """
    if not len(headlines):
        raise ValueError("no headlines were found; expected one or more with their sections; add some")
    column = headlines.section if sections is None else np.asarray(sections)
    if column is None:
        raise ValueError("no column of sections was found; expected one named section, category or label; add it")
    given = column.tolist()
    missing = sum(section is None or section == "" for section in given)
    if len(given) != len(headlines) or missing:
        raise ValueError(
            f"{len(headlines)} headlines, but {len(given) - missing} with a section; expected one "
            "for each; leave out the headlines that have none"
        )
    return np.array([str(section) for section in given], dtype=object)


def near_duplicates(headlines: Headlines) -> IntArray:
    """Number headlines, shape (n,), so that near-duplicates and stories share a number, publisher suffixes left out.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = Headlines(pa.array(["Rovers win cup", "Tax vote", "Rovers win cup"]), line=pa.array([1, 2, 3]))
    >>> near_duplicates(batch).tolist()
    [0, 1, 0]
    """
    return joint_groups(headlines, cleaned(headlines))


def cleaned(headlines: Headlines) -> pa.Array:
    """Clean headlines of the suffixes that are found among them."""
    return clean_corpus(headlines.headline, headlines.publisher)[0]
