"""Types of what an evaluation of sections measured: the keys of results.json.

They are plain dicts of JSON types, so that ``numbers["accuracy"]["value"]`` works and ``json.dumps`` writes them.
Shares, errors, probabilities and scores are 0 to 1; ``low`` and ``high`` are the ends of a 95 % interval.
Those of stories are in `classify.evaluation.story_results`; `classify.evaluation.schema` turns both into a JSON schema.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Score(TypedDict):
    """A score with its interval."""

    value: float
    low: float
    high: float


class SectionRow(TypedDict):
    """Scores of one section; None where it has no headlines to measure on. `support` counts its test headlines."""

    section: str
    precision: float | None
    recall: float | None
    f1: float | None
    f1_low: float | None
    f1_high: float | None
    support: int


class SectionScores(TypedDict):
    """Scores of answers. The confusion matrix has a row for each true section, a column for each answer."""

    accuracy: Score
    macro_f1: Score
    per_section: list[SectionRow]
    confusion_matrix: list[list[int]]


class ProbabilityScores(TypedDict):
    """Scores of probabilities, lower is better."""

    log_loss: float
    expected_calibration_error: float


class LevelScores(ProbabilityScores):
    """Scores of the answers at one level of sections such as sport/football, 1 for the first part of their names."""

    level: int
    n_sections: int
    accuracy: Score
    macro_f1: Score


class CalibrationBin(TypedDict):
    """Mean confidence and accuracy of a bin of `count` test headlines."""

    confidence: float
    accuracy: float
    low: float
    high: float
    count: int


class Histogram(TypedDict):
    """Number of values between one edge and the next."""

    edges: list[float]
    counts: list[int]


class BudgetRow(TypedDict):
    """Coverage and error at the threshold of an error budget; `threshold` is None where it cannot be met."""

    max_error: float
    threshold: float | None
    coverage: float
    error: float | None
    error_low: float | None
    error_high: float | None


class RiskCoverage(TypedDict):
    """Error among the most confident answers, by the share answered, and the error budgets."""

    coverage: list[float]
    risk: list[float]
    budgets: list[BudgetRow]


class PrecisionRecall(TypedDict):
    """Precision against recall of one section."""

    section: str
    precision: list[float]
    recall: list[float]
    average_precision: float


class TermWeight(TypedDict):
    """A term and what it adds to the margin of a section."""

    term: str
    weight: float


class ListedPrediction(TypedDict):
    """A test headline with its true section, its answer and the terms behind it."""

    headline: str
    section: str
    predicted: str
    probability: float
    abstained: bool
    terms: list[TermWeight]


class PackedPredictions(TypedDict):
    """Listed predictions as columns, the form in results.json; see `classify.report.rows.pack_rows`."""

    sections: list[str]
    headline: list[str]
    section: list[int]
    predicted: list[int]
    probability: list[float]
    abstained: list[int]
    words: list[list[int]]


class Baseline(TypedDict):
    """Scores of a naive classifier on the same test headlines, or of this one on another split, which has intervals."""

    name: str
    accuracy: float | Score
    macro_f1: float | Score
    n_test: NotRequired[int]


class SplitScores(TypedDict):
    """Scores of the same classifier on a random split."""

    accuracy: Score
    macro_f1: Score
    n_test: int
    n_duplicates_crossing: int


class CurvePoint(TypedDict):
    """Scores of a classifier that was trained on `n_train` headlines."""

    n_train: int
    macro_f1: float
    accuracy: float
    low: float
    high: float


class PartScores(TypedDict):
    """Accuracy in a part of the test headlines."""

    accuracy: float
    low: float
    high: float
    count: int


class MonthScores(PartScores):
    """Accuracy in a month, such as 2022-06."""

    month: str


class PublisherScores(PartScores):
    """Accuracy on the headlines of a publisher."""

    publisher: str


class SourceScores(PartScores):
    """Accuracy on publishers that were trained on, and on others."""

    publishers: str


class LengthErrors(TypedDict):
    """Error on headlines of `words_low` to `words_high` words."""

    words_low: int
    words_high: int
    error: float
    low: float
    high: float
    count: int


class NoneScores(TypedDict):
    """How well confidence separates headlines of none of the sections; `answered` is their share at `max_error`."""

    label: str
    n_headlines: int
    area_under_roc: Score | None
    max_error: float
    answered: float


class UnknownSection(TypedDict):
    """A section that a classifier does not know, and its number of test headlines."""

    section: str
    n_headlines: int


class RareSection(TypedDict):
    """A section that was not tested, or of which there are fewer than ten headlines."""

    section: str
    n_train: int | None
    n_test: int


class SearchTrial(TypedDict):
    """A setting that was tried; see `classify.classifier.SearchResult`."""

    params: dict[str, Any]
    score: float
    seconds: float
    hits: list[int]


class Search(TypedDict):
    """The trials of a search, and the position of the best."""

    trials: list[SearchTrial]
    best: int


class ComparedModel(TypedDict):
    """Scores of one of several models."""

    name: str
    accuracy: Score
    macro_f1: Score
    log_loss: float | None
    expected_calibration_error: float | None


class PairedDifference(TypedDict):
    """Accuracy of one model less that of another; `only_a` and `only_b` count what only one of them got right."""

    difference: float
    low: float
    high: float
    p_value: float
    only_a: int
    only_b: int


class ModelPair(PairedDifference):
    """Accuracy and macro-F1 of model `a` less those of model `b`."""

    a: str
    b: str
    macro_f1_difference: float
    macro_f1_low: float
    macro_f1_high: float


class SectionDifference(TypedDict):
    """F1 of model `a` in a section less that of model `b`."""

    a: str
    b: str
    section: str
    support: int
    difference: float
    low: float
    high: float
    only_a: int
    only_b: int


class Disagreement(TypedDict):
    """A headline with its true section and the answer of each model."""

    headline: str
    section: str
    answers: dict[str, str]


class Comparison(TypedDict):
    """Several models on the same test headlines; see `classify.evaluation.comparison.compare`."""

    n_headlines: int
    models: list[ComparedModel]
    paired: list[ModelPair]
    per_section: dict[str, dict[str, float | None]]
    wins: list[SectionDifference]
    disagreements: list[Disagreement]
    n_disagreements: int
    n_left_out: int
    unknown_sections: dict[str, list[UnknownSection]]


class SectionData(TypedDict):
    """The headlines of an evaluation: how many, how divided, and what was left out."""

    name: str
    trained_on: str | None
    n_train: int
    n_test: int
    split: str
    test_size: float | None
    seed: int | None
    sections: list[str]
    n_duplicates_crossing: int | None
    unknown_sections: list[UnknownSection]
    n_unlabelled: int
    n_repeats: int


class Model(TypedDict):
    """The classifier; `size_bytes` is that of its file, None where it was not written.

    `n_refit` counts the headlines that the classifier in the file learned from again after the measurement, the test
    headlines among them; None where it is the one that was measured.
    """

    name: str | None
    description: str
    params: dict[str, Any]
    size_bytes: int | None
    n_refit: int | None


class SectionEvaluation(TypedDict):
    """The measurements of a classifier on test headlines; a part that was not measured is None."""

    kind: Literal["sections"]
    title: str
    created_with: dict[str, str]
    data: SectionData
    model: Model
    labels: list[str]
    accuracy: Score
    macro_f1: Score
    per_section: list[SectionRow]
    levels: list[LevelScores] | None
    rare_sections: list[RareSection]
    confusion_matrix: list[list[int]]
    log_loss: float
    expected_calibration_error: float
    precision_recall: list[PrecisionRecall]
    reliability: list[CalibrationBin]
    confidence_histogram: Histogram
    risk_coverage: RiskCoverage
    interval: str
    baselines: list[Baseline]
    random_split: SplitScores | None
    learning_curve: list[CurvePoint] | None
    top_terms: dict[str, list[TermWeight]]
    by_month: list[MonthScores] | None
    by_publisher: list[PublisherScores] | None
    by_source: list[SourceScores] | None
    by_length: list[LengthErrors]
    search: Search | None
    comparison: Comparison | None
    none_of_these: NoneScores | None
    predictions: list[ListedPrediction]
