"""Save and load a background as an `ArrayFile`: data only, so that loading runs no code.

Format version 1. The header also contains the number of headlines. Two components of a vector share a byte.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classify.core.arrayfile import ArrayFile, Arrays, Header, ModelFileError
from classify.features.background import LEVELS, Background
from classify.features.hashing import KeyTable
from classify.features.vocabulary import pack_terms, unpack_terms

__all__ = ["ModelFileError", "load_background", "save_background"]

_DEFAULT = Path(__file__).parents[1] / "models" / "background.safetensors"
FILE = ArrayFile("classify-background", 1, 0, "background", "'classify background'", "learn it again")

# The type and the number of dimensions of each array.
_KINDS = {"words": (np.uint8, 1), "df": (np.int32, 1), "codes": (np.uint8, 2), "steps": (np.float32, 1)}

_LARGEST = 1e6  # limit of a step; headline vectors have a length near 1


def save_background(background: Background, path: str | Path) -> int:
    """Write a background to a file, whole or not at all; return the size of the file in bytes.

    Examples
    --------
    >>> import tempfile
    >>> from classify.features.background import learn_background
    >>> background = learn_background([["Rovers win cup", "Rovers lose cup", "Cup for Rovers"]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = save_background(background, f"{folder}/background.safetensors")
    ...     load_background(f"{folder}/background.safetensors").words.to_pylist()
    ['rovers', 'cup']
    """
    from classify.core.files import write_whole

    content = to_bytes(background)
    write_whole(Path(path), content)
    return len(content)


def load_background(path: str | Path | None = None) -> Background:
    """Read a background that `save_background` wrote; without a path, the English one that comes with the package.

    Raises
    ------
    ModelFileError
        If the file is truncated, altered, of another format or of a later version.
    OSError
        If it cannot be opened.
    """
    return FILE.load(_DEFAULT if path is None else path, _build)


def to_bytes(background: Background) -> bytes:
    """Return what `save_background` writes."""
    arrays: Arrays = {
        "words": pack_terms(background.words),
        "df": background.df,
        "codes": _pack(background.codes),
        "steps": background.steps,
    }
    return FILE.pack(arrays, n_headlines=background.n_headlines)


def _build(header: Header, arrays: Arrays) -> Background:
    """Build the background, checking that every part fits the others."""
    _expect({name: (array.dtype.type, array.ndim) for name, array in arrays.items()} == _KINDS, "arrays")
    n_headlines, df, steps, packed = header.get("n_headlines"), arrays["df"], arrays["steps"], arrays["codes"]
    words, hashes = unpack_terms(arrays["words"])
    _expect(len(hashes) > 0 and bool((hashes[1:] > hashes[:-1]).all()), "words")
    if not isinstance(n_headlines, int) or n_headlines >= 2**31:
        raise ModelFileError("its number of headlines does not fit the rest of it; learn it again")
    _expect(len(df) == len(hashes) and df.min() >= 1 and df.max() <= n_headlines, "document frequencies")
    _expect(packed.shape == (len(hashes), len(steps) // 2) and len(steps) % 2 == 0, "vectors")
    # Comparisons with NaN are false.
    _expect(bool(((steps > 0) & (steps <= _LARGEST)).all()), "steps")
    codes = _unpack(packed)
    _expect(bool((codes <= LEVELS).all()), "vectors")
    return Background(n_headlines, words, KeyTable(hashes), df, codes, steps)


def _pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Pack two numbers from -7 to 7 into each byte.

    >>> _unpack(_pack(np.array([[-7, 0, 3, 7]], np.int8))).tolist()
    [[-7, 0, 3, 7]]
    """
    halves = (codes + np.int8(LEVELS)).view(np.uint8)
    return np.ascontiguousarray(halves[:, ::2] << 4 | halves[:, 1::2])


def _unpack(packed: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Take two numbers out of each byte."""
    halves = np.stack([packed >> 4, packed & 15], axis=2).reshape(len(packed), -1)
    return halves.astype(np.int8) - np.int8(LEVELS)


def _expect(true: bool | np.bool_, what: str) -> None:
    """Raise a ModelFileError for a file whose parts contradict each other."""
    if not true:
        raise ModelFileError(f"its {what} do not fit the rest of it; learn it again")
