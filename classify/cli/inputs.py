"""The options that say how inputs are read, and the reading: what is left out is told on standard error."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from classify.cli.common import shown, tell

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.headlines import Headlines
    from classify.readers import HeadlineReader

__all__ = ["add_reading", "any_filled", "labelled", "open_input", "read_all", "report_skipped"]

_FORMATS = ("csv", "tsv", "json", "jsonl", "parquet", "lines", "feed", "page", "folder")


def add_reading(
    parser: argparse.ArgumentParser, *, labels: bool = True, dates: bool = True, keep: bool = False
) -> None:
    """Add the options that say how inputs are read."""
    group = parser.add_argument_group("reading")
    columns = {"text": "headlines"} | ({"label": "sections"} if labels else {}) | ({"date": "dates"} if dates else {})
    for name, what in (columns | {"id": "ids"}).items():
        group.add_argument(
            f"--{name}-column", metavar="C", help=f"column of the {what}, by name or number (default: found by name)"
        )
    if keep:
        group.add_argument(
            "--keep", type=_names, default=(), metavar="COLUMNS", help="columns to pass through, such as url,author"
        )
    if dates:
        group.add_argument(
            "--day-first",
            action=argparse.BooleanOptionalAction,
            help="read 03/02/2025 as 3 February (default: as the column shows)",
        )
    group.add_argument("--input-format", choices=_FORMATS, help="format of the inputs (default: detected)")
    group.add_argument("--encoding", metavar="E", help="encoding, such as cp1251 (default: detected)")


def open_input(path: str, args: argparse.Namespace) -> HeadlineReader:
    """Open one source of headlines as the options say."""
    from classify.readers import read_headlines

    reader = read_headlines(
        path,
        text_column=args.text_column,
        label_column=getattr(args, "label_column", None),
        date_column=getattr(args, "date_column", None),
        id_column=args.id_column,
        keep=getattr(args, "keep", ()),
        input_format=args.input_format,
        encoding=args.encoding,
    )
    if getattr(args, "verbose", False):
        tell(f"{shown(path)}: {reader.description}; {reader.reason}")
    return reader


def read_all(paths: Sequence[str], args: argparse.Namespace) -> tuple[Headlines, int]:
    """Read sources to their ends, dates in ISO 8601; return the headlines and the number of rows of no use."""
    parts, unused, total = [], 0, 0
    for path in paths:
        with open_input(path, args) as reader:
            rows, n_rows = _gathered(reader, args)
            total += n_rows
            unused += report_skipped(path, reader)
        rows, n_ambiguous = _dated(rows, path, args)
        parts.append(rows)
        unused += n_ambiguous
    headlines, _ = _gathered(parts, args)
    if len(headlines) < total:
        tell(f"a sample of {len(headlines):,} of {total:,} headlines is used; --sample sets its size")
    if not len(headlines):
        raise ValueError(f"{', '.join(map(shown, paths))}: no headlines were found; expected at least one row")
    return headlines, unused


def _gathered(batches: Iterable[Headlines], args: argparse.Namespace) -> tuple[Headlines, int]:
    """Return the headlines of batches, or a sample where a command takes one; and how many there were."""
    from classify.headlines import Headlines

    if hasattr(args, "sample"):
        from classify.splits import sample_headlines

        return sample_headlines(batches, args.sample)
    headlines = Headlines.concat(batches)
    return headlines, len(headlines)


def labelled(paths: Sequence[str], args: argparse.Namespace, several: bool = False) -> tuple[Headlines, int]:
    """Read labelled headlines, or the embedded corpus; tell how many rows lack a headline or a section."""
    from classify.corpora import load_sample
    from classify.splits import labelled_rows

    headlines, unused = read_all(paths, args) if paths else (load_sample(), 0)
    try:
        rows = labelled_rows(headlines, several)
    except ValueError as error:
        names = ", ".join(map(shown, paths))
        raise ValueError(f"{names}: {error}; --text-column and --label-column name columns") from None
    left_out = len(headlines) - len(rows)
    if left_out:
        kept = set(rows.line.to_pylist())
        where = f" ({_lines(headlines, [line not in kept for line in headlines.line.to_pylist()])})"
        tell(f"{left_out} row(s) without a headline or a section are left out{where * (len(paths) == 1)}")
    _tell_spellings(rows.section)
    return rows, unused + left_out


def report_skipped(path: str, reader: HeadlineReader) -> int:
    """Print which rows of a source were skipped and what else was left out; return the number of skipped rows."""
    if reader.notes:
        tell(f"{shown(path)}: left out {' and '.join(reader.notes)}")
    if reader.skipped:
        lines = ", ".join(map(str, reader.skipped_lines))
        more = ", ..." if reader.skipped > len(reader.skipped_lines) else ""
        tell(f"{shown(path)}: {reader.skipped} row(s) that could not be read were skipped (line {lines}{more})")
    return reader.skipped


def _dated(rows: Headlines, path: str, args: argparse.Namespace) -> tuple[Headlines, int]:
    """Return the rows of one source with dates in ISO 8601, and how many could be read in two ways; tell both."""
    import numpy as np

    from classify.dates import format_dates, parse_dates

    if rows.date is None or not hasattr(args, "day_first"):
        return rows, 0
    dates = parse_dates(rows.date, day_first=args.day_first)
    if dates.n_undated == len(rows) and not any_filled(rows.date):
        return replace(rows, date=None), 0
    ambiguous, undated = int(dates.ambiguous.sum()), dates.n_undated
    if getattr(args, "verbose", False) and dates.rule:
        tell(f"{shown(path)}: dates: {dates.rule}")
    if undated > ambiguous:
        lines = _lines(
            rows, [bad and not both for bad, both in zip(np.isnat(dates.values), dates.ambiguous, strict=True)]
        )
        tell(f"{shown(path)}: {undated - ambiguous} of {len(rows):,} row(s) have no date that can be read ({lines})")
    if ambiguous:
        tell(
            f"{shown(path)}: {ambiguous} of {len(rows):,} date(s) can be read with the day or the month first "
            f"({_lines(rows, dates.ambiguous.tolist())}) and count as unknown; name the order with --day-first or "
            "--no-day-first"
        )
    return replace(rows, date=format_dates(dates.values)), ambiguous


def any_filled(column: pa.StringArray) -> bool:
    """Return whether a column has a text that is not blank."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, r"\S")).as_py())


def _lines(rows: Headlines, chosen: Sequence[bool]) -> str:
    """Return the lines of the first rows that were chosen."""
    lines = [line for line, one in zip(rows.line.to_pylist(), chosen, strict=True) if one]
    return f"line {', '.join(map(str, lines[:10]))}{', ...' if len(lines) > 10 else ''}"


def _tell_spellings(sections: pa.StringArray) -> None:
    """Print which sections differ only in case."""
    spellings: dict[str, list[str]] = {}
    for name in sorted(sections.unique().to_pylist()):
        spellings.setdefault(name.casefold(), []).append(name)
    alike = [" and ".join(map(repr, names)) for names in spellings.values() if len(names) > 1]
    if alike:
        tell(f"sections that differ only in case count as different ones: {', '.join(alike)}")


def _names(text: str) -> tuple[str, ...]:
    """Parse names between commas, each once, for argparse."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
