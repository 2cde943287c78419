"""Read headlines from Parquet files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import from_integers, to_numpy
from classify.core.json_text import quote
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.columns import Asked, Columns, find_columns, make_batch, missing_column
from classify.readers.sources import MAX_LINE, Source

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["read_parquet"]

_TEXT = 1 << 24  # bytes of text in a batch, more only where one row has more
_KEPT = "kept "
_Use = tuple[str, int]  # one of our columns, or one to pass through, and the rank among columns of its kind
# A column of a row group may be this large, or so many times its size in the file: a page of it is held as a whole.
_EXPANDED, _GROWTH = 1 << 26, 20


def read_parquet(
    source: Source, asked: Asked, batch_size: int, skipped: Skipped, row_groups: range | None = None
) -> tuple[str, Iterator[Headlines]]:
    """Open a Parquet file, or some row groups of it; one from a pipe or compressed goes through a temporary file."""
    from pyarrow.parquet import ParquetFile  # takes 30 ms that other formats need not pay

    try:
        stream = pa.PythonFile(source.whole_file() or _spooled(source), "r")
        file = ParquetFile(stream)
        schema = file.schema_arrow
        found = find_columns(schema.names, asked)
        if "headline" in found.places:
            columns = _readable(source, file, found)
            # A text that a million rows share is read once: their batches are cut before it is written out.
            texts = [schema.names[at] for at in set(columns.values()) if _is_text(schema.field(at).type)]
            file = ParquetFile(stream, metadata=file.metadata, read_dictionary=texts)
    except (pa.ArrowException, MemoryError, OSError) as error:
        raise _damaged(source, error) from None
    except KeyError as error:
        raise missing_column(source.name, schema.names, error, "the columns of Parquet") from None
    if "headline" not in found.places:
        raise missing_column(source.name, schema.names, what="the columns of Parquet")
    return f"Parquet{found.shown(schema.names)}", _batches(source, file, columns, batch_size, skipped, row_groups)


def _is_text(kind: pa.DataType) -> bool:
    """Return whether a type is one of texts, or of bytes that may be texts."""
    shape = str(kind)
    return shape.removeprefix("large_").removesuffix("_view") in ("string", "binary") or shape.startswith("dictionary<")


def _is_plain(kind: pa.DataType) -> bool:
    """Return whether values of a type are short or text: no lists, no extensions, no bytes of a fixed length."""
    types = pa.types
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal, types.is_decimal, types.is_null)
    return _is_text(kind) or any(test(kind) for test in tests)


def _readable(source: Source, file: ParquetFile, found: Columns) -> dict[_Use, int]:
    """Return the columns that are read, without lists and the like; raise where headlines are such, or swollen."""
    kinds = [field.type for field in file.schema_arrow]
    columns = {(ours, rank): at for ours, places in found.places.items() for rank, at in enumerate(places)}
    columns = {use: at for use, at in columns.items() if _is_plain(kinds[at])}
    if not any(ours == "headline" for ours, _ in columns):
        kind = str(kinds[found.places["headline"][0]])[:60]
        raise ReadError(
            f"{source.name}: found headlines of the type {kind}; expected text; "
            "say which column holds the headline with --text-column"
        )
    columns |= {(_KEPT + name, 0): at for name, at in found.keep.items()}
    names = {file.schema_arrow.names[at] for at in columns.values()}
    for group in map(file.metadata.row_group, range(file.metadata.num_row_groups)):
        for column in map(group.column, range(group.num_columns)):
            full, packed = column.total_uncompressed_size, column.total_compressed_size
            if column.path_in_schema in names and full > max(_EXPANDED, _GROWTH * packed):
                raise ReadError(
                    f"{source.name}: found {full >> 20:,} MB of {column.path_in_schema!r} in {packed / 2**20:,.1f} MB; "
                    f"expected at most {_GROWTH} times its size, or {_EXPANDED >> 20} MB; write smaller row groups"
                )
    return columns


def _spooled(source: Source) -> BinaryIO:
    """Copy a stream into a temporary file, where one can look at the end first."""
    spool = source.own(cast(BinaryIO, tempfile.TemporaryFile()))  # noqa: SIM115
    while data := source.read():
        spool.write(data)
    spool.seek(0)
    return spool


def _batches(
    source: Source,
    file: ParquetFile,
    columns: dict[_Use, int],
    batch_size: int,
    skipped: Skipped,
    row_groups: range | None,
) -> Iterator[Headlines]:
    """Yield the rows, every column as strings; a headline of more than `MAX_LINE` bytes is skipped."""
    names, groups = file.schema_arrow.names, row_groups or range(file.metadata.num_row_groups)
    row = 1 + sum(file.metadata.row_group(at).num_rows for at in range(groups.start))
    wanted = list({names[at]: at for at in columns.values()})
    try:
        for batch in file.iter_batches(batch_size, row_groups=list(groups), columns=wanted):
            found = {use: _encoded(batch.column(names[at])) for use, at in columns.items()}
            numbers = {use for use, at in columns.items() if _is_json(batch.column(names[at]).type)}
            lengths = {use: _row_lengths(column) for use, column in found.items()}
            lines = np.arange(row, row + len(batch))
            row += len(batch)
            long = np.max([lengths[use] for use in lengths if use[0] == "headline"], axis=0) > MAX_LINE
            for line in lines[long].tolist():
                skipped.add(line)
            size = np.sum(list(lengths.values()), axis=0)[~long]
            yield from _written_out(found, numbers, np.flatnonzero(~long), size, lines)
    except (pa.ArrowException, MemoryError, OSError) as error:
        raise _damaged(source, error) from None


def _written_out(
    found: dict[_Use, pa.DictionaryArray],
    numbers: set[_Use],
    rows: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    lines: npt.NDArray[np.int64],
) -> Iterator[Headlines]:
    """Yield rows in batches of as much text as may be kept."""
    part = (np.cumsum(size) - size) // _TEXT
    for some in np.split(rows, np.flatnonzero(np.diff(part)) + 1):
        columns: dict[str, list[pa.StringArray]] = {}
        kept: dict[str, pa.StringArray] = {}
        for use, column in found.items():
            texts = column.take(from_integers(some)).dictionary_decode()
            if use[0].startswith(_KEPT):
                kept[use[0].removeprefix(_KEPT)] = texts if use in numbers else quote(texts)
            else:
                columns.setdefault(use[0], []).append(texts)
        if {use for use in found if use[0] == "id"} & numbers:
            kept["id"] = columns["id"][0]
        yield make_batch(columns, from_integers(lines[some]), kept)


def _is_json(kind: pa.DataType) -> bool:
    """Return whether the text of a type is JSON as it is."""
    return bool(pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _encoded(column: pa.Array) -> pa.DictionaryArray:
    """Convert a column to strings, each of which is kept once; what is not text, number or date becomes null."""
    if not pa.types.is_dictionary(column.type):
        return _strings(column).dictionary_encode()
    return pa.DictionaryArray.from_arrays(column.indices, _strings(column.dictionary))


def _strings(column: pa.Array) -> pa.StringArray:
    """Convert values to strings; a byte that is not text becomes U+FFFD."""
    try:
        if not _is_text(column.type):
            return column.cast(pa.string())
        column = column.cast(pa.binary())  # what calls itself text is looked at, too
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([value and value.decode("utf-8", "replace") for value in column.to_pylist()], pa.string())
    except pa.ArrowNotImplementedError:
        return pa.nulls(len(column), pa.string())


def _row_lengths(column: pa.DictionaryArray) -> npt.NDArray[np.int64]:
    """Return the number of bytes of each row's text; 0 where it is null."""
    lengths = pc.fill_null(pc.binary_length(column.dictionary).take(column.indices), 0)
    return to_numpy(lengths).astype(np.int64)


def _damaged(source: Source, error: Exception) -> ReadError:
    """Return the error of a damaged file."""
    return ReadError(
        f"{source.name}: found a damaged Parquet file ({str(error).splitlines()[0][:100]}); "
        "expected a whole one; fetch or write it again"
    )
