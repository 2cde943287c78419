"""Change one thing about the classifier at a time and measure what it was worth.

Question: what do the background, pairs of words, character n-grams, their weight, the penalty and class weights each
          contribute?
Command:  python experiments/ablate_features.py   (ten seconds; with --corpus newsapi_2022_en.csv.gz a minute)
Figure:   accuracy with the English background minus that without it, on the embedded corpus: 0 to 0.06.

Defaults were not chosen on these test headlines: see the comments in classify/classifier/linear.py and
classify/features/vectorizer.py.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _common as common

from classify import HeadlineClassifier
from classify.core.display import score_text
from classify.evaluation.answers import answer
from classify.evaluation.comparison import compare
from classify.evaluation.pipeline import fit_parts
from classify.splits import Parts, divide

DEFAULT = "as it is"

VARIANTS: dict[str, dict[str, Any]] = {
    "no background": {"background": None},
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
    answers = {}
    for name, model in models.items():
        fitted = fit_parts(model, parts)
        answers[name] = answer(fitted, parts.test)
    common.write_results(
        page(compare(answers, parts.test.headlines, against=DEFAULT), parts, common.corpus_name(args)), folder, args
    )


def page(comparison: common.Json, parts: Parts, corpus: str) -> common.Json:
    """Write the answer: what the best variant gains and the worst loses."""
    pairs = {pair["b"]: pair for pair in comparison["paired"]}
    ranked = [row["name"] for row in common.most_accurate(comparison["models"])]
    worst = next(name for name in reversed(ranked) if name != DEFAULT)
    first = common.most_accurate(comparison["models"])[0]
    gain = (
        f"{ranked[0]} gains {common.lead(pairs[ranked[0]], turned=True)}" if ranked[0] != DEFAULT else "none is better"
    )
    sure = [name for name, pair in pairs.items() if pair["low"] > 0 or pair["high"] < 0]
    answer = (
        f"Of {len(pairs)} changes to the default, {gain}; most is lost with {worst}, "
        f"{common.lead(pairs[worst], turned=True)}. The interval leaves out zero for: {', '.join(sure) or 'none'}. "
        f"Measured on {len(parts.test):,} test headlines of {corpus} ({parts.split} split); the highest accuracy is "
        f"{score_text(first['accuracy'])}."
    )
    return common.experiment(
        __doc__,
        f"What each part of the classifier contributes on {corpus}",
        answer,
        f"{gain}; most is lost with {worst}, {common.lead(pairs[worst], turned=True)}",
        comparison=common.scores_of(comparison),
        figures={
            "paired_differences": "The classifier as it is minus each variant, headline by headline: right of zero the "
            "variant is worse. Where a bar leaves out zero, the difference is unlikely to be chance."
        },
        tables=[{"title": "Scores of each variant", "rows": comparison["models"]}],
    )


def figure(numbers: common.Json) -> float:
    """Return the accuracy with the background minus that without it."""
    return float(next(pair["difference"] for pair in numbers["comparison"]["paired"] if pair["b"] == "no background"))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the experiment from the command line."""
    return common.carry_out(__file__, common.arguments(__doc__ or "").parse_args(argv), run)


if __name__ == "__main__":
    sys.exit(main())
