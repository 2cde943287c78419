"""Draw in one style: colours, labels and axes of all figures, the same bytes on every run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from classify.core.display import elide
from classify.plots.fonts import FAMILY, fallbacks, replace_missing, use_fallback_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The first three are of Okabe and Ito's colours. The others were found by search: of 12,406 colours that can be seen on
# white and on black, those whose least distance (CIE 1976, also as protanopes, deuteranopes and tritanopes see them) is
# largest, 17.0. Marker or dash differ too, for print in grey.
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
SERIES = (BLUE, VERMILLION, GREEN, "#9118fe", "#e51449", "#936ffd", "#a2457c", "#ae86b5")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (2, 1)), (0, (1, 2)))

# The page swaps these, and the first two above, for colours of its light or dark theme.
INK, MUTED, GRID = "#1f2933", "#5b6770", "#d5dadf"


def cut(text: object, columns: int = 26, end: int = 0) -> str:
    """Cut text to so many columns with `elide`, and escape the dollar signs that matplotlib takes for mathematics."""
    return elide(text, columns, end).replace("$", r"\$")


def shorten(names: Sequence[object], columns: int = 26) -> list[str]:
    """Cut labels to so many columns; those that would come out alike in their middle, or else with a number before it.

    Examples
    --------
    >>> shorten(["news and analysis: Asia", "news and analysis: Africa", "sport"], 12)
    ['news…: Asia', 'news…Africa', 'sport']
    """
    distinct = list(dict.fromkeys(names))
    labels = [cut(name, columns) for name in distinct]
    labels = [
        cut(name, columns, columns // 2) if labels.count(found) > 1 else found
        for name, found in zip(distinct, labels, strict=True)
    ]
    if len(set(labels)) < len(labels):
        labels = [f"{i}. {cut(name, columns - 4, columns // 2 - 2)}" for i, name in enumerate(distinct, 1)]
    return [dict(zip(distinct, labels, strict=True))[name] for name in names]


def counted(names: Sequence[object], counts: Sequence[float | None]) -> list[str]:
    """Cut labels with `shorten` and append a count in brackets to each.

    Examples
    --------
    >>> counted(["sport"], [1200])
    ['sport (1,200)']
    """
    return [f"{name} ({int(count or 0):,})" for name, count in zip(shorten(names), counts, strict=True)]


def margin(labels: Sequence[str], points: float = 9.0) -> float:
    """Estimate the inches that the widest label takes; scripts beyond Arabic count double."""
    widths = (sum(2 if c >= "\u0900" else 1 for c in label) for label in labels)
    return max(widths, default=0) * points * 0.58 / 72


def take(numbers: Mapping[str, Any], *path: str) -> Any:  # noqa: ANN401 (JSON)
    """Return the part of the numbers at a path of keys, or raise a ValueError that names the missing one."""
    part: Any = numbers
    for key in path:
        part = part.get(key)
        if part is None or (isinstance(part, Sequence) and not len(part)):
            raise ValueError(
                f"the numbers have no {key!r} to draw; expected what evaluate or evaluate_stories "
                "writes there; draw another figure, or evaluate with the data that this one needs"
            )
    return part


def column(rows: Sequence[Mapping[str, Any]], key: str) -> NDArray[np.float64]:
    """Gather one number of each row, NaN where it is missing."""
    return np.array([np.nan if r.get(key) is None else r[key] for r in rows], dtype=float)


def new_axes(width: float, height: float) -> Axes:
    """Start a figure of so many inches that belongs to no window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    figure.patch.set_gid("paper")
    return figure.add_subplot()


def hang_below(ax: Axes, xlabel: str, ylabel: str) -> Axes:
    """Hang a small Axes below another, which gives up its own labels at the x axis."""
    below = ax.inset_axes((0, -0.36, 1, 0.22))
    dress(below, "", xlabel, ylabel)
    below.locator_params(axis="y", nbins=3)
    below.yaxis.set_major_formatter("{x:,.0f}")
    ax.tick_params(labelbottom=False)
    return below


def settle(ax: Axes) -> Axes:
    """Lay a figure out twice: an Axes that hangs below another moves after the first layout."""
    for _ in range(2):
        figure_of(ax).draw_without_rendering()
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure of an Axes."""
    return cast("Figure", ax.get_figure(root=True))


def dress(ax: Axes, title: str, xlabel: str = "", ylabel: str = "", grid: str = "y") -> Axes:
    """Set the title, labels, frame and grid of an Axes."""
    _entitle(ax, title, 10)
    ax.set_xlabel(xlabel, fontsize=9.5, color=MUTED)
    ax.set_ylabel(ylabel, fontsize=9.5, color=MUTED)
    ax.set_facecolor("none")
    ax.tick_params(labelsize=9, labelcolor=INK, color=MUTED, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(MUTED)
    ax.set_axisbelow(True)
    if grid:
        ax.grid(visible=True, axis=grid, color=GRID, linewidth=0.7)  # type: ignore[arg-type]
    return ax


def _entitle(ax: Axes, title: str, pad: float) -> None:
    """Set the title, so many points above the drawing."""
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=pad)


def shade(ax: Axes, strengths: NDArray[np.float64]) -> None:
    """Shade a grid of cells by strengths from 0 to 1, faint enough to read the text upon them."""
    from matplotlib.colors import to_rgb

    colours = np.empty((*strengths.shape, 4))
    colours[..., :3] = to_rgb(BLUE)
    colours[..., 3] = 0.5 * strengths
    rows, columns = strengths.shape
    edges = np.arange(columns + 1), np.arange(rows + 1)
    ax.pcolormesh(*edges, colours, edgecolor="none", linewidth=0)
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)


def legend_above(ax: Axes, columns: int = 4) -> None:
    """Draw the legend between the title and the drawing, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    look: dict[str, Any] = {"frameon": False, "fontsize": 9, "labelcolor": INK, "handletextpad": 0.5}
    space: dict[str, Any] = {"borderaxespad": 0.1, "columnspacing": 1.4, "borderpad": 0.2}
    ax.legend(handles, labels, loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, **look, **space)
    _entitle(ax, ax.get_title(loc="left"), 10 + 15 * -(-len(labels) // columns))


def bounds(
    rows: Sequence[Mapping[str, Any]], low: str = "low", high: str = "high"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends of the interval of each row, NaN where it has none."""
    return column(rows, low), column(rows, high)


def draw_intervals(
    ax: Axes,
    at: NDArray[Any],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    colour: str = BLUE,
    name: str = "",
    *,
    upright: bool = False,
) -> None:
    """Draw intervals as thick faint lines: level, at their heights, or upright, at their places from the left."""
    lines = ax.vlines if upright else ax.hlines
    lines(at, *ends, color=colour, linewidth=4, alpha=0.35, label=name)


def list_down(ax: Axes, labels: Sequence[str]) -> None:
    """Label the rows of a figure from the top down."""
    ax.set_yticks(np.arange(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.4, -0.6)


def tabulate(ax: Axes, labels: Sequence[str]) -> None:
    """Label the rows of a figure that is a table of cells, without a frame."""
    ax.set_yticks(np.arange(len(labels)) + 0.5, labels)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)


def write_text(ax: Axes, x: float, y: float, text: str, size: float = 8.5, **style: Any) -> None:  # noqa: ANN401
    """Write text in the middle of a place, in the colour of ink unless another is named."""
    ax.text(x, y, text, **{"ha": "center", "va": "center", "fontsize": size, "color": INK, **style})


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the settings of this project whatever the reader's own are, and restore those."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # A script without an installed font: the SVG keeps its text, the others get another.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        mpl.rcdefaults()
        mpl.rcParams.update({"font.family": [FAMILY], "font.size": 9.5, "svg.fonttype": "none"})
        mpl.rcParams["svg.hashsalt"] = "classify"
        yield


class Rendered(NamedTuple):
    """The files of one figure."""

    svg: bytes
    png: bytes
    pdf: bytes | None = None


def render(figure: Figure, names: dict[str, str] | None = None, *, pdf: bool = False) -> Rendered:
    """Return the figure as SVG, PNG and, if wanted, PDF, without dates or names of software.

    Parameters
    ----------
    figure
        As a function of `classify.plots` draws it. Words that no font has stay as they are in the SVG, for the reader's
        machine may have a font; in the others they are replaced, here too.
    names
        What replaces such words, by word; see `classify.plots.fonts.replace_missing`. New ones are added.
    pdf
        Whether to make the PDF; its fonts are embedded.
    """
    import matplotlib as mpl

    others = use_fallback_fonts(figure)
    files = BytesIO(), BytesIO(), BytesIO()
    figure.savefig(files[0], format="svg", metadata={"Date": None, "Creator": None})
    replace_missing(figure, {} if names is None else names)
    figure.savefig(files[1], format="png", dpi=144, metadata={"Software": None})
    if pdf:
        undated = {"CreationDate": None, "Creator": None, "Producer": None}
        # TrueType, as publishers ask for; outlines of any other kind of font are embedded as type 3.
        with mpl.rc_context({"pdf.fonttype": 3 if others and fallbacks() else 42}):
            figure.savefig(files[2], format="pdf", metadata=undated)
    # A reader without DejaVu Sans gets a font of the same width, or narrower.
    stack = b"font-family: 'DejaVu Sans', Verdana, sans-serif"
    svg, png, paper = (file.getvalue() for file in files)
    return Rendered(_stable(svg.replace(b"font-family: 'DejaVu Sans'", stack)), png, paper or None)


def _stable(svg: bytes) -> bytes:
    """Round the numbers in the tags of an SVG file to hundredths of a point, and number its ids in order.

    The last digits differ from one processor and release of numpy to another, and matplotlib derives ids from them.
    """
    names: dict[bytes, bytes] = {}

    def clean(tag: re.Match[bytes]) -> bytes:
        text = re.sub(rb"-?\d+\.\d{3,}", lambda number: b"%g" % (round(float(number[0]), 2) + 0.0), tag[0])
        return re.sub(rb"\b[a-z][0-9a-f]{10}\b", lambda i: names.setdefault(i[0], b"i%d" % len(names)), text)

    return re.sub(rb"<[^>]*>", clean, svg)
