"""Recognise headlines that were seen before, by a 64-bit hash of their id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import as_column
from classify.features.hashing import hash_windows
from classify.features.unicode import code_points

if TYPE_CHECKING:
    from classify.headlines import Headlines

Ids: TypeAlias = Sequence[str | None] | pa.Array | pa.ChunkedArray | None


def identify(headlines: Headlines) -> pa.Array:
    r"""Return an id for each headline: its text and id, or text, date and publisher.

    The latter where a headline has no id, or where one id belongs to several texts. The text is part of it because
    rows are often numbered anew in each day's file.

    Examples
    --------
    >>> from classify.headlines import Headlines
    >>> texts = pa.array(["Rain", "Hail"])
    >>> identify(Headlines(texts, id=pa.array(["a", "b"]))).to_pylist()
    ['Rain\x1fa', 'Hail\x1fb']
    >>> identify(Headlines(texts, id=pa.array(["a", "a"]))).to_pylist()
    ['Rain\x1f\x1f', 'Hail\x1f\x1f']
    """

    def joined(*columns: pa.Array | None) -> pa.Array:
        filled = [pa.nulls(len(headlines), pa.string()) if column is None else column for column in columns]
        return pc.binary_join_element_wise(*filled, "\x1f", null_handling="replace", null_replacement="")

    dated = joined(headlines.headline, headlines.date, headlines.publisher)
    if headlines.id is None:
        return dated
    given, named = headlines.id.is_valid(), joined(headlines.headline, headlines.id)
    if pc.count_distinct(named.filter(given)).as_py() > pc.count_distinct(headlines.id).as_py():
        return dated
    return pc.if_else(given, named, dated)


def hash_ids(ids: Ids, n: int) -> NDArray[np.uint64]:
    """Hash the ids of n headlines, the same in every process; 0 stands for none.

    Among a million different ids, the probability that any two share a hash is 3 in 100 million.

    Raises
    ------
    ValueError
        If there is not one string or None for each headline.

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
    """Return the first position of the id of each new headline among the known and the new ones.

    A headline without an id has its own position.

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
