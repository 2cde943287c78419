"""Corrections of labels: matched by headline, and refused where they do not fit."""

from __future__ import annotations

import csv

import pytest
from audit_cases import corpus

from classify import Headlines
from classify.audit import apply_corrections
from classify.core.arrow import from_strings


@pytest.fixture
def suspicious(tmp_path):
    """Return a function that writes a table as a person would fill it in."""

    def write(*rows, name="suspicious.csv", delimiter=","):
        header = ["id", "headline", "section", "suggested", "probability", "reason", "corrected"]
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter=delimiter).writerows([header, *rows])
        return tmp_path / name

    return write


def test_corrections_are_matched_by_id_line_headline_and_section(suspicious):
    headlines = corpus(["A b", "A b", "C d", "E f"], ["x", "y", "y", "x"], id=["k", "k", None, "z"])
    path = suspicious(
        ["k", "A b", "y", "x", 0.1, 'why; "so"', " x "],
        ["3", "C d", "y", "x", 0.2, "", "x"],
        ["z", "E f", "x", "y", 0.3, "", ""],
    )
    corrected = apply_corrections(headlines, path)
    assert corrected.section.to_pylist() == ["x", "x", "x", "x"]
    assert corrected.id.equals(headlines.id)
    assert headlines.section.to_pylist() == ["x", "y", "y", "x"]


def test_nothing_filled_in_changes_nothing(suspicious):
    headlines = corpus(["A b", "C d"], ["x", "y"])
    path = suspicious(["1", "A b", "x", "y", 0.1, "", ""])
    assert apply_corrections(headlines, path).section.to_pylist() == ["x", "y"]


def test_a_spreadsheet_may_write_semicolons(suspicious):
    headlines = corpus(["A b", "C d"], ["x", "y"])
    path = suspicious(["1", "A b", "x", "y", "0,1", "why", "y"], delimiter=";")
    assert apply_corrections(headlines, path).section.to_pylist() == ["y", "y"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["9", "A b", "x", "", "", "", "y"]], r"suspicious.csv:2: 9 'A b' was not found with that section"),
        ([["1", "A b", "y", "", "", "", "y"]], r"suspicious.csv:2: 1 'A b' was not found with that section"),
        ([["1", "A b", "x", "", "", "", "yy"]], r"suspicious.csv:2: found the section 'yy'; expected one"),
        ([["1", "A b", "x", "", "", "", "x"], ["1", "A b", "x", "", "", "", "y"]], "corrected in two ways"),
    ],
)
def test_wrong_corrections_are_refused_by_line(suspicious, rows, words):
    with pytest.raises(ValueError, match=words):
        apply_corrections(corpus(["A b", "C d"], ["x", "y"]), suspicious(*rows))


def test_a_table_without_the_column_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("id,headline,section\n1,A b,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="corrected"):
        apply_corrections(corpus(["A b", "C d"], ["x", "y"]), tmp_path / "a.csv")


def test_sections_are_needed_to_correct_them(suspicious):
    with pytest.raises(ValueError, match="without sections"):
        apply_corrections(Headlines(from_strings(["A b"])), suspicious())
