"""Write files completely or not at all, and standard output completely or with an error."""

from __future__ import annotations

import errno
import io
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TextIO


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only once it is complete.

    A run killed at any moment leaves the old file or the new one, and possibly a hidden file in the same folder whose
    name ends in ".part". A device or a pipe is written to as it is.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/new/a.txt") as file:
    ...         _ = file.write(b"text")
    ...     Path(folder, "new", "a.txt").read_text()
    'text'
    """
    path = _real(path)
    temporary = path.parent / f".{path.name[:40]}.{token_hex(4)}.part"
    new = [folder for folder in path.parents if not folder.exists()]
    try:
        if _is_device(path):
            with path.open("wb") as file:
                yield file
            return
        if path.is_dir():
            raise _error(errno.EISDIR)
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            _to_disk(file)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        for folder in new:
            with suppress(OSError):  # another run wrote into it
                folder.rmdir()
        # The error of a full disk names no file, and the temporary one means nothing to the user.
        if isinstance(error, OSError) and error.filename in (None, str(temporary)):
            error.filename = str(path)
        raise


def expect_writable(path: str | Path) -> None:
    """Raise the OSError that `replacing` would raise, before the work is done; leave no files.

    Examples
    --------
    >>> expect_writable("/dev/null/a.txt")
    Traceback (most recent call last):
    NotADirectoryError: [Errno 20] Not a directory: '/dev/null/a.txt'
    """
    try:
        real = _real(path)
        if real.is_dir():
            raise _error(errno.EISDIR)
        if _is_device(real):
            if not os.access(real, os.W_OK):
                raise _error(errno.EACCES)
            return
        folder = next(each for each in real.parents if each.exists())
        if not folder.is_dir():
            raise _error(errno.ENOTDIR)
        for name in real.relative_to(folder).parts:  # a name may be too long
            with suppress(FileNotFoundError):
                (folder / name).stat()
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        error.filename = str(path)
        raise


def write_whole(path: str | Path, content: str | bytes) -> Path:
    """Write a file with `replacing`; text as UTF-8, unpaired surrogates as question marks."""
    write_all({Path(path): content})
    return Path(path)


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """Write files that belong together: all are on the disk before the first takes its place.

    Parameters
    ----------
    contents
        The content of each file. The files take their places in this order: a run killed meanwhile has
        replaced the first ones and not the last.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_all({Path(folder, "a"): "new", Path(folder, "b"): b"new"})
    ...     sorted(os.listdir(folder))
    ['a', 'b']
    """
    with ExitStack() as places:
        for path, content in reversed(list(contents.items())):  # the last to be entered is the first to leave
            file = places.enter_context(replacing(path))
            file.write(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
            _to_disk(file)


def complete_output(stream: TextIO) -> TextIO:
    """Return a stream that writes everything or raises an OSError, in place of one that is not buffered.

    Under ``PYTHONUNBUFFERED`` the bytes of standard output go straight to the system, which may accept only some of
    them, as on a disk that is nearly full; Python's text layer drops the rest without an error. A buffer retries, and
    raises once nothing more is accepted. A line still appears as soon as it is written.
    """
    raw = getattr(stream, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=stream.encoding, errors=stream.errors, line_buffering=True)


def _error(number: int) -> OSError:
    """Return an error of the system."""
    return OSError(number, os.strerror(number))


def _real(path: str | Path) -> Path:
    """Follow links to what is to be replaced; a pipe, as /dev/stdout may be, keeps the name that was given."""
    # Path.resolve raises a RuntimeError where links form a circle.
    return Path(path) if _is_device(Path(path)) else Path(os.path.realpath(path))


def _is_device(path: Path) -> bool:
    """Return whether a path is a device or a pipe, which can be written to but not replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _to_disk(file: BinaryIO) -> None:
    """Wait until a file is on the disk; a device or a pipe is not."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())
