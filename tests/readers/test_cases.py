"""Small inputs of the kinds that users of other tools reported: each is read as what it is, or refused in a sentence.

The files are invented. The expected values are those of a person who looks at them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from classify.dates import parse_dates
from classify.headlines import Headlines, ReadError
from classify.readers import HeadlineReader, read_headlines

CASES = Path(__file__).parent / "cases"
TRAM, ROVERS, FESTIVAL = "Council approves tram extension", "Rovers win late at Elm Park", "Film festival opens"
SECTIONS = {"sport", "politics", "tech", "entertainment"}
TWO = [(TRAM, "politics"), (ROVERS, "sport")]
STORM = [
    "Storm Olga closes harbour bridge in Elmsea",
    "Harbour bridge in Elmsea still closed after Storm Olga",
    "Storm Olga: Elmsea harbour bridge reopens",
]

# Headlines, or pairs of headline and section.
READ: dict[str, list[str] | list[tuple[str, str | None]]] = {
    "c01b_sep_upper_quoted.csv": TWO[:1],
    "c02_cat_headers.csv": TWO,
    "c03_rowname.csv": TWO,
    "c04_two_headlines.csv": TWO,
    "c05_backslash.csv": [
        ('Mayor: "I quit", council stunned', "politics"),
        ('Ash "ready" for final', "sport"),
        ('Rovers win, say "experts"', "sport"),
    ],
    "c05b_backslash_only.csv": [('Ash "ready" for final', "sport"), ('Rovers win, say "experts"', "sport")],
    "c06_tsv_quotes.tsv": [
        ('"I quit, says mayor', "politics"),
        (ROVERS, "sport"),
        (FESTIVAL, "entertainment"),
        ('Best TVs under 65"', "tech"),
        ("Council approves tram", "politics"),
    ],
    "c07_plain_text.txt": ["Text, tweet or call? How teams reach fans", ROVERS, TRAM],
    "c07b_plain_title.txt": ["Title; relegation; and a cup run", ROVERS, TRAM],
    "c08_excel_title_row.csv": TWO[:1],
    "c09_markdown_table.md": TWO,
    "c12_spaces_after_comma.csv": [("Council approves, at last, tram extension", "politics"), ("Rovers win", "sport")],
    "c13_formula.csv": [('=HYPERLINK("https://h.example/1","Council approves tram extension")', "politics")],
    "c14_million.csv": ["council approves tram extension", "tram extension approved by council", "rovers win late"],
    "c17_ft.txt": [
        (TRAM, "politics"),
        ("Rovers win late", "politics"),
        (FESTIVAL, '["a", "b"]'),
        ("Text of a comment", '["toxic", "racist"]'),
        ("Tabbed headline here", "politics"),
        ("Empty label headline", None),
    ],
    "f01_php_warning.rss": [TRAM, ROVERS],
    "f01c_bare_items.rss": [TRAM, ROVERS],
    "f02_sitemap.xml": [TRAM],
    "f05_titles.rss": [
        TRAM,
        "Tram vote: council says yes",
        "Tram vote: council says yes",
        "A free guide to <head> elements",
        "A free guide to <head> elements",
        'Support forum: does not remain "persistent"',
        "Score 3 < 5 and 7 > 2 in derby",
        "Why x <y, said Ash> of maths",
        "Mayor quits after tram row",
        "Mayor quits after tram row",
        "Mayor quits after tram row & vote",
        "Mayor quits after tram row",
        "Mayor quits after tram row, council says",
        "Mayor quits after tram row, council says",
        "AT&T © wins case",
    ],
    "j01_pandas_columns.json": TWO,
    "j02_wordpress.json": [(TRAM, "3"), (ROVERS, None)],
    "j03_guardian.json": [(TRAM, "Politics")],
    "j03b_newsapi.json": ["Council approves tram extension - Harbour Post", ""],
    "j03g_titled_doc.json": [TRAM, ROVERS],
    "j03h_20.json": [f"Rovers win match number {n}" for n in range(20)],
    "j03h_records_per_line.json": [TRAM, ROVERS, FESTIVAL],
    "j03m_pretty_empty_obj.json": [TRAM],
    "j05_python_repr.jsonl": TWO,
    "j05b_python_list_repr.json": TWO,
    "j05c_jsonp.json": TWO,
    "j05e_jsvar.json": TWO,
    "j06_nan.jsonl": [(TRAM, "politics"), ("", "sport"), (ROVERS, None)],
    "j07e_es_bulk.jsonl": TWO,
    "j10_mixed_keys.jsonl": [*TWO, (FESTIVAL, "entertainment")],
}

# What is found, as the error names it.
REFUSED = {
    "f03_opml.xml": r"a list of feeds \(OPML\)",
    "j01e_pandas_values.json": "arrays without the names of columns",
    "j02d_title_list.jsonl": "a list in 'title'",
    "j09_problem.json": "an error of a server",
    "y01_yaml.yaml": "YAML",
    "y02_dump.sql": "SQL",
}

# Dates of the rows, None where undated.
DATES: dict[str, list[str | None]] = {
    "06_date.csv": ["2025-01-01", "2025-01-02", None, "2025-01-03"],
    "06_nat.csv": ["2025-01-01", "2025-01-02", None, "2025-01-03"],
    "c08_excel_title_row.csv": ["2025-03-02"],
    "c14_million.csv": ["2003-02-19", "2003-02-19", "2003-02-20"],
    "d01_dayfirst.csv": ["2025-01-31", "2025-02-01", "2025-02-02"],
    "d02b_epoch_some.csv": ["2025-01-01", "2025-02-01", "2025-03-01"],
    "d02e_rfc822_est.csv": ["2025-01-01T10:00:00", "2025-02-01T15:00:00", "2025-03-01T14:00:00"],
    "d03_rfc822.csv": ["2025-01-31T10:00:00", "2025-02-01T10:00:00", "2025-02-02T10:00:00"],
    "d03b_long.csv": ["2025-01-31", "2025-02-01", "2025-02-02"],
    "d04_time_only.csv": [None, None, "2025-02-02"],
    "d05_compact.csv": ["2025-01-31", "2025-02-01"],
    "d05d_unknown.csv": ["2025-01-31", None],
    "f02_sitemap.xml": ["2025-03-02T10:00:00"],
    "f09_dates.rss": [
        *("2015-04-30T06:57:00", "2020-05-25T04:45:26", "2014-06-19T17:00:00", "2009-09-06T21:18:00", None),
        *("2025-01-01", "2025-01-01", None, None, "2025-03-03T09:00:00", "2025-03-03", None, "2025-02-03"),
        "2024-09-05T08:00:00",
    ],
    "f12_epoch_pubdate.rss": ["2025-01-01", "2025-03-01", "2025-03-03", None],
    "j02_wordpress.json": ["2025-03-02T10:00:00", "2025-03-02T11:00:00"],
    "j03_guardian.json": ["2025-03-02T10:00:00"],
    "j03b_newsapi.json": ["2025-03-02T10:00:00", "1970-01-01T00:00:00"],
}


def read(name: str, **options: str) -> tuple[Headlines, HeadlineReader]:
    """Read a case to its end."""
    reader = read_headlines(CASES / name, **options)  # type: ignore[arg-type]
    return Headlines.concat(reader), reader


@pytest.mark.parametrize("name", READ)
def test_a_case_is_read(name: str) -> None:
    """All rows, no other, with their sections."""
    rows, reader = read(name)
    expected = READ[name]
    pairs = isinstance(expected[0], tuple)
    sections = [None] * len(rows) if rows.section is None else rows.section.to_pylist()
    found = list(zip(rows.headline.to_pylist(), sections, strict=True)) if pairs else rows.headline.to_pylist()
    assert found == expected
    assert reader.skipped == 0


@pytest.mark.parametrize("name", REFUSED)
def test_a_case_is_refused(name: str) -> None:
    """In one sentence: what was found, what was expected, what to do."""
    with pytest.raises(ReadError, match=REFUSED[name]) as error:
        read(name)
    assert "\n" not in str(error.value)
    assert str(error.value).count("; ") >= 2
    assert str(error.value).startswith(str(CASES / name))


@pytest.mark.parametrize("name", DATES)
def test_the_dates_of_a_case(name: str) -> None:
    """Read by one rule a column; undated where nothing is certain."""
    rows, _ = read(name)
    found = parse_dates(rows.date).values.astype(str).tolist()
    assert [None if text == "NaT" else text for text in found] == [
        text if text is None or "T" in text else f"{text}T00:00:00" for text in DATES[name]
    ]


def test_every_case_is_tested() -> None:
    """Those for training and stories elsewhere."""
    elsewhere = {"l01_event.csv", "l03_live.csv", "long_headline.csv", "seed_page.txt"}
    named = READ.keys() | REFUSED.keys() | DATES.keys() | elsewhere
    assert {path.name for path in CASES.iterdir() if not path.name.startswith("t")} == named


def test_a_list_where_a_title_is_expected_can_be_reached() -> None:
    """As the error says."""
    assert read("j02d_title_list.jsonl", text_column="title.0")[0].headline.to_pylist() == [TRAM, ROVERS]
    assert read("j02_wordpress.json", text_column="title.rendered")[0].headline.to_pylist() == [TRAM, ROVERS]


def test_arrays_without_names_are_read_by_number() -> None:
    """As the error says."""
    rows, _ = read("j01e_pandas_values.json", text_column="1", label_column="2")
    assert list(zip(rows.headline.to_pylist(), rows.section.to_pylist(), strict=True)) == TWO


def test_what_is_left_out_is_noted() -> None:
    """Repeated headers and what a server printed are not rows."""
    assert read("c02_cat_headers.csv")[1].notes == ["1 repeated header (line 3)"]
    assert read("c08_excel_title_row.csv")[1].notes == ["3 lines above the header (from line 1)"]
    assert read("t08_cat.csv")[1].notes == ["2 repeated headers (from line 152)"]
    assert read("f01_php_warning.rss")[1].notes == ["1 line in front of the feed (line 1)"]


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("t02_case_space.csv", {form(name) for name in SECTIONS for form in (str.lower, str.upper, str.title)}),
        ("t03b_float.csv", {"0", "1", "2", "3"}),
        ("t04_nan.csv", {*SECTIONS, None}),
        ("t05c_ft.txt", SECTIONS),
        ("t08_cat.csv", SECTIONS),
    ],
)
def test_labels_are_one_each(name: str, labels: set[str | None]) -> None:
    """White space, decimals and missing values make no sections."""
    rows, reader = read(name)
    assert set(rows.section.to_pylist()) == labels
    assert "" not in rows.headline.to_pylist()
    assert not any(text.startswith((",", " ")) for text in rows.headline.to_pylist())
    assert reader.skipped == 0


def test_the_seed_page() -> None:
    """Its title, 15 headlines with a mark and the last one without; no paragraph."""
    rows, reader = read("seed_page.txt")
    lines = (CASES / "seed_page.txt").read_text().splitlines()
    expected = [lines[0], *(line.removesuffix(" -") for line in lines[8:])]
    assert len(expected) == 17
    assert rows.headline.to_pylist() == expected
    assert rows.line.to_pylist() == [1, *range(9, 25)]
    assert reader.skipped_lines == [2, 3, 4, 5, 6, 7]
