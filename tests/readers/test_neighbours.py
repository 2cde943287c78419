"""Neighbours of the small cases: other inputs of the same kinds, by format."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classify.headlines import Headlines, NothingToReadError, ReadError
from classify.readers import HeadlineReader, read_headlines

TRAM, ROVERS = "Council approves tram extension", "Rovers win late at Elm Park"
BOTH = [{"title": TRAM, "category": "politics"}, {"title": ROVERS, "category": "sport"}]


def read(data: bytes | str, **options: Any) -> tuple[Headlines, HeadlineReader]:
    """Read bytes to the end."""
    reader = read_headlines(io.BytesIO(data.encode() if isinstance(data, str) else data), **options)
    return Headlines.concat(reader), reader


def titles(data: bytes | str, **options: Any) -> list[str]:
    """Return the headlines of bytes."""
    return read(data, **options)[0].headline.to_pylist()


DOCUMENTS: dict[str, Any] = {
    "Elasticsearch": {"hits": {"total": 2, "hits": [{"_id": str(n), "_source": row} for n, row in enumerate(BOTH)]}},
    "NYT": {
        "response": {"docs": [{"headline": {"main": row["title"]}, "section_name": row["category"]} for row in BOTH]}
    },
    "attributes": {"data": [{"type": "article", "id": "7", "attributes": row} for row in BOTH]},
    "nodes": {"data": {"articles": {"edges": [{"cursor": "x", "node": row} for row in BOTH]}}},
    "objects by id": {"status": "ok", "articles": {"a1": BOTH[0], "a2": BOTH[1]}},
    "pandas orient=index": {"0": BOTH[0], "1": BOTH[1]},
    "pandas orient=list": {"title": [TRAM, ROVERS], "category": ["politics", "sport"]},
    "pandas orient=split": {
        "columns": ["title", "category"], "index": [0, 1], "data": [[TRAM, "politics"], [ROVERS, "sport"]],
    },
    "pandas orient=table": {"schema": {"fields": [{"name": "title", "type": "string"}]}, "data": BOTH},
    "arrays below names": [["title", "category"], [TRAM, "politics"], [ROVERS, "sport"]],
    "a sheet": {"range": "A1:B3", "values": [["title", "category"], [TRAM, "politics"], [ROVERS, "sport"]]},
    "two pages": [{"page": 1, "articles": BOTH[:1]}, {"page": 2, "articles": BOTH[1:]}],
    "sections of lists": {"sections": [{"name": "a", "items": BOTH[:1]}, {"name": "b", "items": BOTH[1:]}]},
    "rows that have lists with titles": {
        "results": [row | {"tags": [{"id": n, "title": f"Tag {n}"} for n in range(9)]} for row in BOTH]
    },
    "an empty list beside": {"warnings": [], "articles": BOTH},
    "lists of one label": {"articles": [row | {"category": [row["category"]]} for row in BOTH]},
}  # fmt: skip


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "indented"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_rows_of_a_document_are_found(name: str, indent: int | None) -> None:
    """Wherever they lie, with their sections."""
    rows, reader = read(json.dumps(DOCUMENTS[name], indent=indent))
    assert rows.headline.to_pylist() == [TRAM, ROVERS]
    assert rows.section.to_pylist() == ["politics", "sport"]
    assert reader.skipped == 0


TEXTS = {
    "a guard in front": ")]}',\n" + json.dumps(BOTH),
    "a loop in front": "while(1);" + json.dumps(BOTH),
    "a variable": "var articles = " + json.dumps({"articles": BOTH}) + ";",
    "a callback with a dot": "app.show(" + json.dumps(BOTH, indent=1) + ")",
    "objects one after the other, as jq prints them": "\n".join(json.dumps(row, indent=2) for row in BOTH),
    "answers, one a line": "\n".join(json.dumps({"status": "ok", "articles": [row]}) for row in BOTH),
    "Python with None and nan": f"{BOTH[0] | {'n': None}}\n{BOTH[1] | {'n': float('nan')}}\n",
    "bulk requests without ids": "".join('{"create": {}}\n' + json.dumps(row) + "\n" for row in BOTH),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_surrounds_json_is_left_out(name: str) -> None:
    """Where it is certain what it is."""
    rows, reader = read(TEXTS[name])
    assert rows.headline.to_pylist() == [TRAM, ROVERS]
    assert rows.section.to_pylist() == ["politics", "sport"]
    assert reader.skipped == 0


def test_bulk_requests_give_ids() -> None:
    """The id of an action is that of the next line, unless the line has its own."""
    lines = ['{"index": {"_id": "a"}}', '{"title": "x"}', '{"index": {"_id": "b"}}', '{"title": "y", "id": 5}']
    rows, _ = read("\n".join(lines))
    assert rows.headline.to_pylist() == ["x", "y"]
    assert rows.id.to_pylist() == ["a", "5"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('{"status": "error", "code": "apiKeyInvalid", "message": "x"}', "an error of a server"),
        ('{"errors": [{"title": "Not found", "detail": "x"}], "title": "Oops"}', "an error of a server"),
        ('[{"title": {"en": "Rain"}}, {"title": {"en": "Sun"}}]', "an object in 'title'; .*--text-column title.en"),
        ('{"title": ["a", "b"]}\n{"title": ["c"]}\n', "a list in 'title'; .*--text-column title.0"),
        ("SELECT title FROM articles;\n", "SQL"),
        ("CREATE TABLE articles (\n  id int\n);\n", "SQL"),
        ("---\n- title: Rain\n  section: weather\n- title: Sun\n  section: weather\n", "YAML|code"),
        ("import os\nfrom sys import argv\n\ndef main():\n    return 0\n", "code"),
        ("function f(x) {\n  return x;\n}\n", "code"),
        ("#!/bin/sh\necho hi\n", "a script"),
        ('<?xml version="1.0"?><kml><Document/></kml>', "XML without entries"),
        ("<table><tr><td>Rain</td></tr></table>", "XML without entries"),
        ('<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>u</loc></url></urlset>', "a sitemap"),
    ],
)
def test_what_is_not_headlines_is_refused(data: str, words: str) -> None:
    """Markup, code and errors are not labelled."""
    with pytest.raises(ReadError, match=words) as error:
        read(data)
    assert "\n" not in str(error.value)
    assert str(error.value).count("; ") >= 2


@pytest.mark.parametrize(
    "lines",
    [
        ["Live: 'We will win', says Ash", "Breaking: mayor quits", "Import prices rise; exports fall"],
        ["Class action over tram noise", "From rags to riches: Ash", "Return of the native (review)"],
        ["<3 for the Rovers", "Why x = y matters", "A sign reads (closed);"],
        ["Select committee hears from Ash", "Update on the storm", "Insert coin: arcades return"],
    ],
)
def test_headlines_are_not_taken_for_code(lines: list[str]) -> None:
    """Colons, semicolons and words that programs use occur in headlines."""
    assert titles("\n".join(lines)) == lines


TABLES: dict[str, str] = {
    "psql": f" title | category \n-------+----------\n {TRAM} | politics\n {ROVERS} | sport\n",
    "MySQL": f"+-------+------+\n| title | category |\n+-------+------+\n| {TRAM} | politics |\n| {ROVERS} | sport |\n",
    "a mark of Excel in lower case": f"sep=|\ntitle|category\n{TRAM}|politics\n{ROVERS}|sport\n",
    "title rows with tabs": f"Export\t\n\ntitle\tcategory\n{TRAM}\tpolitics\n{ROVERS}\tsport\n",
    "an index of R": '"title" "category"\n'.replace(" ", ",") + f'"a","{TRAM}","politics"\n"b","{ROVERS}","sport"\n',
    "an unnamed index of pandas": f",title,category\n0,{TRAM},politics\n1,{ROVERS},sport\n",
    "three headers": "title,category\ntitle,category\n" + f"{TRAM},politics\ntitle,category\n{ROVERS},sport\n",
    "spaces around all": f"title , category\n{TRAM} , politics\n{ROVERS} , sport\n",
    "names with hyphens": f"News-Title;Section Name\n{TRAM};politics\n{ROVERS};sport\n",
    "a header of another language": f"Titre;Rubrique\n{TRAM};politics\n{ROVERS};sport\n",
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_tables_as_programs_write_them(name: str) -> None:
    """Two rows each."""
    rows, reader = read(TABLES[name])
    assert rows.headline.to_pylist() == [TRAM, ROVERS]
    assert rows.section.to_pylist() == ["politics", "sport"]
    assert reader.skipped == 0


def test_commas_in_a_table_of_one_column_are_text() -> None:
    """Nothing is there to part."""
    rows, reader = read('headline\nRain, at last\n"Sun, too"\nFog\n')
    assert rows.headline.to_pylist() == ["Rain, at last", "Sun, too", "Fog"]
    assert reader.skipped == 0


def test_a_number_names_a_column_below_a_header() -> None:
    """The header is not learned as a headline, whether its names are known or not."""
    for header in ("id,title,category", "Nr,Kopf,Fach"):
        rows, _ = read(f"{header}\n1,{TRAM},politics\n2,{ROVERS},sport\n", text_column="2", label_column="3")
        assert rows.headline.to_pylist() == [TRAM, ROVERS]
        assert rows.section.to_pylist() == ["politics", "sport"]


@pytest.mark.parametrize("page", [
    "{} -", "- {}", "• {}", "•{}", "{} –", "* {}", "▪ {} -", "{n}. {}", "{n}) {}", "\t— {}",
])  # fmt: skip
@pytest.mark.parametrize("missing", ["none", "first", "last"])
def test_pages_with_marks_of_all_kinds(page: str, missing: str) -> None:
    """The headline at an end of the list may lack its mark; paragraphs and the names above are left out."""
    headlines = [f"{TRAM} number {n} after a long debate" for n in range(1, 8)]
    lines = [page.format(text, n=n) for n, text in enumerate(headlines, 1)]
    if missing != "none":
        at = 0 if missing == "first" else -1
        lines[at] = headlines[at]
    paragraph = "The council said on Monday that it would extend the tram to the harbour. " * 4
    text = "\n".join([ROVERS + " in the last minute", paragraph, paragraph, "", *lines]) + "\n"
    rows, reader = read(text)
    assert rows.headline.to_pylist() == [ROVERS + " in the last minute", *headlines]
    assert reader.skipped_lines == [2, 3]


@pytest.mark.parametrize("above", ["10:30", "SPORT", "2 hours ago", "World news"])
def test_a_time_or_a_section_above_each_headline(above: str) -> None:
    """Short lines between marked ones are not headlines."""
    headlines = [f"{TRAM} number {n} after a long debate" for n in range(1, 6)]
    text = "".join(f"{above}\n{line} -\n" for line in headlines[:-1]) + f"{above}\n{headlines[-1]}\n"
    assert titles(text) == headlines


FORMS = {
    "csv": "a;title\n1;Rain\n",
    "tsv": "a\ttitle\n1\tRain\n",
    "json": '{"x": [{"title": "Rain"}]}',
    "jsonl": '{"title": "Rain"}\n',
    "lines": "Rain\n",
    "page": "- Rain\n",
    "feed": "<rss version='2.0'><channel><item><title>Rain</title></item></channel></rss>",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_format_can_be_named(form: Any) -> None:
    """What is detected can also be said, and another format is read as it was said."""
    assert titles(FORMS[form], input_format=form) == ["Rain"]
    assert read(FORMS[form], input_format=form)[1].reason == "it was asked for"
    assert titles(FORMS[form], input_format="lines") == FORMS[form].splitlines()


def test_formats_that_are_no_text_can_be_named(tmp_path: Path) -> None:
    """Parquet and folders, too; a wrong name is one sentence."""
    out = io.BytesIO()
    pq.write_table(pa.table({"title": ["Rain"]}), out)
    assert titles(out.getvalue(), input_format="parquet") == ["Rain"]
    (tmp_path / "weather").mkdir()
    (tmp_path / "weather" / "1.txt").write_text("Rain\n")
    assert Headlines.concat(read_headlines(tmp_path, input_format="folder")).headline.to_pylist() == ["Rain"]
    with pytest.raises(ReadError, match="found a folder; expected a file of the format csv"):
        read_headlines(tmp_path, input_format="csv")
    with pytest.raises(ReadError, match="found no folder"):
        read_headlines(tmp_path / "weather" / "1.txt", input_format="folder")
    with pytest.raises(ReadError, match="damaged Parquet"):
        read("Rain\n", input_format="parquet")
    with pytest.raises(ReadError, match="malformed JSON"):
        read("Rain\n", input_format="json")
    with pytest.raises(ValueError, match="input_format='xlsx'; expected one of csv, tsv"):
        read("Rain\n", input_format="xlsx")


def test_why_a_format_was_chosen() -> None:
    """For -v."""
    for data, reason in [
        ("id,title\n1,Rain\n", "line 1 is a header"),
        ("Export,\n\nid,title\n1,Rain\n", "line 3 is a header"),
        ('{"title": "Rain"}', "it begins as JSON does"),
        ("- Rain at last\n- Sun\n", "a third of its lines have marks"),
        ("__label__a Rain\n", "its first line has a label"),
        ("Rain\n", "it is none of the other formats"),
    ]:
        assert read(data)[1].reason == reason


def test_columns_are_kept_with_their_types() -> None:
    """As JSON text, whatever the format."""
    rows, _ = read('{"title": "a", "id": 1, "n": [1], "u": "x"}\n{"title": "b", "id": 2}\n', keep=["n", "u"])
    assert {name: column.to_pylist() for name, column in rows.kept.items()} == {
        "n": ["[1]", None], "u": ['"x"', None], "id": ["1", "2"],
    }  # fmt: skip
    rows, _ = read("title,id,u\na,1,x\nb,2,\n", keep=["u"])
    assert {name: column.to_pylist() for name, column in rows.kept.items()} == {"u": ['"x"', None]}
    out = io.BytesIO()
    pq.write_table(pa.table({"title": ["a"], "id": [7], "n": [1.5], "flag": [True]}), out)
    rows, _ = read(out.getvalue(), keep=["flag"])
    assert {name: column.to_pylist() for name, column in rows.kept.items()} == {"flag": ["true"], "id": ["7"]}
    with pytest.raises(ReadError, match="expected 'nope', which is to be kept"):
        read("title,id\na,1\n", keep=["nope"])


@pytest.mark.parametrize("name", ["guid", "article_id", "articleId", "uri", "_id", "News ID"])
def test_ids_are_known_by_their_names(name: str) -> None:
    """And any other can be named."""
    assert read(f"{name},title\nx7,Rain\n")[0].id.to_pylist() == ["x7"]
    assert read("key,title\nx7,Rain\n", id_column="key")[0].id.to_pylist() == ["x7"]


@pytest.mark.parametrize(
    "name",
    ["published_at", "pubDate", "seendate", "timestamp", "Datum", "Fecha", "Date de publication", "webPublicationDate"],
)
def test_dates_are_known_by_their_names(name: str) -> None:
    """And any other can be named."""
    assert read(f"{name},title\n2025-03-02,Rain\n")[0].date.to_pylist() == ["2025-03-02"]
    assert read("when,title\n2025-03-02,Rain\n", date_column="when")[0].date.to_pylist() == ["2025-03-02"]


def test_the_first_filled_column_counts_row_by_row() -> None:
    """In all formats; a later row may use a name that the first ones do not."""
    rows = [{"headline": f"h{n}", "title": None} for n in range(150)] + [{"headline": None, "title": "late"}]
    wanted = [f"h{n}" for n in range(150)] + ["late"]
    assert titles("\n".join(map(json.dumps, rows))) == wanted
    assert titles("\n".join(json.dumps({k: v for k, v in row.items() if v}) for row in rows)) == wanted
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    assert titles(out.getvalue()) == wanted


@pytest.mark.parametrize("data", [b"", "<rss version='2.0'><channel><title>x</title></channel></rss>"])
def test_nothing_to_read_is_an_error_of_its_own(data: bytes | str) -> None:
    """So that a caller can tell it from damage."""
    with pytest.raises(NothingToReadError):
        read(data)


@pytest.mark.parametrize("data", ["[]", '{"status": "ok", "articles": []}', "title,category\n"])
def test_no_rows_are_no_error(data: str) -> None:
    """An answer without articles is sound."""
    assert len(read(data)[0]) == 0
