"""The columns that every reader yields, and the error that every reader raises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classify.core.arrow import from_integers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Headlines", "ReadError", "Skipped"]


class ReadError(ValueError):
    """Raised when a source cannot be read; the message is one sentence: where, what was found, what to do."""


class NothingToReadError(ReadError):
    """Raised when a source is empty."""


@dataclass(frozen=True, repr=False)
class Headlines:
    """A batch of headlines as columns of equal length.

    Parameters
    ----------
    headline
        The headlines as given, never null.
    id, section, story, date, publisher, url, code
        Columns of the source, null where they are blank; None where the source has no such column. Dates are text as
        the source has them. A section with several names is a JSON array of these. The code is that of the section.
    line
        Line of each headline in its source, counted from 1; the row where a source has no lines (Parquet, JSON arrays,
        feeds). By default they are numbered from 1.
    kept
        Columns passed through by their names, each value as JSON text (null where missing); also "id", where the ids of
        the source are not all strings.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batch = Headlines(pa.array(["Rain"]), section=pa.array(["weather"]))
    >>> len(batch), batch.section.to_pylist(), batch.date
    (1, ['weather'], None)
    >>> batch
    Headlines(1 row: headline, section, line)
    """

    headline: pa.StringArray
    id: pa.StringArray | None = None
    section: pa.StringArray | None = None
    story: pa.StringArray | None = None
    date: pa.StringArray | None = None
    publisher: pa.StringArray | None = None
    url: pa.StringArray | None = None
    code: pa.StringArray | None = None
    line: pa.Int64Array = None
    kept: Mapping[str, pa.StringArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Number the headlines from 1 where the caller passes no line numbers."""
        if self.line is None:
            object.__setattr__(self, "line", numbers(1, len(self.headline)))

    def __len__(self) -> int:
        """Return the number of headlines."""
        return len(self.headline)

    def __repr__(self) -> str:
        """Return the number of rows and the names of the columns."""
        rows = "1 row" if len(self) == 1 else f"{len(self):,} rows"
        return f"Headlines({rows}: {', '.join(self._columns())})"

    def slice(self, start: int, length: int) -> Headlines:
        """Return a range of rows without copying them.

        Examples
        --------
        >>> import pyarrow as pa
        >>> Headlines(pa.array(["a", "b"])).slice(1, 1).line.to_pylist()
        [2]
        """
        return self._with(lambda column: column.slice(start, length))

    def take(self, rows: npt.NDArray[np.int64]) -> Headlines:
        """Return the rows at the given positions, in that order.

        Examples
        --------
        >>> import pyarrow as pa
        >>> Headlines(pa.array(["a", "b", "c"])).take(np.array([2, 0])).headline.to_pylist()
        ['c', 'a']
        """
        places = from_integers(rows)
        return self._with(lambda column: column.take(places))

    def to_pandas(self) -> pd.DataFrame:
        """Return the columns that are not None as a data frame.

        Examples
        --------
        >>> import pyarrow as pa
        >>> Headlines(pa.array(["a"])).to_pandas().columns.tolist()
        ['headline', 'line']
        """
        frame: pd.DataFrame = pa.table(self._columns()).to_pandas()
        return frame

    @classmethod
    def concat(cls, batches: Iterable[Headlines]) -> Headlines:
        """Concatenate batches; a column that only some have is null for the others.

        Examples
        --------
        >>> import pyarrow as pa
        >>> one = Headlines(pa.array(["a"]))
        >>> two = Headlines(pa.array(["b"]), id=pa.array(["x"]))
        >>> Headlines.concat([one, two]).id.to_pylist()
        [None, 'x']
        """
        parts = list(batches)
        named = {name for part in parts for name in part._columns()} | {"headline", "line"}
        columns = {
            name: _joined([getattr(part, name) for part in parts], parts, pa.int64() if name == "line" else pa.string())
            for name in (each.name for each in fields(cls) if each.name in named)
        }
        kept = {
            name: _joined([part.kept.get(name) for part in parts], parts, pa.string())
            for name in dict.fromkeys(name for part in parts for name in part.kept)
        }
        return cls(**columns, kept=kept)

    def _columns(self) -> dict[str, pa.Array]:
        """Return the columns that exist, in their order, without those passed through."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self) if each.name != "kept")
        return {name: column for name, column in named if column is not None}

    def _with(self, change: Callable[[pa.Array], pa.Array]) -> Headlines:
        """Return the batch with every column changed in the same way."""
        kept = {name: change(column) for name, column in self.kept.items()}
        return Headlines(**{name: change(column) for name, column in self._columns().items()}, kept=kept)


def _joined(chunks: list[pa.Array | None], parts: list[Headlines], kind: pa.DataType) -> pa.Array:
    """Return one column of several batches, null for those that lack it."""
    filled = [pa.nulls(len(part), kind) if chunk is None else chunk for part, chunk in zip(parts, chunks, strict=True)]
    return pa.concat_arrays(filled or [pa.nulls(0, kind)])


class Skipped:
    """What a reader leaves out: rows that cannot be used, and lines that are not rows, by what they are.

    Attributes
    ----------
    count, lines
        Number of rows that could not be read, and the line numbers of the first ten.
    notes
        Number of other lines by what they are, such as "repeated header", and the line number of the first.
    """

    def __init__(self) -> None:
        self.count = 0
        self.lines: list[int] = []
        self.notes: dict[str, tuple[int, int]] = {}

    def add(self, line: int) -> None:
        """Count one row."""
        self.count += 1
        if len(self.lines) < 10:
            self.lines.append(line)

    def note(self, what: str, line: int, count: int = 1) -> None:
        """Count lines that are not rows, by what they are."""
        before, first = self.notes.get(what, (0, line))
        self.notes[what] = before + count, first


def numbers(start: int, count: int) -> pa.Int64Array:
    """Return consecutive line numbers."""
    return from_integers(np.arange(start, start + count))
