"""Train on more and more headlines and measure on the same test headlines.

Question: would more labelled headlines help, and how many are enough?
Command:  python experiments/learning_curve.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz half a minute)
Figure:   accuracy on the embedded corpus with all training headlines minus that with a half of them: -0.01 to 0.04.

Each training set holds the one before it, and each is made of whole groups of near-duplicates and stories.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import _common as common

from classify import train
from classify.core.display import score_text
from classify.report.words import points


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on halves of halves and write results.json."""
    name = common.corpus_name(args)
    headlines = common.load_labelled(args)
    numbers = train(headlines, seed=args.seed, name=name, compare_splits=False, n_sizes=6).evaluation
    assert numbers is not None
    common.write_results(page(numbers, name), folder, args)


def page(numbers: common.Json, corpus: str) -> common.Json:
    """Write the answer: the accuracy with few headlines, with a half and with all."""
    curve, n_test = numbers["learning_curve"], numbers["data"]["n_test"]
    few, half, whole = (
        f"{score_text({**row, 'value': row['accuracy']})} with {row['n_train']:,}" for row in (curve[0], *curve[-2:])
    )
    gain = points(curve[-1]["accuracy"] - curve[-2]["accuracy"])
    answer = (
        f"Accuracy on the same {n_test:,} test headlines of {corpus} (grouped split): {few} training headlines, {half} "
        f"and {whole}. The last doubling brought {gain} points."
    )
    return common.experiment(
        __doc__,
        f"Learning curve on {corpus}",
        answer,
        f"accuracy {whole} headlines; the last doubling brought {gain} points",
        learning_curve=curve,
        figures={
            "learning_curve": "Scores on the same test headlines by the number of training headlines. Where the line "
            "still rises at the right end, more labelled headlines would help."
        },
        tables=[{"title": "Scores by training size", "rows": curve}],
    )


def figure(numbers: common.Json) -> float:
    """Return what the last doubling of the training headlines brought."""
    half, whole = numbers["learning_curve"][-2:]
    return float(whole["accuracy"] - half["accuracy"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
