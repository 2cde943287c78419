"""Train the section classifier on a corpus and measure it on headlines that it has not seen.

Question: how many headlines of a held-out fifth get the right section, and which ones do not?
Command:  python experiments/train_sections.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz half a minute)
Figure:   accuracy on the embedded corpus, near-duplicates and stories on one side of the split: 0.90 to 0.95.

Beside the report lies the model, sections.safetensors, for `classify predict -m`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import _common as common

from classify import train
from classify.core.display import score_text
from classify.evaluation import N_PREDICTIONS
from classify.report.words import headline_figure


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train, measure, and write the model and results.json."""
    headlines = common.load_labelled(args)
    folder.mkdir(parents=True, exist_ok=True)
    name, model = common.corpus_name(args), folder / "sections.safetensors"
    numbers = train(headlines, seed=args.seed, name=name, model=model, n_predictions=N_PREDICTIONS).evaluation
    assert numbers is not None
    right, data = sum(row[i] for i, row in enumerate(numbers["confusion_matrix"])), numbers["data"]
    answer = (
        f"{right:,} of {data['n_test']:,} headlines of a held-out fifth get the right section: accuracy "
        f"{score_text(numbers['accuracy'])}, {data['split']} split."
    )
    common.write_results(numbers | common.answered(__doc__, answer, headline_figure(numbers)), folder, args)


def figure(numbers: common.Json) -> float:
    """Return the accuracy."""
    return float(numbers["accuracy"]["value"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
