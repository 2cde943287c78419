"""The plan: files of an archive cut into pieces, each of which is labelled by itself and becomes one Parquet file."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from classify.core.stores import is_remote, open_remote
from classify.headlines import ReadError
from classify.readers.sources import PARQUET
from classify.scale.storage import expand, stat

__all__ = ["ROWS", "Piece", "plan_pieces"]

ROWS = 500_000
"""Rows of a piece, more only where one row group has more: some three seconds of work and 25 MB of answers."""

_REQUESTS = 16  # files of an object store whose row groups are looked up at a time


@dataclass(frozen=True)
class Piece:
    """A part of an archive.

    Attributes
    ----------
    source
        The file.
    part
        Name of the Parquet file that is written, relative to the output.
    size, changed
        Size of the file in bytes, and its time or checksum, when the plan was made.
    first, count
        First row group, counted from 0, and number of row groups; 0 and 0 for a whole file.
    start
        Number of rows of the file before the piece.
    """

    source: str
    part: str
    size: int
    changed: str
    first: int = 0
    count: int = 0
    start: int = 0

    @property
    def shown(self) -> str:
        """The piece for people.

        Examples
        --------
        >>> Piece("a.parquet", "a.parquet-00002.parquet", 100, "", 2, 3).shown
        'a.parquet (row groups 3 to 5)'
        """
        return (
            f"{self.source} (row groups {self.first + 1} to {self.first + self.count})" if self.count else self.source
        )


def plan_pieces(
    patterns: Sequence[str], input_format: str | None = None, output: str | None = None, rows: int = ROWS
) -> list[Piece]:
    """Cut the files that patterns match into pieces, sorted by the name of their part.

    A Parquet file is cut between row groups, other files are one piece each. The part of ``archive/2020/a.parquet``
    from row group 7 on is ``2020/a.parquet-00007.parquet`` where the patterns have the folder ``archive`` in common, so
    that files sorted by name and parts sorted by name are in the same order.

    Parameters
    ----------
    patterns
        Files or patterns, as in `expand`.
    input_format
        As in `read_headlines`.
    output
        A folder that no file may lie in, since its answers would be read as headlines the next time.
    rows
        Rows of a piece; a single row group with more is one piece.

    Raises
    ------
    ReadError
        If nothing matches, a file lies in the output, or an input cannot be read a second time: standard input, a web
        address, a folder.
    """
    for pattern in patterns:
        if pattern == "-" or ("://" in pattern and not is_remote(pattern)) or Path(pattern).is_dir():
            raise ReadError(
                f"{pattern}: found an input that is not a file; expected files or patterns, since a folder of answers "
                "can be completed later; name files, such as 'archive/*.parquet'"
            )
    base = len(_common([_steps(pattern) for pattern in patterns]))
    paths = expand(patterns)
    if output is not None:
        _refuse_within(paths, output)
    names = {path: "/".join(_steps(path)[base:]) for path in paths}
    by_name = {name: path for path, name in names.items()}  # a file that is given in two ways counts once

    def cut(name: str) -> list[Piece]:
        return list(_cut(by_name[name], name, input_format, rows))

    with ThreadPoolExecutor(_REQUESTS if any(map(is_remote, paths)) else 1) as pool:
        pieces = [piece for found in pool.map(cut, by_name) for piece in found]
    return sorted(pieces, key=lambda piece: piece.part)


def _refuse_within(paths: list[str], output: str) -> None:
    """Raise a ReadError where a file lies in a folder."""
    folder = _steps(output.rstrip("/") or "/")
    inside = next((path for path in paths if _steps(path)[: len(folder)] == folder), None)
    if inside is not None:
        raise ReadError(
            f"{inside}: lies in the folder of the answers, {output}; expected another folder; name a new one"
        )


def _steps(path: str) -> list[str]:
    """Return the folders and the name of a path.

    >>> _steps("s3://archive/2020/*.parquet")
    ['s3:', '', 'archive', '2020', '*.parquet']
    """
    return (path if is_remote(path) else os.path.abspath(path).replace(os.sep, "/")).split("/")  # noqa: PTH100 (keeps *)


def _common(paths: list[list[str]]) -> list[str]:
    """Return the folders that paths have in common, up to the first with a wildcard.

    >>> _common([["archive", "2020", "x", "a.csv"], ["archive", "2021", "x", "b.csv"], ["archive", "20*", "*.csv"]])
    ['archive']
    """
    folders = []
    for *steps, _ in paths:
        wild = next((at for at, step in enumerate(steps) if glob.has_magic(step)), len(steps))
        folders.append(steps[:wild])
    same = takewhile(lambda steps: steps[0] == steps[1], zip(min(folders), max(folders), strict=False))
    return [step for step, _ in same]


def _cut(path: str, name: str, input_format: str | None, rows: int) -> Iterator[Piece]:
    """Yield the pieces of one file."""
    size, changed = stat(path)
    groups = _row_groups(path) if size and input_format in (None, "parquet") else None
    if not groups:
        yield Piece(path, f"{name}-00000.parquet", size, changed)
        return
    first = start = filled = 0
    for at, count in enumerate([*groups, rows + 1]):  # the last one closes the last piece
        if at > first and filled + count > rows:
            yield Piece(path, f"{name}-{first:05d}.parquet", size, changed, first, at - first, start)
            first, start, filled = at, start + filled, 0
        filled += count


def _row_groups(path: str) -> list[int] | None:
    """Return the number of rows of each row group; None where the file is not Parquet or damaged."""
    from pyarrow.parquet import ParquetFile

    with open_remote(path) if is_remote(path) else open(path, "rb") as file:  # noqa: PTH123 (either kind)
        if file.read(len(PARQUET)) != PARQUET:
            return None
        try:
            metadata = ParquetFile(pa.PythonFile(file, "r")).metadata
        except (pa.ArrowException, OSError):
            return None  # who reads it says what is wrong
        return [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]
