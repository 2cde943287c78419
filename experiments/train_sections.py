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

from classify import save_model
from classify.evaluation import train_and_evaluate


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train, measure, and write the model and results.json."""
    headlines = common.load_labelled(args)
    classifier, numbers = train_and_evaluate(headlines, seed=args.seed, name=common.corpus_name(args), n_sizes=6)
    folder.mkdir(parents=True, exist_ok=True)
    numbers["model"]["size_bytes"] = save_model(classifier, folder / "sections.safetensors")
    common.write_results(numbers, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
