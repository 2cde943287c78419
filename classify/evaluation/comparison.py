"""Several models on the same test headlines: scores, paired differences, where each wins, disagreements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.evaluation.bootstrap import interval, resampled_sums
from classify.evaluation.scores import probability_scores, section_samples, section_scores

if TYPE_CHECKING:
    from classify.evaluation.answers import Answers
    from classify.headlines import Headlines

N_DISAGREEMENTS = 60
GOLDEN = (5**0.5 - 1) / 2

Json = dict[str, Any]
FloatArray = NDArray[np.float64]


def compare(
    answers: Mapping[str, Answers],
    headlines: Headlines,
    *,
    against: str | None = None,
    without_probabilities: Collection[str] = (),
) -> Json:
    """Compare models that answered the same test headlines.

    Parameters
    ----------
    answers
        The answers of each model, by its name.
    headlines
        The test headlines.
    against
        The model that all others are compared with; by default every pair is compared.
    without_probabilities
        Models whose numbers are no probabilities: they get no log-loss and no calibration error.

    Returns
    -------
    :
        The ``comparison`` part of an evaluation: ``models``, ``paired`` (see `paired_difference`),
        ``per_section`` (F1 of each model), ``wins`` (for each pair and section the difference in F1 with
        its interval, and how many headlines only one of the two got right), ``disagreements`` (examples)
        and ``n_disagreements`` (of how many), ``n_headlines``.

    Raises
    ------
    ValueError
        If there are fewer than two models.
    """
    if len(answers) < 2:
        raise ValueError(f"{len(answers)} model(s) to compare; expected two or more; name another")
    samples = {
        name: section_samples(each.true, each.best, len(each.labels), each.groups) for name, each in answers.items()
    }
    found = {
        name: section_scores(each.true, each.best, each.labels, each.groups, samples[name])
        for name, each in answers.items()
    }
    pairs = list(combinations(answers, 2) if against is None else ((against, b) for b in answers if b != against))
    return {
        "n_headlines": len(headlines),
        "models": [
            _model(name, found[name], None if name in without_probabilities else each) for name, each in answers.items()
        ],
        "paired": [
            {"a": a, "b": b, **paired_difference(answers[a], answers[b])}
            | _macro_difference(found[a], found[b], samples[a], samples[b])
            for a, b in pairs
        ],
        "per_section": _by_section(found),
        "wins": [row for a, b in pairs for row in _wins(a, b, answers, found, samples)],
        **_disagreements(answers, headlines),
    }


def paired_difference(a: Answers, b: Answers) -> Json:
    """Compare the accuracy of two models on the same headlines.

    Parameters
    ----------
    a, b
        Answers to the same headlines, in the same groups.

    Returns
    -------
    :
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
    """Return the exact two-sided p-value of a sum of gains, were each group's sign as likely + as -.

    It exchanges the answers of the two models group by group, in every way (Fisher 1935, "The design of
    experiments", section 21); with every row a group of its own it is McNemar's exact test. The sum over
    m groups that each gain v or lose v is that of a binomial variable; scipy's permutation test, which draws
    exchanges at random, is the same to within its noise.

    Parameters
    ----------
    gain
        Shape (n,), whole numbers: what one model has over another on each row.
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
    # The gains are twice what was won, less what was at stake.
    tail = chances[(len(chances) - 1 + total) // 2 :].sum()
    return float(np.clip(2 * tail, np.finfo(float).tiny, 1))


def _macro_difference(a: Json, b: Json, a_samples: FloatArray, b_samples: FloatArray) -> Json:
    """Compare the macro-F1 of two models, with the interval of their difference."""
    one, other = (_macro(found, samples) for found, samples in ((a, a_samples), (b, b_samples)))
    low, high = interval(one - other)
    difference = a["macro_f1"]["value"] - b["macro_f1"]["value"]
    return {"macro_f1_difference": difference, "macro_f1_low": float(low), "macro_f1_high": float(high)}


def _macro(found: Json, samples: FloatArray) -> FloatArray:
    """Return the macro-F1 of each resample, over the sections that occur."""
    occurs = [row["f1"] is not None for row in found["per_section"]]
    return np.asarray(np.nanmean(samples[:, 1:][:, occurs], axis=1))


def _wins(
    a: str,
    b: str,
    answers: Mapping[str, Answers],
    found: Mapping[str, Json],
    samples: Mapping[str, FloatArray],
) -> Iterable[Json]:
    """Compare the F1 of two models in each section that has test headlines, the largest lead of the first on top."""
    one, other = answers[a], answers[b]
    sections = [row["section"] for row in found[a]["per_section"] if row["support"]]
    columns = [[each.labels.index(section) for section in sections] for each in (one, other)]
    f1 = [np.array([found[m]["per_section"][i]["f1"] for i in c]) for m, c in zip((a, b), columns, strict=True)]
    drawn = [samples[m][:, 1:][:, c] for m, c in zip((a, b), columns, strict=True)]
    low, high = interval(drawn[0] - drawn[1])
    true = np.asarray(one.labels)[one.true]
    only_a, only_b = one.correct & ~other.correct, other.correct & ~one.correct
    for i in np.argsort(f1[1] - f1[0], kind="stable").tolist():
        inside = true == sections[i]
        yield {
            "a": a,
            "b": b,
            "section": sections[i],
            "support": int(inside.sum()),
            "difference": float(f1[0][i] - f1[1][i]),
            "low": float(low[i]),
            "high": float(high[i]),
            "only_a": int(only_a[inside].sum()),
            "only_b": int(only_b[inside].sum()),
        }


def _model(name: str, found: Json, answers: Answers | None) -> Json:
    """Gather the scores of one model."""
    loss = probability_scores(answers.true, answers.proba) if answers is not None else {}
    return {
        "name": name,
        "accuracy": found["accuracy"],
        "macro_f1": found["macro_f1"],
        "log_loss": loss.get("log_loss"),
        "seconds_fit": None,
        "expected_calibration_error": loss.get("expected_calibration_error"),
    }


def _by_section(found: Mapping[str, Json]) -> dict[str, Json]:
    """Gather the F1 of each model in each section."""
    rows = {name: {row["section"]: row["f1"] for row in each["per_section"]} for name, each in found.items()}
    sections = sorted(set().union(*rows.values()))
    return {section: {name: row.get(section) for name, row in rows.items()} for section in sections}


def _disagreements(answers: Mapping[str, Answers], headlines: Headlines) -> Json:
    """List headlines that the models answer differently, every pattern of right and wrong in turn.

    First come the patterns where half of the models are right; headlines of one pattern are taken evenly from
    the whole of the test headlines.
    """
    first = next(iter(answers.values()))
    given = {name: _names(each, each.best) for name, each in answers.items()}
    table = np.stack(list(given.values()))
    differ = np.flatnonzero((table != table[0]).any(axis=0))
    chosen = differ[_in_turn(np.stack([each.correct for each in answers.values()])[:, differ])]
    true = _names(first, first.true)
    rows = [
        {
            "headline": headlines.headline[row].as_py(),
            "section": str(true[row]),
            "answers": {name: str(each[row]) for name, each in given.items()},
        }
        for row in chosen.tolist()
    ]
    return {"disagreements": rows, "n_disagreements": len(differ)}


def _in_turn(right: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Choose columns of what each model got right, shape (n_models, n), pattern by pattern in turn."""
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
