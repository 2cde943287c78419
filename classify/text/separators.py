"""Find the dashes and bars of headlines, and cut headlines at byte positions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Separators", "byte_bounds", "byte_lengths", "cut_bytes", "find_separators", "last_of_each"]

# " - " and " | " come first; later ones may be cut only before a certain publisher.
_SEPARATORS = (" - ", " | ", " – ", " — ", " :: ", " · ", " » ", " • ")


@dataclass(frozen=True)
class Separators:
    """The separators of an array of headlines: rows, byte positions, and places in `_SEPARATORS`."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    kinds: NDArray[np.int64]


def find_separators(headlines: pa.StringArray) -> Separators:
    """Find the separators of all headlines, in order of position.

    Examples
    --------
    >>> find_separators(pa.array(["Rain - sun | Reuters", "Snow"])).starts.tolist()
    [4, 10]
    """
    data, bounds = _bytes(headlines), byte_bounds(headlines)
    texts = [text.encode() for text in _SEPARATORS]
    second = np.zeros(256, np.bool_)
    second[[text[1] for text in texts]] = True
    maybe = np.flatnonzero((data[:-1] == ord(" ")) & second[data[1:]])
    if not len(maybe):
        return Separators(*[maybe] * 4)
    parts = [_confirm(data, maybe, text) for text in texts]
    starts = np.concatenate(parts)
    kinds = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    order = np.argsort(starts, kind="stable")
    starts, kinds = starts[order] + bounds[0], kinds[order]
    ends = starts + np.array([len(text) for text in texts])[kinds]
    # The end of one headline and the start of the next may look like a separator: "a :" and ": b".
    whole = ends <= bounds[np.searchsorted(bounds, starts, side="right")]
    starts, ends, kinds = starts[whole], ends[whole], kinds[whole]
    # Separators that share a space, as in "a - - b", are merged.
    first = np.flatnonzero(np.append(True, starts[1:] >= ends[:-1])[: len(starts)])
    last = np.append(first[1:], len(starts))[: len(first)] - 1
    rows = np.searchsorted(bounds, starts[first], side="right") - 1
    return Separators(rows, starts[first], ends[last], kinds[last])


def _confirm(data: NDArray[np.uint8], maybe: NDArray[np.int64], text: bytes) -> NDArray[np.int64]:
    """Return the positions among `maybe` at which a text begins.

    >>> _confirm(np.frombuffer(b"a - b -c", np.uint8), np.array([1, 5]), b" - ").tolist()
    [1]
    """
    found = maybe[maybe + len(text) <= len(data)]
    for offset, byte in enumerate(text):
        found = found[data[found + offset] == byte]
    return found


def last_of_each(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the index of the last separator of each row that has one."""
    return np.flatnonzero(np.diff(rows, append=np.iinfo(np.int64).max))


def cut_bytes(headlines: pa.StringArray, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> pa.StringArray:
    """Return the bytes from `starts` to `ends`, positions as in `byte_bounds`, as an array of strings."""
    data, first = _bytes(headlines), byte_bounds(headlines)[0]
    bounds = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(ends - starts, out=bounds[1:])
    shift = np.repeat((starts - first - bounds[:-1]).astype(np.int32), ends - starts)
    kept = data[shift + np.arange(len(shift), dtype=np.int32)]
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(bounds), pa.py_buffer(kept))


def byte_bounds(headlines: pa.StringArray) -> NDArray[np.int64]:
    """Return the byte positions at which headlines begin, and the end of the last."""
    count, offset = len(headlines), headlines.offset
    if not count:
        return np.zeros(1, np.int64)
    return np.frombuffer(headlines.buffers()[1], np.int32)[offset : offset + count + 1].astype(np.int64)


def _bytes(headlines: pa.StringArray) -> NDArray[np.uint8]:
    """Return the bytes of all headlines, from the start of the first to the end of the last."""
    bounds, data = byte_bounds(headlines), headlines.buffers()[2]
    if data is None:
        return np.empty(0, np.uint8)
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]]


def byte_lengths(texts: pa.StringArray) -> NDArray[np.int64]:
    """Return the length of each text in bytes."""
    return np.diff(byte_bounds(texts))
