"""What `HeadlineClassifier` learns, as one frozen value that scores headlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp
from numpy.typing import NDArray

from classify.classifier.calibration import Calibration, calibrate
from classify.classifier.ridge import MANY, Recipe
from classify.features import TfidfVectorizer
from classify.features.vectorizer import RareWords
from classify.text import clean

BATCH = 10_000
"""Headlines scored at a time: the fastest of 2,000 to 50,000, since its arrays fit the caches of the processor."""

# Sections up to which the character scores of all known words are cached while predicting: memory grows with both.
_FEW_SECTIONS = 50

# Character n-grams of words scored at a time: each takes some 75 bytes.
_NGRAMS = 800_000


@dataclass(frozen=True, eq=False)
class ClassifierState:
    """The learned state of a `HeadlineClassifier`.

    Attributes
    ----------
    classes
        Shape (n_sections,): the section names, sorted.
    suffixes
        Publisher names found behind training headlines, removed before prediction.
    vectorizer
        The fitted vectorizer.
    coef, intercept
        Shapes (n_features, n_columns) and (n_columns,), float32: a column for each section and, with a `none_label`,
        a last one for none of the sections.
    calibration
        From margins to probabilities.
    thresholds
        Shape (n_budgets,): the least probability at which to answer for each of `ERROR_BUDGETS`.
    codes
        The code of each section in a vocabulary of codes; empty where there are none.
    level_thresholds
        As `thresholds`, for each level of the sections' names at which there are fewer of them; see `levels`.
    recipe
        How the weights were learned, for `HeadlineClassifier.refit`.
    """

    classes: NDArray[Any]
    suffixes: tuple[str, ...]
    vectorizer: TfidfVectorizer
    coef: NDArray[np.float32]
    intercept: NDArray[np.float32]
    calibration: Calibration
    thresholds: NDArray[np.float64]
    codes: tuple[str, ...] = ()
    level_thresholds: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    recipe: Recipe = MANY

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: cached scores are not pickled."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def clean(self, headlines: pa.Array) -> pa.Array:
        """Clean headlines as those of training; see `classify.text.clean`."""
        return clean(headlines, self.suffixes)

    def margins(self, headlines: pa.Array) -> NDArray[np.float32]:
        """Return the margins of one batch, shape (n, n_columns)."""
        words, rare = self.vectorizer.word_blocks(self.clean(headlines))
        return self.add_up(words, rare, self.character_scores(rare, cached=self.caches_words(len(headlines))))

    def probabilities(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of the sections, shape (n, n_sections)."""
        return calibrate(margins, self.calibration)[:, : len(self.classes)]

    def reasons_for(self, margins: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return probabilities, and the column of each headline's most probable section, whose terms are reasons."""
        proba = self.probabilities(margins)
        return proba, proba.argmax(axis=1)

    def by_section(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the columns of the sections."""
        return values[:, : len(self.classes)]

    def add_up(
        self, words: sp.csr_matrix, rare: RareWords, character_scores: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the margins of headlines from their word block and the character scores of their rare words."""
        return np.asarray(words @ self.coef[: words.shape[1]] + self.intercept + rare.rows @ character_scores)

    def character_scores(self, rare: RareWords, cached: bool = False) -> NDArray[np.float32]:
        """Return the score of each rare word by its character n-grams, shape (n_rare_words, n_columns)."""
        if not cached:
            return self._score_windows(rare.codes, rare.starts, rare.ends)
        new = np.flatnonzero(rare.known < 0)
        scores = self.known_scores[rare.known]
        scores[new] = self._score_windows(rare.codes, rare.starts[new], rare.ends[new])
        return scores

    def caches_words(self, n: int) -> bool:
        """Return whether `known_scores` pays for a batch of n headlines."""
        known = self.vectorizer.char_ngrams is not None and len(self.vectorizer.tokens_) > 0
        return n >= BATCH and known and self.coef.shape[1] <= _FEW_SECTIONS

    @cached_property
    def known_scores(self) -> NDArray[np.float32]:
        """Character scores of the words of training, shape (n_tokens, n_columns)."""
        return self._score_windows(*self.vectorizer.vocabulary_.token_windows())

    def _score_windows(
        self, codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Score the words ``codes[start:end]`` by their character n-grams, some words at a time."""
        shortest, longest = self.vectorizer.char_ngrams or (1, 1)
        n_ngrams = (ends - starts) * (longest - shortest + 1)
        cuts = np.flatnonzero(np.diff(np.cumsum(n_ngrams) // _NGRAMS)) + 1
        weights = self.coef[len(self.vectorizer.word_idf_) :]
        bounds = [0, *cuts.tolist(), len(starts)]
        blocks = (self.vectorizer.characters(codes, starts[i:j], ends[i:j]) for i, j in pairwise(bounds))
        scores = np.concatenate([np.asarray(block @ weights) for block in blocks])
        return scores * np.float32(self.vectorizer.char_weight)

    def restrict(self, columns: NDArray[np.int64]) -> ClassifierState:
        """Return a state with the given columns of the vectorizer alone, sorted."""
        return replace(self, vectorizer=self.vectorizer.restrict(columns), coef=self.coef[columns])


class LearnedAttributes:
    """scikit-learn's names for the parts of an estimator's `state_`."""

    state_: ClassifierState

    @property
    def classes_(self) -> NDArray[Any]:
        """The section names, sorted."""
        return self.state_.classes

    @property
    def suffixes_(self) -> tuple[str, ...]:
        """Publisher names that are removed before prediction."""
        return self.state_.suffixes

    @property
    def vectorizer_(self) -> TfidfVectorizer:
        """The fitted vectorizer."""
        return self.state_.vectorizer

    @property
    def coef_(self) -> NDArray[np.float32]:
        """Weights per term and column."""
        return self.state_.coef

    @property
    def intercept_(self) -> NDArray[np.float32]:
        """Intercept per column."""
        return self.state_.intercept

    @property
    def thresholds_(self) -> NDArray[np.float64]:
        """The least probability at which to answer, for each of `ERROR_BUDGETS`."""
        return self.state_.thresholds

    @property
    def codes_(self) -> dict[Any, str]:
        """The code of each section; empty where there are none."""
        state = self.state_
        return {section: code for section, code in zip(state.classes.tolist(), state.codes, strict=False) if code}
