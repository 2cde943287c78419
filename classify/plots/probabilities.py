"""Draw whether probabilities can be trusted, and what declining to answer buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from classify.plots.drawing import (
    BLUE,
    DASHES,
    GRID,
    INK,
    MUTED,
    SERIES,
    VERMILLION,
    bounds,
    column,
    cut,
    draw_intervals,
    dress,
    hang_below,
    legend_above,
    new_axes,
    settle,
    take,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_reliability(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw stated probability against the share that was right, and a histogram below.

    Parameters
    ----------
    numbers
        ``reliability``: bins with confidence, accuracy, low, high and count; and, where known,
        ``expected_calibration_error``, ``confidence_histogram`` (edges and counts), and ``reliability_beside``,
        the bins of other models by name, drawn as lines.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> bins = [{"confidence": 0.9, "accuracy": 0.88, "low": 0.8, "high": 0.95, "count": 50}]
    >>> ax = plot_reliability({"reliability": bins, "expected_calibration_error": 0.02})
    >>> ax.get_title(loc="left")
    'Reliability (calibration error 0.020)'
    """
    bins, beside = take(numbers, "reliability"), numbers.get("reliability_beside") or {}
    given, ax = ax, ax or new_axes(6.4 if beside else 4.9, 4.9 + 0.3 * len(beside))
    x, y = column(bins, "confidence"), column(bins, "accuracy")
    ax.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1, label="as stated")
    for i, (name, rows) in enumerate(beside.items(), 1):
        style: dict[str, Any] = {"color": SERIES[i % len(SERIES)], "linestyle": DASHES[i % len(DASHES)]}
        ax.plot(column(rows, "confidence"), column(rows, "accuracy"), linewidth=1.3, label=cut(name, 40), **style)
    draw_intervals(ax, x, bounds(bins), name="95 % interval", upright=True)
    ax.plot(x, y, "o", color=BLUE, markersize=5, clip_on=False, zorder=3, label="test headlines")
    error = numbers.get("expected_calibration_error")
    title = "Reliability" if error is None else f"Reliability (calibration error {error:.3f})"
    dress(ax, title, "", "share that was right", grid="both")
    histogram = numbers.get("confidence_histogram")
    filled: Any = [] if not histogram else np.asarray(histogram["edges"])[:-1][np.asarray(histogram["counts"]) > 0]
    others = [column(rows, key) for rows in beside.values() for key in ("confidence", "accuracy")]
    start = _start(x, y, bounds(bins)[0], np.asarray(filled, dtype=float), *others)
    ax.set_xlim(start, 1)
    ax.set_ylim(start, 1)
    ax.set_aspect("auto")
    legend_above(ax, 2 if beside else 4)
    if histogram:
        _add_histogram(ax, histogram, start)
    else:
        ax.set_xlabel("stated probability")
    return given or settle(ax)


def _start(*values: np.ndarray[Any, Any]) -> float:
    """Start both axes at the tenth below all values, so that those of a confident model do not crowd into a corner."""
    return float(np.floor(10 * np.nanmin(np.concatenate(values)) + 1e-9) / 10)


def _add_histogram(ax: Axes, histogram: Mapping[str, Any], start: float) -> None:
    """Draw the histogram of stated probabilities below the diagram."""
    below = hang_below(ax, "stated probability", "headlines")
    edges, counts = np.asarray(histogram["edges"]), np.asarray(histogram["counts"])
    style: dict[str, Any] = {"color": BLUE, "alpha": 0.55, "edgecolor": GRID, "linewidth": 0.5}
    below.bar(edges[:-1], counts, np.diff(edges), align="edge", **style)
    below.set_xlim(start, 1)


def plot_risk_coverage(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the error among answered headlines against the share answered, budgets marked.

    Parameters
    ----------
    numbers
        ``risk_coverage``: coverage and risk (equally long lists, 0 to 1) and budgets, rows with
        max_error, coverage, error, error_low and error_high; a budget that cannot be held has no
        coverage.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> curve = {"coverage": [0.5, 1], "risk": [0.1, 0.3], "budgets": []}
    >>> ax = plot_risk_coverage({"risk_coverage": curve})
    >>> ax.lines[0].get_ydata().tolist()
    [10.0, 30.0]
    """
    part = take(numbers, "risk_coverage")
    ax = ax or new_axes(5.9, 3.9)
    coverage, risk = 100 * np.asarray(part["coverage"]), 100 * np.asarray(part["risk"])
    ax.plot(coverage, risk, color=BLUE, linewidth=2)
    budgets = [b for b in part.get("budgets") or [] if b.get("coverage")]
    dress(ax, "Error against share answered", "share of headlines answered (%)", "error among them (%)", grid="both")
    ax.set_xlim(0, 100)
    ax.set_ylim(0, max([*risk, *(100 * b["max_error"] for b in budgets), 1]) * 1.08)
    if budgets:
        _mark_budgets(ax, budgets)
    return ax


def _mark_budgets(ax: Axes, budgets: Sequence[Mapping[str, Any]]) -> None:
    """Mark the budgets on the curve and name each at the right, so that no two names touch."""
    x, y, targets = (100 * column(budgets, key) for key in ("coverage", "error", "max_error"))
    low, high = bounds(budgets, "error_low", "error_high")
    draw_intervals(ax, x, (100 * low, 100 * high), VERMILLION, upright=True)
    ax.plot(x, y, "D", color=VERMILLION, markersize=6, clip_on=False)
    top = ax.get_ylim()[1]
    line = {"arrowstyle": "-", "color": VERMILLION, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
    style: dict[str, Any] = {"fontsize": 9, "color": INK, "va": "center", "annotation_clip": False}
    for answered, target, height in zip(x, targets, spread(targets, top * 0.13, 0, top), strict=True):
        ax.axhline(target, color=VERMILLION, linewidth=0.8, linestyle=":")
        text = f"budget {target:g} %:\nanswers {answered:.0f} %"
        ax.annotate(text, (100, target), (107, height), arrowprops=line, **style)


def spread(positions: Sequence[float] | np.ndarray[Any, Any], gap: float, low: float, high: float) -> list[float]:
    """Move positions apart until neighbours keep a gap, within low and high if there is room.

    Examples
    --------
    >>> spread([1.0, 1.0, 5.0], 2.0, 0.0, 10.0)
    [1.0, 3.0, 5.0]
    """
    order = np.argsort(positions, kind="stable")
    placed = np.asarray(positions, dtype=float)[order]
    for i in range(1, len(placed)):
        placed[i] = max(placed[i], placed[i - 1] + gap)
    if len(placed) and placed[-1] > high:
        placed[-1] = high
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = min(placed[i], placed[i + 1] - gap)
    result = np.empty(len(placed))
    result[order] = np.maximum(placed, low) if not len(placed) or placed[0] >= low else placed
    return [float(p) for p in result]
