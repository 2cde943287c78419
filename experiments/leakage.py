"""Measure how much a random split flatters, on one corpus or several.

Question: how much of the accuracy on a random split is memory of wire copy and of repeated stories?
Command:  python experiments/leakage.py [--corpus FILE ...]   (ten seconds; newsapi_2022_en.csv.gz half a minute)
Figure:   where stories are known the random split flatters: by about 4 points on the embedded corpus, by 24 on
          uci_news_partial. On newsapi_2022_en near-duplicates make no difference once repeats are out, but the split
          by date is 2.4 points lower.

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
from classify.evaluation.answers import Answers, answer
from classify.evaluation.pipeline import fit_parts
from classify.evaluation.scores import probability_scores
from classify.evaluation.sections import evaluate_parts, section_scores
from classify.splits import Labelled, Parts, divide, prepare_labelled

# A split by date that leaves less to train on, its stories running to the end, has nothing to say about leakage.
LEAST_SHARE = 0.3

SPLITS: tuple[Literal["random", "grouped", "time"], ...] = ("random", "grouped", "time")


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on each split of each corpus and write results.json."""
    files = args.corpus or [None]
    tables, numbers = [], None
    for file in files:
        one = argparse.Namespace(corpus=file, seed=args.seed)
        given, name = prepare_labelled(common.load_labelled(one)), common.corpus_name(one)
        rows, grouped = measure(given, name, args.seed, several=len(files) > 1)
        tables += rows
        numbers = numbers or grouped
    assert numbers is not None
    numbers["title"] = "How much a random split flatters"
    numbers["comparison"] = {"models": tables, "paired": [], "per_section": {}, "disagreements": []}
    common.write_results(numbers, folder)


def measure(headlines: Labelled, name: str, seed: int, *, several: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Train on each split of one corpus; return the rows of the table, and the whole evaluation of the grouped one."""
    table: list[dict[str, Any]] = []
    evaluation: dict[str, Any] = {}
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
        if split == "grouped":
            random = {key: table[0][key] for key in ("accuracy", "macro_f1", "n_test", "n_duplicates_crossing")}
            random_split = random if random["n_duplicates_crossing"] else None
            evaluation = evaluate_parts(fitted, parts, name=name, random_split=random_split)
    return table, evaluation


def dated(headlines: Headlines) -> bool:
    """Tell whether a split by date is possible: most headlines have a date."""
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
