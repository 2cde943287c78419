"""Sections of several levels, such as sport/football: answers, probabilities and thresholds at one of the levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classify.classifier.abstention import ERROR_BUDGETS, choose_thresholds
from classify.classifier.calibration import calibrate
from classify.classifier.state import ClassifierState

SEPARATOR = "/"


def level_name(section: object, level: int) -> str:
    """Return the first parts of a section's name, at most `level` of them.

    Empty parts and white space around parts do not count. A section with fewer parts stays as it is.

    Examples
    --------
    >>> [level_name(name, 1) for name in ("sport/football", "sport", "/sport//rugby/", " ", "/")]
    ['sport', 'sport', 'sport', ' ', '/']
    >>> level_name("sport/football/cup", 2)
    'sport/football'
    """
    parts = _parts(section)
    return SEPARATOR.join(parts[:level]) if parts else str(section)


def count_levels(sections: Iterable[object]) -> int:
    """Return the number of parts of the longest name, 1 or more.

    Examples
    --------
    >>> count_levels(["sport/football", "sport", "politics"])
    2
    """
    return max((len(_parts(section)) for section in sections), default=1) or 1


def merging_levels(sections: Iterable[object]) -> list[int]:
    """Return the levels at which there are fewer sections than at the next one, but more than one; rising.

    Examples
    --------
    >>> merging_levels(["sport/football/cup", "sport/football/league", "sport/golf", "politics"])
    [1, 2]
    >>> merging_levels(["TV/radio", "sport"])
    []
    """
    names = {str(section) for section in sections}
    counts = [len({level_name(name, level) for name in names}) for level in range(1, count_levels(names) + 1)]
    pairs = enumerate(pairwise([*counts, len(names)]), 1)
    return [level for level, (count, finer) in pairs if 1 < count < finer]


def group_sections(sections: Iterable[object], level: int) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the distinct names at a level, sorted, and the position among them of each section."""
    found = np.unique([level_name(section, level) for section in sections], return_inverse=True)
    return found[0], found[1].astype(np.intp)


def add_up(proba: NDArray[np.float64], places: NDArray[np.intp]) -> NDArray[np.float64]:
    """Add up the probabilities of the sections that have the same place, at most to 1.

    Parameters
    ----------
    proba
        Shape (n, n_sections).
    places
        Shape (n_sections,): the column of the result that each section belongs to.

    Examples
    --------
    >>> add_up(np.array([[0.25, 0.5, 0.25]]), np.array([0, 1, 0])).tolist()
    [[0.5, 0.5]]
    """
    total = np.zeros((len(proba), places.max() + 1))
    # Column by column: a matrix product rounds differently for one row than for many.
    for column, place in zip(proba.T, places.tolist(), strict=True):
        total[:, place] += column
    return np.minimum(total, 1)


def choose_level_thresholds(
    sections: NDArray[Any], proba: NDArray[np.float64], y: NDArray[np.intp]
) -> dict[int, NDArray[np.float64]]:
    """Choose the thresholds of `ERROR_BUDGETS` at each level where sections are merged; see `choose_thresholds`.

    Parameters
    ----------
    sections
        Shape (n_sections,).
    proba
        Shape (n, n_sections): out-of-fold probabilities.
    y
        Shape (n,): the true class numbers, n_sections for none of the sections.
    """
    found = {}
    for level in merging_levels(sections):
        names, places = group_sections(sections, level)
        found[level] = choose_thresholds(add_up(proba, places), np.append(places, len(names))[y])
    return found


@dataclass(frozen=True, eq=False)
class LevelState(ClassifierState):
    """The learned state of a classifier that answers at a level above that of the sections learned.

    Attributes
    ----------
    places
        Shape (n_learned,): the position in `classes` of each learned section.
    """

    places: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))

    def by_section(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the largest value among the learned sections of each section."""
        largest = np.full((len(values), len(self.classes)), -np.inf, values.dtype)
        for column, place in enumerate(self.places.tolist()):
            np.maximum(largest[:, place], values[:, column], out=largest[:, place])
        return largest

    def learned_probabilities(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of the learned sections, shape (n, n_learned)."""
        return calibrate(margins, self.calibration)[:, : len(self.places)]

    def probabilities(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the sums of the calibrated probabilities of the learned sections, shape (n, n_sections)."""
        return add_up(self.learned_probabilities(margins), self.places)

    def reasons_for(self, margins: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return probabilities, and the most probable learned section of the best section of each headline."""
        learned = self.learned_probabilities(margins)
        proba = add_up(learned, self.places)
        within = self.places == proba.argmax(axis=1)[:, None]
        return proba, np.where(within, learned, -1).argmax(axis=1)


def state_at(state: ClassifierState, level: int) -> LevelState:
    """Return the state that answers at a level; a ValueError for a level that the sections do not have."""
    if isinstance(state, LevelState):
        raise ValueError("the classifier answers at a level already; expected the one with all levels; call it there")
    sections = state.classes.tolist()
    deepest = count_levels(sections)
    if not 1 <= level <= deepest:
        longest = max(sections, key=lambda name: len(_parts(name)))
        raise ValueError(
            f"level={level!r}; expected a whole number from 1 to {deepest}, the most parts between slashes in the name "
            f"of a section, such as {longest!r}"
        )
    names, places = group_sections(sections, level)
    # A section keeps its code where it is one of the level itself.
    coded = dict(zip(map(str, sections), state.codes, strict=True)) if state.codes else {}
    own = {each.name: getattr(state, each.name) for each in fields(state)}
    own |= {"classes": names, "thresholds": _thresholds(state, level), "level_thresholds": {}}
    return LevelState(**own | {"codes": tuple(coded.get(name, "") for name in names) if coded else ()}, places=places)


def _thresholds(state: ClassifierState, level: int) -> NDArray[np.float64]:
    """Return the thresholds at a level.

    Where a file has none, each answer must be as sure as the budget demands of all, and as those of the finer sections.
    """
    # A level that does not merge sections has those of the next one that does, or all.
    next_ones = [other for other in merging_levels(state.classes) if other >= level]
    if not next_ones:
        return state.thresholds
    safe = np.maximum(state.thresholds, 1 - np.array(ERROR_BUDGETS))
    return state.level_thresholds.get(next_ones[0], safe)


def _parts(section: object) -> list[str]:
    """Return the parts of a section's name."""
    return [part.strip() for part in str(section).split(SEPARATOR) if part.strip()]
