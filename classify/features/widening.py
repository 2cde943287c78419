"""Add the words of a background to a fitted vectorizer, so that words without labelled headlines have columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.core.arrow import from_integers
from classify.features.background import Background
from classify.features.backgroundfile import load_background
from classify.features.hashing import KeyTable
from classify.features.sparse import idf, row_sums
from classify.features.vectorizer import TfidfVectorizer
from classify.features.vocabulary import Vocabulary

if TYPE_CHECKING:
    from classify.core.arrow import Texts

Given: TypeAlias = "Background | Sequence[Background | str] | str | None"
"""What users give as a background; see `choose_background`."""

# The least share of the words of headlines that "auto" has to know. It is 0.92 to 0.99 in twelve English corpora, 0.14
# in indicnews_hi, 0.04 in thucnews_zh, and 0.4 to 0.6 in a few German, French and Spanish headlines.
_LEAST_KNOWN = 0.75


class Widened(NamedTuple):
    """A vectorizer with the words of a background, and the training rows by its columns.

    Attributes
    ----------
    vectorizer, rows
        As `TfidfVectorizer.fit_transform` learns and returns them, but for the columns and the weights of words.
    columns
        Shape (n_background_words,): the columns of the background's words, rising.
    """

    vectorizer: TfidfVectorizer
    rows: sp.csr_matrix
    columns: NDArray[np.int64]


def widen(vectorizer: TfidfVectorizer, rows: sp.csr_matrix, background: Background) -> Widened:
    """Add the words of a background to the columns of a fitted vectorizer.

    The document frequency of a word is then that in the training headlines and those of the background together. Pairs
    and character n-grams stay as they are.

    Parameters
    ----------
    vectorizer
        Fitted, with words among its terms.
    rows
        Shape (n_headlines, n_features): the rows of the training headlines.
    background
        What to add.

    Examples
    --------
    >>> from classify.features.background import learn_background
    >>> vectorizer = TfidfVectorizer(word_ngrams=(1, 1), char_ngrams=None)
    >>> rows = vectorizer.fit_transform(["Rovers win", "Senate votes"])
    >>> found = widen(vectorizer, rows, learn_background([["Cup tie"], ["Cup for Rovers"]], min_df=1))
    >>> found.vectorizer.get_feature_names_out().tolist()
    ['win', 'votes', 'rovers', 'cup', 'tie', 'senate', 'for']
    >>> found.rows.shape, found.columns.tolist()
    ((2, 7), [2, 3, 4, 6])
    """
    own = vectorizer.vocabulary_
    both = np.concatenate([own.token_table.keys, background.table.keys])
    keys, first = np.unique(both, return_index=True)
    places, others = np.split(np.searchsorted(keys, both).astype(np.int32), [len(own.tokens)])
    df = np.zeros((2, len(keys)), np.int32)
    df[0, places], df[1, others] = own.token_df, background.df
    is_column = df[1] > 0
    is_column[places[own.unigrams]] = True
    unigrams = np.flatnonzero(is_column).astype(np.int32)
    weights = idf(df.sum(axis=0)[unigrams], own.n_samples + background.n_headlines)
    vocabulary = replace(
        own,
        tokens=pa.concat_arrays([own.tokens, background.words]).take(from_integers(first)),
        token_table=KeyTable(keys),
        token_df=df[0],
        unigrams=unigrams,
        pairs=places[own.pairs],
        word_idf=np.concatenate([weights, own.word_idf[len(own.unigrams) :]]),
    )
    wide = _rewrite(rows, own, vocabulary, np.searchsorted(unigrams, places[own.unigrams]))
    found = TfidfVectorizer.from_vocabulary(vocabulary, **vectorizer.get_params())
    return Widened(found, wide, np.searchsorted(unigrams, others))


def _rewrite(rows: sp.csr_matrix, own: Vocabulary, wide: Vocabulary, moved: NDArray[np.int64]) -> sp.csr_matrix:
    """Return rows by the columns of a wider vocabulary, in which the own single words have moved."""
    n_own, n_words = len(own.unigrams), len(wide.word_idf)
    new = np.arange(own.n_features, dtype=np.int32) + np.int32(len(wide.unigrams) - n_own)
    new[:n_own] = moved
    factor = np.ones(own.n_features, np.float32)
    factor[:n_own] = wide.word_idf[moved] / own.word_idf[:n_own]
    indices, data = new[rows.indices], rows.data * factor[rows.indices]
    in_words = indices < n_words
    norms = np.sqrt(row_sums(np.where(in_words, data * data, np.float32(0)), rows.indptr))
    data[in_words] /= np.repeat(norms, np.diff(rows.indptr))[in_words]
    return sp.csr_matrix((data, indices, rows.indptr), shape=(rows.shape[0], wide.n_features))


def join_backgrounds(backgrounds: Sequence[Background]) -> Background:
    """Join what was learned from several collections of headlines: all words, the dimensions side by side.

    Examples
    --------
    >>> from classify.features.background import learn_background
    >>> one = learn_background([["Cup tie", "Cup win"]], min_df=1, n_dims=4)
    >>> two = learn_background([["Cup vote", "Tax vote"]], min_df=1, n_dims=4)
    >>> both = join_backgrounds([one, two])
    >>> sorted(both.words.to_pylist()), both.vectors.shape, both.n_headlines
    (['cup', 'tax', 'tie', 'vote', 'win'], (5, 8), 4)
    """
    if len(backgrounds) == 1:
        return backgrounds[0]
    keys, first = np.unique(np.concatenate([each.table.keys for each in backgrounds]), return_index=True)
    codes = np.zeros((len(keys), sum(each.codes.shape[1] for each in backgrounds)), np.int8)
    df, begin = np.zeros(len(keys), np.int32), 0
    for each in backgrounds:
        places, n_dims = np.searchsorted(keys, each.table.keys), each.codes.shape[1]
        df[places] += each.df
        codes[places, begin : begin + n_dims] = each.codes
        begin += n_dims
    # The squared distances of headline vectors add up; their mean is to be 1 again.
    steps = np.concatenate([each.steps for each in backgrounds]) * np.float32(len(backgrounds) ** -0.5)
    words = pa.concat_arrays([each.words for each in backgrounds]).take(from_integers(first))
    return Background(sum(each.n_headlines for each in backgrounds), words, KeyTable(keys), df, codes, steps)


def choose_background(given: Given, headlines: Texts, n_jobs: int | None = 1) -> Background | None:
    """Return what is known beforehand of the language of headlines, joined; None if that is nothing.

    Parameters
    ----------
    given
        A `Background` or several; ``"auto"`` is the one that comes with the package, if it knows three quarters of the
        words of the headlines.
    headlines
        Clean headlines.
    n_jobs
        Threads.

    Examples
    --------
    >>> len(choose_background("auto", ["Rovers win the cup"])) > 10_000
    True
    >>> choose_background("auto", ["तूफ़ान आया"])
    """
    several: Sequence[object] = [] if given is None else [given] if isinstance(given, Background | str) else given
    found = []
    for each in several:
        if isinstance(each, Background):
            found.append(each)
        elif each != "auto":
            raise ValueError(f"background={each!r}; expected a Background, several, 'auto' or None")
        elif _shipped().known_share(headlines, n_jobs) >= _LEAST_KNOWN:
            found.append(_shipped())
    return join_backgrounds(found) if found else None


@cache
def _shipped() -> Background:
    """Load the background that comes with the package, once."""
    return load_background()
