"""Calibrate margins to probabilities."""

from __future__ import annotations

from itertools import product
from threading import Lock
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

# Headlines per section from which matrix scaling is fitted. With 100 it gave an expected calibration error of 0.055
# (newsapi_2022_en), 0.057 (huffpost_41), 0.027 (indicnews_hi) and 0.029 (thucnews_zh), slopes 0.035, 0.040, 0.050 and
# 0.033, and answers within a budget of 10 % were wrong in 14, 9, 12 and 10 %, with slopes 10, 11, 8 and 7 %.
# With 300 matrix scaling was as good in calibration, and better in accuracy. One draw each, from the rows named below.
_ENOUGH = 150

# Sections up to which matrix scaling is fitted: its time grows with their square, to minutes for 400.
_MOST_SECTIONS = 120

# Inverse temperatures to begin with, as powers of two.
_POWERS = range(-3, 7)

# Steps of the slopes around the temperature, in powers of two, and the penalty, in nats, of a slope of twice or half of
# it. With 5 and 20 headlines a section, slopes gave an expected calibration error of 0.07 and 0.07 in newsapi_2022_en,
# 0.04 and 0.03 in huffpost_41, 0.08 and 0.05 in indicnews_hi; a temperature alone 0.07 and 0.09, 0.06 and 0.06, 0.09
# and 0.08. Means of three or four draws from January to March, measured on April, or from the rows that
# experiments/few_labels.py trains on, measured on others of them.
_STEP, _PENALTY = 0.25, 1.2

# Fewest headlines in a bin of confidence, and most bins: the standard error of a bin's share of right answers is then
# 3 points.
_BIN, _MOST_BINS = 300, 15
_TINY, _LEAD = 1e-12, 1e-9

# Headlines calibrated at a time; of 250 to 10,000 the fastest for 4 to 400 sections.
_ROWS = 2_000

SEGMENTS = ((-np.inf, -1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, np.inf))
"""The pieces of a margin, each with its own slope: cut at the corners of the hinge loss and the decision boundary."""

# Filters of warnings belong to the process: threads that change them at once would leave them changed.
_ONE_AT_A_TIME = Lock()


class Calibration(NamedTuple):
    """The map from margins to probabilities; see `fit_calibration`.

    Attributes
    ----------
    weights, offset
        Shapes (4 * n_sections, n_sections) and (n_sections,): from the pieces of the margins to logits.
    curve
        Shape (2, n_knots): rising confidences from 0 to 1, and for each the share of such answers that are right;
        interpolated linearly.
    """

    weights: NDArray[np.float64]
    offset: NDArray[np.float64]
    curve: NDArray[np.float64]


STRAIGHT = np.array([[0.0, 1.0], [0.0, 1.0]])
"""The identity as a curve."""


def fit_calibration(margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int = 0) -> Calibration:
    """Fit the map from margins to probabilities.

    Matrix scaling (Guo et al. 2017, "On calibration of modern neural networks"), which is multinomial logistic
    regression on the margins, here with each margin cut into the four pieces of `SEGMENTS`: both losses push margins to
    -1 and 1, where a straight line, as in Platt (1999), does not fit. Trained on 40,000 headlines of January to April
    of newsapi_2022_en, fitted on the margins of May 2022 and measured on June, the expected calibration error was 0.029
    with straight lines, 0.017 with one isotonic regression per section, and 0.009 with pieces. With fewer than 150
    headlines per section, one slope for each piece is fitted for all sections together, and with more than 120 sections
    temperature scaling.

    One logit per section cannot express that few of 41 margins are all low, or several high: answers of confidence 0.8
    were right in 0.73 of cases (out-of-fold margins of huffpost_41). So the probability of the best section is then set
    to the share of right answers, by isotonic regression (Zadrozny and Elkan 2002) over bins.

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
    many, few = n_sections > _MOST_SECTIONS, len(y) < _ENOUGH * n_sections
    fit = _scale_by_temperature if many else _scale_by_slopes if few else _scale_by_matrix
    return fit_curve(fit(margins, y, random_state), margins, y)


def fit_curve(calibration: Calibration, margins: NDArray[np.float32], y: NDArray[np.intp]) -> Calibration:
    """Return a calibration with its curve fitted to other headlines; the most probable sections stay the same.

    With fewer than 600 headlines the curve stays as it is.

    Examples
    --------
    >>> overconfident = Calibration(np.tile(3 * np.eye(2), (4, 1)), np.zeros(2), STRAIGHT)
    >>> margins, y = np.tile(np.array([[1, -1]], np.float32), (600, 1)), np.arange(600) % 4 // 3
    >>> calibrate(margins[:1], fit_curve(overconfident, margins, y)).round(2).tolist()
    [[0.75, 0.25]]
    """
    if len(y) < 2 * _BIN:
        return calibration
    straight = calibration._replace(curve=STRAIGHT)
    return straight._replace(curve=_fit_curve(calibrate(margins, straight), y))


def calibrate(margins: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float64]:
    """Return the probabilities of margins, shape (n, n_sections); rows sum to 1.

    Examples
    --------
    >>> calibrate(np.zeros((1, 2), np.float32), Calibration(np.zeros((8, 2)), np.zeros(2), STRAIGHT)).tolist()
    [[0.5, 0.5]]
    """
    # Some rows at a time, so that the logits fit the processor's caches; the result does not depend on it.
    parts = [_calibrate(margins[i : i + _ROWS], calibration) for i in range(0, max(len(margins), 1), _ROWS)]
    return np.concatenate(parts)


def _calibrate(margins: NDArray[np.float32], calibration: Calibration) -> NDArray[np.float64]:
    """Return the probabilities of some margins."""
    weights, offset, curve = calibration
    logits = np.tile(offset, (len(margins), 1))
    columns = np.concatenate(_pieces(margins), axis=1).T
    # Column by column: a matrix product rounds differently for one row than for many.
    for column, row, dense in zip(columns[:, :, None], weights, np.all(weights, axis=1).tolist(), strict=True):
        if dense:
            logits += column * row
        else:
            some = np.flatnonzero(row)
            logits[:, some] += column * row[some]
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    total = np.zeros(len(logits))
    for column in logits.T:
        total += column
    return _bend(logits / total[:, None], curve)


def _fit_curve(proba: NDArray[np.float64], y: NDArray[np.intp]) -> NDArray[np.float64]:
    """Fit the share of right answers by the probability of the best section, over bins of equally many headlines."""
    from sklearn.isotonic import IsotonicRegression

    n_bins = min(len(y) // _BIN, _MOST_BINS)
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
    bins = np.array_split(np.argsort(confidence, kind="stable"), n_bins)
    found = np.array([[confidence[rows].mean(), right[rows].mean()] for rows in bins]).T
    # A hundredth of the identity keeps different confidences different where the regression is flat.
    found[1] = 0.99 * IsotonicRegression().fit_transform(*found) + 0.01 * found[0]
    return np.concatenate([STRAIGHT[:, :1], found, STRAIGHT[:, 1:]], axis=1)


def _bend(proba: NDArray[np.float64], curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Set the probability of each best section by the curve, still the largest, and scale the others to the rest."""
    if curve.shape[1] == 2 or not len(proba):
        return proba
    rows, best = np.arange(len(proba)), proba.argmax(axis=1)
    confidence = proba[rows, best]
    others = proba.copy()
    others[rows, best] = 0
    others /= np.maximum(1 - confidence, _TINY)[:, None]
    second = others.max(axis=1)
    # Larger than the second best by a little, since a tie would go to the first section.
    bent = np.minimum(np.maximum(np.interp(confidence, *curve), second / (1 + second) + _LEAD), 1)
    others *= (1 - bent)[:, None]
    others[rows, best] = bent
    return others


def _scale_by_matrix(margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int) -> Calibration:
    """Fit a weight for each piece of each margin and each section."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    # One thread: the sums of several threads would depend on their number.
    with _ONE_AT_A_TIME, threadpool_limits(limits=1), catch_warnings():
        # After 100 iterations the log-loss changes in its fourth digit; not having converged is not an error.
        simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(max_iter=100, random_state=random_state)
        model.fit(np.concatenate(_pieces(margins), axis=1), y)
    weights, offset = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:
        weights, offset = np.hstack([-weights, weights]) / 2, np.append(-offset, offset) / 2
    return Calibration(weights.copy(), offset, STRAIGHT)


def _scale_by_temperature(margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int) -> Calibration:
    """Choose the inverse temperature of least log-loss: a power of two, then quarters of a power around it."""
    n_sections = int(y.max()) + 1

    def loss(power: float) -> float:
        return _log_loss(margins, y, _slopes([power] * len(SEGMENTS), n_sections))

    best = min(_POWERS, key=loss)
    return _slopes([min((best + quarter / 4 for quarter in range(-3, 4)), key=loss)] * len(SEGMENTS), n_sections)


def _scale_by_slopes(margins: NDArray[np.float32], y: NDArray[np.intp], random_state: int) -> Calibration:
    """Choose a temperature, then a slope for each piece of a margin, the same for all sections.

    Slopes are positive, so that the section of the largest margin stays the most probable one.
    """
    temperature = _scale_by_temperature(margins, y, random_state)
    n_sections = int(y.max()) + 1
    start = float(np.log2(temperature.weights[0, 0]))
    powers = [start] * len(SEGMENTS)

    def loss(powers: list[float]) -> float:
        penalty = _PENALTY * sum((power - start) ** 2 for power in powers) / len(y)
        return _log_loss(margins, y, _slopes(powers, n_sections)) + penalty

    least, changed = loss(powers), True
    while changed:
        changed = False
        for piece, step in product(range(len(powers)), (-_STEP, _STEP)):
            other = [*powers[:piece], powers[piece] + step, *powers[piece + 1 :]]
            found = loss(other)
            if found < least - _LEAD:
                powers, least, changed = other, found, True
    return _slopes(powers, n_sections)


def _slopes(powers: list[float], n_sections: int) -> Calibration:
    """Return the calibration with these slopes of the pieces, as powers of two."""
    weights = np.vstack([2.0**power * np.eye(n_sections) for power in powers])
    return Calibration(weights, np.zeros(n_sections), STRAIGHT)


def _log_loss(margins: NDArray[np.float32], y: NDArray[np.intp], calibration: Calibration) -> float:
    """Return the mean log-loss of the calibrated probabilities."""
    return -float(np.log(calibrate(margins, calibration)[np.arange(len(y)), y] + _TINY).mean())


def _pieces(margins: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the piece of the margins in each segment."""
    wide = margins.astype(np.float64)
    return [np.clip(wide, low, high) for low, high in SEGMENTS]
