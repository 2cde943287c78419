"""What the experiments share: arguments, corpora, and the way from measurements to a report.

Every script has a `run`, which measures and writes results.json. All that is drawn is drawn from that file alone.

`make report` must not change a file in git where no number has changed. So results.json is kept as it is, with the
versions, machine and date of the run that wrote it, where the new numbers are the same; numbers are written to six
digits. report.md and the figures follow from it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from classify import Headlines, load_sample, read_headlines, write_report
from classify.core.files import write_whole
from classify.evaluation.sections import versions
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


def carry_out(script: str, args: argparse.Namespace, run: Run) -> int:
    """Run an experiment, draw its report, rebuild the index; return the exit code."""
    name = Path(script).stem
    folder = args.out / (name if args.corpus is None else f"{name}-{corpus_name(args)}")
    try:
        run(args, folder)
        page = draw_report(folder)
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


def head(doc: str | None, name: str) -> str:
    r"""Return a line of a script's head, such as its question, without line breaks.

    >>> head("Title.\n\nQuestion: how\n          many?\nCommand:  python x.py", "Question")
    'how many?'
    """
    found = re.search(rf"^{name}:(.*?)(?=\n\S|\n\n|\Z)", doc or "", re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def experiment(doc: str | None, title: str, answer: str, headline: str, **parts: Any) -> Json:  # noqa: ANN401 (JSON)
    """Gather the numbers of an experiment: its question, its answer, its headline for the index, and what it measured.

    Parameters
    ----------
    doc
        Head of the script, which has the question.
    title, answer, headline
        Of the page; the headline is the answer in one line.
    **parts
        Measurements, and what is shown of them: ``figures``, captions by name, and ``tables``, each a title and rows.
    """
    return {
        "kind": "experiment",
        "title": title,
        **answered(doc, answer, headline),
        "created_with": versions(),
        **parts,
    }


def answered(doc: str | None, answer: str, headline: str) -> Json:
    """Gather what is written at the head of any report of an experiment."""
    question = head(doc, "Question")
    return {"question": question[:1].upper() + question[1:], "answer": answer, "headline": headline}


def write_results(numbers: Mapping[str, Any], folder: Path, args: argparse.Namespace) -> None:
    """Write results.json with command, machine and date, numbers to six digits, unless the same are there."""
    made = {
        "command": command(folder.name.split("-")[0], args),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "date": datetime.now(UTC).date().isoformat(),
    }
    new = rounded(json.loads(to_json({**numbers, "made": made, "index": "../index.html"})))
    path = folder / "results.json"
    if not path.exists() or not same(json.loads(path.read_text(encoding="utf-8")), new):
        write_whole(path, to_json(new))


def command(name: str, args: argparse.Namespace) -> str:
    """Write the command of a run, its files without their folders, which differ from machine to machine."""
    words = ["python", f"experiments/{name}.py"]
    for option, value in vars(args).items():
        if option == "out" or not value:
            continue
        values = [value] if isinstance(value, (str, Path)) else value if isinstance(value, list) else [str(value)]
        words += [
            f"--{option.replace('_', '-')}",
            *([] if value is True else [Path(str(each)).name for each in values]),
        ]
    return " ".join(words)


def rounded(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Round numbers to six digits, at any depth.

    >>> rounded({"a": [0.1 + 0.2, 123456.789, None]})
    {'a': [0.3, 123457.0, None]}
    """
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def same(old: Any, new: Any) -> bool:  # noqa: ANN401 (JSON)
    """Return whether two results are the same but for the last digit, versions, command, machine and date left out.

    >>> same({"a": [0.1 + 0.2], "made": {"date": "then"}}, {"a": [0.3]}), same([0.3], [0.300001])
    (True, False)
    """
    if isinstance(old, dict) and isinstance(new, dict):
        keys = (old.keys() | new.keys()) - {"created_with", "made"}
        return all(key in old and key in new and same(old[key], new[key]) for key in keys)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    if isinstance(old, float) and isinstance(new, (int, float)):
        return math.isclose(old, new, rel_tol=2e-6, abs_tol=1e-9)
    return bool(old == new)


def draw_report(folder: Path) -> Path:
    """Write the report from results.json alone."""
    return write_report(json.loads((folder / "results.json").read_text(encoding="utf-8")), folder)


def lead(pair: Mapping[str, Any], *, turned: bool = False) -> str:
    """Write by how many points of accuracy the first model of a pair leads, or the second, with the interval.

    >>> lead({"difference": 0.02, "low": -0.01, "high": 0.03}, turned=True)
    '−2.0 points (−3.0 to +1.0)'
    """
    from classify.report.words import points

    value, low, high = (pair[key] * (-1 if turned else 1) for key in ("difference", "low", "high"))
    return f"{points(value)} points ({points(min(low, high))} to {points(max(low, high))})"


def difference(pair: Mapping[str, Any]) -> Json:
    """Make the row of a table: the accuracy and macro-F1 of a model less those of another, and who alone is right."""
    parts = {"accuracy difference": "", "macro-F1 difference": "macro_f1_"}
    differences = {
        name: {"value": pair[f"{part}difference"], "low": pair[f"{part}low"], "high": pair[f"{part}high"]}
        for name, part in parts.items()
    }
    only = {"only the first right": pair["only_a"], "only the other right": pair["only_b"]}
    return {"other": pair["b"], **differences, "p value": pair["p_value"], **only}


def scores_of(comparison: Mapping[str, Any]) -> Json:
    """Keep the scores of a comparison; the headlines of real corpora are not kept in git."""
    return {key: comparison[key] for key in ("models", "paired", "n_headlines")}


def most_accurate(models: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Sort the rows of a comparison, the most accurate first."""
    return sorted(models, key=lambda row: -row["accuracy"]["value"])


def _where(headlines: Headlines, given: Any) -> Headlines:  # noqa: ANN401 (an Arrow column)
    """Keep the headlines for which a column is not blank."""
    return headlines.take(np.flatnonzero(pc.not_equal(given, "").to_numpy(zero_copy_only=False)))
