"""Train the same rows with every candidate solver, and measure time and accuracy.

Question: which linear solver and loss of scikit-learn is fastest at equal accuracy, and for how many sections?
Command:  python experiments/solvers.py [--corpus FILE]   (a few seconds; newsapi_2022_en.csv.gz a minute)
Figure:   accuracy on the embedded corpus of the most accurate gradient descent minus that of LinearSVC, C = 0.5: 0 to
          0.02.

With C = 0.7 and headlines in one order, the hinge loss is as accurate for up to 7 sections and the modified Huber loss
for more; from 8,000 headlines in half the time of LinearSVC or less.

A fifth of the training part (a grouped split, so that no near-duplicate crosses) is held out; test headlines of other
experiments are never looked at. Headlines are shuffled once and terms ordered by frequency, for every solver. Times
are processor seconds of the fit alone, in one thread.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common
import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.svm import LinearSVC

from classify import HeadlineClassifier
from classify.classifier.linear import LinearTraining, by_frequency
from classify.splits import divide

# The multinomial and the ridge solvers take minutes on the largest corpus without being better on the others.
FEW = 50_000
# Numbers of sections that ours takes one and the other loss for.
LOSSES = {"hinge": 2, "modified Huber": 100}


def solvers(n: int, seed: int) -> dict[str, Any]:
    """Make the solvers, by what tells them apart."""
    found: dict[str, Any] = {}
    for C in (0.25, 0.5, 1.0):
        found[f"LinearSVC, C = {C:g}"] = LinearSVC(C=C, tol=0.1, random_state=seed)
    found["LinearSVC, C = 0.5, tol = 0.0001"] = LinearSVC(C=0.5, random_state=seed)
    found["LinearSVC, C = 0.5, hinge"] = LinearSVC(C=0.5, loss="hinge", tol=0.1, random_state=seed)
    for loss, n_sections in LOSSES.items():
        ours = LinearTraining(HeadlineClassifier().C, None, 1, seed).solver(n, n_sections)
        for strength, passes in ((0.5, 1), (1, 1), (2, 1), (1, 0.6), (1, 2), (1, 6)):
            options = {"alpha": ours.alpha / strength, "max_iter": int(ours.max_iter * passes)}
            name = f"gradient descent, {loss}, C = {HeadlineClassifier().C * strength:g}, {options['max_iter']} passes"
            found[name] = clone(ours).set_params(**options)
        name = f"gradient descent, {loss}, as by default, but each pass in an order of its own"
        found[name] = clone(ours).set_params(shuffle=True)
    if n < FEW:
        found["LogisticRegression, C = 10"] = LogisticRegression(C=10, max_iter=50, tol=1e-3)
        found["RidgeClassifier, alpha = 1"] = RidgeClassifier(alpha=1.0, solver="sparse_cg", tol=1e-3)
    return found


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train and measure each solver, and write results.json."""
    from warnings import catch_warnings, simplefilter

    inner = divide(divide(common.load_labelled(args), seed=args.seed).train, seed=args.seed + 1)
    train, test = inner.train, inner.test
    vectorizer = HeadlineClassifier().vectorizer()
    rows, y = vectorizer.fit_transform(train.headlines.headline), train.sections.astype(str)
    held_out, true = vectorizer.transform(test.headlines.headline), test.sections.astype(str)
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
    numbers = {"n_train": len(y), "n_test": len(true), "seed": args.seed, "solvers": results}
    common.write_results(page(numbers, common.corpus_name(args)), folder, args)


def page(numbers: common.Json, corpus: str) -> common.Json:
    """Write the answer: the most accurate gradient descent beside LinearSVC."""
    rows = sorted(numbers["solvers"], key=lambda row: -row["accuracy"])
    ours = next(row for row in rows if row["solver"].startswith("gradient descent"))
    theirs = next(row for row in rows if row["solver"] == "LinearSVC, C = 0.5")
    texts = [
        f"{row['solver']}: accuracy {row['accuracy']:.3f} in {1000 * row['seconds']:,.0f} ms" for row in (ours, theirs)
    ]
    answer = (
        f"The most accurate gradient descent is as accurate as LinearSVC within a standard error: {texts[0]}; "
        f"{texts[1]}."
        if abs(ours["accuracy"] - theirs["accuracy"]) <= ours["standard_error"]
        else f"The accuracies differ by more than a standard error: {texts[0]}; {texts[1]}."
    )
    table = [
        {
            "solver": row["solver"],
            "accuracy": row["accuracy"],
            "standard error": row["standard_error"],
            "processor milliseconds": round(1000 * row["seconds"]),
        }
        for row in rows
    ]
    note = (
        f"Trained on {numbers['n_train']:,} headlines, measured on {numbers['n_test']:,} more of the training part "
        f"(grouped split, seed {numbers['seed']}), in one thread."
    )
    return common.experiment(
        __doc__,
        f"Solvers on {corpus}",
        answer,
        "; ".join(texts),
        **numbers,
        tables=[{"title": "Solvers", "rows": table, "note": note}],
    )


def figure(numbers: common.Json) -> float:
    """Return the accuracy of the most accurate gradient descent minus that of LinearSVC."""
    accuracy = {row["solver"]: row["accuracy"] for row in numbers["solvers"]}
    best = max(value for name, value in accuracy.items() if name.startswith("gradient descent"))
    return float(best - accuracy["LinearSVC, C = 0.5"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
