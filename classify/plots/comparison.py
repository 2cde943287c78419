"""Draw a model beside its baselines, and models beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from classify.plots.drawing import (
    BLUE,
    INK,
    MARKERS,
    MUTED,
    SERIES,
    VERMILLION,
    column,
    dress,
    legend_above,
    margin,
    new_axes,
    score_label,
    shorten,
    spans,
    take,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    names = shorten([row["name"] for row in rows], 34)
    ax = ax or new_axes(4.8 + margin(names), 1.1 + 0.62 * max(len(rows), 2))
    for offset, key, colour, label in (
        (-0.2, "accuracy", BLUE, "accuracy"),
        (0.2, "macro_f1", VERMILLION, "macro-F1"),
    ):
        scores = [row[key] for row in rows]
        y = np.arange(len(rows)) + offset
        ax.barh(y, column(scores, "value"), 0.34, color=colour, alpha=0.6, label=label)
        low, high = np.array(spans(scores)).T
        ax.hlines(y, low, high, color=INK, linewidth=1.6)
        ends = np.fmax(column(scores, "value"), high)
        for score, end, height in zip(scores, ends, y, strict=True):
            if score.get("value") is not None:
                ax.text(
                    end + 0.015, height, score_label(score), va="center", fontsize=8.5, color=INK
                )
    dress(ax, "Beside naive baselines", "score", grid="x")
    ax.set_yticks(np.arange(len(rows)), names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_xlim(0, 1.42)
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.tick_params(axis="y", length=0)
    legend_above(ax)
    return ax


def baseline_rows(numbers: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Gather the model, its random split and the baselines as rows of one shape."""
    split = (numbers.get("data") or {}).get("split")
    name = f"this model ({split} split)" if split in ("grouped", "random", "time") else "this model"
    take(numbers, "accuracy")
    sources = [(name, numbers)]
    if numbers.get("random_split"):
        sources.append(("this model (random split)", numbers["random_split"]))
    sources += [(row["name"], row) for row in numbers.get("baselines") or []]
    return [
        {"name": name, **{key: _score(row.get(key)) for key in ("accuracy", "macro_f1")}}
        for name, row in sources
    ]


def _score(value: Mapping[str, Any] | float | None) -> Mapping[str, Any]:
    """Bring a score, with or without an interval, to one shape."""
    return value if isinstance(value, Mapping) else {"value": value, "low": None, "high": None}


def plot_models(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy and macro-F1 of several models with their intervals, best first.

    Parameters
    ----------
    numbers
        ``comparison``: models, rows with name, accuracy and macro_f1 (each value, low, high).
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> score = {"value": 0.8, "low": 0.7, "high": 0.9}
    >>> models = [{"name": "ridge", "accuracy": score, "macro_f1": score}]
    >>> [t.get_text() for t in plot_models({"comparison": {"models": models}}).get_yticklabels()]
    ['ridge']
    """
    rows = sorted(
        take(take(numbers, "comparison"), "models"), key=lambda row: -row["accuracy"]["value"]
    )
    names = shorten([row["name"] for row in rows], 34)
    ax = ax or new_axes(4.2 + margin(names), 1.3 + 0.4 * max(len(rows), 2))
    for offset, key, colour, marker in (
        (-0.14, "accuracy", BLUE, "o"),
        (0.14, "macro_f1", VERMILLION, "s"),
    ):
        scores = [_score(row.get(key)) for row in rows]
        y = np.arange(len(rows)) + offset
        low, high = np.array(spans(scores)).T
        ax.hlines(y, low, high, color=colour, linewidth=4, alpha=0.35)
        ax.plot(
            column(scores, "value"),
            y,
            marker,
            color=colour,
            markersize=6,
            label=key.replace("_f1", "-F1"),
        )
    dress(ax, "Models side by side", "score, with its 95 % interval", grid="both")
    ax.set_yticks(np.arange(len(rows)), names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    legend_above(ax)
    return ax


def plot_paired_differences(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    r"""Draw the difference in accuracy of each pair of models, on the same headlines.

    Parameters
    ----------
    numbers
        ``comparison``: paired, rows with a, b, difference (a minus b), low and high.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> pair = {"a": "svm", "b": "ridge", "difference": 0.02, "low": 0.01, "high": 0.03}
    >>> ax = plot_paired_differences({"comparison": {"paired": [pair]}})
    >>> [t.get_text() for t in ax.get_yticklabels()]
    ['svm\n− ridge']
    """
    rows = sorted(take(take(numbers, "comparison"), "paired"), key=lambda row: -row["difference"])[
        :40
    ]
    names = shorten([row["a"] for row in rows] + [row["b"] for row in rows], 34)
    names = [f"{a}\n− {b}" for a, b in zip(names, names[len(rows) :], strict=False)]
    ax = ax or new_axes(6.8, 1.2 + 0.46 * max(len(rows), 2))
    y = np.arange(len(rows))
    low, high = 100 * np.array(spans(rows)).T
    sure = (low > 0) | (high < 0)
    ax.axvline(0, color=MUTED, linewidth=1)
    for mask, colour, marker, label in (
        (sure, BLUE, "o", "interval leaves out 0"),
        (~sure, MUTED, "D", "may be chance"),
    ):
        if mask.any():
            ax.hlines(y[mask], low[mask], high[mask], color=colour, linewidth=4, alpha=0.35)
            ax.plot(
                100 * column(rows, "difference")[mask],
                y[mask],
                marker,
                color=colour,
                markersize=6,
                label=label,
            )
    dress(ax, "Paired differences", "difference in accuracy (percentage points)", grid="both")
    ax.set_yticks(y, names)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    legend_above(ax, 2)
    return ax


def plot_section_comparison(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the F1 of each model in each section, the sections they differ on most first.

    Parameters
    ----------
    numbers
        ``comparison``: per_section, for each section the F1 by name of the model; up to eight
        models are drawn.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> scores = {"sport": {"svm": 0.9, "ridge": 0.8}}
    >>> ax = plot_section_comparison({"comparison": {"per_section": scores}})
    >>> [t.get_text() for t in ax.get_legend().get_texts()]
    ['svm', 'ridge']
    """
    scores: Mapping[str, Mapping[str, float]] = take(take(numbers, "comparison"), "per_section")
    means = {
        m: -np.mean([row.get(m) or 0 for row in scores.values()])
        for m in next(iter(scores.values()))
    }
    models = sorted(means, key=lambda model: means[model])[: len(MARKERS)]
    sections = sorted(scores, key=lambda s: -_range([scores[s].get(m) for m in models]))
    names = shorten(sections)
    labels = shorten(models, 34)
    ax = ax or new_axes(4.4 + margin(names), 1.3 + 0.16 * len(models) + 0.27 * max(len(names), 3))
    y = np.arange(len(sections))
    for i, model in enumerate(models):
        values = [{"value": scores[section].get(model)} for section in sections]
        ax.plot(
            column(values, "value"),
            y,
            MARKERS[i],
            color=SERIES[i],
            markersize=6,
            alpha=0.8,
            label=labels[i],
        )
    dress(ax, "Where each model wins", "F1", grid="both")
    ax.set_yticks(y, names)
    ax.set_ylim(len(sections) - 0.4, -0.6)
    legend_above(ax, 2)
    return ax


def _range(values: Sequence[float | None]) -> float:
    """Return how far apart the values lie."""
    known = [value for value in values if value is not None]
    return max(known) - min(known) if known else 0.0


__all__ = [
    "baseline_rows",
    "plot_baselines",
    "plot_models",
    "plot_paired_differences",
    "plot_section_comparison",
]
