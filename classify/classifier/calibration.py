"""Calibrate margins to probabilities."""

from __future__ import annotations

from threading import Lock
from typing import Any, NamedTuple
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

# Headlines per section from which matrix scaling is fitted; with fewer, on sections of huffpost_2018_22, it was
# sometimes worse than no calibration.
_ENOUGH = 25

# Sections up to which matrix scaling is fitted: its time grows with their square, to minutes for 400.
_MOST_SECTIONS = 120

# Inverse temperatures to begin with, as powers of two. With 20 headlines a section, the mean confidence was off by 0.02
# (newsapi_2022_en), 0.01 (huffpost_41) and 0.05 (indicnews_hi); by 0.08, 0.12 and 0.06 without quarters of a power and
# none above 3. With 5 it stays 0.04 to 0.13 too low: models of four headlines a section are less sure. Each the mean
# of three draws, on 3,000 other headlines of January to April, or of the rows that experiments/few_labels.py trains on.
_POWERS = range(-3, 7)

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
    with straight lines, 0.017 with one isotonic regression per section, and 0.009 with pieces. With fewer than 25
    headlines per section, or more than 120 sections, temperature scaling is fitted instead.

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
    fit = _scale_by_temperature if many or few else _scale_by_matrix
    scaling = fit(margins, y, random_state)
    if few and not many:
        return scaling
    return fit_curve(scaling, margins, y)


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
    rows, n_sections = np.arange(len(y)), int(y.max()) + 1
    # The pieces of a margin add up to it, but for a constant.
    same = np.vstack([np.eye(n_sections)] * len(SEGMENTS))

    def scaling(power: float) -> Calibration:
        return Calibration(2.0**power * same, np.zeros(n_sections), STRAIGHT)

    def loss(power: float) -> float:
        return -float(np.log(calibrate(margins, scaling(power))[rows, y] + _TINY).mean())

    best = min(_POWERS, key=loss)
    return scaling(min((best + quarter / 4 for quarter in range(-3, 4)), key=loss))


def _pieces(margins: NDArray[Any]) -> list[NDArray[np.float64]]:
    """Return the piece of the margins in each segment."""
    wide = margins.astype(np.float64)
    return [np.clip(wide, low, high) for low, high in SEGMENTS]
