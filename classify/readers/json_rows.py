"""Read headlines from JSON: one object a line, an array of objects or strings, or a document that contains rows.

Objects name their headline as they like, each for itself; an object or a list where a headline is expected costs the
row, and all rows the source.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.json

from classify.core.arrow import from_integers
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.columns import Asked, find_columns, make_batch, missing_column
from classify.readers.encodings import repaired
from classify.readers.json_objects import ObjectColumns, is_action
from classify.readers.json_shapes import (
    SCRIPT,
    dotted_names,
    from_python,
    has_headline,
    is_error,
    parse_all,
    rows_within,
    unnamed_rows,
)
from classify.readers.sources import BLOCK, MAX_LINE, Source, line_blocks

__all__ = ["is_json", "read_json", "read_json_lines"]

LARGEST_DOCUMENT = 1 << 26
_FEED = "jsonfeed.org"
_VALUE = rb"""(?:\{\s*(?:["']|\}|$)|\[\s*(?:[\[{\]]|$|"(?:[^"\\]|\\.)*"\s*(?:[,\]]|$)))"""
_BEGINS = re.compile(
    rb"\s*(?:" + _VALUE + rb"|" + SCRIPT.encode() + rb"""(?:\{\s*(?:"|$)|\[\s*(?:[{\]]|$)))""", re.DOTALL
)
_BETWEEN = re.compile(r"\s*(,?)\s*(\]?)")


def is_json(head: bytes) -> bool:
    """Return whether bytes begin as JSON does; a line of text that begins with a bracket is not JSON.

    Examples
    --------
    >>> is_json(b'{"title": "Rain"}'), is_json(b"[Video] Rain"), is_json(b'["Rain", "Sun"]')
    (True, False, True)
    """
    return _BEGINS.match(head) is not None


def read_json_lines(source: Source, asked: Asked, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Read one object a line."""
    sample = _objects(source.peek())
    columns = ObjectColumns(source, asked, skipped)
    if "headline" not in find_columns(list(dotted_names(sample))).places:  # answers of a service, one a line
        inner = [row for each in sample for row in rows_within(each, asked)]
        columns.nested, sample = bool(inner), inner or sample
    columns.look_at([row for row in sample if not is_action(row)])
    columns.bulk = any(map(is_action, sample))
    if columns.bulk:
        columns.keys["id"] = (*columns.keys.get("id", ()), "_id")
    return f"JSON lines{columns.shown}", _json_lines(source, columns, sample, skipped)


def read_json(source: Source, asked: Asked, batch_size: int, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Detect the kind of JSON, and read its rows."""
    head = source.peek().strip()
    if head.startswith(b"["):
        items = _first_items(head)
        empty = head[1:].lstrip().startswith(b"]")
        if (empty or _streams(items, asked)) and not _continues(head):
            columns = ObjectColumns(source, asked, skipped)
            columns.look_at(items)
            return f"JSON array{columns.shown}", columns.batches(enumerate(_array(source), 1), batch_size)
    elif _is_lines(source, asked):
        return read_json_lines(source, asked, skipped)
    document = _document(source)
    rows = _rows(document, source, asked)
    columns = ObjectColumns(source, asked, skipped)
    columns.look_at(rows)
    kind = "JSON Feed" if isinstance(document, dict) and _FEED in str(document.get("version")) else "JSON document"
    return f"{kind}{columns.shown}", columns.batches(enumerate(rows, 1), batch_size)


def _continues(head: bytes) -> bool:
    """Return whether the first bytes contain a whole array and more behind it, such as an array a line."""
    text = head.decode("utf-8", "replace")
    try:
        return bool(text[json.JSONDecoder().raw_decode(text)[1] :].strip())
    except (ValueError, RecursionError):
        return False


def _is_lines(source: Source, asked: Asked) -> bool:
    """Return whether there is one object a line, and not a document with one record a line."""
    lines = [line for line in source.peek().split(b"\n")[:100] if line.strip()]
    first = _loaded(lines[0])
    if not isinstance(first, dict):
        broken = lines[0].rstrip().endswith((b"{", b"[", b",", b":", b"("))
        return not broken and any(isinstance(_loaded(line), dict) for line in lines[1:])
    if len(lines) == 1 and (rows_within(first, asked) or unnamed_rows(first, asked)):
        return source.wait_for_line()
    return len(lines) > 1 or (has_headline([first], asked) and not is_error(first))


def _streams(items: list[Any], asked: Asked) -> bool:
    """Return whether the items of an array are rows, as far as the first ones show."""
    strings = bool(items) and all(isinstance(item, str | int | float | None) for item in items)
    return strings or has_headline([item for item in items if isinstance(item, dict)], asked, nested=False)


def _rows(document: Any, source: Source, asked: Asked) -> list[Any]:  # noqa: ANN401
    """Return the rows of a document, which may be a single one; raise where there are none."""
    rows = rows_within(document, asked)
    if rows:
        return rows
    if isinstance(document, dict) and is_error(document):
        shown = json.dumps(document, ensure_ascii=False)[:120]
        raise ReadError(f"{source.name}: found an error of a server ({shown}); expected headlines; ask it again")
    unnamed = unnamed_rows(document, asked)
    if unnamed:
        raise missing_column(source.name, unnamed, what="a list of objects with the keys")
    if isinstance(document, list) and document and all(isinstance(row, list) for row in document):
        names = [str(cell)[:30] for cell in document[0]]
        raise ReadError(
            f"{source.name}: found arrays without the names of columns, such as {names}; expected names in the first; "
            "say with --text-column which is the headline, by number from 1"
        )
    if isinstance(document, dict) and not has_headline([document], asked) and [] in document.values():
        return []
    return document if isinstance(document, list) else [document]


def _objects(head: bytes) -> list[dict[str, Any]]:
    """Return the objects on the first lines."""
    return [row for row in map(_loaded, head.split(b"\n")[:100]) if isinstance(row, dict)]


def _json_lines(
    source: Source, columns: ObjectColumns, sample: list[dict[str, Any]], skipped: Skipped
) -> Iterator[Headlines]:
    """Yield one object a line: by pyarrow where all are like the first lines, else one by one."""
    kinds = {}
    for ours, (key, *_) in columns.keys.items():
        values = [row[key] for row in sample if row.get(key) is not None]
        whole = bool(values) and all(type(value) is int for value in values)
        kinds[key] = pa.int64() if whole and ours != "headline" else pa.string()
    for number, damaged in line_blocks(source, skipped):
        block = repaired(damaged)
        starts = number + _filled_lines(block)
        batch = _fast(block, kinds, columns, starts) if columns.plain else None
        if batch is None:
            lines = block.split(b"\n")
            rows = ((number + at, _loaded(line)) for at, line in enumerate(lines) if line.strip())
            batch = columns.batch(rows)
        yield batch


def _fast(
    block: bytes, kinds: dict[str, pa.DataType], columns: ObjectColumns, lines: npt.NDArray[np.int64]
) -> Headlines | None:
    """Read a block of objects with pyarrow; None if any of them is unusual."""
    if not len(lines):
        return None
    try:
        table = pa.json.read_json(
            pa.BufferReader(block),
            pa.json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            pa.json.ParseOptions(explicit_schema=pa.schema(list(kinds.items())), unexpected_field_behavior="ignore"),
        )
        found = {ours: table.column(key).combine_chunks() for ours, (key, *_) in columns.keys.items()}
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    if len(table) != len(lines) or found["headline"].null_count:
        return None
    numbered = "id" in found and pa.types.is_integer(found["id"].type)
    texts = {ours: column.cast(pa.string()) for ours, column in found.items()}
    kept = {"id": texts["id"]} if numbered else {}
    return make_batch({ours: [column] for ours, column in texts.items()}, from_integers(lines), kept)


def _filled_lines(block: bytes) -> npt.NDArray[np.int64]:
    """Return the numbers, from 0, of the lines that are not blank."""
    data = np.frombuffer(block, np.uint8)
    starts = np.append(0, np.flatnonzero(data == ord("\n")) + 1)[:-1]
    return np.flatnonzero(data[starts] != ord("\n"))


def _array(source: Source) -> Iterator[Any]:
    """Yield the items of an array without keeping all of it."""
    decoder, scan = codecs.getincrementaldecoder("utf-8")("replace"), json.JSONDecoder()
    item, ended = 0, False
    text, at = decoder.decode(source.read()).lstrip(), 1
    while True:
        start = _next_item(text, at, first=not item)
        if start is None:
            if text[text.index("]", at) + 1 :].strip() or not _ends_blank(source):
                raise ReadError(
                    f"{source.name}: found more text behind an array of JSON with {item} items; expected its end; "
                    "write one array, or JSON lines"
                )
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


def _ends_blank(source: Source) -> bool:
    """Read to the end of a source; return whether only white space came."""
    while data := source.read():
        if data.strip():
            return False
    return True


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


def _document(source: Source) -> Any:  # noqa: ANN401
    """Parse one JSON value that takes the whole source."""
    try:
        return parse_all(repaired(source.rest(LARGEST_DOCUMENT)).decode())
    except (ValueError, RecursionError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(
            f"{source.name}: found malformed JSON ({str(error)[:80]}); expected an object a "
            "line, or an array of objects; repair it"
        ) from None


def _loaded(line: bytes) -> object:
    """Parse one line of JSON, or of dictionaries as Python prints them; None where it is neither."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        with suppress(ValueError):
            return from_python(line.decode("utf-8", "replace").strip()) if line.lstrip().startswith(b"{'") else None
    return None
