"""From margins to probabilities, and from probabilities to when to keep silent."""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

# Headlines a section from which the full calibration is fitted; below it, on sections of huffpost_2018_22, it was
# sometimes worse than no calibration.
_ENOUGH = 25

# Sections up to which there is a full calibration: its time grows with their square, to minutes for 400.
_MOST_SECTIONS = 120

# Headlines in a bin of confidence at least, and bins at most: chance moves the share right in a bin by 3 points then.
_BIN, _MOST_BINS = 300, 15
_TINY, _LEAD = 1e-12, 1e-9

# Headlines calibrated at a time; of 250 to 10,000 the fastest for 4 to 400 sections.
_ROWS = 2_000

SEGMENTS = ((-np.inf, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, np.inf))
"""Where a margin has a slope of its own: between the corners of the hinge loss and the decision boundary."""

# Filters of warnings belong to the process: threads that change them at once would leave them changed.
_ONE_AT_A_TIME = Lock()

# Confidence that the error on other headlines is within a budget, chance alone considered.
_SURE = 0.9

ERROR_BUDGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
"""The error rates for which a threshold is learned."""


class Calibration(NamedTuple):
    """Hold what turns margins into probabilities; see `fit_calibration`.

    Attributes
    ----------
    weights, offset
        Shapes (4 * n_sections, n_sections) and (n_sections,): of the pieces of the margins, to logits.
    curve
        Shape (2, n_knots): confidences in the first row, rising from 0 to 1, and below each how often such an answer
        is right; straight lines between them.
    """

    weights: NDArray[np.float64]
    offset: NDArray[np.float64]
    curve: NDArray[np.float64]


STRAIGHT = np.array([[0.0, 1.0], [0.0, 1.0]])
"""The curve that changes nothing."""


def fit_calibration(margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int = 0) -> Calibration:
    """Learn to turn margins into probabilities.

    Multinomial logistic regression (scikit-learn's) on piecewise linear functions of all margins. Both losses push
    margins to -1 and 1, so a straight line, as in Platt (1999), does not fit them: trained on 40,000 headlines of
    January to April of newsapi_2022_en, fitted on the margins of May 2022 and measured on June, the expected
    calibration error was 0.029 with straight lines, 0.017 with one isotonic regression a section, and 0.009 so. Where
    there are few headlines, or more than 120 sections, one slope for all margins is learned instead.

    One logit a section cannot say that of 41 sections few margins are all low, or several high: then answers of a
    confidence of 0.8 were right in 0.73 of cases (out-of-fold margins of huffpost_41). So the confidence of the best
    section is set to how often it is right, by isotonic regression (Zadrozny and Elkan 2002) over bins.

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
    For `calibrate`.
    """
    n_sections = int(y.max()) + 1
    if n_sections > _MOST_SECTIONS:
        straight = _one_slope(margins, y, n_sections)
        return straight._replace(curve=_fit_curve(calibrate(margins, straight), y))
    if len(y) < _ENOUGH * n_sections:
        return _one_slope(margins, y, n_sections)
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # One thread: sums of several threads would depend on how many there are.
    with _ONE_AT_A_TIME, threadpool_limits(limits=1), catch_warnings():
        # Past 100 steps the log-loss changes in its fourth digit; not having converged is no error.
        simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(max_iter=100, random_state=random_state)
        model.fit(np.concatenate(_pieces(margins), axis=1), y)
    weights, offset = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:
        weights, offset = np.hstack([-weights, weights]) / 2, np.append(-offset, offset) / 2
    straight = Calibration(weights.copy(), offset, STRAIGHT)
    return straight._replace(curve=_fit_curve(calibrate(margins, straight), y))


def calibrate(margins: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float64]:
    """Turn margins into probabilities, shape (n, n_sections); rows sum to 1.

    Examples
    --------
    >>> calibrate(np.zeros((1, 2), np.float32), Calibration(np.zeros((8, 2)), np.zeros(2), STRAIGHT)).tolist()
    [[0.5, 0.5]]
    """
    # Some at a time, so that the logits stay in the processor's caches; the result does not depend on it.
    parts = [_calibrate(margins[i : i + _ROWS], calibration) for i in range(0, max(len(margins), 1), _ROWS)]
    return np.concatenate(parts)


def _calibrate(margins: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float64]:
    """Turn some margins into probabilities."""
    weights, offset, curve = calibration
    logits = np.tile(offset, (len(margins), 1))
    columns = (piece[:, i] for piece in _pieces(margins) for i in range(margins.shape[1]))
    # Column by column, not as a matrix product: that one rounds differently for one row than for many.
    for column, row in zip(columns, weights, strict=True):
        some = slice(None) if row.all() else np.flatnonzero(row)
        logits[:, some] += column[:, None] * row[some]
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    total = np.zeros(len(logits))
    for column in logits.T:
        total += column
    return _bend(logits / total[:, None], curve)


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


def find_threshold(thresholds: NDArray[np.float64], max_error: float) -> float:
    """Return the threshold of the largest of `ERROR_BUDGETS` within `max_error`; none being within is a ValueError.

    Examples
    --------
    >>> find_threshold(np.linspace(0.9, 0.0, 10), 0.06)
    0.5
    """
    at, least = int(np.searchsorted(ERROR_BUDGETS, max_error + 1e-9)) - 1, ERROR_BUDGETS[0]
    if at < 0 or not max_error < 1:
        raise ValueError(f"max_error={max_error:g}; expected a share from {least:g} to below 1, such as 0.05")
    return float(thresholds[at])


def _fit_curve(proba: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Learn how often the best section is right, by its probability, over bins of equally many headlines."""
    from sklearn.isotonic import IsotonicRegression

    n_bins = min(len(y) // _BIN, _MOST_BINS)
    if n_bins < 2:
        return STRAIGHT
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
    bins = np.array_split(np.argsort(confidence, kind="stable"), n_bins)
    found = np.array([[confidence[rows].mean(), right[rows].mean()] for rows in bins]).T
    # A little of the straight line keeps different confidences different where the regression is flat.
    found[1] = 0.99 * IsotonicRegression().fit_transform(*found) + 0.01 * found[0]
    return np.concatenate([STRAIGHT[:, :1], found, STRAIGHT[:, 1:]], axis=1)


def _bend(proba: NDArray[np.float64], curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set the probability of each best section by the curve, but leave it the best; the others share the rest."""
    if curve.shape[1] == 2 or not len(proba):
        return proba
    rows, best = np.arange(len(proba)), proba.argmax(axis=1)
    confidence = proba[rows, best]
    others = proba.copy()
    others[rows, best] = 0
    others /= np.maximum(1 - confidence, _TINY)[:, None]
    second = others.max(axis=1)
    # By a little more than the second best, for a tie would go to the section that stands first.
    bent = np.minimum(np.maximum(np.interp(confidence, *curve), second / (1 + second) + _LEAD), 1)
    others *= (1 - bent)[:, None]
    others[rows, best] = bent
    return others


def _one_slope(margins: NDArray[np.float32], y: NDArray[np.intp], n_sections: int) -> Calibration:
    """Choose the slope of least log-loss; never a negative one, which few margins would sometimes ask for."""
    slopes = 2.0 ** np.arange(-3, 4)
    # The segments of a margin add up to it, but for a constant.
    choices = [np.vstack([slope * np.eye(n_sections)] * len(SEGMENTS)) for slope in slopes]
    offset = np.zeros(n_sections)
    rows = np.arange(len(y))
    found = [Calibration(weights, offset, STRAIGHT) for weights in choices]
    losses = [-np.log(calibrate(margins, one)[rows, y] + _TINY).mean() for one in found]
    return found[int(np.argmin(losses))]


def _pieces(margins: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the part of the margins that lies in each segment."""
    wide = margins.astype(np.float64)
    return [np.clip(wide, low, high) for low, high in SEGMENTS]
