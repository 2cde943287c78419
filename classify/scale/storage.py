"""Where an archive is read from and written to: folders of this machine, or object stores through fsspec."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from classify.core.files import replacing
from classify.core.stores import file_system, is_remote
from classify.headlines import ReadError

__all__ = ["Folder", "expand", "stat"]

# Stores whose objects appear whole once they are uploaded; on others a temporary name is renamed.
_OBJECT_STORES = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory"}
# How file systems call the identity or the time of a file's content, best first.
_TIMES = ("ETag", "etag", "LastModified", "last_modified", "mtime", "updated", "modificationTime", "created")


def expand(patterns: Sequence[str]) -> list[str]:
    """Return the files that patterns such as ``archive/*.parquet`` match, sorted within each pattern, each once.

    ``**`` matches any number of folders. A name without ``*``, ``?`` or ``[``, or of a file that exists, is returned as
    it is. A pattern without a match is a `ReadError`.

    Examples
    --------
    >>> expand(["classify/head*.py", "-"])
    ['classify/headlines.py', '-']
    """
    return list(dict.fromkeys(path for pattern in patterns for path in _matches(pattern)))


def _matches(pattern: str) -> list[str]:
    """Return the files of one pattern."""
    if not glob.has_magic(pattern) or ("://" in pattern and not is_remote(pattern)) or Path(pattern).exists():
        return [pattern]
    if is_remote(pattern):
        system, name = file_system(pattern)
        found = [str(system.unstrip_protocol(each)) for each in system.glob(name)]
    else:
        found = [path for path in glob.glob(pattern, recursive=True) if not Path(path).is_dir()]  # noqa: PTH207 (strings)
    if not found:
        raise ReadError(f"{pattern}: found no file that matches; expected at least one; correct the pattern")
    return sorted(found)


def stat(path: str) -> tuple[int, str]:
    """Return the size of a file in bytes, and a text that changes with its content: its time or its checksum."""
    if not is_remote(path):
        found = Path(path).stat()
        return found.st_size, str(found.st_mtime_ns)
    system, name = file_system(path)
    system.invalidate_cache()
    info = system.info(name)
    return int(info["size"]), str(next((info[key] for key in _TIMES if info.get(key)), ""))


class Folder:
    """A folder that is written to: each file appears whole or not at all.

    Parameters
    ----------
    path
        The folder, which may not exist yet.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as path:
    ...     folder = Folder(path)
    ...     with folder.writing("2020/a.txt") as file:
    ...         _ = file.write(b"text")
    ...     folder.listing(), folder.read("2020/a.txt")
    ({'2020/a.txt': 4}, b'text')
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._system: Any = None
        if is_remote(path):
            self._system, self._root = file_system(path.rstrip("/"))

    def listing(self) -> dict[str, int]:
        """Return the size of each file by its name, without hidden ones."""
        if self._system is None:
            found = ((Path(base, name), base) for base, _, names in os.walk(self.path) for name in names)
            sizes = {path.relative_to(self.path).as_posix(): _size(path) for path, _ in found}
        else:
            self._system.invalidate_cache()
            with suppress(FileNotFoundError):
                infos = self._system.find(self._root, detail=True)
                sizes = {name[len(self._root) :].lstrip("/"): int(info["size"]) for name, info in infos.items()}
        return {name: size for name, size in sizes.items() if not name.rpartition("/")[2].startswith(".")}

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        if self._system is None:
            return Path(self.path, name).read_bytes()
        return bytes(self._system.cat_file(f"{self._root}/{name}"))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with suppress(FileNotFoundError):
            if self._system is None:
                Path(self.path, name).unlink()
            else:
                self._system.rm_file(f"{self._root}/{name}")

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Open a file for writing that takes its place once it is complete."""
        if self._system is None:
            with replacing(Path(self.path, name)) as file:
                yield file
            return
        with tempfile.NamedTemporaryFile() as local:
            yield cast(BinaryIO, local)
            local.flush()
            self._put(local.name, f"{self._root}/{name}")

    def _put(self, local: str, name: str) -> None:
        """Upload a file, and look whether all of it has arrived."""
        folder, _, last = name.rpartition("/")
        protocols = self._system.protocol
        whole = bool(_OBJECT_STORES & ({protocols} if isinstance(protocols, str) else set(protocols)))
        target = name if whole else f"{folder}/.{last}.{os.urandom(4).hex()}.part"
        self._system.makedirs(folder, exist_ok=True)
        self._system.put_file(local, target)
        size, expected = int(self._system.info(target)["size"]), Path(local).stat().st_size
        if size != expected:
            self._system.rm_file(target)
            raise OSError(f"{name}: found {size:,} bytes after the upload; expected {expected:,}; start it again")
        if not whole:
            self._system.mv(target, name)


def _size(path: Path) -> int:
    """Return the size of a file; 0 where another run has just removed it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
