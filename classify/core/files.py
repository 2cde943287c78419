"""Write files whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: there leftovers of killed runs stay
    fcntl = None  # type: ignore[assignment]

# What is being written is hidden under ".NAME.8 letters" and this, and locked for as long as its writer lives.
_UNFINISHED = ".classify-unfinished"


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` only once it is complete.

    A run killed at any moment leaves the old file or the new one, and maybe a hidden one, which the
    next to write into that folder removes. A device or a pipe is written to as it is.

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
    hidden = str(path.parent / f".{path.name[:40]}.")
    try:
        with path.open("wb") if _is_device(path) else _open_beside(path, hidden) as file:
            yield file
    except OSError as error:
        # A full disk names no file, and nobody knows the temporary one.
        if error.filename is None or str(error.filename).startswith(hidden):
            error.filename = str(path)
        raise


def expect_writable(path: str | Path) -> None:
    """Raise the OSError that `replacing` would end with, hours before it does; leave nothing behind.

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


def write_all(contents: Mapping[Path, str | bytes | None]) -> None:
    """Write files that belong together: all are on the disk before the first takes its place.

    Of two writers at once, the files of one take their places after all of the other's.

    Parameters
    ----------
    contents
        What each file is to hold, None for one that is to go. They take their places in this order: a
        run killed meanwhile, which takes a moment, has put the first of them in place and not the last.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_all({Path(folder, "a"): "new", Path(folder, "b"): None})
    ...     os.listdir(folder)
    ['a']
    """
    last = list(contents)[-1]
    with ExitStack() as turn, ExitStack() as places:
        # What is entered first leaves last.
        for path, content in reversed(list(contents.items())):
            if content is None:
                places.enter_context(_removing(path))
                continue
            file = places.enter_context(replacing(path))
            file.write(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
            _to_disk(file)
        if len(contents) > 1:
            turn.enter_context(_alone_in(last.parent))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other writer is putting its files into their places in a folder."""
    if not fcntl:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _error(number: int, path: Path | None = None) -> OSError:
    """Make an error of the system."""
    return OSError(number, os.strerror(number), None if path is None else str(path))


def _real(path: str | Path) -> Path:
    """Follow links to what is to be replaced; a pipe, as /dev/stdout may be, is known by its first name only."""
    # Path.resolve raises a RuntimeError where links go round in a circle.
    return Path(path) if _is_device(Path(path)) else Path(os.path.realpath(path))


def _is_device(path: Path) -> bool:
    """Tell a device or a pipe, which can be written to but not replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


@contextmanager
def _open_beside(path: Path, hidden: str) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`, which replaces it at the end."""
    if path.is_dir():
        raise _error(errno.EISDIR, path)
    new = [folder for folder in path.parents if not folder.exists()]
    _remove_leftovers(path.parent)
    descriptor, temporary = _temporary(path.parent, Path(hidden).name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            _to_disk(file)
            # mkstemp makes files for the owner alone; these are for whoever may read the folder.
            Path(temporary).chmod(0o666 & ~_umask())
            if fcntl:  # while it is locked
                Path(temporary).replace(path)
        if not fcntl:
            Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        for folder in new:
            with suppress(OSError):  # others put something into it
                folder.rmdir()
        raise


@contextmanager
def _removing(path: Path) -> Iterator[None]:
    """Remove a file at the end, unless something went wrong."""
    yield
    path.unlink(missing_ok=True)


def _temporary(folder: Path, prefix: str) -> tuple[int, str]:
    """Make a temporary file, and its folder, and lock it, which tells it from a leftover."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor, temporary = tempfile.mkstemp(_UNFINISHED, prefix, folder)
        except FileNotFoundError:
            if folder.exists():
                raise
            continue  # another that failed took the folder away that it had made
        if _lock(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return descriptor, temporary
        os.close(descriptor)  # another took it for a leftover, before it was locked


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed runs left unfinished in a folder: files of our naming that nobody holds a lock on."""
    # Neither through a link nor waiting for the other end of a pipe.
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    for path in folder.glob(f".?*.{'[a-z0-9_]' * 8}{_UNFINISHED}"):
        with suppress(OSError):
            descriptor = os.open(path, flags)
            try:
                if _lock(descriptor):
                    path.unlink()
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> bool | None:
    """Lock an open file until it is closed; False where another holds it, None where there are no locks."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (AttributeError, OSError):  # Windows; a file system without locks
        return None
    return True


def _to_disk(file: BinaryIO) -> None:
    """Wait until what was written is on the disk; a device or a pipe has none."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())


def _umask() -> int:
    """Read the process's file mode mask."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
