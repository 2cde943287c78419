"""The section classifier: TF-IDF rows, a linear model, calibrated probabilities, reasons and abstention."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from classify.classifier.abstention import choose_thresholds
from classify.classifier.calibration import calibrate, fit_calibration, fit_curve
from classify.classifier.labels import check_mask, encode_sections
from classify.classifier.levels import LevelState, choose_level_thresholds, state_at
from classify.classifier.linear import LinearTraining, count_columns, import_ahead
from classify.classifier.predictor import SectionPredictor
from classify.classifier.ridge import FEW, FIRST, MANY, Recipe, RidgeTraining
from classify.classifier.state import ClassifierState
from classify.classifier.training_set import TrainingSet, prepare
from classify.classifier.word_vectors import WordVectors
from classify.core.arrow import as_strings
from classify.core.estimator import check_fitted
from classify.features import TfidfVectorizer
from classify.features.widening import Given, choose_background, widen
from classify.splits import deal_folds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import scipy.sparse as sp

    from classify.core.arrow import Texts

# Out-of-fold scores that are enough to learn probabilities and thresholds from, and the latest ones for thresholds.
_SCORED, _LATEST = 20_000, 5_000

# Headlines up to which a classifier of few is refitted: time grows with the third power, to seconds for these.
_MOST_FEW = 2 * FEW

# The largest weight in the half precision of model files; only a large `C` gives larger ones.
_LARGEST = float(np.finfo(np.float16).max)


class HeadlineClassifier(SectionPredictor):
    """Label headlines by section.

    Parameters
    ----------
    word_ngrams, char_ngrams, min_df, char_weight, punctuation
        As in `TfidfVectorizer`.
    C
        Inverse strength of the L2 penalty, 1e-9 to 1e15: SGDClassifier's ``1 / (alpha * n_headlines)``. Far below
        30 / n_headlines the weights learned are hardly better than chance.
    class_weight
        ``"balanced"`` gives every section the same weight in training; None every headline.
    none_label
        Label of the headlines that belong to none of the sections; see `predict`. None: there are no such headlines.
    background
        What is known of the language beforehand: a `Background` or several, None for nothing. ``"auto"`` is the English
        one that comes with the package, if it knows three quarters of the words of the headlines. It is not part of the
        model file: what it teaches becomes weights of words.
    n_folds
        Folds of the out-of-fold scores for calibration and thresholds, 2 or more. Fold after fold is scored until
        20,000 headlines are; more take long and change little.
    n_jobs
        Threads for training and prediction; the result does not depend on it.
    random_state
        Seed of the order of the training headlines and of the folds.

    Attributes
    ----------
    classes_
        Shape (n_sections,): the section names, sorted.
    suffixes_
        Publisher names found behind training headlines, removed before prediction.
    coef_
        Shape (n_features, n_sections), float32: weights per term; with `intercept_`, shape (n_sections,), they give the
        margins. With a `none_label` it has a last column.
    vectorizer_
        The fitted `TfidfVectorizer`.
    codes_
        The code of each section by its name, as given to `with_codes`; empty where there are none.
    thresholds_
        Shape (n_budgets,): for each error budget of `ERROR_BUDGETS` the least probability at which to answer, above 1
        where the budget cannot be met.
    state_
        All of these as one frozen value, a `ClassifierState`.

    Examples
    --------
    >>> headlines = ["Rovers win the cup", "Striker signs for Rovers", "MPs vote on tax", "Senate passes tax bill"]
    >>> classifier = HeadlineClassifier(n_folds=2).fit(headlines, ["sport", "sport", "politics", "politics"])
    >>> classifier.predict(["Rovers striker injured"]).tolist()
    ['sport']
    """

    _estimator_type = "classifier"
    _encode = staticmethod(encode_sections)

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
        background: Given = "auto",
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
        self.background = background
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
            n headlines; a missing one is a ValueError.
        sections
            Shape (n,): the section of each; at least two different ones.
        groups
            Shape (n,): headlines of one group are in the same fold. None: near-duplicates are found and grouped; see
            `classify.near_duplicate_groups`. Pass the stories where they are known, for other headlines of a story make
            out-of-fold scores too good: on new stories of the embedded corpus, five splits together, an error budget of
            5 % gave 6.4 % errors with near-duplicates as groups and 3.1 % with stories.
        calibration_mask
            Shape (n,), bool: headlines of the kind to be labelled later; calibration and thresholds are fitted to these
            alone. Every section must occur among them. None: all of them.
        dates
            Shape (n,), datetime64: for a classifier of later headlines. Thresholds and the probability of the best
            section are then fitted to the latest headlines, scored by a model of the earlier ones, so that they account
            for changing news. None: random folds.
        publishers
            n publishers, None where unknown: their names are removed where they end a headline.
        """
        self._check_parameters()
        known = prepare(headlines, sections, groups, publishers, self.none_label, self._encode)
        mask = check_mask(calibration_mask, known.y)
        # Folds a tenth larger than needed: groups make them unequal, and the first one should be enough.
        n_folds = max(self.n_folds, int(mask.sum() / (1.1 * _SCORED)))
        folds = deal_folds(known.groups, len(mask), n_folds, self.random_state)
        times = None if dates is None else deal_folds(known.groups, len(mask), n_folds, self.random_state, dates)
        self.state_ = self._learn(known, mask, folds, times)
        return self

    def refit(self, headlines: Texts, sections: ArrayLike, publishers: Texts | None = None) -> Self:
        """Return a classifier with terms and weights of other headlines, and this one's calibration and thresholds.

        For more headlines, such as those that this classifier was tested on: what was measured stays as it was.

        Parameters
        ----------
        headlines, sections, publishers
            As in `fit`; the sections are those of this classifier.

        Examples
        --------
        >>> rows = ["Rovers win the cup", "MPs vote on tax"], ["sport", "politics"]
        >>> classifier = HeadlineClassifier(n_folds=2).fit(*rows)
        >>> more = classifier.refit([*rows[0], "Chess final drawn"], [*rows[1], "sport"])
        >>> more.predict(["Chess"]).tolist()
        ['sport']
        """
        check_fitted(self)
        if isinstance(self.state_, LevelState):
            raise ValueError("a classifier at a level was given; expected the one with all levels; call refit there")
        known = prepare(headlines, sections, (), publishers, self.none_label, self._encode)
        found, expected = known.classes.tolist(), self.classes_.tolist()
        if found != expected:
            raise ValueError(
                f"sections {', '.join(map(repr, found[:4]))} were found; expected those that were learned, "
                f"{', '.join(map(repr, expected[:4]))}; call fit for others"
            )
        recipe = self.state_.recipe
        if recipe.few and len(known.y) > _MOST_FEW:
            raise ValueError(
                f"{len(known.y):,} headlines were found; expected at most {_MOST_FEW:,} after training on {FEW:,} or "
                "fewer, since probabilities would not fit; call fit for more"
            )
        vectorizer, rows, vectors = self.vectorize(known.headlines)
        training = self.training(vectors, recipe, self._names(known, vectorizer))
        coef, intercept = self._fit_weights(training, rows, known.y)
        state = replace(self.state_, suffixes=known.suffixes, vectorizer=vectorizer, coef=coef, intercept=intercept)
        return self.from_state(state, **self.get_params())

    def with_codes(self, codes: Mapping[Any, str]) -> Self:
        """Return this classifier with a code for each section, which the model file contains.

        Parameters
        ----------
        codes
            The code of each section, such as one of a controlled vocabulary; a section without one is a ValueError.

        Examples
        --------
        >>> classifier = HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"] * 2, ["sport", "politics"] * 2)
        >>> classifier.with_codes({"sport": "S1", "politics": "P1"}).codes_
        {'politics': 'P1', 'sport': 'S1'}
        """
        check_fitted(self)
        missing = [section for section in self.classes_.tolist() if not codes.get(section)]
        if missing:
            raise ValueError(f"section {missing[0]!r} has no code; expected one for each of the sections")
        listed = tuple(str(codes[section]) for section in self.classes_.tolist())
        return self.from_state(replace(self.state_, codes=listed), **self.get_params())

    def at_level(self, level: int) -> Self:
        """Return a classifier that answers with the first parts of sections such as sport/football.

        The probability of sport is the sum of those of all sections below it, so that sport can be right where the
        finer section is not. Thresholds are those learned for this level; a model file without them gets safe ones.
        Reasons are those of the most probable finer section. The names alone decide: any classifier can be asked.

        Parameters
        ----------
        level
            Number of parts, 1 for the first ones alone; a section with fewer stays as it is.

        Examples
        --------
        >>> rows = ["Rovers win the cup", "Champion wins the chess cup", "MPs vote on tax"]
        >>> classifier = HeadlineClassifier(n_folds=2).fit(rows, ["sport/football", "sport/chess", "politics"])
        >>> classifier.at_level(1).predict(["The cup"]).tolist()
        ['sport']
        """
        check_fitted(self)
        return self.from_state(state_at(self.state_, level), **self.get_params())

    @classmethod
    def from_state(cls, state: ClassifierState, **params: Any) -> Self:  # noqa: ANN401 (any parameter)
        """Return a fitted classifier of these parameters; those that cannot work are a ValueError."""
        classifier = cls(**params)
        classifier._check_parameters()
        classifier.state_ = state
        return classifier

    def _learn(
        self,
        known: TrainingSet,
        mask: NDArray[np.bool_],
        folds: NDArray[np.intp],
        times: NDArray[np.intp] | None,
    ) -> ClassifierState:
        """Learn terms, weights, probabilities and thresholds, the latter from the first of `times`, if given."""
        y = known.y
        if len(y) > FEW:
            import_ahead()
        vectorizer, rows, vectors = self.vectorize(known.headlines)
        n_words, recipe = len(vectorizer.word_idf_), self.recipe(vectors, len(y))
        training = self.training(vectors, recipe, self._names(known, vectorizer))
        if recipe.few:
            folds = deal_folds(known.groups, len(y), len(y), self.random_state)  # each group is left out by itself
        margins, scored, training = training.out_of_fold(rows, n_words, y, folds, mask, _SCORED)
        rated = mask & scored
        calibration = fit_calibration(margins[rated], y[rated], self.random_state)
        if times is not None:
            margins, scored, _ = training.out_of_fold(rows, n_words, y, times, mask, _LATEST, first=False)
            rated = mask & scored
            calibration = fit_curve(calibration, margins[rated], y[rated])
        proba = calibrate(margins[rated], calibration)[:, : len(known.classes)]
        thresholds = choose_thresholds(proba, y[rated])
        by_level = choose_level_thresholds(known.classes, proba, y[rated])
        coef, intercept = self._fit_weights(training, rows, y)
        return ClassifierState(
            classes=known.classes,
            suffixes=known.suffixes,
            vectorizer=vectorizer,
            coef=coef,
            intercept=intercept,
            calibration=calibration,
            thresholds=thresholds,
            recipe=training.recipe,
            level_thresholds=by_level,
        )

    @staticmethod
    def _fit_weights(
        training: LinearTraining | RidgeTraining, rows: sp.csr_matrix, y: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weights and intercept, rounded to the precision of the model file: a saved model answers as this."""
        weights, intercept = training.fit(rows, y, count_columns(y))
        return weights.clip(-_LARGEST, _LARGEST).astype(np.float16).astype(np.float32), intercept

    def vectorize(self, headlines: pa.Array) -> tuple[TfidfVectorizer, sp.csr_matrix, WordVectors | None]:
        """Fit a vectorizer to clean headlines, and add the words of the background; return it, rows and vectors."""
        vectorizer = self.vectorizer()
        rows = vectorizer.fit_transform(headlines)
        background = None if self.word_ngrams is None else choose_background(self.background, headlines, self.n_jobs)
        if background is None:
            return vectorizer, rows, None
        wide = widen(vectorizer, rows, background)
        vectors = WordVectors(wide.columns, background.vectors, len(wide.vectorizer.word_idf_))
        return wide.vectorizer, wide.rows, vectors

    def vectorizer(self) -> TfidfVectorizer:
        """Return an unfitted vectorizer of this classifier's parameters."""
        own = TfidfVectorizer().get_params()
        return TfidfVectorizer(**{name: value for name, value in self.get_params().items() if name in own})

    def _check_parameters(self) -> None:
        """Raise a ValueError for parameters that cannot work."""
        # With other values gradient descent overflows.
        if not isinstance(self.C, Real) or not 1e-9 <= self.C <= 1e15:
            raise ValueError(f"C={self.C!r}; expected a number from 1e-9 to 1e15")
        if self.n_folds < 2:
            raise ValueError(f"n_folds={self.n_folds!r}; expected a whole number from 2")
        if self.class_weight not in (None, "balanced"):
            raise ValueError(f"class_weight={self.class_weight!r}; expected 'balanced' or None")

    @staticmethod
    def recipe(vectors: WordVectors | None, n: int) -> Recipe:
        """Return how to learn from n labelled headlines, with vectors or without."""
        return FIRST if vectors is not None and n <= FEW else MANY

    @staticmethod
    def _names(known: TrainingSet, vectorizer: TfidfVectorizer) -> sp.csr_matrix | None:
        """Return the TF-IDF rows of the names of sections; None if these are numbers."""
        return vectorizer.transform(as_strings(known.classes.tolist())) if known.classes.dtype.kind == "U" else None

    def training(
        self,
        vectors: WordVectors | None = None,
        recipe: Recipe = MANY,
        names: sp.csr_matrix | None = None,
    ) -> LinearTraining | RidgeTraining:
        """Return the training of the weights with this classifier's parameters."""
        if recipe.few:
            # A file has no background: a classifier loaded from one may be trained again without.
            vectors = vectors or WordVectors(np.empty(0, np.int64), np.empty((0, 1), np.float32), 0)
            return RidgeTraining(self.C, self.class_weight, vectors, names, recipe)
        return LinearTraining(self.C, self.class_weight, self.n_jobs, self.random_state, vectors, recipe.vectors)
