"""Figures: asserted on the Axes, on the places of their texts, and on the bytes of their files."""

from __future__ import annotations

import inspect
import re
from io import BytesIO
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from simulated import section_numbers, story_numbers

from classify import plots
from classify.plots import fonts
from classify.plots.drawing import house_style, render
from classify.plots.fonts import scripts_without_font, use_fallback_fonts

# Those that grow with the number of sections or stories.
GROW = (
    "plot_confusion_matrix",
    "plot_map",
    "plot_per_section",
    "plot_precision_recall",
    "plot_section_comparison",
    "plot_section_differences",
    "plot_sizes",
    "plot_timeline",
    "plot_top_terms",
)
STORY_PLOTS = {"plot_choice", "plot_map", "plot_sizes", "plot_timeline"}
NEEDS = {
    "plot_baselines": "accuracy",
    "plot_models": "comparison",
    "plot_paired_differences": "comparison",
    "plot_section_comparison": "comparison",
    "plot_section_differences": "comparison",
}


GROWTH = [{"kind": kind, "n": n, "train": n / 1e4, "predict": n / 1e5} for kind in "ab" for n in (1000, 10_000)]
FEW_LABELS = [
    {"corpus": c, "method": m, "labels_per_section": n, "accuracy": a, "low": a - 0.01, "high": a + 0.02}
    for c in ("news", "blogs", "left out")
    for m in ("one", "two")
    for n, a in (("5", 0.5), ("20", 0.6), ("all", 0.8))
]


def numbers_for(name, k=4):
    """Return numbers to draw a figure of, with k sections, or k stories and more."""
    if name in STORY_PLOTS:
        return story_numbers(max(k, 12))
    return section_numbers(k, 1500 if k < 20 else 3000, growth=GROWTH, few_labels=FEW_LABELS)


every_plot = pytest.mark.parametrize("name", plots.__all__)


# ---- fonts


def titled(text):
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().set_title(text)
    return figure


@pytest.fixture
def only_stix(monkeypatch):
    """Have matplotlib's own STIXGeneral as the only fallback: it has one Japanese letter."""
    monkeypatch.setattr(fonts, "FALLBACK_FAMILIES", ("No Such Font", "STIXGeneral"))
    fonts.fallbacks.cache_clear()
    yield
    fonts.fallbacks.cache_clear()


def test_letters_that_the_usual_font_lacks_are_set_in_an_installed_one(only_stix):
    figure = titled("Storm の")
    # Where no font has a letter, matplotlib warns while it draws, and a warning is an error here.
    with pytest.raises(UserWarning, match="missing from font"):
        titled("Storm の").savefig(BytesIO())
    use_fallback_fonts(figure)
    figure.savefig(BytesIO())
    assert scripts_without_font(figure) == set()


def test_scripts_without_a_font_are_named(only_stix):
    assert scripts_without_font(titled("Zürich Αθήνα Київ القاهرة 12 % … 😀")) == set()
    assert scripts_without_font(titled("北京 의 の 𒀀")) == {"Chinese", "Korean", "Cuneiform"}


# ---- properties that all figures share


@every_plot
def test_draws_on_the_axes_it_is_given(name):
    ax = Figure().add_subplot()
    assert getattr(plots, name)(numbers_for(name), ax) is ax
    assert ax.get_title(loc="left")


@every_plot
def test_starts_a_figure_that_belongs_to_no_window(name):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    ax = getattr(plots, name)(numbers_for(name))
    assert isinstance(ax, Axes)
    assert plt.get_fignums() == before


@every_plot
def test_names_the_numbers_that_are_missing(name):
    key = NEEDS.get(name, name.removeprefix("plot_"))
    with pytest.raises(ValueError, match=key):
        getattr(plots, name)({})


@pytest.mark.parametrize(
    "name",
    [n if n == "plot_confusion_matrix" else pytest.param(n, marks=pytest.mark.slow) for n in plots.__all__],
)
def test_same_bytes_on_every_run_whatever_the_readers_settings(name):
    with house_style():
        first = render(getattr(plots, name)(numbers_for(name)).figure)
    with (
        mpl.rc_context({"font.size": 31, "axes.facecolor": "black", "svg.fonttype": "path"}),
        house_style(),
    ):
        second = render(getattr(plots, name)(numbers_for(name)).figure)
    assert first == second
    assert not re.search(rb"<[^>]*\d\.\d{3}", first[0])  # no digits that differ from processor to processor
    for word in (b"Matplotlib v", b"<dc:date>", b"tEXtSoftware", b"tIME"):
        assert word not in first[0] + first[1]


@pytest.mark.parametrize(
    ("name", "k"),
    [(name, 4) for name in plots.__all__]
    + [pytest.param(name, k, marks=pytest.mark.slow) for name in GROW for k in (2, 12, 41)],
)
def test_no_text_is_clipped_and_no_two_texts_overlap(name, k):
    with house_style():
        figure = getattr(plots, name)(numbers_for(name, k)).figure
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        # That of an annotation would include its arrow.
        boxes = [(t.get_text(), Text.get_window_extent(t, renderer)) for t in texts_shown(figure)]
    for text, box in boxes:
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, f"{text!r} leaves the figure"
    for i, (text, box) in enumerate(boxes):
        for other, box2 in boxes[i + 1 :]:
            wide = min(box.x1, box2.x1) - max(box.x0, box2.x0)
            high = min(box.y1, box2.y1) - max(box.y0, box2.y0)
            assert wide < 1 or high < 1, f"{text!r} and {other!r} overlap"


def texts_shown(figure):
    """List the texts that are drawn; ticks outside the limits are not."""
    hidden = set()
    axes = [*figure.axes, *(child for ax in figure.axes for child in ax.child_axes)]
    for axis in [axis for ax in axes for axis in (ax.xaxis, ax.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                hidden |= {tick.label1, tick.label2}
    texts = set(figure.findobj(lambda artist: isinstance(artist, Text))) - hidden
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


HOSTILE_NAMES = ["$\\frac{a}{b}", "<script>&\"'", "a\x00\x07\nb", ".", "x" * 300]
NON_LATIN = ["体育新闻报道", "財經", "समाचार राजनीति", "খেলা", "مال واعمال"]


@pytest.mark.slow
@pytest.mark.parametrize("name", GROW)
def test_any_name_can_be_drawn(name):
    names = (*HOSTILE_NAMES, *NON_LATIN)
    numbers = numbers_for(name) if name in STORY_PLOTS else section_numbers(len(names), 1200, names)
    for row in numbers.get("stories", []) + numbers.get("map", []):
        row["title"] = [*names, ""][row["story"] % (len(names) + 1)]
    with house_style():
        svg, *_ = render(getattr(plots, name)(numbers).figure)
    ET.fromstring(svg)


@every_plot
def test_public_functions_take_numbers_and_axes(name):
    assert list(inspect.signature(getattr(plots, name)).parameters) == ["numbers", "ax"]


def test_the_readers_settings_come_back():
    with mpl.rc_context({"font.size": 17.5}):
        with house_style():
            assert mpl.rcParams["font.size"] != 17.5
        assert mpl.rcParams["font.size"] == 17.5


def test_few_labels_are_drawn_for_two_corpora_in_the_order_of_sizes():
    ax = plots.plot_few_labels({"few_labels": FEW_LABELS})
    assert [line.get_label() for line in ax.lines] == ["one", "two", "_one", "_two"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["5", "20", "all"]
    assert all(line.get_ydata().tolist() == [0.5, 0.6, 0.8] for line in ax.lines)
