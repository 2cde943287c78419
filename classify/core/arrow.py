"""Move values between Python, NumPy and Arrow without waking pandas.

``pyarrow.array``, ``pyarrow.scalar`` and ``Array.to_numpy`` import pandas, if it is installed, to
see whether they were given one of its objects: half a second that `classify predict` saves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

if TYPE_CHECKING:
    Texts: TypeAlias = Sequence[str] | pa.Array | pa.ChunkedArray | npt.NDArray[Any]

__all__ = ["EMPTY", "as_column", "from_flags", "from_integers", "from_strings", "to_numpy"]


def as_column(headlines: Texts) -> pa.Array:
    """Return texts as one Arrow string array, in which None and the missing values of pandas are empty.

    Raises
    ------
    ValueError
        If a bare string, something other than strings, or a table was given.

    Examples
    --------
    >>> len(as_column(["Rovers win", "Rovers lose"]))
    2
    """
    if isinstance(headlines, str | bytes):
        raise ValueError("a single string was given; expected a sequence of headlines, e.g. a list")
    if isinstance(headlines, pa.ChunkedArray):
        headlines = headlines.combine_chunks()
    if not isinstance(headlines, pa.Array):
        headlines = _from_python(headlines)
    if pa.types.is_dictionary(headlines.type):
        headlines = headlines.dictionary_decode()
    if pa.types.is_null(headlines.type) or pa.types.is_large_string(headlines.type):
        headlines = headlines.cast(pa.string())
    if not pa.types.is_string(headlines.type):
        raise ValueError(f"headlines of type {headlines.type}; expected strings")
    return headlines.fill_null(EMPTY) if headlines.null_count else headlines


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
    try:
        encoded: list[bytes] = list(map(str.encode, texts))  # type: ignore[arg-type]
    except UnicodeEncodeError:
        return from_strings([None if text is None else _without_surrogates(text) for text in texts])
    except TypeError:
        return _from_optional(texts)
    data = b"".join(encoded)
    bounds = np.zeros(len(texts) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(texts)), out=bounds[1:])
    return pa.Array.from_buffers(
        pa.string(), len(texts), [None, pa.py_buffer(bounds.astype(np.int32)), pa.py_buffer(data)]
    )


def _from_python(headlines: Any) -> pa.Array:  # noqa: ANN401 (whatever the caller gave)
    """Convert a sequence of strings, or an array of NumPy or pandas."""
    if hasattr(headlines, "__array__"):
        values = np.array(headlines, object)
        if values.ndim != 1:
            raise ValueError(f"headlines of shape {values.shape}; expected one dimension; choose one column")
        if hasattr(headlines, "isna"):
            values[headlines.isna()] = None
        headlines = values
    try:
        return from_strings(list(headlines))
    except TypeError as error:
        raise ValueError(f"headlines that are no strings ({error}); expected a sequence of str") from None


def _from_optional(texts: Sequence[str | None]) -> pa.StringArray:
    """Give strings of which some may be None."""
    present = np.fromiter((text is not None for text in texts), np.bool_, len(texts))
    if present.all():
        raise TypeError(f"{next(type(text).__name__ for text in texts if not isinstance(text, str))} is no string")
    filled = from_strings(["" if text is None else text for text in texts])
    return pa.Array.from_buffers(pa.string(), len(texts), [from_flags(present).buffers()[1], *filled.buffers()[1:]])


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
