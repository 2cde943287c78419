"""Find the header of a table of text in its first bytes: the delimiter, the names, and how cells are quoted."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from classify.headlines import ReadError
from classify.readers.columns import Asked, Columns, find_columns, is_known, missing_column

__all__ = ["Table", "find_table"]

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_ONE_COLUMN = "\x1f"  # a delimiter that text does not contain: a comma in a table of one column is part of its cell
_TITLE_ROWS = 10  # rows above a header are looked for so far


@dataclass(frozen=True)
class Table:
    """A table of text: its delimiter, the cells of its header, our columns among them.

    Attributes
    ----------
    head_lines
        Number of lines before the first row.
    quoted
        Whether quotes have a meaning.
    header
        Whether `names` are a header, which may be repeated below, and not the first row.
    escaped
        Whether a quote in a cell is escaped by a backslash, not doubled.
    spaced
        Whether spaces around cells belong to the layout, as after a comma or in Markdown.
    above
        Number of lines above the header, such as a title.
    why
        How the table was recognised.
    """

    delimiter: str
    names: tuple[str, ...]
    columns: Columns
    head_lines: int
    quoted: bool = True
    header: bool = True
    escaped: bool = False
    spaced: bool = False
    above: int = 0
    why: str = field(default="", compare=False)

    @property
    def shown(self) -> str:
        """The kind of table and its columns, for people."""
        kind = "TSV" if self.delimiter == "\t" else "CSV"
        extra = f" with {_DELIMITERS[self.delimiter]}s" if self.delimiter in ";|" else ""
        return f"{kind}{extra}{self.columns.shown(self.names)}"


def find_table(head: bytes, name: str, asked: Asked, form: str | None = None) -> Table | None:
    """Find a table in the first bytes of a text; return None where there is none.

    A table has a header with a name for the headline. Text without one that falls into the same number of cells on
    every line, or has the name of a table, is a table whose columns the caller must name, maybe by number, from 1.

    Parameters
    ----------
    form
        "csv" or "tsv" where the caller says that it is one.

    Raises
    ------
    ReadError
        If it is a table without a column for the headline, or without one that the caller names.
    """
    text = head.decode("utf-8", "replace")
    blank = len(text) - len(text.lstrip("\n"))
    mark = re.match(r'(?i)"?sep=([,;\t|])"?\r?\n', text[blank:])  # as Excel writes it
    start = blank + (len(mark[0]) if mark else 0)
    delimiters = [mark[1]] if mark else ["\t"] if form == "tsv" else list(_DELIMITERS)
    table = _with_header(text, start, delimiters, asked, name)
    if table is not None:
        return table
    numbered = (asked.headline or "").isdigit()
    delimiter = mark[1] if mark else _regular(text[start:], name, form, sure=numbered or form is not None)
    return _without_header(text, start, delimiter, asked, name) if delimiter else None


def _with_header(text: str, start: int, delimiters: Sequence[str], asked: Asked, name: str) -> Table | None:
    """Return a table whose header has a name for the headline: in its first row, or below the rows of a title."""
    missing: ReadError | None = None
    for row in range(_TITLE_ROWS):
        for delimiter in delimiters:
            names, end = _record(text, start, delimiter)
            try:
                columns = find_columns(names, asked, numbers=any(map(is_known, names)))
            except KeyError as error:
                if (
                    row == 0
                    and "headline" in find_columns(names).places
                    and _is_header_of(names, text[end:], delimiter)
                ):
                    missing = missing or missing_column(f"{name}:{_line(text, start)}", names, error)
                continue
            if "headline" in columns.places and (
                _named(names, asked) > 1 if row else _is_header_of(names, text[end:], delimiter, asked)
            ):
                lines = text.count("\n", 0, start) + max(1, text.count("\n", start, end))
                why = f"line {_line(text, start)} is a header"
                above = _line(text, start) - 1 if row else 0
                return _detailed(Table(delimiter, tuple(names), columns, lines, above=above, why=why), text[end:])
        start = end
        if start >= len(text):
            break
    if missing is not None:
        raise missing
    return None


def _detailed(table: Table, rows: str) -> Table:
    """Return a table with what its first rows show: an index without a name, backslashes, spaces around cells."""
    changes: dict[str, Any] = {"spaced": any(cell != cell.strip(" ") for cell in table.names)}
    n, counts, line_counts = len(table.names), *_counts(rows, table.delimiter)
    indexed = set(counts) == {n + 1} and 2 * line_counts.count(n + 1) > len(line_counts)
    if n == 1 and not (indexed and _indexed(rows)):
        changes["delimiter"] = _ONE_COLUMN
    elif indexed:  # R and pandas write row names without a name
        changes["names"] = ("", *table.names)
        places = {ours: tuple(place + 1 for place in places) for ours, places in table.columns.places.items()}
        changes["columns"] = Columns(places, {kept: place + 1 for kept, place in table.columns.keep.items()})
    if '\\"' in rows and not _is_strict(rows, table.delimiter):
        changes["escaped"] = _is_strict(rows, table.delimiter, doublequote=False, escapechar="\\")
    return replace(table, **changes)


def _is_strict(rows: str, delimiter: str, **options: Any) -> bool:  # noqa: ANN401
    """Return whether every quote of the first rows opens or closes a cell, or is escaped in one."""
    whole = rows[: rows.rfind("\n") + 1] or rows
    try:
        return all(
            True for _ in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter, strict=True, **options)
        )
    except csv.Error:
        return False


def _indexed(rows: str) -> bool:
    """Return whether every row begins with a number or a short name, as in front of a single column."""
    return all(re.match(r'"?[\w.-]{1,12}"?,', row) for row in rows.split("\n")[:100] if row.strip())


def _record(text: str, start: int, delimiter: str) -> tuple[list[str], int]:
    """Return the cells of the record that begins at a place, and where the next one begins."""
    lines = io.StringIO(text[start:], newline="")
    try:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:  # a NUL byte, a cell of more than 128 KB
        names = []
    end = start + lines.tell()
    return [cell.strip("\ufeff") for cell in names], end if end > start else len(text)


def _cells(rows: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the cells of up to a hundred rows, whole ones that are not blank."""
    whole = rows[: rows.rfind("\n") + 1] or rows
    lines = [line for line in whole.split("\n")[:100] if line.strip()]
    try:
        yield from (cells for cells in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, cells)))
    except csv.Error:
        return


def _counts(rows: str, delimiter: str) -> tuple[list[int], list[int]]:
    """Return the numbers of cells of the first records, and of the first lines, which records may span."""
    lines = rows.split("\n")[:100]
    return [len(cells) for cells in _cells(rows, delimiter)], [
        len(cells) for line in lines for cells in _cells(line, delimiter)
    ]


def _named(names: Sequence[str], asked: Asked) -> int:
    """Return how many cells are names of our columns, or of those that the caller names."""
    wanted = {name for name in (asked.headline, asked.section, asked.date, asked.id) if name}
    return sum(is_known(name) or name.strip() in wanted for name in names)


def _is_header_of(names: Sequence[str], rows: str, delimiter: str, asked: Asked = Asked()) -> bool:  # noqa: B008
    """Return whether a row with a name for the headline is a header, and not prose that begins with such a word."""
    if len(names) == 1 or _named(names, asked) > 1:
        return True
    counts = list(itertools.chain(*_counts(rows, delimiter)))
    if not all(len(cell.split()) <= 3 and not cell.strip().endswith((".", "?", "!", ":")) for cell in names):
        return len(names) > 2 and 2 * counts.count(len(names)) > len(counts)
    return not counts or any(count in (len(names), len(names) + 1) for count in counts)


def _regular(text: str, name: str, form: str | None, *, sure: bool) -> str:
    """Return the delimiter of a table without names that are known, "" where it is not a table."""
    table_name = re.search(r"\.(csv|tsv|tab)(\.\w+)?$", name.lower())
    for delimiter, fewest in (("\t", 2), (";", 3), ("|", 3), (",", 3)):
        rows = list(_cells(text, delimiter))
        counts = set(map(len, rows))
        if len(counts) == 1 and counts.pop() >= (2 if sure else fewest) and (len(rows) >= 5 or table_name or sure):
            return delimiter
    ending = form or (table_name[1] if table_name else "")
    return {"csv": ",", "tsv": "\t", "tab": "\t"}.get(ending, "")


def _without_header(text: str, start: int, delimiter: str, asked: Asked, name: str) -> Table:
    """Return a table whose header is missing or has no name that is known; the caller names columns by number."""
    names, end = _record(text, start, delimiter)
    where = f"{name}:{_line(text, start)}"
    try:
        columns = find_columns(names, asked, numbers=True)
    except KeyError as error:
        raise missing_column(where, names, error) from None
    if asked.headline is None:
        raise missing_column(where, names)
    columns = Columns({ours: columns.places[ours] for ours in columns.places if asked.name(ours)}, columns.keep)
    header = _above(names, columns, list(_cells(text[end:], delimiter)))
    lines = text.count("\n", 0, end if header else start)
    why = f"every line has the same {_DELIMITERS[delimiter]}s" + (", the first one is a header" if header else "")
    return _detailed(Table(delimiter, tuple(names), columns, lines, header=header, why=why), text[end:])


def _above(names: Sequence[str], columns: Columns, rows: list[list[str]]) -> bool:
    """Return whether a first row without known names is a header: short where the headlines below it are long."""
    place = columns.places["headline"][0]
    below = [len(row[place].split()) for row in rows if len(row) == len(names)]
    words = len(names[place].split())
    labels = {row[at] for at in columns.places.get("section", ()) for row in rows if len(row) == len(names)}
    recurs = any(names[at] in labels for at in columns.places.get("section", ()))
    return bool(below) and words <= 3 and median(below) > max(words, 3) and not recurs


def _line(text: str, start: int) -> int:
    """Return the number of the line on which a place is."""
    return text.count("\n", 0, start) + 1
