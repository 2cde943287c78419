"""The terms of headlines: words, beginnings of words and pairs of words, and how surprising each is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.hashing import factorize, hash_pairs, hash_windows, mix_hash
from classify.features.sparse import row_numbers, same_row
from classify.features.tokens import Tokens, tokenize

if TYPE_CHECKING:
    from classify.features import Background

# Letters at the start of a word that stand for its stem.
_STEM = 5

# Share of words that the background must know to be of the headlines' language; 0.9 and more in English ones.
_SAME_LANGUAGE = 0.6

_LOWER = r"(^|[^\p{L}\p{N}\p{M}])\p{Ll}[\p{L}\p{N}\p{M}]*"


@cache
def english() -> Background:
    """Return the English background that comes with the package."""
    from classify.features import load_background

    return load_background()


@dataclass(frozen=True)
class Bags:
    """The terms of headlines as sparse rows.

    Attributes
    ----------
    words
        Shape (n, n_words), ones; columns from the rarest word to the most frequent.
    stems, bigrams
        Shape (n, n_stems) and (n, n_bigrams), ones: beginnings of words, and pairs of adjacent words.
    own, known
        Shape (n_words,), float32: surprise of each word, -log of its share of these headlines and of the background.
    own_counts
        Shape (n_words,): number of these headlines that contain each word.
    stem_surprise, bigram_surprise
        The surprise of stems and of pairs of words in these headlines.
    names
        Shape (n_words,), float32: share of a word's occurrences inside sentences that begin with a capital.
    numbers
        Shape (n_words,), bool: the word begins with a digit.
    """

    words: sp.csr_matrix
    stems: sp.csr_matrix
    bigrams: sp.csr_matrix
    own: NDArray[np.float32]
    known: NDArray[np.float32]
    own_counts: NDArray[np.int64]
    stem_surprise: NDArray[np.float32]
    bigram_surprise: NDArray[np.float32]
    names: NDArray[np.float32]
    numbers: NDArray[np.bool_]


def surprise(counts: NDArray[np.int64], n: int) -> NDArray[np.float32]:
    """Return -log of the share of n headlines that contain a term, each count raised by a half.

    Examples
    --------
    >>> surprise(np.array([1, 10]), 10).round(2).tolist()
    [1.9900000095367432, 0.05000000074505806]
    """
    return np.log((n + 1) / (counts + 0.5)).clip(0).astype(np.float32)


def make_bags(column: pa.Array, background: Background | None = None, n_jobs: int | None = 1) -> Bags:
    """Count the terms of cleaned headlines."""
    tokens = tokenize(column, n_jobs=n_jobs)
    n = len(column)
    rows = row_numbers(tokens.indptr)
    number, hashes = factorize(tokens.hashes, n_jobs)
    words = _ones(rows, number, (n, len(hashes)))
    counts = np.bincount(words.indices, minlength=len(hashes))
    own = surprise(counts, n)
    known = _known_surprise(background, hashes, counts)
    if known is None:
        known = own
    order = np.lexsort((hashes, -(own + known).astype(np.float64)))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    words = _ones(rows, place[number], (n, len(hashes)))
    first = np.zeros(len(hashes), np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    digits = _begins_with_digit(tokens, first)
    stems = hash_windows(tokens.codes, tokens.starts, np.minimum(tokens.ends, tokens.starts + _STEM))
    stem_number, distinct = factorize(stems, n_jobs)
    stem_rows = _ones(rows, stem_number, (n, len(distinct)))
    follows = same_row(tokens.indptr)
    pairs = hash_pairs(tokens.hashes[:-1][follows], tokens.hashes[1:][follows])
    pair_number, pair_distinct = factorize(pairs, n_jobs)
    pair_rows = _ones(rows[:-1][follows], pair_number, (n, len(pair_distinct)))
    return Bags(
        words,
        stem_rows,
        pair_rows,
        own[order],
        known[order],
        counts[order],
        surprise(np.bincount(stem_rows.indices, minlength=len(distinct)), n),
        surprise(np.bincount(pair_rows.indices, minlength=len(pair_distinct)), n),
        _name_shares(column, tokens, rows, number, len(hashes))[order],
        digits[order],
    )


def _known_surprise(
    background: Background | None, hashes: NDArray[np.uint64], counts: NDArray[np.int64]
) -> NDArray[np.float32] | None:
    """Return the surprise of words in the background; None where it does not know most of the words."""
    if background is None:
        return None
    ids = background.table.find(hashes)
    known = ids >= 0
    if counts[known].sum() < _SAME_LANGUAGE * counts.sum():
        return None
    return surprise(np.where(known, background.df[ids], 0), background.n_headlines)


def _ones(rows: NDArray[np.int64], columns: NDArray[Any], shape: tuple[int, int]) -> sp.csr_matrix:
    """Return a matrix with ones where a term stands in a headline, in canonical form."""
    matrix = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def _begins_with_digit(tokens: Tokens, which: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Mark the words that begin with a digit."""
    lead = tokens.codes[tokens.starts[which]]
    return (lead >= ord("0")) & (lead <= ord("9"))


def _name_shares(
    column: pa.Array, tokens: Tokens, rows: NDArray[np.int64], number: NDArray[np.int32], n_words: int
) -> NDArray[np.float32]:
    """Return the share of a word's occurrences that begin with a capital, in headlines that are not in title case.

    A headline's first word is left out, and a word is counted once more in lower case than it is found.
    """
    capital = tokenize(pc.replace_substring_regex(column, _LOWER, " "))
    keys = mix_hash(capital.hashes + row_numbers(capital.indptr).astype(np.uint64))
    # Sorted: tables by value overflow for unsigned numbers in old versions of NumPy.
    high = np.isin(mix_hash(tokens.hashes + rows.astype(np.uint64)), keys, kind="sort")
    digits = _begins_with_digit(tokens, np.arange(len(rows)))
    length, n_high = (
        np.bincount(rows[~digits], minlength=len(column)),
        np.bincount(rows[high & ~digits], minlength=len(column)),
    )
    inside = np.ones(len(rows), bool)
    inside[tokens.indptr[:-1][np.diff(tokens.indptr) > 0]] = False
    counted = inside & (n_high <= 0.6 * length)[rows]
    found = np.bincount(number[counted & high], minlength=n_words)
    return (found / (np.bincount(number[counted], minlength=n_words) + 1)).astype(np.float32)


def unit_rows(terms: sp.csr_matrix, weights: NDArray[np.float32]) -> sp.csr_matrix:
    """Weigh terms and scale each headline to length 1."""
    data = weights[terms.indices]
    row = row_numbers(terms.indptr)
    norms = np.sqrt(np.bincount(row, data.astype(np.float64) ** 2, minlength=terms.shape[0]))
    norms[norms == 0] = 1
    return sp.csr_matrix(((data / norms[row]).astype(np.float32), terms.indices, terms.indptr), shape=terms.shape)


def search_rows(bags: Bags) -> sp.csr_matrix:
    """Return the rows that candidates are searched by: words and stems, side by side, of length 1."""
    words = unit_rows(bags.words, (bags.own + bags.known) / np.float32(2))
    stems = unit_rows(bags.stems, bags.stem_surprise)
    both = sp.hstack([words, stems], format="csr", dtype=np.float32) * np.float32(np.sqrt(0.5))
    both.sort_indices()
    return both
