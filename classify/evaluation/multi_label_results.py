"""Types of what an evaluation of several sections a headline measured: the keys of results.json."""

from __future__ import annotations

from typing import Literal, TypedDict

from classify.evaluation.results import (
    BudgetRow,
    CalibrationBin,
    Histogram,
    Model,
    PrecisionRecall,
    RiskCoverage,
    Score,
    SectionRow,
    TermWeight,
)


class MultiLabelRow(SectionRow):
    """Scores of one section, and the probability from which on it is answered."""

    average_precision: float | None
    cutoff: float | None


class MultiLabelBudget(BudgetRow):
    """An error budget.

    `coverage` is the share of the headlines that get a section, `error` that of wrong sections among those answered,
    and `recall` that of the true sections that are answered.
    """

    recall: float


class MultiLabelData(TypedDict):
    """The headlines of an evaluation: how many, how divided, and what was left out."""

    name: str
    trained_on: str | None
    n_train: int
    n_test: int
    split: str
    test_size: float | None
    seed: int | None
    sections: list[str]
    sections_per_headline: float
    n_unlabelled: int
    n_repeats: int


class MultiLabelMistake(TypedDict):
    """A test headline with a wrong section, which was answered with this probability."""

    headline: str
    true: list[str]
    answered: list[str]
    wrong: str
    probability: float


class MultiLabelEvaluation(TypedDict):
    """The measurements of a classifier of several sections a headline on test headlines.

    Calibration is measured on pairs of headline and section of a probability of 0.05 or more.
    """

    kind: Literal["multi-label"]
    title: str
    created_with: dict[str, str]
    data: MultiLabelData
    model: Model
    labels: list[str]
    micro_f1: Score
    macro_f1: Score
    exact_match: Score
    per_section: list[MultiLabelRow]
    expected_calibration_error: float
    precision_recall: list[PrecisionRecall]
    reliability: list[CalibrationBin]
    confidence_histogram: Histogram
    risk_coverage: RiskCoverage
    budgets: list[MultiLabelBudget]
    top_terms: dict[str, list[TermWeight]]
    interval: str
    mistakes: list[MultiLabelMistake]
