"""The page of stories in a real browser: a week of 1,300 headlines, searched and unfolded."""

# ruff: noqa: F811
# chromium is a fixture.
from __future__ import annotations

import pytest
from browsing import Reader, chromium  # noqa: F401
from story_pages import ROWS, story_page_numbers, week

from classify.report import write_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Write a page of few stories, and one of a week."""
    folder = tmp_path_factory.mktemp("stories")
    return {
        "few": write_report(story_page_numbers(), folder / "few"),
        "week": write_report(story_page_numbers(week()), folder / "week"),
    }


def search(reader, words):
    """Type words into the search, in the place of those that are there; return the status."""
    field = reader.one("#story-filter input")
    field.clear()
    field.send_keys(words)
    return reader.one("#story-status").text


def test_a_headline_of_any_story_is_found(chromium, pages):
    reader = Reader(chromium, pages["few"])
    assert search(reader, "TUGS 32") == "1 of 4 stories"
    assert [story.get_attribute("id") for story in reader.all(".stories > li") if story.is_displayed()] == ["story-9"]
    assert search(reader, "the echo") == "2 of 4 stories"
    assert search(reader, "story 12") == "1 of 4 stories"
    assert search(reader, "no story has this") == "0 of 4 stories"


def test_singletons_are_folded_away_until_a_search_finds_one(chromium, pages):
    reader = Reader(chromium, pages["few"])
    brenner = reader.one("#story-12")
    assert not brenner.is_displayed()
    search(reader, "brenner")
    assert brenner.is_displayed()
    search(reader, "ferry")
    assert not brenner.is_displayed()
    search(reader, "a\b")
    reader.one("#singletons > summary").click()
    assert brenner.is_displayed()


def test_a_story_opens_to_all_its_headlines_and_links(chromium, pages):
    reader = Reader(chromium, pages["few"])
    story = reader.one("#story-9")
    story.find_element("css selector", "summary").click()
    lines = [line.text for line in story.find_elements("css selector", "li")]
    assert len(lines) == 8
    assert all(line.is_displayed() for line in story.find_elements("css selector", "li"))
    assert lines[0].startswith(ROWS[0][4])
    link = story.find_element("css selector", "li a")
    assert link.get_attribute("href") == ROWS[0][3]
    assert reader.run("window.hacked === undefined")


@pytest.mark.parametrize("width", [400, 1280])
def test_a_week_fits_the_width_with_everything_open(chromium, pages, width):
    reader = Reader(chromium, pages["week"], width)
    shown = reader.run("[...document.querySelectorAll('.stories > li')].length")
    assert shown > 250
    reader.driver.execute_script("document.querySelectorAll('#stories details').forEach((d) => { d.open = true; })")
    assert reader.run("document.documentElement.scrollWidth") <= width
    outside = (
        "[...document.querySelectorAll('#stories li')].filter(e => e.getBoundingClientRect().right > arguments[0])"
    )
    assert reader.run(f"{outside}.length", width) == 0
    assert chromium.get_log("browser") == []
