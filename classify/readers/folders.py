"""Read a folder of text files: each subfolder a section, the first line of each file a headline."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from classify.core.arrow import from_integers, from_strings
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.columns import make_batch
from classify.readers.encodings import Recoder, repaired
from classify.readers.feeds import is_markup
from classify.readers.json_rows import is_json
from classify.readers.sources import open_bytes

__all__ = ["first_lines", "read_folder"]

_HEAD = 1 << 16
Document = tuple[str, str, bytes]  # a name, a section, the first bytes


def read_folder(
    folder: Path, batch_size: int, skipped: Skipped, encoding: str | None = None
) -> tuple[str, Iterator[Headlines]]:
    """Read the files below each subfolder, in the order of their names.

    Raises
    ------
    ReadError
        If there is no file in a subfolder.
    """
    files = _files(folder)
    first = next(files, None)
    if first is None:
        raise ReadError(
            f"{folder}: found a folder without text files in subfolders; expected one subfolder a section; "
            "name a file, or sort the files into folders"
        )
    paths = itertools.chain([first], files)
    documents = ((_name(path, folder), path.relative_to(folder).parts[0], _head(path)) for path in paths)
    return "folder of text files, a section each", first_lines(documents, batch_size, skipped, encoding)


def first_lines(
    documents: Iterable[Document], batch_size: int, skipped: Skipped, encoding: str | None = None
) -> Iterator[Headlines]:
    """Take the first line that is not blank of each document; skip those that are binary, JSON, XML or HTML."""
    numbered = enumerate(documents, 1)
    while part := list(itertools.islice(numbered, batch_size)):
        rows: list[tuple[str, str, str]] = []
        lines: list[int] = []
        for number, (name, section, data) in part:
            recoded = Recoder(encoding).begin(data)
            if b"\x00" in recoded or is_json(recoded) or is_markup(recoded):
                skipped.add(number)
            else:
                text = repaired(recoded).decode()
                rows.append((next(filter(str.strip, text.splitlines()), ""), name, section))
                lines.append(number)
        columns = {
            ours: [from_strings([row[at] for row in rows])] for at, ours in enumerate(("headline", "id", "section"))
        }
        yield make_batch(columns, from_integers(np.array(lines, np.int64)))


def _files(folder: Path) -> Iterator[Path]:
    """Return the visible files in the subfolders, sorted, without following links to folders."""
    for section in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        for path in sorted(section.rglob("*")):
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
                yield path


def _name(path: Path, folder: Path) -> str:
    """Return the place of a file in the folder, the same on all systems."""
    return path.relative_to(folder).as_posix()


def _head(path: Path) -> bytes:
    """Read the first bytes of a file, decompressed; a damaged one is not text."""
    try:
        with closing(open_bytes(path)) as source:
            return source.peek()[:_HEAD]
    except ReadError:
        return b"\x00"
