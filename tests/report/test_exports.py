"""Tables of a report as CSV and LaTeX, figures as PDF."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest
from simulated import section_numbers

from classify.cli import main
from classify.report import to_frames, write_report
from classify.report.exports import table_files

HOSTILE = ["a & b", "50 %", "$5_000 #1", "{x}^2 ~ \\y", 'say "hi" <now>', "line\nbreak", "=1+1", "体育"]


@pytest.fixture(scope="module")
def numbers():
    return section_numbers(3, 400)


def test_csv_has_every_table_with_all_digits(numbers):
    files = table_files(numbers, "csv")
    frames = {name: frame for name, frame in to_frames(numbers).items() if len(frame)}
    assert files.keys() == {f"tables/{name}.csv" for name in frames}
    for name in ("per_section", "scores", "budgets", "confusion_matrix"):
        read = pd.read_csv(io.StringIO(files[f"tables/{name}.csv"]), keep_default_na=False, na_values=[""])
        pd.testing.assert_frame_equal(read, frames[name].reset_index(drop=True), check_dtype=False, rtol=1e-15)


def cells(line):
    """Split a row of LaTeX at its unescaped ampersands."""
    assert line.endswith(r" \\")
    return re.split(r"(?<!\\) & ", line.removesuffix(r" \\"))


def plain(text):
    """Undo the escapes, as LaTeX prints them."""
    named = {"backslash": "\\", "asciitilde": "~", "asciicircum": "^", "less": "<", "greater": ">", "bar": "|"}
    named["quotedbl"] = '"'
    text = re.sub(r"\\text(\w+)\{\}", lambda found: f"\0{named[found[1]]}", text)
    assert not re.search(r"[&%$#_{}~^\\<>\"|]", re.sub(r"\\[&%$#_{}]|\0.", "", text))
    return re.sub(r"\\([&%$#_{}])", r"\1", text).replace("\0", "")


def test_latex_prints_any_text_as_it_is():
    rows = [{"name": text, "score": i / 8} for i, text in enumerate(HOSTILE)]
    latex = table_files({"tables": [{"title": "A table: 1 & 2!", "rows": rows}]}, "latex")["tables/a_table_1_2.tex"]
    begin, top, head, middle, *body, bottom, end, last = latex.split("\n")
    assert (begin, top, middle) == (r"\begin{tabular}{lr}", r"\toprule", r"\midrule")
    assert (bottom, end, last) == (r"\bottomrule", r"\end{tabular}", "")
    assert cells(head) == ["name", "score"]
    assert [[plain(cell) for cell in cells(line)] for line in body] == [
        [" ".join(row["name"].split()), f"{row['score']:.3f}"] for row in rows
    ]


def test_latex_has_the_tables_of_the_page(numbers):
    files = table_files(numbers, "latex")
    latex = files["tables/per_section.tex"]
    assert latex.count(r"\\") == 1 + len(numbers["per_section"])
    assert r"\begin{tabular}{lrrrrrr}" in latex
    assert "(" in files["tables/scores.tex"]
    assert "more rows are in results.json" in table_files(numbers | section_numbers(3, 3000), "latex").get(
        "tables/predictions.tex", "more rows are in results.json"
    )


@pytest.mark.slow
def test_a_report_writes_what_it_is_asked_for_and_removes_it_later(numbers, tmp_path):
    wanted = {**numbers, "figures": {"per_section": "a", "reliability": "b"}}

    def written(folder):
        return {path.relative_to(tmp_path).as_posix() for path in (tmp_path / folder).rglob("*") if path.is_file()}

    write_report(wanted, tmp_path, pdf=True, tables="csv")
    figures = {f"figures/{name}{end}" for name in ("per_section", "reliability") for end in (".svg", ".png", ".pdf")}
    assert written("figures") == figures
    assert written("tables") == table_files(wanted, "csv").keys()
    (tmp_path / "tables" / "notes.csv").write_text("mine")
    write_report(wanted, tmp_path, tables="latex")
    assert written("figures") == {name for name in figures if not name.endswith(".pdf")}
    assert written("tables") == {*table_files(wanted, "latex"), "tables/notes.csv"}
    write_report(wanted, tmp_path)
    assert written("tables") == {"tables/notes.csv"}


@pytest.fixture
def corpus(tmp_path):
    rows = [{"headline": f"{word} {i}", "section": section} for i in range(20)
            for word, section in (("Rovers win cup", "sport"), ("MPs vote on tax", "politics"))]  # fmt: skip
    path = tmp_path / "news.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


@pytest.mark.slow
def test_a_command_writes_them(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["cluster", corpus, "-f", "jsonl", "--report", "report", "--figures", "pdf", "--tables", "csv"]) == 0
    assert list((tmp_path / "report" / "figures").glob("*.pdf"))
    assert list((tmp_path / "report" / "tables").glob("*.csv"))


@pytest.mark.parametrize("option", [["--figures", "pdf"], ["--tables", "latex"]], ids=" ".join)
@pytest.mark.parametrize("command", ["evaluate", "cluster", "train"])
def test_without_a_report_they_are_refused(command, option, corpus, capsys):
    assert main([command, corpus, *option]) == 2
    assert f"{option[0]} was given without --report; expected a folder for both" in capsys.readouterr().err


def test_an_input_among_the_tables_is_not_overwritten(corpus, tmp_path, capsys):
    (tmp_path / "tables").mkdir()
    path = tmp_path / "tables" / "scores.csv"
    path.write_text("headline,section\nRovers win,sport\n", encoding="utf-8")
    assert main(["evaluate", str(path), "--report", str(tmp_path), "--tables", "csv"]) == 2
    assert "would be written there" in capsys.readouterr().err
