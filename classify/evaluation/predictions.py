"""List test headlines with their answers and reasons, mistakes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.answers import Answers
    from classify.evaluation.results import ListedPrediction, TermWeight
    from classify.headlines import Headlines

# About what a page of 5 MB holds in English, reasons and figures included (measured on newsapi_2022_en).
N_PREDICTIONS = 25_000
MOST_MISTAKES = 20_000
N_REASONS = 12


def list_predictions(
    classifier: HeadlineClassifier,
    headlines: Headlines,
    answers: Answers,
    limit: float,
    n: int = N_PREDICTIONS,
) -> list[ListedPrediction]:
    """List mistakes, most confident first, then right answers in random order.

    Parameters
    ----------
    classifier
        Fitted.
    headlines, answers
        The test headlines, as given, and its answers.
    limit
        Confidence below which it abstains.
    n
        How many to list; of more mistakes than four fifths of that, the most confident.
    """
    rows = choose_rows(answers.correct, answers.confidence, n)
    texts = headlines.headline.take(rows).to_pylist()
    return [
        {
            "headline": text,
            "section": answers.labels[answers.true[row]],
            "predicted": answers.labels[answers.best[row]],
            "probability": round(float(answers.confidence[row]), 4),
            "abstained": bool(answers.confidence[row] < limit),
            "terms": name_terms(_strongest(terms)),
        }
        for row, text, terms in zip(rows.tolist(), texts, classifier.explain(texts) if texts else [], strict=True)
    ]


def choose_rows(
    correct: NDArray[np.bool_], confidence: NDArray[np.float64], n: int = N_PREDICTIONS
) -> NDArray[np.int64]:
    """Choose at most n rows: the most confident mistakes, then right answers in random order (seed 0).

    Examples
    --------
    >>> choose_rows(np.array([True, False, False]), np.array([0.9, 0.4, 0.8])).tolist()
    [2, 1, 0]
    """
    wrong, right = np.flatnonzero(~correct), np.flatnonzero(correct)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][: n * MOST_MISTAKES // N_PREDICTIONS]
    return np.concatenate([wrong, np.random.default_rng(0).permutation(right)])[:n]


def name_terms(terms: Sequence[tuple[str, float]]) -> list[TermWeight]:
    """Return terms and weights as rows, weights with four digits.

    Examples
    --------
    >>> name_terms([("cup", 0.123456)])
    [{'term': 'cup', 'weight': 0.1235}]
    """
    return [{"term": term, "weight": round(weight, 4)} for term, weight in terms]


def _strongest(terms: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the terms of the largest absolute weight in their order, without the bias."""
    words = [term for term in terms if term[0] != "(bias)"]
    least = sorted((abs(weight) for _, weight in words), reverse=True)[:N_REASONS]
    return [term for term in words if abs(term[1]) >= least[-1]][:N_REASONS]
