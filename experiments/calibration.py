"""Measure whether probabilities mean what they say, beside scikit-learn's ways to calibrate the same rows.

Question: of the headlines given 80 %, are 80 % right, and are the probabilities as good as scikit-learn's?
Command:  python experiments/calibration.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz two minutes)
Figure:   expected calibration error on the embedded corpus: 0 to 0.03.

On June 2022 of newsapi_2022_en it is at most 0.02, on huffpost_41 at most 0.03. The test headlines are the last month
of the corpus where it holds a thousand headlines or more, and a grouped fifth otherwise. The rivals see the same rows
as ours without its background and calibrate on grouped folds too: a linear SVM in CalibratedClassifierCV, and those
margins of ours without calibration, through a softmax.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import _common as common
import numpy as np
import pyarrow.compute as pc
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from classify import HeadlineClassifier, Headlines
from classify.evaluation.answers import Answers, align, answer
from classify.evaluation.pipeline import fit_parts
from classify.evaluation.scores import histogram, probability_scores, reliability
from classify.evaluation.sections import section_scores
from classify.splits import Parts, divide, prepare_labelled

OURS = "this classifier"
PLAIN = "this classifier, no background"
LEAST = 1000


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train, calibrate in each way, and write results.json."""
    rows = prepare_labelled(common.load_labelled(args))
    share = last_month(rows.headlines)
    parts = divide(rows, "time", share) if share else divide(rows, seed=args.seed)
    ours = fit_parts(HeadlineClassifier(random_state=args.seed), parts)
    plain = fit_parts(HeadlineClassifier(background=None, random_state=args.seed), parts)
    answers = {OURS: answer(ours, parts.test), PLAIN: answer(plain, parts.test)}
    answers |= dict(rivals(plain, parts, args.seed))
    common.write_results(page(answers, parts, common.corpus_name(args)), folder, args)


def page(answers: Mapping[str, Answers], parts: Parts, corpus: str) -> common.Json:
    """Measure calibration, and write the answer: the calibration error and the log-loss beside those of the rivals."""
    rows = [
        {
            "name": name,
            **probability_scores(each.true, each.proba),
            "accuracy": section_scores(each)["accuracy"],
        }
        for name, each in answers.items()
    ]
    bins = {name: reliability(each.correct, each.confidence, each.groups) for name, each in answers.items()}
    ours, plain, *others = rows
    least = min(others, key=lambda row: row["log_loss"])
    answer = (
        f"On {len(parts.test):,} test headlines of {corpus} ({parts.split} split) stated probability and share of "
        f"right answers differ by {ours['expected_calibration_error']:.3f} on average (expected calibration error); "
        f"the log-loss is {ours['log_loss']:.3f}. On the rows that the rivals see, without background, they are "
        f"{plain['expected_calibration_error']:.3f} and {plain['log_loss']:.3f}; the best of the rivals by log-loss is "
        f"{least['name']}: {least['expected_calibration_error']:.3f} and {least['log_loss']:.3f}."
    )
    return common.experiment(
        __doc__,
        f"Calibration on {corpus}",
        answer,
        f"expected calibration error {ours['expected_calibration_error']:.3f}, log-loss {ours['log_loss']:.3f}; "
        f"{least['name']} {least['expected_calibration_error']:.3f} and {least['log_loss']:.3f}",
        expected_calibration_error=ours["expected_calibration_error"],
        reliability=bins.pop(OURS),
        reliability_beside={name: each for name, each in bins.items() if name != PLAIN},
        confidence_histogram=histogram(answers[OURS].confidence),
        figures={
            "reliability": "Dots: this classifier, with 95 % intervals; on the dashed line 80 % of the headlines given "
            "80 % are right, below it the probabilities are too high. Lines: the same rows calibrated in other ways. "
            "The bars below count the headlines by probability."
        },
        tables=[{"title": "Ways to calibrate", "rows": rows}],
    )


def figure(numbers: common.Json) -> float:
    """Return the expected calibration error."""
    return float(numbers["expected_calibration_error"])


def last_month(headlines: Headlines) -> float | None:
    """Return the share of the dated headlines that the last month holds, None where it is too small for a test."""
    if headlines.date is None:
        return None
    dates = headlines.date.drop_null()
    months = pc.utf8_slice_codeunits(dates.filter(pc.match_substring_regex(dates, r"^\d{4}-\d\d-\d\d")), 0, 7)
    names, sizes = np.unique(np.asarray(months.to_pylist(), str), return_counts=True)
    if len(names) < 2 or sizes[-1] < LEAST:
        return None
    # Half a headline less, so that rounding cannot move the border into the month before.
    return float((sizes[-1] - 0.5) / sizes.sum())


def rivals(ours: HeadlineClassifier, parts: Parts, seed: int) -> Iterator[tuple[str, Answers]]:
    """Calibrate the same rows in other ways."""
    assert parts.train is not None
    true, groups = parts.test.sections, parts.test.groups
    margins = ours.decision_function(parts.test.headlines.headline)[:, : len(ours.classes_)]
    yield "our margins, softmax", align(ours.classes_, softmax(margins.astype(float), axis=1), true, groups)
    rows = ours.vectorizer_.transform(ours.clean(parts.train.headlines.headline))
    test = ours.vectorizer_.transform(ours.clean(parts.test.headlines.headline))
    known = parts.train.sections.astype(str)
    folds = list(GroupKFold(5).split(rows, known, parts.train.groups))
    for method in ("sigmoid", "isotonic"):
        model = CalibratedClassifierCV(LinearSVC(C=0.5, random_state=seed), method=method, cv=folds)
        proba = model.fit(rows, known).predict_proba(test)
        yield f"CalibratedClassifierCV, {method}", align(model.classes_, proba, true, groups)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
