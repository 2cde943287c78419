"""The answers of `classify predict` as table, JSON lines, CSV or TSV: whole columns at a time."""

from __future__ import annotations

import argparse
import io
import json
from typing import TYPE_CHECKING, Any

from classify.cli.common import draw_table

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from classify.classifier import HeadlineClassifier
    from classify.headlines import Headlines

_DELIMITERS = {"csv": ",", "tsv": "\t"}


def header(form: str) -> bytes:
    """Return what stands before the first answer."""
    delimiter = _DELIMITERS.get(form)
    return f"id{delimiter}headline{delimiter}section{delimiter}probability\n".encode() if delimiter else b""


def answer(model: HeadlineClassifier, args: argparse.Namespace, limit: float, form: str, batch: Headlines) -> bytes:
    """Label one batch and put the answers into the bytes of a format."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from classify.core.arrow import from_flags, from_integers, from_strings

    proba = model.predict_proba(batch.headline)
    best = proba.argmax(axis=1)
    confidence = proba[np.arange(len(best)), best]
    blank = pc.invert(pc.match_substring_regex(batch.headline, r"\S"))
    silent = pc.or_(blank, from_flags(confidence < limit))
    sections = from_strings(model.classes_.tolist()).take(from_integers(best))
    rounded = np.round(confidence, 6)
    probability = pa.Array.from_buffers(pa.float64(), len(rounded), [None, pa.py_buffer(rounded)])
    columns = {
        "id": pa.nulls(len(batch), pa.string()) if batch.id is None else batch.id,
        "headline": batch.headline,
        "section": pc.if_else(silent, pa.nulls(1, pa.string())[0], sections),
        "probability": pc.if_else(blank, pa.nulls(1, pa.float64())[0], probability),
    }
    if form in _DELIMITERS:
        return _delimited(columns, _DELIMITERS[form])
    if form == "table":
        return _table(columns, model, proba, batch, args)
    if batch.id is None:
        del columns["id"]
    return json_lines(columns, _extras(model, proba, batch, args))


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
    # What ends each object is given as text where it is no column of one value a row.
    parts += [_text("}") if extras is None else from_strings(extras)]
    lines = pc.binary_join_element_wise(*parts, _text("\n"), EMPTY)
    return "".join(lines.to_pylist()).encode("utf-8", "replace")


def _quote(column: pa.Array) -> pa.Array:
    """Turn strings into JSON strings; the slow way only where something must be escaped."""
    import pyarrow.compute as pc

    from classify.core.arrow import EMPTY, from_strings

    quoted = pc.binary_join_element_wise(_text('"'), column, _text('"'), EMPTY)
    odd = pc.match_substring_regex(pc.fill_null(column, EMPTY), r'[\x00-\x1f"\\]')
    if pc.any(odd).as_py():
        escaped = [json.dumps(text, ensure_ascii=False) for text in column.filter(odd).to_pylist()]
        quoted = pc.replace_with_mask(quoted, odd, from_strings(escaped))
    return pc.fill_null(quoted, _text("null"))


def _text(text: str) -> pa.StringScalar:
    """Give a string as an Arrow value; `pyarrow.scalar` would import pandas."""
    from classify.core.arrow import from_strings

    return from_strings([text])[0]


def _extras(
    model: HeadlineClassifier, proba: NDArray[np.float64], batch: Headlines, args: argparse.Namespace
) -> list[str] | None:
    """Return what ends each JSON object: the lists that --top and --explain ask for."""
    if not (args.top or args.explain):
        return None
    ends = ["" for _ in proba]
    if args.top:
        ends = [f', "sections": {json.dumps(_top(model, row, args.top), ensure_ascii=False)}' for row in proba]
    if args.explain:
        reasons = _reasons(model, batch, args.explain)
        ends = [
            f'{end}, "terms": {json.dumps(terms, ensure_ascii=False)}' for end, terms in zip(ends, reasons, strict=True)
        ]
    return [end + "}" for end in ends]


def _top(model: HeadlineClassifier, row: NDArray[np.float64], k: int) -> list[dict[str, Any]]:
    """List the k most probable sections of one headline."""
    order = (-row).argsort(kind="stable")[:k]
    return [{"section": str(model.classes_[i]), "probability": round(float(row[i]), 6)} for i in order]


def _reasons(model: HeadlineClassifier, batch: Headlines, k: int) -> list[list[dict[str, Any]]]:
    """List the k terms that weigh most for each headline's best section."""
    return [
        [{"term": term, "weight": round(weight, 6)} for term, weight in terms]
        for terms in model.explain(batch.headline, k)
    ]


def _table(
    columns: dict[str, pa.Array],
    model: HeadlineClassifier,
    proba: NDArray[np.float64],
    batch: Headlines,
    args: argparse.Namespace,
) -> bytes:
    """Lay answers out for a person, who is told so where none of the sections is the likeliest."""
    sections = [section or "-" for section in columns["section"].to_pylist()]
    likely = columns["probability"].to_pylist()
    for i, rest in enumerate((1 - proba.sum(axis=1)).tolist()):
        if likely[i] is not None and rest > likely[i] and sections[i] != "-":
            sections[i], likely[i] = f"({model.none_label})", rest
    sure = ["" if p is None else f"{p:.0%}" for p in likely]
    rows = [sections, sure, batch.headline.to_pylist()]
    names = ["section", "sure", "headline"]
    if args.top:
        tops = [_top(model, row, args.top) for row in proba]
        rows.insert(2, [", ".join(f"{t['section']} {t['probability']:.0%}" for t in top) for top in tops])
        names.insert(2, "most probable")
    if args.explain:
        reasons = _reasons(model, batch, args.explain)
        rows.insert(-1, [", ".join(f"{t['term']} {t['weight']:+.2f}" for t in terms) for terms in reasons])
        names.insert(-1, "because of")
    cells = [[" ".join(str(cell).split()) for cell in row] for row in zip(*rows, strict=True)]
    return draw_table(cells, names).encode("utf-8", "replace")
