"""Bytes of a file, of standard input or of a stream: decompressed, in UTF-8, in blocks of lines.

A block is a whole block of a file or of a fast pipe, and of a slow pipe the lines that have arrived. A line of more
than `MAX_LINE` bytes is skipped and counted, and never kept.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import select
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa

from classify.core.stores import is_remote, open_remote
from classify.headlines import ReadError, Skipped
from classify.readers.encodings import Recoder, declared

__all__ = [
    "BLOCK",
    "COMPRESSED",
    "MAX_LINE",
    "PARQUET",
    "Source",
    "line_blocks",
    "open_bytes",
    "open_source",
    "refuse_controls",
]

PARQUET = b"PAR1"  # the one format that is not text
BLOCK = 1 << 22
MAX_LINE = 1 << 20
_HEAD = 1 << 16  # bytes by which format and encoding are detected

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DAMAGE = (EOFError, zlib.error, lzma.LZMAError, pa.ArrowInvalid)


class Source:
    """A stream of decompressed bytes in UTF-8 whose head can be looked at."""

    def __init__(self, stream: io.RawIOBase | BinaryIO, name: str, *, owned: bool) -> None:
        self.name = name
        self.compression = ""
        self._owned = [stream] if owned else []
        self._stream: BinaryIO = cast(BinaryIO, stream)
        descriptor, seekable = _descriptor(stream), _seekable(stream)
        self._pipe: int | None = None if seekable else descriptor
        self._file = self._stream if seekable and (owned or descriptor is not None) else None
        self._size = None if self._file is None else _length(self._file)
        self._head = b""
        self._ended = False
        self._recoder: Recoder | None = None

    @property
    def progress(self) -> tuple[int, int | None]:
        """How many bytes of a file are read, compressed as they are, and its size; None if it is none."""
        return (0, None) if self._file is None else (self._file.tell(), self._size)

    @property
    def encoding(self) -> str:
        """The name of the encoding, as far as it has been detected."""
        return "" if self._recoder is None else self._recoder.shown

    @property
    def guessed(self) -> bool:
        """Whether the encoding could be another one."""
        return self._recoder is not None and self._recoder.guessed

    def peek(self) -> bytes:
        """Return the first bytes without taking them: a line at least, up to 64 KB if there."""
        while len(self._head) < _HEAD and not self._ended:
            if b"\n" in self._head and not self.ready():
                break
            data = self._next(_HEAD)
            self._ended = not data
            self._head += data
        return self._head

    def wait_for_line(self) -> bool:
        """Wait until a second line that is not blank has begun, and return True; False at the end."""
        while not self._ended and b"\n" not in self._head.strip():
            data = self._next(_HEAD)
            self._ended = not data
            self._head += data
        return b"\n" in self._head.strip()

    def read(self, size: int = BLOCK) -> bytes:
        """Take what is there, up to about a size; nothing at the end."""
        if self._head:
            data, self._head = self._head, b""
            return data
        return b"" if self._ended else self._next(size)

    def ready(self) -> bool:
        """Return whether a read would return at once."""
        if self._pipe is None or self._ended:
            return True
        try:
            return bool(select.select([self._pipe], [], [], 0)[0])
        except (OSError, ValueError):  # not a thing one can ask, as a pipe on Windows
            return False

    def rest(self, limit: int) -> bytes:
        """Take all that is left; more than the limit is an error."""
        parts, size = [], 0
        while data := self.read():
            parts.append(data)
            size += len(data)
            if size > limit:
                raise ReadError(
                    f"{self.name}: found more than {limit >> 20} MB; expected a document of at "
                    "most that size; split it or convert it to JSON lines"
                )
        return b"".join(parts)

    def whole_file(self) -> BinaryIO | None:
        """Return the file itself, at its beginning, if it was opened for this source and is not compressed."""
        if self._file is None or self.compression or not self._owned:
            return None
        self._file.seek(0)
        return self._file

    def own(self, stream: BinaryIO) -> BinaryIO:
        """Close a stream together with this source."""
        self._owned.append(stream)
        return stream

    def close(self) -> None:
        """Close what was opened for this source, and nothing that the caller gave."""
        for stream in self._owned:
            stream.close()

    def decompress(self) -> None:
        """Decompress from here on, if the first bytes are those of a compressed file."""
        head = self.peek()
        for magic, kind in COMPRESSED.items():
            if head.startswith(magic):
                self.compression = kind
                joined = io.BufferedReader(_Rejoined(head, self._stream), 1 << 18)
                self._stream = _decompressor(kind, joined)
                self._head, self._ended, self._pipe = b"", False, None

    def recode(self, encoding: str | None) -> None:
        """Convert the bytes to UTF-8 from here on, from a named encoding or one that is detected."""
        head, self._recoder = self.peek(), Recoder(encoding)
        try:
            self._head = self._recoder.begin(head)
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from None

    def _next(self, size: int) -> bytes:
        """Read from the stream; raise a ReadError if it is damaged."""
        try:
            read = getattr(self._stream, "read1", self._stream.read)
            data: bytes = read(size) or b""
        except _DAMAGE as error:
            raise self._damaged(error) from None
        except OSError as error:
            if error.errno is not None or not self.compression:
                error.filename = error.filename or self.name
                raise
            raise self._damaged(error) from None
        if self._recoder is None:
            return data
        try:
            recoded = self._recoder(data, final=not data)
        except ReadError as error:
            raise ReadError(f"{self.name}: {error}") from None
        return self._next(size) if data and not recoded else recoded

    def _damaged(self, error: Exception) -> ReadError:
        """Return the error of a decompressor."""
        what = f"found damaged or cut off {self.compression} data ({str(error).rstrip('.')})"
        return ReadError(f"{self.name}: {what}; expected a whole file; fetch or compress it again")


def open_source(source: str | Path | BinaryIO, encoding: str | None = None) -> Source:
    """Open a path, "-" for standard input, or a stream of bytes; decompress it, and turn it into UTF-8.

    Raises as `open_bytes` does.
    """
    opened = open_bytes(source)
    try:
        if not opened.peek().startswith(PARQUET):
            _refuse_binary(opened.peek(), opened.name)
            opened.recode(encoding or declared(opened.peek()))
    except BaseException:
        opened.close()
        raise
    return opened


def open_bytes(source: str | Path | BinaryIO) -> Source:
    """Open a path, "-" for standard input, or a stream of bytes; decompress it.

    Raises
    ------
    OSError
        If the file cannot be opened.
    TypeError
        If the source is none of these, or a stream of text.
    """
    if isinstance(source, str) and source == "-":
        if sys.stdin is None:
            raise ReadError("standard input: found it closed; expected headlines; give a file or open the pipe")
        opened = Source(sys.stdin.buffer, "standard input", owned=False)
    elif isinstance(source, str | Path):
        remote = isinstance(source, str) and is_remote(source)
        stream = open_remote(str(source)) if remote else Path(source).open("rb", buffering=0)  # noqa: SIM115
        opened = Source(stream, str(source), owned=True)
    elif hasattr(source, "read") and not isinstance(source, io.TextIOBase):
        opened = Source(source, str(getattr(source, "name", "stream")), owned=False)
    else:
        raise TypeError(
            f"found a source of type {type(source).__name__}; expected a path, '-' or a stream of "
            "bytes; open files in mode 'rb'"
        )
    try:
        opened.decompress()
    except BaseException:
        opened.close()
        raise
    return opened


def _refuse_binary(first: bytes, name: str) -> None:
    """Raise a ReadError that names what is not text, where its first bytes show that."""
    known = {
        b"PK\x03\x04": "a zip archive (or a spreadsheet)",
        b"PK\x05\x06": "an empty zip archive",
        **dict.fromkeys(COMPRESSED, "data that was compressed twice"),
        b"%PDF": "a PDF",
        b"\x89PNG": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"SQLite format 3": "an SQLite database",
        b"ARROW1": "an Arrow file",
        b"\x7fELF": "a program",
        first[:5] + b'\x00\x00\x00{"': "a model file",
        b"\xd0\xcf\x11\xe0": "an old Office document",
    }
    what = next((text for magic, text in known.items() if first.startswith(magic)), "")
    if what:
        raise _binary(name, what)


def refuse_controls(head: bytes, name: str) -> None:
    """Raise a ReadError where text in UTF-8 has too many control characters to be text."""
    controls = len(head) - len(head.translate(None, bytes(range(9)) + bytes(range(14, 27)) + b"\x7f"))
    if controls > max(20, 0.05 * len(head)):
        raise _binary(name, "binary data")


def _binary(name: str, what: str) -> ReadError:
    """Return the error of a source that is not text."""
    return ReadError(f"{name}: found {what}; expected text, JSON, Parquet or a feed; export it as CSV")


def line_blocks(source: Source, skipped: Skipped) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole lines, ended by line feeds, each with the number of its first."""
    number, kept, ended = 1, bytearray(), False
    old_mac = b"\n" not in source.peek() and b"\r" in source.peek()
    feed = b"\r" if old_mac else b"\n"
    while not ended:
        data = source.read()
        ended = not data
        kept += data
        if not ended and len(kept) < BLOCK and source.ready():
            continue
        if ended and kept and not kept.endswith(feed):
            kept += feed
        cut = kept.rfind(feed) + 1
        if not cut and len(kept) > MAX_LINE:
            ended = _drop_line(source, kept, feed)
            skipped.add(number)
            number += 1
        block = bytes(kept[:cut])
        del kept[:cut]
        for part in _without_long_lines(_with_line_feeds(block, old_mac=old_mac)):
            if part is None:
                skipped.add(number)
                number += 1
            elif part:
                yield number, part
                number += part.count(b"\n")


def _with_line_feeds(block: bytes, *, old_mac: bool) -> bytes:
    """Replace other ends of lines by line feeds, and a carriage return inside a line by a space."""
    if b"\r" not in block:
        return block
    if old_mac:
        return block.replace(b"\r", b"\n")
    return block.replace(b"\r\n", b"\n").replace(b"\r", b" ")


def _without_long_lines(block: bytes) -> Iterator[bytes | None]:
    """Split a block at its overlong lines, with None in place of each."""
    if len(block) <= MAX_LINE:
        yield block
        return
    ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
    starts = np.insert(ends[:-1], 0, 0)
    begin = 0
    for index in np.flatnonzero(ends - starts > MAX_LINE).tolist():
        yield block[begin : starts[index]]
        yield None
        begin = int(ends[index])
    yield block[begin:]


def _drop_line(source: Source, kept: bytearray, feed: bytes) -> bool:
    """Read to the end of a line without keeping it; return whether the source has ended."""
    kept.clear()
    while data := source.read():
        _, found, after = data.partition(feed)
        if found:
            kept += after
            return False
    return True


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes have been taken already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Read the bytes taken first, then the others."""
        if not self._head:
            self._head = self._rest.read(len(buffer)) or b""
        data, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def _decompressor(kind: str, stream: io.BufferedReader[_Rejoined]) -> BinaryIO:
    """Open a compressed stream, of one part or several."""
    if kind == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if kind == "bzip2":
        return cast(BinaryIO, bz2.BZ2File(stream))
    if kind == "xz":
        return cast(BinaryIO, lzma.LZMAFile(stream))
    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd"))


def _seekable(stream: object) -> bool:
    """Return whether a stream is a file, not a pipe."""
    seekable = getattr(stream, "seekable", None)
    return bool(seekable()) if callable(seekable) else False


def _length(file: BinaryIO) -> int:
    """Return the number of bytes of a file, which stays where it is."""
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size


def _descriptor(stream: object) -> int | None:
    """Return the file descriptor of a stream, if it has one."""
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None
