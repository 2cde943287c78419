"""Draw how headlines fall into stories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classify.plots.drawing import (
    BLUE,
    GRID,
    INK,
    MARKERS,
    MUTED,
    SERIES,
    VERMILLION,
    column,
    cut,
    dress,
    legend_above,
    list_down,
    margin,
    new_axes,
    shorten,
    take,
    write_text,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_choice(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the score of each number of stories that was tried, and the one chosen.

    Parameters
    ----------
    numbers
        ``choice``: k and score (equally long lists), chosen, and score_name.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> choice = {"k": [5, 10], "score": [0.1, 0.3], "chosen": 10, "score_name": "silhouette"}
    >>> plot_choice({"choice": choice}).get_title(loc="left")
    'Number of stories: 10 chosen'
    """
    part = take(numbers, "choice")
    order = np.argsort(take(part, "k"), kind="stable")
    k, score = np.asarray(part["k"])[order], np.asarray(part["score"], dtype=float)[order]
    ax = ax or new_axes(5.4, 3.6)
    ax.plot(k, score, "-o", color=BLUE, markersize=4.5, linewidth=1.4)
    ax.axvline(part["chosen"], color=VERMILLION, linewidth=1.2, linestyle="--")
    tried = np.flatnonzero(k == part["chosen"])
    ax.plot(k[tried], score[tried], "*", color=VERMILLION, markersize=14)
    name = cut(part.get("score_name") or "score", 40)
    dress(ax, f"Number of stories: {part['chosen']:,} chosen", "number of stories tried", name, grid="both")
    if k[0] > 0 and k[-1] > 20 * k[0]:
        ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:,.0f}")
    return ax


def plot_sizes(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw how many stories have how many headlines.

    Parameters
    ----------
    numbers
        ``sizes``: the number of headlines of each story.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> len(plot_sizes({"sizes": [5, 2, 1, 1]}).patches)
    3
    """
    sizes, stories = np.unique(np.asarray(take(numbers, "sizes"), dtype=int), return_counts=True)
    ax = ax or new_axes(5.4, 3.4)
    dress(ax, "Sizes of stories", "headlines in the story", "stories")
    if len(sizes) <= 24:
        bars = ax.bar(np.arange(len(sizes)), stories, 0.75, color=BLUE, alpha=0.75)
        ax.bar_label(bars, [f"{n:,}" for n in stories], fontsize=8.5, color=INK, padding=1)
        ax.set_xticks(np.arange(len(sizes)), [f"{size:,}" for size in sizes], rotation=90 if len(sizes) > 12 else 0)
        return ax
    ax.loglog(sizes, stories, "o", color=BLUE, markersize=5, alpha=0.75)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    return ax


def plot_map(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw the stories on a plane, like beside like, and name the ten largest.

    Parameters
    ----------
    numbers
        ``map``: rows with x, y, story (its number), size, title and section (or None).
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> row = {"x": 0.0, "y": 1.0, "story": 7, "size": 3, "title": "Storm", "section": None}
    >>> [text.get_text() for text in plot_map({"map": [row]}).texts]
    ['7', '7  Storm (3)']
    """
    rows = sorted(take(numbers, "map"), key=lambda row: -row["size"])
    ax = ax or new_axes(8.6, 5.2)
    points = np.column_stack([column(rows, "x"), column(rows, "y")])
    area = 12 + 260 * column(rows, "size") / max(row["size"] for row in rows)
    for positions, colour, marker, label in _by_section(rows):
        x, y = points[positions].T
        style: dict[str, Any] = {"color": colour, "marker": marker, "label": label}
        dots = ax.scatter(x, y, s=area[positions], alpha=0.45, linewidth=0, **style)
        dots.set_rasterized(len(rows) > 1500)
    dress(ax, "Map of stories", grid="")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set(visible=True, color=GRID)
    ax.margins(0.06)
    if ax.get_legend_handles_labels()[1]:
        legend_above(ax, 6)
    _name_largest(ax, rows, points)
    return ax


def _by_section(rows: Sequence[Mapping[str, Any]]) -> list[tuple[list[int], str, str, str]]:
    """Return positions, colour, marker and label of the seven most frequent sections, and of the rest."""
    sections = [None if row.get("section") is None else str(row["section"]) for row in rows]
    named = [name for name, _ in sorted(Counter(filter(None, sections)).items(), key=lambda c: (-c[1], c[0]))][:7]
    parts = [
        ([i for i, section in enumerate(sections) if section == name], colour, marker, short)
        for name, short, colour, marker in zip(named, shorten(named, 18), SERIES, MARKERS, strict=False)
    ]
    rest = [i for i, section in enumerate(sections) if section not in named]
    if rest:
        parts.append((rest, MUTED if named else BLUE, "o", "other" if named else "_none"))
    return parts


def _name_largest(ax: Axes, rows: Sequence[Mapping[str, Any]], points: NDArray[np.float64]) -> None:
    """Write numbers on the ten largest stories that stand apart, and titles at the right."""
    span = np.ptp(points, axis=0)
    placed: list[int] = []
    for i in range(min(len(rows), 60)):
        distance = np.abs(points[placed] - points[i]) / np.where(span == 0, 1, span)
        if len(placed) < 10 and not (distance < (0.03, 0.05)).all(axis=1).any():
            placed.append(i)
    for line, (i, title) in enumerate(zip(placed, shorten([rows[i]["title"] for i in placed], 40), strict=True), 1):
        number = rows[i]["story"]
        write_text(ax, points[i, 0], points[i, 1], f"{number}", 9, fontweight="bold")
        place: dict[str, Any] = {"ha": "left", "va": "top", "transform": ax.transAxes}
        write_text(ax, 1.02, 1.075 - 0.075 * line, f"{number}  {title} ({rows[i]['size']:,})", 9, **place)


def plot_timeline(numbers: Mapping[str, Any], ax: Axes | None = None) -> Axes:
    """Draw when the headlines of the largest stories came, one line a story.

    Parameters
    ----------
    numbers
        ``timeline``: rows with date ("2022-06-01") and counts by story, and, where known,
        ``stories`` for their titles.
    ax
        Where to draw; a new figure by default.

    Examples
    --------
    >>> counts = {"2022-06-01": {"7": 2}, "2022-06-03": {"7": 1}}
    >>> days = [{"date": date, "counts": stories} for date, stories in counts.items()]
    >>> [t.get_text() for t in plot_timeline({"timeline": days}).get_yticklabels()]
    ['story 7 (3)']
    """
    days = sorted(take(numbers, "timeline"), key=lambda day: str(day["date"]))
    totals: Counter[str] = Counter()
    for day in days:
        totals.update({str(story): count for story, count in day["counts"].items()})
    titles = {str(row["story"]): row["title"] for row in numbers.get("stories") or []}
    largest = sorted(totals, key=lambda story: -totals[story])[:15]
    shown = shorten([titles.get(story, f"story {story}") for story in largest], 44)
    names = [
        f"{story}  {title} ({totals[story]:,})" if story in titles else f"{title} ({totals[story]:,})"
        for title, story in zip(shown, largest, strict=True)
    ]
    ax = ax or new_axes(4.4 + margin(names), 1.0 + 0.31 * max(len(names), 3))
    _draw_days(ax, days, largest)
    dress(ax, "When the largest stories ran", grid="x")
    list_down(ax, names)
    ax.tick_params(axis="y", length=0)
    return ax


def _draw_days(ax: Axes, days: Sequence[Mapping[str, Any]], stories: Sequence[str]) -> None:
    """Draw a dot for each day of each story, and a line from its first to its last."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    dates = np.array([str(day["date"]) for day in days], dtype="datetime64[D]").astype(float)
    counts = np.array([[day["counts"].get(story, 0) for story in stories] for day in days], dtype=float)
    top = counts.max() if counts.size else 1
    for i in range(len(stories)):
        on = np.flatnonzero(counts[:, i])
        ax.hlines(i, dates[on[0]], dates[on[-1]], color=GRID, linewidth=2, zorder=1)
        ax.scatter(dates[on], np.full(len(on), i), s=14 + 150 * counts[on, i] / top, color=BLUE, alpha=0.6, linewidth=0)
    locator = AutoDateLocator(minticks=2, maxticks=6)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.margins(x=0.05)
