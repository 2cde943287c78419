"""The page of stories: what is in it, in which order, under which number; nothing that a headline brings can run."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from simulated import HOSTILE
from story_pages import ROWS, story_page_numbers, week

from classify.report import page as page_module
from classify.report import write_report
from classify.report.tables import to_frames


class Stories(HTMLParser):
    """Gather the text of each story, its number, and all links."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.links, self.heads, self.open = {}, [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "li" and given.get("id", "").startswith("story-"):
            self.open = given["id"]
            self.texts[self.open] = ""
        if tag == "a" and self.open:
            self.links.append(given["href"])
        if tag == "h3":
            self.heads.append("")

    def handle_data(self, data):
        if self.open:
            self.texts[self.open] += data
        if self.lasttag in ("h3", "span") and self.heads:
            self.heads[-1] += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write the report."""
    return write_report(story_page_numbers(), tmp_path_factory.mktemp("stories")).parent


@pytest.fixture(scope="module")
def page(folder):
    """Read its page."""
    return Stories((folder / "report.html").read_text("utf-8"))


def test_every_headline_is_there_in_full_with_date_and_publisher(page):
    for story, date, publisher, _, text in ROWS:
        here = page.texts[f"story-{story}"]
        assert text in here
        assert (date or "").replace("T", " ") in here
        assert (publisher or "") in here


def test_the_largest_first_and_singletons_at_the_end_under_their_own_numbers(page):
    assert list(page.texts) == ["story-9", "story-4", "story-7", "story-12"]
    assert "story 9: 8 headlines of 4 publishers, 2026-01-05 to 2026-01-08, world" in page.texts["story-9"]
    assert "Publishers: Paper 0, Paper 1, Paper 2, Paper 3" in page.texts["story-9"]
    assert "story 12, world" in page.texts["story-12"]


def test_developments_have_their_days_and_titles(folder):
    text = (folder / "report.html").read_text("utf-8")
    heads = [re.sub("<[^>]+>", "", head) for head in re.findall("<h3>(.+?)</h3>", text) if "Harwich" in head]
    assert len(heads) == 2
    assert re.fullmatch(r"2026-01-05 to 2026-01-06: Ferry aground off Harwich with 9\d on board \(4\)", heads[0])
    assert re.fullmatch(r"2026-01-08: Tugs refloat ferry at Harwich after 3\d hours \(4\)", heads[1])


def test_only_addresses_of_the_web_are_links(page):
    assert sorted(page.links) == sorted(url for *_, url, _ in ROWS if url and url.startswith("http"))


def test_nothing_of_a_headline_is_markup(folder):
    text = (folder / "report.html").read_text("utf-8")
    assert HOSTILE[0] not in text
    assert "javascript:" not in text
    assert "data:text" not in text


def test_timelines_are_drawn_and_told(folder):
    text = (folder / "report.html").read_text("utf-8")
    bars = re.findall(r'<svg class="bars" viewBox="0 0 4 10".+?</svg>', text)
    assert len(bars) == 2
    assert 'aria-label="Headlines by day: 2026-01-05 2, 2026-01-06 2, 2026-01-08 4"' in bars[0]
    assert re.findall(r'x="(\d)" y="([\d.]+)"', bars[0]) == [("0", "5.0"), ("1", "5.0"), ("3", "0.0")]


def test_the_markdown_has_the_same_numbers(folder):
    rows = re.findall(r"^\| (\d+) \| ", (folder / "report.md").read_text("utf-8"), re.MULTILINE)
    assert rows == ["9", "4", "7", "12"]


def test_figures_name_stories_by_the_same_numbers(folder):
    drawn = (folder / "figures" / "timeline.svg").read_text("utf-8")
    assert "9  Ferry aground" in drawn.replace("\u00a0", " ")


def test_data_frames_list_stories_and_headlines():
    frames = to_frames(story_page_numbers())
    assert frames["stories"]["story"].tolist() == [9, 4, 7, 12]
    assert len(frames["story_headlines"]) == len(ROWS)
    assert frames["story_headlines"].columns.tolist() == ["story", "title", "headline", "date", "publisher", "url"]


def test_undated_stories_of_nobody(tmp_path):
    rows = [(0, None, None, None, "Rain"), (0, None, None, None, "Rain again"), (1, None, None, None, "Hail")]
    text = write_report(story_page_numbers(rows, section=None), tmp_path).read_text("utf-8")
    assert "story 0: 2 headlines</span>" in text
    assert 'class="bars"' not in text
    assert list(Stories(text).texts) == ["story-0", "story-1"]


@pytest.mark.slow
def test_a_page_that_would_be_too_large_has_the_largest_stories(tmp_path, monkeypatch):
    numbers = story_page_numbers(week())
    whole = write_report(numbers, tmp_path / "whole").read_text("utf-8")
    assert len(Stories(whole).texts) == numbers["n_stories"]
    monkeypatch.setattr(page_module, "PAGE_BYTES", len(whole) - 100_000)
    fewer = write_report(numbers, tmp_path / "fewer").read_text("utf-8")
    kept = Stories(fewer).texts
    assert len(kept) == numbers["n_stories"] // 2
    assert list(kept) == [f"story-{story['story']}" for story in numbers["stories"]][: len(kept)]
    assert f"The {len(kept):,} largest of {numbers['n_stories']:,} stories are on this page." in fewer
