"""Train the same rows with every solver that comes into question, and look at time and accuracy.

Question: which linear solver and loss of scikit-learn is fastest at equal accuracy, and for how many sections?
Command:  python experiments/solvers.py [--corpus FILE]   (a few seconds; newsapi_2022_en.csv.gz a minute)
Figure:   gradient descent over headlines in one order, C = 0.7, is as accurate as LinearSVC: with the hinge loss for up
          to 10 sections, with the modified Huber loss for more; in a quarter to a half of its time.

A fifth of the training part (a grouped split, so that no near-duplicate crosses) is held out; test headlines of other
experiments are never looked at. Headlines are shuffled once and terms ordered by frequency, for every solver. Times
are processor seconds of the fit alone, in one thread.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.svm import LinearSVC

from classify import HeadlineClassifier
from classify.answers import section_labels
from classify.evaluation import divide
from classify.files import write_whole
from classify.training import by_frequency

# The multinomial and the ridge solvers take minutes on the largest corpus without being better on the others.
FEW = 50_000
LOSSES: dict[str, dict[str, Any]] = {
    "hinge": {},
    "modified Huber": {"loss": "modified_huber", "learning_rate": "invscaling", "eta0": 1.0, "power_t": 0.25},
}


def solvers(n: int, seed: int) -> dict[str, Any]:
    """Make the solvers, by what tells them apart."""
    found: dict[str, Any] = {}
    for C in (0.25, 0.5, 1.0):
        found[f"LinearSVC, C = {C:g}"] = LinearSVC(C=C, tol=0.1, random_state=seed)
    found["LinearSVC, C = 0.5, tol = 0.0001"] = LinearSVC(C=0.5, random_state=seed)
    found["LinearSVC, C = 0.5, hinge"] = LinearSVC(C=0.5, loss="hinge", tol=0.1, random_state=seed)
    passes = max(5, -(-50_000 // n))
    for loss, options in LOSSES.items():
        for C, times in ((0.35, 1), (0.7, 1), (1.4, 1), (0.7, 0.6), (0.7, 2), (0.7, 6)):
            name = f"gradient descent, {loss}, C = {C:g}, {int(passes * times)} passes"
            found[name] = _descent(C, n, int(passes * times), seed, **options)
        name = f"gradient descent, {loss}, C = 0.7, {passes} passes, each in an order of its own"
        found[name] = _descent(0.7, n, passes, seed, shuffle=True, **options)
    if n < FEW:
        found["LogisticRegression, C = 10"] = LogisticRegression(C=10, max_iter=50, tol=1e-3)
        found["RidgeClassifier, alpha = 1"] = RidgeClassifier(alpha=1.0, solver="sparse_cg", tol=1e-3)
    return found


def _descent(C: float, n: int, passes: int, seed: int, *, shuffle: bool = False, **options: Any) -> SGDClassifier:  # noqa: ANN401 (of the solver)
    """Make one that goes through the headlines so many times."""
    return SGDClassifier(
        alpha=1 / (C * n), max_iter=passes, tol=None, shuffle=shuffle, random_state=seed, **options
    )


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train and measure each solver, and write results.json."""
    from warnings import catch_warnings, simplefilter

    inner = divide(divide(common.load_labelled(args), seed=args.seed).train, seed=args.seed + 1)
    train, test = inner.train, inner.test
    vectorizer = HeadlineClassifier().vectorizer()
    rows, y = vectorizer.fit_transform(train.headline), section_labels(train).astype(str)
    held_out, true = vectorizer.transform(test.headline), section_labels(test).astype(str)
    order = np.random.default_rng(args.seed).permutation(len(y))
    rows, place = by_frequency(rows[order])
    y, held_out = y[order], held_out[:, np.argsort(place)]
    results = []
    for name, solver in solvers(len(y), args.seed).items():
        begin = time.process_time()
        with catch_warnings():
            simplefilter("ignore")  # of steps that are not enough: the accuracy tells
            solver.fit(rows, y)
        seconds = time.process_time() - begin
        right = solver.predict(held_out) == true
        error = float(np.sqrt(right.mean() * (1 - right.mean()) / len(right)))
        results.append({"solver": name, "seconds": seconds, "accuracy": float(right.mean()), "standard_error": error})
        print(f"{name}: {right.mean():.4f} in {seconds:.1f} s", file=sys.stderr, flush=True)
    numbers = {"corpus": common.corpus_name(args), "n_train": len(y), "n_test": len(true), "seed": args.seed}
    write_whole(folder / "results.json", json.dumps({**numbers, "solvers": results}, indent=1) + "\n")


def draw(folder: Path) -> Path:
    """Write report.md from results.json."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    lines = [
        f"# Solvers on {results['corpus']}",
        "",
        f"Trained on {results['n_train']:,} headlines, measured on {results['n_test']:,} more of the training part "
        f"(grouped split, seed {results['seed']}); processor seconds in one thread.",
        "",
        "| solver | accuracy | standard error | seconds |",
        "|---|--:|--:|--:|",
    ]
    for row in sorted(results["solvers"], key=lambda row: -row["accuracy"]):
        lines.append(
            f"| {row['solver']} | {row['accuracy']:.4f} | {row['standard_error']:.4f} | {row['seconds']:.1f} |"
        )
    page = folder / "report.md"
    write_whole(page, "\n".join(lines) + "\n")
    return page


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run, draw)


if __name__ == "__main__":
    sys.exit(main())
