"""What the experiments share: arguments, corpora, and the way from results.json to a report.

Every script has a `run`, which measures and writes results.json, and a `draw`, which reads only that file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from classify import Headlines, load_sample, read_headlines, write_report
from classify.core.files import write_whole
from classify.report import write_index
from classify.report.numbers import to_json

ROOT = Path(__file__).resolve().parent.parent

Json = dict[str, Any]
Run = Callable[[argparse.Namespace, Path], None]


def arguments(doc: str, *, several: bool = False) -> argparse.ArgumentParser:
    """Make a parser with the options that every experiment has; the script's head is its help."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--corpus",
        metavar="FILE",
        nargs="+" if several else None,
        help=f"headlines to use{', one file or more' if several else ''} (default: the embedded corpus)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=ROOT / "reports",
        help="folder of the reports; this one gets a folder in it (default: reports)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of splits and models (default: 0)")
    return parser


def carry_out(script: str, args: argparse.Namespace, run: Run, draw: Callable[[Path], Path] | None = None) -> int:
    """Run an experiment, draw its report, rebuild the index; return the exit code."""
    name = Path(script).stem
    folder = args.out / (name if args.corpus is None else f"{name}-{corpus_name(args)}")
    try:
        run(args, folder)
        page = (draw or draw_report)(folder)
        write_index(args.out)
    except (ValueError, OSError) as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 2
    print(page)
    return 0


def corpus_name(args: argparse.Namespace) -> str:
    """Name the corpus after its file, several after their number."""
    if args.corpus is None:
        return "the embedded corpus"
    files = [args.corpus] if isinstance(args.corpus, str) else args.corpus
    return Path(files[0]).name.split(".")[0] if len(files) == 1 else f"{len(files)}-corpora"


def load(args: argparse.Namespace) -> Headlines:
    """Read all headlines of the corpus that are not blank."""
    if args.corpus is None:
        return load_sample()
    with read_headlines(args.corpus) as reader:
        headlines = Headlines.concat(reader)
    return _where(headlines, pc.utf8_trim_whitespace(headlines.headline))


def load_labelled(args: argparse.Namespace) -> Headlines:
    """Read the headlines that have a section."""
    headlines = load(args)
    if headlines.section is None or headlines.section.null_count == len(headlines):
        raise ValueError(
            f"{args.corpus}: no headline has a section; expected a column named section, category or label; "
            "give a labelled corpus, or use cluster_stories.py"
        )
    return _where(headlines, pc.fill_null(headlines.section, ""))


def write_results(numbers: Mapping[str, Any], folder: Path) -> None:
    """Write results.json."""
    write_whole(folder / "results.json", to_json(numbers))


def draw_report(folder: Path) -> Path:
    """Write the report from results.json alone."""
    return write_report(json.loads((folder / "results.json").read_text(encoding="utf-8")), folder)


def _where(headlines: Headlines, given: Any) -> Headlines:  # noqa: ANN401 (an Arrow column)
    """Keep the headlines for which a column is not blank."""
    return headlines.take(np.flatnonzero(pc.not_equal(given, "").to_numpy(zero_copy_only=False)))
