"""Move values between Python, NumPy and Arrow without waking pandas.

``pyarrow.array``, ``pyarrow.scalar`` and ``Array.to_numpy`` import pandas, if it is installed, to
see whether they were given one of its objects: half a second that `classify predict` saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from classify.core.groups import is_missing

if TYPE_CHECKING:

    class ArrowStream(Protocol):
        """A column, or a table of one column, of any library: Polars, DuckDB, pandas, Arrow."""

        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            """Return Arrow's C stream in a capsule."""

    Texts: TypeAlias = Sequence[str | None] | pa.Array | pa.ChunkedArray | npt.NDArray[Any] | ArrowStream

__all__ = [
    "EMPTY",
    "as_column",
    "as_strings",
    "from_flags",
    "from_integers",
    "from_strings",
    "to_numpy",
]


def as_column(headlines: Texts) -> pa.Array:
    """Convert headlines as `as_strings` does, and missing ones to empty strings.

    Examples
    --------
    >>> as_column(["Rovers win", None]).to_pylist()
    ['Rovers win', '']
    """
    column = as_strings(headlines)
    return column.fill_null(EMPTY) if column.null_count else column


def as_strings(headlines: Texts) -> pa.Array:
    """Check headlines and convert them to one Arrow string array; missing ones (see `is_missing`) are null.

    A table of one column is that column. A bare string, a table of several columns, or anything that does not contain
    strings is a ValueError.

    Examples
    --------
    >>> as_strings(["Rovers win", float("nan")]).to_pylist()
    ['Rovers win', None]
    """
    if isinstance(headlines, pa.StringArray):
        return headlines
    if isinstance(headlines, str | bytes):
        raise ValueError("a single string was given; expected a sequence of headlines, e.g. a list")
    headlines = _only_column(headlines)
    shape = getattr(headlines, "shape", None)
    if shape is not None and len(shape) != 1:
        raise ValueError(
            f"headlines of shape {tuple(shape)}; expected one dimension; pass one column, e.g. df['headline']"
        )
    if isinstance(headlines, Mapping | Set):
        raise ValueError(f"headlines as a {type(headlines).__name__}; expected a sequence; pass a list or a column")
    if isinstance(headlines, pa.ChunkedArray):
        headlines = headlines.combine_chunks()
    if not isinstance(headlines, pa.Array):
        headlines = _from_python(headlines)
    if pa.types.is_dictionary(headlines.type):
        texts = headlines.dictionary.cast(pa.string()) if headlines.type.value_type == pa.string_view() else None
        headlines = pa.DictionaryArray.from_arrays(
            headlines.indices, headlines.dictionary if texts is None else texts
        ).dictionary_decode()
    if headlines.type in (pa.null(), pa.large_string(), pa.string_view()):
        headlines = headlines.cast(pa.string())
    if not pa.types.is_string(headlines.type):
        raise ValueError(f"headlines of type {headlines.type}; expected strings")
    return headlines


def _only_column(given: Any) -> Any:  # noqa: ANN401 (any argument)
    """Return the column of a table that has one, columns of Polars and others as Arrow, and all else as it is."""
    if isinstance(given, pa.Array | pa.ChunkedArray | np.ndarray):
        return given
    if hasattr(given, "iloc"):  # pandas, whose columns of objects may contain what Arrow refuses
        return given.iloc[:, 0] if getattr(given, "shape", ())[1:] == (1,) else given
    if hasattr(given, "__arrow_c_stream__"):
        column = pa.chunked_array(given)
    elif hasattr(given, "__arrow_c_array__"):
        column = pa.chunked_array([pa.array(given)])
    else:
        return given
    if pa.types.is_struct(column.type):
        if column.type.num_fields != 1:
            raise ValueError(
                f"a table of {column.type.num_fields} columns was given; expected one column; pass it, e.g. "
                "df['headline']"
            )
        column = pa.chunked_array(column.flatten()[0].chunks, column.type.field(0).type)
    return column


def from_integers(values: npt.NDArray[Any]) -> pa.Int64Array:
    """Return integers as an Arrow array.

    Examples
    --------
    >>> from_integers(np.arange(2)).to_pylist()
    [0, 1]
    """
    whole = np.ascontiguousarray(values, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(whole), [None, pa.py_buffer(whole)])


def from_floats(values: npt.NDArray[Any]) -> pa.DoubleArray:
    """Return numbers as an Arrow array.

    Examples
    --------
    >>> from_floats(np.array([0.5])).to_pylist()
    [0.5]
    """
    numbers = np.ascontiguousarray(values, np.float64)
    return pa.Array.from_buffers(pa.float64(), len(numbers), [None, pa.py_buffer(numbers)])


def from_flags(values: npt.NDArray[np.bool_]) -> pa.BooleanArray:
    """Return a mask as an Arrow array.

    Examples
    --------
    >>> from_flags(np.array([True, False])).to_pylist()
    [True, False]
    """
    bits = np.packbits(values, bitorder="little")
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, pa.py_buffer(bits)])


def from_strings(texts: Sequence[str | None]) -> pa.StringArray:
    r"""Return Python strings as an Arrow array; an unpaired surrogate becomes U+FFFD.

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


def _from_python(headlines: Any) -> pa.Array:  # noqa: ANN401 (any argument)
    """Convert a sequence of strings, in which some may be missing."""
    try:
        texts = list(headlines)
        try:
            return from_strings(texts)
        except TypeError:
            return from_strings([None if is_missing(text) else text for text in texts])
    except TypeError as error:
        found = " ".join(str(error).split())
        raise ValueError(f"headlines that are not strings ({found}); expected a sequence of str") from None


def _from_optional(texts: Sequence[str | None]) -> pa.StringArray:
    """Return strings, some of which may be None, as an Arrow array."""
    present = np.fromiter((text is not None for text in texts), np.bool_, len(texts))
    if present.all():
        raise TypeError(f"{next(type(text).__name__ for text in texts if not isinstance(text, str))} is not a string")
    filled = from_strings(["" if text is None else text for text in texts])
    return pa.Array.from_buffers(pa.string(), len(texts), [from_flags(present).buffers()[1], *filled.buffers()[1:]])


def to_numpy(array: pa.Array) -> npt.NDArray[Any]:
    """Return an Arrow array of numbers or flags, without nulls, as a NumPy array.

    Examples
    --------
    >>> import pyarrow.compute as pc
    >>> to_numpy(pc.equal(from_integers(np.arange(3)), from_integers(np.ones(3))))
    array([False,  True, False])
    """
    flags = pa.types.is_boolean(array.type)
    plain = array.cast(pa.uint8()) if flags else array
    # Before version 26 of pyarrow, to_pandas_dtype imports pandas, which takes longer than a cold prediction.
    kind = np.dtype(np.bool_ if flags else {"float": "float32"}.get(str(plain.type), str(plain.type)))
    if not len(plain):
        return np.empty(0, kind)
    return np.frombuffer(plain.buffers()[1], kind)[plain.offset : plain.offset + len(plain)]


def _without_surrogates(text: str) -> str:
    """Join pairs of surrogates, and replace unpaired ones by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


EMPTY = from_strings([""])[0]  # the empty string, to fill nulls with
