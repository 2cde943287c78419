"""Train the linear model, and score headlines out of fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.classifier.ridge import Recipe
from classify.classifier.word_vectors import WordVectors, vector_share
from classify.core.threads import in_threads
from classify.features.sparse import without_unseen

if TYPE_CHECKING:
    from sklearn.linear_model import SGDClassifier

# Passes over the headlines at least and at most, and visits to headlines in between. These, the losses, their learning
# rates and the default C were chosen on a fifth of the training rows of ten corpora of 2,000 to 100,000 headlines and 4
# to 41 sections, and on 10 to 10,000 headlines of eight of them; experiments/solvers.py shows them on any corpus.
_PASSES, _MOST_PASSES, _VISITS = 5, 50, 50_000

# Sections up to which the hinge loss is the more accurate one: it finds the section of more than half the probability,
# and with many sections there may be none (Zhang 2004, "Statistical analysis of some multi-category large margin
# classification methods"). It was better on corpora of 4 and 7 sections, worse or equal on those of 8 and more.
_HINGE_SECTIONS = 7

# Strengths of the vectors to choose from, beside 1. Of 43,000 headlines of thucnews_zh, where single characters are the
# words, 0.904 are right without vectors, 0.905 with a strength of 0.2, and 0.898 with 1.
_WEAKER = (0.5, 0.2, 0.0)


def import_ahead() -> None:
    """Import the solver in another thread: it takes about as long as vectorizing the headlines."""
    Thread(target=import_module, args=("sklearn.linear_model",)).start()


def by_frequency(rows: sp.csr_matrix) -> tuple[sp.csr_matrix, NDArray[np.int32]]:
    """Order the columns from frequent to rare; return the new position of each, too.

    Gradient descent then finds most of the weights in the processor's cache.

    Examples
    --------
    >>> rows, place = by_frequency(sp.csr_matrix([[0, 2, 0], [0, 1, 1]]))
    >>> rows.toarray().tolist(), place.tolist()
    ([[2, 0, 0], [1, 1, 0]], [2, 0, 1])
    """
    order = np.argsort(-np.bincount(rows.indices, minlength=rows.shape[1]), kind="stable")
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return sp.csr_matrix((rows.data, place[rows.indices], rows.indptr), shape=rows.shape), place


def count_columns(y: NDArray[np.intp]) -> int:
    """Return the number of columns of weights for class numbers, or for marks of several sections a headline."""
    return y.shape[1] if y.ndim == 2 else int(y.max()) + 1


def _n_present(y: NDArray[np.intp]) -> int:
    """Return how many sections occur."""
    return int(y.any(axis=0).sum()) if y.ndim == 2 else len(np.unique(y))


def _right(margins: NDArray[np.float32], truth: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which answers are right: one a headline, or one for each headline and section."""
    return np.asarray((margins > 0) == truth if truth.ndim == 2 else margins.argmax(axis=1) == truth)


@dataclass(frozen=True)
class LinearTraining:
    """Train one linear classifier a section, with scikit-learn's stochastic gradient descent.

    Sections are class numbers, shape (n,), or marks of several sections a headline, shape (n, n_sections), 0 or 1.

    Attributes
    ----------
    C, class_weight, n_jobs, random_state
        As in `HeadlineClassifier`.
    vectors
        The vectors of words, if there are any.
    strength
        Factor of the weight of the vectors' margins.
    """

    C: float
    class_weight: str | None
    n_jobs: int | None
    random_state: int
    vectors: WordVectors | None = None
    strength: float = 1.0

    @property
    def recipe(self) -> Recipe:
        """The strength of the vectors, for `HeadlineClassifier.refit`."""
        return Recipe(vectors=self.strength)

    def fit(
        self, rows: sp.csr_matrix, y: NDArray[np.intp], n_columns: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weights, shape (n_features, n_columns), and bias, such that a section without headlines scores -1."""
        weights, bias = self._fit_terms(rows, y, n_columns)
        if self.vectors is None:
            return weights, bias
        of_words, level = self.vectors.fit(rows, y, n_columns, self.class_weight is not None)
        share = vector_share(y, self.strength)
        weights *= 1 - share
        weights[self.vectors.columns] += share * of_words
        return weights, bias * (1 - share) + share * level

    def _fit_terms(
        self, rows: sp.csr_matrix, y: NDArray[np.intp], n_columns: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weights and bias of a model of the terms alone."""
        if y.ndim == 2:
            return self._fit_each(rows, y)
        present, codes = np.unique(y, return_inverse=True)
        weights = np.zeros((rows.shape[1], n_columns), np.float32)
        bias = np.full(n_columns, -1, np.float32)
        if len(present) < 2:
            bias[present] = 1
            return weights, bias
        # Shuffled once: shuffling in each pass gains no accuracy and takes three times as long for 60,000 headlines.
        order = np.random.default_rng(self.random_state).permutation(len(y))
        rows, place = by_frequency(rows[order])
        solver = self.solver(len(y), n_columns).fit(rows, codes[order])
        coef, intercept = solver.coef_.T[place], solver.intercept_
        both = len(present) == 2
        weights[:, present] = np.hstack([-coef, coef]) if both else coef
        bias[present] = np.append(-intercept, intercept) if both else intercept
        return weights, bias

    def _fit_each(
        self, rows: sp.csr_matrix, marked: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weights and bias of models of the terms alone, one for each section of which headlines are marked."""
        n, n_columns = marked.shape
        order = np.random.default_rng(self.random_state).permutation(n)
        rows, place = by_frequency(rows[order])
        marked = marked[order]
        weights = np.zeros((rows.shape[1], n_columns), np.float32)
        bias = np.where(marked.all(axis=0), 1, -1).astype(np.float32)

        def fit(column: int) -> None:
            solver = self.solver(n, n_columns).fit(rows, marked[:, column])
            weights[:, column], bias[column] = solver.coef_[0][place], solver.intercept_[0]

        learnable = np.flatnonzero(marked.any(axis=0) & ~marked.all(axis=0))
        in_threads(fit, learnable.tolist(), self.n_jobs)
        return weights, bias

    def margins(
        self, rows: sp.csr_matrix, n_words: int, y: NDArray[np.intp], outside: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return the margins of the rows outside by a model of the others, which ignores terms found outside only.

        The first `n_words` columns are the word block.
        """
        return self._blend(self._both_margins(rows, n_words, y, outside), y[~outside])

    def out_of_fold(
        self,
        rows: sp.csr_matrix,
        n_words: int,
        y: NDArray[np.intp],
        folds: NDArray[np.intp],
        wanted: NDArray[np.bool_] | None = None,
        enough: float = np.inf,
        first: bool = True,
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], LinearTraining]:
        """Score fold after fold by models of the other folds, and choose the strength of the vectors.

        Stop once `enough` of the `wanted` rows (all by default) are scored, with each section among them. Where it is
        not the `first` time, neither is every section needed nor the strength chosen again.

        Returns
        -------
        :
            Margins, shape (n, n_sections); which rows have them, shape (n,); and the training of the chosen strength.
        """
        wanted = np.ones(len(y), bool) if wanted is None else wanted
        both = np.zeros((2, len(y), count_columns(y)), np.float32)
        scored = np.zeros(len(y), bool)
        for fold in np.unique(folds):
            outside = folds == fold
            both[:, outside] = self._both_margins(rows, n_words, y, outside)
            scored |= outside
            have = y[scored & wanted]
            if len(have) >= enough and not (first and _n_present(have) < _n_present(y)):
                break
        again = self.vectors is None or not first
        chosen = self if again else self._choose(both[:, scored & wanted], y[scored & wanted], y)
        return chosen._blend(both, y), scored, chosen

    def _both_margins(
        self, rows: sp.csr_matrix, n_words: int, y: NDArray[np.intp], outside: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Return the margins of the rows outside by terms and by vectors, zero if there are none; see `margins`."""
        train, n_columns = rows[~outside], count_columns(y)
        weights, bias = self._fit_terms(train, y[~outside], n_columns)
        seen = np.bincount(train.indices, minlength=train.shape[1]) > 0
        if self.vectors is not None:
            seen[self.vectors.columns] = True
        new = without_unseen(rows[outside], seen, n_words)
        both = np.zeros((2, new.shape[0], n_columns), np.float32)
        both[0] = new @ weights + bias
        if self.vectors is not None:
            of_words, level = self.vectors.fit(train, y[~outside], n_columns, self.class_weight is not None)
            both[1] = self.vectors.of_words(new) @ of_words + level
        return both

    def _blend(self, both: NDArray[np.float32], y: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the weighted mean of margins by terms and by vectors, for training headlines of these sections."""
        if self.vectors is None:
            return np.asarray(both[0])
        share = vector_share(y, self.strength)
        return np.asarray(both[0] * (1 - share) + both[1] * share)

    def _choose(self, both: NDArray[np.float32], truth: NDArray[np.intp], y: NDArray[np.intp]) -> LinearTraining:
        """Return the training of the first strength that none of the smaller ones surpasses by a standard error."""
        best, right = self, _right(self._blend(both, y), truth)
        for factor in _WEAKER:
            other = replace(self, strength=self.strength * factor)
            found = _right(other._blend(both, y), truth)
            gain = int(found.sum()) - int(right.sum())
            if gain > np.sqrt((found != right).sum()):
                best, right = other, found
        return best

    def solver(self, n: int, n_sections: int) -> SGDClassifier:
        """Return the unfitted scikit-learn estimator for n headlines."""
        from sklearn.linear_model import SGDClassifier

        many: dict[str, Any] = {"loss": "modified_huber", "learning_rate": "invscaling", "eta0": 1.0, "power_t": 0.25}
        return SGDClassifier(
            alpha=1 / (self.C * n),
            max_iter=min(max(_PASSES, -(-_VISITS // n)), _MOST_PASSES),
            tol=None,
            shuffle=False,
            class_weight=self.class_weight,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
            **(many if n_sections > _HINGE_SECTIONS else {}),
        )
