"""Compare ways to label headlines: the naive, the usual linear ones on words and characters, and ours.

Question: what do character n-grams add to words, which linear model is best, and is ours as good as any?
Command:  python experiments/compare_models.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz three minutes)
Figure:   accuracy of this classifier without its background minus that of the most accurate other model, on the
          embedded corpus: -0.02 to 0.02.

All models see the same TF-IDF rows, split and groups; ours has the English background that comes with the package as
well, which the others cannot use, and is measured without it, too. Times to fit are in timings.json, apart from
results.json, so that two runs give the same results.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
import pyarrow as pa
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.svm import LinearSVC

from classify import HeadlineClassifier, TfidfVectorizer
from classify.core.display import score_text
from classify.core.files import write_whole
from classify.evaluation.answers import Answers, align, answer
from classify.evaluation.comparison import compare
from classify.evaluation.pipeline import fit_parts
from classify.report.words import points
from classify.splits import Parts, divide

OURS = "this classifier"
PLAIN = "this classifier, no background"

BOTH = "words and characters"
FEATURES: dict[str, dict[str, Any]] = {
    "words": {"char_ngrams": None},
    "characters": {"word_ngrams": None, "char_max_df": None},
    BOTH: {},
}


def linear_models(seed: int) -> dict[str, Callable[[], Any]]:
    """Name the usual linear models, and how to make each.

    Penalties: of five each, the best mean accuracy on three grouped folds of the training parts of huffpost_2018_22 and
    of every eighth headline of newsapi_2022_en, words and characters; logistic regression gains 0.2 points more
    beyond 10, where it takes ten times as long.
    """
    return {
        "naive Bayes": lambda: MultinomialNB(alpha=0.01),
        "logistic regression": lambda: OneVsRestClassifier(
            LogisticRegression(C=10, solver="liblinear", dual=True, max_iter=1000, random_state=seed)
        ),
        "linear SVM": lambda: LinearSVC(C=0.5, random_state=seed),
        "ridge": lambda: RidgeClassifier(alpha=1, solver="sparse_cg", tol=1e-3, random_state=seed),
    }


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train every model on the same rows, and write results.json and timings.json."""
    parts = divide(common.load_labelled(args), seed=args.seed)
    answers, seconds, certain = {}, {}, []
    for name, options in {OURS: {}, PLAIN: {"background": None}}.items():
        start = time.perf_counter()
        ours = fit_parts(HeadlineClassifier(random_state=args.seed, **options), parts)
        seconds[name] = time.perf_counter() - start
        answers[name] = answer(ours, parts.test)
    for name, each, took, probable in fit_others(parts, ours.clean, args.seed):
        answers[name], seconds[name] = each, took
        certain += [] if probable else [name]
    comparison = compare(answers, parts.test.headlines, against=OURS, without_probabilities=certain)
    common.write_results(page(comparison, parts, common.corpus_name(args)), folder, args)
    rounded = {name: round(value, 2) for name, value in seconds.items()}
    write_whole(folder / "timings.json", json.dumps({"seconds_fit": rounded}, indent=1) + "\n")


def page(comparison: common.Json, parts: Parts, corpus: str) -> common.Json:
    """Write the answer: ours beside the most accurate other model, and what characters add to words."""
    accuracy = {row["name"]: row["accuracy"]["value"] for row in comparison["models"]}
    best = best_other(comparison)
    pair = next(pair for pair in comparison["paired"] if pair["b"] == best["name"])
    gains = [accuracy[f"{name}, {BOTH}"] - accuracy[f"{name}, words"] for name in linear_models(0)]
    ours, plain = (score_text(row["accuracy"]) for row in comparison["models"][:2])
    answer = (
        f"On {len(parts.test):,} test headlines of {corpus} ({parts.split} split) this classifier has an accuracy of "
        f"{ours}, without its background {plain}; the most accurate other model is {best['name']}, "
        f"{score_text(best['accuracy'])}: ours minus it is {common.lead(pair)}. Characters beside words change the "
        f"four linear models by {points(min(gains))} to {points(max(gains))} points."
    )
    return common.experiment(
        __doc__,
        f"Models compared on {corpus}",
        answer,
        f"accuracy {ours}; minus {best['name']}: {common.lead(pair)}",
        comparison=common.scores_of(comparison),
        figures={
            "paired_differences": "This classifier minus each other model, headline by headline: right of zero this "
            "classifier is better. Where a bar leaves out zero, the difference is unlikely to be chance.",
            "models": "Accuracy and macro-F1 of each model on the same test headlines, best first, with 95 % "
            "intervals; to compare two models, read the paired differences.",
        },
        tables=[
            {"title": "Scores of each model", "rows": comparison["models"]},
            {"title": "This classifier minus each other", "rows": [common.difference(p) for p in comparison["paired"]]},
        ],
    )


def best_other(comparison: common.Json) -> common.Json:
    """Return the row of the most accurate model but ours."""
    return dict(next(row for row in common.most_accurate(comparison["models"]) if row["name"] not in (OURS, PLAIN)))


def figure(numbers: common.Json) -> float:
    """Return the accuracy of ours without background minus that of the most accurate other model."""
    plain = next(row for row in numbers["comparison"]["models"] if row["name"] == PLAIN)
    return float(plain["accuracy"]["value"] - best_other(numbers["comparison"])["accuracy"]["value"])


def fit_others(
    parts: Parts, tidy: Callable[[pa.Array], pa.Array], seed: int
) -> Iterator[tuple[str, Answers, float, bool]]:
    """Train the rivals; yield name, answers, seconds to fit, and whether they are probabilities."""
    assert parts.train is not None
    for feature, options in FEATURES.items():
        start = time.perf_counter()
        vectorizer = TfidfVectorizer(punctuation=True, **options)
        rows = vectorizer.fit_transform(tidy(parts.train.headlines.headline))
        vectorizing = time.perf_counter() - start
        test = vectorizer.transform(tidy(parts.test.headlines.headline))
        models = {f"{name}, {feature}": make for name, make in linear_models(seed).items()}
        if feature == "words":
            models = {"most frequent section": lambda: DummyClassifier(strategy="most_frequent"), **models}
        for name, make in models.items():
            start = time.perf_counter()
            model = make().fit(rows, parts.train.sections.astype(str))
            took = vectorizing + time.perf_counter() - start
            proba, probable = ask(model, test)
            yield name, align(model.classes_, proba, parts.test.sections, parts.test.groups), took, probable


def ask(model: Any, rows: Any) -> tuple[np.ndarray[Any, Any], bool]:  # noqa: ANN401 (any scikit-learn classifier)
    """Return probabilities, or ones for the answers of a model that has none, and which of the two."""
    if hasattr(model, "predict_proba") and not isinstance(model, DummyClassifier):
        return model.predict_proba(rows), True
    return (model.predict(rows)[:, None] == model.classes_).astype(float), False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
