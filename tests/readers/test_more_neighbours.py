"""Neighbours of the small cases that would be wrong without a word: titles of documents, arrays a line, code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from written import read, refused, titles

from classify.headlines import Headlines, ReadError
from classify.readers import read_headlines

TRAM, ROVERS = "Council approves tram extension", "Rovers win late at Elm Park"
ROWS = [{"name": TRAM, "label": "politics"}, {"name": ROVERS, "label": "sport"}]


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize(
    "document",
    [
        {"title": "Latest news", "count": 2, "results": ROWS},
        {"title": "Latest news", "data": {"items": ROWS}},
        {"headline": "Latest news", "response": {"docs": [{"hl": TRAM}, {"hl": ROVERS}]}},
    ],
)
def test_the_title_of_a_document_does_not_replace_its_rows(document: dict[str, object], indent: int | None) -> None:
    """Rows whose headline has no known name are refused with the names that they have."""
    with pytest.raises(ReadError, match=r"found a list of objects with the keys '(name|hl)'.*--text-column") as error:
        read(json.dumps(document, indent=indent))
    refused(error.value)


def test_such_rows_are_read_by_the_name_that_is_given() -> None:
    data = json.dumps({"title": "Latest news", "results": ROWS})
    assert titles(data, text_column="name") == [TRAM, ROVERS]


@pytest.mark.parametrize("end", ["\n", ""])
def test_the_lists_of_one_article_are_not_rows(end: str) -> None:
    article = {"title": TRAM, "tags": [{"id": 1, "name": "tram"}, {"id": 2, "name": "council"}], "data": []}
    assert titles(json.dumps(article) + end) == [TRAM]


@pytest.mark.parametrize("between", ["\n", " ", "\n\n"])
def test_arrays_one_after_the_other_are_all_read(between: str) -> None:
    pages = [[{"title": TRAM}], [], [{"title": ROVERS}]]
    assert titles(between.join(map(json.dumps, pages))) == [TRAM, ROVERS]


def test_an_array_a_line_is_a_row() -> None:
    """Named by the first line; without names it is refused, and never read as its first line alone."""
    lines = [["title", "category"], [TRAM, "politics"], [ROVERS, "sport"]]
    rows, reader = read("\n".join(map(json.dumps, lines)))
    assert (rows.headline.to_pylist(), rows.section.to_pylist()) == ([TRAM, ROVERS], ["politics", "sport"])
    assert reader.skipped == 0
    with pytest.raises(ReadError, match="found arrays without the names of columns"):
        read("\n".join(map(json.dumps, lines[1:])))


def test_what_follows_a_long_array_is_no_secret() -> None:
    """Also where it comes after the first block."""
    array = json.dumps([f"{ROVERS} number {n}" for n in range(5000)])
    assert len(titles(array + " \n\n")) == 5000
    with pytest.raises(ReadError, match="found more text behind an array of JSON with 5000 items") as error:
        read(f'{array}\n["{TRAM}"]\n')
    refused(error.value)


CODE = {
    "Python": "import json\n\ndef main():\n    print('Rovers win')\n\nmain()\n",
    "BibTeX": "@article{a,\n title = {Council approves},\n year = 2025\n}\n",
    "LaTeX": "\\section{News}\n\\item Council approves\n\\item Rovers win\n",
    "settings": "[news]\ntitle = Council approves tram\nsection = politics\n",
    "JSON below a comment": f'// export\n[{{"title": "{TRAM}"}}]\n',
    "a patch": "--- a/news.txt\n+++ b/news.txt\n@@ -1 +1 @@\n-Rovers win\n+Rovers lose\n",
    "an e-mail": "From: a@paper.example\nSubject: Council approves tram\n\nDear all,\n",
    "WebVTT": "WEBVTT\n\n00:00.000 --> 00:02.000\nRovers win\n",
    "SubRip": "1\n00:00:00,000 --> 00:00:02,000\nRovers win\n",
}


@pytest.mark.parametrize("name", CODE)
def test_more_code_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match=r"found (code or markup|a patch|an e-mail|subtitles)") as error:
        read(CODE[name])
    refused(error.value)
    assert len(titles(CODE[name], input_format="lines")) == CODE[name].count("\n")


@pytest.mark.parametrize(
    "lines",
    [
        ["Subject: how a word changed schools", "Rovers win late"],
        ["From: the archive, a tram in 1925", "Council approves tram (again)"],
        ["E = mc2: a formula at 120", "Rovers win late", "Rain at last"],
        ["1", "10:30 - Rovers win late", "Rain at last"],
    ],
)
def test_headlines_that_begin_like_code_are_read(lines: list[str]) -> None:
    assert titles("\n".join(lines))[-1] in lines[-1]


@pytest.mark.parametrize("text", ["\\N", "[Removed]", "NULL", " "])
def test_more_spellings_of_a_missing_value(text: str) -> None:
    """MySQL's and NewsAPI's; a blank section is missing, too, where all of them are."""
    rows, _ = read(f"id\ttitle\tcategory\n1\t{TRAM}\t{text}\n2\t{text}\t{text}\n")
    assert [title.strip() for title in rows.headline.to_pylist()] == [TRAM, ""]
    assert rows.section.to_pylist() == [None, None]


@pytest.mark.parametrize("date", [{"$date": "2025-02-01T00:00:00Z"}, {"$date": {"$numberLong": "1738368000000"}}])
def test_values_as_mongodb_exports_them(date: dict[str, object]) -> None:
    row = {"_id": {"$oid": "65a1"}, "title": TRAM, "date": date}
    rows, _ = read(json.dumps(row) + "\n" + json.dumps(row | {"title": ROVERS}) + "\n")
    assert rows.headline.to_pylist() == [TRAM, ROVERS]
    assert rows.id.to_pylist() == ["65a1"] * 2
    assert rows.date.to_pylist()[0] in ("2025-02-01T00:00:00Z", "1738368000000")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("NaN", None),
        ("Infinity", None),
        ("1e999", None),
        ("[NaN, 1]", "[null, 1]"),
        ('{"a": -Infinity}', '{"a": null}'),
    ],
)
def test_kept_values_are_json(value: str, kept: str | None) -> None:
    """NaN and infinity, which Python's json module writes and JSON does not have, are null."""
    rows, _ = read(f'{{"title": "{TRAM}", "id": {value}, "n": {value}}}\n', keep=["n"])
    assert rows.kept["n"].to_pylist() == [kept]
    assert rows.kept.get("id", rows.kept["n"]).to_pylist() == [kept]


def test_files_of_a_folder_that_are_code_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "sport").mkdir()
    for name, text in {"a": ROVERS, "b": '{"n": 1}', "c": "<!doctype html><p>x</p>", "d": f"[Live] {TRAM}"}.items():
        (tmp_path / "sport" / f"{name}.txt").write_text(text)
    reader = read_headlines(tmp_path)
    assert Headlines.concat(reader).headline.to_pylist() == [ROVERS, f"[Live] {TRAM}"]
    assert reader.skipped_lines == [2, 3]
