"""The section classifier: TF-IDF rows, a linear model, probabilities that mean what they say, reasons, abstention.

One linear classifier a section is trained with scikit-learn: the model is a weight per term and section. How margins
become probabilities is learned from out-of-fold margins.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classify.classifier.calibration import calibrate, choose_thresholds, find_threshold, fit_calibration
from classify.classifier.labels import check_mask, deal_folds, encode_sections
from classify.classifier.linear import LinearTraining, import_ahead
from classify.core.arrow import as_column
from classify.core.estimator import Estimator, check_fitted
from classify.core.threads import in_threads
from classify.features import TfidfVectorizer
from classify.features.vectorizer import RareWords
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from collections.abc import Callable

    from classify.core.arrow import Texts

Scores = TypeVar("Scores", NDArray[np.float32], NDArray[np.float64])

# Out-of-fold scores that are enough to learn probabilities and thresholds from.
_SCORED = 20_000

# Sections up to which the character scores of all known words are kept while predicting: memory goes with their number.
_FEW_SECTIONS = 50

# The largest weight that the model file can hold; only with a large `C` would there be larger ones.
_LARGEST = float(np.finfo(np.float16).max)

# Headlines scored at a time: of 2,000 to 50,000 the fastest, for what a batch needs stays in the processor's caches.
_BATCH = 10_000

# Characters of words scored at a time: their n-grams take some 300 bytes each.
_CHARACTERS = 200_000


@dataclass(frozen=True)
class Prediction:
    """Say what one headline was taken for.

    Attributes
    ----------
    headline
        As given.
    section
        The best section, or None where the classifier abstained.
    probability
        Of the best section, 0 to 1, abstained or not.
    sections
        The most probable sections with their probabilities, best first.
    terms
        The words that spoke for the best section, or against it, with their weights, largest first.
    """

    headline: str
    section: str | None
    probability: float
    sections: list[tuple[str, float]]
    terms: list[tuple[str, float]]


class HeadlineClassifier(Estimator):
    """Label headlines by section.

    Parameters
    ----------
    word_ngrams, char_ngrams, min_df, char_weight, punctuation
        As in `TfidfVectorizer`.
    C
        Inverse strength of the L2 penalty, 1e-9 to 1e15: SGDClassifier's ``1 / (alpha * n_headlines)``. Far below
        30 / n_headlines the weights learned are hardly better than chance.
    class_weight
        ``"balanced"`` makes every section weigh alike in training; None weighs every headline alike.
    none_label
        Sections of this name are headlines that belong to none of the sections: they are learned from, never
        answered. None: there are no such headlines.
    n_folds
        Folds for the out-of-fold scores that calibration and abstention learn from, 2 or more. Fold after fold is
        scored until 20,000 headlines are: more would take long and change little.
    n_jobs
        Threads for training and prediction; the result does not depend on it.
    random_state
        Seed of the order in which headlines are visited, and of the folds.

    Attributes
    ----------
    classes_
        Shape (n_sections,): the section names, sorted.
    suffixes_
        Publisher names that were found behind training headlines, and are removed before prediction.
    coef_
        Shape (n_features, n_sections), float32: weights per term; with `intercept_` they give the margins. With a
        `none_label`, its column stands last.
    thresholds_
        For each error budget of `ERROR_BUDGETS` the least probability at which to answer; above 1 where the budget
        cannot be met.

    Examples
    --------
    >>> headlines = ["Rovers win the cup", "Striker signs for Rovers", "MPs vote on tax", "Senate passes tax bill"]
    >>> classifier = HeadlineClassifier(n_folds=2).fit(headlines, ["sport", "sport", "politics", "politics"])
    >>> classifier.predict(["Rovers striker injured"]).tolist()
    ['sport']
    """

    _estimator_type = "classifier"

    def __init__(
        self,
        *,
        word_ngrams: tuple[int, int] | None = (1, 2),
        char_ngrams: tuple[int, int] | None = (2, 5),
        min_df: int = 1,
        char_weight: float = 0.7,
        punctuation: bool = True,
        C: float = 0.7,
        class_weight: str | None = None,
        none_label: str | None = None,
        n_folds: int = 5,
        n_jobs: int | None = 2,
        random_state: int = 0,
    ) -> None:
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.min_df = min_df
        self.char_weight = char_weight
        self.punctuation = punctuation
        self.C = C
        self.class_weight = class_weight
        self.none_label = none_label
        self.n_folds = n_folds
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        headlines: Texts,
        sections: ArrayLike,
        groups: ArrayLike | None = None,
        calibration_mask: ArrayLike | None = None,
        dates: ArrayLike | None = None,
        publishers: Texts | None = None,
    ) -> Self:
        """Learn from labelled headlines.

        Parameters
        ----------
        headlines
            n headlines.
        sections
            Shape (n,): the section of each; at least two different ones.
        groups
            Shape (n,): headlines with the same number, such as near-duplicates, never stand on both sides of a
            calibration fold. None: every headline is its own group.
        calibration_mask
            Shape (n,), bool: the headlines that are like those to be labelled later, where not all are; probabilities
            and thresholds are fitted to these alone. Every section must occur among them. None: all of them.
        dates
            Shape (n,), datetime64: where headlines of later days are to be labelled. Probabilities and thresholds are
            then learned from stretches of time that a model did not see, since news changes. None: from random folds.
        publishers
            n publishers, None where unknown: their names are removed where they end a headline.
        """
        self._check_parameters()
        column = as_column(headlines)
        classes, y = encode_sections(sections, len(column), self.none_label)
        mask = check_mask(calibration_mask, y)
        # Folds a tenth larger than needed: groups make them unequal, and the first one should do.
        n_folds = max(self.n_folds, int(mask.sum() / (1.1 * _SCORED)))
        folds = deal_folds(groups, len(y), n_folds, self.random_state, dates)
        # By a copy, so that a fit that fails or is broken off leaves the classifier as it was.
        new = copy(self)
        new._learn(column, find_suffixes(column, publishers), classes, y, mask, folds)
        self.__dict__ = vars(new)
        return self

    def decision_function(self, headlines: Texts) -> NDArray[np.float32]:
        """Return the margins, shape (n_headlines, n_sections): above 0 on the section's side of its boundary.

        With two sections, shape (n_headlines,): the margins of the second, as scikit-learn has it.
        """
        margins = self._in_batches(headlines, self._score)
        return margins[:, 1] if margins.shape[1] == 2 else margins[:, : len(self.classes_)]

    def clean(self, headlines: Texts) -> pa.Array:
        """Tidy headlines as they were tidied for training; see `classify.text.clean`."""
        check_fitted(self)
        return clean(as_column(headlines), self.suffixes_)

    def predict_proba(self, headlines: Texts) -> NDArray[np.float64]:
        """Return the calibrated probabilities, shape (n_headlines, n_sections).

        Rows sum to 1; with a `none_label`, what is missing to 1 is the probability of none of the sections.
        """
        return self._in_batches(headlines, lambda batch: self.proba_of(self._score(batch)))

    def predict(self, headlines: Texts) -> NDArray[Any]:
        """Return the most probable section of each headline, shape (n_headlines,)."""
        proba = self.predict_proba(headlines)
        best: NDArray[Any] = self.classes_[proba.argmax(axis=1)]
        return best

    def score(self, headlines: Texts, sections: ArrayLike) -> float:
        """Return the accuracy, 0 to 1."""
        return float(np.mean(self.predict(headlines) == np.asarray(sections)))

    def threshold(self, max_error: float) -> float:
        """Return the least probability at which to answer so that the error among the answers is within a budget.

        Parameters
        ----------
        max_error
            Share of wrong answers among the answers given, above 0 and below 1; rounded down to the budgets that
            were learned. Below the least of them is a ValueError.
        """
        check_fitted(self)
        return find_threshold(self.thresholds_, max_error)

    def predict_headlines(
        self,
        headlines: Texts,
        *,
        max_error: float | None = None,
        min_probability: float = 0.0,
        top: int = 1,
        explain: int = 0,
    ) -> list[Prediction]:
        """Label headlines and say how sure and why.

        Parameters
        ----------
        headlines
            n headlines.
        max_error
            Abstain where needed to keep the error among the answers within this share; see `threshold`.
        min_probability
            Abstain below this probability, 0 to 1.
        top
            How many sections to list.
        explain
            How many terms to list.
        """
        if not 0 <= min_probability <= 1:
            raise ValueError(f"min_probability={min_probability!r}; expected a probability, 0 to 1")
        column = as_column(headlines)
        proba = self.predict_proba(column)
        limit = min_probability if max_error is None else self.threshold(max_error)
        order = np.argsort(-proba, axis=1, kind="stable")
        reasons = self.explain(column, explain) if explain else [[] for _ in proba]
        answers = []
        for headline, row, best, terms in zip(column.to_pylist(), proba, order, reasons, strict=True):
            sections = [(str(self.classes_[i]), float(row[i])) for i in best[: max(top, 1)]]
            best_name, probability = sections[0]
            section = best_name if probability >= limit else None
            answers.append(Prediction(headline, section, probability, sections, terms))
        return answers

    def explain(self, headlines: Texts, k: int | None = None) -> list[list[tuple[str, float]]]:
        """Return the terms behind each best section, largest weight first, at most `k`.

        A term is a word (its character n-grams folded into it) or a pair of words. With all terms listed, the weights
        sum to the margin of the best section (see `decision_function`), the intercept being the term ``"(bias)"``.
        """
        from classify.classifier.explain import explain

        return explain(self, headlines, k)

    def top_terms(self, k: int = 20) -> dict[str, list[tuple[str, float]]]:
        """Return the `k` words and pairs of words that speak most for each section.

        The weight is that of `coef_` divided by the term's idf: among words of equal weight the common one tells more.
        """
        from classify.classifier.explain import top_terms

        check_fitted(self)
        return top_terms(self, k)

    def restrict(self, columns: NDArray[np.int64]) -> Self:
        """Return a classifier that knows only the given columns of `coef_`, sorted."""
        check_fitted(self)
        other = copy(self)
        other.vectorizer_ = self.vectorizer_.restrict(columns)
        other.coef_ = self.coef_[columns]
        return other

    def _learn(
        self,
        column: pa.Array,
        suffixes: tuple[str, ...],
        classes: NDArray[Any],
        y: NDArray[np.intp],
        mask: NDArray[np.bool_],
        folds: NDArray[np.intp],
    ) -> None:
        """Learn terms, weights, probabilities and thresholds."""
        import_ahead()
        self.classes_, self.suffixes_, self.vectorizer_ = classes, suffixes, self.vectorizer()
        rows = self.vectorizer_.fit_transform(clean(column, self.suffixes_))
        training, n_words = self.training(), len(self.vectorizer_.word_idf_)
        margins, scored = training.out_of_fold(rows, n_words, y, folds, mask, _SCORED)
        mask = mask & scored
        self.calibration_ = fit_calibration(margins[mask], y[mask], self.random_state)
        self.thresholds_ = choose_thresholds(self.proba_of(margins[mask]), y[mask])
        weights, self.intercept_ = training.fit(rows, y, margins.shape[1])
        # Rounded at once to what the model file keeps, so that a saved model answers as this one.
        self.coef_ = weights.clip(-_LARGEST, _LARGEST).astype(np.float16).astype(np.float32)

    def vectorizer(self) -> TfidfVectorizer:
        """Make the vectorizer from the parameters that are its own."""
        own = TfidfVectorizer().get_params()
        return TfidfVectorizer(**{name: value for name, value in self.get_params().items() if name in own})

    def _check_parameters(self) -> None:
        """Reject parameters that cannot work, naming what was expected."""
        # Beyond, gradient descent leaves the range of its numbers.
        if not isinstance(self.C, Real) or not 1e-9 <= self.C <= 1e15:
            raise ValueError(f"C={self.C!r}; expected a number from 1e-9 to 1e15")
        if self.n_folds < 2:
            raise ValueError(f"n_folds={self.n_folds!r}; expected a whole number from 2")
        if self.class_weight not in (None, "balanced"):
            raise ValueError(f"class_weight={self.class_weight!r}; expected 'balanced' or None")

    def __getstate__(self) -> dict[str, Any]:
        """Leave out, in copies and pickles, the scores of known words, which other weights would make wrong."""
        return {name: value for name, value in vars(self).items() if name != "_known"}

    def training(self) -> LinearTraining:
        """Return how the linear model is trained."""
        return LinearTraining(self.C, self.class_weight, self.n_jobs, self.random_state)

    def proba_of(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Turn margins, shape (n, n_columns), into probabilities; see `predict_proba`."""
        return calibrate(margins, self.calibration_)[:, : len(self.classes_)]

    def character_scores(self, rare: RareWords) -> NDArray[np.float32]:
        """Score each rare word by its character n-grams, shape (n_rare_words, n_columns)."""
        return self._spelled_scores(rare.codes, rare.starts, rare.ends)

    def _score(self, headlines: pa.Array) -> NDArray[np.float32]:
        """Return the margins of one batch: the character n-grams are summed once a word."""
        words, rare = self.vectorizer_.word_blocks(self.clean(headlines))
        known = self._known_scores(len(headlines))
        if known is None:
            characters = self.character_scores(rare)
        else:
            new = np.flatnonzero(rare.known < 0)
            characters = known[rare.known]
            characters[new] = self._spelled_scores(rare.codes, rare.starts[new], rare.ends[new])
        scores = words @ self.coef_[: words.shape[1]] + self.intercept_
        return np.asarray(scores + rare.rows @ characters)

    def _known_scores(self, n: int) -> NDArray[np.float32] | None:
        """Return the character scores of the words of training, reckoned when the first full batch comes."""
        few = self.coef_.shape[1] <= _FEW_SECTIONS
        if n < _BATCH or self.vectorizer_.char_ngrams is None or not len(self.vectorizer_.tokens_) or not few:
            return None
        found: NDArray[np.float32] | None = vars(self).get("_known")
        if found is None:
            codes, starts, ends = self.vectorizer_.known_words()
            self._known = found = self._spelled_scores(codes, starts, ends)
        return found

    def _spelled_scores(
        self, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Score words ``codes[start:end]`` by their character n-grams, some words at a time."""
        cuts = np.flatnonzero(np.diff(np.cumsum(ends - starts) // _CHARACTERS)) + 1
        weights = self.coef_[len(self.vectorizer_.word_idf_) :]
        blocks = (
            self.vectorizer_.characters(codes, some_starts, some_ends)
            for some_starts, some_ends in zip(np.split(starts, cuts), np.split(ends, cuts), strict=True)
        )
        scores = np.concatenate([np.asarray(block @ weights) for block in blocks])
        return scores * np.float32(self.vectorizer_.char_weight)

    def _in_batches(self, headlines: Texts, function: Callable[[pa.Array], Scores]) -> Scores:
        """Apply a function to headlines batch by batch, in parallel where there are several."""
        check_fitted(self)
        column = as_column(headlines)
        batches = [column.slice(start, _BATCH) for start in range(0, max(len(column), 1), _BATCH)]
        if len(batches) > 1:
            # Before there are threads, which would each reckon them.
            self._known_scores(len(column))
        return np.concatenate(in_threads(function, batches, self.n_jobs))
