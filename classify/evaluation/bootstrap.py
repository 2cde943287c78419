"""Compute bootstrap intervals over groups for many scores at a time.

`metrics.bootstrap_interval` takes any statistic and calls it once a resample. Accuracy, F1 and error rates are ratios
of sums over rows, so a resample needs only how often each group was drawn: one product of matrices computes all scores
of all resamples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

N_RESAMPLES = 1000
LEVEL = 0.95

FloatArray = NDArray[np.float64]

_CELLS_AT_A_TIME = 1 << 21


def resampled_sums(
    values: sp.csr_matrix | FloatArray,
    groups: ArrayLike,
    n_resamples: int = N_RESAMPLES,
    random_state: int = 0,
) -> FloatArray:
    """Sum columns over rows, once for each bootstrap resample of the groups.

    The resamples are those of `metrics.bootstrap_interval` with the same seed.

    Parameters
    ----------
    values
        Shape (n_rows, n_columns).
    groups
        Shape (n_rows,): rows of one group are drawn together.
    n_resamples
        How many resamples are drawn.
    random_state
        Seed of the draws.

    Returns
    -------
    Shape (n_resamples, n_columns).

    Examples
    --------
    >>> resampled_sums(np.ones((3, 1)), [0, 1, 2], n_resamples=2).tolist()
    [[3.0], [3.0]]
    """
    codes = np.unique(np.asarray(groups), return_inverse=True)[1]
    n_groups = int(codes.max(initial=-1)) + 1
    rows = sp.csr_matrix(values, dtype=np.float64)
    member = (np.ones(len(codes)), (codes, np.arange(len(codes))))
    sums = (sp.csr_matrix(member, shape=(n_groups, len(codes))) @ rows).T.tocsr()
    rng = np.random.default_rng(random_state)
    result = np.empty((n_resamples, rows.shape[1]))
    step = max(_CELLS_AT_A_TIME // max(n_groups, 1), 1)
    for start in range(0, n_resamples, step):
        stop = min(start + step, n_resamples)
        counts = [_draw(rng, n_groups) for _ in range(start, stop)]
        result[start:stop] = (sums @ np.stack(counts, axis=1).astype(np.float64)).T
    return result


def resampled_ratios(
    numerators: sp.csr_matrix | FloatArray,
    denominators: sp.csr_matrix | FloatArray,
    groups: ArrayLike,
    n_resamples: int = N_RESAMPLES,
    random_state: int = 0,
) -> FloatArray:
    """Divide sums by sums in each bootstrap resample of the groups.

    Parameters
    ----------
    numerators, denominators
        Shape (n_rows, n_scores); a score is the sum of its numerators over its denominators.
    groups
        Shape (n_rows,): rows of one group are drawn together.
    n_resamples
        How many resamples are drawn.
    random_state
        Seed of the draws.

    Returns
    -------
    Shape (n_resamples, n_scores); NaN where the denominators sum to 0.
    """
    both = sp.hstack([sp.csr_matrix(numerators), sp.csr_matrix(denominators)], format="csr")
    top, bottom = np.hsplit(resampled_sums(both, groups, n_resamples, random_state), 2)
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def interval(samples: FloatArray, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Return the low and the high end of a percentile interval, column by column.

    Parameters
    ----------
    samples
        Shape (n_resamples, ...); NaN is left out, and the ends of a column of NaN alone are NaN.
    level
        The share of resamples inside the interval, between 0 and 1.

    Examples
    --------
    >>> low, high = interval(np.arange(101.0)[:, None])
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([2.5], [97.5])
    """
    known = ~np.isnan(samples).all(axis=0)
    ends: NDArray[Any] = np.full((2, *samples.shape[1:]), np.nan)
    ends[:, known] = np.nanquantile(samples[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends[0], ends[1]


def _draw(rng: np.random.Generator, n_groups: int) -> NDArray[np.int64]:
    """Draw as many groups as there are with replacement, and return how often each was drawn."""
    return np.bincount(rng.integers(n_groups, size=n_groups), minlength=n_groups)
