"""Several models on the same test headlines: scores side by side, paired differences, disagreements."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.intervals import interval, resampled_sums
from classify.scores import probability_scores, section_scores

if TYPE_CHECKING:
    from classify.answers import Answers
    from classify.headlines import Headlines

N_SHUFFLES = 10_000
N_DISAGREEMENTS = 60

Json = dict[str, Any]

_CELLS_AT_A_TIME = 1 << 22


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
        The ``comparison`` part of an evaluation: models, paired, per_section and disagreements.

    Raises
    ------
    ValueError
        If there are fewer than two models.
    """
    if len(answers) < 2:
        raise ValueError(f"{len(answers)} model(s) to compare; expected two or more; name another")
    found = {
        name: section_scores(each.true, each.best, each.labels, each.groups) for name, each in answers.items()
    }
    pairs = combinations(answers, 2) if against is None else ((against, b) for b in answers if b != against)
    return {
        "models": [
            _model(name, found[name], None if name in without_probabilities else each)
            for name, each in answers.items()
        ],
        "paired": [{"a": a, "b": b, **paired_difference(answers[a], answers[b])} for a, b in pairs],
        "per_section": _by_section(found),
        "disagreements": _disagreements(answers, headlines),
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
        groups; ``p_value`` of a randomisation test that exchanges the answers of the two models group
        by group (Noreen 1989, "Computer-intensive methods for testing hypotheses"; two-sided).
    """
    gain = a.correct.astype(float) - b.correct
    samples = resampled_sums(np.stack([gain, np.ones(len(gain))], axis=1), a.groups)
    low, high = interval(samples[:, 0] / samples[:, 1])
    return {
        "difference": float(gain.mean()),
        "low": float(low),
        "high": float(high),
        "p_value": randomisation_test(gain, a.groups),
    }


def randomisation_test(gain: ArrayLike, groups: ArrayLike, random_state: int = 0) -> float:
    """Return how often chance alone would give a sum of gains as far from zero, above 0 and at most 1.

    Parameters
    ----------
    gain
        Shape (n,): what one model has over another on each row; under the null hypothesis the two
        could be exchanged.
    groups
        Shape (n,): rows of one group are exchanged together.
    random_state
        Seed of the 10,000 exchanges.

    Examples
    --------
    >>> randomisation_test([1, 1, 1, -1], [0, 1, 2, 3]) > 0.5
    True
    """
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums = np.bincount(codes, np.asarray(gain, float))
    sums = sums[sums != 0]
    rng = np.random.default_rng(random_state)
    step = max(_CELLS_AT_A_TIME // max(len(sums), 1), 1)
    as_far = 0
    for start in range(0, N_SHUFFLES, step):
        signs = rng.integers(0, 2, (min(step, N_SHUFFLES - start), len(sums)), dtype=np.int8) * 2.0 - 1
        as_far += int((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).sum())
    return (as_far + 1) / (N_SHUFFLES + 1)


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


def _disagreements(answers: Mapping[str, Answers], headlines: Headlines) -> list[Json]:
    """List headlines that the models answer differently, first those that half of them get right."""
    first = next(iter(answers.values()))
    given = {name: _names(each, each.best) for name, each in answers.items()}
    table = np.stack(list(given.values()))
    right = np.mean([each.correct for each in answers.values()], axis=0)
    differ = np.flatnonzero((table != table[0]).any(axis=0))
    order = differ[np.argsort(np.abs(right[differ] - 0.5), kind="stable")][:N_DISAGREEMENTS]
    true = _names(first, first.true)
    return [
        {
            "headline": headlines.headline[row].as_py(),
            "section": str(true[row]),
            "answers": {name: str(each[row]) for name, each in given.items()},
        }
        for row in order.tolist()
    ]


def _names(answers: Answers, codes: NDArray[np.int64]) -> NDArray[np.str_]:
    """Name sections by their positions."""
    return np.asarray(answers.labels)[codes]
