"""Compare several models on the same test headlines: scores, paired differences, sections, disagreements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.evaluation.answers import answer, unknown_sections
from classify.evaluation.bootstrap import interval, resampled_sums
from classify.evaluation.scores import macro_samples, probability_scores, section_samples, section_scores
from classify.splits import Labelled, prepare_labelled

if TYPE_CHECKING:
    from classify.classifier import HeadlineClassifier
    from classify.evaluation.answers import Answers
    from classify.evaluation.results import (
        ComparedModel,
        Comparison,
        Disagreement,
        ModelPair,
        PairedDifference,
        SectionDifference,
        SectionScores,
        UnknownSection,
    )
    from classify.headlines import Headlines

N_DISAGREEMENTS = 60
GOLDEN = (5**0.5 - 1) / 2

FloatArray = NDArray[np.float64]


def compare_classifiers(classifiers: Mapping[str, HeadlineClassifier], headlines: Headlines | Labelled) -> Comparison:
    """Measure fitted classifiers side by side on labelled headlines that none of them has seen.

    Parameters
    ----------
    classifiers
        Two or more, by name, fitted; the first is compared with each of the others.
    headlines
        Labelled headlines, as given or prepared. A section that a classifier does not know counts as its mistake;
        those of the `none_label` of any of them are left out.

    Raises
    ------
    ValueError
        If there are fewer than two, or one knows none of the sections of the headlines.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from classify import HeadlineClassifier, Headlines
    >>> rows = ["Rovers win cup", "Tax vote", "Rovers lose", "Tax bill"], ["sport", "politics"] * 2
    >>> test = Headlines(pa.array(rows[0]), section=pa.array(rows[1]))
    >>> model = HeadlineClassifier(n_folds=2).fit(*rows)
    >>> found = compare_classifiers({"one": model, "other": model}, test)["paired"][0]
    >>> found["difference"], found["p_value"]
    (0.0, 1.0)
    """
    given = test = headlines if isinstance(headlines, Labelled) else prepare_labelled(headlines)
    for classifier in classifiers.values():
        test = test.without(classifier.none_label)
    unknown = {name: unknown_sections(each, test) for name, each in classifiers.items()}
    for name, each in classifiers.items():
        _check_common(name, each, len(test), unknown[name])
    return compare(
        {name: answer(each, test) for name, each in classifiers.items()},
        test.headlines,
        against=next(iter(classifiers), None),
        unknown={name: rows for name, rows in unknown.items() if rows},
        n_left_out=len(given) - len(test),
    )


def compare(
    answers: Mapping[str, Answers],
    headlines: Headlines,
    *,
    against: str | None = None,
    without_probabilities: Collection[str] = (),
    unknown: Mapping[str, list[UnknownSection]] | None = None,
    n_left_out: int = 0,
) -> Comparison:
    """Compare models by their answers to the same test headlines.

    Parameters
    ----------
    answers
        The answers of each model, by its name.
    headlines
        The test headlines.
    against
        The model that all others are compared with; by default every pair is compared.
    without_probabilities
        Models whose numbers are not probabilities: they get no log-loss and no calibration error.
    unknown, n_left_out
        For the record: the sections that a model does not know, and the number of test headlines left out.

    Returns
    -------
    In ``wins``, for each pair and section, the difference in F1 with its interval.

    Raises
    ------
    ValueError
        If there are fewer than two models.
    """
    if len(answers) < 2:
        raise ValueError(f"{len(answers)} model(s) to compare; expected two or more; name another")
    models = {name: _Measured.of(name, each) for name, each in answers.items()}
    pairs = combinations(answers, 2) if against is None else [(against, name) for name in answers if name != against]
    paired = [(models[a], models[b]) for a, b in pairs]
    disagreements, n_disagreements = _disagreements(answers, headlines)
    return {
        "n_headlines": len(headlines),
        "models": [_model(each, each.name not in without_probabilities) for each in models.values()],
        "paired": [_pair(a, b) for a, b in paired],
        "per_section": _by_section(models.values()),
        "wins": [row for a, b in paired for row in _wins(a, b)],
        "disagreements": disagreements,
        "n_disagreements": n_disagreements,
        "n_left_out": n_left_out,
        "unknown_sections": dict(unknown or {}),
    }


@dataclass(frozen=True)
class _Measured:
    """A model with its answers, its scores and their resamples."""

    name: str
    answers: Answers
    scores: SectionScores
    samples: FloatArray

    @classmethod
    def of(cls, name: str, answers: Answers) -> _Measured:
        """Measure the answers of a model."""
        samples = section_samples(answers.true, answers.best, len(answers.labels), answers.groups)
        found = section_scores(answers.true, answers.best, answers.labels, answers.groups, samples)
        return cls(name, answers, found, samples)

    @property
    def f1(self) -> FloatArray:
        """The F1 of each section, NaN where it has none."""
        return np.array([row["f1"] for row in self.scores["per_section"]], float)


def _check_common(name: str, classifier: HeadlineClassifier, n: int, unknown: list[UnknownSection]) -> None:
    """Raise if a classifier knows none of the sections of n headlines."""
    if sum(row["n_headlines"] for row in unknown) == n:
        knows, wanted = (
            ", ".join(map(repr, names[:4]))
            for names in (classifier.classes_.astype(str).tolist(), [row["section"] for row in unknown])
        )
        raise ValueError(
            f"{name} knows none of the sections of the headlines (it knows {knows}; they are of {wanted}); "
            "expected at least one in common; compare models that were trained on the same sections"
        )


def paired_difference(a: Answers, b: Answers) -> PairedDifference:
    """Compare the accuracy of two models on the same headlines.

    Parameters
    ----------
    a, b
        Answers to the same headlines, in the same groups.

    Returns
    -------
    ``difference`` in accuracy, a minus b; ``low`` and ``high``, its 95 % interval by bootstrap over
    groups; ``p_value`` of `sign_flip_test`; ``only_a`` and ``only_b``, the headlines that only one got right.
    """
    gain = a.correct.astype(float) - b.correct
    samples = resampled_sums(np.stack([gain, np.ones(len(gain))], axis=1), a.groups)
    low, high = interval(samples[:, 0] / samples[:, 1])
    return {
        "difference": float(gain.mean()),
        "low": float(low),
        "high": float(high),
        "p_value": sign_flip_test(gain, a.groups),
        "only_a": int((gain > 0).sum()),
        "only_b": int((gain < 0).sum()),
    }


def sign_flip_test(gain: ArrayLike, groups: ArrayLike) -> float:
    """Return the exact two-sided p-value of a sum of gains if the sign of each group's sum were a coin toss.

    The test exchanges the answers of the two models group by group, in every way (Fisher 1935, "The design of
    experiments", section 21); with every row a group of its own it is McNemar's exact test. The sum over
    m groups that each gain v or lose v is that of a binomial variable; scipy's permutation test, which draws
    exchanges at random, is the same to within its noise.

    Parameters
    ----------
    gain
        Shape (n,), whole numbers: the score of one model less that of the other on each row.
    groups
        Shape (n,): rows of one group are exchanged together.

    Examples
    --------
    >>> round(sign_flip_test([1, 1, 1, -1], [0, 1, 2, 3]), 6)
    0.625
    """
    from scipy.signal import convolve
    from scipy.stats import binom

    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums = np.rint(np.bincount(codes, np.asarray(gain, float))).astype(int)
    total = abs(int(sums.sum()))
    if not total:
        return 1.0
    chances = np.ones(1)
    for value, count in zip(*np.unique(np.abs(sums[sums != 0]), return_counts=True), strict=True):
        wins = np.zeros(value * count + 1)
        wins[::value] = binom.pmf(np.arange(count + 1), count, 0.5)
        chances = convolve(chances, wins)
    # A sum of gains is twice the values won less all values.
    tail = chances[(len(chances) - 1 + total) // 2 :].sum()
    return float(np.clip(2 * tail, np.finfo(float).tiny, 1))


def _pair(a: _Measured, b: _Measured) -> ModelPair:
    """Compare accuracy and macro-F1 of two models."""
    low, high = interval(macro_samples(a.samples, a.f1) - macro_samples(b.samples, b.f1))
    return {
        "a": a.name,
        "b": b.name,
        **paired_difference(a.answers, b.answers),
        "macro_f1_difference": a.scores["macro_f1"]["value"] - b.scores["macro_f1"]["value"],
        "macro_f1_low": float(low),
        "macro_f1_high": float(high),
    }


def _wins(a: _Measured, b: _Measured) -> Iterator[SectionDifference]:
    """Compare the F1 of two models in each section that has test headlines, the largest lead of the first on top."""
    sections = [row["section"] for row in a.scores["per_section"] if row["support"]]
    columns = [[model.answers.labels.index(section) for section in sections] for model in (a, b)]
    difference = a.f1[columns[0]] - b.f1[columns[1]]
    low, high = interval(a.samples[:, 1:][:, columns[0]] - b.samples[:, 1:][:, columns[1]])
    true = _names(a.answers, a.answers.true)
    only_a, only_b = a.answers.correct & ~b.answers.correct, b.answers.correct & ~a.answers.correct
    for i in np.argsort(-difference, kind="stable").tolist():
        inside = true == sections[i]
        yield {
            "a": a.name,
            "b": b.name,
            "section": sections[i],
            "support": int(inside.sum()),
            "difference": float(difference[i]),
            "low": float(low[i]),
            "high": float(high[i]),
            "only_a": int(only_a[inside].sum()),
            "only_b": int(only_b[inside].sum()),
        }


def _model(model: _Measured, probable: bool) -> ComparedModel:
    """Gather the scores of one model, those of its probabilities where they are such."""
    loss = probability_scores(model.answers.true, model.answers.proba) if probable else None
    return {
        "name": model.name,
        "accuracy": model.scores["accuracy"],
        "macro_f1": model.scores["macro_f1"],
        "log_loss": loss and loss["log_loss"],
        "expected_calibration_error": loss and loss["expected_calibration_error"],
    }


def _by_section(models: Collection[_Measured]) -> dict[str, dict[str, float | None]]:
    """Gather the F1 of each model in each section."""
    rows = {each.name: {row["section"]: row["f1"] for row in each.scores["per_section"]} for each in models}
    sections = sorted(set().union(*rows.values()))
    return {section: {name: row.get(section) for name, row in rows.items()} for section in sections}


def _disagreements(answers: Mapping[str, Answers], headlines: Headlines) -> tuple[list[Disagreement], int]:
    """List headlines that the models answer differently, every pattern of right and wrong in turn; count them all.

    First come the patterns where half of the models are right; headlines of one pattern are taken evenly from
    the whole of the test headlines.
    """
    first = next(iter(answers.values()))
    given = {name: _names(each, each.best) for name, each in answers.items()}
    table = np.stack(list(given.values()))
    differ = np.flatnonzero((table != table[0]).any(axis=0))
    chosen = differ[_in_turn(np.stack([each.correct for each in answers.values()])[:, differ])]
    true = _names(first, first.true)
    rows: list[Disagreement] = [
        {
            "headline": headlines.headline[row].as_py(),
            "section": str(true[row]),
            "answers": {name: str(each[row]) for name, each in given.items()},
        }
        for row in chosen.tolist()
    ]
    return rows, len(differ)


def _in_turn(right: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Choose columns of `right`, shape (n_models, n), pattern by pattern in turn."""
    if not right.shape[1]:
        return np.zeros(0, np.intp)
    _, pattern, sizes = np.unique(right.T, axis=0, return_inverse=True, return_counts=True)
    pattern, place = pattern.ravel(), np.empty(right.shape[1])
    for code, size in enumerate(sizes):
        # Multiples of the golden ratio, modulo 1, are small at evenly spread places.
        place[pattern == code] = np.argsort(np.arange(size) * GOLDEN % 1).argsort()
    balance = np.abs(right.mean(axis=0) - 0.5)
    return np.lexsort((pattern, balance, place))[:N_DISAGREEMENTS]


def _names(answers: Answers, codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """Name sections by their positions."""
    return np.asarray(answers.labels)[codes]
