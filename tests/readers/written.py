"""The same rows written in every format, and how tests read them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from classify.headlines import Headlines, ReadError
from classify.readers import HeadlineReader, read_headlines

ROWS = [
    {"id": "a1", "headline": "Rain at last, says the \"Post\"", "section": "weather"},
    {"id": "a2", "headline": "Zürich – Straße gesperrt", "section": "travel"},
    {"id": "a3", "headline": "कल बारिश होगी", "section": "weather"},
]  # fmt: skip


def read(data: bytes | str, **options: Any) -> tuple[Headlines, HeadlineReader]:
    """Read bytes to the end."""
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    reader = read_headlines(stream, **options)
    return Headlines.concat(reader), reader


def titles(data: bytes | str, **options: Any) -> list[str]:
    """Read bytes and give the headlines."""
    return read(data, **options)[0].headline.to_pylist()


def refused(error: ReadError) -> None:
    """Check that a refusal is one sentence: what was found, what was expected, what to do."""
    message = str(error)
    assert "\n" not in message
    assert message.count("; ") >= 2, message


def table(rows: Iterable[dict[str, Any]], delimiter: str = ",", **options: Any) -> bytes:
    """Write rows as a table of text."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter, **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """Write rows as Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    """Compress by zstd."""
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def same(data: bytes) -> bytes:
    """Leave as it is."""
    return data


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "csv": table,
    "csv with crlf": lambda rows: table(rows, lineterminator="\r\n"),
    "csv all quoted": lambda rows: table(rows, quoting=csv.QUOTE_ALL),
    "tsv": lambda rows: table(rows, "\t"),
    "semicolons": lambda rows: table(rows, ";"),
    "bars": lambda rows: table(rows, "|"),
    "json lines": lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    "json lines unescaped": lambda rows: (
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"
    ).encode(),
    "json array": lambda rows: json.dumps(rows).encode(),
    "json array indented": lambda rows: json.dumps(rows, indent=1).encode(),
    "json document": lambda rows: json.dumps({"status": "ok", "articles": rows}).encode(),
    "json document indented": lambda rows: json.dumps({"n": 3, "data": rows}, indent=2).encode(),
    "parquet": parquet,
}
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": same,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}
