"""`classify cluster`: headlines in, stories out."""

from __future__ import annotations

import argparse
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli.answers import json_lines
from classify.cli.progress import step

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from classify.headlines import Headlines
    from classify.stories import StoryClusterer

EXAMPLES = """  classify cluster headlines.csv
  classify cluster headlines.csv --window 3d -f csv -o stories.csv
  classify cluster headlines.csv --stories 40 --report reports/stories
  classify cluster monday.csv -m stories.safetensors -f csv -o monday-stories.csv
  classify cluster --continue stories.safetensors tuesday.csv -f csv -o tuesday-stories.csv
"""
DESCRIPTION = "Group headlines (standard input without INPUT) into stories."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="files of headlines; - is standard input")
    parser.add_argument(
        "--stories", type=_stories, default="auto", metavar="auto|N", help="number of stories (default: estimated)"
    )
    parser.add_argument("--window", type=_days, metavar="DAYS", help="longest silence within a story, such as 3d")
    parser.add_argument("-m", "--model", metavar="STORIES", help="file for the stories, to continue from")
    parser.add_argument(
        "--continue",
        dest="known",
        metavar="STORIES",
        help="assign the headlines to the stories of this file or to new ones, and update it (with -m: write that one)",
    )
    parser.add_argument("-f", "--format", choices=("table", "jsonl", "csv"), help="form of the answers")
    parser.add_argument("-o", "--output", metavar="FILE", help="file for the answers (default: standard output)")
    parser.add_argument("--report", metavar="DIR", help="folder for a report")
    parser.add_argument("-v", "--verbose", action="store_true", help="write what was detected to standard error")
    parser.add_argument("--text-column", metavar="C", help="column of the headlines (default: found by name)")
    common.add_encoding(parser)


def run(args: argparse.Namespace) -> int:
    """Cluster headlines and write their stories; return the exit code."""
    inputs = args.inputs or ["-"]
    if inputs == ["-"] and not common.piped():
        raise ValueError("no headlines were given; expected files or a pipe; see 'classify cluster --help'")
    target = _check_files(args)
    form = args.format or common.default_format(args.output, "jsonl", "csv")
    step("reading")
    headlines, skipped = common.read_all(inputs, args)
    step(f"grouping {len(headlines):,} headlines")
    clusterer, labels = _fit(args, headlines) if args.known is None else _go_on(args.known, headlines)
    if args.verbose:
        common.tell_suffixes(headlines, clusterer.state_.suffixes)
    with common.open_output(args.output, inputs) as out:
        out.write(_write(form, headlines, labels, clusterer))
    if target:
        from classify.stories import save_stories

        save_stories(clusterer, target)
    if args.report:
        common.tell(f"report: {_report(args, headlines, clusterer)}")
    return 1 if skipped else 0


def _check_files(args: argparse.Namespace) -> str | None:
    """Raise a ValueError for options that contradict each other; return the file for the stories, if any."""
    if args.known is not None and (args.stories != "auto" or args.window is not None or args.report):
        raise ValueError(
            "--continue was given with --stories, --window or --report; expected none of them, "
            "for the file holds the settings of its stories; leave them out or cluster anew"
        )
    target: str | None = args.model or args.known
    common.expect_outputs(args.inputs, None if args.output == "-" else args.output, target, report=args.report)
    if target and args.output and os.path.realpath(args.output) == os.path.realpath(target):
        raise ValueError(f"{target}: is the file of the stories too; expected another for the answers; name one")
    return target


def _fit(args: argparse.Namespace, headlines: Headlines) -> tuple[StoryClusterer, NDArray[np.int64]]:
    """Cluster the headlines; return the clusterer and the story of each."""
    from classify.stories import StoryClusterer, identify

    if args.window is not None and headlines.date is None:
        raise ValueError("no column 'date' was found; --window needs one; add it or leave --window out")
    clusterer = StoryClusterer(n_stories=args.stories, window=args.window)
    clusterer.fit(headlines.headline, headlines.date, identify(headlines))
    return clusterer, clusterer.labels_


def _go_on(path: str, headlines: Headlines) -> tuple[StoryClusterer, NDArray[np.int64]]:
    """Assign the headlines to the stories of a file; return the clusterer and the story of each."""
    from classify.stories import identify, load_stories

    clusterer = load_stories(path)
    before = len(clusterer.labels_)
    labels = clusterer.assign(headlines.headline, headlines.date, identify(headlines))
    known = before + len(headlines) - len(clusterer.labels_)
    if known:
        common.tell(f"{known:,} headline(s) were known already")
    return clusterer, labels


def _report(args: argparse.Namespace, headlines: Headlines, clusterer: StoryClusterer) -> Path:
    """Write the report; the default model labels stories without given sections."""
    from classify.evaluation import evaluate_stories
    from classify.report import write_report

    step("drawing the report")
    name = ", ".join(args.inputs) or "standard input"
    numbers = evaluate_stories(clusterer, headlines, name=name, classifier=common.load(None))
    return write_report(numbers, args.report)


def _write(form: str, headlines: Headlines, labels: NDArray[np.int64], clusterer: StoryClusterer) -> bytes:
    """Return the stories of these headlines as bytes of a format."""
    import pyarrow as pa

    if form == "table":
        return _table(labels, clusterer)
    columns = {
        "id": pa.nulls(len(headlines), pa.string()) if headlines.id is None else headlines.id,
        "headline": headlines.headline,
        "story": pa.array(labels, pa.int64()),
        "title": pa.array([clusterer.state_.titles[n] for n in labels], pa.string()),
    }
    if form == "csv":
        return _csv(columns)
    if headlines.id is None:
        del columns["id"]
    terms = (json.dumps(clusterer.state_.terms[n], ensure_ascii=False) for n in labels)
    return json_lines(columns, [f', "terms": {listed}}}' for listed in terms])


def _csv(columns: dict[str, pa.Array]) -> bytes:
    """Return rows of CSV with their header."""
    import pyarrow as pa
    from pyarrow import csv

    out = io.BytesIO()
    csv.write_csv(pa.table(columns), out)
    return out.getvalue()


def _table(labels: NDArray[np.int64], clusterer: StoryClusterer) -> bytes:
    """Return a table of the stories of these headlines, largest first; stories of one headline are only counted."""
    import numpy as np

    state, sizes = clusterer.state_, np.bincount(clusterer.labels_)
    stories = sorted(set(labels.tolist()), key=lambda n: (-sizes[n], n))
    several = [n for n in stories if sizes[n] > 1]
    rows = [[str(sizes[n]), ", ".join(state.terms[n]), state.titles[n]] for n in several]
    alone = len(stories) - len(several)
    table = common.draw_table(rows, ["headlines", "terms", "title"])
    return f"{table}\n{len(several)} stories, and {alone} headlines that stand alone\n".encode("utf-8", "replace")


def _stories(text: str) -> str | int:
    """Parse a number of stories, or auto."""
    return "auto" if text == "auto" else common.count(text)


def _days(text: str) -> float:
    """Parse a number of days such as 3, 3d or 12h."""
    units = {"d": 1.0, "h": 1 / 24}
    unit = units.get(text[-1:].lower())
    days = float(text[:-1]) * unit if unit else float(text)
    if not days > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected a time above 0 such as 3d or 12h")
    return days
