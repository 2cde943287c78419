"""The report in a real browser: what a reader sees, clicks and types.

Needs Chromium with its driver (Debian: ``apt-get install chromium chromium-driver``) and Selenium
(``pip install 'classify-headlines[browser]'``); ``make test-browser`` runs this group alone.
"""

from __future__ import annotations

import json
import shutil

import pytest
from report_numbers import HOSTILE, comparison, section_numbers, story_numbers

from classify.report import write_index, write_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADER_ROW = "#headlines tbody tr"
WIDTHS = (360, 800, 1400)


def find_browser():
    """Return the paths of Chromium and its driver, or skip."""
    pytest.importorskip("selenium", reason="no Selenium: pip install 'classify-headlines[browser]'")
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no Chromium with its driver: apt-get install chromium chromium-driver")
    return browser, driver


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser, driver = find_browser()
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "headless",
        "no-sandbox",
        "disable-gpu",
        "disable-quic",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "disable-dev-shm-usage",
        "hide-scrollbars",
        f"user-data-dir={tmp_path_factory.mktemp('profile')}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(driver)) as running:
        yield running


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    for k, n in ((4, 600), (41, 4000)):
        numbers = section_numbers(k, n)
        numbers["comparison"] = comparison(numbers["labels"])
        write_report(numbers, folder / f"sections{k}")
    write_report(story_numbers(), folder / "stories")
    return {
        "four": folder / "sections4" / "report.html",
        "many": folder / "sections41" / "report.html",
        "stories": folder / "stories" / "report.html",
        "index": write_index(folder),
    }


class Reader:
    """Someone who looks at a page."""

    def __init__(self, driver, path, width=1400, dark=False, script=True):
        self.driver = driver
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": scheme})
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        driver.get_log("browser")
        driver.get_log("performance")
        driver.get(path.as_uri())
        if script:  # that it has run by then is not certain when a large page follows another
            driver.execute_async_script(
                "const look = () => document.readyState === 'complete' ? arguments[0]() : requestAnimationFrame(look);"
                "look();"
            )

    def run(self, script, *values):
        return self.driver.execute_script(f"return {script}", *values)

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        return self.driver.find_element("css selector", selector)

    def texts(self, selector):
        script = "[...document.querySelectorAll(arguments[0])].map(e => e.textContent)"
        return self.run(script, selector)

    def choose(self, name, value):
        self.driver.execute_script(
            "const f = document.getElementById('filters').elements[arguments[0]];"
            "f.value = arguments[1];"
            "f.dispatchEvent(new Event('input', {bubbles: true}))",
            name,
            value,
        )

    def columns(self):
        """Return the rows of the table as (true, predicted, per cent)."""
        cells = self.run(
            "[...document.querySelectorAll('#headlines tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
        )
        return [(true, answer, float(chance.split("\u00a0")[0])) for _, true, answer, chance in cells]

    @property
    def status(self):
        return self.one("#status").text

    def requests(self):
        """Return the addresses that the page asked for, its own file left out."""
        log = self.driver.get_log("performance")
        events = [json.loads(entry["message"])["message"] for entry in log]
        sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
        return [s["request"]["url"] for s in sent if not s["request"]["url"].startswith("data:")]


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
        assert len(reader.all(HEADER_ROW)) == (48 if page == "four" else 100)
        assert all(button.is_displayed() is False for button in reader.all("#pager button"))


# ---- the table of headlines


@pytest.fixture
def four(chromium, reports):
    return Reader(chromium, reports["four"])


@pytest.fixture
def many(chromium, reports):
    return Reader(chromium, reports["many"])


def test_a_headline_that_is_a_script_is_shown_as_text(four):
    assert four.one("#headlines tbody td.headline").text.startswith(HOSTILE)
    assert four.run("window.hacked === undefined")


def test_begins_with_the_mistakes_it_was_surest_of(four):
    rows = four.columns()
    assert all(true != answer for true, answer, _ in rows)
    assert [p for *_, p in rows] == sorted((p for *_, p in rows), reverse=True)
    assert four.status == "48 mistakes."


def test_search_finds_words_in_any_order(four):
    four.one("[name=words]").send_keys("STORM late")
    texts = four.texts("#headlines td.headline")
    assert texts
    assert all("storm" in text.lower() and "late" in text.lower() for text in texts)
    assert four.status.startswith(f"{len(texts)} mistake")


def test_filters_by_section_probability_and_abstention(four):
    four.choose("truth", "1")
    assert {true for true, _, _ in four.columns()} == {"sport"}
    four.choose("answer", "2")
    assert {row[:2] for row in four.columns()} == {("sport", "entertainment")}
    four.choose("low", "40")
    four.choose("high", "60")
    chances = [chance for *_, chance in four.columns()]
    assert chances
    assert all(40 <= chance <= 60 for chance in chances)
    four.one("[type=reset]").click()
    four.choose("abstained", "1")
    assert four.all("#headlines .badge")
    assert len(four.all("#headlines .badge")) == len(four.all(HEADER_ROW))
    four.choose("abstained", "0")
    assert not four.all("#headlines .badge")
    four.choose("words", "no headline has this")
    assert four.status == "0 mistakes."
    assert four.all(HEADER_ROW) == []


def test_right_answers_can_be_shown(four):
    four.choose("outcome", "right")
    assert all(true == answer for true, answer, _ in four.columns())
    four.choose("outcome", "")
    assert four.status == "600 headlines."


def test_sorts_by_each_column_both_ways(four):
    for i, name in enumerate(("headline", "truth", "answer", "probability")):
        button = four.one(f"th[data-sort={name}] button")
        four.driver.execute_script("arguments[0].click()", button)
        first = four.one(f"th[data-sort={name}]").get_attribute("aria-sort")
        four.driver.execute_script("arguments[0].click()", button)
        second = four.one(f"th[data-sort={name}]").get_attribute("aria-sort")
        assert {first, second} == {"ascending", "descending"}
        if i in (1, 2):
            values = [row[i - 1] for row in four.columns()]
            assert values == sorted(values, reverse=True)
    assert len(four.all("th[aria-sort]")) == 1


def test_pages_through_the_rows(four):
    assert four.one("#where").text == "page 1 of 3"
    first = four.texts("#headlines td.headline")
    assert not four.one("#before").is_enabled()
    four.one("#after").click()
    assert four.one("#where").text == "page 2 of 3"
    assert set(first).isdisjoint(four.texts("#headlines td.headline"))
    four.one("#after").click()
    assert not four.one("#after").is_enabled()
    assert len(four.all(HEADER_ROW)) == 8


@pytest.mark.parametrize(("page", "true", "predicted"), [("four", 1, 2), ("four", 0, 0), ("many", 3, 4)])
def test_a_click_on_a_cell_shows_just_those(chromium, reports, page, true, predicted):
    reader = Reader(chromium, reports[page])
    numbers = json.loads((reports[page].parent / "results.json").read_text("utf-8"))
    count, labels = numbers["confusion_matrix"][true][predicted], numbers["labels"]
    cell = reader.one(f".cell[data-t='{true}'][data-p='{predicted}']")
    title = cell.find_element("css selector", "title").get_attribute("textContent")
    total = sum(numbers["confusion_matrix"][true])
    assert title == f"true {labels[true]}, predicted {labels[predicted]}: {count:,} of {total:,}"
    cell.click()
    assert reader.status == f"{count:,} headlines: true {labels[true]}, predicted {labels[predicted]}."
    assert {row[:2] for row in reader.columns()} == {(labels[true], labels[predicted])}
    assert cell.get_attribute("aria-pressed") == "true"
    assert reader.run("document.activeElement.id") == "status"
    reader.one("[type=reset]").click()
    assert cell.get_attribute("aria-pressed") == "false"


def test_the_most_frequent_confusions_can_be_shown(many):
    row = many.one("#confusions tbody tr")
    true, predicted, count = (cell.text for cell in row.find_elements("css selector", "td")[:3])
    row.find_element("css selector", "button").click()
    assert many.status == f"{count} headlines: true {true}, predicted {predicted}."


@pytest.mark.parametrize("page", ["four", "stories"])
def test_links_at_the_top_stand_in_the_order_of_the_page(chromium, reports, page):
    reader = Reader(chromium, reports[page])
    targets = reader.run("[...document.querySelectorAll('nav a')].map(a => a.getAttribute('href').slice(1))")
    sections = reader.run("[...document.querySelectorAll('main > section')].map(s => s.id)")
    assert len(targets) > 2
    assert targets == sections
    assert reader.texts("nav a") == reader.texts("main > section > h2")


def test_confusions_stand_beside_a_matrix_of_ten_sections(chromium, tmp_path):
    numbers = section_numbers(10, 900)
    page = write_report(numbers, tmp_path)
    script = "document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
    wide = Reader(chromium, page, 1280)
    matrix, table = (wide.run(script, name) for name in ("#figure-confusion_matrix .plot", "#confusions"))
    assert table["left"] >= matrix["right"]
    assert table["top"] < matrix["top"] + 100
    narrow = Reader(chromium, page, 800)
    matrix, table = (narrow.run(script, name) for name in ("#figure-confusion_matrix .plot", "#confusions"))
    assert table["top"] >= matrix["bottom"]


def test_on_a_telephone_tables_of_the_first_screens_fit_and_the_rest_shows_that_it_scrolls(chromium, reports):
    reader = Reader(chromium, reports["four"], 400)
    for name in (".budgets .scroll", ".scroll:has(#confusions)"):
        assert reader.run("(e => e.scrollWidth <= e.clientWidth)(document.querySelector(arguments[0]))", name), name
    # Captions stay within the screen even where their table does not.
    assert reader.run("[...document.querySelectorAll('caption span')].every(s => s.offsetWidth <= innerWidth - 25)")
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


def test_every_cell_counts_what_the_matrix_counts(four):
    titles = four.texts(".cell title")
    assert len(titles) == 16
    counts = [int(title.split(": ")[1].split(" of ")[0].replace(",", "")) for title in titles]
    assert sum(counts) == 600


def test_cells_can_be_walked_and_chosen_by_keyboard(many):
    from selenium.webdriver.common.keys import Keys

    assert len(many.all(".cell[tabindex='0']")) == 1
    first = many.one(".cell[tabindex='0']")
    many.driver.execute_script("arguments[0].focus()", first)
    first.send_keys(Keys.ARROW_RIGHT)
    many.driver.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    many.driver.switch_to.active_element.send_keys(Keys.ARROW_UP)
    many.driver.switch_to.active_element.send_keys(Keys.ARROW_LEFT)
    assert many.driver.switch_to.active_element == first
    first.send_keys(Keys.ARROW_LEFT)
    assert many.driver.switch_to.active_element == first
    true = int(first.get_attribute("data-t"))
    first.send_keys(Keys.ENTER)
    assert many.run("document.querySelector('[name=truth]').value") == str(true)
    assert many.run("document.activeElement.id") == "status"


def test_reasons_are_marked_word_by_word(four):
    four.choose("words", "(24)")
    assert len(four.all(HEADER_ROW)) == 1
    marks = four.run(
        "[...document.querySelectorAll('#headlines mark')].map(m => [m.textContent.toLowerCase(), m.className])"
    )
    reasons = four.one("#headlines .reasons").text
    assert marks
    for word, _ in marks:
        assert word in reasons.lower()
    assert {name.rstrip("123") for _, name in marks} == {"for", "against"}


def test_all_controls_can_be_reached_by_keyboard_and_have_names(four):
    nameless = four.run("""[...document.querySelectorAll("input, select, button, a")].filter((e) =>
      !(e.labels && e.labels.length) && !e.textContent.trim() && !e.getAttribute("aria-label")).length""")
    assert nameless == 0
    assert four.run("[...document.querySelectorAll('[tabindex]')].every(e => e.tabIndex <= 0)")


def test_every_figure_says_in_words_what_it_shows(four):
    labels = four.run("[...document.querySelectorAll('svg.plot')].map(s => s.getAttribute('aria-label'))")
    assert len(labels) == 16
    assert all(len(label) > 20 for label in labels)


def test_a_page_that_cannot_carry_all_headlines_says_so(chromium, tmp_path):
    numbers = section_numbers(3, 200)
    numbers["predictions"] = numbers["predictions"][:50]
    reader = Reader(chromium, write_report(numbers, tmp_path))
    rows = numbers["predictions"]
    n_wrong = sum(r["section"] != r["predicted"] for r in rows)
    total = 200 - sum(numbers["confusion_matrix"][i][i] for i in range(3))
    assert n_wrong == total
    assert reader.one("#carries").text == (
        f"This page carries all {n_wrong} mistakes and {50 - n_wrong} of the {200 - total} right answers, "
        "drawn at random; the scores count all 200."
    )
    count, i = max((numbers["confusion_matrix"][i][i], i) for i in range(3))
    here = sum(r["section"] == r["predicted"] == numbers["labels"][i] for r in rows)
    reader.one(f".cell[data-t='{i}'][data-p='{i}']").click()
    assert reader.status.endswith(f" This page carries {here} of the {count} that the matrix counts there.")
    assert reader.status.startswith(f"{here} headlines: ")


def test_a_page_of_24000_headlines_of_41_sections_carries_every_mistake(chromium, tmp_path):
    numbers = section_numbers(41, 24_000)
    for row in numbers["predictions"]:
        row["headline"] += " and a rather longer line about what the council said of it in the evening" * 2
    page = write_report(numbers, tmp_path)
    assert page.stat().st_size <= 5_000_000
    reader = Reader(chromium, page)
    n_right = sum(numbers["confusion_matrix"][i][i] for i in range(41))
    said = reader.one("#carries").text
    assert said.startswith(f"This page carries all {24_000 - n_right:,} mistakes and ")
    assert said.endswith(f" of the {n_right:,} right answers, drawn at random; the scores count all 24,000.")
    assert reader.status == f"{24_000 - n_right:,} mistakes."
    reader.choose("outcome", "right")
    carried = int(reader.status.split()[0].replace(",", ""))
    assert f" and {carried:,} of the " in said
    count = max(numbers["confusion_matrix"][3][j] for j in range(41) if j != 3)
    other = numbers["confusion_matrix"][3].index(count)
    reader.driver.execute_script(
        "document.querySelector(`.cell[data-t='3'][data-p='${arguments[0]}']`)"
        ".dispatchEvent(new MouseEvent('click', {bubbles: true}))",
        other,
    )
    names = numbers["labels"]
    assert reader.status == f"{count:,} headlines: true {names[3]}, predicted {names[other]}."
    reader.choose("answer", "3")
    here = int(reader.status.split()[0].replace(",", ""))
    total = numbers["confusion_matrix"][3][3]
    assert reader.status.endswith(f"This page carries {here:,} of the {total:,} that the matrix counts there.")
    assert here < total


WILD = ("\u202eturned\u202d", "x" * 300, "nul\x00 in it", "🗞️ 新闻 أخبار")


@pytest.fixture(scope="module")
def wild(tmp_path_factory):
    """Write a report whose sections and headlines turn direction, never break, and hold controls."""
    numbers = section_numbers(4, 200, list(WILD), title="\u202eA title\x07")
    numbers["comparison"] = comparison(numbers["labels"])
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
    assert reader.one(".stories summary b").text == HOSTILE
    reader.one("#story-filter input").send_keys("storm festival")
    shown = [story for story in reader.all(".stories > li") if story.is_displayed()]
    assert 0 < len(shown) < 60
    assert reader.one("#story-status").text == f"{len(shown)} of 60 stories"
    assert all("storm" in story.get_attribute("textContent").lower() for story in shown)
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
