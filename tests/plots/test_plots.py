"""Figures: asserted on the Axes, on the places of their texts, and on the bytes of their files."""

from __future__ import annotations

import inspect
from io import BytesIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from report_numbers import comparison, section_names, section_numbers, story_numbers

from classify import plots
from classify.plots import drawing
from classify.plots.drawing import (
    elide,
    house_style,
    render,
    scripts_without_font,
    shorten,
    use_fallback_fonts,
    width_of,
)
from classify.plots.probabilities import spread
from classify.plots.sections import row_shares, similarity_order

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


def numbers_for(name, k=4, n=300):
    if name in STORY_PLOTS:
        return story_numbers(max(k, 12))
    numbers = section_numbers(k, n)
    return {**numbers, "comparison": comparison(numbers["labels"])}


every_plot = pytest.mark.parametrize("name", plots.__all__)


# ---- fonts


def titled(text):
    figure = Figure(figsize=(3, 2))
    figure.add_subplot().set_title(text)
    return figure


@pytest.fixture
def only_stix(monkeypatch):
    """Have matplotlib's own STIXGeneral as the only fallback: it has one Japanese letter."""
    monkeypatch.setattr(drawing, "FALLBACK_FAMILIES", ("No Such Font", "STIXGeneral"))
    drawing._installed.cache_clear()
    yield
    drawing._installed.cache_clear()


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
    for word in (b"Matplotlib v", b"<dc:date>", b"tEXtSoftware", b"tIME"):
        assert word not in first[0] + first[1]


@pytest.mark.parametrize(
    ("name", "k"),
    [(name, 4) for name in plots.__all__]
    + [pytest.param(name, k, marks=pytest.mark.slow) for name in GROW for k in (2, 12, 41)],
)
def test_no_text_is_clipped_and_no_two_texts_overlap(name, k):
    with house_style():
        figure = getattr(plots, name)(numbers_for(name, k, 100 * k)).figure
        figure.draw_without_rendering()
        renderer = figure.canvas.get_renderer()
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts_shown(figure)]
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


HOSTILE_NAMES = ["$\\frac{a}{b}", "<script>&\"'", "a\x00\x07\nb", "", "x" * 300]
NON_LATIN = ["体育新闻报道", "財經", "समाचार राजनीति", "খেলা", "مال واعمال"]


@pytest.mark.parametrize("name", GROW)
def test_any_name_can_be_drawn(name):
    numbers, names = numbers_for(name), HOSTILE_NAMES + NON_LATIN
    if name not in STORY_PLOTS:
        numbers = section_numbers(len(names), 100, names)
        numbers["comparison"] = comparison(names)
    for row in numbers.get("stories", []) + numbers.get("map", []):
        row["title"] = names[row["story"] % len(names)]
    with house_style():
        svg, _ = render(getattr(plots, name)(numbers).figure)
    ET.fromstring(svg)


@every_plot
def test_public_functions_take_numbers_and_axes(name):
    assert list(inspect.signature(getattr(plots, name)).parameters) == ["numbers", "ax"]


# ---- worked by hand


def test_confusion_matrix_writes_shares_of_the_row_and_counts():
    ax = plots.plot_confusion_matrix({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]})
    assert [t.get_text() for t in ax.texts] == ["75 %\n3", "25 %\n1", "100 %\n2"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a (4)", "b (2)"]


def test_confusion_matrix_puts_confused_sections_together():
    matrix = [[8, 0, 2], [0, 9, 1], [4, 0, 6]]
    ax = plots.plot_confusion_matrix({"labels": ["a", "b", "c"], "confusion_matrix": matrix})
    order = "".join(t.get_text() for t in ax.get_xticklabels())
    assert "ac" in order or "ca" in order


def test_a_section_without_test_headlines_has_an_empty_row():
    ax = plots.plot_confusion_matrix({"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 0]]})
    assert len(ax.texts) == 2


def test_sections_stand_in_order_of_f1():
    rows = [
        {
            "section": name,
            "precision": f,
            "recall": f,
            "f1": f,
            "f1_low": None,
            "f1_high": None,
            "support": 9,
        }
        for name, f in (("low", 0.2), ("high", 0.9), ("middle", 0.5))
    ]
    ax = plots.plot_per_section({"per_section": rows})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["high (9)", "middle (9)", "low (9)"]


@pytest.mark.parametrize(
    ("lowest", "start"), [(0.87, 0.8), (0.81, 0.8), (0.8, 0.7), (0.55, 0.5), (0.5, 0.0), (0.2, 0.0), (None, 0.0)]
)
def test_scores_of_sections_that_are_all_high_start_just_below_the_lowest(lowest, start):
    high = {"precision": 0.93, "recall": 0.95, "f1": 0.94, "f1_low": 0.9, "f1_high": 0.97, "support": 20}
    rows = [{"section": "a", **high}, {"section": "b", **high, "f1_low": lowest}]
    if lowest is None:
        rows = [{"section": "a", **dict.fromkeys(high), "support": 0}]
    ax = plots.plot_per_section({"per_section": rows})
    assert ax.get_xlim()[0] == pytest.approx(start)
    assert ax.get_xlabel() == (f"score (from {start})" if start else "score")
    # No mark is cut, whichever score is the lowest.
    rows[0]["recall"] = 0.3
    assert plots.plot_per_section({"per_section": rows}).get_xlim()[0] == 0


def test_of_many_curves_the_best_and_the_worst_four_are_named():
    curves = [
        {
            "section": f"s{i}",
            "precision": [1, i / 12],
            "recall": [0, 1],
            "average_precision": i / 12,
        }
        for i in range(12)
    ]
    ax = plots.plot_precision_recall({"precision_recall": curves})
    assert len(ax.lines) == 12
    assert [t.get_text().split()[0] for t in ax.get_legend().get_texts()] == [
        "s11",
        "s3",
        "s2",
        "s1",
        "s0",
    ]


def test_budgets_are_marked_where_they_hold():
    part = {
        "coverage": [0.5, 1.0],
        "risk": [0.0, 0.2],
        "budgets": [
            {
                "max_error": 0.05,
                "coverage": 0.6,
                "error": 0.04,
                "error_low": 0.02,
                "error_high": 0.07,
            },
            {
                "max_error": 0.01,
                "coverage": 0.0,
                "error": None,
                "error_low": None,
                "error_high": None,
            },
            {
                "max_error": 0.02,
                "coverage": None,
                "error": None,
                "error_low": None,
                "error_high": None,
            },
        ],
    }
    ax = plots.plot_risk_coverage({"risk_coverage": part})
    assert [t.get_text() for t in ax.texts] == ["budget 5 %:\nanswers 60 %"]


def test_baselines_stand_below_the_model_with_the_random_split_between():
    labels = [t.get_text() for t in plots.plot_baselines(section_numbers()).get_yticklabels()]
    assert labels == [
        "this model (grouped split)",
        "this model (random split)",
        "most frequent section",
        "naive Bayes on words",
    ]


def test_models_far_off_are_named_at_the_edge():
    models = [
        {
            "name": f"m{i}",
            "accuracy": {"value": v, "low": v - 0.02, "high": v + 0.02},
            "macro_f1": v - 0.01,
        }
        for i, v in enumerate((0.9, 0.89, 0.88, 0.87, 0.86, 0.2))
    ]
    ax = plots.plot_models({"comparison": {"models": models}})
    assert [t.get_text() for t in ax.texts] == ["← 0.200", "← 0.190"]
    assert ax.get_xlim()[0] > 0.7
    pairs = [
        {
            "a": "m0",
            "b": row["name"],
            "difference": 0.9 - v,
            "low": 0.9 - v - 0.02,
            "high": 0.9 - v + 0.02,
        }
        for row in models[1:]
        for v in [row["accuracy"]["value"]]
    ]
    assert [t.get_text() for t in plots.plot_paired_differences({"comparison": {"paired": pairs}}).texts] == ["70.0 →"]


def test_the_best_model_of_each_section_is_bold():
    scores = {"a": {"x": 0.5, "y": 0.4}, "b": {"x": 0.1, "y": 0.9}, "c": {"x": None, "y": 0.3}}
    ax = plots.plot_section_comparison({"comparison": {"per_section": scores}})
    assert [t.get_text() for t in ax.get_xticklabels()] == ["y", "x"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["b", "c", "a"]
    assert [t.get_text() for t in ax.texts if t.get_fontweight() == "bold"] == [
        "0.90",
        "0.30",
        "0.50",
    ]


def test_top_terms_stand_strongest_first_and_long_ones_are_cut():
    terms = [{"term": "cup", "weight": 2.0}, {"term": "a very long pair of words", "weight": 1.0}]
    ax = plots.plot_top_terms({"top_terms": {"a": terms, "b": []}})
    assert [t.get_text() for t in ax.texts] == ["cup", "a very long pai…"]


def test_search_marks_the_chosen_trial():
    ax = plots.plot_search(section_numbers())
    chosen = next(line for line in ax.lines if line.get_label() == "chosen")
    assert chosen.get_ydata() == pytest.approx(0.78)


def test_one_story_and_no_sections_can_be_mapped():
    ax = plots.plot_map({"map": [{"x": 0.0, "y": 0.0, "story": 7, "size": 1, "title": "a", "section": None}]})
    assert [t.get_text() for t in ax.texts] == ["7", "7  a (1)"]


def test_sizes_count_stories():
    ax = plots.plot_sizes({"sizes": [3, 3, 1]})
    assert [patch.get_height() for patch in ax.patches] == [1, 2]


def test_timeline_names_stories_by_their_titles():
    days = [{"date": "2022-03-01", "counts": {"7": 2, "8": 1}}]
    ax = plots.plot_timeline({"timeline": days, "stories": [{"story": 7, "title": "Storm"}]})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["7  Storm (2)", "story 8 (1)"]


def test_the_readers_settings_come_back():
    with mpl.rc_context({"font.size": 17.5}):
        with house_style():
            assert mpl.rcParams["font.size"] != 17.5
        assert mpl.rcParams["font.size"] == 17.5


# ---- helpers


@given(
    st.lists(st.floats(0, 100), max_size=12),
    st.floats(0.1, 5),
)
def test_spread_keeps_gaps_and_order(positions, gap):
    placed = spread(positions, gap, 0, 100)
    by_place = sorted(placed)
    assert all(b - a >= gap - 1e-6 for a, b in pairwise(by_place))
    order = np.argsort(positions, kind="stable")
    assert [placed[i] for i in order] == by_place
    assert all(-1e-6 <= p <= 100 + 1e-6 for p in placed)


@settings(deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda k: st.lists(st.lists(st.integers(0, 50), min_size=k, max_size=k), min_size=k, max_size=k)
    )
)
def test_similarity_order_is_a_permutation_and_shares_sum_to_one(matrix):
    counts = np.array(matrix)
    assert sorted(similarity_order(counts)) == list(range(len(counts)))
    sums = row_shares(counts).sum(axis=1)
    assert np.allclose(sums, (counts.sum(axis=1) > 0).astype(float))


@given(st.text(max_size=80), st.integers(5, 40))
def test_elided_text_is_safe_and_short(text, columns):
    label = elide(text, columns)
    assert width_of(label.replace("\\$", "$")) <= columns
    assert not any(ord(c) < 32 for c in label)


def test_labels_that_come_out_alike_are_numbered():
    assert shorten(["a" * 30, "a" * 31, "b"], 10) == ["1. aaaaa…", "2. aaaaa…", "3. b"]
    assert shorten(["a", "a"]) == ["a", "a"]
    assert len(set(shorten(section_names(41)))) == 41
