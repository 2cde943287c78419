"""The OpenAPI description of the service."""

from __future__ import annotations

from typing import Any

from classify.serve.question import LARGEST_BODY, MOST_HEADLINES

__all__ = ["description"]

_TEXT = {"type": "string"}
_PROBABILITY = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_SENTENCE = "One sentence: what was found, what was expected, what to do."


def description() -> dict[str, Any]:
    """Return the description as an object that JSON can write."""
    from classify import __version__

    return {
        "openapi": "3.1.0",
        "info": {
            "title": "classify",
            "version": __version__,
            "description": "Label news headlines by section, as `classify predict -f jsonl` does.",
        },
        "paths": {
            "/predict": {"post": _predict()},
            "/health": {"get": _get("Whether the service answers, and with which model", "Health")},
        },
        "components": {"schemas": _schemas()},
    }


def _predict() -> dict[str, Any]:
    """Describe the labelling of headlines."""
    errors = {
        "400": "The request is wrong.",
        "408": "The request did not arrive in time.",
        "413": f"The request has more than {LARGEST_BODY} bytes or {MOST_HEADLINES} headlines.",
        "503": "There is too much to do; try again.",
    }
    answers = _json({"type": "array", "items": {"$ref": "#/components/schemas/Answer"}})
    return {
        "operationId": "predict",
        "summary": "Label headlines; the answers have their order",
        "requestBody": {"required": True, "content": _json({"$ref": "#/components/schemas/Question"})},
        "responses": {
            "200": {"description": "An answer for each headline.", "content": answers},
            **{
                status: {"description": text, "content": _json({"$ref": "#/components/schemas/Error"})}
                for status, text in errors.items()
            },
        },
    }


def _get(summary: str, schema: str) -> dict[str, Any]:
    """Describe an address that is read."""
    content = _json({"$ref": f"#/components/schemas/{schema}"})
    return {
        "operationId": schema.lower(),
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}},
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a body of JSON."""
    return {"application/json": {"schema": schema}}


def _schemas() -> dict[str, Any]:
    """Return the schema of each kind of body."""
    count = {"type": ["integer", "null"], "minimum": 1}
    return {
        "Question": {
            "type": "object",
            "required": ["headlines"],
            "additionalProperties": False,
            "properties": {
                "headlines": {"type": "array", "maxItems": MOST_HEADLINES, "items": {"type": ["string", "null"]}},
                "top": count | {"description": "List so many sections, most probable first."},
                "explain": count | {"description": "List so many terms that weigh most."},
                "max_error": _PROBABILITY
                | {"description": "Abstain so that about this share of the answers is wrong: 0.05 is one in twenty."},
            },
            "example": {"headlines": ["Late goal sends Rovers top"], "top": 2, "explain": 3, "max_error": 0.05},
        },
        "Answer": {
            "type": "object",
            "required": ["headline", "section", "probability"],
            "properties": {
                "headline": _TEXT,
                "section": {
                    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": _TEXT}],
                    "description": "Null where the model abstains, or where none of the sections is the most probable. "
                    "A model of several sections a headline answers with lists, here and below.",
                },
                "code": {
                    "anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": _TEXT}],
                    "description": "Of the section, where the model has codes.",
                },
                "probability": {
                    "anyOf": [_PROBABILITY, {"type": "array", "items": _PROBABILITY}],
                    "description": "Of the most probable section; null without a headline.",
                },
                "sections": _pairs("section", "probability"),
                "terms": {
                    "anyOf": [_pairs("term", "weight"), {"type": "array", "items": _pairs("term", "weight")}],
                    "description": "The terms that weigh most, for each section where there are several.",
                },
            },
        },
        "Health": {
            "type": "object",
            "required": ["status", "version", "model", "sections"],
            "properties": {
                "status": {"enum": ["ok", "former model"]},
                "version": _TEXT,
                "model": _TEXT,
                "sections": {"type": "array", "items": _TEXT},
                "problem": _TEXT | {"description": "Why the changed model file could not be read."},
            },
        },
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": _TEXT | {"description": _SENTENCE}},
        },
    }


def _pairs(name: str, number: str) -> dict[str, Any]:
    """Describe a list of names with numbers."""
    properties = {name: _TEXT, number: {"type": "number"}}
    return {"type": "array", "items": {"type": "object", "required": [name, number], "properties": properties}}
