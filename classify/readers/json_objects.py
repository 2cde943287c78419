"""Objects of JSON as rows: which of their names are our columns, and batches of their values."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np

from classify.core.arrow import from_integers, from_strings
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.columns import KNOWN_NAMES, Asked, find_columns, make_batch, missing_column
from classify.readers.json_shapes import dotted_names, kind_of, rows_within
from classify.readers.sources import Source

__all__ = ["ObjectColumns", "is_action"]

_BULK = {"index", "create", "update", "delete"}
_Row = tuple[int, Any]


class ObjectColumns:
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
            if self.bulk and is_action(row):
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


def is_action(row: object) -> bool:
    """Return whether an object is the action line of a bulk request."""
    return (
        isinstance(row, dict) and len(row) == 1 and row.keys() <= _BULK and isinstance(next(iter(row.values())), dict)
    )


def _as_text(value: object) -> str | None:
    """Return a value of JSON as text: a list of one value as that one, of several as JSON, an object as None."""
    if isinstance(value, list):
        texts = list(dict.fromkeys(text for each in value if (text := _as_text(each))))
        return texts[0] if len(texts) == 1 else json.dumps(texts, ensure_ascii=False) if texts else None
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, dict) or value != value else json.dumps(value)


def _as_json(value: object) -> str | None:
    """Return a value as JSON text, None where it is missing; NaN and infinity, which JSON does not have, are null.

    Examples
    --------
    >>> _as_json([1, float("inf")]), _as_json(float("nan"))
    ('[1, null]', None)
    """
    if value is None or value != value:
        return None
    with suppress(ValueError):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _as_json(json.loads(json.dumps(value), parse_constant=lambda _: None))
