"""Write files whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only once it is complete.

    A run killed at any moment leaves the old file or the new one. A device or a pipe is written to as it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/new/a.txt") as file:
    ...         _ = file.write(b"text")
    ...     Path(folder, "new", "a.txt").read_text()
    'text'
    """
    path = Path(os.path.realpath(path))  # Path.resolve raises a RuntimeError where links go round in a circle
    hidden = str(path.parent / f".{path.name[:40]}.")
    try:
        with path.open("wb") if _is_device(path) else _open_beside(path, hidden) as file:
            yield file
    except OSError as error:
        # A full disk names no file, and nobody knows the temporary one.
        if error.filename is None or str(error.filename).startswith(hidden):
            error.filename = str(path)
        raise


def _is_device(path: Path) -> bool:
    """Tell a device or a pipe, which can be written to but not replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def _open_beside(path: Path, hidden: str) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`, which replaces it at the end."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=Path(hidden).name, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for the owner alone; these are for whoever may read the folder.
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write a file with `replacing`; text as UTF-8, unpaired surrogates as question marks."""
    with replacing(path) as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    return Path(path)


def _umask() -> int:
    """Read the process's file mode mask."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
