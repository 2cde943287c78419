"""Answer headlines with what a classifier has learned: margins, probabilities, sections, abstention and reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classify.classifier.abstention import find_threshold
from classify.classifier.explain import Explained, Terms, explain, top_terms
from classify.classifier.labels import readable
from classify.classifier.prediction import Prediction, Predictions, decide
from classify.classifier.state import BATCH, ClassifierState, LearnedAttributes
from classify.core.arrow import as_column
from classify.core.estimator import Estimator, check_fitted
from classify.core.threads import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from classify.core.arrow import Texts

T = TypeVar("T")

_SECTIONS = 20  # that a notebook shows


class SectionPredictor(LearnedAttributes, Estimator):
    """The methods of a fitted `HeadlineClassifier` that answer headlines."""

    none_label: str | None
    n_jobs: int | None

    def _learned(self) -> list[tuple[str, object]]:
        """List what was learned, for people."""
        names = [str(name) for name in self.classes_]
        shown = ", ".join(names[:_SECTIONS]) + (f" and {len(names) - _SECTIONS} more" if len(names) > _SECTIONS else "")
        return [
            ("sections", shown),
            ("trained on headlines", int(self.vectorizer_.n_samples_)),
            ("terms", len(self.coef_)),
            ("publisher names removed", len(self.suffixes_)),
        ]

    def decision_function(self, headlines: Texts) -> NDArray[np.float32]:
        """Return the margins, shape (n_headlines, n_sections), positive on the side of the section.

        With two sections, return the margins of the second, shape (n_headlines,), as scikit-learn does.
        """
        margins = np.concatenate(self._in_batches(headlines, ClassifierState.margins))
        found = self.state_.by_section(margins)
        return margins[:, 1] if margins.shape[1] == found.shape[1] == 2 else found

    def clean(self, headlines: Texts) -> pa.Array:
        """Clean headlines as those of training; see `classify.text.clean`."""
        check_fitted(self)
        return self.state_.clean(as_column(headlines))

    def predict_proba(self, headlines: Texts) -> NDArray[np.float64]:
        """Return the calibrated probabilities, shape (n_headlines, n_sections).

        Rows sum to 1; with a `none_label`, to 1 minus the probability of none of the sections.
        """
        return np.concatenate(
            self._in_batches(headlines, lambda state, batch: state.probabilities(state.margins(batch)))
        )

    def predict(self, headlines: Texts) -> NDArray[Any]:
        """Return the most probable label of each headline, shape (n_headlines,).

        That is a section or, with a `none_label`, the `none_label` where none of the sections is more probable than the
        best one, and for a blank headline. Without a `none_label` a blank headline gets the section that is most
        probable without any word, since scikit-learn expects a label; `predict_headlines` returns None for it.
        """
        column = as_column(headlines)
        found = self.decide(column)
        if self.none_label is None:
            return np.asarray(self.classes_[found.best])
        labels = np.append(self.classes_, self.none_label)
        return np.asarray(labels[np.where(found.blank | found.none, len(self.classes_), found.best)])

    def score(self, headlines: Texts, sections: ArrayLike) -> float:
        """Return the accuracy, 0 to 1."""
        return float(np.mean(self.predict(headlines) == np.asarray(readable(sections))))

    def threshold(self, max_error: float) -> float:
        """Return the least probability at which the error rate of the answers is within a budget.

        Parameters
        ----------
        max_error
            Share of wrong answers among the answers, below 1; rounded down to one of `ERROR_BUDGETS`. Below the least
            of them is a ValueError.
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
        """Return a `Prediction` for each headline: section or None, probability, other sections, and reasons.

        Parameters
        ----------
        headlines
            n headlines.
        max_error
            Abstain below the probability that keeps the error rate of the answers within this share; see `threshold`.
        min_probability
            Abstain below this probability, 0 to 1.
        top
            Number of sections to list.
        explain
            Number of terms to list.
        """
        if not 0 <= min_probability <= 1:
            raise ValueError(f"min_probability={min_probability!r}; expected a probability, 0 to 1")
        column = as_column(headlines)
        limit = min_probability if max_error is None else self.threshold(max_error)
        found = self.decide(column, limit, explain)
        columns = column.to_pylist(), found.section.to_pylist(), found.probability.to_pylist()
        return list(map(Prediction, *columns, found.top(max(top, 1)), found.terms))

    def decide(self, headlines: Texts, limit: float = 0.0, explain: int = 0) -> Predictions:
        """Return the answers for n headlines as columns, with `explain` terms each; abstain below the limit."""
        column = as_column(headlines)
        if not explain:
            return decide(self.predict_proba(column), column, self.classes_, limit)
        proba, terms = self._explain(column, explain)
        return decide(proba, column, self.classes_, limit, terms)

    def explain(self, headlines: Texts, k: int | None = None) -> list[Terms]:
        """Return the terms of the most probable section of each headline, largest weight first, at most `k`.

        A term is a word with its character n-grams, a pair of words, or ``"(bias)"``, the intercept. The weights of all
        terms sum to the margin of the section (see `decision_function`).
        """
        return self._explain(headlines, k).terms

    def top_terms(self, k: int = 20) -> dict[str, Terms]:
        """Return the `k` words and pairs of words of largest weight for each section.

        The weight is that of `coef_` divided by the term's idf, so that of two terms of equal weight the common one is
        first.
        """
        check_fitted(self)
        return top_terms(self.state_, k)

    def _explain(self, headlines: Texts, k: int | None) -> Explained:
        """Return probabilities and terms."""
        parts = self._in_batches(headlines, lambda state, batch: explain(state, batch, k))
        return Explained(
            np.concatenate([part.proba for part in parts]), [each for part in parts for each in part.terms]
        )

    def _in_batches(self, headlines: Texts, function: Callable[[ClassifierState, pa.Array], T]) -> list[T]:
        """Apply a function to the state and each batch of headlines, in threads where there are several batches."""
        check_fitted(self)
        column, state = as_column(headlines), self.state_
        if len(column) > BATCH and state.caches_words(BATCH):
            # Computed before there are threads, each of which would compute it.
            state.known_scores  # noqa: B018
        batches = [column.slice(start, BATCH) for start in range(0, max(len(column), 1), BATCH)]
        return in_threads(lambda batch: function(state, batch), batches, self.n_jobs)
