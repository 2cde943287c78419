"""The index of reports: a card a report, with its own headline."""

from __future__ import annotations

import json

import pytest
from simulated import section_numbers, story_numbers
from test_report import EXPERIMENT, Page

from classify.core.files import write_whole
from classify.report import write_index, write_report
from classify.report.words import headline_figure


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Write a report of each kind, and folders that are no report."""
    folder = tmp_path_factory.mktemp("reports")
    few = section_numbers(3, 400, predictions=None, comparison=None, search=None, learning_curve=None)
    write_report(story_numbers(), folder / "a & b")
    write_report(EXPERIMENT, folder / "half")
    write_report(few, folder / "mine" / "deep")
    write_whole(folder / "broken" / "results.json", "{")
    write_whole(folder / "other" / "results.json", '["not", "a", "report"]')
    write_whole(folder / "numbers" / "results.json", json.dumps(EXPERIMENT))
    for kind in ("sections", "another"):
        write_whole(folder / kind / "results.json", json.dumps({"kind": kind, "title": "no scores"}))
        write_whole(folder / kind / "report.html", "<p>")
    write_whole(folder / "text" / "results.json", json.dumps({**EXPERIMENT, "title": "<b>Text</b>"}))
    write_whole(folder / "text" / "report.md", "# Text")
    return write_index(folder)


def test_lists_whole_reports_those_on_sections_first(reports):
    links = [link for link in dict.fromkeys(Page(reports).links) if link.endswith((".html", ".md"))]
    assert links == ["mine/deep/report.html", "a%20%26%20b/report.html", "half/report.html", "text/report.md"]


def test_links_and_thumbnails_are_there(reports):
    page = Page(reports)
    for link in page.links + [value for value in page.loads if not value.startswith("data:")]:
        assert (reports.parent / link.replace("%20", " ").replace("%26", "&")).exists()


def test_a_card_has_the_headline_that_the_report_wrote(reports):
    text = reports.read_text("utf-8")
    for headline in ("0.5", headline_figure(section_numbers(3, 400)), headline_figure(story_numbers())):
        assert f"<b>{headline}</b>" in text
    assert "Is &lt;half&gt; enough?" in text
    assert "&lt;b&gt;Text" in text
    assert 'src="half/figures/learning_curve.svg"' in text
    assert 'src="mine/deep/figures/confusion_matrix.svg"' in text


def test_index_of_nothing_names_what_to_do(tmp_path):
    assert "make report" in write_index(tmp_path).read_text("utf-8")
