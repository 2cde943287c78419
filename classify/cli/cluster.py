"""`classify cluster`: headlines in, stories out."""

from __future__ import annotations

import argparse
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from classify.cli import common
from classify.cli import inputs as reading
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
  classify cluster headlines.csv --granularity 0.5 --report reports/stories
  classify cluster monday.csv -m stories.safetensors -f csv -o monday-stories.csv
  classify cluster --continue stories.safetensors tuesday.csv -f csv -o tuesday-stories.csv --changes merged.csv
"""
DESCRIPTION = "Group headlines (standard input without INPUT) into stories."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="files of headlines; - is standard input")
    parser.add_argument(
        "--stories", type=_stories, default="auto", metavar="auto|N", help="number of stories (default: estimated)"
    )
    parser.add_argument(
        "--granularity",
        type=_above_zero,
        metavar="G",
        help="below 1 for each development, above 1 for whole affairs (default: 1)",
    )
    parser.add_argument("--window", type=_days, metavar="DAYS", help="longest silence within a story, such as 3d")
    parser.add_argument("-m", "--model", metavar="STORIES", help="file for the stories, to continue from")
    parser.add_argument(
        "--continue",
        dest="known",
        metavar="STORIES",
        help="assign the headlines to the stories of this file or to new ones, and update it (with -m: write that one)",
    )
    parser.add_argument(
        "--changes", metavar="FILE", help="with --continue: file for the stories that were merged (.csv or .jsonl)"
    )
    parser.add_argument("-f", "--format", choices=("table", "jsonl", "csv"), help="form of the answers")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="file for the answers (default: standard output; none with --report)"
    )
    common.add_report(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="write what was detected to standard error")
    reading.add_reading(parser, labels=False)


def run(args: argparse.Namespace) -> int:
    """Cluster headlines and write their stories; return the exit code."""
    inputs = args.inputs or ["-"]
    if inputs == ["-"] and not common.piped():
        raise ValueError("no headlines were given; expected files or a pipe; see 'classify cluster --help'")
    _check_files(args)
    form = args.format or common.default_format(args.output, "jsonl", "csv")
    step("reading")
    headlines, skipped = reading.read_all(inputs, args)
    step(f"grouping {len(headlines):,} headlines")
    # Stories are saved before anything is written: a closed pipe or a full disk loses nothing.
    clusterer, labels = _fit(args, headlines) if args.known is None else _continue(args, headlines)
    if args.verbose:
        common.tell_suffixes(headlines, clusterer.state_.suffixes)
    if args.changes:
        _write_changes(args, clusterer)
    if args.report is None or args.output or args.format:
        with common.open_output(args.output, inputs) as out:
            out.write(_write(form, headlines, labels, clusterer))
    if args.report:
        common.tell(f"report: {_report(args, clusterer)}")
    return 1 if skipped else 0


def _check_files(args: argparse.Namespace) -> None:
    """Raise a ValueError for options that contradict each other and for outputs that cannot be written."""
    if args.known is not None and (args.stories != "auto" or args.granularity is not None):
        raise ValueError(
            "--continue was given with --stories or --granularity; expected neither, for the file holds the settings "
            "of its stories; leave them out or cluster anew"
        )
    if args.changes is not None and args.known is None:
        raise ValueError("--changes was given without --continue; expected both, for a first run merges no stories")
    common.expect_ending(args.changes, "jsonl", "csv")
    target = args.model or args.known
    outputs = [None if args.output == "-" else args.output, target, args.changes]
    common.expect_report(args)
    common.expect_outputs(args.inputs, *outputs, report=args.report)
    named = [os.path.realpath(path) for path in outputs if path]
    if len(set(named)) < len(named):
        raise ValueError(
            f"{', '.join(path for path in outputs if path)}: two outputs are one file; expected different ones; "
            "name another"
        )


def _fit(args: argparse.Namespace, headlines: Headlines) -> tuple[StoryClusterer, NDArray[np.int64]]:
    """Cluster the headlines and save their stories; return the clusterer and their stories."""
    from classify.stories import StoryClusterer, save_stories

    _expect_dates(args, headlines)
    granularity = 1.0 if args.granularity is None else args.granularity
    clusterer = StoryClusterer(n_stories=args.stories, granularity=granularity, window=args.window).fit(headlines)
    if args.model:
        save_stories(clusterer, args.model)
    return clusterer, clusterer.labels_


def _continue(args: argparse.Namespace, headlines: Headlines) -> tuple[StoryClusterer, NDArray[np.int64]]:
    """Assign the headlines to the stories of a file and save it; return the clusterer and their stories."""
    from classify.stories import updating

    with updating(args.known, args.model, lambda: common.tell(f"waiting for another run on {args.known}")) as clusterer:
        if args.window is not None:
            _expect_dates(args, headlines)
            clusterer.set_params(window=args.window)
        before = clusterer.state_.n_seen
        labels = clusterer.assign(headlines)
    known = before + len(headlines) - clusterer.state_.n_seen
    if known:
        common.tell(f"{known:,} headline(s) were known already")
    return clusterer, labels


def _expect_dates(args: argparse.Namespace, headlines: Headlines) -> None:
    """Raise a ValueError where --window was given but no date."""
    if args.window is not None and headlines.date is None:
        raise ValueError("no column 'date' was found; --window needs one; add it or leave --window out")


def _write_changes(args: argparse.Namespace, clusterer: StoryClusterer) -> None:
    """Write the stories that were merged, those of earlier runs among them."""
    import pyarrow as pa

    from classify.core.files import write_whole

    story, was, since = zip(*clusterer.merges_, strict=True) if clusterer.merges_ else ((), (), ())
    columns = {
        "story": pa.array(story, pa.int64()),
        "was": pa.array(was, pa.int64()),
        "since": pa.array(since, pa.string()),
    }
    csv = common.default_format(args.changes, "jsonl", "csv") == "csv"
    write_whole(args.changes, _csv(columns) if csv else json_lines(columns))


def _report(args: argparse.Namespace, clusterer: StoryClusterer) -> Path:
    """Write the report; the default model labels stories without given sections."""
    from classify.evaluation import evaluate_stories

    step("drawing the report")
    name = common.corpus_name([*([args.known] if args.known else []), *(args.inputs or ["standard input"])])
    numbers = evaluate_stories(clusterer, clusterer.headlines_, name=name, classifier=common.load(None))
    return common.write_report(numbers, args)


def _write(form: str, headlines: Headlines, labels: NDArray[np.int64], clusterer: StoryClusterer) -> bytes:
    """Return the stories of these headlines as bytes of a format."""
    import numpy as np
    import pyarrow as pa

    if form == "table":
        return _table(labels, clusterer)
    state = clusterer.state_
    place = np.searchsorted(state.numbers, labels).tolist()
    columns = {
        "id": pa.nulls(len(headlines), pa.string()) if headlines.id is None else headlines.id,
        "headline": headlines.headline,
        "story": pa.array(labels, pa.int64()),
        "title": pa.array([state.titles[i] for i in place], pa.string()),
    }
    if form == "csv":
        return _csv(columns)
    if headlines.id is None:
        del columns["id"]
    terms = (json.dumps(state.terms[i], ensure_ascii=False) for i in place)
    values = {"id": headlines.kept["id"]} if "id" in headlines.kept else {}
    return json_lines(columns, [f', "terms": {listed}}}' for listed in terms], values)


def _csv(columns: dict[str, pa.Array]) -> bytes:
    """Return rows of CSV with their header."""
    import pyarrow as pa
    from pyarrow import csv

    out = io.BytesIO()
    csv.write_csv(pa.table(columns), out)
    return out.getvalue()


def _table(labels: NDArray[np.int64], clusterer: StoryClusterer) -> bytes:
    """Return a table of the stories of these headlines, largest first; stories of one headline are only counted."""
    found = set(labels.tolist())
    stories = [story for story in clusterer.stories_ if story.number in found]
    several = sorted((story for story in stories if story.size > 1), key=lambda story: (-story.size, story.number))
    rows = [[str(story.number), str(story.size), ", ".join(story.terms), story.title] for story in several]
    table = common.draw_table(rows, ["story", "headlines", "terms", "title"])
    alone = len(stories) - len(several)
    several_text = "1 story" if len(several) == 1 else f"{len(several):,} stories"
    alone_text = "1 headline that stands alone" if alone == 1 else f"{alone:,} headlines that stand alone"
    return f"{table}\n{several_text}, and {alone_text}\n".encode("utf-8", "replace")


def _stories(text: str) -> str | int:
    """Parse a number of stories, or auto."""
    return "auto" if text == "auto" else common.count(text)


def _above_zero(text: str) -> float:
    """Parse a number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}; expected a number above 0, such as 0.5")
    return value


def _days(text: str) -> float:
    """Parse a number of days such as 3, 3d or 12h."""
    units = {"d": 1.0, "h": 1 / 24}
    unit = units.get(text[-1:].lower())
    try:
        days = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        days = 0.0
    if not days > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected a time above 0 such as 3d or 12h")
    return days
