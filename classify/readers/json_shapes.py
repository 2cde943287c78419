"""Find the rows of a JSON document wherever they lie.

Rows are the longest list of objects that have a headline; lists at one place of sibling objects are joined. Tables are
also written as an object of columns, as an object of rows, and as arrays of arrays with the names of their columns
beside or above them.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from classify.readers.columns import Asked, find_columns

__all__ = [
    "SCRIPT",
    "dotted_names",
    "from_python",
    "has_headline",
    "is_error",
    "kind_of",
    "parse_all",
    "rows_within",
    "unnamed_rows",
]

_DEPTH, _SAMPLE = 8, 100
_LARGEST_PYTHON = 1 << 22
# callback([...]); and name = {...}; and the guards that servers put before JSON
SCRIPT = r"(?:\)\]\}',?|(?:while|for)\s*\([^)]*\);|(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*(?:=|\())\s*"
# Names of lists that are the rows of a document, also where no name in them is known.
_ROWS = re.compile(
    r"(?i)(?:results?|articles?|items?|data|entries|posts?|news|stories|do?cs|documents|records|hits|rows)"
)
Document = dict[str, Any]


def dotted_names(rows: Sequence[Any]) -> dict[str, str]:
    """Return the names in objects, those inside of nested objects with dots, and what they hold in most general terms.

    Examples
    --------
    >>> dotted_names([{"title": {"rendered": "Rain"}, "tags": []}])
    {'title': 'object', 'title.rendered': 'text', 'tags': 'list'}
    """
    kinds: dict[str, str] = {}
    for row in rows[:_SAMPLE]:
        for name, value in _walked(row, "", 4) if isinstance(row, dict) else ():
            if value is not None and kinds.get(name) != "text":
                kinds[name] = kind_of(value)
            kinds.setdefault(name, "nothing")
    return kinds


def kind_of(value: object) -> str:
    """Return "object", "list" or "text", which numbers are, too."""
    return "object" if isinstance(value, dict) else "list" if isinstance(value, list) else "text"


def _walked(row: Document, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of an object and of the objects in it."""
    for key, value in row.items():
        yield prefix + key, value
        if isinstance(value, dict) and depth > 1:
            yield from _walked(value, f"{prefix}{key}.", depth - 1)


def has_headline(rows: Sequence[Any], asked: Asked, *, nested: bool = True) -> bool:
    """Return whether objects have a text under a name for the headline; with `nested`, also inside of them."""
    names = [name for name, kind in dotted_names(rows).items() if kind == "text" and (nested or "." not in name)]
    try:
        return "headline" in find_columns(names, Asked(headline=asked.headline)).places
    except KeyError:
        return False


def rows_within(document: object, asked: Asked) -> list[Any]:
    """Return the rows of a document, none where it is a row itself or has none.

    Examples
    --------
    >>> rows_within({"title": "Latest", "articles": [{"title": "Rain"}, {"title": "Sun"}]}, Asked())
    [{'title': 'Rain'}, {'title': 'Sun'}]
    >>> rows_within({"title": {"0": "Rain"}, "category": {"0": "weather"}}, Asked())
    [{'title': 'Rain', 'category': 'weather'}]
    """
    found: dict[str, list[Any]] = defaultdict(list)
    if isinstance(document, dict):
        document = {name: value for name, value in document.items() if name not in ("error", "errors")}
    for place, rows in _lists(document, "", asked, _DEPTH):
        found[place] += rows
    return max(found.values(), key=len, default=[])


def unnamed_rows(document: object, asked: Asked) -> list[str]:
    """Return the names in the rows of a document none of which has a headline, so that its own title is not taken.

    Examples
    --------
    >>> unnamed_rows({"title": "Latest", "results": [{"name": "Rain"}, {"name": "Sun"}]}, Asked())
    ['name']
    """
    if not isinstance(document, dict) or asked.headline is not None:
        return []
    for name, value in document.items():
        if isinstance(value, list) and len(value) > 1 and _ROWS.fullmatch(name):
            names = list(dotted_names(value))
        else:
            names = unnamed_rows(value, asked)
        if names:
            return names
    return []


def _lists(value: object, place: str, asked: Asked, depth: int) -> Iterator[tuple[str, list[Any]]]:
    """Yield the outermost tables of a document with their places, in which items of lists are alike."""
    rows = _table(value, asked)
    if rows:
        yield place, rows
    elif depth and isinstance(value, dict):
        for key, each in value.items():
            yield from _lists(each, f"{place}.{key}", asked, depth - 1)
    elif depth and isinstance(value, list):
        for each in value:
            if isinstance(each, dict | list):
                yield from _lists(each, f"{place}[]", asked, depth - 1)


def _table(value: object, asked: Asked) -> list[Any]:
    """Return the rows of a value that is a table, in whichever way; none where it is not one."""
    if isinstance(value, list):
        objects = [row for row in value[:_SAMPLE] if isinstance(row, dict)]
        if objects and has_headline(objects, asked, nested="." in (asked.headline or "")):
            return value
        if objects and not _has_tables(objects, asked) and has_headline(objects, asked):
            return value
        return _cells_as_rows(value, asked) or []
    if not isinstance(value, dict) or not value:
        return []
    columns = _columns_as_rows(value, asked) or _named_cells(value, asked)
    if columns:
        return columns
    rows = list(value.values())
    whole = len(rows) > 1 and all(isinstance(row, dict) and has_headline([row], asked, nested=False) for row in rows)
    return rows if whole else []


def _has_tables(objects: Sequence[Document], asked: Asked) -> bool:
    """Return whether tables lie inside of objects, whose other texts are not headlines then."""
    return any(True for row in objects for each in row.values() for _ in _lists(each, "", asked, _DEPTH - 2))


def _columns_as_rows(value: Document, asked: Asked) -> list[Document]:
    """Return the rows of an object of columns: lists of equal length, or objects with equal keys."""
    kinds = {type(column) for column in value.values()}
    if not (kinds == {list} or kinds == {dict}):
        return []
    columns = {name: list(column.values()) if isinstance(column, dict) else column for name, column in value.items()}
    keys = {len(column) if isinstance(column, list) else tuple(column) for column in value.values()}
    if len(keys) != 1 or any(isinstance(cell, dict | list) for column in columns.values() for cell in column):
        return []
    if kinds == {dict} and not all(key.isdigit() for column in value.values() for key in column):
        return []  # {"title": {"en": "Rain"}} is one row
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return rows if has_headline(rows, asked, nested=False) else []


def _named_cells(value: Document, asked: Asked) -> list[Document]:
    """Return the rows of arrays of arrays that lie beside the names of their columns."""
    lists = [each for each in value.values() if isinstance(each, list) and each]
    names = next((each for each in lists if all(isinstance(name, str) for name in each) and _knows(each, asked)), None)
    cells = next((each for each in lists if all(isinstance(row, list) for row in each)), None)
    if names is None or cells is None:
        return []
    return [dict(zip(names, row, strict=False)) for row in cells]


def _cells_as_rows(rows: Sequence[Any], asked: Asked) -> list[Any] | None:
    """Return the rows of an array of arrays: named by its first row, or by numbers where the caller names columns so.

    Return None where it is not such an array, or nothing names its columns.
    """
    if not rows or not all(isinstance(row, list) for row in rows[:_SAMPLE]):
        return None
    first = [str(cell) for cell in rows[0]]
    if _knows(first, asked):
        return [dict(zip(first, row, strict=False)) if isinstance(row, list) else row for row in rows[1:]]
    if (asked.headline or "").isdigit():
        return [{str(at): cell for at, cell in enumerate(row, 1)} if isinstance(row, list) else row for row in rows]
    return None


def _knows(names: Sequence[str], asked: Asked) -> bool:
    """Return whether one of some names is that of the headline."""
    try:
        return "headline" in find_columns(names, Asked(headline=asked.headline)).places
    except KeyError:
        return False


def is_error(document: Mapping[str, Any]) -> bool:
    """Return whether an object is the error of a server, and its title not a headline.

    Examples
    --------
    >>> is_error({"title": "Too Many Requests", "status": 429}), is_error({"title": "Rain", "status": "publish"})
    (True, False)
    """
    status = document.get("status", document.get("code", document.get("statusCode")))
    numbered = isinstance(status, int) and not isinstance(status, bool) and 400 <= status < 600
    named = str(status).lower() in ("error", "fail", "failed", "failure")
    return numbered or named or bool(document.get("error") or document.get("errors"))


def parse_all(text: str) -> Any:  # noqa: ANN401 (a value of JSON)
    """Parse a document of JSON, also one in a script, or several values one after the other, which become a list.

    Raises
    ------
    ValueError
        If it is none of these.

    Examples
    --------
    >>> parse_all('callback([{"title": "Rain"}]);'), parse_all("[{'title': None}]"), parse_all("{} {}")
    ([{'title': 'Rain'}], [{'title': None}], [{}, {}])
    """
    text = text.strip()
    try:
        return json.loads(text)
    except ValueError as error:
        wrapped = re.match(SCRIPT, text)
        if wrapped:
            return json.loads(text[wrapped.end() :].rstrip(";) \t\n"))
        if text.startswith(("{'", "[{'")) and len(text) < _LARGEST_PYTHON:
            return from_python(text)
        values = list(_in_a_row(text))
        if len(values) < 2 or not all(isinstance(value, dict | list) for value in values):
            raise error from None
        return values


def _in_a_row(text: str) -> Iterator[Any]:
    """Yield values one after the other, as jq prints them."""
    scan, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = scan.raw_decode(text, at)
        yield value
        at += len(text[at : at + 100]) - len(text[at : at + 100].lstrip())


def from_python(text: str) -> Any:  # noqa: ANN401 (a value of JSON)
    """Parse a dictionary or list as Python prints it; no code is run.

    Raises
    ------
    ValueError
        If it is not such a literal.
    """
    try:
        return ast.literal_eval(re.sub(r"(?<=[:,\[])\s*nan(?=\s*[,}\]])", " None", text))
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal of Python: {error}") from None
