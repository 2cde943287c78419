"""Write the tables of column names and of results.json, where a page has ``%COLUMNS%`` or ``%RESULTS%``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from classify.evaluation.schema import results_schema
from classify.readers.columns import KNOWN_NAMES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_WHOLES = ("SectionEvaluation", "StoryEvaluation")


def setup(app: Sphinx) -> dict[str, Any]:
    """Have the marks replaced when a page is read."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True}


def _fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the marks in a page."""
    for mark, text in {"%COLUMNS%": column_table, "%RESULTS%": results_tables}.items():
        if mark in source[0]:
            source[0] = source[0].replace(mark, "\n".join(text()))


def column_table() -> Iterator[str]:
    """Yield a table of the names by which columns are found."""
    yield from ("| column | names |", "|---|---|")
    for ours, names in KNOWN_NAMES.items():
        yield f"| {ours} | {', '.join(f'`{name}`' for name in names)} |"


def results_tables() -> Iterator[str]:
    """Yield a table of keys for each type of results.json, whole files first."""
    definitions = results_schema()["$defs"]
    for name in (*_WHOLES, *(each for each in definitions if each not in _WHOLES)):
        yield from (f"\n### {name}\n", definitions[name].get("description", ""), "\n| key | value |", "|---|---|")
        for key, kind in definitions[name]["properties"].items():
            optional = "" if key in definitions[name].get("required", ()) else ", may be missing"
            yield f"| `{key}` | {kind_of(kind)}{optional} |"


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return what a value is, in words.

    Examples
    --------
    >>> kind_of({"type": "array", "items": {"anyOf": [{"type": "number"}, {"type": "null"}]}})
    'list of number or null'
    """
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(map(kind_of, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(f'`"{value}"`' for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    if schema.get("type") == "object":
        inside = schema.get("additionalProperties")
        return f"object of {kind_of(inside)}" if isinstance(inside, Mapping) else "object"
    return str(schema.get("type", "any value"))
