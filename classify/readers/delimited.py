"""Read tables of text: CSV, TSV and their kin, at the speed of pyarrow.

A table goes to pyarrow in blocks of whole records. Where every quote of a block stands at
the edge of a cell, which one look at the bytes tells, the block goes as it is. Else its lines are
looked at one by one: a stray quote, one that opens a cell which never closes, costs its own line
and no other. A record with too many or too few cells is skipped and counted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv

from classify.core.arrow import EMPTY, from_integers
from classify.headlines import COLUMN_NAMES, Headlines, ReadError, Skipped
from classify.readers.encodings import repaired
from classify.readers.sources import MAX_LINE, Source, line_blocks

__all__ = ["Table", "find_columns", "find_table", "read_table"]

Int64 = npt.NDArray[np.int64]

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_QUOTE, _FEED = ord('"'), ord("\n")
_LOOK_AHEAD = 1000  # lines within which a quoted cell must close, where quotes are in disorder


@dataclass(frozen=True)
class Table:
    """What the head of a table of text shows: delimiter, cells of the first record, our columns."""

    delimiter: str
    names: tuple[str, ...]
    columns: dict[str, int]
    head_lines: int
    quoted: bool = True

    @property
    def shown(self) -> str:
        """The kind of table for people."""
        kind = "TSV" if self.delimiter == "\t" else "CSV"
        return kind if self.delimiter in ",\t" else f"{kind} with {_DELIMITERS[self.delimiter]}s"


def find_columns(
    names: Sequence[str], text_column: str | None = None, label_column: str | None = None
) -> dict[str, int]:
    """Find our columns among the names of a table, capitals and outer spaces aside.

    Raises
    ------
    KeyError
        If a column that the caller names is not there.

    Examples
    --------
    >>> find_columns(["Nr", "Title", "Category"])
    {'headline': 1, 'section': 2}
    """
    lowered = [name.strip().lower() for name in names]
    asked = {"headline": text_column, "section": label_column}
    found = {}
    for column, known in COLUMN_NAMES.items():
        wanted = asked.get(column)
        if wanted is not None and wanted in names:
            found[column] = list(names).index(wanted)
        elif wanted is not None and wanted.strip().lower() not in lowered:
            raise KeyError(wanted)
        else:
            candidates = known if wanted is None else (wanted.strip().lower(),)
            places = [lowered.index(name) for name in candidates if name in lowered]
            found.update({column: places[0]} if places else {})
    return found


def find_table(head: bytes, name: str, text_column: str | None = None, label_column: str | None = None) -> Table | None:
    """Tell a table of text from its first bytes; None if they are something else.

    A table is known by its header, which holds a name for the headline. Without one, text that
    falls into the same number of cells on every line, or bears the name of a table, is a table
    that the caller must say more about: a column may be named by its number, from 1.

    Raises
    ------
    ReadError
        If it is a table without a column for the headline, or without one that the caller names.
    """
    text = head.decode("utf-8", "replace")
    blank = len(text) - len(text.lstrip("\n"))
    named = re.match(r"(?i)sep=([,;\t|])\r?\n", text[blank:])  # the mark that Excel leaves
    skip = blank + (len(named[0]) if named else 0)
    for delimiter in [named[1]] if named else _DELIMITERS:
        names, length = _first_record(text[skip:], delimiter)
        head_lines = text.count("\n", 0, skip) + max(1, text.count("\n", skip, skip + length))
        try:
            columns = find_columns(names, text_column, label_column)
        except KeyError as error:
            if "headline" in find_columns(names):
                raise _missing(name, names, error.args[0], (text_column, label_column)) from None
            continue
        if "headline" in columns:
            return Table(delimiter, tuple(names), columns, head_lines)
    delimiter = named[1] if named else _regular(text[skip:], name)
    if not delimiter:
        return None
    return _table_by_numbers(text, skip, name, delimiter, (text_column, label_column))


def read_table(source: Source, table: Table, skipped: Skipped) -> Iterator[Headlines]:
    """Yield the rows of a table of text, block by block."""
    kept, start, header = b"", 0, table.head_lines
    for number, block in line_blocks(source, skipped):
        while header and block:
            _, _, block = block.partition(b"\n")
            number, header = number + 1, header - 1
        if kept and number != start + kept.count(b"\n"):  # an overlong line stood between
            yield from _read_block(kept, start, table, skipped, final=True)[0]
            kept = b""
        start, block = (start, kept + block) if kept else (number, block)
        batches, used = _read_block(block, start, table, skipped, final=False)
        yield from batches
        start, kept = start + block.count(b"\n", 0, used), block[used:]
    yield from _read_block(kept, start, table, skipped, final=True)[0]


def _read_block(
    block: bytes, start: int, table: Table, skipped: Skipped, *, final: bool
) -> tuple[list[Headlines], int]:
    """Read the whole records of a block; give their rows and how many bytes they take."""
    quote = _QUOTE if table.quoted else 256  # no byte
    quotes = np.flatnonzero(np.frombuffer(block, np.uint8) == quote)
    used = _end_of_records(block, quotes) if _in_order(block, quotes, table.delimiter) else -1
    if used < 0 or (used < len(block) and (final or len(block) - used > MAX_LINE)):
        records, lines, used = _sift(block, start, table, skipped, final=final)
    else:
        records, lines = block[:used], start + _starts(block[:used], quotes)
    if not len(lines):
        return [], used
    return [_parse(repaired(records), lines, table, skipped)], used


def _parse(records: bytes, lines: Int64, table: Table, skipped: Skipped) -> Headlines:
    """Let pyarrow read whole records, and skip those with too many or too few cells."""
    bad: list[int] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        bad.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(len(table.names))]
    read = pa.csv.read_csv(
        pa.BufferReader(records),
        pa.csv.ReadOptions(use_threads=False, block_size=len(records) + 1, column_names=names),
        pa.csv.ParseOptions(
            delimiter=table.delimiter,
            quote_char=table.quoted and '"',
            newlines_in_values=table.quoted,
            invalid_row_handler=skip,
        ),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(dict.fromkeys(names[place] for place in table.columns.values())),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    columns = {
        column: pa.chunked_array(read.column(names[place])).combine_chunks() for column, place in table.columns.items()
    }
    for index in bad:
        skipped.add(int(lines[index]))
    columns["headline"] = columns["headline"].fill_null(EMPTY)
    return Headlines(**columns, line=from_integers(np.delete(lines, bad)))


def _in_order(block: bytes, quotes: Int64, delimiter: str) -> bool:
    """Tell whether every quote of a block opens or closes a cell, or stands doubled in one."""
    if not len(quotes):
        return True
    edge = np.zeros(256, np.bool_)
    edge[[ord(delimiter), _FEED, _QUOTE]] = True
    data = np.frombuffer(block, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = opening[1:] if quotes[0] == 0 else opening
    return bool(edge[data[before - 1]].all() and edge[data[closing + 1]].all())


def _end_of_records(block: bytes, quotes: Int64) -> int:
    """Give the number of bytes up to the last line feed outside quotes."""
    end = len(block)
    if len(quotes) % 2:
        end = int(quotes[-1])
        while True:
            end = block.rfind(b"\n", 0, end) + 1
            before = int(np.searchsorted(quotes, end))
            if before % 2 == 0:
                break
            end = int(quotes[before - 1])
    return end


def _starts(block: bytes, quotes: Int64) -> Int64:
    """Give the numbers, from 0, of the lines on which records begin; blank lines hold none."""
    data = np.frombuffer(block, np.uint8)
    starts = np.append(0, np.flatnonzero(data == _FEED) + 1)[:-1]
    begins = data[starts] != _FEED
    if len(quotes):
        begins &= np.searchsorted(quotes, starts) % 2 == 0
    return np.flatnonzero(begins)


def _sift(block: bytes, start: int, table: Table, skipped: Skipped, *, final: bool) -> tuple[bytes, Int64, int]:
    """Take whole records out of a block whose quotes are in disorder, line by line."""
    lines, single = block.split(b"\n")[:-1], _single_line(table.delimiter)
    kept: list[bytes] = []
    numbers: list[int] = []
    at = 0
    while at < len(lines):
        end = at + 1
        if b'"' in lines[at] and not single.fullmatch(lines[at]):
            end = _end_of_record(lines, at, table)
            if end > len(lines) and not final and sum(map(len, lines[at:])) < MAX_LINE:
                break
        if at < end <= len(lines):
            if lines[at]:
                kept.append(b"\n".join(lines[at:end]))
                numbers.append(start + at)
            at = end
        else:
            skipped.add(start + at)
            at += 1
    used = sum(map(len, lines[:at])) + at
    return b"\n".join(kept) + b"\n", np.array(numbers, np.int64), used


def _end_of_record(lines: list[bytes], at: int, table: Table) -> int:
    """Give the line after a record of several lines; 0 if a quote is astray; more if it is open.

    Here a cell that opens with a quote must close with one before a delimiter or the end of a line,
    and the record must have as many cells as the header.
    """
    close, delimiter = re.compile(rb'[^"]*+(?:""[^"]*+)*+"'), table.delimiter.encode()
    cells, inside = 1, False
    for index in range(at, min(len(lines), at + _LOOK_AHEAD)):
        line, place = lines[index], 0
        while True:
            if inside or line[place : place + 1] == b'"':
                closed = close.match(line, place + (not inside))
                inside = closed is None
                if closed is None:
                    break
                place = closed.end()
                if line[place : place + 1] not in (b"", delimiter):
                    return 0
            place = line.find(delimiter, place) + 1
            if not place:
                return index + 1 if cells == len(table.names) else 0
            cells += 1
    return 0 if at + _LOOK_AHEAD <= len(lines) else len(lines) + 1


def _single_line(delimiter: str) -> re.Pattern[bytes]:
    """Give the pattern of a line that holds a whole record, quotes inside its cells and all."""
    d = re.escape(delimiter)
    cell = rf'(?:"[^"]*+(?:""[^"]*+)*+"(?!")[^{d}]*+|(?!")[^{d}]*+)'
    return re.compile(f"{cell}(?:{d}{cell})*+".encode())


def _first_record(text: str, delimiter: str) -> tuple[list[str], int]:
    """Give the cells of the first record and the number of characters read for it."""
    lines = io.StringIO(text, newline="")
    try:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:  # a NUL byte, a cell of more than 128 KB
        names = []
    return names, lines.tell()


def _regular(text: str, name: str) -> str:
    """Give the delimiter of a table without names that we know, "" if it is no table."""
    whole = text[: text.rfind("\n") + 1] or text
    lines = [line for line in whole.split("\n")[:100] if line.strip()]
    table_name = re.search(r"\.(csv|tsv|tab)(\.\w+)?$", name.lower())
    for delimiter, fewest in (("\t", 2), (";", 3), ("|", 3), (",", 3)):
        try:
            counts = {len(cells) for cells in csv.reader(lines, delimiter=delimiter)}
        except csv.Error:
            continue
        if len(counts) == 1 and counts.pop() >= fewest and (len(lines) >= 5 or table_name):
            return delimiter
    return {"csv": ",", "tsv": "\t", "tab": "\t"}[table_name[1]] if table_name else ""


def _table_by_numbers(text: str, skip: int, name: str, delimiter: str, asked: tuple[str | None, str | None]) -> Table:
    """Take a table without a header that we know, whose columns the caller names by number."""
    cells, _ = _first_record(text[skip:], delimiter)
    numbers = [int(column) if column and column.isdigit() else 0 for column in asked]
    for column, number in zip(asked, numbers, strict=True):
        if column is not None and not 1 <= number <= len(cells):
            raise _missing(name, cells, column, asked)
    if not numbers[0]:
        raise _missing(name, cells, None, asked)
    columns = {"headline": numbers[0] - 1} | ({"section": numbers[1] - 1} if numbers[1] else {})
    return Table(delimiter, tuple(cells), columns, text.count("\n", 0, skip))


def _missing(name: str, cells: list[str], wanted: str | None, asked: tuple[str | None, str | None]) -> ReadError:
    """Word the error of a column that is not there: one that the caller named, or that of the headlines."""
    shown = ", ".join(repr(cell[:30]) for cell in cells[:12])
    expected = "headline, title or text" if wanted is None else repr(wanted)
    # A command that knows no sections has no option for their column.
    option = "--text-column" if wanted in (None, asked[0]) else "--label-column"
    return ReadError(
        f"{name}:1: found the columns {shown}; expected one named {expected}; say with {option} which to read, "
        "by name, or by number from 1 if there is no header"
    )
