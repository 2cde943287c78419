"""Functions that several commands share: inputs, outputs, the model, messages."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.results import UnknownSection
    from classify.headlines import Headlines

DEFAULT_MODEL = "sections.safetensors"

# The format of an output by the ending of its name, and endings of formats that no command writes.
_ENDINGS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "tsv"}
_UNWRITTEN = (
    *(".parquet", ".pq", ".feather", ".arrow", ".orc", ".avro", ".xlsx", ".xls", ".ods", ".pkl", ".pickle"),
    *(".npy", ".npz", ".db", ".sqlite", ".gz", ".bz2", ".xz", ".zst", ".zip"),
)
# Control characters, and those that turn the direction of a line.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {
    code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the model."""
    parser.add_argument(
        "-m", "--model", metavar="MODEL", help="model file, or one of the package: sections (default), iptc"
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the options of a report."""
    parser.add_argument("--report", metavar="DIR", help="folder for a report")
    parser.add_argument("--figures", choices=("pdf",), help="with --report: write the figures as PDF, too")
    parser.add_argument("--tables", choices=("csv", "latex"), help="with --report: write its tables into files, too")


def expect_report(args: argparse.Namespace) -> None:
    """Raise a ValueError for options of a report where none is asked for."""
    name = next((name for name in ("figures", "tables") if getattr(args, name)), None)
    if name and not args.report:
        raise ValueError(f"--{name} was given without --report; expected a folder for both; add --report DIR")


def write_report(numbers: Mapping[str, Any], args: argparse.Namespace) -> Path:
    """Write a report as the options ask for it; return the path of its page."""
    from classify import report

    return report.write_report(numbers, args.report, pdf=args.figures == "pdf", tables=args.tables)


def add_level(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses a level of sections."""
    parser.add_argument(
        "--level", type=count, metavar="N", help="with sections such as sport/football, answer with the first N parts"
    )


def load(path: str | None) -> HeadlineClassifier:
    """Load a model, or the default one."""
    from classify.classifier import load_model

    return load_model(path)


def corpus_name(paths: list[str]) -> str:
    """Return the name of a corpus: its files.

    Examples
    --------
    >>> corpus_name(["news/may.csv", "news/june.csv"]), corpus_name([])
    ('may.csv, june.csv', 'the embedded corpus')
    """
    names = [shown(Path(path).name or path) for path in paths]
    return (", ".join(names) if len(names) < 4 else f"{len(names)} files") or "the embedded corpus"


def training_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `classify train` that training of one section or several a headline takes alike."""
    names = ("test_size", "split", "refit", "seed", "model", "max_size")
    test_name = corpus_name([args.test]) if args.test else None
    return {name: getattr(args, name) for name in names} | {"name": corpus_name(args.corpora), "test_name": test_name}


def share(text: str) -> float:
    """Parse a share between 0 and 1, for argparse."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}; expected a share from 0 to 1, such as 0.05")
    return value


def count(text: str) -> int:
    """Parse a whole number from 1, for argparse."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected a whole number from 1")
    return value


def seed(text: str) -> int:
    """Parse a seed, for argparse."""
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"{text}; expected a whole number from 0 to {2**32 - 1}")
    return value


def size(text: str) -> int:
    """Parse a size in bytes such as 2MB, for argparse."""
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}
    unit = next((unit for unit in units if text.upper().endswith(unit)), "")
    value = float(text.upper().removesuffix(unit)) * units.get(unit, 1)
    if not 0 < value < 2**63:
        raise argparse.ArgumentTypeError(f"{text}; expected a size above 0, such as 2MB")
    return int(value)


def shown(path: str) -> str:
    """Return the name of an input for people."""
    return "standard input" if path == "-" else path


def tell_unknown(model: str, rows: Sequence[UnknownSection]) -> None:
    """Report which sections of the test headlines a model does not know."""
    if rows:
        sections = ", ".join(row["section"] for row in rows[:8]) + (", ..." if len(rows) > 8 else "")
        count = sum(row["n_headlines"] for row in rows)
        tell(
            f"{model} does not know {len(rows)} of the sections ({sections}): their {count:,} headline(s) "
            "count as its mistakes"
        )


def tell_suffixes(headlines: Headlines, suffixes: tuple[str, ...]) -> None:
    """Report from how many headlines a publisher is removed, and which were learned from the corpus."""
    from classify.text import count_suffixes

    shown = ", ".join(suffixes[:5]) + (", ..." if len(suffixes) > 5 else "")
    learned = f"; {len(suffixes):,} learned from the corpus: {shown}" if suffixes else ""
    number = count_suffixes(headlines.headline, suffixes)
    tell(f"publisher suffixes removed from {number:,} of {len(headlines):,} headlines{learned}")


@contextmanager
def open_output(path: str | None, inputs: Sequence[str | None]) -> Iterator[BinaryIO]:
    """Open the output: standard output, or a file that is written completely or not at all."""
    from classify.core.files import replacing

    if path is None or path == "-":
        _refuse_feeding_back(inputs)
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    expect_outputs(inputs, path)
    with replacing(path) as file:
        yield file


def expect_outputs(inputs: Sequence[str | None], *paths: str | None, report: str | None = None) -> None:
    """Raise at the start what would be raised at the end: an output that is an input, or cannot be written."""
    from classify.core.files import expect_writable

    for path in paths:
        if path is not None:
            if path in ("", "-"):
                found = "standard output" if path else "an empty name"
                raise ValueError(f"found {found} as an output; expected a file; name one, maybe /dev/stdout")
            refuse_overwriting(inputs, path)
            expect_writable(path)
    if report is not None:
        if not report:
            raise ValueError("found an empty name for the report; expected a folder; name one, or . for this one")
        _refuse_in_report(report, [*inputs, *paths])
        for name in ("results.json", "report.md", "report.html", "figures/models.svg"):
            expect_writable(Path(report, name))


def _refuse_in_report(report: str, others: Sequence[str | None]) -> None:
    """Raise where a report would replace an input or another output, or that output is the folder of the report."""
    from classify.report import report_files

    # Names are compared without regard to case, as some file systems do.
    folder = Path(os.path.realpath(report))
    taken = {os.path.realpath(file).casefold() for file in (*report_files(folder), folder, *folder.parents)}
    for name in others:
        if name is None or name == "-" or (place := Path(os.path.realpath(name))).is_dir():
            continue
        if str(place).casefold() in taken:
            raise ValueError(
                f"{name}: the report in {report} would be written there; expected another file; name another file or "
                "another folder"
            )


def refuse_overwriting(inputs: Sequence[str | None], path: str) -> None:
    """Raise where the output is a folder or, under any name, one of the inputs; None is not an input."""
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if target.is_file() and any(_same(target, i) for i in inputs if i is not None):
        raise ValueError(f"{path}: is also an input; expected another file for the output; name a new one")


def _refuse_feeding_back(inputs: Sequence[str | None]) -> None:
    """Raise where standard output is appended to an input, which would never end."""
    try:
        out = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError):  # a stream of the caller's
        return
    if not S_ISREG(out.st_mode):
        return
    for name in inputs:
        path = Path("/dev/stdin" if name == "-" else name or "")
        if name and path.is_file() and os.path.samestat(path.stat(), out):
            raise ValueError(f"{shown(name)}: is also the output; expected another file; name one with -o")


def _same(target: Path, name: str) -> bool:
    """Return whether an input is the file that is to be written."""
    if name == "-":
        return piped() and Path("/dev/stdin").exists() and target.samefile("/dev/stdin")
    return Path(name).exists() and target.samefile(name)


def tell(message: str) -> None:
    """Print a message on standard error."""
    print(f"classify: {visible(message)}", file=sys.stderr)


def visible(text: str) -> str:
    r"""Return a text in which characters that would control a terminal are written as escapes.

    Examples
    --------
    >>> print(visible("Rovers \x1b[31mwin \u202ecup"))
    Rovers \x1b[31mwin \u202ecup
    """
    return text.translate(_CONTROLS)


def piped() -> bool:
    """Return whether there is a standard input that is not a terminal."""
    return sys.stdin is not None and not sys.stdin.isatty()


def default_format(output: str | None, *forms: str) -> str:
    """Return the output format: that of the ending, else a table at a terminal and JSON lines elsewhere."""
    expect_ending(output, *forms)
    if output and output != "-":
        return _ENDINGS.get(Path(output).suffix.lower(), "jsonl")
    return "table" if sys.stdout.isatty() else "jsonl"


def expect_ending(output: str | None, *forms: str) -> None:
    """Raise where the ending of an output's name means a format that cannot be written."""
    ending = Path(output or "").suffix.lower()
    if ending in _UNWRITTEN or _ENDINGS.get(ending, forms[0]) not in forms:
        *others, last = [f".{form}" for form in forms]
        expected = f"{', '.join(others)} or {last}" if others else last
        raise ValueError(f"{output}: ends in {ending}, which cannot be written here; expected {expected}; name it so")


def draw_table(rows: list[list[str]], header: list[str]) -> str:
    """Return rows as lines of aligned columns, without control characters; the last column is not padded."""
    from classify.core.display import width_of

    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(map(width_of, column)) for column in zip(header, *rows, strict=True)]
    widths[-1] = 0
    lines = [
        "  ".join(cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True))
        for row in [header, *rows]
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"
