"""Count terms into sparse rows, and weigh, cut and join such rows."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

_Number = TypeVar("_Number", np.float32, np.uint64)

# At least so many headlines are counted at a time, and in so many parts at most, for each part costs time by the number
# of terms.
_HEADLINES, _PARTS = 10_000, 16

# Entries below which SciPy's conversion of coordinates takes longer than to sort them.
_FEW = 1000


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
    if len(columns) < _FEW:
        return _count_few(rows, columns, shape)
    ones = np.ones(len(columns), np.float32)
    return sp.csr_matrix((ones, (rows.astype(np.int32), columns)), shape=shape)


def _count_few(rows: NDArray[np.int64], columns: NDArray[np.int32], shape: tuple[int, int]) -> sp.csr_matrix:
    """Count the columns of a few entries by sorting them."""
    places, counts = np.unique(rows * shape[1] + columns, return_counts=True)
    rows, columns = np.divmod(places, max(shape[1], 1))
    indptr = np.searchsorted(rows, np.arange(shape[0] + 1)).astype(np.int32)
    return sp.csr_matrix((counts.astype(np.float32), columns.astype(np.int32), indptr), shape=shape)


def row_numbers(indptr: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of each entry."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


def same_row(indptr: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which tokens are followed by one of the same headline; the result is one shorter than the tokens."""
    same = np.ones(indptr[-1] + 1, bool)
    same[indptr] = False
    return same[1:-1]


def cut(n_headlines: int) -> list[slice]:
    """Return the parts of the headlines to be counted in threads.

    Examples
    --------
    >>> cut(15_000)
    [slice(0, 10000, None), slice(10000, 20000, None)]
    """
    step = max(_HEADLINES, -(-n_headlines // _PARTS))
    return [slice(start, start + step) for start in range(0, max(n_headlines, 1), step)]


def stack(parts: list[sp.csr_matrix]) -> sp.csr_matrix:
    """Stack the rows of the parts."""
    return sp.vstack(parts, format="csr") if len(parts) > 1 else parts[0]


def keep_columns(matrix: sp.csr_matrix, keep: NDArray[np.bool_]) -> sp.csr_matrix:
    """Return the columns that are marked in `keep`."""
    if keep.all():
        return matrix
    if not keep.any():
        return sp.csr_matrix((matrix.shape[0], 0), dtype=matrix.dtype)
    stays = keep[matrix.indices]
    new = (np.cumsum(keep) - 1).astype(matrix.indices.dtype)
    indptr = np.append(0, np.cumsum(stays)).astype(matrix.indptr.dtype)[matrix.indptr]
    parts = (matrix.data[stays], new[matrix.indices[stays]], indptr)
    return sp.csr_matrix(parts, shape=(matrix.shape[0], int(keep.sum())))


def pattern(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Return the matrix with every stored value replaced by one."""
    ones = np.ones(matrix.nnz, np.float32)
    return sp.csr_matrix((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def idf(df: NDArray[Any], n: int) -> NDArray[np.float32]:
    """Return inverse document frequencies as scikit-learn computes them with ``smooth_idf``."""
    return (np.log((1 + n) / (1.0 + df)) + 1).astype(np.float32)


def row_sums(values: NDArray[_Number], indptr: NDArray[Any]) -> NDArray[_Number]:
    """Return the sum of the stored values of each row."""
    sums = np.zeros(len(indptr) - 1, values.dtype)
    filled = np.diff(indptr) > 0
    if filled.any():
        sums[filled] = np.add.reduceat(values, indptr[:-1][filled])
    return sums


def tf_idf(counts: sp.csr_matrix, weights: NDArray[np.float32], sublinear: bool) -> sp.csr_matrix:
    """Turn counts into rows of unit length, in place: tf, or 1 + ln(tf) if `sublinear`, times the weight of the column.

    Examples
    --------
    >>> counts = sp.csr_matrix(np.array([[3, 0, 4], [0, 0, 0]], np.float32))
    >>> tf_idf(counts, np.ones(3, np.float32), sublinear=False).toarray().round(2).tolist()
    [[0.6000000238418579, 0.0, 0.800000011920929], [0.0, 0.0, 0.0]]
    """
    data = counts.data
    if sublinear:
        data = 1 + np.log(data)
    data = data * weights[counts.indices]
    norms = np.sqrt(row_sums(data * data, counts.indptr))
    counts.data = data / np.repeat(norms, np.diff(counts.indptr))
    return counts


def without_unseen(rows: sp.csr_matrix, seen: NDArray[np.bool_], n_words: int) -> sp.csr_matrix:
    """Drop terms that were not in training, as `transform` does, and scale the word block to unit length again."""
    words, characters = rows[:, :n_words], rows[:, n_words:]
    words.data *= seen[:n_words][words.indices]
    norms = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    norms[norms == 0] = 1
    words.data /= np.repeat(norms, np.diff(words.indptr)).astype(np.float32)
    return sp.hstack([words, characters], format="csr")
