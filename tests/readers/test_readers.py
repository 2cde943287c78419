"""Readers: every format, told by content; bad rows counted and none lost; bounded and streaming."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.headlines import Headlines, ReadError
from classify.readers import HeadlineReader, read_headlines

ROWS = [
    {"id": "a1", "headline": "Rain at last, says the \"Post\"", "section": "weather"},
    {"id": "a2", "headline": "Zürich – Straße gesperrt", "section": "travel"},
    {"id": "a3", "headline": "कल बारिश होगी", "section": "weather"},
]  # fmt: skip


def read(data: bytes | str, **options: Any) -> tuple[Headlines, HeadlineReader]:
    """Read bytes to the end."""
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    reader = read_headlines(stream, **options)
    return Headlines.concat(reader), reader


def titles(data: bytes | str, **options: Any) -> list[str]:
    """Read bytes and give the headlines."""
    return read(data, **options)[0].headline.to_pylist()


def refused(error: ReadError) -> None:
    """Check that a refusal is one sentence: what was found, what was expected, what to do."""
    message = str(error)
    assert "\n" not in message
    assert message.count("; ") >= 2, message


def table(rows: Iterable[dict[str, Any]], delimiter: str = ",", **options: Any) -> bytes:
    """Write rows as a table of text."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(ROWS[0]), delimiter=delimiter, **options)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """Write rows as Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


def zstd(data: bytes) -> bytes:
    """Compress by zstd."""
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


def same(data: bytes) -> bytes:
    """Leave as it is."""
    return data


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "csv": table,
    "csv with crlf": lambda rows: table(rows, lineterminator="\r\n"),
    "csv all quoted": lambda rows: table(rows, quoting=csv.QUOTE_ALL),
    "tsv": lambda rows: table(rows, "\t"),
    "semicolons": lambda rows: table(rows, ";"),
    "bars": lambda rows: table(rows, "|"),
    "json lines": lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    "json lines unescaped": lambda rows: (
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n"
    ).encode(),
    "json array": lambda rows: json.dumps(rows).encode(),
    "json array indented": lambda rows: json.dumps(rows, indent=1).encode(),
    "json document": lambda rows: json.dumps({"status": "ok", "articles": rows}).encode(),
    "json document indented": lambda rows: json.dumps({"n": 3, "data": rows}, indent=2).encode(),
    "parquet": parquet,
}
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "": same,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd,
}


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


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8-sig", b""), ("utf-16", b""), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
     ("utf-16-le", b""), ("utf-16-be", b""), ("utf-32", b""), ("cp1252", b""), ("latin-1", b"")],
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "text", "json lines"])
def test_encodings_are_told(encoding: str, mark: bytes, form: str) -> None:
    """The encodings of the world's spreadsheets are told without a word."""
    wanted = ["Zürich lässt grüßen", "Café «fermé»", "Plain"]
    data = {
        "csv": "id,headline\n" + "".join(f"{i},{text}\n" for i, text in enumerate(wanted)),
        "text": "\n".join(wanted),
        "json lines": "\n".join(json.dumps({"title": t}, ensure_ascii=False) for t in wanted),
    }[form]
    assert titles(mark + data.encode(encoding)) == wanted


def test_the_encoding_shows_late() -> None:
    """A hundred thousand plain lines do not settle the question."""
    plain = "plain line\n" * 100_000
    assert titles((plain + "Café\n").encode("cp1252"))[-1] == "Café"
    assert titles((plain + "Café “x”\n").encode())[-1] == "Café “x”"
    assert read((plain + "Café\n").encode("cp1252"))[1].description.endswith("(Windows-1252)")


@pytest.mark.parametrize("encoding", ["gb18030", "shift_jis", "koi8_r", "utf-8", "mac_roman"])
def test_encodings_can_be_named(encoding: str) -> None:
    """Any text encoding that Python knows can be named."""
    word = {"gb18030": "今天下雨", "shift_jis": "今日は雨", "koi8_r": "Дождь"}.get(encoding, "Café")
    assert titles((word + "\n").encode(encoding), encoding=encoding) == [word]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(end: str) -> None:
    """Unix, Windows and the old Mac."""
    assert titles(f"one{end}{end}two{end}") == ["one", "", "two"]
    assert titles(f"id,title{end}1,one{end}2,two{end}") == ["one", "two"]


def test_excels_mark_names_the_delimiter() -> None:
    """The line "sep=;" is no header."""
    rows, _ = read("sep=;\ntitle;label\nRain, at last;weather\n")
    assert rows.headline.to_pylist() == ["Rain, at last"]
    assert rows.line.to_pylist() == [3]


def test_fasttext_lines() -> None:
    """A label is the section, several are a list of JSON."""
    rows, reader = read("__label__sport Rovers win\n__label__a __label__b two\nnone\n\n__label__x\n")
    assert rows.headline.to_pylist() == ["Rovers win", "two", "none", ""]
    assert rows.section.to_pylist() == ["sport", '["a", "b"]', None, "x"]
    assert rows.line.to_pylist() == [1, 2, 3, 5]
    assert reader.skipped == 0


def test_text_of_a_web_page() -> None:
    """Marked lines are headlines, other lines are counted as skipped."""
    page = "Rain at last –\n\nA paragraph about the rain.\n• Goal in extra time\n- Port closes\n"
    rows, reader = read(page)
    assert rows.headline.to_pylist() == ["Rain at last", "Goal in extra time", "Port closes"]
    assert rows.line.to_pylist() == [1, 4, 5]
    assert reader.skipped_lines == [3]


def start_reader() -> subprocess.Popen[bytes]:
    """Start a process that reads standard input and prints each batch as it comes."""
    code = (
        "from classify.readers.read import read_headlines\n"
        "for batch in read_headlines('-'):\n"
        "    print(batch.headline.to_pylist(), batch.line.to_pylist(), flush=True)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize(
    ("head", "sent"),
    [
        (b"", [b"one\n", b"two\nthree\n"]),
        (b"", [b'{"title": "one"}\n', b'{"title": "two"}\n{"title": "three"}\n']),
        (b"id,title\n", [b"1,one\n", b'2,two\n3,"three"\n']),
    ],
)
@pytest.mark.slow
def test_a_slow_pipe_is_answered_line_by_line(head: bytes, sent: list[bytes]) -> None:
    """What has been typed comes out before the next is typed."""
    with start_reader() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(30, process.kill)
        timer.start()
        first = 1 + head.count(b"\n")
        process.stdin.write(head + sent[0])
        process.stdin.flush()
        assert process.stdout.readline().decode() == f"['one'] [{first}]\n"
        process.stdin.write(sent[1])
        process.stdin.flush()
        answer = process.stdout.readline().decode()
        assert answer == f"['two', 'three'] [{first + 1}, {first + 2}]\n"
        process.stdin.close()
        assert process.stdout.read() == b""
        timer.cancel()


def test_half_a_line_waits_for_its_other_half() -> None:
    """A pipe may cut a line, and a character, anywhere."""
    readable, writable = os.pipe()
    with os.fdopen(readable, "rb", 0) as source, os.fdopen(writable, "wb", 0) as target:
        target.write("eins\nZür".encode()[:-1])
        reader = read_headlines(source)
        assert next(reader).headline.to_pylist() == ["eins"]
        target.write("Zür".encode()[-1:] + b"ich\n")
        target.close()
        assert next(reader).headline.to_pylist() == ["Zürich"]
        assert list(reader) == []


def test_reading_wakes_neither_pandas_nor_scikit_learn() -> None:
    """The cold path stays cold, with all of the text formats."""
    code = (
        "import io, sys\n"
        "from classify.readers.read import read_headlines\n"
        "from classify.text.clean import clean\n"
        "for data in (b'id,title\\n1,a - BBC\\n2\\n', b'{\"title\": \"a\"}', b'[\"a\"]', b'a\\n', b'- a\\n- b\\n',\n"
        "             b'__label__x y\\n', 'id,title\\n1,\"caf\\u00e9\\n'.encode()):\n"
        "    for batch in read_headlines(io.BytesIO(data)):\n"
        "        clean(batch.headline).to_pylist()\n"
        "clean(['a &amp; \\u00e9', 'b - BBC News'])\n"
        "print(sorted({'pandas', 'sklearn', 'matplotlib', 'feedparser'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


# Text that a table can hold: anything but surrogates; carriage returns are treated apart.
CELL = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\0"), max_size=12)
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
