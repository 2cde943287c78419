"""The embedded corpus; public corpora from a server of our own that serves the publishers' layouts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.cli import main
from classify.corpora import CORPORA, convert, fetch, load_sample
from classify.headlines import Headlines, ReadError
from classify.readers import read_headlines

COLUMNS = ["id", "headline", "section", "story", "date", "publisher", "url"]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


UCI = (
    '1\tFed "tapers\thttp://a/1\tPaper, The\tb\tdStory1\twww.a\t1394470370698\n'
    '2\t"Quoted" from the start\thttp://a/2\tBugle\te\tdStory1\twww.a\tno date\n'
    "3\tToo few cells\n"
    "4\tVirus – found\thttp://a/4\tBugle\tm\tdStory2\twww.a\t0\n"
).encode()
FILES = {
    "uci_news": {"news+aggregator.zip": zipped(**{"2pageSessions.csv": b"x\ty\n", "newsCorpora.csv": UCI})},
    "bbc": {
        "bbc-fulltext.zip": zipped(
            **{
                "bbc/README.TXT": b"Read me",
                "bbc/tech/002.txt": b"Robots learn\n\nText",
                "bbc/tech/001.txt": "Price £199 “low”\n\nText".encode("cp1252"),
                "bbc/sport/001.txt": b"Rovers win\n\nText",
            }
        )
    },
    "ag_news": {
        "train.csv": b'"3","Wall St. Bears #39;Claw Back","Reuters - ""Short"""\n"4","Robots","x"\n',
        "test.csv": b'"2","Rovers win","y"\n',
    },
    "huffpost": {
        "news-category-dataset": zipped(
            **{
                "News_Category_Dataset_v3.json": "\n".join(
                    json.dumps({"link": f"http://h/{i}", "headline": f"Headline {i}", "category": "U.S. NEWS",
                                "short_description": "x", "authors": "y", "date": "2022-09-23"})
                    for i in range(3)
                ).encode() + b"\nbroken\n"
            }
        )
    },
    "million_headlines": {
        "dataverse.zip": zipped(
            **{
                "MANIFEST.TXT": b"x",
                "abcnews-date-text.csv": b"publish_date,headline_text\n20030219,rain at last\n20030220,port closed\n",
            }
        )
    },
}  # fmt: skip
WANTED = {
    "uci_news": [
        ("1", 'Fed "tapers', "business", "dStory1", "2014-03-10T16:52:50Z", "Paper, The", "http://a/1"),
        ("2", '"Quoted" from the start', "entertainment", "dStory1", None, "Bugle", "http://a/2"),
        ("4", "Virus – found", "health", "dStory2", None, "Bugle", "http://a/4"),
    ],
    "bbc": [
        ("bbc/sport/001.txt", "Rovers win", "sport", None, None, None, None),
        ("bbc/tech/001.txt", "Price £199 “low”", "tech", None, None, None, None),
        ("bbc/tech/002.txt", "Robots learn", "tech", None, None, None, None),
    ],
    "ag_news": [
        ("train-1", "Wall St. Bears&#39;Claw Back", "Business", None, None, None, None),
        ("train-2", "Robots", "Sci/Tech", None, None, None, None),
        ("test-1", "Rovers win", "Sports", None, None, None, None),
    ],
    "huffpost": [(None, f"Headline {i}", "U.S. NEWS", None, "2022-09-23", None, f"http://h/{i}") for i in range(3)],
    "million_headlines": [
        (None, "rain at last", None, None, "2003-02-19", None, None),
        (None, "port closed", None, None, "2003-02-20", None, None),
    ],
}


class Publisher(BaseHTTPRequestHandler):
    """Serves the files, whole or in part; breaks off in the middle when told to."""

    content: dict[str, bytes] = {}  # noqa: RUF012
    ranges: list[str | None] = []  # noqa: RUF012
    break_off = 0
    whole_only = False

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        if name not in Publisher.content:
            self.send_error(404)
            return
        data, asked = Publisher.content[name], self.headers.get("Range")
        Publisher.ranges.append(asked)
        start = int(asked.split("=")[1].rstrip("-")) if asked and not Publisher.whole_only else 0
        if start >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        stop = len(data)
        if Publisher.break_off:
            Publisher.break_off -= 1
            stop = start + (len(data) - start) // 2
        self.wfile.write(data[start:stop])

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Publisher) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def publisher(server):
    Publisher.content = {name: data for files in FILES.values() for name, data in files.items()}
    Publisher.ranges, Publisher.break_off, Publisher.whole_only = [], 0, False
    return server


def local(name: str, server: str, *, known: bool = False):
    """A public corpus whose address is our own server."""
    files = tuple(
        (f"{server}/files/{file}", f"sha256:{hashlib.sha256(data).hexdigest()}" if known else None)
        for file, data in FILES[name].items()
    )
    return replace(CORPORA[name], files=files)


def rows(path: Path) -> list[tuple[str | None, ...]]:
    with read_headlines(path) as reader:
        whole = Headlines.concat(reader)
    columns = [getattr(whole, name) for name in COLUMNS]
    lists = [[None] * len(whole) if column is None else column.to_pylist() for column in columns]
    return list(zip(*lists, strict=True))


def test_the_embedded_corpus():
    corpus = load_sample()
    assert len(corpus) >= 1600
    assert corpus.headline.null_count == corpus.section.null_count == corpus.id.null_count == 0
    assert len(set(corpus.id.to_pylist())) == len(corpus)
    assert set(corpus.section.to_pylist()) == {"politics", "sport", "entertainment", "tech"}


@pytest.mark.parametrize("known", [False, True], ids=["recorded", "known"])
@pytest.mark.parametrize("name", FILES)
def test_each_layout_becomes_our_columns(publisher, tmp_path, name, known):
    path = fetch(local(name, publisher, known=known), tmp_path)
    assert rows(path) == WANTED[name]
    with path.open(newline="") as stream:
        assert next(csv.reader(stream)) == COLUMNS


@pytest.mark.parametrize("name", [name for name in FILES if name != "ag_news"])
def test_an_archive_can_be_converted_by_itself(tmp_path, name):
    (data,) = FILES[name].values()
    archive = tmp_path / "some.zip"
    archive.write_bytes(data)
    reader = convert(archive, tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv") == WANTED[name]
    assert reader.skipped == {"uci_news": 1, "huffpost": 1}.get(name, 0)


def test_what_is_there_is_not_fetched_again(publisher, tmp_path):
    corpus = local("bbc", publisher)
    first = fetch(corpus, tmp_path)
    stamp = first.stat().st_mtime_ns
    Publisher.content = {}
    assert fetch(corpus, tmp_path).stat().st_mtime_ns == stamp
    assert len(Publisher.ranges) == 1


def test_a_download_goes_on_where_it_broke_off(publisher, tmp_path):
    (data,) = FILES["bbc"].values()
    Publisher.break_off = 1
    assert rows(fetch(local("bbc", publisher), tmp_path)) == WANTED["bbc"]
    assert Publisher.ranges == [None, f"bytes={len(data) // 2}-"]


def test_a_download_goes_on_in_another_run(publisher, tmp_path):
    Publisher.break_off = 2
    with pytest.raises(ReadError, match="what was received is kept") as error:
        fetch(local("bbc", publisher), tmp_path)
    assert "\n" not in str(error.value)
    assert rows(fetch(local("bbc", publisher), tmp_path)) == WANTED["bbc"]
    assert [asked is None for asked in Publisher.ranges] == [True, False, False]


@pytest.mark.parametrize("whole_only", [False, True], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("excess", [0, 10])
def test_a_part_that_does_not_fit_is_begun_again(publisher, tmp_path, whole_only, excess):
    ((name, data),) = FILES["bbc"].items()
    folder = tmp_path / "bbc"
    folder.mkdir()
    (folder / f"{name}.part").write_bytes(data + bytes(excess))
    Publisher.whole_only = whole_only
    assert rows(fetch(local("bbc", publisher), tmp_path)) == WANTED["bbc"]


def test_another_file_than_is_known_is_refused(publisher, tmp_path):
    corpus = local("bbc", publisher, known=True)
    (name,) = FILES["bbc"]
    Publisher.content[name] = Publisher.content[name] + b"x"
    with pytest.raises(ReadError, match="a file with another checksum"):
        fetch(corpus, tmp_path)
    assert not (tmp_path / "bbc.csv").exists()


def test_a_file_that_changed_since_its_first_download_is_refused(publisher, tmp_path):
    corpus = local("bbc", publisher)
    fetch(corpus, tmp_path)
    (name,) = FILES["bbc"]
    (tmp_path / "bbc" / name).unlink()
    Publisher.content[name] = Publisher.content[name] + b"x"
    with pytest.raises(ReadError, match=r"remove bbc-fulltext.zip.sha256"):
        fetch(corpus, tmp_path)


def test_a_damaged_copy_is_fetched_again(publisher, tmp_path):
    corpus = local("bbc", publisher)
    fetch(corpus, tmp_path)
    (name,) = FILES["bbc"]
    (tmp_path / "bbc" / name).write_bytes(b"damaged")
    assert rows(fetch(corpus, tmp_path)) == WANTED["bbc"]


def test_offline_is_one_sentence(tmp_path):
    with pytest.raises(ReadError, match="no answer") as error:
        fetch(local("bbc", "http://127.0.0.1:1"), tmp_path)
    assert "\n" not in str(error.value)
    assert "put the file at" in str(error.value)


def test_an_answer_that_is_an_error(publisher, tmp_path):
    with pytest.raises(ReadError, match="HTTP 404"):
        fetch(replace(local("bbc", publisher), files=((f"{publisher}/nothing.zip", None),)), tmp_path)


@pytest.mark.parametrize("data", [b"no archive", zipped(other=b"x"), FILES["bbc"]["bbc-fulltext.zip"][:-30]])
@pytest.mark.parametrize("name", ["bbc", "uci_news", "huffpost"])
def test_an_archive_that_is_none(publisher, tmp_path, name, data):
    (file,) = FILES[name]
    Publisher.content[file] = data
    with pytest.raises(ReadError, match="archive") as error:
        fetch(local(name, publisher), tmp_path)
    assert "\n" not in str(error.value)
    assert not (tmp_path / f"{name}.csv").exists()


def test_names_licences_and_addresses():
    for corpus in CORPORA.values():
        assert corpus.title
        assert corpus.licence
        assert all(url.startswith(("https://", "http://mlg.ucd.ie/")) for url, _ in corpus.files)
    with pytest.raises(ValueError, match="expected one of uci_news, bbc"):
        fetch("klingon")


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=15).filter(
    lambda text: text.strip().lower() not in {"nan", "null", "none", "n/a", "#n/a", "na", "<na>", "nat"}
)


@given(st.lists(st.tuples(TEXT, TEXT | st.none(), TEXT), min_size=1))
def test_converting_keeps_every_cell(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("convert")
    given_rows = [{"headline": a, "section": b, "id": c} for a, b, c in cells]
    (folder / "in.jsonl").write_text("\n".join(json.dumps(row) for row in given_rows))
    convert(folder / "in.jsonl", folder / "out.csv")
    found = [(row[1], row[2], row[0]) for row in rows(folder / "out.csv")]
    assert found == [(a, (b or "").strip() or None, c or None) for a, b, c in cells]


def test_converting_leaves_the_old_file_if_it_fails(tmp_path):
    (tmp_path / "in.json").write_text('[{"title": "a"}, {"title": ')
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(ReadError):
        convert(tmp_path / "in.json", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.json", "out.csv"]


@pytest.mark.slow
def test_loading_the_sample_stays_cold():
    code = (
        "import sys; from classify.corpora.known import load_sample; load_sample();"
        "print({'pandas', 'sklearn', 'requests', 'pooch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_a_batch_may_lack_columns():
    one = Headlines(pa.array(["a"]), section=pa.array(["x"]))
    two = Headlines(pa.array(["b"]))
    both = Headlines.concat([one, two])
    assert both.section.to_pylist() == ["x", None]
    assert both.date is None
    assert len(Headlines.concat([])) == 0
    assert both.to_pandas().columns.tolist() == ["headline", "section", "line"]


def test_a_file_put_there_by_hand_is_taken_and_held_to(publisher, tmp_path):
    """Who is offline is told where to put the file; it must still be there afterwards."""
    ((name, data),) = FILES["bbc"].items()
    (tmp_path / "bbc").mkdir()
    (tmp_path / "bbc" / name).write_bytes(data)
    assert rows(fetch(local("bbc", "http://127.0.0.1:1"), tmp_path)) == WANTED["bbc"]
    assert (tmp_path / "bbc" / name).read_bytes() == data
    assert (tmp_path / "bbc" / f"{name}.sha256").read_text().strip() == hashlib.sha256(data).hexdigest()


@pytest.fixture
def known_corpus(server, tmp_path, monkeypatch):
    """Provide a publisher on this machine, and an empty cache."""
    monkeypatch.setattr("classify.corpora.known.CORPORA", {"bbc": local("bbc", server)})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_command_lists_fetches_and_shows_the_licence_first(publisher, known_corpus, capsys):
    assert main(["corpus", "list"]) == 0
    listed = capsys.readouterr().out
    assert CORPORA["bbc"].licence in listed
    assert CORPORA["bbc"].home in listed
    target = known_corpus / "bbc.csv"
    assert main(["corpus", "fetch", "bbc", "-o", str(target)]) == 0
    shown = capsys.readouterr()
    assert shown.out == f"{target}\n"
    assert f"licence: {CORPORA['bbc'].licence}" in shown.err
    assert rows(target) == WANTED["bbc"]


def test_the_command_shows_the_licence_even_if_the_download_fails(publisher, known_corpus, capsys):
    Publisher.content = {}
    assert main(["corpus", "fetch", "bbc"]) == 2
    licence, error = capsys.readouterr().err.splitlines()
    assert CORPORA["bbc"].licence in licence
    assert error.startswith("classify: error: http://127.0.0.1:")
    assert "HTTP 404" in error


def test_the_command_converts_an_archive_and_says_what_it_found(tmp_path, capsys):
    (data,) = FILES["uci_news"].values()
    (tmp_path / "uci.zip").write_bytes(data)
    assert main(["corpus", "convert", str(tmp_path / "uci.zip"), "-o", str(tmp_path / "out.csv")]) == 1
    assert rows(tmp_path / "out.csv") == WANTED["uci_news"]
    found, skipped = capsys.readouterr().err.splitlines()
    assert "public corpus" in found
    assert "1 row(s)" in skipped
