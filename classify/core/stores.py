"""Paths of object stores and other file systems, through fsspec: ``s3://bucket/2020.parquet``."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

__all__ = ["file_system", "is_remote", "open_remote"]


def is_remote(path: str) -> bool:
    """Return whether a path names a file system other than that of the machine.

    Examples
    --------
    >>> is_remote("s3://archive/2020.parquet"), is_remote("archive/2020.parquet"), is_remote("https://example.org/a")
    (True, False, False)
    """
    return "://" in path and not path.startswith(("http://", "https://"))


def file_system(path: str) -> tuple[Any, str]:
    """Return fsspec's file system of a path, and the path as this file system names it.

    Raises
    ------
    ValueError
        If fsspec is not installed, or not the package that it needs for this file system.

    Examples
    --------
    >>> file_system("memory://archive/2020.csv")[1]
    '/archive/2020.csv'
    """
    try:
        import fsspec

        system, name = fsspec.core.url_to_fs(path)
    except (ImportError, ValueError) as error:
        raise ValueError(
            f"{path}: found no way to read it ({error}); expected a file, or a store that fsspec knows; "
            "pip install 'classify-headlines[scale]' and the package of that store, such as s3fs"
        ) from None
    return system, str(name)


def open_remote(path: str) -> BinaryIO:
    """Open a file of another file system for reading, at any position."""
    system, name = file_system(path)
    # A block of 4 MB: the footer of a Parquet file and most columns of a row group come with one request each.
    return cast(BinaryIO, system.open(name, "rb", block_size=1 << 22, cache_type="readahead"))
