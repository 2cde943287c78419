"""Train on more and more headlines and measure on the same test headlines.

Question: would more labelled headlines help, and how many are enough?
Command:  python experiments/learning_curve.py   (half a minute; with --corpus newsapi_2022_en.csv.gz two minutes)
Figure:   on the embedded corpus the accuracy rises from below 0.7 at 150 headlines to about 0.88 at all 2,400, and has
          not levelled off.

Each training set holds the one before it, and each is made of whole groups of near-duplicates and stories.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
from numpy.typing import NDArray

from classify import HeadlineClassifier
from classify.answers import answer, section_labels, select_rows
from classify.evaluation import Parts, divide, evaluate_parts, fit
from classify.section_evaluation import section_scores

LEAST = 100
HALVINGS = 6


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on halves of halves and write results.json."""
    parts = divide(common.load_labelled(args), seed=args.seed)
    model = HeadlineClassifier(random_state=args.seed)
    fitted = fit(model, parts)
    numbers = evaluate_parts(fitted, parts, common.corpus_name(args))
    points = [measure(model, parts, rows) for rows in nested(parts.train_groups, args.seed)]
    full = {"n_train": len(parts.train), "macro_f1": numbers["macro_f1"]["value"]}
    numbers["title"] = f"Learning curve on {common.corpus_name(args)}"
    numbers["data"] |= {"test_size": 0.2, "seed": args.seed}
    numbers["learning_curve"] = [*points, {**full, **spread(numbers["accuracy"])}]
    common.write_results(numbers, folder)


def nested(groups: NDArray[np.int64], seed: int) -> list[NDArray[np.int64]]:
    """Choose row numbers: whole groups, each choice about half of the next, the smallest first."""
    numbers = np.unique(groups, return_inverse=True)[1]
    place = np.random.default_rng(seed).permutation(numbers.max() + 1)[numbers]
    sizes = [len(groups) // 2**i for i in range(HALVINGS, 0, -1)]
    ranked = np.sort(place)
    return [np.flatnonzero(place <= ranked[size - 1]) for size in sizes if size >= LEAST]


def measure(model: HeadlineClassifier, parts: Parts, rows: NDArray[np.int64]) -> dict[str, Any]:
    """Train on some of the training rows and measure on all test rows."""
    train = select_rows(parts.train, rows)
    smaller = Parts(train, parts.test, parts.train_groups[rows], parts.test_groups, parts.split, parts.n_repeats)
    answers = answer(fit(model, smaller), parts.test, section_labels(parts.test), parts.test_groups)
    found = section_scores(answers)
    return {"n_train": len(train), "macro_f1": found["macro_f1"]["value"], **spread(found["accuracy"])}


def spread(score: dict[str, float]) -> dict[str, float]:
    """Lay an accuracy and its interval out flat."""
    return {"accuracy": score["value"], "low": score["low"], "high": score["high"]}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
