"""Change one thing about the classifier at a time and measure what it was worth.

Question: what do pairs of words, character n-grams, their weight, the penalty and class weights each contribute?
Command:  python experiments/ablate_features.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz a minute)
Figure:   words and characters together beat either alone, by 2 to 3 points on the embedded corpus; leaving out terms
          found once costs as much there; penalty, n-gram lengths and weights matter by less than about a point.

The defaults were not chosen on these test headlines: see the comments in classify/training.py and vectorizer.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common

from classify import HeadlineClassifier
from classify.evaluation.answers import answer
from classify.evaluation.comparison import compare
from classify.evaluation.pipeline import fit_parts
from classify.evaluation.sections import evaluate_parts
from classify.splits import divide

DEFAULT = "as it is"

VARIANTS: dict[str, dict[str, Any]] = {
    "words only": {"char_ngrams": None},
    "single words only": {"word_ngrams": (1, 1), "char_ngrams": None},
    "characters of rare words only": {"word_ngrams": None},
    "single words and characters": {"word_ngrams": (1, 1)},
    "characters 2 to 4": {"char_ngrams": (2, 4)},
    "characters 3 to 5": {"char_ngrams": (3, 5)},
    "character weight 0.4": {"char_weight": 0.4},
    "character weight 1": {"char_weight": 1.0},
    "terms in 2 headlines or more": {"min_df": 2},
    "no punctuation": {"punctuation": False},
    "C = 0.25": {"C": 0.25},
    "C = 1": {"C": 1.0},
    "balanced class weights": {"class_weight": "balanced"},
}


def run(args: argparse.Namespace, folder: Path) -> None:
    """Train each variant on the same headlines and write results.json."""
    parts = divide(common.load_labelled(args), seed=args.seed)
    models = {DEFAULT: HeadlineClassifier(random_state=args.seed)}
    models |= {name: HeadlineClassifier(**options, random_state=args.seed) for name, options in VARIANTS.items()}
    fitted = {name: fit_parts(model, parts) for name, model in models.items()}
    answers = {name: answer(model, parts.test) for name, model in fitted.items()}
    numbers = evaluate_parts(
        fitted[DEFAULT],
        parts,
        name=common.corpus_name(args),
        title=f"What each part of the classifier is worth on {common.corpus_name(args)}",
        comparison=compare(answers, parts.test.headlines, against=DEFAULT),
    )
    common.write_results(numbers, folder)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
