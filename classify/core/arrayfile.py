"""Files of arrays with a JSON header in the safetensors format: what the model and the stories on disk have in common.

The format's only metadata key, ``classify``, holds the header: format, version, whatever else a kind of file keeps
there, and the SHA-256 of both header and arrays. Loading runs no code.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Header = dict[str, Any]
Arrays = dict[str, NDArray[Any]]
T = TypeVar("T")

_LARGEST_HEADER = 100_000_000  # bytes; the format's own limit


class ModelFileError(ValueError):
    """Raised when a file cannot be read as a model or as stories; the message is one sentence."""


@dataclass(frozen=True)
class ArrayFile:
    """Write and read one kind of file: a JSON header and arrays, with a checksum.

    Attributes
    ----------
    format, version
        The values of these keys in the header.
    also
        Another format that is read, too; `build` can tell it by the header.
    former
        The last version whose checksum does not include the header, which can be read, too; 0 for none.
    kind, writer, again
        For messages: the name of such a file, what writes it, and how to make a new one.

    Examples
    --------
    >>> kind = ArrayFile("example", 1, 0, "file of examples", "an example", "write it again")
    >>> header, arrays = kind.unpack(kind.pack({"numbers": np.arange(3)}, more="texts"))
    >>> header["more"], arrays["numbers"].tolist()
    ('texts', [0, 1, 2])
    """

    format: str
    version: int
    former: int
    kind: str
    writer: str
    again: str
    also: str = ""

    def pack(self, arrays: Arrays, **more: Any) -> bytes:  # noqa: ANN401 (any JSON)
        """Return the bytes of a file with these arrays, and with further keys in its header."""
        from safetensors.numpy import save

        header = self.sign({"format": self.format, "version": self.version, **more}, arrays)
        return bytes(save(arrays, metadata={"classify": json.dumps(header, ensure_ascii=False)}))

    def sign(self, header: Header, arrays: Arrays) -> Header:
        """Return the header with its checksum, "sha256"."""
        named = {name: value for name, value in header.items() if name != "sha256"}
        digest = hashlib.sha256()
        if header["version"] != self.former:
            digest.update(json.dumps(named, sort_keys=True).encode())
        for name in sorted(arrays):
            array = arrays[name]
            digest.update(f"{name} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return named | {"sha256": digest.hexdigest()}

    def load(self, path: str | Path, build: Callable[[Header, Arrays], T]) -> T:
        """Read a file, and return what `build` makes of its header and arrays.

        Content that is wrong, or that `build` rejects with a ValueError, raises a `ModelFileError` that names the file.
        """
        content = _read(path)
        try:
            return build(*self.unpack(content))
        except ValueError as error:
            raise ModelFileError(f"{path}: {error}") from None

    def unpack(self, content: bytes) -> tuple[Header, Arrays]:
        """Return the header and the arrays of a file; raise a `ModelFileError` where they are wrong."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        expected, size = f"expected one written by {self.writer}", _header_size(content)
        if not 2 <= size <= len(content) - 8:
            raise ModelFileError(f"this is not a complete {self.kind}; {expected}; copy it again, or {self.again}")
        try:
            header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
            arrays: Arrays = load(content)
        except (SafetensorError, KeyError, TypeError, ValueError, RecursionError):
            raise ModelFileError(f"this is not a {self.kind} of this program; {expected}; name another file") from None
        self._check(header, arrays)
        return header, arrays

    def _check(self, header: Header, arrays: Arrays) -> None:
        """Compare format, version and checksum with what is expected."""
        if not isinstance(header, dict) or header.get("format") not in (self.format, self.also or self.format):
            raise ModelFileError(f"its format is not {self.format!r}; name a file written by {self.writer}")
        if header.get("version") not in (self.version, self.former or self.version):
            raise ModelFileError(
                f"it has format version {header.get('version')!r}; expected {self.version}; "
                f"use the version of classify that wrote it, or {self.again}"
            )
        try:
            sound = header.get("sha256") == self.sign(header, arrays)["sha256"]
        except RecursionError:  # a list in a list in a list ...
            sound = False
        if not sound:
            raise ModelFileError(f"its content was altered or damaged; copy it again, or {self.again}")


def _read(path: str | Path) -> bytes:
    """Read a file of the safetensors format; only the first bytes of any other, which may be an endless device."""
    with Path(path).open("rb") as file:
        content = file.read(8)
        return content + (file.read() if 2 <= _header_size(content) <= _LARGEST_HEADER else b"")


def _header_size(content: bytes) -> int:
    """Return the length of the header from the first eight bytes; 0 if there are fewer."""
    return int(struct.unpack("<Q", content[:8])[0]) if len(content) >= 8 else 0
