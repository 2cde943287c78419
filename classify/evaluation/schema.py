"""Turn the types of an evaluation into a JSON schema, which is kept beside this file.

After a change of the types: ``python -m classify.evaluation.schema``.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from classify.core.files import write_whole
from classify.evaluation.fold_results import FoldEvaluation
from classify.evaluation.multi_label_results import MultiLabelEvaluation
from classify.evaluation.results import ListedPrediction, PackedPredictions, SectionEvaluation
from classify.evaluation.story_results import StoryEvaluation

FILE = Path(__file__).with_name("results.schema.json")

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}

Schema = dict[str, Any]


def results_schema() -> Schema:
    """Return the JSON schema of results.json, in which predictions may be packed.

    Examples
    --------
    >>> results_schema()["$defs"]["Score"]["required"]
    ['value', 'low', 'high']
    """
    definitions: dict[str, Schema] = {}
    every = (SectionEvaluation, MultiLabelEvaluation, FoldEvaluation, StoryEvaluation)
    kinds = [_schema(kind, definitions) for kind in every]
    listed = _schema(list[ListedPrediction] | PackedPredictions, definitions)
    definitions["SectionEvaluation"]["properties"]["predictions"] = listed
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "results.json",
        "anyOf": kinds,
        "$defs": dict(sorted(definitions.items())),
    }


def _schema(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 (any annotation)
    """Return the schema of an annotation; those of TypedDicts are added to the definitions."""
    origin, args = get_origin(kind), get_args(kind)
    if is_typeddict(kind):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            definitions[kind.__name__] |= _object(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if origin is Literal:
        return {"enum": list(args)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema(each, definitions) for each in args]}
    if origin is list:
        return {"type": "array", "items": _schema(args[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(args[1], definitions)}
    assert kind is Any, kind
    return {}


def _object(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401 (a TypedDict)
    """Return the schema of a TypedDict."""
    hints = get_type_hints(kind, include_extras=True)
    optional = {key for key, hint in hints.items() if get_origin(hint) is NotRequired}
    return {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": {
            key: _schema(get_args(hint)[0] if key in optional else hint, definitions) for key, hint in hints.items()
        },
        "required": [key for key in hints if key not in optional],
    }


if __name__ == "__main__":
    write_whole(FILE, json.dumps(results_schema(), indent=1) + "\n")
