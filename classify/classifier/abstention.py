"""Choose the probability below which to abstain, from out-of-fold probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Confidence of the bound on the error rate of other headlines of the same kind.
_SURE = 0.9

ERROR_BUDGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
"""The error rates for which a threshold is chosen."""


def choose_thresholds(proba: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Choose, for each of `ERROR_BUDGETS`, the least probability at which the error rate of the answers is within it.

    The error rate is within a budget where its one-sided upper bound of 90 % confidence is (Clopper and Pearson 1934),
    so that it holds on other headlines.

    Parameters
    ----------
    proba
        Shape (n, n_sections): out-of-fold probabilities.
    y
        Shape (n,): the true class numbers.

    Returns
    -------
        Shape (n_budgets,); 2.0, which no probability reaches, where a budget cannot be met.

    Examples
    --------
    >>> proba = np.repeat([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4]], 30, axis=0)
    >>> choose_thresholds(proba, np.repeat([0, 0, 1], 30))[ERROR_BUDGETS.index(0.05)].tolist()
    0.8
    """
    return choose_limits(proba.max(axis=1), proba.argmax(axis=1) == y)


def choose_limits(confidence: NDArray[np.float64], correct: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Choose thresholds as `choose_thresholds` does, for answers with these probabilities, right or wrong."""
    from scipy.special import betaincinv

    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum(~correct[order])
    right = np.arange(1, len(order) + 1) - wrong
    bound = np.where(right > 0, betaincinv(wrong + 1, np.maximum(right, 1), _SURE), 1.0)
    # Equal confidences are answered together, so only the last of them may be a threshold.
    last = np.append(np.diff(confidence[order]) != 0, True)
    met = [np.flatnonzero(last & (bound <= budget)) for budget in ERROR_BUDGETS]
    return np.array([confidence[order][m[-1]] if len(m) else 2.0 for m in met])


def find_threshold(thresholds: NDArray[np.float64], max_error: float) -> float:
    """Return the threshold of the largest of `ERROR_BUDGETS` within `max_error`; a ValueError where all are larger.

    Examples
    --------
    >>> find_threshold(np.linspace(0.9, 0.0, 10), 0.06)
    0.5
    """
    at, least = int(np.searchsorted(ERROR_BUDGETS, max_error + 1e-9)) - 1, ERROR_BUDGETS[0]
    if at < 0 or not max_error < 1:
        raise ValueError(f"max_error={max_error:g}; expected a share from {least:g} to below 1, such as 0.05")
    return float(thresholds[at])
