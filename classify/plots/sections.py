"""Draw how well each section is recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.core.display import width_of
from classify.plots.drawing import (
    BLUE,
    DASHES,
    GREEN,
    GRID,
    INK,
    MUTED,
    SERIES,
    VERMILLION,
    bounds,
    column,
    counted,
    cut,
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


MOST_DRAWN = 60
"""More sections than this are not legible in a confusion matrix, whose pixels grow with their square."""


def similarity_order(matrix: NDArray[np.float64]) -> list[int]:
    """Order sections so that those confused with each other stand together.

    Average linkage on one minus the mean of both row-normalised confusion rates, with the leaf
    order that makes neighbours most alike (Bar-Joseph and others, 2001).

    Parameters
    ----------
    matrix
        Shape (k, k): headlines of section i taken for section j.

    Returns
    -------
    list of int
        The k positions, in drawing order.

    Examples
    --------
    >>> import numpy as np
    >>> order = similarity_order(np.array([[8, 0, 2], [0, 9, 1], [3, 0, 7]]))
    >>> abs(order.index(0) - order.index(2))
    1
    """
    if len(matrix) < 3:
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    rates = row_shares(matrix)
    distance = 1 - (rates + rates.T) / 2
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    return [int(i) for i in leaves_list(tree)]


def drawn_sections(matrix: NDArray[np.float64]) -> list[int]:
    """Return the sections that a confusion matrix is drawn of: those of most mistakes, at most `MOST_DRAWN`.

    Parameters
    ----------
    matrix
        Shape (k, k): headlines of section i taken for section j.

    Returns
    -------
    list of int
        Their positions, in the order of `similarity_order`.

    Examples
    --------
    >>> import numpy as np
    >>> len(drawn_sections(np.eye(100)))
    60
    """
    matrix = np.asarray(matrix, dtype=float)
    mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * np.diag(matrix)
    chosen = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_DRAWN])
    return [int(chosen[i]) for i in similarity_order(matrix[np.ix_(chosen, chosen)])]


def row_shares(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide each row by its sum; an empty row stays zero.

    Examples
    --------
    >>> import numpy as np
    >>> row_shares(np.array([[3, 1], [0, 0]])).tolist()
    [[0.75, 0.25], [0.0, 0.0]]
    """
    matrix = np.asarray(matrix, dtype=float)
    totals = matrix.sum(axis=1, keepdims=True)
    return matrix / np.where(totals == 0, 1, totals)


def plot_confusion_matrix(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    r"""Draw which sections are taken for which, as shares of the true section.

    Rows and columns are sorted by similarity. Blue cells are right, orange ones wrong; each holds
    its share in per cent, and the count below it where there is room. Of more than 60 sections, those of most mistakes
    are drawn.

    Parameters
    ----------
    numbers
        ``labels``, k names, and ``confusion_matrix``, k by k counts with the true section in rows.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> ax = plot_confusion_matrix({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]})
    >>> [text.get_text() for text in ax.texts]
    ['75 %\n3', '25 %\n1', '100 %\n2']
    """
    counts = np.asarray(take(numbers, "confusion_matrix"), dtype=float)
    order = drawn_sections(counts)
    totals, shares = counts.sum(axis=1)[order], row_shares(counts)[np.ix_(order, order)]
    counts = counts[np.ix_(order, order)]
    labels = take(numbers, "labels")
    names = shorten([labels[i] for i in order], 28)
    k = len(names)
    cell = float(np.clip(5.6 / k, 0.3, 1.15))
    beside = margin(names) + 0.75
    ax = ax or new_axes(max(k * cell + beside + 0.5, 4.2), k * cell + (beside if cell < 1 else 0.6) + 0.5)
    _paint_cells(ax, shares)
    _write_cells(ax, counts, shares, cell)
    title = "Confusion matrix" if k == len(labels) else f"The {k} sections of most mistakes, of {len(labels)}"
    dress(ax, title, "predicted section", "true section (headlines)", grid="")
    level = cell > 0.9 and margin(names) < cell
    ax.set_xticks(np.arange(k) + 0.5, names, rotation=0 if level else 90)
    tabulate(ax, [f"{name} ({int(count):,})" for name, count in zip(names, totals, strict=True)])
    return ax


def _paint_cells(ax: Axes, shares: NDArray[np.float64]) -> None:
    """Paint the cells: one hue for right, one for wrong, stronger with the share."""
    from matplotlib.colors import to_rgb

    colours = np.empty((*shares.shape, 4))
    colours[..., :3] = to_rgb(VERMILLION)
    colours[np.diag_indices(len(shares))] = (*to_rgb(BLUE), 0)
    # The power brings out the small shares, where the confusions are.
    colours[..., 3] = shares**0.6
    k = len(shares)
    mesh = ax.pcolormesh(np.arange(k + 1), np.arange(k + 1), colours, edgecolor=GRID, linewidth=0.5)
    mesh.set_gid("cells")
    ax.set_xlim(0, k)
    ax.set_ylim(k, 0)
    ax.set_aspect("equal")


def _write_cells(ax: Axes, counts: NDArray[np.float64], shares: NDArray[np.float64], cell: float) -> None:
    """Write the share into each cell of half a per cent or more, and the count where it fits."""
    size = 9 if cell > 0.4 else 7.5
    for i, j in np.argwhere(shares >= 0.005):
        text = f"{100 * shares[i, j]:.0f}" + (f" %\n{int(counts[i, j]):,}" if cell > 0.62 else "")
        colour = "#ffffff" if i == j and shares[i, j] > 0.6 else INK
        write_text(ax, j + 0.5, i + 0.5, text, size, linespacing=1.3, color=colour)


def plot_per_section(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw precision, recall and F1 (with its interval) of each section, best first.

    Parameters
    ----------
    numbers
        ``per_section``: rows with section, precision, recall, f1, f1_low, f1_high and support.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"section": "a", "precision": 0.5, "recall": 1.0, "f1": 0.67, "support": 3}
    >>> [t.get_text() for t in plot_per_section({"per_section": [row]}).get_yticklabels()]
    ['a (3)']
    """
    rows = sorted(take(numbers, "per_section"), key=lambda row: -(row["f1"] or 0))
    names = counted([row["section"] for row in rows], [row["support"] for row in rows])
    ax = ax or new_axes(4.4 + margin(names), 1.3 + 0.27 * max(len(rows), 3))
    y, ends = np.arange(len(rows)), bounds(rows, "f1_low", "f1_high")
    f1, precision, recall = (column(rows, key) for key in ("f1", "precision", "recall"))
    draw_intervals(ax, y, ends, name="95 % interval of F1")
    ax.plot(f1, y, "o", color=BLUE, markersize=6, label="F1")
    ax.plot(precision, y, ">", color=VERMILLION, markersize=5, fillstyle="none", label="precision")
    ax.plot(recall, y, "s", color=GREEN, markersize=4.5, fillstyle="none", label="recall")
    start = _start(ends[0], f1, precision, recall)
    dress(ax, "Scores by section", f"score (from {start:.1f})" if start else "score", "section", grid="both")
    list_down(ax, names)
    ax.locator_params(axis="x", steps=[1, 2, 5, 10])
    ax.set_xlim(start, 1 + 0.02 * (1 - start))
    legend_above(ax)
    return ax


def _start(*scores: NDArray[np.float64]) -> float:
    """Start an axis of scores at the tenth below them all, so that they do not crowd; at 0 if one is 0.5 or less."""
    lowest = float(np.min(np.concatenate(scores), initial=1, where=np.isfinite(np.concatenate(scores))))
    # A hundredth less, for a mark on the very edge is cut.
    return float(np.floor(10 * (lowest - 0.01)) / 10) if 0.5 < lowest < 1 else 0.0


def plot_precision_recall(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw precision against recall; of more than eight sections, name the best and four worst.

    Parameters
    ----------
    numbers
        ``precision_recall``: rows with section, precision and recall (equally long lists) and
        average_precision.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> curve = {"section": "a", "precision": [1], "recall": [0.5], "average_precision": 0.8}
    >>> len(plot_precision_recall({"precision_recall": [curve]}).lines)
    1
    """
    curves = sorted(take(numbers, "precision_recall"), key=lambda row: -(row["average_precision"] or 0))
    named = curves if len(curves) <= 8 else [curves[0], *curves[-4:]]
    labels = shorten([curve["section"] for curve in named], 22)
    ax = ax or new_axes(4.9 + margin(labels), 3.9)
    for curve in curves:
        if curve not in named:
            ax.plot(curve["recall"], curve["precision"], color=MUTED, linewidth=0.7, alpha=0.5)
    for curve, name, colour, dashes in zip(named, labels, SERIES, DASHES, strict=False):
        style: dict[str, Any] = {"color": colour, "linestyle": dashes, "linewidth": 1.8}
        ax.plot(curve["recall"], curve["precision"], label=f"{name}  {curve['average_precision']:.2f}", **style)
    dress(ax, "Precision against recall", "recall", "precision", grid="both")
    ax.set_xlim(0, 1.01)
    ax.set_ylim(0, 1.03)
    title = "average precision" if len(named) == len(curves) else f"best and worst of {len(curves)}\n(the rest in grey)"
    look: dict[str, Any] = {
        "frameon": False,
        "fontsize": 9,
        "labelcolor": INK,
        "title_fontsize": 9,
        "alignment": "left",
    }
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.02, 1), "borderaxespad": 0}
    legend = ax.legend(title=title, handlelength=2.6, **place, **look)
    legend.get_title().set_color(MUTED)
    return ax


def strongest_words(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first eight terms that are not punctuation alone.

    Examples
    --------
    >>> [row["term"] for row in strongest_words([{"term": "’"}, {"term": "cup"}])]
    ['cup']
    """
    return [row for row in rows if any(map(str.isalnum, row["term"]))][:8]


def plot_top_terms(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the terms that speak most for each section, strongest first, darker with weight.

    Parameters
    ----------
    numbers
        ``top_terms``: for each section its rows of term and weight; the first eight with a letter or digit are drawn.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> ax = plot_top_terms({"top_terms": {"sport": [{"term": "cup", "weight": 2.0}]}})
    >>> [text.get_text() for text in ax.texts]
    ['cup']
    """
    terms: Mapping[str, Sequence[Mapping[str, Any]]] = take(numbers, "top_terms")
    names = shorten(list(terms), 22)
    shown = [strongest_words(rows) for rows in terms.values()]
    columns = max((len(rows) for rows in shown), default=0) or 1
    ax = ax or new_axes(margin(names) + 0.4 + columns * 1.22, 0.8 + 0.31 * max(len(names), 2))
    weights = np.zeros((len(shown), columns))
    for i, rows in enumerate(shown):
        weights[i, : len(rows)] = column(rows, "weight")
        for j, row in enumerate(rows):
            term = cut(row["term"], 16)
            write_text(ax, j + 0.5, i + 0.5, term, 8.5 if width_of(term) < 14 else 7.5)
    top = np.nanmax(weights)
    shade(ax, np.nan_to_num(np.clip(weights, 0, None)) / (top if top > 0 else 1))
    dress(ax, "Terms that speak most for each section", grid="")
    ax.set_xticks([])
    tabulate(ax, names)
    return ax
