"""How commands read their inputs: dates of a source, labels, ids and columns that pass through, nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classify.cli import main

CASES = Path(__file__).parents[1] / "readers" / "cases"
AMBIGUOUS = "headline,date\nStorm closes bridge,01/02/2025\nStorm opens bridge,03/02/2025\n"


def run(capfd: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it wrote."""
    code = main([str(word) for word in argv])
    out, err = capfd.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("name", "undated"),
    [
        ("06_date.csv", "1 of 4 row(s) have no date that can be read (line 4)"),
        ("06_nat.csv", "1 of 4 row(s) have no date that can be read (line 4)"),
        ("d01_dayfirst.csv", ""),
        ("d02b_epoch_some.csv", ""),
        ("d02e_rfc822_est.csv", ""),
        ("d03_rfc822.csv", ""),
        ("d03b_long.csv", ""),
        ("d04_time_only.csv", "2 of 3 row(s) have no date that can be read (line 2, 3)"),
        ("d05_compact.csv", ""),
        ("d05d_unknown.csv", "1 of 2 row(s) have no date that can be read (line 3)"),
        ("f12_epoch_pubdate.rss", "1 of 4 row(s) have no date that can be read (line 4)"),
    ],
)
@pytest.mark.slow
def test_a_report_never_fails_on_dates_that_were_read(capfd, tmp_path, name, undated):
    """Undated rows are counted and told; the same input gives a report."""
    code, out, err = run(capfd, "cluster", CASES / name, "-f", "csv", "--report", tmp_path / "report", "--window", "3d")
    assert code == 0
    assert undated in err
    assert ("no date" in err) == bool(undated)
    assert (tmp_path / "report" / "report.md").is_file()
    assert out.count("\n") >= 3


def test_the_order_of_day_and_month_is_told(capfd):
    """With -v."""
    err = run(capfd, "cluster", "-v", CASES / "d01_dayfirst.csv")[2]
    assert "dates: day first, as '31/01/2025' shows" in err
    assert "line 1 is a header" in err


def test_an_order_that_nothing_shows_must_be_named(capfd, tmp_path):
    """Loud: lines, remedy and exit code 1; with the remedy, all is well."""
    path = tmp_path / "in.csv"
    path.write_text(AMBIGUOUS)
    code, _, err = run(capfd, "cluster", path)
    assert code == 1
    assert "2 of 2 date(s) can be read with the day or the month first (line 2, 3)" in err
    assert "--day-first or --no-day-first" in err
    for option, window in (("--day-first", "1d"), ("--no-day-first", "1d")):
        code, _, err = run(capfd, "cluster", path, option, "--window", window)
        assert (code, err) == (0, "")


def test_each_source_has_its_own_order_of_dates(capfd, tmp_path):
    """A file of one country beside one of another."""
    (tmp_path / "uk.csv").write_text("headline,date\nStorm closes bridge,31/01/2025\nStorm opens bridge,01/02/2025\n")
    (tmp_path / "us.csv").write_text("headline,date\nStorm closes bridge,01/31/2025\nStorm opens bridge,02/01/2025\n")
    code, _, err = run(capfd, "cluster", "-v", tmp_path / "uk.csv", tmp_path / "us.csv")
    assert code == 0
    assert "uk.csv: dates: day first" in err
    assert "us.csv: dates: month first" in err


def test_a_blank_column_of_dates_is_none(capfd, tmp_path):
    """As in files that 'corpus convert' writes."""
    (tmp_path / "in.csv").write_text("headline,date\nStorm closes bridge,\nStorm opens bridge,\n")
    assert run(capfd, "cluster", tmp_path / "in.csv")[::2] == (0, "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t05_multi.csv", "several sections were found in 160 of 400 row(s), such as 'sport;entertainment'"),
        ("t05b_list_labels.jsonl", "several sections were found in 115 of 400 row(s)"),
        ("c17_ft.txt", "several sections were found in 2 of 6 row(s)"),
    ],
)
def test_several_labels_a_row_are_refused(capfd, tmp_path, name, words):
    """Before anything is learned; for predicting they do not matter."""
    code, _, err = run(capfd, "train", CASES / name, "-m", tmp_path / "m.safetensors")
    assert code == 2
    assert words in err
    assert not (tmp_path / "m.safetensors").exists()
    assert run(capfd, "predict", "-i", CASES / name)[0] == 0


def test_sections_that_differ_in_case_are_told(capfd, tmp_path):
    """They count as different ones."""
    (tmp_path / "in.csv").write_text(
        "headline,section\n" + "".join(f"Rovers win cup {n},{'Sport' if n % 2 else ' sport '}\n" for n in range(8))
    )
    assert (
        "differ only in case count as different ones: 'Sport' and 'sport'"
        in run(capfd, "evaluate", tmp_path / "in.csv")[2]
    )


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "table"])
def test_nothing_in_nothing_out(capfd, tmp_path, form):
    """An empty file is no mistake for predict."""
    (tmp_path / "empty").write_bytes(b"")
    code, out, err = run(capfd, "predict", "-i", tmp_path / "empty", "-f", form)
    assert (code, err) == (0, "")
    assert out.replace("\t", ",") == ("id,headline,section,probability\n" if form in ("csv", "tsv") else "")


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "table"])
@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PK\x03\x04", b"key: value\nother: value\n", b"{"])
def test_a_refused_input_has_no_answers(capfd, tmp_path, form, content):
    """Not even a header, which a reader would take for an empty table."""
    (tmp_path / "in.csv").write_bytes(content)
    code, out, err = run(capfd, "predict", "-i", tmp_path / "in.csv", "-f", form)
    assert (code, out) == (2, "")
    assert err.startswith("classify: error: ")


def test_columns_pass_through_with_their_types(capfd, tmp_path):
    """In the order that was asked for; a name of an answer is told apart."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 7, "title": "Rovers win cup", "url": "u", "n": [1, 2.5], "section": "x"}\n')
    code, out, _ = run(capfd, "predict", "-i", path, "--keep", "url,n,section", "-f", "jsonl")
    answer = json.loads(out)
    assert code == 0
    assert list(answer) == ["id", "headline", "section", "probability", "url", "n", "input_section"]
    assert [answer[name] for name in ("id", "url", "n", "input_section")] == [7, "u", [1, 2.5], "x"]
    out = run(capfd, "predict", "-i", path, "--keep", "url,n", "-f", "csv")[1]
    assert out.splitlines()[0] == "id,headline,section,probability,url,n"
    assert out.splitlines()[1].endswith(',"u","[1, 2.5]"')
    code, _, err = run(capfd, "predict", "-i", path, "--keep", "nope")
    assert code == 2
    assert "expected 'nope', which is to be kept" in err


@pytest.mark.parametrize(("given", "expected"), [('"1"', "1"), ("1", 1), ("1.5", 1.5), ("null", None)])
@pytest.mark.parametrize("command", ["predict -f jsonl -i", "cluster -f jsonl"])
def test_ids_keep_their_type(capfd, tmp_path, command, given, expected):
    """A number stays a number."""
    path = tmp_path / "in.jsonl"
    path.write_text(f'{{"id": {given}, "title": "Rovers win cup"}}\n{{"id": "x", "title": "Rovers win"}}\n')
    out = run(capfd, *command.split(), path)[1]
    assert [json.loads(line)["id"] for line in out.splitlines()] == [expected, "x"]


@pytest.mark.parametrize("command", ["predict -i", "cluster"])
def test_columns_and_formats_can_be_named(capfd, tmp_path, command):
    """The same options everywhere."""
    path = tmp_path / "in.txt"
    path.write_text("Text,key\nRain at last,7\n")
    out = run(capfd, *command.split(), path, "-f", "jsonl", "--id-column", "key")[1]
    assert [(row["id"], row["headline"]) for row in map(json.loads, out.splitlines())] == [("7", "Rain at last")]
    out = run(capfd, *command.split(), path, "-f", "jsonl", "--input-format", "lines")[1]
    assert [json.loads(line)["headline"] for line in out.splitlines()] == ["Text,key", "Rain at last,7"]


HOSTILE = "Rovers \x1b[2Jwin \x9b31mcup\x07\u202e"


@pytest.mark.parametrize("command", [["predict", "-f", "table", "-i"], ["cluster", "-f", "table"]])
def test_headlines_do_not_control_a_terminal(capfd, tmp_path, command):
    path = tmp_path / "in.jsonl"
    path.write_text(2 * (json.dumps({"title": HOSTILE}) + "\n"))
    code, out, _ = run(capfd, *command, path)
    assert code == 0
    assert r"cup\u202e" in out.replace(r"\x07", "").replace(" ", "")
    assert not set(out) & set("\x1b\x9b\x07\u202e")


def test_names_do_not_control_a_terminal(capfd, tmp_path):
    path = tmp_path / "a\x1b[2J.csv"
    path.write_text("a,b\n1,2\n")
    for words in (["predict", "-i", path], ["predict", "-i", f"{path}x"]):
        code, _, err = run(capfd, *words)
        assert code == 2
        assert "\x1b" not in err
        assert r"\x1b" in err
    with pytest.raises(SystemExit):
        run(capfd, "predict", "--nope\x1b[2J")
    assert r"--nope\x1b[2J" in capfd.readouterr().err


def test_cells_of_tsv_stay_on_their_lines(capfd, tmp_path):
    """What is written as TSV is read back, row by row."""
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps({"title": "Rovers\nwin\tcup", "url": "u\r\nv"}) + "\n" + '{"title": "Rain"}\n')
    out = run(capfd, "predict", "-i", path, "-f", "tsv", "--keep", "url,url")[1]
    assert [line.split("\t")[1::3] for line in out.splitlines()] == [
        ["headline", "url"],
        ['"Rovers win cup"', '"u v"'],
        ['"Rain"', ""],
    ]


def test_a_column_that_is_empty_throughout_is_told(capfd, tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("title,summary\n,Rovers win\nNaN,Rain at last\n")
    code, out, err = run(capfd, "predict", "-i", path, "-f", "csv")
    assert (code, out.count("\n")) == (0, 3)
    assert "all headlines are empty (CSV, headline in 'title' (ASCII))" in err


def test_rows_without_a_section_are_named_by_line(capfd, tmp_path):
    path = tmp_path / "in.csv"
    rows = [f"Rovers win cup {n},{'sport' if n % 2 else 'tech'}" for n in range(40)]
    path.write_text("title,category\nRain at last,\n" + "\n".join(rows) + "\n ,tech\n")
    _, _, err = run(capfd, "train", path, "-m", tmp_path / "m", "--test-size", "0")
    assert "2 row(s) without a headline or a section are left out (line 2, 43)" in err
