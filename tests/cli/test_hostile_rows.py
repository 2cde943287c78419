"""Rows that cannot be read are kept or skipped by one rule, and every command reports the skipped ones."""

from __future__ import annotations

import json

import pytest
from hostile_cases import FILES, RSS, as_parquet, ask, fill

# name: (content, the ids that come back in order, the lines that are skipped)
ROWS = {
    "an empty headline": (b"id,headline\n1,a\n2,\n3,c\n", "123", []),
    "a headline of spaces": (b"id,headline\n1,  \n2,b\n", "12", []),
    "a missing cell": (b"id,headline,section\n1,a,x\n2,b\n3,c,x\n", "13", [3]),
    "a cell too many": (b"id,headline\n1,a\n2,b,c\n3,d\n", "13", [3]),
    "a blank line": (b"id,headline\n1,a\n\n3,c\n", "13", []),
    "a stray quote": (b'id,headline,x\n1,"a,x\n2,b,x\n3,c,x\n', "23", [2]),
    "a quote in the middle": (b'id,headline\n1,a "b" c\n2,d\n', "12", []),
    "a quote that never closes": (b'id,headline,x\n1,a,x\n2,b,x\n3,"c,x\n', "12", [4]),
    "a quoted end of line": (b'id,headline\n1,"a\nb"\n2,c\n', "12", []),
    "a NUL byte": (b"id,headline\n1,a\x00b\n2,c\n", "12", []),
    "invalid UTF-8": ("id,headline\n1,Ã© Ã© €\n".encode() + b"2,caf\xe9 \xff\n3,c\n", "123", []),
    "a lone surrogate": (b'{"id": "1", "title": "a \\ud800 b"}\n{"id": "2", "title": "c"}\n', "12", []),
    "a line of 2 MB": (b"id,headline\n1,a\n2," + b"x" * (1 << 21) + b"\n3,c\n", "13", [3]),
    "a row of 2 MB in quotes": (b'id,headline\n1,a\n2,"' + b"x" * (1 << 21) + b'"\n3,c\n', "13", [3]),
    "an object of 2 MB": (
        b'{"id":"1","title":"a"}\n{"id":"2","title":"' + b"x" * (1 << 21) + b'"}\n{"id":"3","title":"c"}\n',
        "13",
        [2],
    ),
    "a line that is no JSON": (b'{"id":"1","title":"a"}\noops\n{"id":"3","title":"c"}\n', "13", [2]),
    "a line that is no object": (b'{"id":"1","title":"a"}\n[2]\n{"id":"3","title":"c"}\n', "13", [2]),
    "an object without a headline": (b'{"id":"1","title":"a"}\n{"id":"2"}\n{"id":"3","title":null}\n', "123", []),
    "a headline that is a list": (b'{"id":"1","title":"a"}\n{"id":"2","title":["b"]}\n', "1", [2]),
    "an item that is a number": (b'[{"id":"1","title":"a"}, 7, {"id":"3","title":"c"}]', "13", [2]),
    "Windows ends of lines": (b"id,headline\r\n1,a\r\n2,b,c\r\n3,d\r\n", "13", [3]),
    "ends of lines of old Macs": (b"id,headline\r1,a\r2,b,c\r3,d\r", "13", [3]),
    "a line of a web page without a mark": (b"- a b\n- c d\nIt was said on Monday.\n\n- e f\n", [None] * 3, [3]),
    "a blank line of plain text": (b"a\n\nb\n", [None] * 3, []),
    "a label without a headline": (b"__label__a b\n__label__a\n\n__label__a c\n", [None] * 3, []),
    "eleven bad rows": (b"id,headline\n" + b"x\n" * 11 + b"1,a\n", "1", [*range(2, 12)]),
    "a Parquet cell that is null": (as_parquet(id=["1", "2"], headline=["a", None]), "12", []),
    "a Parquet cell of 2 MB": (as_parquet(id=["1", "2", "3"], headline=["a", "x" * (1 << 21), "c"]), "13", [2]),
    "a feed entry without a title": ((RSS % ("", "")).encode(), [None], []),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in a folder with a model and a table."""
    monkeypatch.chdir(tmp_path)
    return fill(tmp_path)


@pytest.mark.parametrize("case", ROWS)
def test_bad_rows_are_kept_or_skipped_and_counted_by_the_rule(case, folder, capsys):
    """The rule of the README: what has cells keeps its row, what has none is skipped, counted and named by line."""
    content, ids, lines = ROWS[case]
    (folder / "rows").write_bytes(content)
    code, said = ask(capsys, ["predict", "-m", "model", "-i", "rows", "-o", "out.jsonl"])
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row.get("id") for row in rows] == list(ids)
    assert code == (1 if lines else 0)
    for row in rows:
        assert (row["section"] is None) == (not row["headline"].strip())
    if lines:
        assert ", ".join(map(str, lines)) in said
        assert f"rows: {len(lines) + (case == 'eleven bad rows')} row(s)" in said
    elif any(row["headline"].strip() for row in rows):
        assert said == ""
    else:
        assert "all headlines are empty" in said


@pytest.mark.parametrize(
    "line",
    ["train rows -m new", "evaluate rows", "audit rows -o new", "cluster rows -o new", "corpus convert rows -o new"],
)
def test_every_command_says_what_it_skipped_with_exit_code_1(line, folder, capsys):
    (folder / "rows").write_bytes(FILES["fit.csv"] + b"oops\n")
    code, said = ask(capsys, line.split())
    assert code == 1
    assert "rows: 1 row(s) that could not be read were skipped (line 20)" in said
    assert "Traceback" not in said
