"""Measure classifiers and clusterings on labelled headlines."""

from classify.evaluation.pipeline import (
    N_PREDICTIONS,
    compare_classifiers,
    distinct_headlines,
    divide,
    evaluate,
    evaluate_stories,
    train_and_evaluate,
)

__all__ = [
    "N_PREDICTIONS",
    "compare_classifiers",
    "distinct_headlines",
    "divide",
    "evaluate",
    "evaluate_stories",
    "train_and_evaluate",
]
