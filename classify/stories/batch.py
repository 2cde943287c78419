"""Headlines made ready for clustering: sorted, counted by word, and turned into TF-IDF rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features import TfidfVectorizer


class Batch(NamedTuple):
    """Headlines as columns, sorted by text and day, so that stories do not depend on the order of the input.

    Attributes
    ----------
    order, place
        The input position of each sorted headline, and the sorted position of each input headline.
    headlines
        Clean texts.
    rows
        TF-IDF rows of unit length over words and pairs of words, shape (n, n_terms).
    words
        The columns of single words, ones instead of weights, shape (n, n_words).
    word_hashes
        The hash of each word, shape (n_words,).
    names
        The text of each term, shape (n_terms,).
    days
        Days since 1970; None where no headline is dated.
    """

    order: NDArray[np.int64]
    place: NDArray[np.int64]
    headlines: list[str]
    rows: sp.csr_matrix
    words: sp.csr_matrix
    word_hashes: NDArray[np.uint64]
    names: NDArray[np.object_]
    days: NDArray[np.float64] | None


def prepare(column: pa.Array, days: NDArray[np.float64] | None) -> Batch:
    """Sort clean headlines and turn them into rows.

    Examples
    --------
    >>> batch = prepare(pa.array(["Rovers win", "Cup final"]), None)
    >>> batch.headlines, batch.order.tolist(), batch.words.shape
    (['Cup final', 'Rovers win'], [1, 0], (2, 4))
    """
    keys = pa.table({"text": column, "day": np.zeros(len(column)) if days is None else days})
    order = pc.sort_indices(keys, [("text", "ascending"), ("day", "ascending")]).to_numpy().astype(np.int64)
    place = np.argsort(order)
    column, days = column.take(pa.array(order)), None if days is None else days[order]
    texts = column.to_pylist()
    if not pc.any(pc.match_substring_regex(column, r"[\p{L}\p{N}]")).as_py():
        nothing = sp.csr_matrix((len(texts), 0))
        return Batch(order, place, texts, nothing, nothing, np.zeros(0, np.uint64), np.zeros(0, object), days)
    vectorizer = TfidfVectorizer(char_ngrams=None)
    rows = vectorizer.fit_transform(texts)
    words = rows[:, : len(vectorizer.vocabulary_.unigrams)].tocsr()
    words.data = np.ones(words.nnz)
    hashes = vectorizer.vocabulary_.token_table.keys[vectorizer.vocabulary_.unigrams]
    return Batch(order, place, texts, rows, words, hashes, vectorizer.get_feature_names_out(), days)
