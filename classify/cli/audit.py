"""`classify audit`: list the labels that look wrong, with a column to fill in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli import inputs as reading
from classify.cli.progress import step

if TYPE_CHECKING:
    from classify.audit import Audit

EXAMPLES = """  classify audit headlines.csv -o suspicious.csv
  classify audit headlines.csv --label-column desk | head -50
  classify train headlines.csv --corrections suspicious.csv -m mine.safetensors
"""
DESCRIPTION = (
    "List the headlines for which another section than the given one is more probable, as CSV, with the reason (of the "
    "embedded corpus without CORPUS). Most labels of the list may be right: read it from the top, where wrong ones are "
    "most frequent, fill in the last column, corrected, where the section is wrong, and pass the file to "
    "'classify train --corrections'."
)
_SHOWN = 5

# From reports/audit: 5 % of the labels of four corpora were changed, and as many rows of the list read.
_MEASURED = (
    "where 5 % of the labels had been changed on purpose, 57 to 88 % of as many first rows were changed ones; of the "
    "first 30 of the embedded corpus, none is wrong"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("corpus", nargs="?", metavar="CORPUS", help="file of labelled headlines; - is standard input")
    parser.add_argument("-o", "--output", metavar="FILE", help="file for the list (default: standard output)")
    parser.add_argument("--seed", type=common.seed, default=0, metavar="N", help="seed of the folds and of training")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="report what was detected")
    reading.add_reading(parser, dates=False)


def run(args: argparse.Namespace) -> int:
    """Audit and list; return the exit code."""
    from classify.audit import audit_labels

    common.expect_ending(args.output, "csv")
    inputs = [args.corpus] if args.corpus else []
    with common.open_output(args.output, inputs) as out:
        step("reading")
        headlines, skipped = reading.labelled(inputs, args)
        step(f"training on {len(headlines):,} headlines, each part without those that it predicts")
        audit = audit_labels(headlines, n_jobs=args.jobs, random_state=args.seed)
        out.write(audit.table.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace"))
    _tell_result(audit)
    _tell_publishers(audit)
    return 1 if skipped else 0


def _tell_result(audit: Audit) -> None:
    """Print the length of the list and how far to trust it."""
    common.tell(
        f"{len(audit.table):,} of {audit.n_headlines:,} headlines are listed, from the most to the least suspicious; "
        f"listed labels may be right ({_MEASURED})"
    )
    if audit.near_chance:
        common.tell(
            "the list is hardly better than chance: models that never saw the headlines predict "
            f"{audit.accuracy:.0%} of their labels, and always the most frequent section is "
            f"{audit.most_frequent:.0%}; expected a model above chance; pass more headlines, or choose the columns "
            "with --text-column and --label-column"
        )


def _tell_publishers(audit: Audit) -> None:
    """Print the publishers whose name predicts the section."""
    if not audit.publishers:
        return
    shown = [f"{one.name} ({one.section}: {one.share:.0%} of {one.count:,})" for one in audit.publishers[:_SHOWN]]
    more = f" and {len(audit.publishers) - _SHOWN} more" if len(audit.publishers) > _SHOWN else ""
    common.tell(
        f"the publisher alone predicts the section of {', '.join(shown)}{more}; such labels may have come from the "
        "feed, not from reading"
    )
