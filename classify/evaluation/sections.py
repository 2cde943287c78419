"""Measure a fitted classifier on labelled headlines."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from classify.classifier import ERROR_BUDGETS, HeadlineClassifier
from classify.classifier.labels import MAX_SECTIONS
from classify.evaluation import scores
from classify.evaluation.answers import Answers, align, unknown_sections
from classify.evaluation.baselines import naive_baselines
from classify.evaluation.bootstrap import LEVEL, N_RESAMPLES
from classify.evaluation.comparison import compare_classifiers
from classify.evaluation.learning_curve import curve_point
from classify.evaluation.levels import level_scores, sections_at
from classify.evaluation.predictions import N_PREDICTIONS, list_predictions, name_terms
from classify.evaluation.shown import shown_in_notebooks
from classify.features.tokens import tokenize
from classify.splits import pair_labelled, with_sections

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.evaluation.results import (
        Baseline,
        Comparison,
        CurvePoint,
        Model,
        MonthScores,
        NoneScores,
        PublisherScores,
        RareSection,
        RiskCoverage,
        Search,
        SectionData,
        SectionEvaluation,
        SectionScores,
        SourceScores,
        SplitScores,
    )
    from classify.headlines import Headlines
    from classify.splits import Labelled, Parts

REPORTED_BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2)
DEFAULT_BUDGET = 0.05
N_TERMS = 20
LEAST_HEADLINES = 10


def evaluate(
    classifier: HeadlineClassifier,
    headlines: Headlines,
    sections: ArrayLike | None = None,
    *,
    train: Headlines | None = None,
    name: str = "headlines",
    n_predictions: int = N_PREDICTIONS,
    model_name: str | None = None,
    size_bytes: int | None = None,
    others: Mapping[str, HeadlineClassifier] | None = None,
    level: int | None = None,
) -> SectionEvaluation:
    """Measure a fitted classifier on labelled headlines that it has not seen.

    Rows without headline or section are left out, and repeats, see `classify.splits.prepare_labelled`; the result
    counts them.

    Parameters
    ----------
    classifier
        Fitted.
    headlines
        Test headlines, as given: the classifier cleans them.
    sections
        Shape (n,): their true sections; by default the column of `headlines`. A section that the
        classifier does not know counts as a mistake. Headlines of its `none_label` are left out of
        all scores but ``none_of_these`` and ``risk_coverage``, where to answer one is a mistake.
    train
        The labelled headlines that it was trained on, where they are at hand: for the baselines,
        and to count the test headlines that have a near-duplicate among them.
    name
        Of the corpus.
    n_predictions
        How many headlines to list with their reasons, mistakes first.
    model_name, size_bytes
        Of the classifier, for the record.
    others
        Other fitted classifiers, by name, to compare with this one; see `compare_classifiers`.
    level
        Measure the first parts of sections such as sport/football, so many of them; see `HeadlineClassifier.at_level`.

    Returns
    -------
    The numbers of a report. Parts that this evaluation does not have are None.

    Raises
    ------
    ValueError
        If there are no headlines with a section, more than 500 different sections, or a classifier to compare with
        that knows none of them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from classify import Headlines
    >>> rows = ["Rovers win cup", "Tax vote", "Rovers lose", "Tax bill"], ["sport", "politics"] * 2
    >>> test = Headlines(pa.array(rows[0]), section=pa.array(rows[1]))
    >>> classifier = HeadlineClassifier(n_folds=2).fit(*rows)
    >>> evaluate(classifier, test, train=test)["accuracy"]["value"]
    1.0
    """
    test = headlines if sections is None else with_sections(headlines, sections)
    models = {model_name or "this model": classifier, **(others or {})}
    if level is not None:
        train, test = train and sections_at(train, level, classifier), sections_at(test, level, classifier)
        classifier, *_ = (models := {name: model.at_level(level) for name, model in models.items()}).values()
    parts = pair_labelled(train, test)
    _check_sections(parts.test)
    # Compared first: classifiers that cannot be compared are found before anything is measured.
    return evaluate_parts(
        classifier,
        parts,
        name=name,
        n_predictions=n_predictions,
        model_name=model_name,
        size_bytes=size_bytes,
        comparison=compare_classifiers(models, parts.test) if others else None,
    )


@shown_in_notebooks
def evaluate_parts(
    classifier: HeadlineClassifier,
    parts: Parts,
    *,
    name: str = "headlines",
    test_name: str | None = None,
    title: str | None = None,
    n_predictions: int = N_PREDICTIONS,
    model_name: str | None = None,
    size_bytes: int | None = None,
    n_refit: int | None = None,
    baselines: Sequence[Baseline] = (),
    random_split: SplitScores | None = None,
    learning_curve: Sequence[CurvePoint] = (),
    search: Search | None = None,
    comparison: Comparison | None = None,
) -> SectionEvaluation:
    """Measure a classifier that was trained on the training part of some headlines on their test part.

    Parameters
    ----------
    classifier
        Fitted on ``parts.train``.
    parts
        As `classify.splits.divide` returns them.
    name, test_name
        Of the corpus, and of that of the test headlines where it is another.
    title
        Of the report.
    n_predictions, model_name, size_bytes
        As in `evaluate`.
    n_refit, baselines, random_split, learning_curve, search, comparison
        For the record; these baselines are listed after those measured here. The scores measured here are the last
        point of the learning curve, if there are others.
    """
    _check_sections(parts.test)
    proba = classifier.predict_proba(parts.test.headlines.headline)
    every = align(classifier.classes_, proba, parts.test.sections, parts.test.groups)
    of_none = parts.test.sections == classifier.none_label
    test = parts.test.without(classifier.none_label)
    answers = align(classifier.classes_, proba[~of_none], test.sections, test.groups)
    train = parts.train and parts.train.without(classifier.none_label)
    found = section_scores(answers)
    curve = [*learning_curve, curve_point(int(classifier.vectorizer_.n_samples_), found)] if learning_curve else None
    lengths = np.diff(tokenize(classifier.clean(test.headlines.headline)).indptr)
    limit = classifier.threshold(DEFAULT_BUDGET)
    return {
        "kind": "sections",
        "title": title or f"Sections of {name}",
        "created_with": versions(),
        "data": _data(classifier, parts, test, answers, name, test_name),
        "model": _model(classifier, model_name, size_bytes, n_refit),
        "labels": answers.labels,
        **found,
        "levels": level_scores(answers),
        "rare_sections": rare_sections(train, test, classifier.classes_),
        **scores.probability_scores(answers.true, answers.proba),
        "precision_recall": scores.precision_recall(answers.true, answers.proba, answers.labels),
        "reliability": scores.reliability(answers.correct, answers.confidence, answers.groups),
        "confidence_histogram": scores.histogram(answers.confidence),
        "risk_coverage": _risk(classifier, every),
        "interval": _interval_words(test),
        "baselines": [*naive_baselines(classifier, train, test), *baselines],
        "random_split": random_split,
        "learning_curve": curve,
        "top_terms": {section: name_terms(terms) for section, terms in classifier.top_terms(N_TERMS).items()},
        "by_month": _by_month(test, answers),
        "by_publisher": _by_publisher(test, answers),
        "by_source": _by_source(parts.train, test, answers),
        "by_length": scores.by_length(answers.correct, lengths, answers.groups),
        "search": search,
        "comparison": comparison,
        "none_of_these": _none_scores(classifier, every, of_none) if of_none.any() else None,
        "predictions": list_predictions(classifier, test.headlines, answers, limit, n_predictions),
    }


def _check_sections(test: Labelled) -> None:
    """Refuse more sections than a classifier may learn: time and memory grow with their square."""
    n = len(np.unique(test.sections.astype(str)))
    if n > MAX_SECTIONS:
        raise ValueError(
            f"{n:,} different sections found among the headlines to test on; expected at most {MAX_SECTIONS}; "
            "choose the column that holds the sections"
        )


def section_scores(answers: Answers) -> SectionScores:
    """Compute accuracy, macro-F1, the scores by section and the confusion matrix."""
    return scores.section_scores(answers.true, answers.best, answers.labels, answers.groups)


def rare_sections(train: Labelled | None, test: Labelled | None, known: ArrayLike | None = None) -> list[RareSection]:
    """Return the sections that were not tested, or of which there are fewer than ten headlines.

    Parameters
    ----------
    train, test
        The two parts. Without `train` only sections without a test are returned, without `test` only those of few
        headlines.
    known
        Sections of a classifier, which may be among neither.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from classify import Headlines
    >>> from classify.splits import prepare_labelled
    >>> rows = prepare_labelled(Headlines(pa.array(["Rain", "Sun"]), section=pa.array(["weather"] * 2)))
    >>> rare_sections(rows, None)
    [{'section': 'weather', 'n_train': 2, 'n_test': 0}]
    """
    learned, tested = (
        Counter[str](() if part is None else part.sections.astype(str).tolist()) for part in (train, test)
    )
    names = sorted({*learned, *tested, *map(str, np.asarray([] if known is None else known).tolist())})
    rare: list[RareSection] = [
        {"section": name, "n_train": None if train is None else learned[name], "n_test": tested[name]} for name in names
    ]
    return [
        row
        for row in rare
        if (test is not None and not row["n_test"])
        or (row["n_train"] is not None and row["n_train"] + row["n_test"] < LEAST_HEADLINES)
    ]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that the numbers depend on."""
    import pyarrow as pa
    import sklearn

    from classify import __version__

    return {
        "classify": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit_learn": sklearn.__version__,
        "pyarrow": pa.__version__,
    }


def describe(classifier: HeadlineClassifier) -> str:
    """Describe a classifier in words.

    Examples
    --------
    >>> describe(HeadlineClassifier(char_ngrams=None))
    'TF-IDF of words (1 to 2) into one linear classifier a section, calibrated out of fold'
    """
    named = (("words", classifier.word_ngrams), ("characters", classifier.char_ngrams))
    features = " and ".join(f"{kind} ({sizes[0]} to {sizes[1]})" for kind, sizes in named if sizes)
    return f"TF-IDF of {features} into one linear classifier a section, calibrated out of fold"


def parameters(estimator: Any) -> dict[str, Any]:  # noqa: ANN401 (any estimator)
    """Return the parameters that the result depends on, in plain JSON types."""
    params = estimator.get_params()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in params.items() if key != "n_jobs"}


def _data(
    classifier: HeadlineClassifier, parts: Parts, test: Labelled, answers: Answers, name: str, test_name: str | None
) -> SectionData:
    """Describe the training and the test headlines, of which `test` are those that have a section."""
    return {
        "name": test_name or name,
        "trained_on": None if parts.train is None else name,
        "n_train": int(classifier.vectorizer_.n_samples_),
        "n_test": len(test),
        "split": parts.split,
        "test_size": parts.test_size,
        "seed": parts.seed,
        "sections": answers.labels,
        "n_duplicates_crossing": replace(parts, test=test).n_crossing,
        "unknown_sections": unknown_sections(classifier, test),
        "n_unlabelled": parts.n_unlabelled,
        "n_repeats": parts.n_repeats,
    }


def _model(classifier: HeadlineClassifier, name: str | None, size_bytes: int | None, n_refit: int | None) -> Model:
    """Describe a classifier."""
    return {
        "name": name,
        "description": describe(classifier),
        "params": parameters(classifier),
        "size_bytes": size_bytes,
        "n_refit": n_refit,
    }


def _interval_words(test: Labelled) -> str:
    """Describe in words how the intervals are computed."""
    story = test.headlines.story
    kind = "near-duplicates" if story is None or story.null_count == len(test) else "near-duplicates and stories"
    return (
        f"{100 * LEVEL:.0f} % bootstrap over {len(np.unique(test.groups)):,} groups of {kind}, "
        f"{N_RESAMPLES} resamples; exact where all or none of a part are right"
    )


def _risk(classifier: HeadlineClassifier, answers: Answers) -> RiskCoverage:
    """Measure error and coverage at the thresholds of a classifier."""
    learned = dict(zip(ERROR_BUDGETS, classifier.thresholds_.tolist(), strict=True))
    budgets = {budget: learned[budget] for budget in REPORTED_BUDGETS}
    return scores.risk(answers.correct, answers.answer_confidence, budgets, answers.groups)


def _none_scores(classifier: HeadlineClassifier, answers: Answers, of_none: NDArray[np.bool_]) -> NoneScores:
    """Measure how well confidence separates the headlines of a section from those of none."""
    return {
        "label": str(classifier.none_label),
        "n_headlines": int(of_none.sum()),
        "area_under_roc": scores.separation(~of_none, answers.confidence, answers.groups),
        "max_error": DEFAULT_BUDGET,
        "answered": float((answers.answer_confidence[of_none] >= classifier.threshold(DEFAULT_BUDGET)).mean()),
    }


def _by_month(test: Labelled, answers: Answers) -> list[MonthScores] | None:
    """Compute the accuracy by month, where dates are known."""
    months = test.dates.astype("datetime64[M]").astype(str)
    return scores.by_part(answers.correct, np.where(months == "NaT", "", months).tolist(), "month", answers.groups)


def _by_publisher(test: Labelled, answers: Answers) -> list[PublisherScores] | None:
    """Compute the accuracy on the headlines of each of the largest publishers, where they are known."""
    publishers = _texts(test.headlines.publisher)
    return scores.by_part(answers.correct, publishers, "publisher", answers.groups, scores.N_PUBLISHERS)


def _by_source(train: Labelled | None, test: Labelled, answers: Answers) -> list[SourceScores] | None:
    """Compute the accuracy on publishers that were trained on, and on others, where both are known."""
    known = set(_texts(train and train.headlines.publisher)) - {""}
    if not known:
        return None
    publishers = _texts(test.headlines.publisher)
    parts = [publisher and ("in training" if publisher in known else "new") for publisher in publishers]
    return scores.by_part(answers.correct, parts, "publishers", answers.groups)


def _texts(column: pa.Array | None) -> list[str]:
    """Return a column as texts, blank where unknown; none where there is no column."""
    return [] if column is None else pc.fill_null(column, "").to_pylist()
