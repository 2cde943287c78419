"""Several sections a headline: one classifier a section, each with its own probability and cutoff."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classify.classifier.abstention import choose_limits
from classify.classifier.calibration import SEGMENTS, STRAIGHT, Calibration
from classify.classifier.classifier import HeadlineClassifier
from classify.classifier.explain import Terms, explain
from classify.classifier.labels import MAX_SECTIONS
from classify.classifier.linear import import_ahead
from classify.classifier.prediction import find_blank
from classify.classifier.state import ClassifierState
from classify.core.arrow import as_column, from_floats, from_integers, from_strings
from classify.splits.label_sets import SEPARATOR

if TYPE_CHECKING:
    from classify.classifier.training_set import TrainingSet
    from classify.core.arrow import Texts

# Out-of-fold headlines that are enough, as for one section a headline.
_SCORED = 20_000

# Inverse strength of the penalty of calibration: at most, and for each headline of a section, or of none if these are
# fewer. Of 1, 10 and 100 for all sections, 100 had the best log-loss on 2,000 recent headlines with IPTC topics, by
# models of 150 to 4,500 others. Three a headline was within 0.07 of it, and a few headlines do not look certain.
_MOST_C, _C_PER_HEADLINE = 100.0, 3.0

# No section is answered below this probability: F1 of a section that cannot be told is largest where each headline gets
# it (Lipton, Elkan and Naryanaswamy 2014, "Optimal thresholding of classifiers to maximize F1 measure").
_LEAST = 0.2


def encode_label_sets(
    sections: Any,  # noqa: ANN401 (whatever the caller gave)
    n: int,
    none_label: str | None = None,
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Check lists of section names; return the classes, sorted, and 1 for each section of a headline, else 0.

    Examples
    --------
    >>> classes, marks = encode_label_sets([["sport"], [], ["arts", "sport"]], 3)
    >>> classes.tolist(), marks.tolist()
    (['arts', 'sport'], [[0, 1], [0, 0], [1, 1]])
    """
    if isinstance(sections, str | bytes) or not hasattr(sections, "__len__") or len(sections) != n:
        raise ValueError(f"{n} headlines were given; expected a sequence of as many lists of section names")
    listed = [None if each is None or isinstance(each, str | bytes) else list(each) for each in sections]
    if any(each is None or not all(isinstance(name, str) and name.strip() for name in each) for each in listed):
        raise ValueError(
            "a headline without a list of section names was found; expected a list for each, such as ['sport'], or [] "
            "where it belongs to none"
        )
    known = [[name for name in each or () if name != none_label] for each in listed]
    classes = np.array(sorted({name for each in known for name in each}))
    if not 2 <= len(classes) <= MAX_SECTIONS:
        raise ValueError(
            f"{len(classes)} different section(s) found; expected 2 to {MAX_SECTIONS}; choose the column that holds "
            "the sections, with semicolons between several of a headline"
        )
    split = next((name for name in classes.tolist() if SEPARATOR in name), None)
    if split is not None:
        raise ValueError(f"section {split!r} contains a semicolon, which separates sections; expected another name")
    place = {name: column for column, name in enumerate(classes.tolist())}
    marks = np.zeros((n, len(classes)), np.intp)
    for row, names in enumerate(known):
        marks[row, [place[name] for name in names]] = 1
    return classes, marks


def fit_probabilities(margins: NDArray[np.float32], marks: NDArray[np.intp]) -> Calibration:
    """Fit the map from the margin of each section to its probability.

    Logistic regression (Platt 1999) on the four pieces of the margin, as in `fit_calibration`, section by section.

    Parameters
    ----------
    margins, marks
        Shape (n, n_sections): out-of-fold margins, and 1 where a headline belongs to a section.

    Returns
    -------
        Weights of shape (4, n_sections), offset of shape (n_sections,), and no curve.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    n, k = marks.shape
    weights, offset = np.zeros((len(SEGMENTS), k)), np.zeros(k)
    with threadpool_limits(limits=1):
        for column, mark in enumerate(marks.T):
            n_own = int(mark.sum())
            if not 0 < n_own < n:
                offset[column] = np.log((n_own + 0.5) / (n - n_own + 0.5))
                continue
            strength = min(_MOST_C, _C_PER_HEADLINE * min(n_own, n - n_own))
            model = LogisticRegression(C=strength, max_iter=1000).fit(_pieces(margins[:, column]), mark)
            weights[:, column], offset[column] = model.coef_[0], model.intercept_[0]
    return Calibration(weights, offset, STRAIGHT)


def choose_cutoffs(proba: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose for each section the probability from which on F1 is expected to be largest, shape (n_sections,).

    The expectation is by the probabilities themselves: with few headlines of a section, it varies less than F1 does.

    Parameters
    ----------
    proba
        Shape (n, n_sections): out-of-fold probabilities.

    Examples
    --------
    >>> choose_cutoffs(np.array([[0.9, 0.1], [0.7, 0.1], [0.3, 0.1], [0.0, 0.1]])).tolist()
    [0.7, 0.2]
    """
    falling = -np.sort(-proba, axis=0)
    f1 = 2 * np.cumsum(falling, axis=0) / (proba.sum(axis=0) + np.arange(1, len(proba) + 1)[:, None])
    best = f1.argmax(axis=0)
    return np.asarray(np.maximum(falling[best, np.arange(proba.shape[1])], _LEAST))


@dataclass(frozen=True, eq=False)
class MultiLabelState(ClassifierState):
    """The learned state of a `MultiLabelClassifier`: weights of calibration have the shape (4, n_sections).

    Attributes
    ----------
    cutoffs
        Shape (n_sections,): the probability from which on a section is answered.
    """

    cutoffs: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def probabilities(self, margins: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the calibrated probability of each section, shape (n, n_sections)."""
        logits: NDArray[np.float64] = np.tile(self.calibration.offset, (len(margins), 1))
        for weights, (low, high) in zip(self.calibration.weights, SEGMENTS, strict=True):
            logits += np.clip(margins.astype(np.float64), low, high) * weights
        return np.asarray(1 / (1 + np.exp(-logits.clip(-500, 500))))

    def with_limits(self, margins: NDArray[np.float32], marks: NDArray[np.intp]) -> MultiLabelState:
        """Return this state with cutoffs, and thresholds of error budgets, chosen on out-of-fold margins."""
        proba = self.probabilities(margins)
        cutoffs = choose_cutoffs(proba)
        answered = proba >= cutoffs
        return replace(self, cutoffs=cutoffs, thresholds=choose_limits(proba[answered], marks[answered] > 0))


def _pieces(margin: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the piece of the margins of one section in each segment, shape (n, 4)."""
    return np.stack([np.clip(margin.astype(np.float64), low, high) for low, high in SEGMENTS], axis=1)


@dataclass(frozen=True)
class MultiLabelPrediction:
    """The answer for one headline.

    Attributes
    ----------
    headline
        As given; ``""`` where it is missing.
    sections
        The sections answered with their probabilities, best first.
    top
        The most probable sections, answered or not.
    terms
        The terms of largest weight for each section answered, in the order of `sections`.
    """

    headline: str
    sections: list[tuple[str, float]]
    top: list[tuple[str, float]]
    terms: list[Terms]


@dataclass(frozen=True, eq=False)
class MultiLabelPredictions:
    """The answers for a batch of n headlines, as columns.

    Attributes
    ----------
    sections, probabilities
        Lists of the sections answered, best first, and of their probabilities; empty where there is none.
    proba, answered
        Shape (n, n_sections): all probabilities, and which sections are answered.
    order
        Shape (n, n_sections): the columns by falling probability.
    blank
        Shape (n,): whether the headline is missing or only white space.
    classes
        Shape (n_sections,): the names of the columns.
    terms
        For each headline, the terms of largest weight of each section answered; empty lists where none were asked for.
    """

    sections: pa.LargeListArray
    probabilities: pa.LargeListArray
    proba: NDArray[np.float64]
    answered: NDArray[np.bool_]
    order: NDArray[np.intp]
    blank: NDArray[np.bool_]
    classes: NDArray[Any]
    terms: list[list[Terms]]

    def top(self, k: int) -> list[list[tuple[str, float]]]:
        """Return the k most probable sections of each headline with their probabilities, best first."""
        names = self.classes.tolist()
        found = np.take_along_axis(self.proba, self.order[:, :k], axis=1).tolist()
        rows = zip(self.order[:, :k].tolist(), found, self.blank.tolist(), strict=True)
        return [[] if blank else [(names[i], p) for i, p in zip(*row, strict=True)] for *row, blank in rows]


class MultiLabelClassifier(HeadlineClassifier):
    """Label headlines by any number of sections.

    One linear classifier a section, as in `HeadlineClassifier`, whose parameters it has. Each section has a calibrated
    probability of its own, and is answered from its cutoff on, which is chosen for F1, or from the probability on that
    an error budget demands, whichever is larger. A headline of the `none_label` belongs to no section.

    Attributes
    ----------
    cutoffs_
        Shape (n_sections,): the probability from which on each section is answered.
    thresholds_
        Shape (n_budgets,): for each error budget the least probability at which to answer, so that this share of the
        sections answered is wrong.

    Examples
    --------
    >>> headlines = ["Rovers win the cup", "MPs vote on tax", "MPs vote on cup final", "Rovers lose"] * 3
    >>> sections = [["sport"], ["politics"], ["politics", "sport"], ["sport"]] * 3
    >>> classifier = MultiLabelClassifier(n_folds=2).fit(headlines, sections, groups=range(12))
    >>> classifier.predict(["MPs vote on the cup final"])
    [['politics', 'sport']]
    """

    _encode = staticmethod(encode_label_sets)
    state_: MultiLabelState

    @property
    def cutoffs_(self) -> NDArray[np.float64]:
        """The probability from which on each section is answered."""
        return self.state_.cutoffs

    def predict(self, headlines: Texts) -> Any:  # noqa: ANN401 (lists, where the base class has an array)
        """Return the sections of each headline, best first: n lists of names, empty for none."""
        return self.decide(headlines).sections.to_pylist()

    def score(self, headlines: Texts, sections: ArrayLike) -> float:
        """Return the share of headlines with exactly the true sections, 0 to 1."""
        true: Any = sections
        return float(np.mean([set(a) == set(b) for a, b in zip(self.predict(headlines), true, strict=True)]))

    def decision_function(self, headlines: Texts) -> NDArray[np.float32]:
        """Return the margins, shape (n_headlines, n_sections), positive on the side of the section."""
        return np.concatenate(self._in_batches(headlines, ClassifierState.margins))

    def predict_headlines(  # type: ignore[override]
        self,
        headlines: Texts,
        *,
        max_error: float | None = None,
        min_probability: float = 0.0,
        top: int = 1,
        explain: int = 0,
    ) -> list[MultiLabelPrediction]:
        """Return a `MultiLabelPrediction` for each headline; parameters as in `HeadlineClassifier`."""
        column = as_column(headlines)
        found = self.decide(column, min_probability if max_error is None else self.threshold(max_error), explain)
        pairs = zip(found.sections.to_pylist(), found.probabilities.to_pylist(), strict=True)
        answers = [list(zip(*pair, strict=True)) for pair in pairs]
        texts = ["" if text is None else text for text in column.to_pylist()]
        return list(map(MultiLabelPrediction, texts, answers, found.top(max(top, 1)), found.terms))

    def decide(  # type: ignore[override]
        self, headlines: Texts, limit: float = 0.0, explain: int = 0
    ) -> MultiLabelPredictions:
        """Return the answers for n headlines as columns, with `explain` terms for each; none below the limit."""
        column = as_column(headlines)
        proba, blank = self.predict_proba(column), find_blank(column)
        answered = (proba >= np.maximum(self.cutoffs_, limit)) & ~blank[:, None]
        order = np.argsort(-proba, axis=1, kind="stable")
        rows, ranks = np.nonzero(np.take_along_axis(answered, order, axis=1))
        columns = order[rows, ranks]
        ends = from_integers(np.append(0, np.cumsum(answered.sum(axis=1))))
        names = from_strings([str(name) for name in self.classes_.tolist()])
        return MultiLabelPredictions(
            sections=pa.LargeListArray.from_arrays(ends, names.take(from_integers(columns))),
            probabilities=pa.LargeListArray.from_arrays(ends, from_floats(proba[rows, columns])),
            proba=proba,
            answered=answered,
            order=order,
            blank=blank,
            classes=self.classes_,
            terms=self._reasons(column, rows, columns, explain),
        )

    def explain(self, headlines: Texts, k: int | None = None) -> Any:  # noqa: ANN401 (lists of lists)
        """Return the terms of each section answered, in the order of `predict`; see `HeadlineClassifier.explain`."""
        return self.decide(headlines, explain=-1 if k is None else k).terms

    def at_level(self, level: int) -> NoReturn:
        """Raise a ValueError: levels are for one section a headline."""
        raise ValueError(
            f"level={level!r} was asked of a model of several sections a headline; expected one section a headline; "
            "leave the level out"
        )

    def _reasons(
        self, headlines: pa.Array, rows: NDArray[np.intp], columns: NDArray[np.intp], k: int
    ) -> list[list[Terms]]:
        """Return the k terms of largest weight for each answer, all for -1, by headline."""
        found: list[list[Terms]] = [[] for _ in range(len(headlines))]
        if k and len(rows):
            terms = explain(self.state_, headlines.take(from_integers(rows)), None if k < 0 else k, columns).terms
            for row, each in zip(rows.tolist(), terms, strict=True):
                found[row].append(each)
        return found

    def _learn(
        self,
        known: TrainingSet,
        mask: NDArray[np.bool_],
        folds: NDArray[np.intp],
        times: NDArray[np.intp] | None,
    ) -> MultiLabelState:
        """Learn terms, weights, probabilities, cutoffs and thresholds, the last two from random folds in any case."""
        import_ahead()
        y = known.y
        vectorizer, rows, vectors = self.vectorize(known.headlines)
        training = self.training(vectors)
        margins, scored, training = training.out_of_fold(rows, len(vectorizer.word_idf_), y, folds, mask, _SCORED)
        rated = mask & scored
        coef, intercept = self._fit_weights(training, rows, y)
        state = MultiLabelState(
            classes=known.classes,
            suffixes=known.suffixes,
            vectorizer=vectorizer,
            coef=coef,
            intercept=intercept,
            calibration=fit_probabilities(margins[rated], y[rated]),
            thresholds=np.empty(0),
            recipe=training.recipe,
        )
        return state.with_limits(margins[rated], y[rated])
