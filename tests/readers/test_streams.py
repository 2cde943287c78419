"""Encodings, ends of lines and slow pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from written import read, titles

from classify.readers import read_headlines


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
