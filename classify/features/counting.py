"""Count terms into sparse rows: the array work under `classify.features.vectorizer`."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import from_integers, to_numpy
from classify.core.threads import in_threads

_Number = TypeVar("_Number", np.float32, np.uint64)

# Keys worth two threads: more than the words of 10,000 headlines, which are a batch that has a thread of its own.
_MANY = 200_000

# At least so many headlines are counted at a time, and in so many parts at most: each part costs time by the number of
# terms, too.
_HEADLINES, _PARTS = 10_000, 16


def factorize(keys: NDArray[np.uint64], n_jobs: int | None = 1) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Number the distinct keys in sorted order; return each key's number and the sorted keys.

    Examples
    --------
    >>> numbers, distinct = factorize(np.array([7, 2, 7], np.uint64))
    >>> numbers.tolist(), distinct.tolist()
    ([1, 0, 1], [2, 7])
    """
    if len(keys) < _MANY:
        return _factorize(keys)
    # Hashes are spread evenly: half of them have the uppermost bit.
    upper = keys >> np.uint64(63) == 1
    halves = [np.flatnonzero(~upper), np.flatnonzero(upper)]
    (low, smaller), (high, larger) = in_threads(lambda half: _factorize(keys[half]), halves, n_jobs)
    numbers = np.empty(len(keys), np.int32)
    numbers[halves[0]], numbers[halves[1]] = low, high + np.int32(len(smaller))
    return numbers, np.concatenate([smaller, larger])


def _factorize(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Number the distinct keys, all at once."""
    encoded = from_integers(keys.view(np.int64)).dictionary_encode()
    distinct = to_numpy(encoded.dictionary).view(keys.dtype)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[to_numpy(encoded.indices)], distinct[order]


class KeyTable:
    """Find keys that are spread evenly over 64 bits, as hashes are.

    The upper bits of a key name its bucket, so that most keys are found, or missed, at the first look.

    Parameters
    ----------
    keys
        Shape (n,), uint64: sorted and distinct.

    Examples
    --------
    >>> table = KeyTable(np.array([3 << 60, 9 << 60], np.uint64))
    >>> table.find(np.array([9 << 60, 4 << 60, 3 << 60], np.uint64)).tolist()
    [1, -1, 0]
    """

    def __init__(self, keys: NDArray[np.uint64]) -> None:
        self.keys = keys
        # Between two and four buckets a key.
        bits = len(keys).bit_length() + 1
        self._shift = np.uint64(64 - bits)
        sizes = np.bincount(self._bucket(keys), minlength=1 << bits)
        self._starts = np.append(0, np.cumsum(sizes)).astype(np.int32)

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self.keys)

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """Return the place of each key in the table, -1 where it has none."""
        bucket = self._bucket(keys)
        at, end = self._starts[bucket], self._starts[bucket + 1]
        found = np.full(len(keys), -1, np.int32)
        left = np.flatnonzero(at < end)
        while len(left):
            here = at[left]
            hit = self.keys[here] == keys[left]
            found[left[hit]] = here[hit]
            at[left] += 1
            left = left[~hit & (here + 1 < end[left])]
        return found

    def _bucket(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Take the upper bits."""
        return (keys >> self._shift).view(np.int64)


def first_positions(ids: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """Find where each of the n ids occurs first."""
    first = np.zeros(n, np.int64)
    first[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)
    return first


def same_row(indptr: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the tokens whose right neighbour belongs to the same headline (one entry fewer than tokens)."""
    same = np.ones(indptr[-1] + 1, bool)
    same[indptr] = False
    return same[1:-1]


def row_numbers(indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Write out the row of each entry."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def count(rows: NDArray[np.int64], columns: NDArray[np.int32], shape: tuple[int, int]) -> sp.csr_matrix:
    """Count how often each column occurs in each row; column -1 is dropped.

    Examples
    --------
    >>> count(np.array([0, 1, 0, 0]), np.array([2, 1, 2, -1], np.int32), (2, 3)).toarray().tolist()
    [[0.0, 0.0, 2.0], [0.0, 1.0, 0.0]]
    """
    known = columns >= 0
    if not known.all():
        rows, columns = rows[known], columns[known]
    ones = np.ones(len(columns), np.float32)
    return sp.csr_matrix((ones, (rows.astype(np.int32), columns)), shape=shape)


def cut(n_headlines: int) -> list[slice]:
    """Cut headlines into parts to be counted in threads.

    Examples
    --------
    >>> cut(15_000)
    [slice(0, 10000, None), slice(10000, 20000, None)]
    """
    step = max(_HEADLINES, -(-n_headlines // _PARTS))
    return [slice(start, start + step) for start in range(0, max(n_headlines, 1), step)]


def stack(parts: list[sp.csr_matrix]) -> sp.csr_matrix:
    """Put the rows of parts one below the other."""
    return sp.vstack(parts, format="csr") if len(parts) > 1 else parts[0]


def keep_columns(matrix: sp.csr_matrix, keep: NDArray[np.bool_]) -> sp.csr_matrix:
    """Drop the columns that are not kept."""
    if keep.all():
        return matrix
    if not keep.any():
        return sp.csr_matrix((matrix.shape[0], 0), dtype=matrix.dtype)
    stays = keep[matrix.indices]
    new = (np.cumsum(keep) - 1).astype(matrix.indices.dtype)
    indptr = np.append(0, np.cumsum(stays))[matrix.indptr]
    parts = (matrix.data[stays], new[matrix.indices[stays]], indptr)
    return sp.csr_matrix(parts, shape=(matrix.shape[0], int(keep.sum())))


def pattern(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Replace every stored value by one."""
    ones = np.ones(matrix.nnz, np.float32)
    return sp.csr_matrix((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def idf(df: NDArray[Any], n: int) -> NDArray[np.float32]:
    """Weigh terms by rarity as scikit-learn does with ``smooth_idf``."""
    return (np.log((1 + n) / (1 + df)) + 1).astype(np.float32)


def row_sums(values: NDArray[_Number], indptr: NDArray[Any]) -> NDArray[_Number]:
    """Sum the stored values of each row."""
    sums = np.zeros(len(indptr) - 1, values.dtype)
    filled = np.diff(indptr) > 0
    if filled.any():
        sums[filled] = np.add.reduceat(values, indptr[:-1][filled])
    return sums


def without_unseen(rows: sp.csr_matrix, seen: NDArray[np.bool_], n_words: int) -> sp.csr_matrix:
    """Drop terms that training did not see, as `transform` would, and bring the word block back to length 1."""
    words, characters = rows[:, :n_words], rows[:, n_words:]
    words.data *= seen[:n_words][words.indices]
    norms = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    norms[norms == 0] = 1
    words.data /= np.repeat(norms, np.diff(words.indptr)).astype(np.float32)
    return sp.hstack([words, characters], format="csr")
