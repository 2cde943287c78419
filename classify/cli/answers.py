"""Format the answers of `classify predict` as a table, JSON lines, CSV or TSV, whole columns at a time."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from classify.cli.common import draw_table

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.classifier import HeadlineClassifier, MultiLabelPredictions, Predictions
    from classify.headlines import Headlines

    Pairs: TypeAlias = list[list[tuple[str, float]]]

_DELIMITERS = {"csv": ",", "tsv": "\t"}


def header(form: str, keep: Sequence[str] = ()) -> bytes:
    """Return the header row of a delimited format; nothing for the others."""
    if form not in _DELIMITERS:
        return b""
    from classify.classifier.columns import ANSWERS, kept_name

    out = io.StringIO()
    names = [*ANSWERS, *map(kept_name, keep)]
    csv.writer(out, delimiter=_DELIMITERS[form], lineterminator="\n").writerow(names)
    return out.getvalue().encode("utf-8", "replace")


def answer(model: HeadlineClassifier, args: argparse.Namespace, limit: float, form: str, batch: Headlines) -> bytes:
    """Label one batch and return the answers in the bytes of a format."""
    from classify.classifier import MultiLabelPredictions
    from classify.classifier.columns import answer_columns, kept_columns

    found = model.decide(batch.headline, limit, args.explain or 0)
    tops = found.top(args.top) if args.top else None
    reasons = found.terms if args.explain else None
    if isinstance(found, MultiLabelPredictions):
        return _several(model, args, form, batch, found, tops)
    if form == "table":
        return _table(model, found, batch, tops, reasons)
    columns, kept = answer_columns(found, batch), kept_columns(batch, args.keep)
    if form in _DELIMITERS:
        return _rows(columns, kept, form)
    if batch.id is None:
        del columns["id"]
    if model.codes_:
        columns = _with_codes(columns, model.codes_)
    values = {"id": batch.kept["id"]} if "id" in batch.kept else {}
    return json_lines(columns | kept, _extras(tops, reasons), values | kept)


def _several(
    model: HeadlineClassifier,
    args: argparse.Namespace,
    form: str,
    batch: Headlines,
    found: MultiLabelPredictions,
    tops: Pairs | None,
) -> bytes:
    """Return answers of several sections a headline in the bytes of a format."""
    import pyarrow as pa

    from classify.classifier.columns import kept_columns
    from classify.cli import several

    reasons = found.terms if args.explain else None
    if form == "table":
        return _draw(several.table_columns(found, reasons), batch, tops)
    ids = pa.nulls(len(batch), pa.string()) if batch.id is None else batch.id
    columns, kept = {"id": ids, "headline": batch.headline}, kept_columns(batch, args.keep)
    if form in _DELIMITERS:
        return _rows(columns | several.joined_columns(found), kept, form)
    if batch.id is None:
        del columns["id"]
    lists = several.json_columns(found, model.codes_)
    values = {"id": batch.kept["id"]} if "id" in batch.kept else {}
    ends = [] if tops is None else [_objects("sections", "section", "probability", tops)]
    ends += [] if reasons is None else [several.json_terms(reasons)]
    extras = ["".join(parts) + "}" for parts in zip(*ends, strict=True)] if ends else None
    return json_lines(columns | lists | kept, extras, values | lists | kept)


def _with_codes(columns: dict[str, pa.Array], codes: Mapping[str, str]) -> dict[str, pa.Array]:
    """Add the code of each section behind it, null where there is no section."""
    from classify.core.arrow import from_strings

    coded = from_strings([codes.get(section) for section in columns["section"].to_pylist()])
    head = {name: column for name, column in columns.items() if name != "probability"}
    return head | {"code": coded, "probability": columns["probability"]}


def _on_one_line(column: pa.Array) -> pa.Array:
    """Replace tabs and ends of lines in texts by spaces."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.replace_substring_regex(column, r"[\t\r\n]+", " ") if pa.types.is_string(column.type) else column


def _rows(columns: dict[str, pa.Array], kept: dict[str, pa.Array], form: str) -> bytes:
    """Write rows of CSV or TSV, with the columns passed through."""
    from classify.classifier.columns import as_texts

    texts = columns | {name: as_texts(column) for name, column in kept.items()}
    if form == "tsv":  # no cell of TSV spans lines
        texts = {name: _on_one_line(column) for name, column in texts.items()}
    return _delimited(texts, _DELIMITERS[form])


def _delimited(columns: dict[str, pa.Array], delimiter: str) -> bytes:
    """Write rows of CSV or TSV."""
    import pyarrow as pa
    import pyarrow.csv

    out = io.BytesIO()
    pa.csv.write_csv(pa.table(columns), out, pa.csv.WriteOptions(include_header=False, delimiter=delimiter))
    return out.getvalue()


def json_lines(
    columns: dict[str, pa.Array], extras: list[str] | None = None, values: Mapping[str, pa.StringArray] | None = None
) -> bytes:
    """Write one JSON object a line, joined column by column; `values` are columns that are JSON already."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from classify.core.arrow import EMPTY, from_strings
    from classify.core.json_text import quote

    parts: list[Any] = []
    for name, column in columns.items():
        ready = (values or {}).get(name)
        text = quote(column) if pa.types.is_string(column.type) else column.cast(pa.string())
        key = json.dumps(name, ensure_ascii=False)
        parts += [
            _text(f"{', ' if parts else '{'}{key}: "),
            pc.fill_null(text if ready is None else ready, _text("null")),
        ]
    # The end of each object is text already where it contains lists.
    parts += [_text("}") if extras is None else from_strings(extras)]
    lines = pc.binary_join_element_wise(*parts, _text("\n"), EMPTY)
    return "".join(lines.to_pylist()).encode("utf-8", "replace")


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
    if reasons is not None:
        columns["because of"] = [", ".join(f"{term} {weight:+.2f}" for term, weight in terms) for terms in reasons]
    return _draw(columns, batch, tops)


def _draw(answers: dict[str, list[str]], batch: Headlines, tops: Pairs | None) -> bytes:
    """Draw a table of answers and their probabilities, then other sections, reasons and headlines."""
    columns = {name: cells for name, cells in answers.items() if name != "because of"}
    if tops is not None:
        columns["most probable"] = [", ".join(f"{name} {p:.0%}" for name, p in top) for top in tops]
    columns |= answers
    columns["headline"] = batch.headline.to_pylist()
    cells = [[" ".join(cell.split()) for cell in row] for row in zip(*columns.values(), strict=True)]
    return draw_table(cells, list(columns)).encode("utf-8", "replace")
