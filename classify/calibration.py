"""From margins to probabilities, and from probabilities to when to keep silent."""

from __future__ import annotations

from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

# Headlines a section from which the full calibration is fitted; below it, on sections of huffpost_2018_22, it was
# sometimes worse than no calibration.
_ENOUGH = 25

SEGMENTS = ((-np.inf, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, np.inf))
"""Where a margin has a slope of its own: between the corners of the hinge loss and the decision boundary."""

# Confidence that the error on other headlines is within a budget, chance alone considered.
_SURE = 0.9

ERROR_BUDGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
"""The error rates for which a threshold is learned."""


def fit_calibration(
    margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Learn to turn margins into probabilities.

    Multinomial logistic regression (scikit-learn's) on piecewise linear functions of all margins. A support vector
    machine pushes margins to -1 and 1, so a straight line, as in Platt (1999), does not fit them: on
    newsapi_2022_en, fitted on the margins of May 2022 and measured on June, the expected calibration error was 0.041
    with straight lines, 0.015 with one isotonic regression a section, and 0.010 so. Where there are few headlines, one
    slope for all margins is learned instead.

    Parameters
    ----------
    margins
        Shape (n, n_sections): out-of-fold margins.
    y
        Shape (n,): the true class numbers; every class occurs.
    random_state
        Seed.

    Returns
    -------
    Weights, shape (4 * n_sections, n_sections), and offsets, shape (n_sections,), for `calibrate`.
    """
    n_sections = int(y.max()) + 1
    if len(y) < _ENOUGH * n_sections:
        return _one_slope(margins, y, n_sections)
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # One thread: sums of several threads would depend on how many there are.
    with threadpool_limits(limits=1), catch_warnings():
        # Past 100 steps the log-loss changes in its fourth digit; not having converged is no error.
        simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(max_iter=100, random_state=random_state)
        model.fit(np.concatenate(_pieces(margins), axis=1), y)
    if len(model.classes_) == 2:
        return np.vstack([-model.coef_, model.coef_]).T / 2, np.append(
            -model.intercept_, model.intercept_
        ) / 2
    return model.coef_.T.copy(), model.intercept_


def calibrate(
    margins: NDArray[np.float32], weights: NDArray[np.float64], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Turn margins into probabilities, shape (n, n_sections); rows sum to 1.

    Examples
    --------
    >>> calibrate(np.zeros((1, 2), np.float32), np.zeros((8, 2)), np.zeros(2)).tolist()
    [[0.5, 0.5]]
    """
    logits = np.tile(offset, (len(margins), 1))
    columns = (piece[:, i] for piece in _pieces(margins) for i in range(margins.shape[1]))
    # Column by column, not as a matrix product: that one rounds differently for one row than for many.
    for column, row in zip(columns, weights, strict=True):
        logits += column[:, None] * row
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    total = np.zeros(len(logits))
    for column in logits.T:
        total += column
    return logits / total[:, None]


def choose_thresholds(proba: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Find, for each of `ERROR_BUDGETS`, the least confidence that keeps the error of the answers within it.

    Within it is an error rate whose upper bound is, so that it holds on other headlines, too: the one-sided bound of
    Clopper and Pearson (1934).

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
    from scipy.special import betaincinv

    confidence = proba.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    wrong = np.cumsum((proba.argmax(axis=1) != y)[order])
    right = np.arange(1, len(y) + 1) - wrong
    bound = np.where(right > 0, betaincinv(wrong + 1, np.maximum(right, 1), _SURE), 1.0)
    # Equal confidences are answered together, so only the last of a run may be a threshold.
    last = np.append(np.diff(confidence[order]) != 0, True)
    met = [np.flatnonzero(last & (bound <= budget)) for budget in ERROR_BUDGETS]
    return np.array([confidence[order][m[-1]] if len(m) else 2.0 for m in met])


def _one_slope(
    margins: NDArray[np.float32], y: NDArray[np.intp], n_sections: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Choose the slope of least log-loss; never a negative one, which few margins would sometimes ask for."""
    slopes = 2.0 ** np.arange(-3, 4)
    # The segments of a margin add up to it, but for a constant.
    choices = [np.vstack([slope * np.eye(n_sections)] * len(SEGMENTS)) for slope in slopes]
    offset = np.zeros(n_sections)
    rows = np.arange(len(y))
    losses = [-np.log(calibrate(margins, weights, offset)[rows, y] + 1e-12).mean() for weights in choices]
    return choices[int(np.argmin(losses))], offset


def _pieces(margins: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the part of the margins that lies in each segment."""
    wide = margins.astype(np.float64)
    return [np.clip(wide, low, high) for low, high in SEGMENTS]
