"""What `TfidfVectorizer` learns: words, pairs of words and character n-grams, with their document frequencies."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import from_flags, from_integers, from_strings
from classify.features.hashing import KeyTable, hash_windows
from classify.features.unicode import code_points


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The learned state of a `TfidfVectorizer`.

    Its columns are the words ``unigrams``, the ``pairs`` of neighbouring words, then the character n-grams.

    Attributes
    ----------
    n_samples
        Number of training headlines.
    tokens, token_table, token_df
        Shape (n_tokens,): the words of the training headlines by rising hash, their hashes, and the number of headlines
        that contain each.
    unigrams
        Shape (n_unigrams,): positions in `tokens` of the words that are columns, rising.
    pairs, pair_table
        Shape (n_pairs, 2): positions in `tokens` of both words of each pair, by rising hash, and their hashes.
    word_idf
        Shape (n_unigrams + n_pairs,): inverse document frequencies.
    n_rare_words
        Number of distinct words that have character n-grams.
    char_terms, char_table, char_idf
        Shape (n_char_terms,): character n-grams by rising hash, their hashes and inverse document frequencies.
    """

    n_samples: int
    tokens: pa.StringArray
    token_table: KeyTable
    token_df: NDArray[np.int32]
    unigrams: NDArray[np.int32]
    pairs: NDArray[np.int32]
    pair_table: KeyTable
    word_idf: NDArray[np.float32]
    n_rare_words: int = 0
    char_terms: pa.StringArray = field(default_factory=lambda: from_strings([]))
    char_table: KeyTable = field(default_factory=lambda: KeyTable(np.empty(0, np.uint64)))
    char_idf: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.word_idf) + len(self.char_idf)

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what is derived from them is not pickled."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def names(self) -> NDArray[np.object_]:
        """Return the name of each column: words and pairs as they are, character n-grams with ``char:`` before them."""
        chars = [f"char:{gram}" for gram in self.char_terms.to_pylist()]
        return np.concatenate([self.spell(np.arange(len(self.word_idf))), np.array(chars, object)])

    def spell(self, columns: NDArray[np.integer[Any]]) -> NDArray[np.object_]:
        """Return the names of some of the columns that are words and pairs."""
        terms, is_pair = np.empty(len(columns), object), columns >= len(self.unigrams)
        terms[~is_pair] = self._words(self.unigrams[columns[~is_pair]])
        left, right = self.pairs[columns[is_pair] - len(self.unigrams)].T
        terms[is_pair] = self._words(left) + " " + self._words(right)
        return terms

    def _words(self, places: NDArray[np.int32]) -> NDArray[np.object_]:
        """Return the words at these positions in `tokens`."""
        return np.array(self.tokens.take(from_integers(places)).to_pylist(), object)

    @cached_property
    def column_of(self) -> NDArray[np.int32]:
        """The column of each word of `tokens`, -1 for none; the last entry is that of an unknown word."""
        columns = np.full(len(self.tokens) + 1, -1, np.int32)
        columns[self.unigrams] = np.arange(len(self.unigrams))
        return columns

    @cached_property
    def df_of(self) -> NDArray[np.int32]:
        """`token_df`, and 0 as the last entry, for an unknown word."""
        return np.append(self.token_df, np.int32(0))

    def token_windows(self) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
        """Return the code points of all `tokens`, and where in them each begins and ends."""
        codes, starts = code_points(self.tokens)
        return codes, starts, np.append(starts[1:], len(codes)) - 1

    def document_frequencies(self) -> NDArray[np.float64]:
        """Return the number of training headlines that contain each column's term.

        For a character n-gram, return the number of distinct rare words that contain it.
        """
        n_words = np.full(len(self.word_idf), 1.0 + self.n_samples)
        n_chars = np.full(len(self.char_idf), 1.0 + self.n_rare_words)
        weights = np.concatenate([self.word_idf, self.char_idf]).astype(np.float64)
        df = np.concatenate([n_words, n_chars]) / np.exp(weights - 1) - 1
        # The frequency of a word is that in a background, too, where one was used: often less than one headline.
        return np.where(df < 1, (df + 1) / 2, df)

    def restrict(self, columns: NDArray[np.int64], char_max_df: int) -> Vocabulary:
        """Return a vocabulary of the given columns alone, sorted; `tokens` keeps the words that are still needed.

        Words in more than `char_max_df` headlines are needed: forgotten, they would be given character n-grams.
        """
        keep = np.zeros(self.n_features, bool)
        keep[columns] = True
        words, chars = np.split(keep, [len(self.word_idf)])
        unigrams, bigrams = np.split(words, [len(self.unigrams)])
        pairs = self.pairs[bigrams]
        needed = self.token_df > char_max_df
        needed[self.unigrams[unigrams]] = needed[pairs] = True
        number = (np.cumsum(needed) - 1).astype(np.int32)
        return Vocabulary(
            n_samples=self.n_samples,
            tokens=self.tokens.filter(from_flags(needed)),
            token_table=KeyTable(self.token_table.keys[needed]),
            token_df=self.token_df[needed],
            unigrams=number[self.unigrams[unigrams]],
            pairs=number[pairs],
            pair_table=KeyTable(self.pair_table.keys[bigrams]),
            word_idf=self.word_idf[words],
            n_rare_words=self.n_rare_words,
            char_terms=self.char_terms.filter(from_flags(chars)),
            char_table=KeyTable(self.char_table.keys[chars]),
            char_idf=self.char_idf[chars],
        )


def pack_terms(terms: pa.StringArray) -> NDArray[np.uint8]:
    """Return the UTF-8 bytes of terms, which contain no line feed, each followed by one.

    Examples
    --------
    >>> unpack_terms(pack_terms(from_strings(["rovers", "cup"])))[0].to_pylist()
    ['rovers', 'cup']
    """
    return np.frombuffer("".join(f"{term}\n" for term in terms.to_pylist()).encode(), np.uint8)


def unpack_terms(packed: NDArray[np.uint8]) -> tuple[pa.StringArray, NDArray[np.uint64]]:
    """Return the terms that `pack_terms` packed, and their hashes."""
    text = packed.tobytes().decode()
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    ends = np.flatnonzero(codes == ord("\n"))
    # Split by Arrow, without a Python object per term.
    terms = pc.split_pattern(from_strings([text[:-1]]), "\n").flatten()[: len(ends)]
    return terms, hash_windows(codes, np.append(0, ends + 1)[:-1], ends)
