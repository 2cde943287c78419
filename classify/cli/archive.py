"""`classify predict` into a folder: pieces of an archive, labelled here or elsewhere, with progress and a summary."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from classify.cli.common import count, tell
from classify.core.stores import is_remote

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.scale import Outcome, Plan, Summary

__all__ = ["add_arguments", "is_folder", "refuse_options", "run"]

_BAR = "{percentage:3.0f}%|{bar}| {n_fmt} of {total_fmt} pieces, {desc}[{elapsed}<{remaining}]"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that spread work."""
    group = parser.add_argument_group("archives (with -o FOLDER/)")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--workers", type=count, metavar="N", help="processes (default: threads of this one, --jobs)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786 (extra scale)")
    group.add_argument("--shard", type=_shard, metavar="I/N", help="label the I-th of N shares of the pieces, from 1")


def _shard(text: str) -> tuple[int, int]:
    """Parse a share of the work such as 3/16, for argparse."""
    index, _, number = text.partition("/")
    if not (index.isdecimal() and number.isdecimal() and 1 <= int(index) <= int(number)):
        raise argparse.ArgumentTypeError(f"{text}; expected I/N, counted from 1, such as 3/16")
    return int(index), int(number)


def is_folder(output: str | None) -> bool:
    """Return whether an output is a folder: it ends in a slash, is one, or lies in an object store.

    Examples
    --------
    >>> is_folder("labelled/"), is_folder("s3://archive/labelled"), is_folder("labelled.csv"), is_folder(None)
    (True, True, False, False)
    """
    return output is not None and output != "" and (output.endswith("/") or "://" in output or Path(output).is_dir())


def refuse_options(args: argparse.Namespace) -> None:
    """Raise a ValueError for options that need another kind of output."""
    if not is_folder(args.output):
        for name in ("workers", "scheduler", "shard"):
            if getattr(args, name) is not None:
                raise ValueError(
                    f"--{name} was given without a folder of answers; expected one; name it as -o labelled/"
                )
        return
    for name in ("format", "top", "explain"):
        if getattr(args, name) is not None:
            raise ValueError(
                f"--{name} was given with the folder {args.output}, which has Parquet files of the columns id, "
                "headline, section and probability; expected a file; leave the option out, or name a file"
            )
    if args.level:
        raise ValueError(
            f"--level was given with the folder {args.output}; expected a file; the first level of a section is what "
            "precedes the first slash in its name"
        )
    if args.headlines or not args.input:
        found = "headlines of the command line" if args.headlines else "no input"
        raise ValueError(f"{args.output}: found a folder of answers and {found}; expected files; name them with -i")


def run(args: argparse.Namespace, model: HeadlineClassifier, limit: float) -> int:
    """Label the files into the folder; return the exit code."""
    from classify.classifier import MultiLabelClassifier
    from classify.scale import plan_archive

    if isinstance(model, MultiLabelClassifier):
        raise ValueError(
            f"{args.model}: answers with several sections a headline; expected a model of one section for the folder "
            f"{args.output}; name a file"
        )
    names = ("text_column", "id_column", "keep", "input_format", "encoding")
    options = {name: getattr(args, name) for name in names}
    try:
        plan = plan_archive(args.input, args.output, model, shard=args.shard or (1, 1), limit=limit, **options)
    except (ValueError, OSError, MemoryError):
        raise
    except Exception as error:  # the packages of object stores raise errors of their own
        if not any(map(is_remote, [*args.input, args.output])):
            raise
        raise OSError(f"{args.output}: could not be planned ({error}); look at the store, and start again") from None
    _tell_plan(plan)
    if args.scheduler is None:
        return _label(args, plan, None)
    from classify.scale.cluster import connect

    with connect(args.scheduler) as client:
        tell(f"dashboard: {client.dashboard_link}")
        return _label(args, plan, client)


def _tell_plan(plan: Plan) -> None:
    """Print what is done already, what has changed, and what is to be done."""
    if plan.done:
        tell(f"{len(plan.done):,} of {len(plan.done) + len(plan.todo):,} piece(s) are done already")
    if plan.changed:
        tell(f"{_listed(plan.changed)}: changed since, or was labelled with another model or options; labelled again")
    if plan.removed:
        tell(f"{_listed(plan.removed)}: removed, as the file has fewer row groups now")


def _label(args: argparse.Namespace, plan: Plan, client: object) -> int:
    """Label the pieces, print the summary; return the exit code."""
    from classify.scale import label_pieces
    from classify.scale.archive import counted, started

    summary, begin = started(plan), time.monotonic()
    work = label_pieces(plan, client, workers=args.workers or 0, threads=args.jobs, failed=_tell_failure)
    with closing(work):
        for outcome in _with_bar(work, len(plan.todo)):
            counted(summary, outcome)
    summary.seconds = time.monotonic() - begin
    _tell_summary(summary)
    return 1 if summary.skipped or summary.set_aside else 0


def _tell_failure(outcome: Outcome) -> None:
    """Print why a piece failed."""
    tell(f"{outcome.piece.shown}: failed ({outcome.error})")


def _tell_summary(summary: Summary) -> None:
    """Print the numbers of the archive."""
    for source, lines in list(summary.skipped_lines.items())[:10]:
        tell(f"{source}: rows that could not be read were skipped (line {', '.join(map(str, lines))})")
    tell(
        f"{summary.rows:,} headlines in {summary.pieces:,} piece(s), {summary.skipped:,} row(s) skipped; "
        f"{summary.labelled:,} labelled now, {summary.rate:,.0f} a second"
    )
    shown = (f"{name or 'no section'} {number:,}" for name, number in summary.sections.items())
    tell(f"by section: {', '.join(shown) or 'none'}")
    for name, reason in summary.set_aside.items():
        tell(f"set aside after two tries: {name} ({reason})")


def _listed(names: Sequence[str]) -> str:
    """Return the first of several names."""
    return f"{', '.join(names[:5])}{f' and {len(names) - 5:,} more' if len(names) > 5 else ''}"


def _with_bar(outcomes: Iterable[Outcome], total: int) -> Iterator[Outcome]:
    """Show at a terminal how many pieces are done, how many headlines a second, and the time left."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield from outcomes
        return
    from tqdm import tqdm

    begin, rows = time.monotonic(), 0
    with tqdm(total=total, leave=False, bar_format=_BAR) as bar:
        for outcome in outcomes:
            rows += outcome.marker["rows"] if outcome.marker else 0
            rate = rows / max(time.monotonic() - begin, 1e-3)
            bar.set_description_str(f"{rate:,.0f} headlines a second ", refresh=False)
            bar.update()
            yield outcome
