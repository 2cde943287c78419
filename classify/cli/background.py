"""`classify background`: unlabelled headlines in, what they teach about words out."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli import inputs as reading
from classify.cli.progress import step

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = """  classify background headlines.csv -o words.safetensors
  classify background january-to-may.csv june.csv -o words.safetensors --jobs 4
  cat titles.txt | classify background - -o words.safetensors
"""
DESCRIPTION = (
    "Learn which words are frequent and which are similar from unlabelled headlines of any language, and write it for "
    "'classify train --background'."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("inputs", nargs="+", metavar="FILE", help="headlines; - is standard input")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="file to write")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was detected")
    reading.add_reading(parser, labels=False, dates=False)


def run(args: argparse.Namespace) -> int:
    """Learn and write; return the exit code."""
    from classify.features import learn_background, save_background

    common.expect_outputs(args.inputs, args.output)
    step("learning words")
    skipped: list[int] = []
    background = learn_background(clean_batches(args.inputs, args, skipped), n_jobs=args.jobs)
    size = save_background(background, args.output)
    print(f"learned {len(background):,} words from {background.n_headlines:,} different headlines")
    print(f"background: {args.output} ({size / 1e6:.1f} MB)")
    return 1 if sum(skipped) else 0


def clean_batches(paths: list[str], args: argparse.Namespace, skipped: list[int]) -> Iterator[pa.StringArray]:
    """Read and clean the headlines of all files; add the number of rows skipped in each to a list."""
    from classify.text import clean_corpus

    for path in paths:
        with reading.open_input(path, args) as reader:
            for batch in reader:
                yield clean_corpus(batch.headline, batch.publisher)[0]
            skipped.append(reading.report_skipped(path, reader))
