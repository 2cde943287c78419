"""Train and test in grouped folds: each headline is tested once, by a model that was trained without its copies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.classifier import HeadlineClassifier
from classify.core.display import score_text
from classify.evaluation import scores
from classify.evaluation.answers import Answers, answer
from classify.evaluation.pipeline import fit_parts
from classify.evaluation.sections import DEFAULT_BUDGET, describe, parameters, section_scores, versions
from classify.evaluation.shown import shown_in_notebooks
from classify.splits import Parts, deal_folds, prepare_labelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from classify.evaluation.fold_results import FoldEvaluation, FoldRow
    from classify.evaluation.results import Score
    from classify.headlines import Headlines
    from classify.splits import Labelled


@shown_in_notebooks
def evaluate_folds(
    headlines: Headlines,
    *,
    classifier: HeadlineClassifier | None = None,
    n_folds: int = 5,
    seed: int = 0,
    name: str = "headlines",
) -> FoldEvaluation:
    """Train and test a classifier once for each fold, and return means and intervals over the folds.

    Near-duplicates, and headlines of one story where stories are known, share a fold. Rows without headline or section
    are left out, and repeats, see `classify.splits.prepare_labelled`.

    Parameters
    ----------
    headlines
        Labelled headlines, as given.
    classifier
        Its parameters are used, whether it is fitted or not; by default those of ``HeadlineClassifier()``.
    n_folds
        Number of folds, 2 or more.
    seed
        Of the assignment to folds, and of the default classifier.
    name
        Of the corpus.

    Returns
    -------
    The numbers of a report. Intervals of the means are those of Student's t for scores whose training headlines overlap
    (Nadeau and Bengio, 2003); scores by section are of all headlines together.

    Raises
    ------
    ValueError
        If there are fewer groups of headlines than folds, or only one section is left to train on.

    Examples
    --------
    >>> from classify import load_sample
    >>> found = evaluate_folds(load_sample().slice(0, 300), n_folds=2)
    >>> [row["n_test"] for row in found["folds"]], 0.5 < found["means"]["accuracy"]["value"] < 1
    ([147, 152], True)
    """
    classifier = classifier or HeadlineClassifier(random_state=seed)
    rows = prepare_labelled(headlines)
    fold = _deal(rows, n_folds, seed)
    tested = [_test(classifier, rows, fold, number, seed) for number in range(n_folds)]
    found, answers = [row for row, _ in tested], _join([each for _, each in tested])
    means = {measure: mean_over_folds([row[measure] for row in found]) for measure in _NAMES}  # type: ignore[literal-required]
    pooled = section_scores(answers)
    return {
        "kind": "experiment",
        "title": f"Sections of {name}, in {n_folds} folds",
        "question": "How good is a classifier that is trained on these headlines?",
        "answer": _answer(len(rows), n_folds, means),
        "headline": f"accuracy {score_text(means['accuracy'])}, {n_folds} folds",
        "interval": f"95 % t interval over {n_folds} grouped folds, for overlapping training headlines",
        "created_with": versions(),
        "data": {
            "name": name,
            "n_headlines": len(rows),
            "n_unlabelled": rows.n_unlabelled,
            "n_repeats": rows.n_repeats,
            "n_folds": n_folds,
            "seed": seed,
        },
        "model": {"description": describe(classifier), "params": parameters(classifier)},
        "means": means,
        "max_error": DEFAULT_BUDGET,
        "folds": found,
        "labels": answers.labels,
        "per_section": pooled["per_section"],
        "confusion_matrix": pooled["confusion_matrix"],
        "reliability": scores.reliability(answers.correct, answers.confidence, answers.groups),
        "tables": [_mean_table(means, n_folds), {"title": "Fold by fold", "rows": [dict(row) for row in found]}],
        "figures": _FIGURES,
    }


def mean_over_folds(values: Sequence[float | None]) -> Score | None:
    """Return the mean of a score over folds with its 95 % interval; None where a fold has no score.

    The training headlines of two folds overlap, so that scores are more alike than independent ones; the variance is
    therefore multiplied by 1/K + 1/(K-1) instead of 1/K (Nadeau and Bengio, 2003).

    Examples
    --------
    >>> {key: round(value, 3) for key, value in mean_over_folds([0.7, 0.8]).items()}
    {'value': 0.75, 'low': 0.0, 'high': 1.0}
    """
    from scipy.special import stdtrit

    known = np.array([value for value in values if value is not None])
    n = len(values)
    if len(known) < n:
        return None
    half = float(stdtrit(n - 1, 0.975)) * known.std(ddof=1) * np.sqrt(1 / n + 1 / (n - 1))
    mean = float(known.mean())
    # Log loss alone may be above 1.
    high = mean + half if known.max() > 1 else min(mean + half, 1.0)
    return {"value": mean, "low": max(mean - half, 0.0), "high": float(high)}


def _deal(rows: Labelled, n_folds: int, seed: int) -> NDArray[np.intp]:
    """Assign headlines to folds."""
    n_groups = len(np.unique(rows.groups))
    if not 2 <= n_folds <= n_groups:
        raise ValueError(
            f"{n_folds} folds of {len(rows):,} headlines in {n_groups:,} groups; expected 2 folds or more, and no more "
            "than groups; choose another number, or add headlines"
        )
    return deal_folds(rows.groups, len(rows), n_folds, seed)


def _test(
    classifier: HeadlineClassifier, rows: Labelled, fold: NDArray[np.intp], number: int, seed: int
) -> tuple[FoldRow, Answers]:
    """Train on the other folds and test on one."""
    train, test = (rows.take(np.flatnonzero(part)) for part in (fold != number, fold == number))
    fitted = fit_parts(classifier, Parts(train, test, "grouped", seed=seed))
    test = test.without(classifier.none_label)
    answers = answer(fitted, test)
    found = section_scores(answers)
    answered = answers.answer_confidence >= fitted.threshold(DEFAULT_BUDGET)
    row: FoldRow = {
        "fold": number + 1,
        "n_train": len(train),
        "n_test": len(test),
        "accuracy": found["accuracy"]["value"],
        "macro_f1": found["macro_f1"]["value"],
        **scores.probability_scores(answers.true, answers.proba),
        "coverage": float(answered.mean()),
        "error": float((~answers.correct[answered]).mean()) if answered.any() else None,
    }
    return row, answers


def _join(parts: list[Answers]) -> Answers:
    """Join the answers of all folds; each may lack a section."""
    labels = sorted({label for part in parts for label in part.labels})
    columns = [np.searchsorted(labels, part.labels) for part in parts]
    proba = np.zeros((sum(len(part.true) for part in parts), len(labels)))
    start = 0
    for part, column in zip(parts, columns, strict=True):
        proba[start : start + len(part.true), column] = part.proba
        start += len(part.true)
    true = np.concatenate([column[part.true] for part, column in zip(parts, columns, strict=True)])
    return Answers(labels, true, proba, np.concatenate([part.groups for part in parts]))


_NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "log_loss": "log loss",
    "expected_calibration_error": "expected calibration error",
    "coverage": f"share answered within an error budget of {100 * DEFAULT_BUDGET:.0f} %",
    "error": "error among these answers",
}
_FIGURES = {
    "per_section": "All headlines, each answered by the model that was not trained on it. Thin lines are 95 % "
    "bootstrap intervals over groups; numbers in brackets count headlines.",
    "confusion_matrix": "Each row is a true section, each column an answer; the cell says how many per cent of the "
    "row's headlines got that answer. Blue on the diagonal is right, orange is wrong.",
    "reliability": "Dots on the dashed line: of headlines given 80 %, 80 % were right. Dots below it: the "
    "probabilities are too high; above: too low.",
}


def _answer(n: int, n_folds: int, means: dict[str, Score | None]) -> str:
    """Return the answer in one sentence."""
    return (
        f"Accuracy {score_text(means['accuracy'])} and macro-F1 {score_text(means['macro_f1'])}: means over {n_folds} "
        f"grouped folds of {n:,} headlines, with 95 % t intervals that account for overlapping training headlines."
    )


def _mean_table(means: dict[str, Score | None], n_folds: int) -> dict[str, Any]:
    """Return the means as a table."""
    rows = [
        {"score": _NAMES[name], "mean": mean["value"], "mean low": mean["low"], "mean high": mean["high"]}
        for name, mean in means.items()
        if mean is not None
    ]
    return {"title": f"Means over {n_folds} folds, with 95 % intervals", "rows": rows}
