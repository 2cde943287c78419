"""Train and measure classifiers of several sections a headline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.classifier import ERROR_BUDGETS, MultiLabelClassifier, save_model, shrink
from classify.evaluation import scores
from classify.evaluation.bootstrap import LEVEL, N_RESAMPLES, interval, resampled_ratios
from classify.evaluation.predictions import name_terms
from classify.evaluation.sections import N_TERMS, REPORTED_BUDGETS, describe, parameters, versions
from classify.metrics import expected_calibration_error
from classify.splits import Labelled, label_sets, prepare_label_sets, split_headlines

if TYPE_CHECKING:
    from pathlib import Path

    from classify.evaluation.multi_label_results import (
        MultiLabelBudget,
        MultiLabelData,
        MultiLabelEvaluation,
        MultiLabelMistake,
    )
    from classify.evaluation.results import Score
    from classify.headlines import Headlines
    from classify.splits import Split

Marks = NDArray[np.bool_]

# Least probability of the pairs of headline and section on which calibration is measured: nearly all pairs have a
# probability of about 0, which would hide the others.
LIKELY = 0.05
N_MISTAKES = 50

_GIVEN: dict[str, Any] = {"split": "given test file", "test_size": None, "seed": None}


@dataclass(frozen=True)
class MultiLabelTraining:
    """A trained classifier, what was measured, how many headlines it was trained on, and the size of its file."""

    classifier: MultiLabelClassifier
    evaluation: MultiLabelEvaluation | None
    n_train: int
    size_bytes: int | None


def train_multi_label(
    headlines: Headlines,
    *,
    classifier: MultiLabelClassifier | None = None,
    test: Headlines | None = None,
    test_size: float = 0.2,
    split: Split = "grouped",
    seed: int = 0,
    refit: bool = True,
    model: str | Path | None = None,
    max_size: int | None = None,
    name: str = "headlines",
    test_name: str | None = None,
) -> MultiLabelTraining:
    """Train a classifier of several sections a headline, measure it on headlines kept apart, train it on all, write it.

    Parameters are those of `classify.evaluation.train`. Headlines kept apart whose sections are not learned count as
    not found.

    Examples
    --------
    >>> from classify import Headlines
    >>> texts = [f"{word} {i}" for i in range(40) for word in ("cup goal", "tax vote", "cup vote")]
    >>> rows = Headlines(pa.array(texts), section=pa.array(["sport", "politics", "sport;politics"] * 40))
    >>> training = train_multi_label(rows, split="random")
    >>> training.n_train, training.evaluation["micro_f1"]["value"]
    (120, 1.0)
    """
    rows = prepare_label_sets(headlines)
    first, apart = rows, None if test is None else prepare_label_sets(test)
    if test is None and test_size:
        some, others = split_headlines(rows.headlines, split, test_size, seed, rows.groups)
        first, apart = rows.take(some), rows.take(others)
    fitted = _shrunk(_fit(classifier or MultiLabelClassifier(random_state=seed), first), max_size)
    final, learned = fitted, first
    if refit and test is None and apart is not None:
        final, learned = _shrunk(_learn_again(fitted, rows), max_size), rows
    size = None if model is None else save_model(final, model)
    if apart is None:
        return MultiLabelTraining(final, None, len(learned), size)
    how = _GIVEN
    if test is None:
        how = {"split": split, "test_size": test_size, "seed": seed}
    evaluation = _evaluate(
        fitted,
        apart,
        _data(fitted, apart, test_name or name, name, how, rows),
        size_bytes=size,
        n_refit=None if final is fitted else len(learned),
    )
    return MultiLabelTraining(final, evaluation, len(learned), size)


def evaluate_multi_label(
    classifier: MultiLabelClassifier,
    headlines: Headlines,
    *,
    name: str = "headlines",
    model_name: str | None = None,
    size_bytes: int | None = None,
) -> MultiLabelEvaluation:
    """Measure a fitted classifier of several sections a headline on labelled headlines that it has not seen.

    Parameters are those of `classify.evaluate`. Sections that it does not know count as not found.
    """
    test = prepare_label_sets(headlines)
    data = _data(classifier, test, name, None, _GIVEN, test)
    return _evaluate(classifier, test, data, model_name, size_bytes)


def set_scores(true: Marks, answered: Marks, groups: NDArray[Any]) -> tuple[Score, Score, Score, list[dict[str, Any]]]:
    """Score sets of sections: micro-F1, macro-F1, the share of sets that are right, and the F1 of each section.

    Parameters
    ----------
    true, answered
        Shape (n, n_sections): the sections that each headline has, and those it was answered with.
    groups
        Shape (n,): the bootstrap draws whole groups.

    Examples
    --------
    >>> true, answered = np.array([[1, 1], [0, 1]], bool), np.array([[1, 0], [0, 1]], bool)
    >>> micro, macro, exact, _ = set_scores(true, answered, np.arange(2))
    >>> micro["value"], round(macro["value"], 4), exact["value"]
    (0.8, 0.8333, 0.5)
    """
    hits, sums = (
        sp.csr_matrix(true & answered, dtype=float),
        sp.csr_matrix(true, dtype=float) + sp.csr_matrix(answered, dtype=float),
    )
    numerators, denominators = (sp.hstack([each.sum(axis=1), each], "csr") for each in (2 * hits, sums))
    samples = resampled_ratios(numerators, denominators, groups)
    n_hits, n_answered, n_true = (np.asarray(each.sum(axis=0)).ravel() for each in (hits, answered, true))
    with np.errstate(invalid="ignore"):
        precision, recall, f1 = n_hits / n_answered, n_hits / n_true, 2 * n_hits / (n_answered + n_true)
    low, high = interval(samples)
    low, high = scores.exact_ends(np.append(np.nan, f1), low, high, scores.count_groups(denominators, groups))
    macro = scores.macro_f1_score(f1, low[1:], high[1:], *interval(scores.macro_samples(samples, f1)))
    exact = scores.shares((true == answered).all(axis=1), sp.csr_matrix(np.ones((len(true), 1))), groups)
    rows = scores.rows_of(precision=precision, recall=recall, f1=f1, f1_low=low[1:], f1_high=high[1:], support=n_true)
    micro = 2 * n_hits.sum() / max((n_answered + n_true).sum(), 1)
    return scores.score(micro, low[0], high[0]), macro, scores.score(*(part[0] for part in exact[:3])), rows


def _fit(classifier: MultiLabelClassifier, rows: Labelled) -> MultiLabelClassifier:
    """Train a new classifier with the same parameters on prepared headlines."""
    new = type(classifier)(**classifier.get_params())
    return new.fit(rows.headlines.headline, label_sets(rows), rows.groups, publishers=rows.headlines.publisher)


def _learn_again(fitted: MultiLabelClassifier, rows: Labelled) -> MultiLabelClassifier:
    """Train on all prepared headlines; on calibration, too, if they have more sections than those already learned."""
    sets = label_sets(rows)
    if {name for names in sets for name in names} - {fitted.none_label} != set(fitted.classes_.tolist()):
        return _fit(fitted, rows)
    return fitted.refit(rows.headlines.headline, sets, rows.headlines.publisher)


def _shrunk(fitted: MultiLabelClassifier, max_size: int | None) -> MultiLabelClassifier:
    """Return a classifier whose file is within the size, if there is one."""
    if max_size is None:
        return fitted
    small = shrink(fitted, max_size)
    assert isinstance(small, MultiLabelClassifier)
    return small


def _data(
    classifier: MultiLabelClassifier,
    test: Labelled,
    name: str,
    trained_on: str | None,
    how: Mapping[str, Any],
    counted: Labelled,
) -> MultiLabelData:
    """Describe the training and test headlines."""
    sets = [[section for section in names if section != classifier.none_label] for names in label_sets(test)]
    return {
        "name": name,
        "trained_on": trained_on,
        "n_train": int(classifier.vectorizer_.n_samples_),
        "n_test": len(test),
        "split": how["split"],
        "test_size": how["test_size"],
        "seed": how["seed"],
        "sections": sorted({*classifier.classes_.tolist(), *(name for names in sets for name in names)}),
        "sections_per_headline": float(np.mean([len(names) for names in sets])),
        "n_unlabelled": counted.n_unlabelled,
        "n_repeats": counted.n_repeats,
    }


def _evaluate(
    classifier: MultiLabelClassifier,
    test: Labelled,
    data: MultiLabelData,
    model_name: str | None = None,
    size_bytes: int | None = None,
    n_refit: int | None = None,
) -> MultiLabelEvaluation:
    """Measure a classifier on prepared test headlines."""
    labels = data["sections"]
    true = _true_marks(label_sets(test), labels)
    known = np.searchsorted(labels, classifier.classes_)
    proba, cutoffs = np.zeros(true.shape), np.full(len(labels), np.nan)
    proba[:, known] = classifier.predict_proba(test.headlines.headline)
    cutoffs[known] = classifier.cutoffs_
    answered = proba >= np.where(np.isnan(cutoffs), 2, cutoffs)
    micro, macro, exact, rows = set_scores(true, answered, test.groups)
    curves = scores.precision_recall_of(true, proba, labels)
    areas = {curve["section"]: curve["average_precision"] for curve in curves}
    per_section: list[Any] = [
        {"section": name, **row, "average_precision": areas.get(name), "cutoff": None if cut != cut else cut}
        for name, row, cut in zip(labels, rows, cutoffs.tolist(), strict=True)
    ]
    likely = proba >= LIKELY
    pair_groups = np.repeat(test.groups, likely.sum(axis=1))
    budgets = _budgets(classifier, true, answered, proba, test.groups)
    learned = dict(zip(ERROR_BUDGETS, classifier.thresholds_.tolist(), strict=True))
    error = expected_calibration_error(true[likely], proba[likely]) if likely.any() else 0.0
    return {
        "kind": "multi-label",
        "title": f"Several sections a headline of {data['name']}",
        "created_with": versions(),
        "data": data,
        "model": {
            "name": model_name,
            "description": describe(classifier),
            "params": parameters(classifier),
            "size_bytes": size_bytes,
            "n_refit": n_refit,
        },
        "labels": labels,
        "micro_f1": micro,
        "macro_f1": macro,
        "exact_match": exact,
        "per_section": per_section,
        "expected_calibration_error": error,
        "precision_recall": curves,
        "reliability": scores.reliability(true[likely], proba[likely], pair_groups) if likely.any() else [],
        "confidence_histogram": scores.histogram(proba[likely]),
        "risk_coverage": scores.risk(
            true[answered],
            proba[answered],
            {budget: learned[budget] for budget in REPORTED_BUDGETS},
            np.repeat(test.groups, answered.sum(axis=1)),
        )
        if answered.any()
        else {"coverage": [], "risk": [], "budgets": []},
        "budgets": budgets,
        "top_terms": {section: name_terms(terms) for section, terms in classifier.top_terms(N_TERMS).items()},
        "interval": f"{100 * LEVEL:.0f} % bootstrap over {len(np.unique(test.groups)):,} groups of near-duplicates, "
        f"{N_RESAMPLES} resamples",
        "mistakes": _mistakes(test, labels, true, answered, proba),
    }


def _true_marks(sets: list[list[str]], labels: list[str]) -> Marks:
    """Mark the true sections among the labels."""
    place = {name: column for column, name in enumerate(labels)}
    marks = np.zeros((len(sets), len(labels)), bool)
    for row, names in enumerate(sets):
        marks[row, [place[name] for name in names if name in place]] = True
    return marks


def _budgets(
    classifier: MultiLabelClassifier, true: Marks, answered: Marks, proba: NDArray[np.float64], groups: NDArray[Any]
) -> list[MultiLabelBudget]:
    """Measure what is answered within each error budget."""
    found: list[MultiLabelBudget] = []
    for budget in REPORTED_BUDGETS:
        threshold = classifier.threshold(budget)
        given = answered & (proba >= threshold)
        wrong, n_given = sp.csr_matrix((given & ~true).sum(axis=1)[:, None] * 1.0), given.sum(axis=1)[:, None] * 1.0
        low, high = interval(resampled_ratios(wrong, sp.csr_matrix(n_given), groups)) if given.any() else ([None],) * 2
        found.append(
            {
                "max_error": budget,
                "threshold": threshold if threshold <= 1 else None,
                "coverage": float(given.any(axis=1).mean()),
                "error": float(1 - true[given].mean()) if given.any() else None,
                "error_low": None if low[0] is None else float(low[0]),
                "error_high": None if high[0] is None else float(high[0]),
                "recall": float((given & true).sum() / max(true.sum(), 1)),
            }
        )
    return found


def _mistakes(
    test: Labelled, labels: list[str], true: Marks, answered: Marks, proba: NDArray[np.float64]
) -> list[MultiLabelMistake]:
    """List the headlines with the sections that were wrong with the highest probability."""
    wrong = np.where(answered & ~true, proba, 0)
    rows = np.argsort(-wrong.max(axis=1), kind="stable")[:N_MISTAKES]
    rows = rows[wrong.max(axis=1)[rows] > 0]
    texts = test.headlines.headline.take(pa.array(rows)).to_pylist()

    def named(marks: Marks) -> list[str]:
        return [name for name, mark in zip(labels, marks.tolist(), strict=True) if mark]

    return [
        {
            "headline": text,
            "true": named(true[row]),
            "answered": named(answered[row]),
            "wrong": labels[wrong[row].argmax()],
            "probability": float(wrong[row].max()),
        }
        for row, text in zip(rows.tolist(), texts, strict=True)
    ]
