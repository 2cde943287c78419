"""`classify cluster`: headlines in, stories out."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, Any

from classify.cli import common
from classify.cli.answers import json_lines

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.readers import Headlines
    from classify.stories import StoryClusterer

EXAMPLES = """  classify cluster headlines.csv
  classify cluster headlines.csv --window 3d -f csv -o stories.csv
  classify cluster headlines.csv --stories 40 --report reports/stories
"""
DESCRIPTION = "Group headlines (standard input without INPUT) into stories."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options."""
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="files of headlines; - is standard input")
    parser.add_argument(
        "--stories", type=_stories, default="auto", metavar="auto|N", help="how many (default: found from the data)"
    )
    parser.add_argument("--window", type=_days, metavar="DAYS", help="longest silence within a story, such as 3d")
    parser.add_argument("-f", "--format", choices=("table", "jsonl", "csv"), help="form of the answers")
    parser.add_argument("-o", "--output", metavar="FILE", help="file for the answers (default: standard output)")
    parser.add_argument("--report", metavar="DIR", help="folder for a report")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what was detected")
    parser.add_argument("--text-column", metavar="C", help="column of the headlines (default: found by name)")
    common.add_encoding(parser)


def run(args: argparse.Namespace) -> int:
    """Cluster and write; return the exit code."""
    inputs = args.inputs or ["-"]
    if inputs == ["-"] and not common.piped():
        raise ValueError(
            "no headlines were given; expected files or a pipe; see 'classify cluster --help'"
        )
    form = args.format or common.default_format(args.output)
    headlines, skipped = common.read_all(inputs, args)
    clusterer = _fit(args, headlines)
    if args.verbose:
        common.tell_tails(headlines, clusterer.tails_)
    with common.open_output(args.output, inputs) as out:
        out.write(_write(form, headlines, clusterer))
    if args.report:
        from classify.evaluation import evaluate_stories
        from classify.report import write_report

        numbers = evaluate_stories(clusterer, headlines, name=", ".join(args.inputs) or "standard input")
        common.tell(f"report: {write_report(numbers, args.report)}")
    return 1 if skipped else 0


def _fit(args: argparse.Namespace, headlines: Headlines) -> StoryClusterer:
    """Cluster the headlines, with their dates where there are any."""
    from classify.stories import StoryClusterer

    if args.window is not None and headlines.date is None:
        raise ValueError("no column 'date' was found; --window needs one; add it or leave --window out")
    return StoryClusterer(n_stories=args.stories, window=args.window).fit(headlines.headline, dates=headlines.date)


def _write(form: str, headlines: Headlines, clusterer: Any) -> bytes:  # noqa: ANN401
    """Put stories into the bytes of a format."""
    import pyarrow as pa

    stories = {story.number: story for story in clusterer.stories_}
    numbers = clusterer.labels_.tolist()
    if form == "table":
        return _table(headlines, clusterer)
    columns = {
        "id": pa.nulls(len(headlines), pa.string()) if headlines.id is None else headlines.id,
        "headline": headlines.headline,
        "story": pa.array(numbers, pa.int64()),
        "title": pa.array([stories[n].title for n in numbers], pa.string()),
    }
    if form == "csv":
        return _csv(columns)
    if headlines.id is None:
        del columns["id"]
    terms = (json.dumps(list(stories[n].terms), ensure_ascii=False) for n in numbers)
    return json_lines(columns, [f', "terms": {listed}}}' for listed in terms])


def _csv(columns: dict[str, pa.Array]) -> bytes:
    """Write rows of CSV with their header."""
    import pyarrow as pa
    from pyarrow import csv

    out = io.BytesIO()
    csv.write_csv(pa.table(columns), out)
    return out.getvalue()


def _table(headlines: Headlines, clusterer: Any) -> bytes:  # noqa: ANN401
    """Lay the stories of two headlines or more out for a person, largest first."""
    stories = sorted(clusterer.stories_, key=lambda story: (-story.size, story.number))
    several = [story for story in stories if story.size > 1]
    rows = [[str(story.size), ", ".join(story.terms), story.title] for story in several]
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
