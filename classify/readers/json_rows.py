"""Read headlines from JSON: one object a line, an array of objects or strings, or a document.

A document is an object that holds such an array: a JSON Feed with its items, an answer of a news
service with its articles.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json

from classify.core.arrow import EMPTY, from_integers, from_strings
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.delimited import find_columns
from classify.readers.encodings import repaired
from classify.readers.sources import BLOCK, MAX_LINE, Source, line_blocks

__all__ = ["is_json", "read_json"]

LARGEST_DOCUMENT = 1 << 26
_FEED = "jsonfeed.org"
_BEGINS = re.compile(rb'\s*(?:\{\s*(?:"|\}|$)|\[\s*(?:\{|\]|$|"(?:[^"\\]|\\.)*"\s*(?:[,\]]|$)))', re.DOTALL)
_BETWEEN = re.compile(r"\s*(,?)\s*(\]?)")
_Asked = tuple[str | None, str | None]
_Row = tuple[int, Any]


def is_json(head: bytes) -> bool:
    """Tell JSON by its beginning; a line of text that begins with a bracket is none.

    Examples
    --------
    >>> is_json(b'{"title": "Rain"}'), is_json(b"[Video] Rain"), is_json(b'["Rain", "Sun"]')
    (True, False, True)
    """
    return _BEGINS.match(head) is not None


def read_json(source: Source, asked: _Asked, batch_size: int, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Tell the kind of JSON, and yield its rows."""
    head = source.peek().strip()
    if head.startswith(b"["):
        columns = _Columns(source, asked, skipped)
        columns.look_at(_first_items(head))
        return f"JSON array{columns.shown}", columns.batches(enumerate(_array(source), 1), batch_size)
    sample = [row for row in map(_loaded, head.split(b"\n")[:100]) if isinstance(row, dict)]
    if sample and not (len(sample) == 1 and _rows_within(sample[0])):
        columns = _Columns(source, asked, skipped)
        columns.look_at(sample)
        return f"JSON lines{columns.shown}", _json_lines(source, columns, sample, skipped)
    document = _document(source)
    rows = _rows_within(document) or [document]
    columns = _Columns(source, asked, skipped)
    columns.look_at(rows)
    kind = "JSON Feed" if isinstance(document, dict) and _FEED in str(document.get("version")) else "JSON document"
    return f"{kind}{columns.shown}", columns.batches(enumerate(rows, 1), batch_size)


class _Columns:
    """Which keys of objects are our columns; turns objects into batches of columns."""

    def __init__(self, source: Source, asked: _Asked, skipped: Skipped) -> None:
        self.keys: dict[str, str] = {}
        self._source, self._asked, self._skipped = source, asked, skipped

    @property
    def shown(self) -> str:
        """The columns for people, after the kind of JSON."""
        return "".join(f", {ours} in {key!r}" for ours, key in self.keys.items())

    def look_at(self, rows: list[Any]) -> None:
        """Find our columns among the keys of the first objects, if there are any."""
        objects = [row for row in rows[:100] if isinstance(row, dict)]
        if objects and not self.keys:
            self.find(list(dict.fromkeys(key for row in objects for key in row)))

    def find(self, names: list[str]) -> None:
        """Find our columns among the keys of the first objects."""
        wanted = "headline, title or text"
        try:
            found = find_columns(names, *self._asked)
        except KeyError as error:
            found, wanted = {}, repr(error.args[0])
        if "headline" not in found:
            shown = ", ".join(repr(name[:30]) for name in names[:12])
            raise ReadError(
                f"{self._source.name}: found objects with the keys {shown}; expected one named "
                f"{wanted}; say which holds the headline with --text-column"
            )
        self.keys = {ours: names[place] for ours, place in found.items()}

    def batches(self, rows: Iterable[_Row], size: int) -> Iterator[Headlines]:
        """Yield numbered objects, or strings that are headlines, in batches."""
        rows = iter(rows)
        while part := list(itertools.islice(rows, size)):
            self.look_at([row for _, row in part])
            yield self.batch(part)

    def batch(self, rows: Iterable[_Row]) -> Headlines:
        """Make one batch; what is neither an object nor a string is skipped."""
        good = []
        for line, row in rows:
            if isinstance(row, dict | str):
                good.append((line, row if isinstance(row, dict) else {None: row}))
            else:
                self._skipped.add(line)
        keys = {"headline": None, **self.keys}
        columns = {
            ours: from_strings([_as_text(row.get(key, row.get(None))) for _, row in good])
            if ours == "headline"
            else from_strings([_as_text(row.get(key)) for _, row in good])
            for ours, key in keys.items()
        }
        columns["headline"] = columns["headline"].fill_null(EMPTY)
        return Headlines(**columns, line=from_integers(np.array([line for line, _ in good], np.int64)))


def _json_lines(
    source: Source, columns: _Columns, sample: list[dict[str, Any]], skipped: Skipped
) -> Iterator[Headlines]:
    """Yield one object a line: by pyarrow where all is as in the first lines, else one by one."""
    kinds = {}
    for ours, key in columns.keys.items():
        values = [row[key] for row in sample if row.get(key) is not None]
        whole = bool(values) and all(type(value) is int for value in values)
        kinds[key] = pa.int64() if whole and ours != "headline" else pa.string()
    for number, damaged in line_blocks(source, skipped):
        block = repaired(damaged)
        starts = number + _filled_lines(block)
        batch = _fast(block, kinds, columns, starts)
        if batch is None:
            lines = block.split(b"\n")
            rows = ((number + at, _loaded(line)) for at, line in enumerate(lines) if line.strip())
            batch = columns.batch(rows)
        yield batch


def _fast(
    block: bytes, kinds: dict[str, pa.DataType], columns: _Columns, lines: npt.NDArray[np.int64]
) -> Headlines | None:
    """Read a block of objects with pyarrow; None if any of them is out of the ordinary."""
    if not len(lines):
        return None
    try:
        table = pa.json.read_json(
            pa.BufferReader(block),
            pa.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            pa.json.ParseOptions(explicit_schema=pa.schema(list(kinds.items())), unexpected_field_behavior="ignore"),
        )
        found = {ours: table.column(key).combine_chunks().cast(pa.string()) for ours, key in columns.keys.items()}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if len(table) != len(lines):
        return None
    found["headline"] = found["headline"].fill_null(EMPTY)
    return Headlines(**found, line=from_integers(lines))


def _filled_lines(block: bytes) -> npt.NDArray[np.int64]:
    """Give the numbers, from 0, of the lines that are not blank."""
    data = np.frombuffer(block, np.uint8)
    starts = np.append(0, np.flatnonzero(data == ord("\n")) + 1)[:-1]
    return np.flatnonzero(data[starts] != ord("\n"))


def _array(source: Source) -> Iterator[Any]:
    """Yield the items of an array without holding all of it."""
    decoder, scan = codecs.getincrementaldecoder("utf-8")("replace"), json.JSONDecoder()
    item, ended = 0, False
    text, at = decoder.decode(source.read()).lstrip(), 1
    while True:
        start = _next_item(text, at, first=not item)
        if start is None:
            return
        try:
            # An item at the very end of what has come may continue: 12 of 123.
            value, end = scan.raw_decode(text, start)
            whole = start >= 0 and (ended or end < len(text))
        except (ValueError, RecursionError):
            whole = False
        if whole:
            item, at = item + 1, end
            yield value
            continue
        if ended or len(text) - at > MAX_LINE + BLOCK:
            raise ReadError(
                f"{source.name}: found an array of JSON that breaks off or is malformed after item "
                f"{item}; expected objects between brackets; repair it or write JSON lines"
            )
        data = source.read()
        ended = not data
        text, at = text[at:] + decoder.decode(data, ended), 0


def _next_item(text: str, at: int, *, first: bool) -> int | None:
    """Return where the next item of an array begins, -1 where that is malformed or has not come; None at its end."""
    found = _BETWEEN.match(text, at)
    if found is None or (found[1] and (first or found[2])):
        return -1
    return None if found[2] else found.end() if found[1] or first else -1


def _first_items(head: bytes) -> list[Any]:
    """Parse the items of an array that its first bytes contain in full, up to a hundred."""
    text, at = head.decode("utf-8", "replace"), 1
    items: list[Any] = []
    scan = json.JSONDecoder()
    with suppress(ValueError, RecursionError):
        while len(items) < 100:
            item, at = scan.raw_decode(text, _next_item(text, at, first=not items) or -1)
            items.append(item)
    return items


def _document(source: Source) -> object:
    """Read one JSON value that takes the whole source."""
    try:
        return json.loads(repaired(source.rest(LARGEST_DOCUMENT)))
    except (ValueError, RecursionError) as error:
        raise ReadError(
            f"{source.name}: found malformed JSON ({str(error)[:80]}); expected an object a "
            "line, or an array of objects; repair it"
        ) from None


def _rows_within(document: object) -> list[Any]:
    """Give the longest list of objects that an object holds, if it is no row itself."""
    if not isinstance(document, dict):
        return []
    if "headline" in find_columns(list(document)) and "items" not in document:  # a feed has a title
        return []
    lists = [value for value in document.values() if isinstance(value, list)]
    rows = [each for each in lists if each and all(isinstance(row, dict) for row in each)]
    return max(rows, key=len, default=[])


def _loaded(line: bytes) -> object:
    """Parse one line; None if it is no JSON."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _as_text(value: object) -> str | None:
    """Turn a value of JSON into a text; a list or an object has none."""
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, list | dict) else json.dumps(value)
