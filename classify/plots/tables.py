"""Draw the scores of a table, for experiments that have no figure of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from classify.plots.drawing import (
    BLUE,
    bounds,
    column,
    cut,
    draw_intervals,
    dress,
    list_down,
    margin,
    new_axes,
    shorten,
    take,
    write_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 15  # rows
_SCORE = re.compile(r"(-?\d*\.\d+) \((-?\d*\.\d+)[–-](-?\d*\.\d+)\)")

Row = Mapping[str, Any]


class Chart(NamedTuple):
    """The scores of one column of a table: rows of value, low and high, None where there is no interval."""

    title: str
    score: str
    names: list[str]
    rows: list[dict[str, float | None]]


def find_chart(numbers: Mapping[str, Any]) -> Chart | None:
    """Return the first column of scores in the first table that has one with its rows' names; None if there is none.

    Examples
    --------
    >>> rows = [{"model": "ours", "accuracy": "0.82 (0.75–0.88)"}, {"model": "theirs", "accuracy": 0.7}]
    >>> chart = find_chart({"tables": [{"title": "Models", "rows": rows}]})
    >>> chart.names, chart.rows[0]
    (['ours', 'theirs'], {'value': 0.82, 'low': 0.75, 'high': 0.88})
    """
    for table in numbers.get("tables") or ():
        rows = table["rows"][:_MOST]
        for key in rows[0] if len(rows) > 1 else ():
            found = [_score(row.get(key)) for row in rows]
            if all(found):
                named = [", ".join(_texts(row, key)) for row in rows]
                return Chart(table["title"], key.replace("_", " "), named, [each for each in found if each])
    return None


def plot_table(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the scores of a table, a row each, with intervals where they are known.

    Parameters
    ----------
    numbers
        ``tables``: each a title and rows, of which one column has scores from 0 to 1.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> rows = [{"model": "ours", "accuracy": 0.8}, {"model": "theirs", "accuracy": 0.7}]
    >>> ax = plot_table({"tables": [{"title": "Models", "rows": rows}]})
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['ours', 'theirs']
    """
    take(numbers, "tables")
    chart = find_chart(numbers)
    if chart is None:
        raise ValueError("the tables have no column of scores from 0 to 1 to draw; expected one; draw another figure")
    names = shorten(chart.names, 42)
    ax = ax or new_axes(4.2 + margin(names), 1.2 + 0.3 * max(len(names), 2))
    y, values, ends = np.arange(len(names)), column(chart.rows, "value"), bounds(chart.rows)
    draw_intervals(ax, y, ends)
    ax.plot(values, y, "o", color=BLUE, markersize=6)
    right = float(np.nanmax(np.fmax(values, ends[1])))
    left = float(np.nanmin(np.fmin(values, ends[0])))
    room = max(right - left, 0.02)
    for height, value in enumerate(values):
        write_text(ax, right + 0.08 * room, height, f"{value:.3f}", ha="left")
    dress(ax, cut(chart.title, 60), cut(chart.score, 40), grid="both")
    list_down(ax, names)
    ax.set_xlim(left - 0.05 * room, right + 0.35 * room)
    return ax


def _score(value: object) -> dict[str, float | None] | None:
    """Return a value with its interval where it is a score from 0 to 1, else None."""
    if isinstance(value, Mapping) and value.get("value") is not None:
        return {key: value.get(key) for key in ("value", "low", "high")}
    written = _SCORE.fullmatch(value) if isinstance(value, str) else None
    if written:
        return dict(zip(("value", "low", "high"), map(float, written.groups()), strict=True))
    if isinstance(value, float) and 0 <= value <= 1:
        return {"value": value, "low": None, "high": None}
    return None


def _texts(row: Row, score: str) -> Sequence[str]:
    """Return the texts before a score, which name the row."""
    before = list(row)[: list(row).index(score)]
    return [str(row[key]) for key in before if isinstance(row[key], str) and not _SCORE.fullmatch(row[key])]
