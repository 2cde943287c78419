"""Draw a model beside its baselines, and models beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.core.display import score_text
from classify.plots.drawing import (
    BLUE,
    INK,
    MUTED,
    VERMILLION,
    bounds,
    column,
    counted,
    draw_intervals,
    dress,
    legend_above,
    list_down,
    margin,
    new_axes,
    shade,
    shorten,
    tabulate,
    take,
    write_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float64]

# The two scores drawn for each model: how far above or below its row, and how they look.
_SCORES = (("accuracy", "accuracy", -1, BLUE, "o"), ("macro_f1", "macro-F1", 1, VERMILLION, "s"))


def plot_baselines(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the model's accuracy and macro-F1 as bars beside its random split and naive baselines.

    Parameters
    ----------
    numbers
        ``accuracy`` and ``macro_f1`` (value, low, high), ``baselines`` (rows with name, accuracy,
        macro_f1) and, where known, ``random_split`` (accuracy, macro_f1) and ``data`` (its split
        names the model's bar).
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> score = {"value": 0.8, "low": 0.7, "high": 0.9}
    >>> ax = plot_baselines({"accuracy": score, "macro_f1": score, "baselines": []})
    >>> [t.get_text() for t in ax.get_yticklabels()]
    ['this model']
    """
    rows = baseline_rows(numbers)
    names = shorten([row["name"] for row in rows], 42)
    ax = ax or new_axes(4.8 + margin(names), 1.1 + 0.62 * max(len(rows), 2))
    for key, label, side, colour, _ in _SCORES:
        scores, y = [row[key] for row in rows], np.arange(len(rows)) + 0.2 * side
        values, (low, high) = column(scores, "value"), bounds(scores)
        # Dark and light, for print in grey.
        ax.barh(y, values, 0.34, color=colour, alpha=0.4 if side > 0 else 0.8, label=label)
        ax.hlines(y, low, high, color=INK, linewidth=1.6)
        for score, end, height in zip(scores, np.fmax(values, high), y, strict=True):
            if score["value"] is not None:
                write_text(ax, end + 0.015, height, score_text(score), ha="left")
    dress(ax, "Beside naive baselines", "score", grid="x")
    list_down(ax, names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 1.42)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.spines["bottom"].set_bounds(0, 1)
    ax.tick_params(axis="y", length=0)
    legend_above(ax)
    return ax


def baseline_rows(numbers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Gather the model, its random split and the baselines as rows of name, accuracy and macro_f1 with intervals."""
    split = (numbers.get("data") or {}).get("split")
    name = f"this model ({split} split)" if split in ("grouped", "random", "time") else "this model"
    take(numbers, "accuracy")
    sources = [(name, numbers)]
    if numbers.get("random_split"):
        sources.append(("this model (random split)", numbers["random_split"]))
    sources += [(row["name"], row) for row in numbers.get("baselines") or []]
    return [{"name": name, **{key: _score(row.get(key)) for key, *_ in _SCORES}} for name, row in sources]


def _score(value: Mapping[str, Any] | float | None) -> Mapping[str, Any]:
    """Return a score with the keys value, low and high."""
    return value if isinstance(value, Mapping) else {"value": value, "low": None, "high": None}


def plot_models(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy and macro-F1 of several models with their intervals, best first.

    Parameters
    ----------
    numbers
        ``comparison``: models, rows with name, accuracy and macro_f1 (each value, low, high), and, where the rows
        are something else than models, title.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> score = {"value": 0.8, "low": 0.7, "high": 0.9}
    >>> models = [{"name": "ridge", "accuracy": score, "macro_f1": score}]
    >>> [t.get_text() for t in plot_models({"comparison": {"models": models}}).get_yticklabels()]
    ['ridge']
    """
    rows = sorted(take(numbers, "comparison", "models"), key=lambda row: -row["accuracy"]["value"])
    names = shorten([row["name"] for row in rows], 42)
    ax = ax or new_axes(4.2 + margin(names), 1.3 + 0.4 * max(len(rows), 2))
    drawn = []
    for key, label, side, colour, marker in _SCORES:
        scores, y = [_score(row.get(key)) for row in rows], np.arange(len(rows)) + 0.14 * side
        values, ends = column(scores, "value"), bounds(scores)
        draw_intervals(ax, y, ends, colour)
        ax.plot(values, y, marker, color=colour, markersize=6, label=label)
        drawn.append((y, values, *ends))
    title = numbers["comparison"].get("title") or "Models side by side"
    dress(ax, title, "score, with its 95 % interval", grid="both")
    list_down(ax, names)
    y, *parts = np.concatenate(drawn, axis=1)
    _zoom(ax, y, np.array(parts), 3)
    legend_above(ax)
    return ax


def plot_paired_differences(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    r"""Draw the difference in accuracy of each pair of models, on the same headlines.

    Parameters
    ----------
    numbers
        ``comparison``: paired, rows with a, b, difference (a minus b), low and high. Where a is the same in several
        rows, it is named once.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> pair = {"a": "svm", "b": "ridge", "difference": 0.02, "low": 0.01, "high": 0.03}
    >>> ax = plot_paired_differences({"comparison": {"paired": [pair]}})
    >>> [t.get_text() for t in ax.get_yticklabels()]
    ['svm\n− ridge']
    """
    rows = sorted(take(numbers, "comparison", "paired"), key=lambda row: -row["difference"])[:40]
    names = shorten([row["a"] for row in rows] + [row["b"] for row in rows], 42)
    first, others = names[: len(rows)], names[len(rows) :]
    label, row_height = "difference in accuracy (percentage points)", 0.46
    if len(set(first)) == 1 < len(rows):
        names, label, row_height = others, f"accuracy of {first[0]}\nminus that of each (percentage points)", 0.3
    else:
        names = [f"{a}\n− {b}" for a, b in zip(first, others, strict=True)]
    ax = ax or new_axes(6.8, 1.4 + row_height * max(len(rows), 2))
    spread = _draw_differences(ax, rows)
    dress(ax, "Paired differences", label, grid="both")
    list_down(ax, names)
    _zoom(ax, np.arange(len(rows)), spread, 1)
    legend_above(ax, 2)
    return ax


def _draw_differences(ax: Axes, rows: Sequence[Mapping[str, Any]]) -> FloatArray:
    """Draw differences with their intervals, in points; return value, low and high, shape (3, n)."""
    y = np.arange(len(rows))
    values, (low, high) = 100 * column(rows, "difference"), (100 * end for end in bounds(rows))
    sure = (low > 0) | (high < 0)
    ax.axvline(0, color=MUTED, linewidth=1)
    for mask, colour, marker, label in (
        (sure, BLUE, "o", "interval leaves out 0"),
        (~sure, MUTED, "D", "may be chance"),
    ):
        if mask.any():
            draw_intervals(ax, y[mask], (low[mask], high[mask]), colour)
            ax.plot(values[mask], y[mask], marker, color=colour, markersize=6, label=label)
    return np.array([values, low, high])


def plot_section_differences(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    r"""Draw by how much the first of two models leads in F1 in each section, its largest lead on top.

    Parameters
    ----------
    numbers
        ``comparison``: wins, rows with a, b, section, support, difference (F1 of a minus that of b), low and
        high. Of several pairs of models the closest is drawn; see `closest_pair`.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"a": "svm", "b": "ridge", "section": "sport", "support": 90, "difference": 0.02}
    >>> ax = plot_section_differences({"comparison": {"wins": [{**row, "low": 0.01, "high": 0.03}]}})
    >>> ax.get_xlabel(), [t.get_text() for t in ax.get_yticklabels()]
    ('F1 of svm\nminus F1 of ridge (points)', ['sport (90)'])
    """
    wins, pair = take(numbers, "comparison", "wins"), closest_pair(numbers["comparison"])
    rows = sorted((r for r in wins if (r["a"], r["b"]) == pair), key=lambda row: -row["difference"])
    names = counted([row["section"] for row in rows], [row["support"] for row in rows])
    ax = ax or new_axes(4.4 + margin(names), 1.3 + 0.27 * max(len(rows), 3))
    _draw_differences(ax, rows)
    one, other = shorten(pair, 30)
    dress(ax, "Where each wins", f"F1 of {one}\nminus F1 of {other} (points)", grid="both")
    list_down(ax, names)
    legend_above(ax, 2)
    return ax


def closest_pair(comparison: Mapping[str, Any]) -> tuple[str, str]:
    """Return the names of the two models that differ least in accuracy, where it takes a closer look to choose.

    Parameters
    ----------
    comparison
        ``wins`` and, where there are several pairs, ``paired``, as ``evaluate`` has them.

    Examples
    --------
    >>> paired = [{"a": "svm", "b": "majority", "difference": 0.6}, {"a": "svm", "b": "ridge", "difference": -0.1}]
    >>> closest_pair({"paired": paired, "wins": [{"a": "svm", "b": "ridge"}]})
    ('svm', 'ridge')
    """
    known = {(row["a"], row["b"]) for row in comparison["wins"]}
    pairs = [row for row in comparison.get("paired") or () if (row["a"], row["b"]) in known]
    closest = min(pairs, key=lambda row: abs(row["difference"]), default=comparison["wins"][0])
    return closest["a"], closest["b"]


def plot_section_comparison(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the F1 of each model in each section, the sections they differ on most first.

    Parameters
    ----------
    numbers
        ``comparison``: per_section, for each section the F1 by name of the model. The best sixteen
        models are drawn, the best at the left.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> scores = {"sport": {"svm": 0.9, "ridge": 0.8}}
    >>> ax = plot_section_comparison({"comparison": {"per_section": scores}})
    >>> [(text.get_text(), text.get_fontweight()) for text in ax.texts]
    [('0.90', 'bold'), ('0.80', 'normal')]
    """
    scores: Mapping[str, Mapping[str, float]] = take(numbers, "comparison", "per_section")
    models = list(next(iter(scores.values())))
    f1 = np.stack([column(list(scores.values()), model) for model in models], axis=1)
    best = np.argsort(-np.nan_to_num(f1).mean(axis=0), kind="stable")[:16]
    order = np.argsort(-np.ptp(np.nan_to_num(f1[:, best]), axis=1), kind="stable")
    names, labels = shorten([list(scores)[i] for i in order]), shorten([models[j] for j in best], 42)
    ax = ax or new_axes(max(margin(names) + 0.75 * len(best), 3.0) + 0.6, margin(labels) + 0.9 + 0.3 * len(names))
    _write_scores(ax, f1[np.ix_(order, best)])
    dress(ax, "F1 of each model by section", grid="")
    ax.set_xticks(np.arange(len(labels)) + 0.5, labels, rotation=90)
    tabulate(ax, names)
    return ax


def _write_scores(ax: Axes, f1: FloatArray) -> None:
    """Write scores into a grid, the best of each row bold, those ten points below it unshaded."""
    best = np.nan_to_num(f1).max(axis=1, keepdims=True)
    shade(ax, np.nan_to_num(np.clip(1 - (best - f1) / 0.1, 0, 1)))
    for (i, j), value in np.ndenumerate(f1):
        if not np.isnan(value):
            write_text(ax, j + 0.5, i + 0.5, f"{value:.2f}", fontweight="bold" if value == best[i, 0] else "normal")


def _zoom(ax: Axes, y: NDArray[Any], rows: FloatArray, digits: int) -> None:
    """Leave out what is so far off that it would squeeze the rest, and write its value at the edge.

    The rows are value, low and high, shape (3, n); far off is ten times the median distance from
    the median.
    """
    middle = np.median(rows[0])
    distance = np.abs(rows[0] - middle)
    far = distance > 10 * np.median(distance)
    if len(y) < 4 or not far.any() or far.mean() > 0.25:
        return
    left, right = np.nanmin(rows[:, ~far]), np.nanmax(rows[:, ~far])
    ax.set_xlim(left - 0.25 * (right - left), right + 0.25 * (right - left))
    for height, value in zip(y[far], rows[0][far], strict=True):
        x, text, side = (0.01, "← {}", "left") if value < middle else (0.99, "{} →", "right")
        write_text(ax, x, height, text.format(f"{value:.{digits}f}"), ha=side, transform=ax.get_yaxis_transform())
