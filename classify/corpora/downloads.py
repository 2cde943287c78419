"""Download a file once with pooch: resumed after an interruption, checked, and kept."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import pooch

from classify.core.files import write_whole
from classify.headlines import ReadError
from classify.readers.http import Budget, describe, open_url

__all__ = ["cache_folder", "download"]

TIMEOUT, DEADLINE = 30.0, 3600.0  # seconds for an answer and for each piece of it, and for a whole file
LARGEST = 1 << 32


def cache_folder() -> Path:
    """Return the folder in which the user's downloads are kept."""
    return Path(pooch.os_cache("classify-headlines"))


def download(url: str, checksum: str | None, folder: Path) -> Path:
    """Download a file unless a sound one is in the folder, which may have been put there by hand.

    Parameters
    ----------
    url
        Its address.
    checksum
        Expected checksum, "sha256:..." or "md5:..."; None for that of its first download.
    folder
        Where it is kept, with its recorded checksum and, while it is under way, its first part.

    Raises
    ------
    ReadError
        If there is no connection, the publisher answers with an error, or the file is another one.
    """
    name = (Path(urlsplit(url).path).name or "data")[:100]
    path, record = folder / name, folder / f"{name}.sha256"
    known = checksum or (f"sha256:{record.read_text().strip()}" if record.is_file() else None)
    try:
        with _quiet():
            pooch.retrieve(url, known, fname=name, path=folder, downloader=_Resuming(folder / f"{name}.part"))
    except (URLError, TimeoutError, ConnectionError, HTTPException) as error:
        raise _failed(url, path, describe(error)[0]) from None
    except ValueError as error:
        if "hash" not in str(error):
            raise
        raise ReadError(
            f"{url}: found a file with another checksum; expected {known}; if the publisher has changed it and you "
            f"trust it, remove {record.name} in {folder}"
        ) from None
    if known is None:
        with path.open("rb") as stream:
            write_whole(record, hashlib.file_digest(stream, "sha256").hexdigest() + "\n")
    return path


class _Resuming:
    """A downloader for pooch that keeps what it received and resumes; an interrupted download is tried twice."""

    def __init__(self, part: Path) -> None:
        self._part = part

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:  # noqa: ANN401
        """Download into the partial file, and move it to `output_file` when it is complete."""
        try:
            self._go_on(url)
        except (HTTPException, ConnectionError, TimeoutError):
            self._go_on(url)
        shutil.move(self._part, output_file)

    def _go_on(self, url: str) -> None:
        """Request the missing bytes; start again if the server cannot send a part."""
        have = self._part.stat().st_size if self._part.is_file() else 0
        budget = Budget(url, LARGEST, DEADLINE, TIMEOUT)
        try:
            with (
                open_url(url, budget, {"Range": f"bytes={have}-"} if have else None) as (status, pieces),
                self._part.open("ab" if status == 206 else "wb") as file,
            ):
                file.writelines(pieces)
        except HTTPError as error:
            if error.code != 416:  # the part is as long as the whole, or longer
                raise
            error.close()
            self._part.unlink()
            self._go_on(url)


@contextmanager
def _quiet() -> Iterator[None]:
    """Prevent pooch from writing to standard error, which a library does not do."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _failed(url: str, path: Path, found: str) -> ReadError:
    """Return the error for a download that failed."""
    return ReadError(
        f"{url}: found {' '.join(found.split())}; expected the corpus; try again when online (what was received is "
        f"kept), or put the file at {path}"
    )
