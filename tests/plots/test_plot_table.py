"""The figure of an experiment that has tables alone."""

from __future__ import annotations

import numpy as np
import pytest

from classify.plots.tables import find_chart, plot_table
from classify.report import write_report

TABLE = {
    "title": "Each corpus",
    "rows": [
        {"corpus": "news", "form": "dated", "n": 200, "found": {"value": 0.8, "low": 0.7, "high": 0.9}, "f1": 0.75},
        {"corpus": "blogs", "form": "dated", "n": 100, "found": {"value": 0.5, "low": 0.4, "high": 0.7}, "f1": 0.5},
    ],
}


def test_values_intervals_and_names_are_those_of_the_table():
    ax = plot_table({"tables": [TABLE]})
    assert [label.get_text() for label in ax.get_yticklabels()] == ["news, dated", "blogs, dated"]
    (line,) = [line for line in ax.lines if len(line.get_xdata()) == 2]
    assert line.get_xdata().tolist() == [0.8, 0.5]
    (intervals,) = ax.collections
    assert np.array(intervals.get_segments())[:, :, 0].tolist() == [[0.7, 0.9], [0.4, 0.7]]
    assert ax.get_title(loc="left") == "Each corpus"
    assert [text.get_text() for text in ax.texts] == ["0.800", "0.500"]


@pytest.mark.parametrize(
    ("rows", "score", "first"),
    [
        ([{"a": "x", "b": 3, "c": 0.25}] * 2, "c", {"value": 0.25, "low": None, "high": None}),
        ([{"a": "x", "b_c": "0.82 (0.75–0.88)"}] * 2, "b c", {"value": 0.82, "low": 0.75, "high": 0.88}),
        ([{"a": "x", "b": 1.5, "c": 1.0}] * 2, "c", {"value": 1.0, "low": None, "high": None}),
    ],
)
def test_the_first_column_of_scores_is_drawn(rows, score, first):
    chart = find_chart({"tables": [{"title": "T", "rows": rows}]})
    assert (chart.score, chart.rows[0], chart.names) == (score, first, ["x", "x"])


@pytest.mark.parametrize(
    "tables",
    [[], [{"title": "T", "rows": []}], [{"title": "T", "rows": [{"a": "x", "b": 0.5}]}],
     [{"title": "T", "rows": [{"a": "x", "b": 0.5}, {"a": "y", "b": None}]}],
     [{"title": "T", "rows": [{"word": "x", "seconds": 2.5}, {"word": "y", "seconds": 3.5}]}]],
)  # fmt: skip
def test_tables_without_scores_have_no_figure(tables):
    assert find_chart({"tables": tables}) is None
    with pytest.raises(ValueError, match="tables"):
        plot_table({"tables": tables})


def test_the_page_begins_with_question_answer_and_this_figure(tmp_path):
    numbers = {"kind": "experiment", "title": "T", "question": "How many?", "answer": "Many."}
    numbers |= {"headline": "many", "tables": [TABLE]}
    page = write_report(numbers, tmp_path).read_text(encoding="utf-8")
    places = [page.index(text) for text in ("How many?", "Many.", "<svg", "<nav", "<caption")]
    assert places[:4] == sorted(places[:4])
    assert (tmp_path / "figures" / "table.svg").exists()
    assert "Highest: news, dated with 0.800; lowest: blogs, dated with 0.500." in page
