"""Measure sections of several levels, such as sport/football, at each of the levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from classify.classifier.levels import add_up, group_sections, level_name, merging_levels
from classify.evaluation import scores
from classify.evaluation.answers import Answers
from classify.splits import with_sections

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.results import LevelScores
    from classify.headlines import Headlines


def at_level(answers: Answers, level: int) -> Answers:
    """Return the answers with the first parts of sections, whose probabilities are added up.

    Examples
    --------
    >>> import numpy as np
    >>> answers = Answers(["a/x", "a/y", "b"], np.array([1]), np.array([[0.3, 0.3, 0.4]]), np.array([0]))
    >>> bool(answers.correct[0]), bool(at_level(answers, 1).correct[0])
    (False, True)
    """
    names, places = group_sections(answers.labels, level)
    return Answers(names.tolist(), places[answers.true], add_up(answers.proba, places), answers.groups)


def level_scores(answers: Answers) -> list[LevelScores] | None:
    """Score the answers at each level where there are fewer sections, and at the last; None where there is only one."""
    levels = merging_levels(answers.labels)
    found = [(level, at_level(answers, level)) for level in levels]
    return [_scores(*pair) for pair in [*found, (levels[-1] + 1, answers)]] if levels else None


def sections_at(headlines: Headlines, level: int, classifier: HeadlineClassifier) -> Headlines:
    """Return labelled headlines with the first parts of their sections; a `none_label` stays as it is."""
    if headlines.section is None:
        return headlines
    names = headlines.section.to_pylist()
    shorter = {
        name: name if name == classifier.none_label else level_name(name, level)
        for name in set(names)
        if name is not None
    }
    return with_sections(headlines, np.array([shorter.get(name) for name in names], object))


def _scores(level: int, answers: Answers) -> LevelScores:
    """Score the answers of one level."""
    found = scores.section_scores(answers.true, answers.best, answers.labels, answers.groups)
    return {
        "level": level,
        "n_sections": len(answers.labels),
        "accuracy": found["accuracy"],
        "macro_f1": found["macro_f1"],
        **scores.probability_scores(answers.true, answers.proba),
    }
