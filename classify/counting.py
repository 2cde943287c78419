"""Count terms into sparse rows: the array work under `classify.vectorizer`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.arrow import from_integers, to_numpy

_ABSENT = from_integers(np.array([-1]))[0].cast(pa.int32())


def factorize(keys: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[Any]]:
    """Number the distinct keys in sorted order; return each key's number and the sorted keys."""
    encoded = from_integers(keys.view(np.int64)).dictionary_encode()
    distinct = to_numpy(encoded.dictionary).view(keys.dtype)
    order = np.argsort(distinct, kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    return rank[to_numpy(encoded.indices)], distinct[order]


def lookup(keys: NDArray[Any], table: NDArray[Any]) -> NDArray[np.int32]:
    """Find each key's place in the sorted table, -1 where it has none."""
    if len(keys) < len(table) // 16:
        # A few keys are found faster by bisection than a hash table of the whole is built.
        at = np.minimum(np.searchsorted(table, keys), max(len(table) - 1, 0))
        return np.where(table[at] == keys, at, -1).astype(np.int32)
    places = pc.index_in(from_integers(keys.view(np.int64)), value_set=from_integers(table.view(np.int64)))
    return to_numpy(pc.fill_null(places, _ABSENT)).copy()


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


def interleave(
    words: NDArray[np.int32], pairs: NDArray[np.int32], indptr: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Put the pairs of each headline behind its words; return the columns and their row pointers."""
    n_words = np.diff(indptr)
    n_pairs = np.maximum(n_words - 1, 0)
    pair_indptr = np.append(0, np.cumsum(n_pairs))
    columns = np.empty(len(words) + len(pairs), np.int32)
    columns[np.arange(len(words)) + np.repeat(pair_indptr[:-1], n_words)] = words
    columns[np.arange(len(pairs)) + np.repeat(indptr[1:], n_pairs)] = pairs
    return columns, indptr + pair_indptr


def count(columns: NDArray[np.int32], indptr: NDArray[np.int64], n: int) -> sp.csr_matrix:
    """Count the columns of each row, shape (rows, n); column -1 is dropped."""
    known = columns >= 0
    if not known.all():
        indptr = np.append(0, np.cumsum(known))[indptr]
        columns = columns[known]
    ones = np.ones(len(columns), np.float32)
    counts = sp.csr_matrix((ones, columns.astype(np.int32), indptr), shape=(len(indptr) - 1, n))
    counts.sum_duplicates()
    return counts


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


def row_sums(values: NDArray[np.float32], indptr: NDArray[Any]) -> NDArray[np.float32]:
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
