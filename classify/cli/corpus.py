"""`classify corpus`: list public corpora, fetch one, convert a file."""

from __future__ import annotations

import argparse
import shutil
from functools import partial

from classify.cli import common, inputs

EXAMPLES = """  classify corpus list
  classify corpus fetch bbc -o bbc.csv
  classify corpus convert headlines.jsonl -o headlines.csv
"""
DESCRIPTION = "List public corpora, fetch one from its publisher, or convert headlines to CSV with our columns."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    add = partial(
        actions.add_parser, description=parser.description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add("list", help="name the public corpora, their licences and pages").set_defaults(action=_list)
    fetch = add("fetch", help="fetch a public corpus and convert it")
    fetch.add_argument("name", metavar="NAME", help="a name that 'classify corpus list' shows")
    fetch.add_argument("-o", "--output", metavar="FILE", help="copy it here (default: it stays in the cache)")
    fetch.set_defaults(action=_fetch)
    convert = add("convert", help="write headlines of any format as CSV")
    convert.add_argument("input", metavar="INPUT", help="file of headlines, or the archive of a public corpus")
    convert.add_argument("-o", "--output", metavar="FILE", required=True, help="CSV file to write")
    inputs.add_reading(convert, dates=False)
    convert.add_argument("--date-column", metavar="C", help="column of the dates (default: found by name)")
    convert.set_defaults(action=_convert)


def run(args: argparse.Namespace) -> int:
    """Run the action; return the exit code."""
    return int(args.action(args))


def _list(_: argparse.Namespace) -> int:
    """Print the corpora."""
    from classify.corpora import CORPORA

    rows = [[name, corpus.title, corpus.licence, corpus.home] for name, corpus in CORPORA.items()]
    print(common.draw_table(rows, ["name", "corpus", "licence", "page"]), end="")
    return 0


def _fetch(args: argparse.Namespace) -> int:
    """Print the licence, fetch, and print where the corpus is."""
    from classify.core.files import replacing
    from classify.corpora import CORPORA, fetch

    common.expect_outputs([], args.output)
    if args.name in CORPORA:
        corpus = CORPORA[args.name]
        common.tell(f"{corpus.title}; licence: {corpus.licence}; see {corpus.home}")
    path = fetch(args.name)
    if args.output:
        with path.open("rb") as source, replacing(args.output) as target:
            shutil.copyfileobj(source, target)
    print(args.output or path)
    return 0


def _convert(args: argparse.Namespace) -> int:
    """Convert, and report what was found."""
    from classify.corpora import convert

    common.expect_ending(args.output, "csv")
    common.expect_outputs([args.input], args.output)
    reader = convert(
        args.input,
        args.output,
        text_column=args.text_column,
        label_column=args.label_column,
        date_column=args.date_column,
        id_column=args.id_column,
        input_format=args.input_format,
        encoding=args.encoding,
    )
    common.tell(f"{args.input}: {reader.description}")
    return 1 if inputs.report_skipped(args.input, reader) else 0
