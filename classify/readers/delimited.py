"""Read the rows of tables of text, CSV, TSV and the like, at the speed of pyarrow.

pyarrow parses blocks of whole records. A block in which every quote is at the edge of a cell is parsed as it is. Else
its lines are examined one by one: a stray quote, one that opens a cell which never closes, costs its own line and no
other. A record with too many or too few cells is skipped and counted. In TSV a quote that is not closed on its line is
a character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from classify.core.arrow import from_flags, from_integers, from_strings, to_numpy
from classify.core.json_text import quote
from classify.headlines import Headlines, Skipped
from classify.readers.columns import make_batch
from classify.readers.encodings import repaired
from classify.readers.headers import Table
from classify.readers.sources import MAX_LINE, Source, line_blocks

__all__ = ["read_table"]

Int64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_QUOTE, _FEED = ord('"'), ord("\n")
_LOOK_AHEAD = 1000  # lines within which a quoted cell must close, where quotes are in disorder


def read_table(source: Source, table: Table, skipped: Skipped) -> Iterator[Headlines]:
    """Yield the rows of a table of text, block by block."""
    kept, start, header = b"", 0, table.head_lines
    for number, block in line_blocks(source, skipped):
        while header and block:
            _, _, block = block.partition(b"\n")
            number, header = number + 1, header - 1
        block = _plainly_quoted(block, table)
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
    """Read the whole records of a block; return their rows and the number of bytes they take."""
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
    """Parse whole records with pyarrow; skip those with too many or too few cells, and repeated headers."""
    bad: list[int] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        bad.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(len(table.names))]
    places = {place for of in table.columns.places.values() for place in of} | set(table.columns.keep.values())
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
            include_columns=[names[place] for place in sorted(places)],
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    cells = {place: pa.chunked_array(read.column(names[place])).combine_chunks() for place in sorted(places)}
    for index in bad:
        skipped.add(int(lines[index]))
    lines = np.delete(lines, bad)
    if table.spaced:
        cells = {place: pc.utf8_trim(column, " \t") for place, column in cells.items()}
    repeated = _repeats_header(cells, table)
    if repeated.any():
        skipped.note("repeated header", int(lines[repeated][0]), int(repeated.sum()))
        cells = {place: column.filter(from_flags(~repeated)) for place, column in cells.items()}
    columns = {ours: [cells[place] for place in of] for ours, of in table.columns.places.items()}
    kept = {name: quote(cells[place]) for name, place in table.columns.keep.items()}
    return make_batch(columns, from_integers(lines[~repeated]), kept)


def _repeats_header(cells: dict[int, pa.StringArray], table: Table) -> Flags:
    """Return which rows repeat the header, as files joined by ``cat`` do."""
    repeated = np.ones(len(next(iter(cells.values()))), np.bool_)
    for place, column in cells.items():
        name = table.names[place].strip()
        repeated &= to_numpy(pc.is_in(pc.utf8_trim(column, "\ufeff "), from_strings([name] if name else [name, None])))
    return repeated & table.header


def _plainly_quoted(block: bytes, table: Table) -> bytes:
    """Rewrite a block in plain CSV: quotes doubled, none around rules, none behind spaces; lines stay lines."""
    if table.escaped:
        block = re.sub(rb'\\(["\\])', lambda found: b'""' if found[1] == b'"' else found[1], block)
    if table.delimiter == "|":
        block = re.sub(rb"(?m)^(?=.*--)[-+=|: ]+$", b"", block)
    if table.spaced:
        behind = re.escape(table.delimiter.encode())
        block = re.sub(rb'("[^"]*")|(' + behind + rb')[ ]+(?=")', lambda found: found[1] or found[2], block)
    if table.delimiter == "\t" and table.quoted and b'"' in block:
        block = _within_lines(block, table)
    return block


def _within_lines(block: bytes, table: Table) -> bytes:
    """Double the quotes of cells that do not close on their line."""
    single = _single_line(table.delimiter)
    lines = block.split(b"\n")
    for at, line in enumerate(lines):
        if b'"' in line and not single.fullmatch(line):
            cells = line.split(b"\t")
            lines[at] = b"\t".join(
                b'"' + cell.replace(b'"', b'""') + b'"'
                if cell.startswith(b'"') and not single.fullmatch(cell)
                else cell
                for cell in cells
            )
    return b"\n".join(lines)


def _in_order(block: bytes, quotes: Int64, delimiter: str) -> bool:
    """Return whether every quote of a block opens or closes a cell, or is doubled in one."""
    if not len(quotes):
        return True
    edge = np.zeros(256, np.bool_)
    edge[[ord(delimiter), _FEED, _QUOTE]] = True
    data = np.frombuffer(block, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = opening[1:] if quotes[0] == 0 else opening
    return bool(edge[data[before - 1]].all() and edge[data[closing + 1]].all())


def _end_of_records(block: bytes, quotes: Int64) -> int:
    """Return the number of bytes up to the last line feed outside quotes."""
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
    """Return the numbers, from 0, of the lines on which records begin; not of blank lines."""
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
    """Return the line after a record of several lines; 0 if a quote is stray; more if it is open.

    Here a cell that opens with a quote must close with one before a delimiter or the end of a line,
    and the record must have as many cells as the header.
    """
    close, delimiter = re.compile(rb'[^"]*(?:""[^"]*)*"(?!")'), table.delimiter.encode()
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
    """Return the pattern of a line that is a whole record, maybe with quotes inside its cells.

    Possessive quantifiers are not used: Python 3.11.2 matches some of them wrongly.
    """
    d = re.escape(delimiter)
    cell = rf'(?:"[^"]*(?:""[^"]*)*"(?!")[^{d}]*|(?!")[^{d}]*)'
    return re.compile(f"{cell}(?:{d}{cell})*".encode())
