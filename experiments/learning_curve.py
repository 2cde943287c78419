"""Train on more and more headlines and measure on the same test headlines.

Question: would more labelled headlines help, and how many are enough?
Command:  python experiments/learning_curve.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz half a minute)
Figure:   on the embedded corpus the accuracy rises from below 0.7 at 150 headlines to about 0.88 at all 2,400, and has
          not levelled off.

Each training set holds the one before it, and each is made of whole groups of near-duplicates and stories.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import _common as common

from classify.evaluation import train_and_evaluate


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on halves of halves and write results.json."""
    name = common.corpus_name(args)
    headlines = common.load_labelled(args)
    _, numbers = train_and_evaluate(headlines, seed=args.seed, name=name, compare_splits=False, n_sizes=6)
    numbers |= {"title": f"Learning curve on {name}", "figure": "learning_curve"}
    common.write_results(numbers, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
