"""Read headlines from JSON: one object a line, an array of objects or strings, or a document that contains rows.

Objects name their headline as they like, each for itself; an object or a list where a headline is expected costs the
row, and all rows the source.
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

from classify.core.arrow import from_integers, from_strings
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.columns import KNOWN_NAMES, Asked, find_columns, make_batch, missing_column
from classify.readers.encodings import repaired
from classify.readers.json_shapes import (
    dotted_names,
    from_python,
    has_headline,
    is_error,
    kind_of,
    parse_all,
    rows_within,
)
from classify.readers.sources import BLOCK, MAX_LINE, Source, line_blocks

__all__ = ["is_json", "read_json", "read_json_lines"]

LARGEST_DOCUMENT = 1 << 26
_FEED = "jsonfeed.org"
_VALUE = rb"""(?:\{\s*(?:["']|\}|$)|\[\s*(?:[\[{\]]|$|"(?:[^"\\]|\\.)*"\s*(?:[,\]]|$)))"""
_SCRIPT = rb"(?:\)\]\}',?|(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*(?:=|\()|(?:while|for)\s*\([^)]*\);)\s*"
_BEGINS = re.compile(rb"\s*(?:" + _VALUE + rb"|" + _SCRIPT + rb"""(?:\{\s*(?:"|$)|\[\s*(?:[{\]]|$)))""", re.DOTALL)
_BETWEEN = re.compile(r"\s*(,?)\s*(\]?)")
_BULK = {"index", "create", "update", "delete"}
_Row = tuple[int, Any]


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
    columns = _Columns(source, asked, skipped)
    if "headline" not in find_columns(list(dotted_names(sample))).places:  # answers of a service, one a line
        inner = [row for each in sample for row in rows_within(each, asked)]
        columns.nested, sample = bool(inner), inner or sample
    columns.look_at([row for row in sample if not _is_action(row)])
    columns.bulk = any(map(_is_action, sample))
    return f"JSON lines{columns.shown}", _json_lines(source, columns, sample, skipped)


def read_json(source: Source, asked: Asked, batch_size: int, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Detect the kind of JSON, and read its rows."""
    head = source.peek().strip()
    if head.startswith(b"["):
        items = _first_items(head)
        if _streams(items, asked) or head[1:].lstrip().startswith(b"]"):
            columns = _Columns(source, asked, skipped)
            columns.look_at(items)
            return f"JSON array{columns.shown}", columns.batches(enumerate(_array(source), 1), batch_size)
    elif _is_lines(source, asked):
        return read_json_lines(source, asked, skipped)
    document = _document(source)
    rows = _rows(document, source, asked)
    columns = _Columns(source, asked, skipped)
    columns.look_at(rows)
    kind = "JSON Feed" if isinstance(document, dict) and _FEED in str(document.get("version")) else "JSON document"
    return f"{kind}{columns.shown}", columns.batches(enumerate(rows, 1), batch_size)


def _is_lines(source: Source, asked: Asked) -> bool:
    """Return whether there is one object a line, and not a document with one record a line."""
    lines = [line for line in source.peek().split(b"\n")[:100] if line.strip()]
    first = _loaded(lines[0])
    if not isinstance(first, dict):
        broken = lines[0].rstrip().endswith((b"{", b"[", b",", b":", b"("))
        return not broken and any(isinstance(_loaded(line), dict) for line in lines[1:])
    if len(lines) == 1 and rows_within(first, asked):
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
    if isinstance(document, list) and document and all(isinstance(row, list) for row in document):
        names = [str(cell)[:30] for cell in document[0]]
        raise ReadError(
            f"{source.name}: found arrays without the names of columns, such as {names}; expected names in the first; "
            "say with --text-column which is the headline, by number from 1"
        )
    if isinstance(document, dict) and not has_headline([document], asked) and [] in document.values():
        return []
    return document if isinstance(document, list) else [document]


class _Columns:
    """Which names of objects are our columns; makes batches of objects."""

    def __init__(self, source: Source, asked: Asked, skipped: Skipped) -> None:
        self.keys: dict[str, tuple[str, ...]] = {}
        self.nested = self.bulk = False
        self._keep: dict[str, str] = {}
        self._source, self._asked, self._skipped = source, asked, skipped

    @property
    def shown(self) -> str:
        """The columns for people, after the kind of JSON."""
        return "".join(f", {ours} in {' or '.join(map(repr, keys))}" for ours, keys in self.keys.items())

    @property
    def plain(self) -> bool:
        """Whether each column has one name, at the top of objects, and nothing is passed through."""
        single = all(len(keys) == 1 and "." not in keys[0] for keys in self.keys.values())
        return single and not (self._keep or self.bulk or self.nested)

    def look_at(self, rows: list[Any]) -> None:
        """Find our columns among the names of the first objects, if there are any."""
        objects = [row for row in rows[:100] if isinstance(row, dict)]
        if objects and not self.keys:
            self.keys, self._keep = self._find(objects)

    def _find(self, rows: list[dict[str, Any]]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """Return the names of our columns and of those passed through; raise where the headline has none."""
        kinds = dotted_names(rows)
        for name in filter(None, (*map(self._asked.name, KNOWN_NAMES), *self._asked.keep)):
            reached = next((value for row in rows if (value := _reached(row, name)) is not None), None)
            if name not in kinds and reached is not None:
                kinds[name] = kind_of(reached)
        names = list(kinds)
        texts = [name for name in names if kinds[name] in ("text", "nothing")]
        tops = [name for name in names if "." not in name] or names
        where = self._source.name
        try:
            usable = Asked(self._asked.headline)
            found = find_columns(texts, usable)
            if "headline" not in found.places:
                raise KeyError
            found = find_columns(names, self._asked)
        except KeyError as error:
            self._refuse_shape(kinds)
            raise missing_column(where, tops, error if error.args else None, "objects with the keys") from None
        keys = {
            ours: tuple(names[at] for at in places if ours == "section" or kinds[names[at]] not in ("object", "list"))
            for ours, places in found.places.items()
        }
        return {ours: each for ours, each in keys.items() if each}, {name: names[at] for name, at in found.keep.items()}

    def _refuse_shape(self, kinds: dict[str, str]) -> None:
        """Raise where the headline is an object or a list in all rows."""
        with suppress(KeyError):
            at = find_columns(list(kinds), Asked(self._asked.headline)).places.get("headline", ())
            for name in (list(kinds)[place] for place in at):
                if kinds[name] in ("object", "list"):
                    inner = next((each for each in kinds if each.startswith(f"{name}.")), f"{name}.0")
                    raise ReadError(
                        f"{self._source.name}: found {'an' if kinds[name] == 'object' else 'a'} {kinds[name]} in "
                        f"{name!r}; expected text; name what is inside of it, such as --text-column {inner}"
                    )

    def batches(self, rows: Iterable[_Row], size: int) -> Iterator[Headlines]:
        """Yield numbered objects, or strings that are headlines, in batches."""
        rows = iter(rows)
        while part := list(itertools.islice(rows, size)):
            self.look_at([row for _, row in part])
            yield self.batch(part)

    def batch(self, rows: Iterable[_Row]) -> Headlines:
        """Make one batch; what is neither an object with a headline nor a string is skipped."""
        values: dict[str, list[Any]] = {ours: [] for ours in {"headline": None, **self.keys}}
        kept: dict[str, list[Any]] = {name: [] for name in self._keep}
        lines: list[int] = []
        for line, row in self._used(rows):
            found = {"headline": row} if isinstance(row, str) else self._values(row)
            if isinstance(found.get("headline"), dict | list):
                self._skipped.add(line)
                continue
            lines.append(line)
            for ours, column in values.items():
                column.append(found.get(ours))
            for name, column in kept.items():
                column.append(_reached(row, self._keep[name]) if isinstance(row, dict) else None)
        columns = {ours: [from_strings([_as_text(value) for value in column])] for ours, column in values.items()}
        if any(value is not None and not isinstance(value, str) for value in values.get("id", ())):
            kept["id"] = values["id"]
        texts = {name: from_strings([_as_json(value) for value in column]) for name, column in kept.items()}
        return make_batch(columns, from_integers(np.array(lines, np.int64)), texts)

    def _used(self, rows: Iterable[_Row]) -> Iterator[_Row]:
        """Yield the objects and strings; the action lines of bulk requests are left out, other values skipped."""
        action: dict[str, Any] = {}
        for line, row in rows:
            if self.bulk and _is_action(row):
                action = next(iter(row.values()))
            elif self.nested and isinstance(row, dict):
                yield from ((line, each) for each in rows_within(row, self._asked))
            elif isinstance(row, dict):
                yield line, row if not self.bulk else {"_id": action.get("_id"), **row}
            elif isinstance(row, str):
                yield line, row
            else:
                self._skipped.add(line)

    def _values(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the values of our columns in one object, under the names it has itself where others have none."""
        found = {ours: _first(row, keys) for ours, keys in self.keys.items()}
        if _is_blank(found.get("headline")) and self._asked.headline is None:
            own = find_columns(names := list(row))
            others = {ours: _first(row, [names[at] for at in places]) for ours, places in own.places.items()}
            found = {ours: found[ours] if not _is_blank(found[ours]) else others.get(ours) for ours in found}
        return found


def _first(row: dict[str, Any], keys: Iterable[str]) -> Any:  # noqa: ANN401
    """Return the first value that is not blank, else None or what is there."""
    value = None
    for key in keys:
        value = _reached(row, key)
        if not _is_blank(value):
            return value
    return value


def _is_blank(value: object) -> bool:
    """Return whether a value is missing or an empty text."""
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _reached(row: Any, key: str) -> Any:  # noqa: ANN401
    """Return the value of a name, which may reach inside of objects and lists with dots."""
    if key in row or "." not in key:
        return row.get(key)
    value = row
    for part in key.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _is_action(row: object) -> bool:
    """Return whether an object is the action line of a bulk request."""
    return (
        isinstance(row, dict) and len(row) == 1 and row.keys() <= _BULK and isinstance(next(iter(row.values())), dict)
    )


def _objects(head: bytes) -> list[dict[str, Any]]:
    """Return the objects on the first lines."""
    return [row for row in map(_loaded, head.split(b"\n")[:100]) if isinstance(row, dict)]


def _json_lines(
    source: Source, columns: _Columns, sample: list[dict[str, Any]], skipped: Skipped
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
    block: bytes, kinds: dict[str, pa.DataType], columns: _Columns, lines: npt.NDArray[np.int64]
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


def _as_text(value: object) -> str | None:
    """Return a value of JSON as text: a list of one value as that one, of several as JSON, an object as None."""
    if isinstance(value, list):
        texts = list(dict.fromkeys(text for each in value if (text := _as_text(each))))
        return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False) if texts else None
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, dict) or value != value else json.dumps(value)


def _as_json(value: object) -> str | None:
    """Return a value as JSON text, None where it is missing."""
    return None if value is None or value != value else json.dumps(value, ensure_ascii=False)
