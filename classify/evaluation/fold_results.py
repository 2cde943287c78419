"""Types of what an evaluation in folds measured: the keys of its results.json."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from classify.evaluation.results import CalibrationBin, Score, SectionRow


class FoldRow(TypedDict):
    """Scores of one fold; `coverage` and `error` are those of an error budget, None where nothing was answered."""

    fold: int
    n_train: int
    n_test: int
    accuracy: float
    macro_f1: float
    log_loss: float
    expected_calibration_error: float
    coverage: float
    error: float | None


class FoldData(TypedDict):
    """The headlines of an evaluation in folds, and what was left out."""

    name: str
    n_headlines: int
    n_unlabelled: int
    n_repeats: int
    n_folds: int
    seed: int


class FoldModel(TypedDict):
    """The classifier that was trained in each fold."""

    description: str
    params: dict[str, Any]


class FoldEvaluation(TypedDict):
    """What `evaluate_folds` measured: means over folds with intervals, and scores of all headlines by section."""

    kind: Literal["experiment"]
    title: str
    question: str
    answer: str
    headline: str
    created_with: dict[str, str]
    data: FoldData
    model: FoldModel
    interval: str
    means: dict[str, Score | None]
    max_error: float
    folds: list[FoldRow]
    labels: list[str]
    per_section: list[SectionRow]
    confusion_matrix: list[list[int]]
    reliability: list[CalibrationBin]
    tables: list[dict[str, Any]]
    figures: dict[str, str]
