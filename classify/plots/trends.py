"""Draw how scores move with training size, time, publisher, length and the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from classify.plots.drawing import (
    BLUE,
    GRID,
    MARKERS,
    MUTED,
    SERIES,
    VERMILLION,
    bounds,
    column,
    counted,
    cut,
    draw_intervals,
    dress,
    hang_below,
    legend_above,
    list_down,
    margin,
    new_axes,
    settle,
    take,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_learning_curve(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy and macro-F1 against the number of training headlines.

    Parameters
    ----------
    numbers
        ``learning_curve``: rows with n_train, accuracy, low, high and macro_f1.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"n_train": 100, "accuracy": 0.7, "low": 0.6, "high": 0.8, "macro_f1": 0.65}
    >>> plot_learning_curve({"learning_curve": [row]}).get_xlabel()
    'training headlines (logarithmic)'
    """
    rows = sorted(take(numbers, "learning_curve"), key=lambda row: row["n_train"])
    ax = ax or new_axes(5.4, 3.7)
    x = column(rows, "n_train")
    ax.fill_between(x, *bounds(rows), color=BLUE, alpha=0.2, linewidth=0, label="95 % interval")
    ax.plot(x, column(rows, "accuracy"), "-o", color=BLUE, markersize=5, label="accuracy")
    ax.plot(x, column(rows, "macro_f1"), "--s", color=VERMILLION, markersize=4.5, label="macro-F1")
    dress(ax, "Learning curve", "training headlines (logarithmic)", "score", grid="both")
    ax.set_xscale("log")
    ticks = _apart(x, np.log(max(x[-1] / x[0], 10)) / 7)
    ax.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
    ax.minorticks_off()
    legend_above(ax)
    return ax


def _apart(values: np.ndarray[Any, Any], gap: float) -> list[float]:
    """Keep the values, from the largest down, that are a gap apart on a logarithmic axis."""
    kept: list[float] = []
    for value in reversed(values.tolist()):
        if not kept or np.log(kept[-1] / value) >= gap:
            kept.append(value)
    return kept[::-1]


def plot_by_month(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy month by month, with the number of headlines below.

    Parameters
    ----------
    numbers
        ``by_month``: rows with month ("2022-06"), accuracy, low, high and count.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"month": "2022-06", "accuracy": 0.8, "low": 0.7, "high": 0.9, "count": 60}
    >>> plot_by_month({"by_month": [row]}).get_title(loc="left")
    'Accuracy by month'
    """
    rows = sorted(take(numbers, "by_month"), key=lambda row: str(row["month"]))
    given, ax = ax, ax or new_axes(5.4, 3.9)
    x = _connect(ax, rows, column(rows, "accuracy"), bounds(rows))
    dress(ax, "Accuracy by month", "", "accuracy")
    below = hang_below(ax, "month", "headlines")
    below.bar(x, column(rows, "count"), 0.7, color=BLUE, alpha=0.55)
    step = -(-len(rows) // 12)
    for axes in (ax, below):
        axes.set_xlim(-0.6, len(rows) - 0.4)
        axes.set_xticks(x[::step])
    crowded = len(x[::step]) > 6
    below.set_xticklabels([str(row["month"]) for row in rows[::step]], rotation=90 if crowded else 0)
    return given or settle(ax)


def _connect(
    ax: Axes, rows: Sequence[object], values: np.ndarray[Any, Any], ends: tuple[np.ndarray[Any, Any], ...]
) -> np.ndarray[Any, Any]:
    """Draw values side by side with their intervals, connected by a line; return their places."""
    x, (low, high) = np.arange(len(rows)), ends
    draw_intervals(ax, x, (low, high), upright=True)
    ax.plot(x, values, "-o", color=BLUE, markersize=5, linewidth=1)
    return x


def plot_by_publisher(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy for each of the most frequent publishers, best first.

    Parameters
    ----------
    numbers
        ``by_publisher``: rows with publisher, accuracy, low, high and count.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"publisher": "The Courier", "accuracy": 0.8, "low": 0.7, "high": 0.9, "count": 60}
    >>> [t.get_text() for t in plot_by_publisher({"by_publisher": [row]}).get_yticklabels()]
    ['The Courier (60)']
    """
    rows = sorted(take(numbers, "by_publisher"), key=lambda row: -(row["accuracy"] or 0))
    names = counted([row["publisher"] for row in rows], [row["count"] for row in rows])
    ax = ax or new_axes(3.7 + margin(names), 1.1 + 0.27 * max(len(rows), 3))
    y = np.arange(len(rows))
    draw_intervals(ax, y, bounds(rows))
    ax.plot(column(rows, "accuracy"), y, "o", color=BLUE, markersize=6)
    dress(ax, "Accuracy by publisher", "accuracy", "publisher", grid="both")
    list_down(ax, names)
    ax.set_xlim(right=1.01)
    return ax


def plot_by_length(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    r"""Draw the share of wrong answers by the number of words in the headline.

    Parameters
    ----------
    numbers
        ``by_length``: rows with words_low and words_high (both included), error, low, high and
        count.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"words_low": 1, "words_high": 4, "error": 0.3, "low": 0.2, "high": 0.4, "count": 20}
    >>> [t.get_text() for t in plot_by_length({"by_length": [row]}).get_xticklabels()]
    ['1–4\n(20)']
    """
    rows = sorted(take(numbers, "by_length"), key=lambda row: row["words_low"])
    ax = ax or new_axes(max(5.0, 1 + 0.62 * len(rows)), 3.5)
    x = _connect(ax, rows, 100 * column(rows, "error"), tuple(100 * end for end in bounds(rows)))
    dress(ax, "Error by length of headline", "words in the headline (test headlines)", "error (%)")
    ax.set_xticks(x, [f"{_words(row)}\n({_count(row['count'])})" for row in rows])
    ax.set_xlim(-0.6, len(rows) - 0.4)
    ax.set_ylim(bottom=0)
    return ax


def _words(row: Mapping[str, Any]) -> str:
    """Name a bin of lengths: "5", "5–6" or "15+"."""
    low, high = row["words_low"], row["words_high"]
    if high is None:
        return f"{low}+"
    return f"{low}" if low == high else f"{low}–{high}"


def _count(count: float) -> str:
    """Write a count in at most four characters or so."""
    return f"{count / 1000:.0f}k" if count >= 10_000 else f"{count:,.0f}"


def plot_growth(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw seconds against the number of headlines, a colour a contender: training solid, prediction dashed.

    Parameters
    ----------
    numbers
        ``growth``: rows with kind, n, and seconds to train, to predict, or both.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> ax = plot_growth({"growth": [{"kind": "ours", "n": 1000, "train": 0.5, "predict": 0.2}]})
    >>> [line.get_label() for line in ax.lines]
    ['ours: train', 'ours: predict']
    """
    rows = take(numbers, "growth")
    ax = ax or new_axes(6.4, 4.2)
    kinds = dict.fromkeys(row["kind"] for row in rows)
    for kind, colour, marker in zip(kinds, SERIES, MARKERS, strict=False):
        points = sorted((row for row in rows if row["kind"] == kind), key=lambda row: row["n"])
        for key, style in (("train", f"-{marker}"), ("predict", f"--{marker}")):
            if key not in points[0]:
                continue
            label = f"{cut(kind, 40)}: {key}"
            ax.plot(column(points, "n"), column(points, key), style, color=colour, markersize=4.5, label=label)
    dress(ax, "Time by number of headlines", "headlines (logarithmic)", "seconds (logarithmic)", grid="both")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.yaxis.set_major_formatter("{x:,g}")
    legend_above(ax, 2)
    return ax


def plot_few_labels(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw accuracy against the labelled headlines of a section, a colour a method; the second corpus dashed.

    Parameters
    ----------
    numbers
        ``few_labels``: rows with corpus, method, labels_per_section ("all" for all), accuracy, low and high. The first
        two corpora are drawn.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"corpus": "news", "method": "ours", "accuracy": 0.75, "low": 0.74, "high": 0.76}
    >>> ax = plot_few_labels({"few_labels": [row | {"labels_per_section": "20"}]})
    >>> [line.get_label() for line in ax.lines]
    ['ours']
    """
    rows = take(numbers, "few_labels")
    ax = ax or new_axes(6.4, 4.6)
    sizes = list(dict.fromkeys(row["labels_per_section"] for row in rows))
    methods, corpora = (list(dict.fromkeys(row[key] for row in rows)) for key in ("method", "corpus"))
    for corpus, dash in zip(corpora, ("-", "--"), strict=False):
        for method, colour, marker in zip(methods, SERIES, MARKERS, strict=False):
            points = [row for row in rows if (row["corpus"], row["method"]) == (corpus, method)]
            if points:
                x = [sizes.index(row["labels_per_section"]) for row in points]
                # Named once; a name with an underscore is left out of the legend.
                label = f"{'_' if corpus != corpora[0] else ''}{cut(method, 40)}"
                ax.plot(x, column(points, "accuracy"), dash + marker, color=colour, markersize=4.5, label=label)
                ax.fill_between(x, column(points, "low"), column(points, "high"), color=colour, alpha=0.15, linewidth=0)
    drawn = [f"{cut(corpus, 20)} {style}" for corpus, style in zip(corpora, ("(solid)", "(dashed)"), strict=False)]
    dress(ax, f"Few labels: {', '.join(drawn)}", "labelled headlines a section", "accuracy", grid="both")
    ax.set_xticks(range(len(sizes)), sizes)
    legend_above(ax, 2)
    return ax


def plot_search(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the score of each trial of the search against the time spent so far, and the chosen one.

    Parameters
    ----------
    numbers
        ``search``: trials (rows with params, score and seconds) and best, the position of the
        chosen one.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> trials = [{"params": {"C": c}, "score": c / 10, "seconds": 2.0} for c in (7, 8)]
    >>> plot_search({"search": {"trials": trials, "best": 1}}).get_title(loc="left")
    'Search: best 0.800 of 2 trials'
    """
    trials, best = take(numbers, "search", "trials"), numbers["search"]["best"]
    ax = ax or new_axes(5.4, 3.7)
    x, y = np.cumsum(np.nan_to_num(column(trials, "seconds"))), column(trials, "score")
    ax.step(x, np.fmax.accumulate(y), where="post", color=MUTED, linewidth=1.2, label="best so far")
    ax.plot(x, y, "o", color=BLUE, markersize=5, alpha=0.75, label="trial")
    ax.plot(x[best], y[best], "*", color=VERMILLION, markersize=14, markeredgecolor=GRID, label="chosen")
    dress(ax, f"Search: best {y[best]:.3f} of {len(trials)} trials", "seconds spent", "score", grid="both")
    legend_above(ax)
    return ax
