"""Headlines to TF-IDF rows: words, pairs of words, and the character n-grams of rare words.

Character n-grams lie within one word, so they are counted once per distinct word (matrix ``C``) and reach the
headlines through the headline-by-word matrix ``M``: the character block is ``M @ C``. A linear score of it is
``M @ (C @ weights)``: one number per distinct word, however many n-grams the word has.
"""

from __future__ import annotations

from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import as_column, from_strings
from classify.core.estimator import Estimator, check_fitted
from classify.core.threads import in_threads
from classify.features.hashing import KeyTable, factorize, first_positions, hash_pairs, hash_windows
from classify.features.sparse import (
    count,
    cut,
    idf,
    keep_columns,
    pattern,
    row_numbers,
    same_row,
    stack,
    tf_idf,
)
from classify.features.tokens import Tokens, Windows, char_ngrams, spell, tokenize
from classify.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    import pyarrow as pa

    from classify.core.arrow import Texts

# Characters of a word that are cut into n-grams: a word of a megabyte would otherwise take gigabytes.
_LONGEST_WORD = 1000


class Blocks(NamedTuple):
    """The rows in factored form: ``words``, then the columns of ``rare_words @ characters``."""

    words: sp.csr_matrix
    rare_words: sp.csr_matrix
    characters: sp.csr_matrix


class RareWords(NamedTuple):
    """The distinct words of headlines that get character n-grams.

    ``rows``, shape (n_headlines, n_rare_words), weighs them; ``known`` is the position of each among the words of
    training, -1 for a new one; it is spelled ``codes[start:end]``.
    """

    rows: sp.csr_matrix
    known: NDArray[np.int32]
    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


class TfidfVectorizer(Estimator):
    """Turn headlines into TF-IDF rows of words and character n-grams.

    Parameters
    ----------
    word_ngrams
        ``(1, 1)`` for single words, ``(1, 2)`` for words and pairs of neighbours, None for no words.
    char_ngrams
        Shortest and longest character n-gram, inside a word with a space on either side; None for none.
    min_df
        A term found in fewer training headlines is left out.
    max_features
        At most this many terms in each block, the most frequent; ties go to the column that comes first.
    sublinear_tf
        Use ``1 + ln(tf)`` for the term frequency.
    char_weight
        Factor of the character block; the rows of the word block have length 1.
    char_max_df
        Words found in more training headlines than this get no character n-grams, for their own weight is learned
        well enough; None for n-grams of every word.
    punctuation
        Whether punctuation marks and symbols are words; see `classify.features.tokens.tokenize`.
    n_jobs
        Threads for more than 10,000 headlines; the result does not depend on it.

    Attributes
    ----------
    vocabulary_
        All that was learned; see `classify.features.vocabulary.Vocabulary`.

    Notes
    -----
    The word block is scikit-learn's ``TfidfVectorizer`` (idf = ln((1 + n) / (1 + df)) + 1, rows of Euclidean length
    1) for the words of `classify.features.tokens.tokenize`. In the character block a word's row has length 1 and is
    weighted by the word's share of its headline; n-gram idf counts distinct words, not headlines.

    Columns are ordered by the hashes of their terms: words, pairs, character n-grams. The order of the headlines does
    not change it.

    Examples
    --------
    >>> rows = TfidfVectorizer(char_ngrams=None).fit_transform(["Rovers win cup", "Rovers lose"])
    >>> rows.shape, float(rows[0].multiply(rows[0]).sum().round(6))
    ((2, 7), 1.0)
    """

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] | None = (1, 2),
        char_ngrams: tuple[int, int] | None = (2, 5),
        min_df: int = 1,
        max_features: int | None = None,
        sublinear_tf: bool = True,
        char_weight: float = 0.7,
        char_max_df: int | None = 50,
        punctuation: bool = False,
        n_jobs: int | None = 2,
    ) -> None:
        # char_ngrams, char_weight and char_max_df were chosen on a fifth of the training rows of newsapi_2022_en,
        # huffpost_41, thucnews_zh and indicnews_hi each, where others near them differ by less than half a point.
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.min_df = min_df
        self.max_features = max_features
        self.sublinear_tf = sublinear_tf
        self.char_weight = char_weight
        self.char_max_df = char_max_df
        self.punctuation = punctuation
        self.n_jobs = n_jobs

    def fit(self, headlines: Texts, y: object = None) -> Self:
        """Learn the terms and their document frequencies."""
        self._fit_blocks(headlines)
        return self

    def fit_transform(self, headlines: Texts, y: object = None) -> sp.csr_matrix:
        """Learn the terms and return the rows, shape (n_headlines, `n_features_out_`), float32."""
        return self._join(self._fit_blocks(headlines))

    def transform(self, headlines: Texts) -> sp.csr_matrix:
        """Return the rows of new headlines, shape (n_headlines, `n_features_out_`), float32."""
        return self._join(self.blocks(headlines))

    def blocks(self, headlines: Texts) -> Blocks:
        """Return the rows of new headlines in factored form, which is far smaller than the product."""
        words, rare = self.word_blocks(headlines)
        return Blocks(words, rare.rows, self.characters(rare.codes, rare.starts, rare.ends))

    def word_blocks(self, headlines: Texts) -> tuple[sp.csr_matrix, RareWords]:
        """Return the word block of new headlines, and their rare words."""
        check_fitted(self)
        tokens = tokenize(as_column(headlines), self.punctuation, self.n_jobs)
        ids, distinct = factorize(tokens.hashes, self.n_jobs)
        known = self.vocabulary_.token_table.find(distinct)
        words = self._word_rows(tokens, known[ids])
        return words, self._rare_words(tokens, ids, known, self.vocabulary_.df_of[known], self.vocabulary_)

    def characters(
        self, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> sp.csr_matrix:
        """Return the n-gram block of words ``codes[start:end]``, shape (n_words, n_grams)."""
        hashes, indptr, _ = self._char_windows(codes, starts, ends)
        known = self.vocabulary_
        counts = count(row_numbers(indptr), known.char_table.find(hashes), (len(starts), len(known.char_idf)))
        return tf_idf(counts, known.char_idf, self.sublinear_tf)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return the names of the columns: words and pairs, then character n-grams with the prefix ``char:``."""
        check_fitted(self)
        return self.vocabulary_.names()

    @property
    def n_features_out_(self) -> int:
        """Number of columns."""
        return self.vocabulary_.n_features

    @property
    def n_samples_(self) -> int:
        """Number of training headlines."""
        return self.vocabulary_.n_samples

    @property
    def tokens_(self) -> pa.StringArray:
        """The words of the training headlines."""
        return self.vocabulary_.tokens

    @property
    def word_idf_(self) -> NDArray[np.float32]:
        """Inverse document frequencies of the columns that are words and pairs."""
        return self.vocabulary_.word_idf

    def document_frequencies(self) -> NDArray[np.float64]:
        """Return how many training headlines contain each column's term; see `Vocabulary.document_frequencies`."""
        check_fitted(self)
        return self.vocabulary_.document_frequencies()

    def restrict(self, columns: NDArray[np.int64]) -> TfidfVectorizer:
        """Return a vectorizer with only the given columns, sorted; the words it still needs stay known."""
        check_fitted(self)
        vocabulary = self.vocabulary_.restrict(columns, self._char_max_df(self.vocabulary_))
        return TfidfVectorizer.from_vocabulary(vocabulary, **self.get_params())

    @classmethod
    def from_vocabulary(cls, vocabulary: Vocabulary, **params: Any) -> Self:  # noqa: ANN401 (any parameter)
        """Return a fitted vectorizer of these parameters; those that cannot work are a ValueError."""
        vectorizer = cls(**params)
        vectorizer._check_parameters()
        vectorizer.vocabulary_ = vocabulary
        return vectorizer

    def _fit_blocks(self, headlines: Texts) -> Blocks:
        """Learn tokens, words and character n-grams, and return the training rows."""
        self._check_parameters()
        tokens = tokenize(as_column(headlines), self.punctuation, self.n_jobs)
        if not len(tokens.hashes):
            raise ValueError("empty vocabulary: no headline contains a word; give at least one with words")
        ids, distinct = factorize(tokens.hashes, self.n_jobs)
        vocabulary, words = self._fit_words(tokens, ids, distinct)
        rare = self._rare_words(tokens, ids, np.arange(len(distinct)), vocabulary.token_df, vocabulary)
        vocabulary, characters = self._fit_characters(rare, vocabulary)
        if not vocabulary.n_features:
            raise ValueError(f"empty vocabulary: no term is left with min_df={self.min_df}; lower it")
        self.vocabulary_ = vocabulary
        return Blocks(words, rare.rows, characters)

    def _fit_words(
        self, tokens: Tokens, ids: NDArray[np.int32], token_hashes: NDArray[np.uint64]
    ) -> tuple[Vocabulary, sp.csr_matrix]:
        """Learn which words and pairs are columns, and their idf; return the word block, too."""
        n_tokens, n_samples = len(token_hashes), len(tokens.indptr) - 1
        hashes, left = self._pair_hashes(tokens)
        pair_ids, distinct = factorize(hashes, self.n_jobs)
        n_terms = n_tokens + len(distinct)
        counts = self._count_words(tokens, ids, left, pair_ids + np.int32(n_tokens), n_terms)
        df = np.bincount(np.concatenate([part.indices for part in counts]), minlength=n_terms)
        keep = self._select(counts, df) & (self.word_ngrams is not None)
        first = left[first_positions(pair_ids, len(distinct))[keep[n_tokens:]]]
        vocabulary = Vocabulary(
            n_samples=n_samples,
            tokens=from_strings(tokens.strings(first_positions(ids, n_tokens))),
            token_table=KeyTable(token_hashes),
            token_df=df[:n_tokens].astype(np.int32),
            unigrams=np.flatnonzero(keep[:n_tokens]).astype(np.int32),
            pairs=np.stack([ids[first], ids[first + 1]], axis=1),
            pair_table=KeyTable(distinct[keep[n_tokens:]]),
            word_idf=idf(df[keep], n_samples),
        )
        return vocabulary, self._weigh_words(counts, vocabulary.word_idf, keep)

    def _word_rows(self, tokens: Tokens, ids: NDArray[np.int32]) -> sp.csr_matrix:
        """Return the word block of new headlines, given their token ids (-1 for unknown)."""
        known = self.vocabulary_
        hashes, left = self._pair_hashes(tokens)
        pairs = known.pair_table.find(hashes)
        pairs[pairs >= 0] += len(known.unigrams)
        counts = self._count_words(tokens, known.column_of[ids], left, pairs, len(known.word_idf))
        return self._weigh_words(counts, known.word_idf)

    def _count_words(
        self,
        tokens: Tokens,
        words: NDArray[np.int32],
        left: NDArray[np.int64],
        pairs: NDArray[np.int32],
        n_terms: int,
    ) -> list[sp.csr_matrix]:
        """Count the columns of words, and of pairs whose left word is given, some headlines at a time."""

        def count_some(some: slice) -> sp.csr_matrix:
            indptr = tokens.indptr[some.start : some.stop + 1]
            rows = row_numbers(indptr)
            first, last = np.searchsorted(left, indptr[[0, -1]])
            columns = np.concatenate([words[indptr[0] : indptr[-1]], pairs[first:last]])
            rows = np.concatenate([rows, rows[left[first:last] - indptr[0]]])
            return count(rows, columns, (len(indptr) - 1, n_terms))

        return in_threads(count_some, cut(len(tokens.indptr) - 1), self.n_jobs)

    def _weigh_words(
        self, counts: list[sp.csr_matrix], weights: NDArray[np.float32], keep: NDArray[np.bool_] | None = None
    ) -> sp.csr_matrix:
        """Weigh the counted columns, only those marked in `keep` if it is given, and join the parts."""

        def weigh_some(part: sp.csr_matrix) -> sp.csr_matrix:
            return tf_idf(part if keep is None else keep_columns(part, keep), weights, self.sublinear_tf)

        return stack(in_threads(weigh_some, counts, self.n_jobs))

    def _pair_hashes(self, tokens: Tokens) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Hash each pair of neighbours in a headline; return the place of its left word, too."""
        paired = self.word_ngrams == (1, 2) and len(tokens.hashes) > 1
        left = np.flatnonzero(same_row(tokens.indptr)) if paired else np.empty(0, np.int64)
        return hash_pairs(tokens.hashes[left], tokens.hashes[left + 1]), left

    def _fit_characters(self, rare: RareWords, words: Vocabulary) -> tuple[Vocabulary, sp.csr_matrix]:
        """Add the character n-grams of the rare words to a vocabulary; return the word-by-n-gram block, too."""
        hashes, indptr, windows = self._char_windows(rare.codes, rare.starts, rare.ends)
        columns, grams = factorize(hashes)
        counts = count(row_numbers(indptr), columns, (len(rare.starts), len(grams)))
        df = np.bincount(counts.indices, minlength=len(grams))
        keep = np.ones(len(grams), bool)
        if self.min_df > 1 or self.max_features is not None:
            in_headlines = pattern(rare.rows) @ pattern(counts)
            keep = self._select([in_headlines], np.bincount(in_headlines.indices, minlength=len(grams)))
        at = first_positions(columns, len(grams))[keep]
        vocabulary = replace(
            words,
            n_rare_words=len(rare.starts),
            char_terms=from_strings(spell(*windows.take(at))),
            char_table=KeyTable(grams[keep]),
            char_idf=idf(df[keep], len(rare.starts)),
        )
        return vocabulary, tf_idf(keep_columns(counts, keep), vocabulary.char_idf, self.sublinear_tf)

    def _char_max_df(self, vocabulary: Vocabulary) -> int:
        """Return the largest document frequency of a word that has character n-grams."""
        return vocabulary.n_samples if self.char_max_df is None else self.char_max_df

    def _rare_words(
        self,
        tokens: Tokens,
        ids: NDArray[np.int32],
        known: NDArray[Any],
        df: NDArray[Any],
        vocabulary: Vocabulary,
    ) -> RareWords:
        """Weigh the words that get character n-grams by their share of the headlines."""
        if self.char_ngrams is None:
            none = np.empty(0, np.int64)
            rows = sp.csr_matrix((len(tokens.indptr) - 1, 0), dtype=np.float32)
            return RareWords(rows, known[:0], tokens.codes, none, none)
        rare = df <= self._char_max_df(vocabulary)
        counts = count(row_numbers(tokens.indptr), ids, (len(tokens.indptr) - 1, len(df)))
        rows = keep_columns(tf_idf(counts, idf(df, vocabulary.n_samples), self.sublinear_tf), rare)
        first = first_positions(ids, len(df))[rare]
        return RareWords(rows, known[rare], tokens.codes, tokens.starts[first], tokens.ends[first])

    def _char_windows(
        self, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64], Windows]:
        """Return the hashes of the n-grams of words, the row pointers, and the n-grams as windows of code points."""
        ends = np.minimum(ends, starts + _LONGEST_WORD)
        windows, indptr = char_ngrams(codes, starts, ends, self.char_ngrams or (1, 1))
        return hash_windows(*windows), indptr, windows

    def _join(self, blocks: Blocks) -> sp.csr_matrix:
        """Return the word block followed by the product of the character block."""
        if self.char_ngrams is None:
            return blocks.words

        def join_some(some: slice) -> sp.csr_matrix:
            characters = blocks.rare_words[some] @ blocks.characters
            characters.data *= np.float32(self.char_weight)
            return sp.hstack([blocks.words[some], characters], format="csr", dtype=np.float32)

        return stack(in_threads(join_some, cut(blocks.words.shape[0]), self.n_jobs))

    def _select(self, counts: list[sp.csr_matrix], df: NDArray[Any]) -> NDArray[np.bool_]:
        """Choose the columns that `min_df` and `max_features` keep."""
        keep = df >= self.min_df
        if self.max_features is not None and keep.sum() > self.max_features:
            total = sum(np.bincount(part.indices, part.data, minlength=len(df)) for part in counts)
            order = np.argsort(np.where(keep, -total, 1), kind="stable")
            keep[order[self.max_features :]] = False
        return keep

    def _check_parameters(self) -> None:
        """Raise a ValueError for parameters that are out of range."""
        if self.word_ngrams not in (None, (1, 1), (1, 2)):
            raise ValueError(f"word_ngrams={self.word_ngrams!r}; expected (1, 1), (1, 2) or None")
        if self.char_ngrams is not None and not _is_range(self.char_ngrams):
            raise ValueError(f"char_ngrams={self.char_ngrams!r}; expected (shortest, longest) from 1 up, or None")
        if self.word_ngrams is None and self.char_ngrams is None:
            raise ValueError("word_ngrams=None and char_ngrams=None; expected at least one kind of term")
        if not isinstance(self.min_df, Integral) or self.min_df < 1:
            raise ValueError(f"min_df={self.min_df!r}; expected a whole number of headlines, 1 or more")
        if not isinstance(self.char_weight, Real) or not 0 <= self.char_weight <= 1e9:
            raise ValueError(f"char_weight={self.char_weight!r}; expected a number from 0 to 1e9")
        if self.max_features is not None and not (isinstance(self.max_features, Integral) and self.max_features >= 1):
            raise ValueError(f"max_features={self.max_features!r}; expected 1 or more, or None")


def _is_range(sizes: Any) -> bool:  # noqa: ANN401 (any parameter)
    """Return whether sizes are (shortest, longest) with 1 <= shortest <= longest."""
    whole = isinstance(sizes, tuple) and len(sizes) == 2 and all(isinstance(n, Integral) for n in sizes)
    return whole and 1 <= sizes[0] <= sizes[1]
