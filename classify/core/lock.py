"""Lock a file or a folder, so that runs which write it at the same time follow each other."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def locked(path: str | Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Lock a hidden file beside a path, made if need be and removed at the end; do nothing where there are no locks.

    Another run waits. The system ends the lock of a run that is killed.

    Parameters
    ----------
    path
        What is to be written; it need not exist.
    on_wait
        Called once where another run has the lock; what it raises is raised, in place of waiting.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with locked(f"{folder}/a.txt"):
    ...         print(os.listdir(folder))
    ['.a.txt.lock']
    """
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".{path.name[:60]}.lock")  # at most 255 bytes
    descriptor = _take(beside, on_wait) if fcntl else None
    try:
        yield
    finally:
        if descriptor is not None:
            beside.unlink(missing_ok=True)
            os.close(descriptor)


def _take(beside: Path, on_wait: Callable[[], None]) -> int | None:
    """Wait for the lock and return its descriptor; None where the file system has no locks."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    waiting = False
    while True:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waiting else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(descriptor)
            waiting = True
            on_wait()
            continue
        except OSError:
            os.close(descriptor)
            beside.unlink(missing_ok=True)
            return None
        # The run before removes the file whose lock this one waited for.
        with suppress(FileNotFoundError):
            if os.path.samestat(beside.stat(), os.fstat(descriptor)):
                return descriptor
        os.close(descriptor)
