"""The columns that every reader yields, and the error that every reader raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classify.core.arrow import from_integers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Headlines", "ReadError", "Skipped"]

# The names under which a column is found, best first; capitals do not matter.
COLUMN_NAMES: Mapping[str, tuple[str, ...]] = {
    "headline": ("headline", "title", "text"),
    "id": ("id",),
    "section": ("section", "category", "label"),
    "story": ("story",),
    "date": ("date", "date_published", "published", "publishedat", "publish_date", "pubdate"),
    "publisher": ("publisher",),
    "url": ("url", "link"),
}


class ReadError(ValueError):
    """Raised when a source cannot be read; the message is one sentence: where, what was found, what to do."""


@dataclass(frozen=True, repr=False)
class Headlines:
    """A batch of headlines as columns of equal length.

    Parameters
    ----------
    headline
        The headlines as given, never null.
    line
        The line number of each in its source, counted from 1; the row number where a source has no
        lines (Parquet, JSON arrays, feeds). By default they are numbered from 1.
    id, section, story, date, publisher, url
        Further columns of the source, null where a cell is blank; None where the source has no such
        column.

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
    line: pa.Int64Array = None

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
        return Headlines(**{name: col.slice(start, length) for name, col in self._columns().items()})

    def take(self, rows: npt.NDArray[np.int64]) -> Headlines:
        """Return the rows at the given positions, in that order.

        Examples
        --------
        >>> import pyarrow as pa
        >>> Headlines(pa.array(["a", "b", "c"])).take(np.array([2, 0])).headline.to_pylist()
        ['c', 'a']
        """
        return Headlines(**{name: column.take(from_integers(rows)) for name, column in self._columns().items()})

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
        columns = {}
        for name in (each.name for each in fields(cls) if each.name in named):
            kind = pa.int64() if name == "line" else pa.string()
            chunks = [getattr(part, name) for part in parts]
            filled = [
                pa.nulls(len(part), kind) if chunk is None else chunk for part, chunk in zip(parts, chunks, strict=True)
            ]
            columns[name] = pa.concat_arrays(filled or [pa.nulls(0, kind)])
        return cls(**columns)

    def _columns(self) -> dict[str, pa.Array]:
        """Return the columns that are not None, by name."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: column for name, column in named if column is not None}


class Skipped:
    """Count the rows that a reader leaves out, and keep the first ten line numbers."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: list[int] = []

    def add(self, line: int) -> None:
        """Count one row."""
        self.count += 1
        if len(self.lines) < 10:
            self.lines.append(line)


def numbers(start: int, count: int) -> pa.Int64Array:
    """Return consecutive line numbers."""
    return from_integers(np.arange(start, start + count))
