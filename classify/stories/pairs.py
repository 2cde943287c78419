"""Decide whether two headlines report one story: features of the pair, and a small trained network over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.threads import in_threads
from classify.features.hashing import factorize, hash_pairs, hash_windows, mix_hash
from classify.features.sparse import row_numbers, same_row
from classify.features.tokens import Tokens, tokenize
from classify.stories.background import Background

# Letters at the start of a word that stand for its stem.
_STEM = 5

# Pairs whose features are computed at a time: bounds memory, and stays in the processor's caches.
_CHUNK = 20_000

# Share of words that the background must know to be of the headlines' language; 0.9 and more in English ones.
_SAME_LANGUAGE = 0.6

_LOWER = r"(^|[^\p{L}\p{N}\p{M}])\p{Ll}[\p{L}\p{N}\p{M}]*"


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
    stem_surprise, bigram_surprise
        The like of stems and pairs in these headlines.
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
    known = _known_surprise(hashes, counts, background, own)
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
    hashes: NDArray[np.uint64], counts: NDArray[np.int64], background: Background | None, own: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the surprise of words in the background; in these headlines where they are of another language."""
    if background is None:
        return own
    frequency = background.frequency(hashes)
    if counts[frequency > 0].sum() < _SAME_LANGUAGE * counts.sum():
        return own
    return surprise(frequency, background.n)


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
    high = np.isin(mix_hash(tokens.hashes + rows.astype(np.uint64)), keys)
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


FEATURES = (
    "cosine_own",
    "cosine_known",
    "cosine_stems",
    "cosine_bigrams",
    "search",
    "search_of_best",
    "search_of_best_other",
    "overlap",
    "overlap_own",
    "overlap_known",
    "jaccard_known",
    "n_shared",
    "rarest_own_1",
    "rarest_own_2",
    "rarest_own_3",
    "rarest_known_1",
    "rarest_known_2",
    "rarest_known_3",
    "burst",
    "shared_bigrams",
    "shared_names",
    "top_name",
    "unshared_names",
    "names_overlap",
    "shared_numbers",
    "number_clash",
    "shortest",
    "longest",
    "neighbours",
    "lag",
    "dated",
    "rarest_count",
    "density",
    "rank_of_best",
    "rank_of_other",
)


def pair_features(
    bags: Bags,
    graph: sp.csr_matrix,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    days: NDArray[np.float64] | None = None,
    n_jobs: int | None = 1,
) -> NDArray[np.float32]:
    """Compute the features of pairs of headlines.

    Parameters
    ----------
    bags, graph
        The headlines' terms, and their candidates from `find_candidates`, among which are all pairs.
    left, right
        Positions of the headlines of each pair.
    days
        When the headlines appeared, NaN where unknown.

    Returns
    -------
    numpy.ndarray
        Shape (n_pairs, n_features), float32; a pair and its reverse have the same features.
    """
    made = _Made(bags, graph, days)
    parts = range(0, len(left), _CHUNK)
    features = partial(_features_of_chunk, made, left, right)
    return (
        np.concatenate(in_threads(features, parts, n_jobs)) if len(parts) else np.zeros((0, len(FEATURES)), np.float32)
    )


class _Made:
    """What features of pairs are looked up in, computed once."""

    def __init__(self, bags: Bags, graph: sp.csr_matrix, days: NDArray[np.float64] | None) -> None:
        self.bags, self.days = bags, days
        self.own, self.known = unit_rows(bags.words, bags.own), unit_rows(bags.words, bags.known)
        self.stems = unit_rows(bags.stems, bags.stem_surprise)
        self.bigrams = unit_rows(bags.bigrams, bags.bigram_surprise)
        self.name_weight = bags.names * bags.known
        columns = np.stack([np.ones_like(bags.own), bags.own, bags.known, self.name_weight, bags.numbers], axis=1)
        self.table = columns.astype(np.float32)
        self.totals = bags.words @ self.table
        self.graph = graph
        norms = np.sqrt(np.asarray(graph.multiply(graph).sum(axis=1)).ravel() + 1)
        scaled = graph + sp.eye_array(graph.shape[0], dtype=np.float32, format="csr")
        self.near = sp.csr_matrix(sp.diags_array((1 / norms).astype(np.float32)) @ scaled)
        self.near.sort_indices()
        self.best = graph.max(axis=1).toarray().ravel() if graph.nnz else np.zeros(graph.shape[0], np.float32)
        self.rank = _ranks(graph)
        self.density = np.asarray(graph.sum(axis=1)).ravel()


def _features_of_chunk(
    made: _Made, left: NDArray[np.int64], right: NDArray[np.int64], start: int
) -> NDArray[np.float32]:
    """Compute the features of some pairs."""
    bags = made.bags
    a, b = left[start : start + _CHUNK], right[start : start + _CHUNK]
    shared = bags.words[a].multiply(bags.words[b]).tocsr()
    common = shared @ made.table
    of_a, of_b = made.totals[a], made.totals[b]
    least, most = np.minimum(of_a, of_b), np.maximum(of_a, of_b)
    one = np.float32(1)
    n_shared, both_own, both_known, both_names, both_numbers = common.T
    search = _dots(made.graph, a, b)
    rank, other_rank = _dots(made.rank, a, b), _dots(made.rank, b, a)
    tiny = np.float32(1e-6)
    lag, dated = _lags(made.days, a, b)
    pairs = bags.bigrams[a].multiply(bags.bigrams[b]).tocsr()
    rarest = [_nth(shared, k) for k in range(3)]
    burst = bags.own - bags.known
    columns = [
        _rows_dot(made.own, a, b),
        _rows_dot(made.known, a, b),
        _rows_dot(made.stems, a, b),
        _rows_dot(made.bigrams, a, b),
        search,
        search / np.maximum(np.minimum(made.best[a], made.best[b]), tiny),
        search / np.maximum(np.maximum(made.best[a], made.best[b]), tiny),
        n_shared / np.maximum(least[:, 0], one),
        both_own / np.maximum(least[:, 1], tiny),
        both_known / np.maximum(least[:, 2], tiny),
        both_known / np.maximum(of_a[:, 2] + of_b[:, 2] - both_known, tiny),
        n_shared,
        *(_take(bags.own, which) for which in rarest),
        *(_take(bags.known, which) for which in rarest),
        _take(-burst, rarest[0]),
        pairs @ bags.bigram_surprise,
        both_names,
        _greatest(shared, made.name_weight),
        of_a[:, 3] + of_b[:, 3] - 2 * both_names,
        both_names / np.maximum(least[:, 3], one),
        both_numbers,
        ((least[:, 4] > 0) & (both_numbers == 0)).astype(np.float32),
        least[:, 0],
        most[:, 0],
        _rows_dot(made.near, a, b),
        lag,
        dated,
        np.log1p(_take(bags.own_counts.astype(np.float32), rarest[0])),
        np.log1p(np.minimum(made.density[a], made.density[b])),
        np.log(np.minimum(rank, other_rank)),
        np.log(np.maximum(rank, other_rank)),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def _rows_dot(rows: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float32]:
    """Multiply each row of one set with the row beside it in the other."""
    return np.asarray(rows[a].multiply(rows[b]).sum(axis=1)).ravel().astype(np.float32)


def _dots(graph: sp.csr_matrix, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float32]:
    """Look up entries of a sparse matrix."""
    return np.asarray(graph[a, b]).ravel().astype(np.float32)


def _ranks(graph: sp.csr_matrix) -> sp.csr_matrix:
    """Return the rank of each candidate among those of its row, 1 for the nearest."""
    row = row_numbers(graph.indptr)
    order = np.lexsort((graph.indices, -graph.data, row))
    ranks = np.empty(graph.nnz, np.float32)
    ranks[order] = np.arange(graph.nnz) - graph.indptr[row] + 1
    return sp.csr_matrix((ranks, graph.indices, graph.indptr), shape=graph.shape)


def _nth(shared: sp.csr_matrix, k: int) -> NDArray[np.int64]:
    """Return the k-th stored column of each row, -1 where it has no more than k."""
    found = np.full(shared.shape[0], -1, np.int64)
    has = np.diff(shared.indptr) > k
    found[has] = shared.indices[shared.indptr[:-1][has] + k]
    return found


def _take(values: NDArray[np.float32], which: NDArray[np.int64]) -> NDArray[np.float32]:
    """Look up values, 0 for position -1."""
    return np.append(values, np.float32(0))[which]


def _greatest(shared: sp.csr_matrix, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the greatest value among the columns of each row, 0 for an empty row."""
    greatest = np.zeros(shared.shape[0], np.float32)
    filled = np.flatnonzero(np.diff(shared.indptr))
    if len(filled):
        greatest[filled] = np.maximum.reduceat(values[shared.indices], shared.indptr[filled])
    return greatest


def _lags(
    days: NDArray[np.float64] | None, a: NDArray[np.int64], b: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the square root of the days between, 0 where unknown, and whether they are known."""
    if days is None:
        return np.zeros(len(a), np.float32), np.zeros(len(a), np.float32)
    lag = np.abs(days[a] - days[b])
    known = ~np.isnan(lag)
    return np.sqrt(np.where(known, lag, 0)).astype(np.float32), known.astype(np.float32)
