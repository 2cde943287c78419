"""Colours are told apart by the colour-blind, and by more than colour in a print in grey."""

from __future__ import annotations

from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
from simulated import section_numbers, story_numbers

from classify import plots
from classify.plots.drawing import BLUE, DASHES, INK, MARKERS, MUTED, SERIES, VERMILLION

# Machado, Oliveira and Fernandes (2009): what linear RGB becomes for those who lack one kind of cone.
SEEN_BY = {
    "all cones": np.eye(3),
    "protanopes": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopes": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopes": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    """Return linear RGB of a colour, upon white where it is not opaque."""
    *rgb, alpha = mpl.colors.to_rgba(colour)
    shown = np.array(rgb) * alpha + (1 - alpha)
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """Return CIE L*a*b* of linear RGB."""
    ratios = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    """Return the contrast of two colours as WCAG defines it."""
    low, high = sorted(XYZ[1] @ linear(each) + 0.05 for each in (one, other))
    return high / low


def test_the_conversion_is_that_of_the_cie():
    assert lab(linear("white")) == pytest.approx([100, 0, 0], abs=0.02)
    assert lab(linear("red")) == pytest.approx([53.2, 80.1, 67.2], abs=0.1)


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_each_two_colours_of_a_series_are_told_apart(eyes):
    seen = [lab(np.array(SEEN_BY[eyes]) @ linear(colour)) for colour in SERIES]
    assert len(seen) == 8
    least = min((np.linalg.norm(a - b), i, j) for (i, a), (j, b) in combinations(enumerate(seen), 2))
    # Twice what is called clearly visible at a glance, 5 to 8 units, for marks that do not touch.
    assert least[0] > 15, f"{SERIES[least[1]]} and {SERIES[least[2]]}"


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_right_and_wrong_are_told_apart(eyes):
    right, wrong = (lab(np.array(SEEN_BY[eyes]) @ linear(colour)) for colour in (BLUE, VERMILLION))
    assert np.linalg.norm(right - wrong) > 50


@pytest.mark.parametrize("colour", SERIES)
def test_colours_are_seen_on_paper_and_on_a_dark_page(colour):
    assert contrast(colour, "white") >= 3
    assert contrast(colour, "#14181d") >= 3


def test_text_can_be_read():
    assert contrast(INK, "white") >= 7
    assert contrast(MUTED, "white") >= 4.5


def test_marks_differ_by_more_than_colour():
    assert len(set(MARKERS)) == len(set(DASHES)) == len(SERIES)


@pytest.fixture(scope="module")
def numbers():
    """What every figure needs."""
    sizes = [{"kind": kind, "n": n, "train": n / 3, "predict": n / 9} for kind in ("ours", "theirs") for n in (10, 100)]
    few = [
        {"corpus": corpus, "method": method, "labels_per_section": size, "accuracy": 0.7, "low": 0.6, "high": 0.8}
        for corpus in ("a", "b")
        for method in ("ours", "theirs")
        for size in ("5", "20")
    ]
    return {**section_numbers(4, 1500, growth=sizes, few_labels=few), "stories": story_numbers()}


def numbers_of(name, numbers):
    return numbers["stories"] if name in ("plot_map", "plot_timeline", "plot_sizes", "plot_choice") else numbers


@pytest.mark.slow
@pytest.mark.parametrize("name", plots.__all__)
def test_in_grey_lines_and_marks_differ_by_shape_and_bars_by_shade(name, numbers):
    try:
        ax = getattr(plots, name)(numbers_of(name, numbers))
    except ValueError:
        pytest.skip("not in these numbers")
    lines = [line for line in ax.lines if not line.get_label().startswith("_")]
    shapes = [(line.get_linestyle(), str(line.get_dash_capstyle()), line.get_marker()) for line in lines]
    dashes = [tuple(line._unscaled_dash_pattern[1] or ()) for line in lines]
    looks = list(zip(shapes, dashes, strict=True))
    assert len(set(looks)) == len(looks)
    handles = [bars for bars in ax.containers if not str(bars.get_label()).startswith("_") and len(bars)]
    patches = [bars[0] for bars in handles if hasattr(bars[0], "get_facecolor")]
    shades = sorted(lab(linear(patch.get_facecolor()))[0] for patch in patches)
    assert all(high - low > 15 for low, high in pairwise(shades))
