"""The columns of answers as every output writes them: `ANSWERS`, and what is passed through."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import from_strings

if TYPE_CHECKING:
    from classify.classifier.prediction import Predictions
    from classify.headlines import Headlines

__all__ = ["ANSWERS", "answer_columns", "as_texts", "kept_columns", "kept_name"]

ANSWERS = ("id", "headline", "section", "probability")


def answer_columns(found: Predictions, batch: Headlines) -> dict[str, pa.Array]:
    """Return the columns of `ANSWERS`; ids are null where the batch has none, probabilities have six digits."""
    return {
        "id": pa.nulls(len(batch), pa.string()) if batch.id is None else batch.id,
        "headline": batch.headline,
        "section": found.section,
        "probability": pc.round(found.probability, 6),
    }


def kept_name(name: str) -> str:
    """Return the name under which a column of the input is passed through.

    >>> kept_name("url"), kept_name("section")
    ('url', 'input_section')
    """
    return f"input_{name}" if name in ANSWERS else name


def kept_columns(batch: Headlines, keep: Sequence[str]) -> dict[str, pa.StringArray]:
    """Return the columns that are passed through, by the names of the output, each value as JSON text."""
    nulls = pa.nulls(len(batch), pa.string())
    return {kept_name(name): batch.kept.get(name, nulls) for name in keep}


def as_texts(column: pa.StringArray) -> pa.StringArray:
    """Return JSON values as text: strings without quotes."""
    texts = (json.loads(value) if value and value.startswith('"') else value for value in column.to_pylist())
    return from_strings(list(texts))
