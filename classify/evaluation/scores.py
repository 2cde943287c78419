"""Compute the parts of a `SectionEvaluation` from answers and true sections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from classify.evaluation.bootstrap import LEVEL, interval, resampled_ratios
from classify.metrics import bootstrap_interval, expected_calibration_error, reliability_bins, risk_coverage

if TYPE_CHECKING:
    from classify.evaluation.results import (
        BudgetRow,
        CalibrationBin,
        Histogram,
        LengthErrors,
        PrecisionRecall,
        ProbabilityScores,
        RiskCoverage,
        Score,
        SectionScores,
    )

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

N_BINS = 15
N_LENGTHS = 8
N_PUBLISHERS = 15
CURVE_POINTS = 100
RISK_POINTS = 200


def section_scores(
    true: IntArray,
    answers: IntArray,
    labels: Sequence[str],
    groups: ArrayLike,
    samples: FloatArray | None = None,
) -> SectionScores:
    """Compute accuracy, macro-F1, the scores of each section and the confusion matrix.

    As in scikit-learn, macro-F1 is the mean over the sections that occur, true or answered; a score that has no meaning
    for want of headlines is None. Intervals are by bootstrap, but a score of 1 or 0 has the end that is exact for a
    share of as many trials as there are groups.

    Parameters
    ----------
    true, answers
        Shape (n,): positions in `labels`.
    labels
        The sections.
    groups
        Shape (n,): the bootstrap draws whole groups.
    samples
        Return value of `section_samples`, where it is at hand.

    Examples
    --------
    >>> scores = section_scores(np.array([0, 0, 1]), np.array([0, 1, 1]), ["a", "b"], range(3))
    >>> scores["confusion_matrix"], round(scores["accuracy"]["value"], 3)
    ([[1, 1], [0, 1]], 0.667)
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    k = len(labels)
    if samples is None:
        samples = section_samples(true, answers, k, groups)
    precision, recall, f1, n = precision_recall_fscore_support(true, answers, labels=range(k), zero_division=np.nan)
    values = np.array([accuracy_score(true, answers), *f1])
    low, high = exact_ends(values, *interval(samples), count_groups(_denominators(true, answers, k), groups))
    return {
        "accuracy": score(values[0], low[0], high[0]),
        "macro_f1": macro_f1_score(f1, low[1:], high[1:], *interval(macro_samples(samples, f1))),
        "per_section": rows_of(
            section=labels,
            precision=precision,
            recall=recall,
            f1=f1,
            f1_low=low[1:],
            f1_high=high[1:],
            support=n.astype(int),
        ),
        "confusion_matrix": np.bincount(k * true + answers, minlength=k * k).reshape(k, k).tolist(),
    }


def macro_f1_score(f1: FloatArray, f1_low: FloatArray, f1_high: FloatArray, low: FloatArray, high: FloatArray) -> Score:
    """Return macro-F1, widening its bootstrap interval for sections that have the same F1, 1 or 0, in all resamples.

    What is missing is their exact interval; the errors of sections are added as independent ones, by their squares. One
    headline that is right, all of its section, thus never makes macro-F1 look certain.
    """
    value, n = np.nanmean(f1), (~np.isnan(f1)).sum()
    below = np.where(f1 == 1, f1 - f1_low, 0) / n
    above = np.where(f1 == 0, f1_high - f1, 0) / n
    return score(
        value,
        max(value - np.sqrt((value - low) ** 2 + (below**2).sum()), 0),
        min(value + np.sqrt((high - value) ** 2 + (above**2).sum()), 1),
    )


def section_samples(true: IntArray, answers: IntArray, k: int, groups: ArrayLike) -> FloatArray:
    """Resample accuracy, then the F1 of each of k sections, shape (n_resamples, 1 + k).

    The same groups are drawn for any answers, so that the scores of two models can be subtracted.
    """
    hit = np.flatnonzero(true == answers)
    twice = np.full(len(hit), 2.0)
    numerators = _cells(len(true), 1 + k, (hit, np.zeros_like(hit), np.ones(len(hit))), (hit, 1 + true[hit], twice))
    return resampled_ratios(numerators, _denominators(true, answers, k), groups)


def macro_samples(samples: FloatArray, f1: FloatArray) -> FloatArray:
    """Return the macro-F1 of each resample; a section that a resample does not have counts with its F1 in all rows."""
    return np.asarray(np.nanmean(np.where(np.isnan(samples[:, 1:]), f1, samples[:, 1:]), axis=1))


def _denominators(true: IntArray, answers: IntArray, k: int) -> sp.csr_matrix:
    """Mark every row for accuracy, and for the F1 of each of k sections those that are of it or answered so."""
    rows, one = np.arange(len(true)), np.ones(len(true))
    parts = ((rows, np.zeros_like(rows), one), (rows, 1 + true, one), (rows, 1 + answers, one))
    return _cells(len(true), 1 + k, *parts)


def _cells(n: int, m: int, *parts: tuple[NDArray[Any], NDArray[Any], FloatArray]) -> sp.csr_matrix:
    """Build a sparse matrix from rows, columns and values; values of the same cell are summed."""
    rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
    return sp.csr_matrix((values, (rows, columns)), shape=(n, m))


def shares(hits: ArrayLike, member: sp.csr_matrix, groups: ArrayLike) -> tuple[FloatArray, ...]:
    """Average hits over parts of the rows.

    Where all rows of a part hit, or none does, all resamples are the same, and the interval is the exact one of
    Clopper and Pearson (1934) for as many trials as the part has groups.

    Parameters
    ----------
    hits
        Shape (n,): 0 to 1.
    member
        Shape (n, n_parts): 1 where a row belongs to a part.
    groups
        Shape (n,): the bootstrap draws whole groups.

    Returns
    -------
    Mean, low and high end of its interval, and number of rows, each of shape (n_parts,); NaN
    for a part without rows.
    """
    hit = sp.csr_matrix(member.multiply(np.asarray(hits, float)[:, None]))
    count = np.asarray(member.sum(axis=0)).ravel()
    total = np.asarray(hit.sum(axis=0)).ravel()
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    low, high = interval(resampled_ratios(hit, member, groups))
    return mean, *exact_ends(mean, low, high, count_groups(member, groups)), count


def count_groups(member: sp.csr_matrix, groups: ArrayLike) -> IntArray:
    """Count the groups that have a row in each part."""
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    rows, parts = member.nonzero()
    n = codes.max(initial=0) + 1
    return np.bincount(np.unique(parts.astype(np.int64) * n + codes[rows]) // n, minlength=member.shape[1])


def exact_ends(value: FloatArray, low: FloatArray, high: FloatArray, n: IntArray) -> tuple[FloatArray, FloatArray]:
    """Replace the end of an interval by the exact one where all, or none, of n trials succeeded.

    With all succeeding, the low end is the chance at which that happens in one of forty samples.
    """
    reach = 1 - ((1 - LEVEL) / 2) ** (1 / np.maximum(n, 1))
    return np.where(value == 1, 1 - reach, low), np.where(value == 0, reach, high)


def probability_scores(true: IntArray, proba: FloatArray) -> ProbabilityScores:
    """Compute the log-loss and the expected calibration error of probabilities.

    Parameters
    ----------
    true
        Shape (n,): positions of the true sections.
    proba
        Shape (n, k); what is missing to 1 in a row is the probability of none of the sections.

    Examples
    --------
    >>> probability_scores(np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.5]]))["log_loss"]
    0.6931471805599453
    """
    from sklearn.metrics import log_loss

    rest = np.maximum(1 - proba.sum(axis=1, keepdims=True), 0)
    whole = np.hstack([proba, rest])
    correct = proba.argmax(axis=1) == true
    return {
        "log_loss": float(log_loss(true, whole, labels=np.arange(whole.shape[1]))),
        "expected_calibration_error": expected_calibration_error(correct, proba.max(axis=1)),
    }


def reliability(correct: BoolArray, confidence: FloatArray, groups: ArrayLike) -> list[CalibrationBin]:
    """Compare confidence with accuracy in bins of equally many headlines, by rising confidence."""
    mean, accuracy, count = reliability_bins(correct, confidence, N_BINS)
    order = np.argsort(confidence, kind="stable")
    bins = np.empty(len(order), np.int64)
    bins[order] = np.repeat(np.arange(len(count)), count)
    # Equal confidences share their accuracy, as in `reliability_bins`.
    ties = np.unique(confidence, return_inverse=True)[1]
    hits = (np.bincount(ties, correct) / np.bincount(ties))[ties]
    _, low, high, _ = shares(hits, one_of(bins, len(count)), groups)
    return rows_of(confidence=mean, accuracy=accuracy, low=low, high=high, count=count)


def histogram(confidence: FloatArray) -> Histogram:
    """Count the confidences in twenty steps from 0 to 1."""
    counts, edges = np.histogram(confidence, np.linspace(0, 1, 21))
    return {"edges": edges.tolist(), "counts": counts.tolist()}


def risk(correct: BoolArray, confidence: FloatArray, budgets: dict[float, float], groups: ArrayLike) -> RiskCoverage:
    """Trace the error against the share answered, and measure the threshold of each error budget.

    Parameters
    ----------
    correct, confidence
        Shape (n,).
    budgets
        Error budget -> least confidence at which to answer; above 1 where it cannot be met.
    groups
        Shape (n,): the bootstrap draws whole groups.
    """
    coverage, error = risk_coverage(correct, confidence)
    keep = np.unique(np.linspace(0, len(coverage) - 1, RISK_POINTS).round().astype(int))
    return {
        "coverage": coverage[keep].tolist(),
        "risk": error[keep].tolist(),
        "budgets": _budgets(correct, confidence, budgets, groups),
    }


def _budgets(
    correct: BoolArray, confidence: FloatArray, budgets: dict[float, float], groups: ArrayLike
) -> list[BudgetRow]:
    """Measure the error among the headlines that each threshold answers."""
    thresholds = np.array(list(budgets.values()))
    answered = sp.csr_matrix((confidence[:, None] >= thresholds).astype(float))
    error, low, high, count = shares(~correct, answered, groups)
    return rows_of(
        max_error=list(budgets),
        threshold=np.where(thresholds <= 1, thresholds, np.nan),
        coverage=count / len(correct),
        error=error,
        error_low=low,
        error_high=high,
    )


def precision_recall(true: IntArray, proba: FloatArray, labels: Sequence[str]) -> list[PrecisionRecall]:
    """Trace precision against recall for each section that occurs, in at most 101 points."""
    return precision_recall_of(true[:, None] == np.arange(len(labels)), proba, labels)


def precision_recall_of(marks: BoolArray, proba: FloatArray, labels: Sequence[str]) -> list[PrecisionRecall]:
    """Trace precision against recall for each section that occurs, given which headlines belong to it."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    curves: list[PrecisionRecall] = []
    for mark, probability, label in zip(marks.T, proba.T, labels, strict=True):
        if not mark.any():
            continue
        precision, recall, _ = precision_recall_curve(mark, probability)
        rising = recall[::-1]
        keep = np.unique(np.searchsorted(rising, np.linspace(0, 1, CURVE_POINTS)))
        curves.append(
            {
                "section": label,
                "precision": precision[::-1][keep].tolist(),
                "recall": rising[keep].tolist(),
                "average_precision": float(average_precision_score(mark, probability)),
            }
        )
    return curves


def separation(known: BoolArray, confidence: FloatArray, groups: ArrayLike) -> Score | None:
    """Compute the area under the ROC curve of confidence, for headlines of known sections against others.

    Parameters
    ----------
    known
        Shape (n,): whether each headline belongs to a section that the classifier knows.
    confidence
        Shape (n,).
    groups
        Shape (n,): the bootstrap draws whole groups.

    Returns
    -------
    The area with its interval, 0 to 1; None where all headlines are of one kind.

    Examples
    --------
    >>> separation(np.array([True, True, False]), np.array([0.9, 0.8, 0.4]), [0, 1, 1])["value"]
    1.0
    """
    from sklearn.metrics import roc_auc_score

    if known.all() or not known.any():
        return None
    place = np.unique(confidence, return_inverse=True)[1]

    def area(rows: IntArray) -> float:
        """Count the pairs in order, ties half."""
        above = np.bincount(place[rows], known[rows], place.max() + 1)
        below = np.bincount(place[rows], ~known[rows], place.max() + 1)
        pairs = above.sum() * below.sum()
        return float((above * (np.cumsum(below) - below / 2)).sum() / pairs) if pairs else np.nan

    low, high = bootstrap_interval(area, groups)
    return score(roc_auc_score(known, confidence), low, high)


def by_part(
    correct: BoolArray,
    parts: Sequence[str | None],
    key: str,
    groups: ArrayLike,
    n_largest: int | None = None,
) -> list[Any] | None:
    """Compute the accuracy in each of the largest parts, by name; None for fewer than two.

    Parameters
    ----------
    correct
        Shape (n,).
    parts
        The part that each headline belongs to, None or "" for none; empty where nothing is known.
    key
        The key of the part in the rows returned, which are `PartScores` otherwise.
    groups
        Shape (n,): the bootstrap draws whole groups.
    n_largest
        How many parts to keep; all by default.
    """
    if not parts:
        return None
    names, codes, sizes = np.unique([part or "" for part in parts], return_inverse=True, return_counts=True)
    sizes = np.where(names == "", 0, sizes)
    largest = np.argsort(-sizes, kind="stable")[:n_largest]
    keep = np.sort(largest[sizes[largest] > 0])
    if len(keep) < 2:
        return None
    place = np.full(len(names), -1)
    place[keep] = np.arange(len(keep))
    mean, low, high, count = shares(correct, one_of(place[codes], len(keep)), groups)
    return rows_of(**{key: names[keep].tolist()}, accuracy=mean, low=low, high=high, count=count.astype(int))


def by_length(correct: BoolArray, n_words: IntArray, groups: ArrayLike) -> list[LengthErrors]:
    """Compute the error for headlines of few and of many words, in parts of about equal size."""
    cuts = np.quantile(n_words, np.arange(1, N_LENGTHS) / N_LENGTHS, method="lower")
    edges = np.unique(np.append(n_words.min(), cuts + 1))
    edges = edges[edges <= n_words.max()]
    bins = np.searchsorted(edges, n_words, side="right") - 1
    mean, low, high, count = shares(~correct, one_of(bins, len(edges)), groups)
    return rows_of(
        words_low=edges,
        words_high=np.append(edges[1:] - 1, n_words.max()),
        error=mean,
        low=low,
        high=high,
        count=count.astype(int),
    )


def one_of(parts: IntArray, n_parts: int) -> sp.csr_matrix:
    """Mark the part of each row, shape (n, n_parts); -1 is none."""
    rows = np.flatnonzero(parts >= 0)
    return _cells(len(parts), n_parts, (rows, parts[rows], np.ones(len(rows))))


def score(value: Any, low: Any, high: Any) -> Score:  # noqa: ANN401 (any number)
    """Return a score with its interval."""
    return {"value": float(value), "low": float(low), "high": float(high)}


def rows_of(**columns: ArrayLike) -> list[Any]:
    """Turn columns into rows of plain values, None where a number is NaN."""
    plain = [
        [None if value != value else value for value in np.asarray(column).tolist()] for column in columns.values()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]
