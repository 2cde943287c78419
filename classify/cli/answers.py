"""Format the answers of `classify predict` as a table, JSON lines, CSV or TSV, whole columns at a time."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, Any, TypeAlias

from classify.cli.common import draw_table

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier import HeadlineClassifier, Predictions
    from classify.headlines import Headlines

    Pairs: TypeAlias = list[list[tuple[str, float]]]

_DELIMITERS = {"csv": ",", "tsv": "\t"}


def header(form: str) -> bytes:
    """Return the header row of a delimited format; nothing for the others."""
    delimiter = _DELIMITERS.get(form)
    return f"id{delimiter}headline{delimiter}section{delimiter}probability\n".encode() if delimiter else b""


def answer(model: HeadlineClassifier, args: argparse.Namespace, limit: float, form: str, batch: Headlines) -> bytes:
    """Label one batch and return the answers in the bytes of a format."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = model.decide(batch.headline, limit, args.explain or 0)
    tops = found.top(args.top) if args.top else None
    reasons = found.terms if args.explain else None
    if form == "table":
        return _table(model, found, batch, tops, reasons)
    columns = {
        "id": pa.nulls(len(batch), pa.string()) if batch.id is None else batch.id,
        "headline": batch.headline,
        "section": found.section,
        "probability": pc.round(found.probability, 6),
    }
    if form in _DELIMITERS:
        return _delimited(columns, _DELIMITERS[form])
    if batch.id is None:
        del columns["id"]
    return json_lines(columns, _extras(tops, reasons))


def _delimited(columns: dict[str, pa.Array], delimiter: str) -> bytes:
    """Write rows of CSV or TSV."""
    import pyarrow as pa
    from pyarrow import csv

    out = io.BytesIO()
    csv.write_csv(pa.table(columns), out, csv.WriteOptions(include_header=False, delimiter=delimiter))
    return out.getvalue()


def json_lines(columns: dict[str, pa.Array], extras: list[str] | None = None) -> bytes:
    """Write one JSON object a line, joined column by column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from classify.core.arrow import EMPTY, from_strings

    parts: list[Any] = []
    for name, column in columns.items():
        quoted = pa.types.is_string(column.type)
        text = _quote(column) if quoted else pc.fill_null(column.cast(pa.string()), _text("null"))
        parts += [_text(f'{", " if parts else "{"}"{name}": '), text]
    # The end of each object is text already where it contains lists.
    parts += [_text("}") if extras is None else from_strings(extras)]
    lines = pc.binary_join_element_wise(*parts, _text("\n"), EMPTY)
    return "".join(lines.to_pylist()).encode("utf-8", "replace")


def _quote(column: pa.Array) -> pa.Array:
    """Convert strings to JSON strings; one at a time only where something must be escaped."""
    import pyarrow.compute as pc

    from classify.core.arrow import EMPTY, from_strings

    quoted = pc.binary_join_element_wise(_text('"'), column, _text('"'), EMPTY)
    odd = pc.match_substring_regex(pc.fill_null(column, EMPTY), r'[\x00-\x1f"\\]')
    if pc.any(odd).as_py():
        escaped = [json.dumps(text, ensure_ascii=False) for text in column.filter(odd).to_pylist()]
        quoted = pc.replace_with_mask(quoted, odd, from_strings(escaped))
    return pc.fill_null(quoted, _text("null"))


def _text(text: str) -> pa.StringScalar:
    """Convert a string to an Arrow scalar; `pyarrow.scalar` would import pandas."""
    from classify.core.arrow import from_strings

    return from_strings([text])[0]


def _extras(tops: Pairs | None, reasons: Pairs | None) -> list[str] | None:
    """Return the end of each JSON object: the lists that --top and --explain ask for."""
    ends = []
    if tops is not None:
        ends.append(_objects("sections", "section", "probability", tops))
    if reasons is not None:
        ends.append(_objects("terms", "term", "weight", reasons))
    return ["".join(parts) + "}" for parts in zip(*ends, strict=True)] if ends else None


def _objects(key: str, name: str, number: str, rows: Pairs) -> list[str]:
    """Return the JSON of each row under a key: a list of objects with a name and a number."""
    lists = ([{name: text, number: round(value, 6)} for text, value in row] for row in rows)
    return [f', "{key}": {json.dumps(each, ensure_ascii=False)}' for each in lists]


def _table(
    model: HeadlineClassifier, found: Predictions, batch: Headlines, tops: Pairs | None, reasons: Pairs | None
) -> bytes:
    """Draw a table, in which none of the sections is an answer with a probability of its own."""
    none = [f"({model.none_label})" if none else "-" for none in found.none.tolist()]
    sections = [section or other for section, other in zip(found.section.to_pylist(), none, strict=True)]
    shown = zip(found.probability.to_pylist(), found.none.tolist(), found.proba.sum(axis=1).tolist(), strict=True)
    sure = ["" if p is None else f"{1 - total if none else p:.0%}" for p, none, total in shown]
    columns = {"section": sections, "sure": sure}
    if tops is not None:
        columns["most probable"] = [", ".join(f"{name} {p:.0%}" for name, p in top) for top in tops]
    if reasons is not None:
        columns["because of"] = [", ".join(f"{term} {weight:+.2f}" for term, weight in terms) for terms in reasons]
    columns["headline"] = batch.headline.to_pylist()
    cells = [[" ".join(cell.split()) for cell in row] for row in zip(*columns.values(), strict=True)]
    return draw_table(cells, list(columns)).encode("utf-8", "replace")
