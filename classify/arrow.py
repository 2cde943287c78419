"""Move values between Python, NumPy and Arrow without waking pandas.

``pyarrow.array``, ``pyarrow.scalar`` and ``Array.to_numpy`` import pandas, if it is installed, to
see whether they were given one of its objects: half a second that `classify predict` saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["EMPTY", "from_flags", "from_integers", "from_strings", "to_numpy"]


def from_integers(values: npt.NDArray[Any]) -> pa.Int64Array:
    """Give integers as an Arrow array.

    Examples
    --------
    >>> from_integers(np.arange(2)).to_pylist()
    [0, 1]
    """
    whole = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(whole), [None, pa.py_buffer(whole)])


def from_flags(values: npt.NDArray[np.bool_]) -> pa.BooleanArray:
    """Give a mask as an Arrow array.

    Examples
    --------
    >>> from_flags(np.array([True, False])).to_pylist()
    [True, False]
    """
    bits = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])


def from_strings(texts: Sequence[str | None]) -> pa.StringArray:
    r"""Give Python strings as an Arrow array; a lone surrogate becomes U+FFFD.

    Raises
    ------
    TypeError
        If an item is neither a string nor None.

    Examples
    --------
    >>> from_strings(["caf\u00e9", None, "\ud800"]).to_pylist()
    ['café', None, '\ufffd']
    """
    present = np.fromiter((text is not None for text in texts), np.bool_, len(texts))
    filled = texts if present.all() else ["" if text is None else text for text in texts]
    joined = "".join(filled)  # type: ignore[arg-type]
    try:
        data = joined.encode()
    except UnicodeEncodeError:
        return from_strings([None if text is None else _without_surrogates(text) for text in texts])
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, filled), np.int64, len(texts)), out=bounds[1:])  # type: ignore[arg-type]
    if len(data) != len(joined):
        # A character begins at each byte that is no continuation byte.
        begins = np.flatnonzero((np.frombuffer(data, np.uint8) & 0xC0) != 0x80)
        bounds = np.append(begins, len(data))[bounds]
    mask = None if present.all() else from_flags(present).buffers()[1]
    buffers = [mask, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


def to_numpy(array: pa.Array) -> npt.NDArray[Any]:
    """Give an Arrow array of numbers or flags without nulls as a NumPy array.

    Examples
    --------
    >>> import pyarrow.compute as pc
    >>> to_numpy(pc.equal(from_integers(np.arange(3)), from_integers(np.ones(3))))
    array([False,  True, False])
    """
    flags = pa.types.is_boolean(array.type)
    plain = array.cast(pa.uint8()) if flags else array
    kind = np.dtype(np.bool_) if flags else np.dtype(plain.type.to_pandas_dtype())
    if not len(plain):
        return np.empty(0, kind)
    return np.frombuffer(plain.buffers()[1], kind)[plain.offset : plain.offset + len(plain)]


def _without_surrogates(text: str) -> str:
    """Join pairs of surrogates, and put U+FFFD in the place of lone ones."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


EMPTY = from_strings([""])[0]  # the empty string, to fill nulls with
