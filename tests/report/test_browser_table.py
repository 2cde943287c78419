"""The table of headlines in a real browser: what a reader clicks and types."""

# ruff: noqa: F811
# chromium and reports are fixtures.
from __future__ import annotations

import numpy as np
import pytest
from browsing import ROW, Reader, chromium, reports  # noqa: F401
from simulated import HOSTILE, section_numbers

from classify.report import write_report
from classify.report.mistakes import worst_mistakes

pytestmark = [pytest.mark.browser, pytest.mark.slow]


NUMBERS = {"four": (4, 1500), "many": (41, 3000)}


@pytest.fixture
def four(chromium, reports):
    return Reader(chromium, reports["four"])


@pytest.fixture
def many(chromium, reports):
    return Reader(chromium, reports["many"])


@pytest.fixture(scope="module")
def matrix():
    return np.array(section_numbers()["confusion_matrix"])


def most_confused(matrix):
    """Return the row and the column of the largest count that is off the diagonal."""
    return np.unravel_index(np.argmax(matrix - np.diag(np.diag(matrix))), matrix.shape)


def count_mistakes(matrix):
    return int(matrix.sum() - np.trace(matrix))


def test_a_headline_that_is_a_script_is_shown_as_text(four):
    four.choose("outcome", "")
    four.choose("words", "window.hacked")
    texts = four.texts("#headlines td.headline")
    assert texts
    assert all(text.startswith(HOSTILE[:2]) for text in texts)
    assert four.run("window.hacked === undefined")


def test_begins_with_the_mistakes_it_was_surest_of(four, matrix):
    rows = four.columns()
    assert all(true != answer for true, answer, _ in rows)
    assert [p for *_, p in rows] == sorted((p for *_, p in rows), reverse=True)
    assert four.status == f"{count_mistakes(matrix)} mistakes."


def test_search_finds_words_in_any_order(four):
    *_, first, last = worst_mistakes(section_numbers())[0]["headline"].split()
    four.one("[name=words]").send_keys(f"{last.upper()} {first}")
    texts = four.texts("#headlines td.headline")
    assert texts
    assert all(first in text.lower() and last in text.lower() for text in texts)
    assert four.status.startswith(f"{len(texts)} mistake")


def test_filters_by_section_and_probability(four, matrix):
    labels, (true, answer) = section_numbers()["labels"], most_confused(matrix)
    four.choose("truth", str(true))
    assert {row[0] for row in four.columns()} == {labels[true]}
    four.choose("answer", str(answer))
    assert {row[:2] for row in four.columns()} == {(labels[true], labels[answer])}
    middle = round(np.median([chance for *_, chance in four.columns()]))
    four.choose("low", str(middle - 10))
    four.choose("high", str(middle + 10))
    chances = [chance for *_, chance in four.columns()]
    assert chances
    assert all(middle - 10 <= chance <= middle + 10 for chance in chances)
    four.choose("words", "no headline has this")
    assert four.status.startswith("0 mistakes")
    assert four.all(ROW) == []


def test_filters_by_abstention(four):
    four.choose("abstained", "1")
    assert four.all("#headlines .badge")
    assert len(four.all("#headlines .badge")) == len(four.all(ROW))
    four.choose("abstained", "0")
    assert not four.all("#headlines .badge")


def test_right_answers_can_be_shown(four, matrix):
    four.choose("outcome", "right")
    assert all(true == answer for true, answer, _ in four.columns())
    four.choose("outcome", "")
    assert four.status == f"{matrix.sum()} headlines."


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


def test_pages_through_the_rows(four, matrix):
    n_pages, n_last = divmod(count_mistakes(matrix) - 1, 20)
    assert four.one("#where").text == f"page 1 of {n_pages + 1}"
    first = four.texts("#headlines td.headline")
    assert not four.one("#before").is_enabled()
    four.one("#after").click()
    assert four.one("#where").text == f"page 2 of {n_pages + 1}"
    assert set(first).isdisjoint(four.texts("#headlines td.headline"))
    for _ in range(n_pages - 1):
        four.one("#after").click()
    assert not four.one("#after").is_enabled()
    assert len(four.all(ROW)) == n_last + 1


@pytest.mark.parametrize(("page", "right"), [("four", False), ("four", True), ("many", False)])
def test_a_click_on_a_cell_shows_just_those(chromium, reports, page, right):
    reader = Reader(chromium, reports[page])
    numbers = section_numbers(*NUMBERS[page])
    true, predicted = (0, 0) if right else most_confused(np.array(numbers["confusion_matrix"]))
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


def test_confusions_stand_beside_a_matrix_of_ten_sections(chromium, tmp_path):
    numbers = section_numbers(10, 1500)
    page = write_report(numbers, tmp_path)
    script = "document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
    wide = Reader(chromium, page, 1280)
    matrix, table = (wide.run(script, name) for name in ("#figure-confusion_matrix .plot", "#confusions"))
    assert table["left"] >= matrix["right"]
    assert table["top"] < matrix["top"] + 100
    narrow = Reader(chromium, page, 800)
    matrix, table = (narrow.run(script, name) for name in ("#figure-confusion_matrix .plot", "#confusions"))
    assert table["top"] >= matrix["bottom"]


def test_every_cell_counts_what_the_matrix_counts(four, matrix):
    titles = four.texts(".cell title")
    assert len(titles) == 16
    counts = [int(title.split(": ")[1].split(" of ")[0].replace(",", "")) for title in titles]
    assert sorted(counts) == sorted(matrix.ravel())


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
    marks = four.run(
        "[...document.querySelectorAll('#headlines tbody tr')][0].querySelectorAll('mark').values()"
        ".map(m => [m.textContent.toLowerCase(), m.className]).toArray()"
    )
    reasons = four.one("#headlines .reasons").text
    assert marks
    for word, _ in marks:
        assert word in reasons.lower()
    assert {name.rstrip("123") for _, name in marks} == {"for", "against"}


def test_a_page_that_cannot_carry_all_headlines_says_so(chromium, tmp_path):
    numbers = section_numbers(3, 400)
    matrix = np.array(numbers["confusion_matrix"])
    n, n_wrong = int(matrix.sum()), count_mistakes(matrix)
    rows = sorted(numbers["predictions"], key=lambda row: row["section"] == row["predicted"])[: n_wrong + 20]
    numbers["predictions"] = rows
    reader = Reader(chromium, write_report(numbers, tmp_path))
    assert reader.one("#carries").text == (
        f"This page carries all {n_wrong} mistakes and 20 of the {n - n_wrong} right answers, "
        f"drawn at random; the scores count all {n}."
    )
    count, i = max((int(matrix[i, i]), i) for i in range(3))
    here = sum(r["section"] == r["predicted"] == numbers["labels"][i] for r in rows)
    reader.one(f".cell[data-t='{i}'][data-p='{i}']").click()
    assert reader.status.endswith(f" This page carries {here} of the {count} that the matrix counts there.")
    assert reader.status.startswith(f"{here} headlines: ")


def test_a_page_of_24000_headlines_of_41_sections_carries_every_mistake(chromium, tmp_path):
    numbers = section_numbers(41, 3000)
    times = -(-24_000 // len(numbers["predictions"]))
    more = " and a rather longer line about what the council said of it in the evening" * 2
    numbers["predictions"] = [
        row | {"headline": f"{row['headline']} {i}{more}"} for i in range(times) for row in numbers["predictions"]
    ]
    matrix = times * np.array(numbers["confusion_matrix"])
    numbers["confusion_matrix"], n = matrix.tolist(), int(matrix.sum())
    numbers["data"]["n_test"] = n
    page = write_report(numbers, tmp_path)
    assert page.stat().st_size <= 5_000_000
    reader = Reader(chromium, page)
    n_wrong, n_right = count_mistakes(matrix), np.trace(matrix)
    carries = reader.one("#carries").text
    assert carries.startswith(f"This page carries all {n_wrong:,} mistakes and ")
    assert carries.endswith(
        f" of the {n_right:,} right answers, drawn at random; the scores count all {matrix.sum():,}."
    )
    assert reader.status == f"{n_wrong:,} mistakes."
    reader.choose("outcome", "right")
    n_carried = int(reader.status.split()[0].replace(",", ""))
    assert f" and {n_carried:,} of the " in carries
    true, predicted = most_confused(matrix)
    click(reader, true, predicted)
    names, count = numbers["labels"], matrix[true, predicted]
    assert reader.status == f"{count:,} headlines: true {names[true]}, predicted {names[predicted]}."
    most = int(np.argmax(np.diag(matrix)))
    click(reader, most, most)
    here = int(reader.status.split()[0].replace(",", ""))
    total = matrix[most, most]
    assert reader.status.endswith(f"This page carries {here:,} of the {total:,} that the matrix counts there.")
    assert here < total


def click(reader, true, predicted):
    """Click on a cell that may be beside the screen."""
    cell = reader.one(f".cell[data-t='{true}'][data-p='{predicted}']")
    reader.driver.execute_script("arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true}))", cell)
