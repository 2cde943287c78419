"""A sample of more headlines than memory holds, which is the same for any order and any division into files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from classify.features.hashing import hash_windows
from classify.headlines import Headlines

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["sample_headlines"]

_SURPLUS = 1.25  # times the size of the sample, from where on what is above it is dropped


def sample_headlines(batches: Iterable[Headlines], size: int) -> tuple[Headlines, int]:
    """Return a sample of headlines, in their order, and how many there were.

    Those whose texts have the smallest hashes are kept, so that the sample does not depend on the order of the batches,
    samples of several files can be sampled again, and repeats of a text are kept or dropped together. Memory is bounded
    by the sample and one batch.

    Parameters
    ----------
    batches
        Any number of headlines.
    size
        Most headlines to keep; somewhat fewer are kept where texts repeat.

    Examples
    --------
    >>> import pyarrow as pa
    >>> batches = [Headlines(pa.array([f"Rovers win {n}", "Rain"])) for n in range(3)]
    >>> kept, total = sample_headlines(batches, 4)
    >>> len(kept) <= 4, total, len(sample_headlines(batches, 6)[0])
    (True, 6, 6)
    """
    parts: list[Headlines] = []
    hashes: list[NDArray[np.uint64]] = []
    total, limit = 0, None
    for batch in batches:
        total += len(batch)
        found = _hashes(batch.headline)
        if limit is not None:
            batch, found = batch.take(np.flatnonzero(found < limit)), found[found < limit]
        parts.append(batch)
        hashes.append(found)
        if sum(map(len, hashes)) > _SURPLUS * size:
            parts, hashes, limit = _smallest(parts, hashes, size)
    if sum(map(len, hashes)) > size:
        parts, _, _ = _smallest(parts, hashes, size)
    return Headlines.concat(parts), total


def _smallest(
    parts: list[Headlines], hashes: list[NDArray[np.uint64]], size: int
) -> tuple[list[Headlines], list[NDArray[np.uint64]], np.uint64]:
    """Return the headlines of the smallest hashes, at most as many as `size`, and the limit that all are below."""
    limit = np.partition(np.concatenate(hashes), size)[size]
    kept = [part.take(np.flatnonzero(each < limit)) for part, each in zip(parts, hashes, strict=True)]
    return [Headlines.concat(kept)], [np.concatenate([each[each < limit] for each in hashes])], limit


def _hashes(texts: pa.StringArray) -> NDArray[np.uint64]:
    """Return a hash of 64 bits of the bytes of each text."""
    import pyarrow as pa

    column = texts.cast(pa.large_binary())
    _, places, data = column.buffers()
    ends = np.frombuffer(places, np.int64)[column.offset : column.offset + len(column) + 1]
    if not len(column) or data is None:
        return np.zeros(len(column), np.uint64)
    codes = np.frombuffer(data, np.uint8)[ends[0] : ends[-1]].astype(np.uint32)
    return hash_windows(codes, ends[:-1] - ends[0], ends[1:] - ends[0])
