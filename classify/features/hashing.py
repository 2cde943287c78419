"""Hash windows of code points and pairs of words to 64 bits, number the hashes, and find them again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classify.core.arrow import from_integers, to_numpy
from classify.core.threads import in_threads

# Odd multiplier of the rolling hash (2^64 divided by the golden ratio; Knuth, TAOCP 6.4) and its inverse modulo 2^64.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_POWERS: dict[np.uint64, NDArray[np.uint64]] = {}

# Windows hashed at a time. Of 10,000 to 1,000,000 this took the least time on newsapi_2022_en; twice or half as many
# differ by a few per cent.
_WINDOWS = 50_000

# From so many keys on, two threads number them: more than the words of a batch of 10,000 headlines, which has a thread
# of its own.
_MANY = 200_000


def hash_windows(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash the windows ``codes[start:end]``; fast where `starts` are sorted.

    The polynomial rolling hash of Karp and Rabin (1987) modulo 2^64, from differences of prefix sums, then mixed.

    Examples
    --------
    >>> codes = np.frombuffer("to be to".encode("utf-32-le"), np.uint32)
    >>> first, second, third = hash_windows(codes, np.array([0, 3, 6]), np.array([2, 5, 8]))
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    hashes = np.empty(len(starts), np.uint64)
    # Some at a time, so that the sums stay in the processor's caches; the result does not depend on it.
    for i in range(0, len(starts), _WINDOWS):
        some = slice(i, i + _WINDOWS)
        first = starts[some].min()
        hashes[some] = _hash_windows(codes[first : ends[some].max()], starts[some] - first, ends[some] - first)
    return hashes


def _hash_windows(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash windows from prefix sums of all the codes."""
    prefix = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum((codes + np.uint64(1)) * _powers(_BASE, len(codes)), out=prefix[1:])
    shifted = prefix[ends] - prefix[starts]
    return mix_hash(shifted * _powers(_INVERSE, len(codes) + 1)[starts])


def hash_pairs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash pairs of words, given the hashes of both; the order matters.

    Examples
    --------
    >>> new, york = np.array([1], np.uint64), np.array([2], np.uint64)
    >>> bool(hash_pairs(new, york) == hash_pairs(york, new))
    False
    """
    return mix_hash(left * _BASE + right)


def mix_hash(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit of each hash over all bits (the finalizer of SplitMix64; Steele, Lea and Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def _powers(base: np.uint64, n: int) -> NDArray[np.uint64]:
    """Return base^0 to base^(n-1) modulo 2^64, from a table that grows with the longest text hashed so far."""
    table = _POWERS.get(base)
    if table is None or len(table) < n:
        table = np.full(n + n // 4, base, np.uint64)
        table[:1] = 1
        _POWERS[base] = table = np.multiply.accumulate(table)
    return table[:n]


def factorize(keys: NDArray[np.uint64], n_jobs: int | None = 1) -> tuple[NDArray[np.int32], NDArray[np.uint64]]:
    """Return the number of each key among the distinct keys, which are sorted, and the distinct keys.

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
    """Number the distinct keys in one thread."""
    encoded = from_integers(keys.view(np.int64)).dictionary_encode()
    distinct = to_numpy(encoded.dictionary).view(keys.dtype)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[to_numpy(encoded.indices)], distinct[order]


class KeyTable:
    """A table of keys that are spread evenly over 64 bits, as hashes are.

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
        """Return the position of each key in the table, -1 for a key that is not in it."""
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
        """Return the bucket of each key, its upper bits."""
        return (keys >> self._shift).view(np.int64)


def first_positions(ids: NDArray[np.int32], n: int) -> NDArray[np.int64]:
    """Return the position at which each of the n ids occurs first."""
    first = np.zeros(n, np.int64)
    first[ids[::-1]] = np.arange(len(ids) - 1, -1, -1)
    return first
