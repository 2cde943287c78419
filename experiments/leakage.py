"""Measure how much a random split flatters, on one corpus or several.

Question: how much of the accuracy on a random split is memory of wire copy and of repeated stories?
Command:  python experiments/leakage.py [--corpus FILE ...]   (ten seconds; newsapi_2022_en.csv.gz half a minute)
Figure:   accuracy on the random split of the embedded corpus minus that on its grouped split: 0.01 to 0.06.

By 24 points on uci_news_partial. On newsapi_2022_en near-duplicates make no difference once repeats are out, but the
split by date is 2.4 points lower.

For each corpus: the random split, with its test headlines taken apart into those that have a twin (a near-duplicate or
a headline of the same story) among the training headlines and those that have none; the grouped split; and, where
there are dates and enough headlines before the border, the split by date. Word-for-word repeats are left out of all.
The test headlines differ between the splits, so there are no paired differences.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import _common as common
import numpy as np

from classify import HeadlineClassifier, Headlines
from classify.core.display import score_text
from classify.evaluation.answers import Answers, answer
from classify.evaluation.pipeline import fit_parts
from classify.evaluation.scores import probability_scores
from classify.evaluation.sections import section_scores
from classify.report.words import points
from classify.splits import Labelled, Parts, divide, prepare_labelled

# A split by date that leaves less to train on, because stories run to the end, is left out.
LEAST_SHARE = 0.3

SPLITS: tuple[Literal["random", "grouped", "time"], ...] = ("random", "grouped", "time")


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on each split of each corpus and write results.json."""
    files = args.corpus or [None]
    rows: list[common.Json] = []
    for file in files:
        one = argparse.Namespace(corpus=file)
        headlines, name = prepare_labelled(common.load_labelled(one)), common.corpus_name(one)
        rows += measure(headlines, name, args.seed, several=len(files) > 1)
    corpora = ", ".join(common.corpus_name(argparse.Namespace(corpus=file)) for file in files)
    common.write_results(page(rows, corpora), folder, args)


def page(rows: list[common.Json], corpora: str) -> common.Json:
    """Write the answer: the accuracy on the random split beside that on the others."""
    found = by_split(rows)
    scores = {name: score_text(row["accuracy"]) for name, row in found.items()}
    gain = points(found["random"]["accuracy"]["value"] - found["grouped"]["accuracy"]["value"])
    plain = " and ".join(f"{found[name]['accuracy']['value']:.3f}" for name in ("random", "grouped"))
    twins = (
        f" (with a twin among the training headlines {scores['random, twins']}, without {scores['random, no twins']})"
        if "random, twins" in scores
        else ""
    )
    time = f", split by date {scores['time']}" if "time" in scores else ""
    answer = (
        f"Random split minus grouped split: {gain} points of accuracy. Random {scores['random']}{twins}, grouped "
        f"{scores['grouped']}{time}. The test headlines differ between the splits."
    )
    return common.experiment(
        __doc__,
        f"Random, grouped and time splits of {corpora}",
        answer,
        f"random minus grouped split: {gain} points ({plain})",
        comparison={"models": rows, "title": "One classifier, tested by each split"},
        figures={
            "models": "One classifier, trained and tested anew on each split, so the test headlines differ from row to "
            "row; twins are those that have a near-duplicate or a headline of the same story among the training "
            "headlines. Bars are 95 % intervals."
        },
        tables=[{"title": "Scores by split", "rows": rows}],
    )


def by_split(rows: list[common.Json]) -> dict[str, common.Json]:
    """Return the rows of the first corpus by split."""
    first = rows[0]["name"].partition(", ")[2] if rows[0]["name"] != "random" else ""
    return {row["name"].removesuffix(f", {first}"): row for row in reversed(rows) if row["name"].endswith(first)}


def figure(numbers: common.Json) -> float:
    """Return the accuracy on the random split minus that on the grouped one."""
    found = by_split(numbers["comparison"]["models"])
    return float(found["random"]["accuracy"]["value"] - found["grouped"]["accuracy"]["value"])


def measure(headlines: Labelled, name: str, seed: int, *, several: bool) -> list[common.Json]:
    """Train on each split of one corpus; return the rows of the table."""
    table: list[common.Json] = []
    for split in SPLITS:
        if split == "time" and not dated(headlines.headlines):
            continue
        parts = divide(headlines, split, seed=seed)
        if len(parts.train or ()) < LEAST_SHARE * len(headlines):
            continue
        fitted = fit_parts(HeadlineClassifier(random_state=seed), parts)
        for words, some in pieces(parts):
            answers = answer(fitted, some.test)
            table.append(row(f"{words}, {name}" if several else words, some, answers))
    return table


def dated(headlines: Headlines) -> bool:
    """Return whether a split by date is possible: most headlines have a date."""
    return headlines.date is not None and headlines.date.null_count < 0.5 * len(headlines)


def pieces(parts: Parts) -> Iterator[tuple[str, Parts]]:
    """Name the test headlines; of a random split, also those with and without a twin in training."""
    yield parts.split, parts
    assert parts.train is not None
    twin = np.isin(parts.test.groups, parts.train.groups)
    if parts.split == "random" and twin.any() and not twin.all():
        for words, mask in (("twins", twin), ("no twins", ~twin)):
            rows = np.flatnonzero(mask)
            some = replace(parts, test=parts.test.take(rows))
            yield f"random, {words}", some


def row(name: str, parts: Parts, answers: Answers) -> dict[str, Any]:
    """Gather the scores on some test headlines."""
    found = section_scores(answers)
    return {
        "name": name,
        "accuracy": found["accuracy"],
        "macro_f1": found["macro_f1"],
        **probability_scores(answers.true, answers.proba),
        "n_train": len(parts.train or ()),
        "n_test": len(parts.test),
        "n_duplicates_crossing": parts.n_crossing,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    parser = common.arguments(__doc__ or "", several=True)
    return common.carry_out(__file__, parser.parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
