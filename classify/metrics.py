"""Measures that scikit-learn lacks: B-cubed, calibration error, risk and coverage, group bootstrap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def bcubed_scores(labels_true: npt.ArrayLike, labels_pred: npt.ArrayLike) -> tuple[float, float, float]:
    """Measure how well predicted stories match known stories, headline by headline.

    For each headline, precision is the share of its predicted story that belongs to its true
    story, and recall the share of its true story that is in its predicted story, the headline itself
    included in both. Both are averaged over the headlines; F1 is the harmonic
    mean of the two averages.

    Parameters
    ----------
    labels_true, labels_pred
        One label a headline, of any type that sorts; only equality counts.

    Returns
    -------
        Precision, recall and F1, each above 0 and at most 1.

    Raises
    ------
    ValueError
        If the two differ in length, are empty or are not one-dimensional.

    References
    ----------
    Bagga and Baldwin, "Entity-based cross-document coreferencing using the vector space model",
    1998; Amigo et al., "A comparison of extrinsic clustering evaluation metrics", 2009.

    Examples
    --------
    >>> precision, recall, f1 = bcubed_scores(["a", "a", "b", "b"], [0, 0, 0, 1])
    >>> round(precision, 3), round(recall, 3), round(f1, 3)
    (0.667, 0.75, 0.706)
    """
    true, pred = _codes(labels_true, "labels_true"), _codes(labels_pred, "labels_pred")
    _check_same_length(true, pred, "labels_true", "labels_pred")
    cells, counts = np.unique(true * (pred.max() + 1) + pred, return_counts=True)
    squares = counts.astype(np.float64) ** 2
    of_true, of_pred = np.divmod(cells, pred.max() + 1)
    precision = float((squares / np.bincount(pred)[of_pred]).sum() / len(true))
    recall = float((squares / np.bincount(true)[of_true]).sum() / len(true))
    return precision, recall, 2 * precision * recall / (precision + recall)


def reliability_bins(
    correct: npt.ArrayLike, confidence: npt.ArrayLike, n_bins: int = 15
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Compare confidence with accuracy in bins of equally many predictions.

    Predictions of equal confidence share their mean accuracy, so that the order of the rows
    does not matter where a bin's border falls between them.

    Parameters
    ----------
    correct
        Whether each prediction was right (booleans or 0 and 1).
    confidence
        The probability given to each prediction, 0 to 1.
    n_bins
        At most this many bins; fewer when there are fewer predictions.

    Returns
    -------
        Mean confidence, accuracy and number of predictions of each bin, by rising confidence.

    Raises
    ------
    ValueError
        If the two differ in length, are empty, or contain values outside 0 to 1; if `n_bins` is
        not positive.

    Examples
    --------
    >>> confidence, accuracy, count = reliability_bins([0, 1, 1, 1], [0.5, 0.5, 0.75, 1.0], 2)
    >>> confidence.tolist(), accuracy.tolist(), count.tolist()
    ([0.5, 0.875], [0.5, 1.0], [2, 2])
    """
    hits, confidences = _hits_and_confidences(correct, confidence)
    if n_bins < 1:
        raise ValueError(f"n_bins is {n_bins}; expected 1 or more; give a positive number")
    order = np.argsort(confidences, kind="stable")
    values, group, count = np.unique(confidences[order], return_inverse=True, return_counts=True)
    accuracy = (np.bincount(group, hits[order]) / count)[group]
    edges = np.linspace(0, len(order), min(n_bins, len(order)) + 1).round().astype(np.int64)
    size = np.diff(edges)
    mean_confidence = np.add.reduceat(values[group], edges[:-1]) / size
    return mean_confidence, np.add.reduceat(accuracy, edges[:-1]) / size, size


def expected_calibration_error(correct: npt.ArrayLike, confidence: npt.ArrayLike, n_bins: int = 15) -> float:
    """Average the gap between confidence and accuracy over bins of equally many predictions.

    Parameters
    ----------
    correct
        Whether each prediction was right (booleans or 0 and 1).
    confidence
        The probability given to each prediction, 0 to 1.
    n_bins
        At most this many bins; fewer when there are fewer predictions.

    Returns
    -------
        0 (calibrated) to 1; better when lower.

    Raises
    ------
    ValueError
        As `reliability_bins`.

    References
    ----------
    Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", 2015; with
    equal mass: Nixon et al., "Measuring calibration in deep learning", 2019.

    Examples
    --------
    >>> expected_calibration_error([0, 1, 1, 1], [0.5, 0.5, 0.75, 1.0], n_bins=2)
    0.0625
    """
    mean_confidence, accuracy, size = reliability_bins(correct, confidence, n_bins)
    return float((np.abs(mean_confidence - accuracy) * size).sum() / size.sum())


def risk_coverage(correct: npt.ArrayLike, confidence: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Trace the error rate against the share of headlines answered, most confident first.

    There is one point for each distinct confidence: what happens when every prediction of at
    least that confidence is answered and the others are not.

    Parameters
    ----------
    correct
        Whether each prediction was right (booleans or 0 and 1).
    confidence
        The probability given to each prediction, 0 to 1.

    Returns
    -------
        Coverage, rising to 1, and the error rate among the predictions answered.

    Raises
    ------
    ValueError
        If the two differ in length, are empty, or contain values outside 0 to 1.

    References
    ----------
    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", 2010.

    Examples
    --------
    >>> coverage, risk = risk_coverage([1, 0, 1, 0], [0.9, 0.5, 0.8, 0.5])
    >>> coverage.tolist(), risk.tolist()
    ([0.25, 0.5, 1.0], [0.0, 0.0, 0.5])
    """
    hits, confidences = _hits_and_confidences(correct, confidence)
    order = np.argsort(-confidences, kind="stable")
    last = np.flatnonzero(np.append(np.diff(confidences[order]) != 0, True))
    errors = np.cumsum(1 - hits[order])[last]
    return (last + 1) / len(order), errors / (last + 1)


def bootstrap_interval(
    statistic: Callable[[IntArray], npt.ArrayLike],
    groups: npt.ArrayLike,
    n_resamples: int = 1000,
    level: float = 0.95,
    random_state: int = 0,
) -> tuple[FloatArray, FloatArray]:
    """Return the percentile bootstrap interval of a statistic, drawing whole groups of rows.

    Rows of one group (near-duplicates, headlines of one story) are drawn together, so that
    copies do not make the interval look narrower than it is.

    Parameters
    ----------
    statistic
        Called with an array of row positions (a row drawn twice is in it twice); returns a
        number, or an array of numbers of the same shape each time. NaN is left out.
    groups
        The group of each row, of any type that sorts.
    n_resamples
        How many resamples are drawn.
    level
        The share of resamples inside the interval, between 0 and 1.
    random_state
        Seed of the draws.

    Returns
    -------
        The low and the high end, each of the shape of the statistic.

    Raises
    ------
    ValueError
        If there are no rows, no resamples, or `level` is not between 0 and 1.

    References
    ----------
    Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13; drawn by
    clusters: Davison and Hinkley, "Bootstrap methods and their application", 1997, section 3.8.

    Examples
    --------
    >>> correct = np.array([1, 1, 0, 1, 0, 1])
    >>> low, high = bootstrap_interval(lambda rows: correct[rows].mean(), range(6))
    >>> round(float(low), 2), round(float(high), 2)
    (0.33, 1.0)
    """
    if n_resamples < 1 or not 0 < level < 1:
        raise ValueError(
            f"n_resamples is {n_resamples} and level is {level}; expected at least one resample "
            "and a level between 0 and 1; correct the arguments"
        )
    codes = _codes(groups, "groups")
    members, size = np.argsort(codes, kind="stable"), np.bincount(codes)
    start = np.cumsum(size) - size
    rng = np.random.default_rng(random_state)
    values = []
    for _ in range(n_resamples):
        drawn = rng.integers(len(size), size=len(size))
        n_rows = size[drawn]
        offset = np.arange(n_rows.sum()) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
        values.append(statistic(members[np.repeat(start[drawn], n_rows) + offset]))
    outside = (1 - level) / 2
    low, high = np.nanquantile(np.asarray(values, np.float64), [outside, 1 - outside], axis=0)
    return np.asarray(low), np.asarray(high)


def _codes(labels: npt.ArrayLike, name: str) -> IntArray:
    """Number the distinct labels from 0."""
    values = np.asarray(labels)
    if values.ndim != 1 or len(values) == 0:
        raise ValueError(
            f"{name} has shape {values.shape}; expected one dimension and at least one row; give one label a row"
        )
    return np.asarray(np.unique(values, return_inverse=True)[1], np.int64)


def _hits_and_confidences(correct: npt.ArrayLike, confidence: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Check both columns and return them as floats."""
    hits = np.asarray(correct, np.float64)
    confidences = np.asarray(confidence, np.float64)
    for name, values in (("correct", hits), ("confidence", confidences)):
        # The negation also catches NaN.
        if values.ndim != 1 or len(values) == 0 or not np.all((values >= 0) & (values <= 1)):
            raise ValueError(
                f"{name} is empty, not one-dimensional or outside 0 to 1; expected one number "
                "from 0 to 1 a row; correct the values"
            )
    _check_same_length(hits, confidences, "correct", "confidence")
    return hits, confidences


def _check_same_length(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic], name: str, other: str) -> None:
    """Raise when two columns differ in length."""
    if len(first) != len(second):
        raise ValueError(
            f"{name} has {len(first)} rows and {other} has {len(second)}; expected one of each a "
            "headline; give columns of the same length"
        )
