"""From probabilities to answers: the one place where it is decided that a headline has no section."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.classifier.explain import Terms
from classify.core.arrow import EMPTY, from_flags, from_strings, to_numpy
from classify.core.notebook import table_html


@dataclass(frozen=True)
class Prediction:
    """The answer for one headline.

    Attributes
    ----------
    headline
        As given; ``""`` where it is missing.
    section
        The most probable section, as text. None where the headline is blank, where none of the sections is more
        probable than the best one, or where the probability is below the limit.
    probability
        Of the most probable section, 0 to 1, answered or not; None where the headline is blank.
    sections
        The most probable sections with their probabilities, best first; empty where the headline is blank.
    terms
        The terms of largest weight for the most probable section, largest first; empty where the headline is blank.
    """

    headline: str
    section: str | None
    probability: float | None
    sections: list[tuple[str, float]]
    terms: list[tuple[str, float]]

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the headline, its most probable sections, and the reasons."""
        section = "no section" if self.section is None else self.section
        tables = [table_html(f"{self.headline} – {section}", ["section", "probability"], self.sections)]
        return "".join([*tables, table_html("Reasons", ["term", "weight"], self.terms)] if self.terms else tables)


@dataclass(frozen=True, eq=False)
class Predictions:
    """The answers for a batch of n headlines, as columns.

    Attributes
    ----------
    section
        The most probable section as a string, null where there is no answer.
    probability
        Of the most probable section, null where the headline is blank.
    best
        Shape (n,): position of the most probable section in `classes`.
    blank
        Shape (n,): whether the headline is missing or only white space.
    none
        Shape (n,): whether none of the sections is more probable than the best one.
    proba, classes
        Shapes (n, n_sections) and (n_sections,): all probabilities, and the names of their columns.
    terms
        The terms of largest weight of each headline, as in `Prediction`; empty lists where none were asked for.
    """

    section: pa.StringArray
    probability: pa.DoubleArray
    best: NDArray[np.intp]
    blank: NDArray[np.bool_]
    none: NDArray[np.bool_]
    proba: NDArray[np.float64]
    classes: NDArray[Any]
    terms: list[Terms]

    def top(self, k: int) -> list[list[tuple[str, float]]]:
        """Return the k most probable sections of each headline with their probabilities, best first."""
        names = [str(name) for name in self.classes.tolist()]
        order = np.argsort(-self.proba, axis=1, kind="stable")[:, :k]
        found = np.take_along_axis(self.proba, order, axis=1).tolist()
        rows = ([(names[i], p) for i, p in zip(*row, strict=True)] for row in zip(order.tolist(), found, strict=True))
        return [[] if blank else row for row, blank in zip(rows, self.blank.tolist(), strict=True)]


def decide(
    proba: NDArray[np.float64],
    headlines: pa.Array,
    classes: NDArray[Any],
    limit: float = 0.0,
    terms: list[Terms] | None = None,
) -> Predictions:
    """Decide which headlines get a section.

    Parameters
    ----------
    proba
        Shape (n, n_sections): the probabilities of the sections; what is missing to 1 is that of none of them.
    headlines
        n headlines; null counts as blank.
    classes
        Shape (n_sections,): the names of the sections.
    limit
        Least probability of an answer.
    terms
        The terms of each headline, if they are known.

    Examples
    --------
    >>> proba = np.array([[0.7, 0.1], [0.2, 0.1], [0.5, 0.4], [0.9, 0.1]])
    >>> headlines = from_strings(["Rovers win", "Rain", "Rovers vote", " "])
    >>> found = decide(proba, headlines, np.array(["sport", "vote"]), limit=0.6)
    >>> found.section.to_pylist(), found.probability.to_pylist()
    (['sport', None, None, None], [0.7, 0.2, 0.5, None])
    """
    best = proba.argmax(axis=1)
    probability = proba[np.arange(len(best)), best]
    none = 1 - proba.sum(axis=1) > probability
    blank = find_blank(headlines)
    names = from_strings([str(name) for name in classes.tolist()])
    answered = ~(blank | none | (probability < limit))
    return Predictions(
        section=names.take(_nullable(pa.int64(), best, answered)),
        probability=_nullable(pa.float64(), probability, ~blank),
        best=best,
        blank=blank,
        none=none,
        proba=proba,
        classes=classes,
        terms=[[] if empty else row for row, empty in zip(terms or [[]] * len(best), blank.tolist(), strict=True)],
    )


def find_blank(headlines: pa.Array) -> NDArray[np.bool_]:
    """Return which headlines are missing or only white space, shape (n,).

    Examples
    --------
    >>> find_blank(from_strings(["Rovers win", " ", None])).tolist()
    [False, True, True]
    """
    return to_numpy(pc.equal(pc.utf8_trim_whitespace(pc.fill_null(headlines, EMPTY)), EMPTY))


def _nullable(kind: pa.DataType, values: NDArray[Any], valid: NDArray[np.bool_]) -> pa.Array:
    """Convert numbers of eight bytes to an Arrow array, null where they are not valid."""
    buffers = [from_flags(valid).buffers()[1], pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)
