"""Train the section classifier on a corpus and measure it on headlines that it has not seen.

Question: how many headlines of a held-out fifth get the right section, and which ones do not?
Command:  python experiments/train_sections.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz half a minute)
Figure:   accuracy about 0.88 on the embedded corpus, near-duplicates and stories kept on one side of the split.

Beside the report lies the model, sections.safetensors, for `classify predict -m`.
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
    """Train, measure, and write the model and results.json."""
    headlines = common.load_labelled(args)
    folder.mkdir(parents=True, exist_ok=True)
    name, model = common.corpus_name(args), folder / "sections.safetensors"
    training = train(headlines, seed=args.seed, name=name, model=model, n_sizes=6, n_predictions=N_PREDICTIONS)
    assert training.evaluation is not None
    common.write_results(training.evaluation, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
