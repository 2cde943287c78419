"""Any table, any line of JSON, any bytes: read back cell by cell, or refused in one sentence."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import COMPRESSORS, FORMATS, ROWS, parquet, read, refused, table

from classify.headlines import ReadError

# Text that a table can hold: anything but surrogates; carriage returns are treated apart.
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\0"), max_size=12).filter(
    lambda text: text.strip().lower() not in {"nan", "null", "none", "n/a", "#n/a", "na", "<na>", "nat"}
)
HEADLINE = CELL | st.sampled_from(['"', '""', "a\nb", '"\n', "a,b", 'a"b', ", ", "\n", "\t"])


@given(st.lists(st.tuples(HEADLINE, CELL), min_size=1), st.sampled_from(",\t;|"), st.booleans())
def test_any_table_that_csv_writes_is_read(rows: list[tuple[str, str]], delimiter: str, quote_all: bool) -> None:
    """What Python's csv module writes is read back, cell by cell; a cell of TSV does not span lines."""
    rows = [(text, label) for text, label in rows if delimiter != "\t" or "\n" not in text + label]
    written = [{"id": "x", "headline": text, "section": label} for text, label in rows]
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    data = table(written, delimiter, quoting=quoting, lineterminator="\n")
    found, reader = read(data, encoding="utf-8")
    assert found.headline.to_pylist() == [text for text, _ in rows]
    if rows:
        assert found.section.to_pylist() == [label.strip() or None for _, label in rows]
    assert reader.skipped == 0


@given(
    st.lists(
        st.tuples(HEADLINE, CELL | st.integers() | st.none() | st.floats(allow_nan=False)),
        min_size=1,
    )
)
def test_any_lines_of_json_are_read(rows: list[tuple[str, Any]]) -> None:
    """What Python's json module writes is read back, by lines and as an array."""
    written = [{"headline": text, "id": value} for text, value in rows]
    ids = [v if v is None or isinstance(v, str) else json.dumps(v) for _, v in rows]
    for data in (FORMATS["json lines unescaped"](written), FORMATS["json array"](written)):
        found, reader = read(data)
        assert found.headline.to_pylist() == [text for text, _ in rows]
        assert found.id.to_pylist() == ids
        assert reader.skipped == 0


PIECES = st.sampled_from(
    [
        b'"',
        b",",
        b"\n",
        b'","',
        b'"\n',
        b"a",
        b"1,b",
        b"\xc3\xa9",
        b"\xff",
        b"\x00",
        b"\r",
        b"x,y\n",
        b'"a","b"\n',
    ]
)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_no_row_of_a_damaged_table_goes_missing(body: bytes) -> None:
    """Whatever comes, rows that stand on lines of their own after it are all read."""
    good = b"".join(b"g%d,fine\n" % i for i in range(1200))
    rows, reader = read(b"id,headline\n" + body + b"\n" + good, encoding="utf-8")
    assert rows.id.to_pylist()[-1200:] == [f"g{i}" for i in range(1200)]
    lines = 1 + (body.replace(b"\r\n", b"\n") + b"\n").count(b"\n")
    assert rows.line.to_pylist()[-1200:] == list(range(lines + 1, lines + 1201))
    assert reader.skipped <= lines


@pytest.mark.slow
@settings(max_examples=300)
@given(
    st.binary(max_size=200)
    | st.lists(
        PIECES
        | st.sampled_from(
            [
                b"{",
                b"[",
                b"}",
                b"]",
                b":",
                b'"title"',
                b"__label__a ",
                b"- ",
                b"headline,id\n",
                b"PAR1",
                b"\x1f\x8b",
            ]
        ),
        max_size=30,
    ).map(b"".join)
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """No input raises anything but ReadError, and columns stay of one length."""
    try:
        rows, _ = read(data)
    except ReadError as error:
        refused(error)
        return
    assert len(rows.headline) == len(rows.line)
    assert rows.headline.null_count == 0
    rows.headline.validate(full=True)


@given(st.sampled_from(sorted(FORMATS)), st.sampled_from(sorted(COMPRESSORS)), st.data())
def test_a_file_cut_off_or_changed_is_read_or_refused(form: str, packed: str, data: st.DataObject) -> None:
    """One byte changed, or the end missing: rows, or one sentence."""
    whole = bytearray(COMPRESSORS[packed](FORMATS[form](ROWS)))
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        del whole[place:]
    else:
        whole[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        read(bytes(whole))
    except ReadError as error:
        refused(error)


@pytest.mark.parametrize(
    "content",
    [b"id,headline\nRain,Sun\n", b'{"id": "Rain", "headline": "Sun"}\n', parquet([{"id": "Rain", "headline": "Sun"}])],
    ids=["csv", "jsonl", "parquet"],
)
def test_one_column_may_be_headline_section_and_id(content: bytes) -> None:
    """Whoever names columns may name one twice."""
    rows, _ = read(content, text_column="id", label_column="id")
    assert [column.to_pylist() for column in (rows.headline, rows.section, rows.id)] == [["Rain"]] * 3
