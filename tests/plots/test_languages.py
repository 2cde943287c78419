"""Labels and headlines in six languages, in every figure: as text in the SVG, never as boxes in PNG and PDF."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from simulated import section_numbers, story_numbers

from classify import plots
from classify.plots import fonts
from classify.plots.drawing import house_style, render
from classify.plots.fonts import FAMILY, fallbacks, replace_missing

# A section and a headline in German, French, Hindi, Arabic, Russian and Chinese.
NEWS = {
    "Überregionales": "Größte Brücke öffnet früher",
    "Économie": "Grève à l’aéroport : vols annulés",
    "राजनीति": "संसद में नया विधेयक पेश",
    "رياضة": "فاز الفريق بالكأس",
    "Спорт": "Сборная выиграла финал",
    "体育新闻": "球队赢得决赛冠军",
}
STORY_PLOTS = ("plot_map", "plot_timeline", "plot_sizes", "plot_choice")


@pytest.fixture(scope="module")
def numbers():
    stories = story_numbers(24)
    for i, row in enumerate([*(stories.get("stories") or ()), *(stories.get("map") or ())]):
        row["title"] = list(NEWS.values())[i % 6]
    sections = section_numbers(6, 900, tuple(NEWS))
    for name, terms in sections["top_terms"].items():
        terms[0]["term"] = NEWS[name].split()[0]
    return {"sections": sections, "stories": stories}


@pytest.fixture
def no_fallbacks(monkeypatch):
    """A machine that has no other fonts."""
    monkeypatch.setattr(fonts, "FALLBACK_FAMILIES", ())
    fallbacks.cache_clear()
    yield
    fallbacks.cache_clear()


@pytest.mark.slow
@pytest.mark.usefixtures("no_fallbacks")
@pytest.mark.parametrize("name", plots.__all__)
def test_no_figure_has_boxes(name, numbers):
    with house_style():
        try:
            figure = getattr(plots, name)(numbers["stories" if name in STORY_PLOTS else "sections"]).figure
        except ValueError:
            pytest.skip("not in these numbers")
        figure.draw_without_rendering()
        given = {text.get_text() for text in figure.findobj(Text) if text.get_text()}
        rendered = render(figure, pdf=True)
    # Outside of the house style, a glyph without a font is a warning, and a warning is an error here.
    with mpl.rc_context({"font.family": [FAMILY]}):
        figure.savefig(BytesIO(), format="png")
        figure.savefig(BytesIO(), format="pdf")
    written = "".join(ET.fromstring(rendered.svg).itertext())
    assert "‹" not in written
    for label in NEWS:
        assert (label in written) == any(label in text for text in given)


def titled(*texts):
    figure = Figure()
    ax = figure.add_subplot()
    ax.set_yticks(range(len(texts)), texts)
    return figure, ax


def labels(figure, ax):
    figure.draw_without_rendering()
    return [label.get_text() for label in ax.get_yticklabels()]


@pytest.mark.usefixtures("no_fallbacks")
class TestReplaced:
    def test_a_word_has_one_number_in_all_figures(self):
        names = {}
        figure, ax = titled("体育", "财经 2024", "राजनीति और खेल", "Sport")
        replace_missing(figure, names)
        assert labels(figure, ax) == ["‹Chinese 1›", "‹Chinese 2› 2024", "‹Devanagari 1›", "Sport"]
        other, ax = titled("财经", "新闻", "体育")
        replace_missing(other, names)
        assert labels(other, ax) == ["‹Chinese 2›", "‹Chinese 3›", "‹Chinese 1›"]
        assert list(names) == ["体育", "财经", "राजनीति और खेल", "新闻"]

    def test_a_symbol_without_a_name_of_a_script(self):
        names = {}
        figure, ax = titled("win \U000130c0 \U0001fad6")
        replace_missing(figure, names)
        assert re.fullmatch(r"win ‹(Egyptian|symbol) 1›", labels(figure, ax)[0])

    def test_letters_that_the_font_has_stay(self):
        names = {}
        figure, ax = titled("Größe", "Économie", "رياضة", "Спорт", "a\u200db\nc")
        replace_missing(figure, names)
        assert labels(figure, ax) == ["Größe", "Économie", "رياضة", "Спорт", "a\u200db\nc"]
        assert names == {}


def test_the_fonts_of_a_pdf_are_embedded():
    figure, _ = titled("Größe", "Спорт", "رياضة")
    with house_style():
        pdf = render(figure, pdf=True).pdf
    described = re.findall(rb"/BaseFont /(\S+)", pdf)
    assert described
    assert all(re.fullmatch(rb"[A-Z]{6}\+DejaVuSans\S*", name) for name in described)
    assert pdf.count(b"/FontFile2") >= len(set(described))
    assert b"CreationDate" not in pdf


def test_the_same_figure_is_the_same_pdf():
    with house_style():
        one, two = (render(titled("Größe")[0], pdf=True).pdf for _ in range(2))
    assert one == two


def test_no_pdf_is_made_where_none_is_wanted():
    with house_style():
        assert render(titled("a")[0]).pdf is None
