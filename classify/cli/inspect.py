"""`classify inspect`: show what a model has learned."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from classify.cli import common

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier

EXAMPLES = """  classify inspect
  classify inspect -m mine.safetensors --terms 30
  classify inspect -m mine.safetensors -f json
"""
DESCRIPTION = "Show the sections of a model and the terms with the largest weights for each."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    common.add_model(parser)
    parser.add_argument("--terms", type=common.count, default=12, metavar="K", help="terms a section (default: 12)")
    parser.add_argument("-f", "--format", choices=("table", "json"), help="form of the answer")


def run(args: argparse.Namespace) -> int:
    """Print what the model has learned; return the exit code."""
    model = common.load(args.model)
    form = args.format or ("table" if sys.stdout.isatty() else "json")
    print(_json(model, args.terms) if form == "json" else _table(model, args.terms))
    return 0


def _json(model: HeadlineClassifier, k: int) -> str:
    """Return everything as one JSON object."""
    from classify.classifier import ERROR_BUDGETS, MultiLabelClassifier

    terms = {
        section: [{"term": term, "weight": round(weight, 6)} for term, weight in rows]
        for section, rows in model.top_terms(k).items()
    }
    cutoffs = {}
    if isinstance(model, MultiLabelClassifier):
        cutoffs = dict(zip(model.classes_.tolist(), model.cutoffs_.tolist(), strict=True))
    facts = {
        "sections": [str(section) for section in model.classes_],
        "codes": {str(section): code for section, code in model.codes_.items()},
        "n_terms": len(model.coef_),
        "n_training_headlines": model.vectorizer_.n_samples_,
        "params": {name: value for name, value in model.get_params().items() if name != "n_jobs"},
        "thresholds": dict(zip(map(str, ERROR_BUDGETS), model.thresholds_.tolist(), strict=True)),
        **({"cutoffs": cutoffs} if cutoffs else {}),
        "publisher_suffixes": list(model.suffixes_),
        "top_terms": terms,
    }
    return json.dumps(facts, ensure_ascii=False, indent=1)


def _table(model: HeadlineClassifier, k: int) -> str:
    """Return the sections and their terms as text."""
    lines = [
        f"{len(model.classes_)} sections, {len(model.coef_):,} terms, "
        f"learned from {model.vectorizer_.n_samples_:,} headlines"
    ]
    for section, rows in model.top_terms(k).items():
        code = f" ({model.codes_[section]})" if section in model.codes_ else ""
        terms = common.visible(", ".join(term for term, _ in rows))
        lines.append(f"\n{common.visible(section + code)}\n  {terms}")
    return "\n".join(lines)
