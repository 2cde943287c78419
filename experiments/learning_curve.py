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

from classify import train
from classify.evaluation import N_PREDICTIONS


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train on halves of halves and write results.json."""
    name = common.corpus_name(args)
    headlines = common.load_labelled(args)
    options = {"compare_splits": False, "n_sizes": 6, "n_predictions": N_PREDICTIONS}
    numbers = train(headlines, seed=args.seed, name=name, **options).evaluation
    assert numbers is not None
    common.write_results(numbers | {"title": f"Learning curve on {name}", "figure": "learning_curve"}, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
