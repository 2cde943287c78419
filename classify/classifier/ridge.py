"""Train on few labelled headlines: ridge regression on terms and word vectors, solved in closed form.

The solution is that of kernel ridge regression. It takes a fraction of a second, and the margins that each headline
would have without its own label follow from it without training again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.classifier.word_vectors import WordVectors
from classify.features.sparse import row_numbers, row_sums, without_unseen

FEW = 2_000
"""Labelled headlines up to which they are few: with more, gradient descent is as accurate, and faster."""

# Weight of the terms beside the vectors, penalty where C is 0.7, and weight of the name of a section beside one
# labelled headline. With 5, 20 and 100 labels a section, terms of 0.2 to 0.5 and penalties of 0.5 to 2 gave the same
# accuracy within about a point, in one to four draws from each of January to March of newsapi_2022_en, measured on
# April, and of four fifths of the rows of huffpost_41, indicnews_hi and thucnews_zh that experiments/few_labels.py
# trains on. Of 0.3, 1 and 3 for names, 3 was best with 5 labels a section: names add 2.3 points on the news and 3.6 on
# HuffPost, with 20 labels 0 and 0.7, nothing with 100, and on the other two, whose names are English, 0.5 less to 0.
_TERMS, _PENALTY, _NAME = 0.4, 0.7, 3.0

# With a smaller penalty, headlines of the same words and other sections make the system singular.
_LEAST_PENALTY = 1e-3

# Factors of the vectors' weight to choose from, beside 1; see classify.classifier.linear.
_WEAKER = (0.2, 0.0)

# Margins are 8 p - 6 / n_sections - 1 where the regression of 1 for the own section and 0 for others returns p: the
# corners of calibration, at margins of 0 and 1, then lie among the two best sections of most headlines. On the rows
# above, factors of 5 to 8 gave the least calibration error.
_SCALE = 8.0


class Recipe(NamedTuple):
    """How weights are learned; `HeadlineClassifier.refit` learns in the same way, for which probabilities were learned.

    Attributes
    ----------
    few
        Whether by ridge regression, as few headlines are.
    vectors
        Factor of the weight of word vectors, 0 to 1.
    names
        Weight of the name of a section as one of its headlines; 0 with many headlines.
    """

    few: bool = False
    vectors: float = 1.0
    names: float = 0.0


FIRST, MANY = Recipe(few=True, names=_NAME), Recipe()
"""The recipes of few and of many headlines to begin with."""


class _Solution(NamedTuple):
    """Examples, labelled headlines first, and the inverse and coefficients of their kernel regression."""

    rows: sp.csr_matrix
    features: NDArray[np.float64]
    targets: NDArray[np.float64]
    weights: NDArray[np.float64]
    inverse: NDArray[np.float64]
    dual: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RidgeTraining:
    """Train by ridge regression.

    Attributes
    ----------
    C, class_weight
        As in `HeadlineClassifier`.
    vectors
        The vectors of words.
    names
        Shape (n_sections, n_features): the TF-IDF rows of the names of sections; None if they have no names.
    recipe
        The weights of vectors and names.
    """

    C: float
    class_weight: str | None
    vectors: WordVectors
    names: sp.csr_matrix | None = None
    recipe: Recipe = FIRST

    def fit(
        self, rows: sp.csr_matrix, y: NDArray[np.intp], n_columns: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weights, shape (n_features, n_columns), and bias."""
        from threadpoolctl import threadpool_limits

        # One thread: the sums of several would depend on their number.
        with threadpool_limits(limits=1):
            found = self._solve(rows, y, n_columns)
            dual, level = found.dual[:-1], found.dual[-1]
            weights = _TERMS * np.asarray(found.rows.T @ dual)
            coef = self.recipe.vectors * (found.features.T @ dual)
            weights[self.vectors.columns] += self.vectors.vectors @ coef.astype(np.float32)
        return weights.astype(np.float32), (level + _lowest(n_columns)).astype(np.float32)

    def margins(
        self, rows: sp.csr_matrix, n_words: int, y: NDArray[np.intp], outside: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return the margins of the rows outside by a model of the others; see `LinearTraining.margins`."""
        train = rows[~outside]
        weights, bias = self.fit(train, y[~outside], int(y.max()) + 1)
        seen = np.bincount(train.indices, minlength=train.shape[1]) > 0
        seen[self.vectors.columns] = True
        return np.asarray(without_unseen(rows[outside], seen, n_words) @ weights + bias)

    def out_of_fold(
        self,
        rows: sp.csr_matrix,
        n_words: int,
        y: NDArray[np.intp],
        folds: NDArray[np.intp],
        wanted: NDArray[np.bool_] | None = None,
        enough: float = np.inf,
        first: bool = True,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], RidgeTraining]:
        """Score all headlines, each by a model of the other folds; see `LinearTraining.out_of_fold`.

        The `first` time, choose the first weights that no later ones surpass by two standard errors.
        """
        wanted = np.ones(len(y), bool) if wanted is None else wanted
        best, margins = self, self._without_own_label(rows, n_words, y, folds)
        for recipe in self._others() if first else ():
            other = replace(self, recipe=recipe)
            found = other._without_own_label(rows, n_words, y, folds)
            if _better(found[wanted], margins[wanted], y[wanted]):
                best, margins = other, found
        return margins, np.ones(len(y), bool), best

    def _others(self) -> list[Recipe]:
        """Return the weights to choose from instead of one's own: without names, then with weaker vectors."""
        without = [Recipe(True, self.recipe.vectors, 0.0)] if self.names is not None and self.recipe.names else []
        return without + [Recipe(True, factor, 0.0) for factor in _WEAKER]

    def _solve(self, rows: sp.csr_matrix, y: NDArray[np.intp], n_columns: int) -> _Solution:
        """Solve the regression of the labelled headlines and the names of their sections."""
        counts = np.bincount(y, minlength=n_columns)
        weights = len(y) / ((counts > 0).sum() * counts[y]) if self.class_weight is not None else np.ones(len(y))
        targets = np.eye(n_columns)[y]
        if self.recipe.names and self.names is not None:
            # Only names with a word that has a vector, of sections that have headlines.
            has_vector = np.diff(self.vectors.of_words(self.names).indptr) > 0
            named = np.flatnonzero(has_vector & (counts[: len(has_vector)] > 0))
            rows = sp.vstack([rows, self.names[named]], format="csr")
            weights = np.append(weights, np.full(len(named), self.recipe.names))
            targets = np.vstack([targets, np.eye(n_columns)[named]])
        features = self.vectors.headline_vectors(rows).astype(np.float64)
        n = len(targets)
        system = np.ones((n + 1, n + 1))
        system[:n, :n] = self._kernel(features, features, rows, rows) + np.diag(
            max(_PENALTY / self.C, _LEAST_PENALTY) / weights
        )
        system[n, n] = 0
        inverse = np.asarray(np.linalg.inv(system), np.float64)
        return _Solution(rows, features, targets, weights, inverse, inverse[:, :n] @ (_SCALE * targets))

    def _kernel(
        self, left: NDArray[np.float64], right: NDArray[np.float64], rows: sp.csr_matrix, others: sp.csr_matrix
    ) -> NDArray[np.float64]:
        """Return the inner products of headlines."""
        return np.asarray(self.recipe.vectors * (left @ right.T) + _TERMS * (rows @ others.T).toarray())

    def _without_own_label(
        self, rows: sp.csr_matrix, n_words: int, y: NDArray[np.intp], folds: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return the margins of each headline by a model of the other folds.

        The formula is that of leaving one out, for blocks. The share of each section stays that of all headlines: in a
        model of four of five headlines of a section it would be less probable than it is.
        """
        from threadpoolctl import threadpool_limits

        n_columns = int(y.max()) + 1
        with threadpool_limits(limits=1):
            found = self._solve(rows, y, n_columns)
            new = _as_new(rows, folds, self.vectors.columns, n_words)
            kernel = self._kernel(found.features[: len(y)], found.features, new, found.rows)
            kernel = np.hstack([kernel, np.ones((len(y), 1))])
            total, mass = found.weights @ found.targets, found.weights.sum()
            margins = np.empty((len(y), n_columns))
            for fold in np.unique(folds):
                at = np.flatnonzero(folds == fold)
                change = np.linalg.solve(found.inverse[np.ix_(at, at)], found.dual[at])
                margins[at] = kernel[at] @ (found.dual - found.inverse[:, at] @ change)
                left = (total - found.weights[at] @ found.targets[at]) / (mass - found.weights[at].sum())
                margins[at] += _SCALE * (total / mass - left)
        return (margins + _lowest(n_columns)).astype(np.float32)


def _lowest(n_columns: int) -> float:
    """Return the margin where the regression returns 0."""
    return -6 / n_columns - 1


def _better(found: NDArray[np.float32], best: NDArray[np.float32], y: NDArray[np.intp]) -> bool:
    """Return whether the first margins are right more often than the second, by two standard errors."""
    right, others = found.argmax(axis=1) == y, best.argmax(axis=1) == y
    return bool(int(right.sum()) - int(others.sum()) > 2 * np.sqrt((right != others).sum()))


def _as_new(rows: sp.csr_matrix, folds: NDArray[np.intp], columns: NDArray[np.int64], n_words: int) -> sp.csr_matrix:
    """Return rows as new headlines have them: without terms that are in one fold alone, words of unit length again.

    >>> rows = sp.csr_matrix(np.array([[0.6, 0.8], [0, 1]], np.float32))
    >>> _as_new(rows, np.array([0, 1]), np.array([], int), 2).toarray().tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    of_row, n = row_numbers(rows.indptr), rows.shape[1]
    pairs = np.unique(folds[of_row].astype(np.int64) * n + rows.indices)
    known = np.bincount(pairs % n, minlength=n) > 1
    known[columns] = True
    data = np.where(known[rows.indices], rows.data, np.float32(0))
    in_words = rows.indices < n_words
    norms = np.sqrt(row_sums(np.where(in_words, data * data, np.float32(0)), rows.indptr))
    data[in_words] /= np.maximum(norms, np.float32(1e-9))[of_row[in_words]]
    return sp.csr_matrix((data, rows.indices, rows.indptr), shape=rows.shape)
