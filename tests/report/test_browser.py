"""Every page in a real browser: nothing is cut, nothing is asked for, all of it can be read."""

# ruff: noqa: F811
# chromium and reports are fixtures.
from __future__ import annotations

import pytest
from browsing import ROW, Reader, chromium, reports  # noqa: F401
from simulated import HOSTILE, section_numbers, story_numbers

from classify.report import write_report
from classify.report.mistakes import worst_mistakes

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (360, 800, 1400)
PAGES = ("four", "many", "stories", "index")
every_page = pytest.mark.parametrize("page", PAGES)


# ---- every page


@every_page
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_error_no_request_nothing_hacked(chromium, reports, page, dark):
    reader = Reader(chromium, reports[page], dark=dark)
    assert reader.run("window.hacked === undefined")
    assert reader.run("[...document.images].every(image => image.naturalWidth > 0)")
    asked = reader.requests()
    assert all(url.startswith(reports["index"].parent.as_uri()) for url in asked)
    assert page == "index" or asked == [reports[page].as_uri()]
    assert chromium.get_log("browser") == []


@every_page
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_itself_never_scrolls_sideways(chromium, reports, page, width):
    reader = Reader(chromium, reports[page], width)
    assert reader.run("document.documentElement.scrollWidth") <= width
    assert reader.run("document.body.scrollWidth") <= width


@every_page
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_the_paper(chromium, reports, page, dark):
    reader = Reader(chromium, reports[page], dark=dark)
    ratios = reader.run(CONTRASTS)
    assert ratios
    assert min(ratios.values()) >= 4.5, ratios


# Relative luminance and contrast as WCAG 2.2 defines them.
CONTRASTS = """(() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(Number).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const found = {};
  for (const selector of ["body", "a", ".note", "figcaption", ".wrong", ".right", "button", ".plot text"]) {
    const element = document.querySelector(selector);
    if (!element) continue;
    const style = getComputedStyle(element);
    const ink = light(element.closest("svg") ? style.fill : style.color);
    found[selector] = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
  }
  return found;
})()"""


@pytest.mark.parametrize("page", ["four", "many", "stories"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_of_a_figure_leaves_its_drawing(chromium, reports, page, width):
    reader = Reader(chromium, reports[page], width)
    outside = reader.run("""[...document.querySelectorAll("svg.plot")].flatMap((svg) => {
      const frame = svg.getBoundingClientRect();
      return [...svg.querySelectorAll("text")].filter((text) => {
        const box = text.getBoundingClientRect();
        return box.left < frame.left - 3 || box.right > frame.right + 3
          || box.top < frame.top - 3 || box.bottom > frame.bottom + 3;
      }).map((text) => text.textContent);
    })""")
    assert outside == []


@pytest.mark.parametrize("page", ["four", "many", "stories"])
def test_without_script_every_figure_and_the_worst_mistakes_show(chromium, reports, page):
    reader = Reader(chromium, reports[page], script=False)
    figures = list(reports[page].parent.glob("figures/*.svg"))
    shown = reader.all("figure .plot")
    assert len(shown) == len(figures)
    assert all(figure.size["height"] > 100 for figure in shown)
    assert not any(form.is_displayed() for form in reader.all("form"))
    if page != "stories":
        numbers = section_numbers() if page == "four" else section_numbers(41, 3000)
        assert len(reader.all(ROW)) == len(worst_mistakes(numbers))
        assert all(button.is_displayed() is False for button in reader.all("#pager button"))


@pytest.mark.parametrize("page", ["four", "stories"])
def test_links_at_the_top_stand_in_the_order_of_the_page(chromium, reports, page):
    reader = Reader(chromium, reports[page])
    targets = reader.run("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href').slice(1))")
    sections = reader.run("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert len(targets) > 2
    assert targets == sections
    assert reader.texts("nav a") == reader.texts("main > section > h2")


def test_on_a_telephone_tables_of_the_first_screens_fit_and_the_rest_shows_that_it_scrolls(chromium, reports):
    reader = Reader(chromium, reports["four"], 400)
    for name in (".budgets .scroll", ".scroll:has(#confusions)"):
        assert reader.run("(e => e.scrollWidth <= e.clientWidth)(document.querySelector(arguments[0]))", name), name
    # Captions stay within the screen even where their table does not.
    assert reader.run("[...document.querySelectorAll('caption span')].every(s => s.offsetWidth <= innerWidth - 25)")
    # The first figures of four sections fit, those of many scroll.
    for name in ("#figure-baselines > .scroll", "#figure-confusion_matrix > .scroll"):
        assert reader.run("(e => e.scrollWidth <= e.clientWidth)(document.querySelector(arguments[0]))", name), name
    reader = Reader(chromium, reports["many"], 400)
    box = reader.one("#figure-confusion_matrix .scroll")
    assert reader.run("(e => e.scrollWidth > e.clientWidth)(arguments[0])", box)
    style = reader.run("getComputedStyle(arguments[0]).backgroundAttachment", box)
    assert style == "local, local, scroll, scroll"


def test_dates_of_stories_do_not_wrap_inside(chromium, reports):
    for width in (320, 360, 400):
        reader = Reader(chromium, reports["stories"], width)
        lines = reader.run("[...document.querySelectorAll('.date')].map(d => d.getClientRects().length)")
        assert lines
        assert set(lines) == {1}


def test_every_figure_says_in_words_what_it_shows(chromium, reports):
    labels = Reader(chromium, reports["four"]).run(
        "[...document.querySelectorAll('svg.plot')].map(s => s.getAttribute('aria-label'))"
    )
    assert len(labels) == 16
    assert all(len(label) > 20 for label in labels)


def test_all_controls_can_be_reached_by_keyboard_and_have_names(chromium, reports):
    four = Reader(chromium, reports["four"])
    nameless = four.run("""[...document.querySelectorAll("input, select, button, a")].filter((e) =>
      !(e.labels && e.labels.length) && !e.textContent.trim() && !e.getAttribute("aria-label")).length""")
    assert nameless == 0
    assert four.run("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex <= 0)")


WILD = ("\u202eturned\u202d", "x" * 300, "nul\x00 in it", "🗞️ 新闻 أخبار")


@pytest.fixture(scope="module")
def wild(tmp_path_factory):
    """Write a report whose sections and headlines turn direction, never break, and hold controls."""
    numbers = section_numbers(4, 600, WILD, title="\u202eA title\x07")
    lines = ["\u202eReversed headline", "y" * 500, "nul\x00 nul", "🏆🏆 Straße wins", "\u2066never closed <b>"]
    for i, line in enumerate(lines):
        terms = [{"term": "strasse", "weight": 0.7}, {"term": "wins", "weight": -0.3}]
        numbers["predictions"][i] |= {"headline": line, "probability": 0.999 - i / 1000, "terms": terms}
    return write_report(numbers, tmp_path_factory.mktemp("wild"))


@pytest.mark.parametrize("width", WIDTHS)
def test_wild_names_and_headlines_do_not_break_the_page(chromium, wild, width):
    reader = Reader(chromium, wild, width)
    assert reader.run("document.documentElement.scrollWidth") <= width
    assert chromium.get_log("browser") == []
    assert reader.requests() == [wild.as_uri()]
    assert len(reader.all("figure .plot")) == 16
    around = "[...document.querySelectorAll('h1, .lead, dd, caption, figcaption, #status, option, button, title')]"
    assert not reader.run(f"{around}.some(e => /[\u202a-\u202e\u2066-\u2069\x00-\x08]/.test(e.textContent))")


def test_marks_stand_where_they_belong_after_characters_of_two_units(chromium, wild):
    reader = Reader(chromium, wild)
    reader.choose("words", "🏆")
    marks = "[...document.querySelectorAll('#headlines mark')].map(m => [m.textContent, m.className, m.title])"
    assert reader.run(marks) == [["Straße", "for3", "+0.70"], ["wins", "against2", "−0.30"]]
    assert reader.one("#headlines td.headline").text.startswith("🏆🏆 Straße wins")
    cells = reader.run(
        "[...document.querySelectorAll('#headlines td.headline')].map(e => getComputedStyle(e).unicodeBidi)"
    )
    assert set(cells) == {"isolate"}


# ---- stories, paper


def test_stories_can_be_searched_and_opened(chromium, reports):
    reader = Reader(chromium, reports["stories"])
    titles, n = reader.texts(".stories summary b"), story_numbers()["n_stories"]
    assert titles[0].startswith(HOSTILE[0])
    words = titles[1].lower().split()[:2]
    reader.one("#story-filter input").send_keys(" ".join(reversed(words)))
    shown = [story for story in reader.all(".stories > li") if story.is_displayed()]
    assert 0 < len(shown) < n
    assert reader.one("#story-status").text == f"{len(shown)} of {n} stories"
    assert all(word in story.get_attribute("textContent").lower() for story in shown for word in words)
    shown[0].find_element("css selector", "summary").click()
    assert shown[0].find_element("css selector", "ul").is_displayed()


@pytest.mark.parametrize("page", ["four", "many", "stories"])
def test_prints_light_without_controls(chromium, reports, page):
    reader = Reader(chromium, reports[page], dark=True)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": dark})
    paper = reader.run("getComputedStyle(document.documentElement).getPropertyValue('--paper')")
    assert paper.strip() == "#ffffff"
    assert not any(control.is_displayed() for control in reader.all("form, nav, #pager button"))
    pdf = chromium.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    assert len(pdf["data"]) > 10_000
