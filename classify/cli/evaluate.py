"""`classify evaluate`: measure a model on labelled headlines."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from classify.cli import common

EXAMPLES = """  classify evaluate
  classify evaluate june.csv -m news.safetensors --report reports/june
  classify evaluate june.csv -m news.safetensors -f json
"""
DESCRIPTION = "Measure a model on labelled headlines (the embedded corpus without CORPUS)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help="files of labelled headlines")
    common.add_model(parser)
    parser.add_argument("--report", metavar="DIR", help="folder for a report")
    parser.add_argument("-f", "--format", choices=("table", "json"), help="form of the figures")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was detected")
    common.add_columns(parser)


def run(args: argparse.Namespace) -> int:
    """Measure and print; return the exit code."""
    model = common.load(args.model)
    headlines, skipped = common.labelled(args.corpora, args)
    from classify.evaluation import evaluate
    from classify.report import write_report
    from classify.report.numbers import to_json

    if args.verbose:
        common.tell_tails(headlines, model.tails_)
    name = ", ".join(args.corpora) or "the embedded corpus"
    numbers = evaluate(model, headlines, headlines.section, name=name)
    if args.report:
        common.tell(f"report: {write_report(numbers, args.report)}")
    form = args.format or ("table" if sys.stdout.isatty() else "json")
    print(to_json(numbers) if form == "json" else _table(numbers))
    return 1 if skipped else 0


def _table(numbers: dict[str, Any]) -> str:
    """Lay the figures out for a person."""
    lines = [f"{numbers['data']['n_test']:,} headlines of {numbers['data']['name']}; {numbers['interval']}"]
    for name in ("accuracy", "macro_f1"):
        score = numbers[name]
        lines.append(f"{name.replace('_', '-')} {score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})")
    lines.append(f"expected calibration error {numbers['expected_calibration_error']:.3f}\n")
    keys = ("precision", "recall", "f1")
    rows = [
        [f"{row['support']:,}", *(f"{row[key] or 0:.3f}" for key in keys), row["section"]]
        for row in numbers["per_section"]
    ]
    return "\n".join(lines) + "\n" + common.draw_table(rows, ["headlines", *keys, "section"]).rstrip()
