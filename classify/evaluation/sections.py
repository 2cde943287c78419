"""Classifier + labelled headlines -> the numbers of a report on sections."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.classifier import ERROR_BUDGETS, HeadlineClassifier
from classify.dates import read_dates
from classify.evaluation import scores
from classify.evaluation.answers import Answers, answer, near_duplicates, section_labels
from classify.evaluation.bootstrap import LEVEL, N_RESAMPLES
from classify.evaluation.predictions import N_PREDICTIONS, list_predictions, name_terms
from classify.features import TfidfVectorizer
from classify.features.tokens import tokenize
from classify.headlines import Headlines

if TYPE_CHECKING:
    import pyarrow as pa

REPORTED_BUDGETS = (0.01, 0.02, 0.05, 0.1, 0.2)
DEFAULT_BUDGET = 0.05
N_TERMS = 20

Json = dict[str, Any]
IntArray = NDArray[np.int64]


def evaluate(
    classifier: HeadlineClassifier,
    headlines: Headlines,
    sections: ArrayLike | None = None,
    *,
    train: Headlines | None = None,
    groups: tuple[IntArray, IntArray] | None = None,
    name: str = "headlines",
    split: str = "given test file",
    n_predictions: int = N_PREDICTIONS,
) -> Json:
    """Measure a fitted classifier on labelled headlines that it has not seen.

    Parameters
    ----------
    classifier
        Fitted.
    headlines
        n test headlines, as given: the classifier cleans them.
    sections
        Shape (n,): their true sections; by default the column of `headlines`. A section that the
        classifier does not know counts as a mistake. Headlines of its `none_label` are left out of
        all scores but ``none_of_these`` and ``risk_coverage``, where to answer one is a mistake.
    train
        The labelled headlines that it was trained on, where they are at hand: for the baselines,
        and to count the test headlines that have a near-duplicate among them.
    groups
        Groups of the training and of the test headlines, in common numbers; by default
        near-duplicates, joined with stories where those are known.
    name
        Of the corpus.
    split
        How the test headlines were chosen, for the record: "grouped", "random", "time" or "given
        test file".
    n_predictions
        How many headlines to list with their reasons, mistakes first.

    Returns
    -------
    :
        The numbers of a report, plain JSON types: accuracy, macro-F1 and F1 by section with 95 %
        intervals, log-loss, calibration, risk and coverage, baselines, confusion matrix, and the
        most telling answers. Parts that this evaluation does not have are None.

    Raises
    ------
    ValueError
        If there are no headlines, or one has no section.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = ["Rovers win cup", "Tax vote", "Rovers lose", "Tax bill"], ["sport", "politics"] * 2
    >>> test = Headlines(pa.array(rows[0]), section=pa.array(rows[1]), line=pa.array([1, 2, 3, 4]))
    >>> classifier = HeadlineClassifier(n_folds=2).fit(*rows)
    >>> evaluate(classifier, test, train=test)["accuracy"]["value"]
    1.0
    """
    true = section_labels(headlines, sections)
    known, test_groups = groups or _groups(train, headlines)
    none = true == classifier.none_label
    if none.any():
        part = np.flatnonzero(~none)
        rest = evaluate(
            classifier,
            headlines.take(part),
            true[part],
            train=train,
            groups=(known, test_groups[part]),
            name=name,
            split=split,
            n_predictions=n_predictions,
        )
        every = answer(classifier, headlines, true, test_groups)
        return {**rest, "risk_coverage": _risk(classifier, every), "none_of_these": _none_scores(classifier, every)}
    answers = answer(classifier, headlines, true, test_groups)
    lengths = np.diff(tokenize(classifier.clean(headlines.headline)).indptr)
    return {
        "kind": "sections",
        "title": f"Sections of {name}",
        "created_with": versions(),
        "data": {
            "name": name,
            "trained_on": None if train is None else name,
            "n_train": int(classifier.vectorizer_.n_samples_),
            "n_test": len(headlines),
            "split": split,
            "test_size": None,
            "seed": None,
            "sections": answers.labels,
            "n_duplicates_crossing": None if train is None else int(np.isin(test_groups, known).sum()),
            "unknown_sections": unknown_sections(classifier, true),
        },
        "model": {
            "description": describe(classifier),
            "params": parameters(classifier),
            "size_bytes": None,
        },
        "labels": answers.labels,
        **section_scores(answers),
        **_probability_scores(classifier, answers),
        "interval": _interval_words(headlines, test_groups),
        "baselines": _baselines(classifier, train, headlines, true),
        "random_split": None,
        "learning_curve": None,
        "top_terms": _top_terms(classifier),
        **_by_column(headlines, answers),
        "by_source": _by_source(train, headlines, answers),
        "by_length": scores.by_length(answers.correct, lengths, test_groups),
        "search": None,
        "comparison": None,
        "none_of_these": None,
        "predictions": list_predictions(
            classifier, headlines, answers, classifier.threshold(DEFAULT_BUDGET), n_predictions
        ),
    }


def section_scores(answers: Answers) -> Json:
    """Count accuracy, macro-F1, the scores by section and the confusion matrix."""
    return scores.section_scores(answers.true, answers.best, answers.labels, answers.groups)


def versions() -> dict[str, str]:
    """Name the versions of what the numbers depend on."""
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
    """Say in words what a classifier is.

    Examples
    --------
    >>> describe(HeadlineClassifier(char_ngrams=None))
    'TF-IDF of words (1 to 2) into one linear classifier a section, calibrated out of fold'
    """
    named = (("words", classifier.word_ngrams), ("characters", classifier.char_ngrams))
    parts = [f"{kind} ({low} to {high})" for kind, (low, high) in ((k, r) for k, r in named if r)]
    features = " and ".join(parts)
    return f"TF-IDF of {features} into one linear classifier a section, calibrated out of fold"


def parameters(estimator: Any) -> Json:  # noqa: ANN401 (any estimator)
    """List the parameters that the result depends on, in plain JSON types."""
    params = estimator.get_params()
    return {key: list(value) if isinstance(value, tuple) else value for key, value in params.items() if key != "n_jobs"}


def _groups(train: Headlines | None, test: Headlines) -> tuple[IntArray, IntArray]:
    """Group near-duplicates and stories over the training and the test headlines."""
    groups = near_duplicates(Headlines.concat([train, test]) if train is not None else test)
    return groups[: len(groups) - len(test)], groups[len(groups) - len(test) :]


def _interval_words(headlines: Headlines, groups: IntArray) -> str:
    """Say how the intervals were made."""
    stories = headlines.story is not None and headlines.story.null_count < len(headlines)
    kind = "near-duplicates and stories" if stories else "near-duplicates"
    return (
        f"{100 * LEVEL:.0f} % bootstrap over {len(np.unique(groups)):,} groups of {kind}, "
        f"{N_RESAMPLES} resamples; exact where all or none of a part are right"
    )


def _probability_scores(classifier: HeadlineClassifier, answers: Answers) -> Json:
    """Measure whether the probabilities can be trusted, and what abstaining buys."""
    correct, confidence = answers.correct, answers.confidence
    return {
        **scores.probability_scores(answers.true, answers.proba),
        "precision_recall": scores.precision_recall(answers.true, answers.proba, answers.labels),
        "reliability": scores.reliability(correct, confidence, answers.groups),
        "confidence_histogram": scores.histogram(confidence),
        "risk_coverage": _risk(classifier, answers),
    }


def _risk(classifier: HeadlineClassifier, answers: Answers) -> Json:
    """Measure what abstaining buys."""
    learned = dict(zip(ERROR_BUDGETS, classifier.thresholds_.tolist(), strict=True))
    budgets = {budget: learned[budget] for budget in REPORTED_BUDGETS}
    return scores.risk(answers.correct, answers.confidence, budgets, answers.groups)


def _none_scores(classifier: HeadlineClassifier, answers: Answers) -> Json:
    """Measure how well confidence tells the headlines of a section from those of none."""
    known = answers.true != answers.labels.index(str(classifier.none_label))
    answered = answers.confidence[~known] >= classifier.threshold(DEFAULT_BUDGET)
    return {
        "label": str(classifier.none_label),
        "n_headlines": int((~known).sum()),
        "area_under_roc": scores.separation(known, answers.confidence, answers.groups),
        "max_error": DEFAULT_BUDGET,
        "answered": float(answered.mean()),
    }


def _baselines(
    classifier: HeadlineClassifier, train: Headlines | None, test: Headlines, true: NDArray[Any]
) -> list[Json]:
    """Score naive answers; without training headlines, the test's own most frequent section."""
    from sklearn.metrics import accuracy_score, f1_score

    if train is not None and classifier.none_label is not None:
        train = train.take(np.flatnonzero(section_labels(train) != classifier.none_label))
    known = true if train is None else section_labels(train)
    names, counts = np.unique(known.astype(str), return_counts=True)
    answers = {"most frequent section": np.full(len(true), names[counts.argmax()])}
    if train is not None:
        answers["naive Bayes on words"] = _naive_bayes(
            classifier.clean(train.headline), known, classifier.clean(test.headline)
        )
    return [
        {
            "name": name,
            "accuracy": float(accuracy_score(true.astype(str), given)),
            "macro_f1": float(f1_score(true.astype(str), given, average="macro")),
        }
        for name, given in answers.items()
    ]


def _naive_bayes(train: pa.Array, sections: NDArray[Any], test: pa.Array) -> NDArray[Any]:
    """Answer by scikit-learn's naive Bayes on whether each word occurs."""
    from sklearn.naive_bayes import MultinomialNB

    words = TfidfVectorizer(word_ngrams=(1, 1), char_ngrams=None)
    rows, new = words.fit_transform(train), words.transform(test)
    rows.data[:], new.data[:] = 1, 1
    return np.asarray(MultinomialNB().fit(rows, sections.astype(str)).predict(new))


def _top_terms(classifier: HeadlineClassifier) -> dict[str, list[Json]]:
    """List the strongest terms of each section."""
    return {section: name_terms(terms) for section, terms in classifier.top_terms(N_TERMS).items()}


def unknown_sections(classifier: HeadlineClassifier, true: NDArray[Any]) -> list[Json]:
    """Count the test headlines of each section that the classifier does not know."""
    names, counts = np.unique(true.astype(str), return_counts=True)
    rows = zip(names.tolist(), counts.tolist(), strict=True)
    known = set(classifier.classes_.astype(str).tolist())
    return [{"section": name, "n_headlines": count} for name, count in rows if name not in known]


def _by_column(headlines: Headlines, answers: Answers) -> Json:
    """Count the accuracy by month and by publisher, where those are known."""
    correct, groups = answers.correct, answers.groups
    months: list[str | None] = []
    if headlines.date is not None:
        found = read_dates(headlines.date).astype("M8[M]").astype(str).tolist()
        months = [None if month == "NaT" else month for month in found]
    publishers = [] if headlines.publisher is None else headlines.publisher.to_pylist()
    n = scores.N_PUBLISHERS
    return {
        "by_month": scores.by_part(correct, months, "month", groups),
        "by_publisher": scores.by_part(correct, publishers, "publisher", groups, n),
    }


def _by_source(train: Headlines | None, test: Headlines, answers: Answers) -> list[Json] | None:
    """Count the accuracy on publishers that were trained on, and on others, where both are known."""
    if train is None or train.publisher is None or test.publisher is None:
        return None
    known = set(train.publisher.to_pylist()) - {None, ""}
    parts = [p and ("in training" if p in known else "new") for p in test.publisher.to_pylist()]
    return scores.by_part(answers.correct, parts, "publishers", answers.groups)
