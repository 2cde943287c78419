"""Which headlines were seen before, told by ids of the caller's: a 64-bit hash of each is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.core.arrow import as_column
from classify.features.hashing import hash_windows
from classify.features.unicode import code_points

Ids: TypeAlias = Sequence[str | None] | pa.Array | pa.ChunkedArray | None


def hash_ids(ids: Ids, n: int) -> NDArray[np.uint64]:
    """Hash the ids of n headlines, the same in every process; 0 stands for none.

    Two of a million different ids share a hash with a probability of 3 in 100 million.

    Examples
    --------
    >>> hashes = hash_ids(["a", None, "b", "a"], 4)
    >>> hashes.tolist().index(0), bool(hashes[0] == hashes[3]), bool(hashes[0] == hashes[2])
    (1, True, False)
    """
    if ids is None:
        return np.zeros(n, np.uint64)
    try:
        column = as_column(ids)
    except ValueError as error:
        raise ValueError(f"ids: {error}; expected a string or None for each headline") from None
    if len(column) != n:
        raise ValueError(f"ids has {len(column)} rows for {n} headlines; expected one each; give None for none")
    codes, starts = code_points(column)
    ends = np.append(starts, len(codes))[1:] - 1
    return np.where(ends > starts, np.maximum(hash_windows(codes, starts, ends), np.uint64(1)), np.uint64(0))


def first_places(known: NDArray[np.uint64], new: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Find where the id of each new headline stands first, known and new ones counted through.

    A headline without an id stands where it is.

    Examples
    --------
    >>> first_places(np.array([7, 0, 8], np.uint64), np.array([8, 9, 0, 9], np.uint64)).tolist()
    [2, 4, 5, 4]
    """
    own = np.arange(len(known), len(known) + len(new))
    if not new.any():
        return own
    _, first, of = np.unique(np.append(known, new), return_index=True, return_inverse=True)
    return np.where(new > 0, first[of[len(known) :]], own)
