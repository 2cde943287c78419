"""Draw in one style: colours, labels and axes of all figures, the same bytes on every run."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

# Okabe and Ito's colours, told apart by the colour-blind; marker and dash differ too, for print.
BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"
SERIES = (BLUE, VERMILLION, GREEN, "#a64d85", "#8f7300", "#3f9bd6", "#a86a3d", "#6f7bd1")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (2, 1)), (0, (1, 2)))

# The page swaps these, and the first two above, for colours of its light or dark theme.
INK, MUTED, GRID = "#1f2933", "#5b6770", "#d5dadf"

# Characters that turn the direction of the text that follows them.
_TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"

FAMILY = "DejaVu Sans"

# Families tried, if installed, for characters that DejaVu Sans lacks (Chinese, Devanagari, ...).
FALLBACK_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans CJK TC",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "PingFang SC",
    "Hiragino Sans GB",
    "Kohinoor Devanagari",
    "Microsoft YaHei",
    "SimHei",
    "Nirmala UI",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "IPAGothic",
    "NanumGothic",
    "Droid Sans Fallback",
    "Lohit Devanagari",
    "FreeSans",
    "Arial Unicode MS",
)

# Unicode's names of scripts that go by another in speech.
_LANGUAGES = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}


def plain(text: object) -> str:
    """Make any text safe to draw: no control characters, no turns of direction, no mathematics between dollar signs."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Cs", "Cn") else c for c in str(text) if c not in _TURNS)
    return "".join(kept).replace("$", r"\$")


def width_of(text: str) -> int:
    """Count columns: a Chinese or Japanese character takes two, a combining mark none."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.category(c) in ("Mn", "Me", "Cf") for c in text)


def elide(text: object, columns: int = 26) -> str:
    """Cut a label to so many columns and make it safe to draw."""
    text = " ".join(str(text).split())
    if width_of(text) > columns:
        while text and width_of(text) > columns - 1:
            text = text[:-1]
        text = text.rstrip() + "…"
    return plain(text)


def shorten(names: Sequence[object], columns: int = 26) -> list[str]:
    """Cut labels to so many columns, numbering those that would come out alike."""
    distinct = dict.fromkeys(names)
    labels = {name: elide(name, columns) for name in distinct}
    if len(set(labels.values())) < len(labels):
        labels = {name: f"{i}. {elide(name, columns - 4)}" for i, name in enumerate(distinct, 1)}
    return [labels[name] for name in names]


def margin(labels: Sequence[str], points: float = 9.0) -> float:
    """Estimate the inches that the widest label takes; scripts beyond Arabic count double."""
    widths = (sum(2 if c >= "\u0900" else 1 for c in label) for label in labels)
    return max(widths, default=0) * points * 0.58 / 72


def take(numbers: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 (JSON)
    """Return one part of the numbers, or say which part is missing."""
    value = numbers.get(key)
    if value is None or (isinstance(value, Sequence) and not len(value)):
        raise ValueError(
            f"the numbers have no {key!r} to draw; expected what evaluate or evaluate_stories "
            "writes there; draw another figure, or evaluate with the data that this one needs"
        )
    return value


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
    """Lay a figure out until it stands still: what hangs below an Axes moves after each layout."""
    for _ in range(2):
        figure_of(ax).draw_without_rendering()
    return ax


def figure_of(ax: Axes) -> Figure:
    """Return the figure that an Axes stands in."""
    return cast("Figure", ax.get_figure(root=True))


def dress(ax: Axes, title: str, xlabel: str = "", ylabel: str = "", grid: str = "y") -> Axes:
    """Give an Axes its title, labels, quiet frame and grid."""
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10)
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
    """Put the legend between the title and the drawing, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    rows = -(-len(labels) // columns)
    ax.legend(
        handles,
        labels,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderaxespad=0.1,
        handletextpad=0.5,
        columnspacing=1.4,
        borderpad=0.2,
    )
    title = ax.get_title(loc="left")
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", color=INK, pad=10 + 15 * rows)


def spans(rows: Sequence[Mapping[str, Any]], low: str = "low", high: str = "high") -> list[tuple[float, float]]:
    """Return the interval of each row, (NaN, NaN) where it has none."""
    return list(zip(column(rows, low).tolist(), column(rows, high).tolist(), strict=True))


def score_label(score: Mapping[str, Any]) -> str:
    """Write a score with its interval.

    >>> score_label({"value": 0.8571, "low": 0.85, "high": 0.864})
    '0.857 (0.850–0.864)'
    """
    if score.get("low") is None or score.get("high") is None:
        return f"{score['value']:.3f}"
    return f"{score['value']:.3f} ({score['low']:.3f}–{score['high']:.3f})"


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with this project's settings whatever the reader's own are, and put theirs back."""
    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        # A script without an installed font is drawn as boxes in the PNG; the SVG keeps its text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .* natively")
        mpl.rcdefaults()
        mpl.rcParams.update(
            {
                "font.family": [FAMILY],
                "font.size": 9.5,
                "svg.fonttype": "none",
                "svg.hashsalt": "classify",
            }
        )
        yield


def render(figure: Figure) -> tuple[bytes, bytes]:
    """Return the figure as SVG and as PNG, without dates or names of software."""
    use_fallback_fonts(figure)
    svg, png = BytesIO(), BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    figure.savefig(png, format="png", dpi=144, metadata={"Software": None})
    # A reader without DejaVu Sans gets a font of the same width, or narrower.
    stack = b"font-family: 'DejaVu Sans', Verdana, sans-serif"
    return svg.getvalue().replace(b"font-family: 'DejaVu Sans'", stack), png.getvalue()


def use_fallback_fonts(figure: Figure) -> None:
    """Give texts with characters that DejaVu Sans lacks the installed fonts that may have them."""
    for text in _texts(figure):
        if not {ord(c) for c in text.get_text()} <= _covered(FAMILY):
            text.set_fontfamily([FAMILY, *_installed()])


def scripts_without_font(figure: Figure) -> set[str]:
    """Name the scripts of letters that no font has of those that figures are set in.

    Examples
    --------
    >>> ax = new_axes(2, 2)
    >>> title = ax.set_title("Zürich, Αθήνα, Київ")
    >>> scripts_without_font(figure_of(ax))
    set()
    """
    known = frozenset[int]().union(*map(_covered, (FAMILY, *_installed())))
    letters = {c for text in _texts(figure) for c in text.get_text() if c.isalpha() and ord(c) not in known}
    names = {unicodedata.name(c, "unknown").split()[0] for c in letters}
    return {_LANGUAGES.get(name, name.capitalize()) for name in names}


def _texts(figure: Figure) -> list[Text]:
    """Find all texts of a figure."""
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if isinstance(text, Text)]


@cache
def _covered(family: str) -> frozenset[int]:
    """Return the characters that an installed font family has."""
    from matplotlib import font_manager, ft2font

    font = ft2font.FT2Font(font_manager.findfont(family))
    return frozenset(font.get_charmap()) | {ord("\n")}


@cache
def _installed() -> tuple[str, ...]:
    """Return the fallback families that this machine has."""
    from matplotlib import font_manager

    names = {font.name for font in font_manager.fontManager.ttflist}
    return tuple(family for family in FALLBACK_FAMILIES if family in names)
