"""Leave each source out in turn: train on all the others and test on the one left out.

Question: which way to put the labelled corpora together is best for headlines of another source and another year?
Command:  python experiments/transfer.py --corpora DIR   (20 minutes on one core; DIR as for train_default_model.py)
Figure:   mean accuracy of the whole training on the four sections of a source left out: 0.84 to 0.90.

The area under ROC for "none of the four" is about 0.9. Nothing of the source left out is trained on, nor any near-
duplicate of its headlines. The answer is the section of the largest margin among the four; what tells a headline of
none of them is the difference between that margin and the one of "none", or the margin alone where there is no such
class. The last lines are the whole training of the default model, which learns from unlabelled headlines, too, and
answers by calibrated probabilities; without a background, as it is published, and with one, which is learned anew for
each source left out, without its headlines: the one that comes with the package has seen them, without labels.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
import pandas as pd
import pyarrow as pa
from _sections import LIMIT, NONE, WRITTEN, capped, labelled, recent, without_twins
from sklearn.metrics import roc_auc_score
from train_background import learn_without
from train_default_model import C, learn

from classify import Background, HeadlineClassifier

DEFAULT = "all headlines alike"
CAPPED = f"at most {LIMIT:,} headlines a source and section"
WHOLE = "the whole training of the default model"
WORDS = "the same, with a background of the other sources"

SCORES = {
    "accuracy": "Accuracy on the four sections",
    "balanced_accuracy": "Balanced accuracy on the four sections",
    "area_under_roc_none": "Area under ROC, the four against none",
}
VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    f"balanced, {CAPPED}": {"class_weight": "balanced", "capped": True},
    "the same, without data/british.csv": {"class_weight": "balanced", "capped": True, "written": False},
    "balanced and at most so many, C = 1": {"class_weight": "balanced", "capped": True, "C": 1.0},
    "no class for none of them": {"none": False},
}


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train each variant without each source and write results.json."""
    rows = labelled(args.corpora)
    known, unlabelled = recent(args.corpora)
    rows = pd.concat([rows, known[["source", "text", "section"]]], ignore_index=True)
    results = []
    for source in sorted(set(rows.source) - {WRITTEN}):
        test = rows[rows.source == source]
        train = without_twins(rows[rows.source != source], test)
        for name, options in VARIANTS.items():
            results.append({"source": source, "variant": name, **measure(train, test, dict(options))})
        others = without_twins(unlabelled[unlabelled.source != source], test)
        results.append({"source": source, "variant": WHOLE, **measure_whole(train, test, others, None)})
        background = learn_without(args.corpora, test.text, source)
        results.append({"source": source, "variant": WORDS, **measure_whole(train, test, others, background)})
        print(*results[-len(VARIANTS) - 2 :], sep="\n", file=sys.stderr, flush=True)
    common.write_results(page({"min_df": 3, "rows": results}), folder, args)


def measure(train: pd.DataFrame, test: pd.DataFrame, options: dict[str, Any]) -> dict[str, Any]:
    """Train one variant and measure it on the source left out."""
    if options.pop("none", True) is False:
        train = train[train.section != NONE]
    if options.pop("written", True) is False:
        train = train[train.source != WRITTEN]
    if options.pop("capped", False):
        train = capped(train)
    model = HeadlineClassifier(background=None, min_df=3, C=C).set_params(**options)
    vectorizer = model.vectorizer()
    names, y = np.unique(train.section.to_numpy(str), return_inverse=True)
    weights, bias = model.training().fit(vectorizer.fit_transform(pa.array(train.text.tolist())), y, len(names))
    margins = vectorizer.transform(pa.array(test.text.tolist())) @ weights + bias
    four = names != NONE
    best = names[four][margins[:, four].argmax(axis=1)]
    sure = margins[:, four].max(axis=1) - (margins[:, ~four].ravel() if NONE in names else 0)
    return figures(best, sure, test.section.to_numpy(str))


def measure_whole(
    train: pd.DataFrame, test: pd.DataFrame, unlabelled: pd.DataFrame, background: Background | None
) -> dict[str, Any]:
    """Train as the default model is, and measure its answers to the source left out."""
    classifier = learn(train, unlabelled, background)
    proba = classifier.predict_proba(pa.array(test.text.tolist()))
    return figures(classifier.classes_[proba.argmax(axis=1)], proba.max(axis=1), test.section.to_numpy(str))


def figures(best: np.ndarray[Any, Any], sure: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Count how many answers are right, and how well confidence tells the four sections from none."""
    some = truth != NONE
    return {
        "n": int(some.sum()),
        "n_none": int((~some).sum()),
        "accuracy": float((best == truth)[some].mean()),
        # Recall by hand: a source may lack some of the four.
        "balanced_accuracy": float(np.mean([(best == one)[truth == one].mean() for one in np.unique(truth[some])])),
        "area_under_roc_none": float(roc_auc_score(some, sure)) if len(set(some)) == 2 else None,
    }


def page(numbers: common.Json) -> common.Json:
    """Write the answer: the mean over the sources left out of the best variant and of the whole training."""
    results = pd.DataFrame(numbers["rows"])
    tables, order = [], [*VARIANTS, WHOLE, WORDS]
    for key, title in SCORES.items():
        table = results.pivot(index="variant", columns="source", values=key).loc[order].dropna(axis=1)
        table.insert(0, "mean", table.mean(axis=1))
        tables.append({"title": title, "rows": table.reset_index().to_dict("records")})
    means = {row["variant"]: row["mean"] for row in tables[0]["rows"]}
    best = max(VARIANTS, key=lambda name: means[name])
    sizes = results[results.variant == DEFAULT][["source", "n", "n_none"]]
    tables.append({"title": "Headlines of the four sections, and of none", "rows": sizes.to_dict("records")})
    n = results.source.nunique()
    answer = (
        f"Mean accuracy on the four sections over {n} sources, each left out in turn: {means[WHOLE]:.3f} with the "
        f"whole training of the default model, {means[WORDS]:.3f} with a background, too. Of the ways to combine the "
        f"labelled corpora alone the best is “{best}”, "
        f"{means[best]:.3f}; {DEFAULT} give {means[DEFAULT]:.3f}."
    )
    headline = f"accuracy {means[WHOLE]:.3f} on a source left out, mean of {n}; {WHOLE}"
    title = "Trained on the others, tested on the source left out"
    return common.experiment(__doc__, title, answer, headline, **numbers, tables=tables)


def figure(numbers: common.Json) -> float:
    """Return the mean accuracy of the whole training."""
    return float(np.mean([row["accuracy"] for row in numbers["rows"] if row["variant"] == WHOLE]))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "")
    parser.add_argument("--corpora", type=Path, required=True, help="folder of the corpora named in _sections.py")
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
