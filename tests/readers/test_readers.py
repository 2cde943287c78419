"""Readers: every format, told by content; bad rows counted and none lost; bounded and streaming."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from written import COMPRESSORS, FORMATS, ROWS, parquet, read, refused, table, titles, zstd

from classify.headlines import Headlines, ReadError
from classify.readers import read_headlines


@pytest.mark.parametrize("compression", COMPRESSORS)
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_in_every_compression(form: str, compression: str) -> None:
    """All formats give the same rows, in whichever way they come."""
    data = COMPRESSORS[compression](FORMATS[form](ROWS))
    rows, reader = read(data)
    for name in ROWS[0]:
        assert getattr(rows, name).to_pylist() == [row[name] for row in ROWS]
    assert len(rows.line) == 3
    assert reader.skipped == 0
    assert compression in reader.description


@pytest.mark.parametrize("compression", COMPRESSORS)
def test_plain_text(compression: str) -> None:
    """Plain text keeps its lines, blank ones too."""
    rows, reader = read(COMPRESSORS[compression](b"One, two\n\n  three \nLast"))
    assert rows.headline.to_pylist() == ["One, two", "", "  three ", "Last"]
    assert rows.line.to_pylist() == [1, 2, 3, 4]
    assert rows.section is None
    assert reader.description.startswith("plain text")


def test_several_gzip_parts_are_one_file() -> None:
    """Files made by `cat a.gz b.gz` are whole."""
    assert titles(gzip.compress(b"one\n") + gzip.compress(b"two\n")) == ["one", "two"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("Title,CATEGORY,Id", ["Rain", "weather", "7"]),
        (" text , Label,id", ["Rain", "weather", "7"]),
        ("HEADLINE,section,ID", ["Rain", "weather", "7"]),
        ('"headline","section","id"', ["Rain", "weather", "7"]),
    ],
)
def test_columns_are_found_whatever_their_capitals(header: str, found: list[str]) -> None:
    """Names are compared without capitals and outer spaces."""
    rows, _ = read(f"{header}\nRain,weather,7\n")
    assert [rows.headline[0].as_py(), rows.section[0].as_py(), rows.id[0].as_py()] == found


def test_the_best_name_wins() -> None:
    """A headline goes before a title, a title before a text."""
    assert titles("text,title,headline\na,b,c\n") == ["c"]
    assert titles("text,title\na,b\n") == ["b"]


def test_columns_can_be_named() -> None:
    """A caller's names go before ours, by name or, without a header, by number."""
    rows, _ = read("Titel;Ressort\nRegen;Wetter\n", text_column="titel", label_column="Ressort")
    assert (rows.headline.to_pylist(), rows.section.to_pylist()) == (["Regen"], ["Wetter"])
    rows, _ = read("weather\tRain\nsport\tGoal\n" * 3, text_column="2", label_column="1")
    assert rows.headline.to_pylist() == ["Rain", "Goal"] * 3
    assert rows.section.to_pylist() == ["weather", "sport"] * 3
    assert rows.line.to_pylist() == [1, 2, 3, 4, 5, 6]
    rows, _ = read('{"t": "Rain", "s": 3}\n', text_column="t", label_column="s")
    assert (rows.headline.to_pylist(), rows.section.to_pylist()) == (["Rain"], ["3"])


def test_blank_cells_are_null_but_a_headline_is_not() -> None:
    """An empty headline is kept; other blanks are null."""
    rows, reader = read('id,headline,section\n1,,sport\n2,"",""\n,Rain,\n')
    assert rows.headline.to_pylist() == ["", "", "Rain"]
    assert rows.section.to_pylist() == ["sport", None, None]
    assert rows.id.to_pylist() == ["1", "2", None]
    assert reader.skipped == 0


def test_spellings_of_missing_values_are_missing() -> None:
    """As Python, R, SQL and spreadsheets write them; words that contain them are words."""
    rows, _ = read("id,headline,section\n1,NA,null\n2,nan,None\n3,None of it,N/A\n4,Nan's cake,none\n")
    assert rows.headline.to_pylist() == ["", "", "None of it", "Nan's cake"]
    assert rows.section.to_pylist() == [None, None, None, "none"]


def test_quoted_line_ends_and_line_numbers() -> None:
    """A record may span lines; each is numbered by the line on which it begins."""
    rows, reader = read('headline,id\n"one\ntwo",1\n\nthree,2\n"fo""ur\n\n\n",3\nfive,4\n')
    assert rows.headline.to_pylist() == ["one\ntwo", "three", 'fo"ur\n\n\n', "five"]
    assert rows.line.to_pylist() == [2, 5, 6, 10]
    assert reader.skipped == 0


def test_rows_of_other_lengths_are_skipped_and_counted() -> None:
    """Too many or too few cells cost the row, and no other."""
    rows, reader = read("id,headline\n1,a\n2,b,c\n3\n4,d\n")
    assert rows.headline.to_pylist() == ["a", "d"]
    assert rows.line.to_pylist() == [2, 5]
    assert (reader.skipped, reader.skipped_lines) == (2, [3, 4])


@pytest.mark.parametrize(
    ("bad", "lines"),
    [
        ('2,"Stray quote,sport', [3]),
        ('2,Five" screen,sport', []),
        ('2,"Half" quoted,sport', []),
        ('2,"Two,sport\n3,"Three,sport', [3, 4]),
        ('"', [3]),
        ('2,x,"', [3]),
    ],
)
def test_a_stray_quote_costs_its_own_line_at_most(bad: str, lines: list[int]) -> None:
    """What comes after a stray quote is read as if it were not there."""
    good = '7,"Quoted, fine",tech\n8,"He said ""no""",tech\n9,Plain,tech\n'
    rows, reader = read(f"id,headline,section\n1,First,tech\n{bad}\n{good}")
    assert rows.id.to_pylist()[-3:] == ["7", "8", "9"]
    assert rows.headline.to_pylist()[-3:] == ["Quoted, fine", 'He said "no"', "Plain"]
    assert rows.headline[0].as_py() == "First"
    assert reader.skipped_lines == lines
    assert len(rows) + reader.skipped == 4 + bad.count("\n") + 1


def test_a_quote_that_never_closes_at_the_end() -> None:
    """The rows before and after it are there."""
    body = "".join(f"{i},Row {i}\n" for i in range(5000))
    rows, reader = read('id,headline\n0,"open\n' + body)
    assert len(rows) == 5000
    assert reader.skipped_lines == [2]


def test_bytes_that_are_no_text() -> None:
    """A NUL byte stays, a byte that is not UTF-8 becomes U+FFFD; no row is lost."""
    rows, reader = read(b"id,headline\n1,caf\xc3\xa9 \xff bar\n2,a\x00b\n3,c\n")
    assert rows.headline.to_pylist() == ["café \ufffd bar", "a\x00b", "c"]
    assert reader.skipped == 0
    assert titles(b"caf\xc3\xa9\n\xc3\xa9\xff\n") == ["café", "é\ufffd"]
    assert titles(b'{"title": "\xc3\xa9 \xff"}\n{"title": "b"}\n') == ["é \ufffd", "b"]


@pytest.mark.parametrize(
    ("head", "good"),
    [("", "Rain"), ("id,headline\n", "1,Rain"), ("", '{"title": "Rain"}'), ("", "__label__a Rain")],
)
@pytest.mark.parametrize("length", [(1 << 20) + 1, 9_000_000])
def test_an_overlong_line_is_skipped_and_counted(head: str, good: str, length: int) -> None:
    """A line of more than a megabyte is not held; those around it are."""
    rows, reader = read(f"{head}{good}\n{'x' * length}\n{good}\n")
    assert rows.headline.to_pylist() == ["Rain", "Rain"]
    first = 1 + head.count("\n")
    assert rows.line.to_pylist() == [first, first + 2]
    assert (reader.skipped, reader.skipped_lines) == (1, [first + 1])


def test_broken_lines_of_json() -> None:
    """A line that is no object is skipped; odd values do no harm."""
    rows, reader = read(
        '{"title": "a", "id": 1}\nnot json\n{"title": null, "id": "x"}\n[1]\n'
        '{"title": ["list"], "id": true}\n{"id": 1.5}\n\n{"title": "\\ud800", "id": {}}\n'
    )
    assert rows.headline.to_pylist() == ["a", "", "", "\ufffd"]
    assert rows.id.to_pylist() == ["1", "x", "1.5", None]
    assert rows.line.to_pylist() == [1, 3, 6, 8]
    assert reader.skipped_lines == [2, 4, 5]


def test_numbers_in_json_are_ids() -> None:
    """Numbers become the text that they were, in blocks of one kind and of several."""
    assert read('{"title": "a", "id": 12}\n{"title": "b", "id": 13}\n')[0].id.to_pylist() == [
        "12",
        "13",
    ]
    big = str(10**30)
    rows, _ = read(f'{{"title": "a", "id": 12}}\n{{"title": "b", "id": {big}}}\n')
    assert rows.id.to_pylist() == ["12", big]


def test_json_arrays_of_strings_and_of_all_sorts() -> None:
    """Strings are headlines; what is neither string nor object is skipped."""
    rows, reader = read('["Rain", {"title": "Sun"}, 7, null, "Fog"]')
    assert titles('["Rain", "Sun"]') == ["Rain", "Sun"]
    assert rows.headline.to_pylist() == ["Rain", "Sun", "Fog"]
    assert rows.line.to_pylist() == [1, 2, 5]
    assert reader.skipped_lines == [3, 4]


def test_parquet_columns_of_other_kinds() -> None:
    """Numbers, dates and categories become text; lists are left out."""
    out = io.BytesIO()
    pq.write_table(
        pa.table(
            {
                "Title": pa.array(["a", None]).dictionary_encode(),
                "id": [1, None],
                "label": [True, False],
                "url": [[1], [2]],
            }
        ),
        out,
    )
    rows, _ = read(out.getvalue())
    assert rows.headline.to_pylist() == ["a", ""]
    assert rows.id.to_pylist() == ["1", None]
    assert rows.section.to_pylist() == ["true", "false"]
    assert rows.url is None


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.binary(), pa.large_string(), pa.large_binary(), pa.string_view()], ids=str
)
def test_parquet_texts_of_any_kind_with_bytes_that_are_none(kind: pa.DataType) -> None:
    """A byte that is no text becomes U+FFFD, whatever the column says of itself."""
    texts = pa.array([b"Caf\xe9 wins", None, b"Rain", "Späte".encode()], pa.large_binary())
    if kind == pa.string():
        small = texts.cast(pa.binary())
        texts = pa.StringArray.from_buffers(4, small.buffers()[1], small.buffers()[2], small.buffers()[0])
    elif kind in (pa.large_string(), pa.string_view()):
        texts = pa.array(["Caf\ufffd wins", None, "Rain", "Späte"], kind)
    else:
        texts = texts.cast(kind)
    out = io.BytesIO()
    pq.write_table(pa.table({"headline": texts}), out)
    rows, _ = read(out.getvalue())
    assert rows.headline.to_pylist() == ["Caf\ufffd wins", "", "Rain", "Späte"]


def test_parquet_headlines_that_are_lists_are_refused() -> None:
    """They would all be empty answers."""
    out = io.BytesIO()
    pq.write_table(pa.table({"headline": [["a"]]}), out)
    with pytest.raises(ReadError, match=r"headlines of the type list.*; expected text; say which column"):
        read(out.getvalue())


def test_batches_are_bounded_and_in_order() -> None:
    """No batch is larger than asked, and together they are the whole."""
    for data in (
        table(ROWS * 100),
        FORMATS["json array"](ROWS * 100),
        parquet(ROWS * 100),
        b"a\n" * 300,
    ):
        batches = list(read_headlines(io.BytesIO(data), batch_size=70))
        assert max(map(len, batches)) == 70
        whole, _ = read(data)
        assert Headlines.concat(batches).headline.equals(whole.headline)
        assert Headlines.concat(batches).line.equals(whole.line)


def test_many_blocks_make_one_whole() -> None:
    """Records, line numbers and skipped lines go on from block to block."""
    unit = 'a,"x\ny, ""z"""\nb,plain\nbad,row,here\n'
    count = 250_000
    rows, reader = read("id,headline\n" + unit * count)
    assert len(rows) == 2 * count
    assert rows.line[-1].as_py() == 1 + 4 * count - 1
    assert rows.headline.value_counts().to_pylist() == [
        {"values": 'x\ny, "z"', "counts": count},
        {"values": "plain", "counts": count},
    ]
    assert reader.skipped == count
    assert reader.skipped_lines == list(range(5, 45, 4))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing"),
        (b"\xef\xbb\xbf", "nothing"),
        (b"PK\x03\x04" + bytes(60), "zip"),
        (bytes(range(256)) * 20, "binary"),
        (b"PAR1" + b"x" * 100, "damaged Parquet"),
        (parquet(ROWS)[:-30], "damaged Parquet"),
        (gzip.compress(b"one\n" * 100000)[:-40], "gzip"),
        (bz2.compress(b"one\n" * 100000)[:-10], "bzip2"),
        (lzma.compress(b"one\n" * 100000)[:-10], "xz"),
        (b"\x1f\x8b" + b"junk" * 10, "gzip"),
        (zstd(b"one\n" * 100000)[:-4], "zstd"),
        (b'[{"title": "a"}, {"title": ', "item 1"),
        (b'{"title": "a"', "JSON"),
        (b'{"name": "a"}\n{"name": "b"}\n', "'name'"),
        (b'[{"name": "a"}]', "'name'"),
        (b'[{"title":' + b"[" * 100_000, "JSON"),
        (b"id\tname\n1\ta\n2\tb\n3\tc\n4\td\n", "'id', 'name'"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_one_sentence(data: bytes, words: str) -> None:
    """Every refusal is a ReadError of one line: what was found, what was expected, what to do."""
    with pytest.raises(ReadError) as error:
        read(data)
    assert words in str(error.value)
    refused(error.value)


@pytest.mark.parametrize("name", ["news.csv", "news.tsv", "news.csv.gz"])
def test_the_name_breaks_ties(tmp_path: Path, name: str) -> None:
    """Two short lines may be text; under the name of a table they are one."""
    path = tmp_path / name
    path.write_bytes(b"Nr,Kopf\n1,Regen\n")
    with pytest.raises(ReadError, match="found the columns 'Nr"):
        read_headlines(path)
    text = tmp_path / "news.txt"
    text.write_bytes(b"Nr,Kopf\n1,Regen\n")
    assert [batch.headline.to_pylist() for batch in read_headlines(text)] == [["Nr,Kopf", "1,Regen"]]


def test_a_name_does_not_decide(tmp_path: Path) -> None:
    """Content goes before the name."""
    path = tmp_path / "news.csv"
    path.write_bytes(gzip.compress(FORMATS["json lines"](ROWS)))
    with read_headlines(path) as reader:
        assert Headlines.concat(reader).id.to_pylist() == ["a1", "a2", "a3"]
        assert reader.description.startswith("JSON lines")


def test_commas_in_headlines_make_no_table() -> None:
    """Text with commas stays text."""
    lines = ["Rain, wind and sun", "One, two, three, four", "No comma", "Hail, Mary", "A, b"]
    assert titles("\n".join(lines)) == lines


def test_wrong_arguments() -> None:
    """Wrong types and values are refused at once."""
    with pytest.raises(OSError, match="missing"):
        read_headlines("missing.csv")
    with pytest.raises(TypeError, match="stream of"):
        read_headlines(io.StringIO("text"))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a path"):
        read_headlines(7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="batch_size"):
        read_headlines(io.BytesIO(b"a\n"), batch_size=0)
    with pytest.raises(ReadError, match="'desk'"):
        read(table(ROWS), label_column="desk")
    with pytest.raises(ReadError, match="encoding 'klingon'"):
        read(b"a\n", encoding="klingon")
    with pytest.raises(ReadError, match="plain text"):
        read(b"a\nb\n", text_column="title")


def test_only_what_the_reader_opened_is_closed(tmp_path: Path) -> None:
    """A caller's stream is left open."""
    stream = io.BytesIO(b"a\n")
    with read_headlines(stream) as reader:
        list(reader)
    assert not stream.closed
