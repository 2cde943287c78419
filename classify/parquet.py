"""Read headlines from Parquet files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.arrow import EMPTY, from_flags, from_integers, to_numpy
from classify.headlines import Headlines, ReadError, Skipped
from classify.sources import MAX_LINE, Source
from classify.tables import find_columns

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

__all__ = ["read_parquet"]


def read_parquet(
    source: Source, asked: tuple[str | None, str | None], batch_size: int, skipped: Skipped
) -> tuple[str, Iterator[Headlines]]:
    """Open a Parquet file; one that comes by a pipe or compressed goes through a temporary file."""
    from pyarrow.parquet import ParquetFile  # takes 30 ms that other formats need not pay

    try:
        file = ParquetFile(pa.PythonFile(source.whole_file() or _spooled(source), "r"))
        names = file.schema_arrow.names
        columns = find_columns(names, *asked)
    except (pa.ArrowException, MemoryError, OSError) as error:
        raise _damaged(source, error) from None
    except KeyError as error:
        raise _missing(source, names, error.args[0]) from None
    if "headline" not in columns:
        raise _missing(source, names, "headline, title or text")
    shown = ", ".join(f"{ours} in {names[place]!r}" for ours, place in columns.items())
    return f"Parquet, {shown}", _batches(source, file, columns, batch_size, skipped)


def _spooled(source: Source) -> BinaryIO:
    """Copy a stream into a temporary file, where one can look at the end first."""
    spool = source.own(cast(BinaryIO, tempfile.TemporaryFile()))  # noqa: SIM115
    while data := source.read():
        spool.write(data)
    spool.seek(0)
    return spool


def _batches(
    source: Source, file: ParquetFile, columns: dict[str, int], batch_size: int, skipped: Skipped
) -> Iterator[Headlines]:
    """Yield the rows, every column as strings; a headline of more than `MAX_LINE` bytes is skipped."""
    names, row = file.schema_arrow.names, 1
    try:
        for batch in file.iter_batches(batch_size, columns=[names[at] for at in columns.values()]):
            found = {ours: _strings(batch.column(names[at])) for ours, at in columns.items()}
            found["headline"] = found["headline"].fill_null(EMPTY)
            lines = np.arange(row, row + len(batch))
            row += len(batch)
            long = to_numpy(pc.binary_length(found["headline"])) > MAX_LINE
            for line in lines[long].tolist():
                skipped.add(line)
            if long.any():
                found, lines = {name: each.filter(from_flags(~long)) for name, each in found.items()}, lines[~long]
            yield Headlines(**found, line=from_integers(lines))
    except (pa.ArrowException, MemoryError, OSError) as error:
        raise _damaged(source, error) from None


def _strings(column: pa.Array) -> pa.StringArray:
    """Turn a column into strings; what is no text, number or date becomes null."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return column.cast(pa.string())
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        return pa.nulls(len(column), pa.string())


def _missing(source: Source, names: list[str], wanted: str) -> ReadError:
    """Word the error of a column that is not there."""
    shown = ", ".join(repr(name[:30]) for name in names[:12])
    return ReadError(
        f"{source.name}: found the columns {shown}; expected one named {wanted}; "
        "say which holds the headline with --text-column"
    )


def _damaged(source: Source, error: Exception) -> ReadError:
    """Word the error of a damaged file."""
    return ReadError(
        f"{source.name}: found a damaged Parquet file ({str(error).splitlines()[0][:100]}); "
        "expected a whole one; fetch or write it again"
    )
