"""Learn document frequencies and word vectors from unlabelled headlines.

Words that occur with the same other words get similar vectors, so that a word without labelled headlines can borrow
from its neighbours. The vectors are those of Levy, Goldberg and Dagan (2015, "Improving distributional similarity with
lessons learned from word embeddings"): positive pointwise mutual information of the words of one headline, its contexts
smoothed, reduced by a truncated singular value decomposition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import as_column, from_flags, from_integers, from_strings
from classify.core.threads import in_threads
from classify.features.hashing import KeyTable, factorize, first_positions, mix_hash
from classify.features.sparse import count, idf, pattern, row_numbers, row_sums, stack, tf_idf
from classify.features.tokens import tokenize

if TYPE_CHECKING:
    from classify.core.arrow import Texts

__all__ = ["Background", "learn_background"]

LEVELS = 7
"""The components of vectors are whole multiples, from -7 to 7, of a step for each dimension: half a byte."""

# Headlines counted at a time: memory grows with the pairs of words in them.
_AT_A_TIME = 50_000

# Exponent of the context counts, after Levy, Goldberg and Dagan (2015).
_SMOOTHING = 0.75

# Iterations of the randomized decomposition (Halko, Martinsson and Tropp 2011, algorithm 4.4), and columns beyond those
# that are kept. Its products are made for so many columns at a time, each by one thread.
_ITERATIONS, _MORE_COLUMNS, _COLUMNS = 3, 16, 54

# The largest component, in standard deviations of its dimension. Of 2 to 4 this loses least.
_WIDEST = 3.0

# Each dimension is multiplied by this power of the standard deviation of headline vectors in it. With 20 labels a
# section, 0.25 added 0.3 to 0.5 points on April of newsapi_2022_en (trained on January to March) and on a fifth of the
# rows of huffpost_41, indicnews_hi and thucnews_zh that experiments/few_labels.py trains on, compared with 0; 0.5 less.
_STRETCH = 0.25

# Headlines whose vectors give the scale of all.
_SCALED_ON = 50_000


@dataclass(frozen=True, eq=False, repr=False)
class Background:
    """Document frequencies and vectors of the words of unlabelled headlines.

    Attributes
    ----------
    n_headlines
        Number of headlines learned from; headlines of the same words count once.
    words, table
        Shape (n_words,): the words by rising hash, and their hashes.
    df
        Shape (n_words,), int32: number of headlines that contain each word.
    codes, steps
        Shapes (n_words, n_dims), int8, and (n_dims,), float32: whole numbers from -7 to 7, and what one stands for in
        each dimension.

    Examples
    --------
    >>> background = learn_background([["Rovers win cup", "Rovers lose cup", "Cup for Rovers", "Senate votes on tax"]])
    >>> background.words.to_pylist(), background.df.tolist(), background.n_headlines
    (['rovers', 'cup'], [3, 3], 4)
    """

    n_headlines: int
    words: pa.StringArray
    table: KeyTable
    df: NDArray[np.int32]
    codes: NDArray[np.int8]
    steps: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.df)

    def __repr__(self) -> str:
        """Show the size."""
        return f"Background({len(self):,} words of {self.n_headlines:,} headlines, {len(self.steps)} dimensions)"

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: vectors are computed again."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The word vectors, shape (n_words, n_dims).

        The mean squared distance of a headline's vector, which is its TF-IDF row of unit length times these, from the
        mean of all headlines is 1.
        """
        return self.codes * self.steps

    @cached_property
    def idf(self) -> NDArray[np.float32]:
        """Inverse document frequencies of the words, shape (n_words,)."""
        return idf(self.df, self.n_headlines)

    def rows(self, headlines: Texts, n_jobs: int | None = 1) -> sp.csr_matrix:
        """Return the TF-IDF rows of headlines, shape (n_headlines, n_words), float32.

        Rows have unit length; that of a headline without a known word is empty.

        Examples
        --------
        >>> background = learn_background([["Rovers win cup", "Rovers lose cup", "Cup for Rovers"]])
        >>> background.rows(["Rovers", "Senate votes"]).toarray().tolist()
        [[1.0, 0.0], [0.0, 0.0]]
        """
        tokens = tokenize(as_column(headlines), n_jobs=n_jobs)
        ids = self.table.find(tokens.hashes)
        return tf_idf(count(row_numbers(tokens.indptr), ids, (len(tokens.indptr) - 1, len(self))), self.idf, True)

    def known_share(self, headlines: Texts, n_jobs: int | None = 1) -> float:
        """Return the share of the words of headlines, each as often as it occurs, that have a vector; 0 to 1.

        Examples
        --------
        >>> background = learn_background([["Rovers win cup", "Rovers lose cup", "Cup for Rovers"]])
        >>> background.known_share(["Rovers lift the cup"]), background.known_share(["तूफ़ान"])
        (0.5, 0.0)
        """
        hashes = tokenize(as_column(headlines), n_jobs=n_jobs).hashes
        return float((self.table.find(hashes) >= 0).mean()) if len(hashes) else 0.0


class _Part(NamedTuple):
    """Some headlines as numbers of their distinct words: word i is ``distinct[ids[i]]``; ``keys`` name their words."""

    ids: NDArray[np.int32]
    indptr: NDArray[np.int64]
    distinct: NDArray[np.uint64]
    keys: NDArray[np.uint64]

    def rows(self, words: NDArray[np.int32], n_words: int) -> sp.csr_matrix:
        """Count words in headlines, given the column of each distinct word, -1 for none."""
        return count(row_numbers(self.indptr), words[self.ids], (len(self.keys), n_words))


def learn_background(
    batches: Iterable[Texts],
    *,
    n_dims: int = 256,
    min_df: int = 3,
    max_words: int = 50_000,
    n_jobs: int | None = 2,
) -> Background:
    """Learn the words of unlabelled headlines: document frequencies and vectors.

    Some 50 bytes of memory are needed for a headline, beside those for the pairs of words, whose number `max_words`
    limits.

    Parameters
    ----------
    batches
        Batches of clean headlines, in any language; see `classify.text.clean_corpus`.
    n_dims
        Length of the vectors, an even number.
    min_df
        Words in fewer headlines are left out.
    max_words
        At most this many words, the most frequent.
    n_jobs
        Threads; the result does not depend on it.

    Raises
    ------
    ValueError
        If no word is in `min_df` headlines, or a parameter cannot work.

    Examples
    --------
    >>> batches = [["Rovers win cup", "City win cup"], ["Senate votes on tax", "House votes on tax"]]
    >>> learn_background(batches, min_df=2).words.to_pylist()
    ['win', 'votes', 'cup', 'on', 'tax']
    """
    _check_parameters(n_dims, min_df, max_words)
    parts, found = _read(batches, n_jobs)
    parts = _without_repeats(parts)
    hashes = np.sort(np.concatenate([each for each, _ in found]))
    df, n_headlines = _document_frequencies(parts, hashes), sum(len(part.keys) for part in parts)
    keep = _most_frequent(df, min_df, max_words)
    if not keep.any():
        raise ValueError(
            f"no word is in {min_df} of {n_headlines:,} different headlines; expected a corpus of headlines; give more"
        )
    table, df = KeyTable(hashes[keep]), df[keep]
    vectors = _vectors(_association(_pair_counts(parts, table, n_jobs)), n_dims, n_jobs)
    vectors *= _scale(parts, table, idf(df, n_headlines), vectors)
    return Background(n_headlines, _spell(found, table), table, df, *_quantize(vectors))


def _check_parameters(n_dims: int, min_df: int, max_words: int) -> None:
    """Raise a ValueError for parameters that cannot work."""
    if not isinstance(n_dims, Integral) or n_dims < 2 or n_dims % 2:
        raise ValueError(f"n_dims={n_dims!r}; expected an even number from 2")
    for name, value in (("min_df", min_df), ("max_words", max_words)):
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{name}={value!r}; expected a whole number from 1")


def _read(
    batches: Iterable[Texts], n_jobs: int | None
) -> tuple[list[_Part], list[tuple[NDArray[np.uint64], pa.StringArray]]]:
    """Number the words of all headlines; return each distinct word once, hash and spelling, with the part it is in."""
    parts, found, seen = [], [], np.empty(0, np.uint64)
    for headlines in _joined(batches):
        tokens = tokenize(headlines, n_jobs=n_jobs)
        ids, distinct = factorize(tokens.hashes, n_jobs)
        parts.append(_Part(ids, tokens.indptr, distinct, _row_keys(tokens.hashes, tokens.indptr)))
        new = ~np.isin(distinct, seen, assume_unique=True, kind="sort")
        spelled = tokens.strings(first_positions(ids, len(distinct))[new])
        found.append((distinct[new], from_strings(spelled)))
        seen = np.concatenate([seen, distinct[new]])
    if not parts:
        raise ValueError("no headlines were given; expected at least one batch of them")
    return parts, found


def _joined(batches: Iterable[Texts]) -> Iterator[pa.Array]:
    """Join small batches and cut large ones, so that each but the last has the same size."""
    waiting: list[pa.Array] = []
    for batch in batches:
        waiting.append(as_column(batch))
        if sum(map(len, waiting)) >= _AT_A_TIME:
            column = pa.concat_arrays(waiting)
            whole = len(column) - len(column) % _AT_A_TIME
            yield from (column.slice(start, _AT_A_TIME) for start in range(0, whole, _AT_A_TIME))
            waiting = [column.slice(whole)]
    if sum(map(len, waiting)):
        yield pa.concat_arrays(waiting)


def _row_keys(hashes: NDArray[np.uint64], indptr: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash the words of each headline, whatever their order."""
    return row_sums(mix_hash(hashes), indptr)  # wraps around modulo 2^64


def _without_repeats(parts: list[_Part]) -> list[_Part]:
    """Leave out headlines of the same words as one before, and those without words."""
    keys = np.concatenate([part.keys for part in parts])
    first = np.zeros(len(keys), bool)
    first[np.unique(keys, return_index=True)[1]] = True
    first &= keys != 0
    return [
        _take(part, mask)
        for part, mask in zip(parts, np.split(first, np.cumsum([len(part.keys) for part in parts])[:-1]), strict=True)
    ]


def _take(part: _Part, mask: NDArray[np.bool_]) -> _Part:
    """Return some headlines of a part; its distinct words stay."""
    lengths = np.diff(part.indptr)
    indptr = np.append(0, np.cumsum(lengths[mask]))
    return _Part(part.ids[np.repeat(mask, lengths)], indptr, part.distinct, part.keys[mask])


def _document_frequencies(parts: list[_Part], hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Count the headlines that contain each word, given the sorted hashes of all words."""
    df = np.zeros(len(hashes), np.int32)
    for part in parts:
        n_words = len(part.distinct)
        found = part.rows(np.arange(n_words, dtype=np.int32), n_words)
        df[np.searchsorted(hashes, part.distinct)] += np.bincount(found.indices, minlength=n_words).astype(np.int32)
    return df


def _most_frequent(df: NDArray[np.int32], min_df: int, max_words: int) -> NDArray[np.bool_]:
    """Mark the most frequent words; ties go to the smaller hash."""
    keep = df >= min_df
    order = np.argsort(np.where(keep, -df, 1), kind="stable")
    keep[order[max_words:]] = False
    return keep


def _pair_counts(parts: list[_Part], table: KeyTable, n_jobs: int | None) -> sp.csr_matrix:
    """Count in how many headlines two words occur together, shape (n_words, n_words); the diagonal counts words."""

    def count_some(part: _Part) -> sp.csr_matrix:
        rows = pattern(part.rows(table.find(part.distinct), len(table)))
        return (rows.T @ rows).tocsr()

    # Counts are whole numbers below 2^24, so that their sum is exact in any order.
    total = sp.csr_matrix((len(table), len(table)), dtype=np.float32)
    for start in range(0, len(parts), 2):
        for counts in in_threads(count_some, parts[start : start + 2], n_jobs):
            total = total + counts
    total.sort_indices()
    return total


def _association(counts: sp.csr_matrix) -> sp.csr_matrix:
    """Return the positive pointwise mutual information of words (rows) and contexts (columns)."""
    rows, columns = row_numbers(counts.indptr), counts.indices
    data = np.where(rows == columns, 0, counts.data)
    totals = np.bincount(rows, data, minlength=counts.shape[0])
    contexts = np.maximum(totals, 1) ** _SMOOTHING
    of_row = np.log(contexts.sum()) - np.log(np.maximum(totals, 1))
    with np.errstate(divide="ignore"):
        values = np.log(data) + (of_row[rows] - np.log(contexts)[columns])
    keep = values > 0
    indptr = np.append(0, np.cumsum(keep))[counts.indptr]
    return sp.csr_matrix((values[keep].astype(np.float32), columns[keep], indptr), shape=counts.shape)


def _vectors(matrix: sp.csr_matrix, n_dims: int, n_jobs: int | None) -> NDArray[np.float32]:
    """Return the left singular vectors times the singular values, rows of unit length."""
    from threadpoolctl import threadpool_limits

    n_columns = min(n_dims + _MORE_COLUMNS, matrix.shape[0])
    start = np.random.default_rng(0).standard_normal((matrix.shape[1], n_columns), np.float32)
    transposed = matrix.T.tocsr()
    # One thread for dense products, whose sums would depend on the number; sparse ones are cut into columns.
    with threadpool_limits(limits=1):
        basis = _orthonormal(_product(transposed, _product(matrix, start, n_jobs), n_jobs))
        for _ in range(_ITERATIONS - 1):
            basis = _orthonormal(_product(transposed, _product(matrix, basis, n_jobs), n_jobs))
        image = _product(matrix, basis, n_jobs)
        values, rotation = np.linalg.eigh(image.T.astype(np.float64) @ image)
        image = image @ rotation[:, np.argsort(-values, kind="stable")[:n_dims]].astype(np.float32)
    lengths = np.sqrt((image * image).sum(axis=1, keepdims=True))
    # Of fewer words than dimensions the last dimensions are zero.
    vectors = np.zeros((len(image), n_dims), np.float32)
    vectors[:, : image.shape[1]] = image / np.where(lengths > 0, lengths, 1)
    return vectors


def _product(matrix: sp.csr_matrix, dense: NDArray[np.float32], n_jobs: int | None) -> NDArray[np.float32]:
    """Multiply by some columns at a time, in threads."""
    parts = [np.ascontiguousarray(dense[:, i : i + _COLUMNS]) for i in range(0, dense.shape[1], _COLUMNS)]
    return np.hstack(in_threads(lambda part: np.asarray(matrix @ part), parts, n_jobs))


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return orthonormal columns that span the same space; directions of no weight are zero."""
    wide = columns.astype(np.float64)
    values, rotation = np.linalg.eigh(wide.T @ wide)
    some = values > values[-1] * 1e-12
    rotation[:, some] /= np.sqrt(values[some])
    rotation[:, ~some] = 0
    return np.asarray(wide @ rotation, np.float32)


def _scale(
    parts: list[_Part], table: KeyTable, weights: NDArray[np.float32], vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return a factor for each dimension; headline vectors then have a mean squared distance of 1 from their mean."""
    n_parts = -(-_SCALED_ON // _AT_A_TIME)
    counts = stack([part.rows(table.find(part.distinct), len(table)) for part in parts[:n_parts]])
    found = np.asarray(tf_idf(counts, weights, True) @ vectors)
    variances = np.asarray(np.mean((found - found.mean(axis=0)) ** 2, axis=0, dtype=np.float64))
    factors = variances ** (_STRETCH / 2)
    spread = float((variances * factors**2).sum())
    return (factors / np.sqrt(spread) if spread > 1e-6 else np.ones(len(factors))).astype(np.float32)


def _quantize(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round vectors to whole multiples of a step for each dimension."""
    steps = (vectors.std(axis=0, dtype=np.float64) * (_WIDEST / LEVELS)).astype(np.float32)
    steps[steps == 0] = 1
    return np.clip(np.rint(vectors / steps), -LEVELS, LEVELS).astype(np.int8), steps


def _spell(found: list[tuple[NDArray[np.uint64], pa.StringArray]], table: KeyTable) -> pa.StringArray:
    """Return the words of the table in its order."""
    hashes = np.concatenate([each for each, _ in found])
    kept = table.find(hashes) >= 0
    words = pa.concat_arrays([each for _, each in found]).filter(from_flags(kept))
    return words.take(from_integers(np.argsort(hashes[kept])))
