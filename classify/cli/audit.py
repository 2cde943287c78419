"""`classify audit`: labelled headlines in, the labels that look wrong out, with a column to fill in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli.progress import step

if TYPE_CHECKING:
    from classify.headlines import Headlines

EXAMPLES = """  classify audit headlines.csv -o suspicious.csv
  classify audit headlines.csv --label-column desk | head -50
  classify train headlines.csv --corrections suspicious.csv -m mine.safetensors
"""
DESCRIPTION = (
    "List the headlines whose section looks wrong as CSV, the most suspicious first, with the reason in words (of the "
    "embedded corpus without CORPUS). Fill in the last column, corrected, where the section is wrong, and give the "
    "file to 'classify train --corrections'."
)
_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("corpus", nargs="?", metavar="CORPUS", help="file of labelled headlines; - is standard input")
    parser.add_argument("-o", "--output", metavar="FILE", help="file for the list (default: standard output)")
    parser.add_argument("--seed", type=common.seed, default=0, metavar="N", help="seed of the folds and of training")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was detected")
    common.add_columns(parser)


def run(args: argparse.Namespace) -> int:
    """Audit and list; return the exit code."""
    from classify.audit import find_suspicious

    common.expect_ending(args.output, "csv")
    inputs = [args.corpus] if args.corpus else []
    with common.open_output(args.output, inputs) as out:
        step("reading")
        headlines, skipped = common.labelled(inputs, args)
        step(f"asking models that never saw them about {len(headlines):,} headlines")
        table = find_suspicious(headlines, n_jobs=args.jobs, random_state=args.seed)
        out.write(table.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace"))
    common.tell(f"{len(table):,} of {len(headlines):,} headlines look as if they were of another section")
    _tell_publishers(headlines)
    return 1 if skipped else 0


def _tell_publishers(headlines: Headlines) -> None:
    """Name the publishers that give the section away."""
    from classify.audit import predicting_publishers

    found = predicting_publishers(headlines)
    if not found:
        return
    shown = [f"{one.name} ({one.section}: {one.share:.0%} of {one.count:,})" for one in found[:_SHOWN]]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    common.tell(
        f"the publisher alone tells the section of {', '.join(shown)}{more}; "
        "such labels may have come from the feed, not from reading"
    )
