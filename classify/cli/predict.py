"""`classify predict`: label headlines batch by batch."""

from __future__ import annotations

import argparse
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from os.path import isfile
from shlex import quote
from typing import TYPE_CHECKING, Any, BinaryIO

from classify.cli import archive, common, progress
from classify.cli import inputs as reading
from classify.cli.answers import answer, header

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.headlines import Headlines

EXAMPLES = """  classify predict "Keeper's late save sends Rovers into the final"
  classify predict -i headlines.csv -f csv -o labelled.csv --max-error 0.05
  classify predict -i 'archive/*.parquet' -o labelled/ --workers 4
  tail -f titles.txt | classify predict --top 3 --explain 5
"""
_SMALL = 1000
DESCRIPTION = "Label headlines by section: the words of the command line, files (-i), or standard input."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("headlines", nargs="*", metavar="HEADLINE", help="headlines to label")
    parser.add_argument(
        "-i",
        "--input",
        action="append",
        default=[],
        metavar="INPUT",
        help="file of headlines, or a pattern such as 'archive/*.parquet'; - is standard input",
    )
    common.add_model(parser)
    parser.add_argument("-f", "--format", choices=("table", "jsonl", "csv", "tsv"), help="form of the answers")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file, or FOLDER/, for the answers (default: standard output)"
    )
    parser.add_argument("--top", type=common.count, metavar="K", help="list the K most probable sections")
    parser.add_argument("--explain", type=common.count, metavar="K", help="list the K terms that weigh most")
    common.add_level(parser)
    silence = parser.add_mutually_exclusive_group()
    silence.add_argument(
        "--max-error",
        type=common.share,
        metavar="RATE",
        help="abstain so that about this share of the answers is wrong: 0.05 is one in twenty",
    )
    silence.add_argument("--min-probability", type=common.share, metavar="P", help="abstain below this probability")
    parser.add_argument("--jobs", type=common.count, default=2, metavar="N", help="threads (default: 2)")
    parser.add_argument("-v", "--verbose", action="store_true", help="report what was detected")
    reading.add_reading(parser, dates=False, keep=True)
    archive.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Label the headlines; return the exit code."""
    archive.refuse_options(args)
    if archive.is_folder(args.output):
        return archive.run(args, *_model(args))
    inputs = _expanded(args.input) or ([] if args.headlines else ["-"])
    if inputs == ["-"] and not common.piped():
        raise ValueError(
            "no headlines were given; expected some on the command line, a file with -i, or a pipe; "
            "see 'classify predict --help'"
        )
    form = args.format or common.default_format(args.output, "jsonl", "csv", "tsv")
    if form in ("csv", "tsv") and (args.top or args.explain):
        raise ValueError(f"--top and --explain were given with {form}; expected jsonl or table; use -f jsonl")
    _tell_file(args.headlines)
    model, limit = _model(args)
    # Batches are labelled in parallel already.
    model.n_jobs = 1
    _return_memory()
    with common.open_output(args.output, [*inputs, args.model]) as out:
        return _stream(args, inputs, header(form, args.keep), partial(answer, model, args, limit, form), out)


def _model(args: argparse.Namespace) -> tuple[HeadlineClassifier, float]:
    """Return the model, and the least probability of an answer."""
    model = common.load(args.model)
    if args.level:
        model = model.at_level(args.level)
    args.loaded = model
    if args.max_error is not None:
        return model, model.threshold(args.max_error)
    return model, args.min_probability or 0.0


def _expanded(inputs: list[str]) -> list[str]:
    """Return the inputs with the files that patterns match; a cold start does not import what expands them."""
    if not any(character in path for path in inputs for character in "*?["):
        return inputs
    from classify.scale import expand

    return expand(inputs)


def _stream(
    args: argparse.Namespace, inputs: list[str], head: bytes, label: Callable[[Headlines], bytes], out: BinaryIO
) -> int:
    """Label batches in parallel and write the answers in order, below a header; return the exit code."""
    skipped = 0
    pending: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(args.jobs) as pool:
        for source in _sources(args, inputs):
            for batch in source:
                out.write(head)  # not before an input is known to be one
                head = b""
                pending.append(pool.submit(label, batch))
                # A small batch comes from a slow pipe, whose reader waits for the answer.
                while pending and (len(pending) > args.jobs or len(batch) < _SMALL):
                    out.write(pending.popleft().result())
                if len(batch) < _SMALL:
                    out.flush()
            skipped += getattr(source, "skipped_rows", 0)
        out.write(head)
        while pending:
            out.write(pending.popleft().result())
    return 1 if skipped else 0


def _tell_file(words: list[str]) -> None:
    """Report a headline of the command line that is the name of a file, since -i may have been meant."""
    name = next(filter(isfile, words), None)
    if name is not None:
        common.tell(f"{name} is a file; to label what is in it, use -i {quote(name)}")


def _return_memory() -> None:
    """Make glibc return freed arrays of a megabyte or more to the system; else each thread keeps its maximum."""
    import ctypes

    m_mmap_threshold = -3
    with suppress(AttributeError, OSError, TypeError):  # no glibc
        ctypes.CDLL(None).mallopt(m_mmap_threshold, 1 << 20)


class _Source:
    """The batches of one file, then its number of skipped rows."""

    def __init__(self, path: str, args: argparse.Namespace) -> None:
        self.path, self.args, self.skipped_rows = path, args, 0

    def __iter__(self) -> Iterator[Headlines]:
        """Read the file."""
        from classify.headlines import NothingToReadError

        try:
            reader = reading.open_input(self.path, self.args)
        except NothingToReadError:
            if sys.stderr.isatty():  # a cron job that has nothing to do is not news
                common.tell(f"{common.shown(self.path)}: nothing to read")
            return
        read = filled = False
        with reader:
            for batch in progress.watched(reader, self.args, self.args.loaded):
                read, filled = True, filled or reading.any_filled(batch.headline)
                yield batch
            if read and not filled:
                common.tell(f"{common.shown(self.path)}: all headlines are empty ({reader.description})")
            self.skipped_rows = reading.report_skipped(self.path, reader)


def _sources(args: argparse.Namespace, inputs: list[str]) -> Iterator[Any]:
    """Yield the headlines of the command line, then each input."""
    if args.headlines:
        import numpy as np

        from classify.core.arrow import from_integers, from_strings
        from classify.headlines import Headlines

        lines = from_integers(np.arange(1, len(args.headlines) + 1))
        yield [Headlines(from_strings(args.headlines), line=lines)]
    for path in inputs:
        yield _Source(path, args)
