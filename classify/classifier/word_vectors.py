"""Learn from word vectors, and fold what is learned into weights of words.

A headline's vector is the sum of its words' vectors by TF-IDF. It is linear in the TF-IDF row, and so is a linear score
of it: the score of a word's vector, times the word's TF-IDF. So a model of vectors is one of words, in which words
without labelled headlines have weights, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.features.sparse import keep_columns, row_sums

# Ridge penalty, where the mean squared length of headline vectors is 1. Of 0.3, 1, 3 and 10 it was best with 5 to 100
# labelled headlines a section, on May of newsapi_2022_en, trained on January to April, and on a fifth of the training
# rows of huffpost_41.
_PENALTY = 1.0

# The vectors' margins weigh 8 / n^(1/3) times as much as the words' own, n being the headlines per section. On the rows
# above, 4 was best for 5 headlines a section, 2 to 4 for 20, 1 to 4 for 100, 1 for 700, and 0.5 to 1 for 12,000.
_WEIGHT, _EXPONENT = 8.0, 1 / 3


@dataclass(frozen=True, eq=False)
class WordVectors:
    """The vectors of the words that are columns of training rows.

    Attributes
    ----------
    columns
        Shape (n,): columns of the words, rising.
    vectors
        Shape (n, n_dims), float32.
    n_words
        Number of columns that are words and pairs.
    """

    columns: NDArray[np.int64]
    vectors: NDArray[np.float32]
    n_words: int

    def fit(
        self, rows: sp.csr_matrix, y: NDArray[np.intp], n_columns: int, balanced: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Fit a model of headline vectors, and return the weights of words, shape (n, n_columns), and the bias.

        Parameters
        ----------
        rows, y
            The training rows, shape (n_headlines, n_features), and their class numbers, or a mark for each headline and
            section, shape (n_headlines, n_columns), which are never balanced.
        n_columns
            Number of classes; one without headlines scores -1.
        balanced
            Whether every section has the same weight in training.
        """
        coef, intercept = _fit(self.headline_vectors(rows), y, n_columns, balanced)
        return self.vectors @ coef, intercept

    def of_words(self, rows: sp.csr_matrix) -> sp.csr_matrix:
        """Return the columns of the words that have vectors."""
        mask = np.zeros(rows.shape[1], bool)
        mask[self.columns] = True
        return keep_columns(rows, mask)

    def headline_vectors(self, rows: sp.csr_matrix) -> NDArray[np.float32]:
        """Return the vectors of training headlines, as each would have if it were a new one.

        The pairs and words that a headline alone has, and the background has not, are left out of its length.
        """
        known = np.bincount(rows.indices, minlength=rows.shape[1]) > 1
        known[self.columns] = True
        known[self.n_words :] = False
        squares = np.where(known[rows.indices], rows.data * rows.data, np.float32(0))
        norms = np.maximum(np.sqrt(row_sums(squares, rows.indptr)), np.float32(1e-9))
        return np.asarray(self.of_words(rows) @ self.vectors / norms[:, None])


def vector_share(y: NDArray[np.intp], strength: float = 1.0) -> np.float32:
    """Return the share of the vectors in the weighted mean of margins, given the sections of the training headlines.

    Examples
    --------
    >>> float(vector_share(np.array([0] * 8 + [1] * 8)))
    0.800000011920929
    """
    per_section = y.sum() / y.shape[1] if y.ndim == 2 else len(y) / len(np.unique(y))
    factor = strength * _WEIGHT / max(per_section, 1) ** _EXPONENT
    return np.float32(factor / (1 + factor))


def marks(y: NDArray[Any], n_columns: int) -> NDArray[np.bool_]:
    """Return which section each headline belongs to, shape (n, n_columns), from class numbers or from such marks.

    Examples
    --------
    >>> marks(np.array([1, 0]), 2).tolist()
    [[False, True], [True, False]]
    """
    return np.asarray(y if y.ndim == 2 else y[:, None] == np.arange(n_columns), bool)


def _fit(
    vectors: NDArray[np.float32], y: NDArray[np.intp], n_columns: int, balanced: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Fit ridge regression of 1 for a headline's own section and -1 for the others; return weights and intercept."""
    from threadpoolctl import threadpool_limits

    weights = np.ones(len(y), np.float32)
    if balanced and y.ndim == 1:
        counts = np.bincount(y, minlength=n_columns)
        weights = (len(y) / ((counts > 0).sum() * counts[y])).astype(np.float32)
    targets = 2 * marks(y, n_columns).astype(np.float32) - 1
    # One thread: the sums of several would depend on their number.
    with threadpool_limits(limits=1):
        mean, level = weights @ vectors / weights.sum(), weights @ targets / weights.sum()
        centred = (vectors - mean) * np.sqrt(weights)[:, None]
        normal = (centred.T @ centred).astype(np.float64) + _PENALTY * np.eye(vectors.shape[1])
        coef = np.linalg.solve(normal, centred.T @ ((targets - level) * np.sqrt(weights)[:, None]))
        intercept = level - mean @ coef
    return coef.astype(np.float32), intercept.astype(np.float32)
