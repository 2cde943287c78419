"""Whatever comes, the command answers with one sentence and loses nothing: a table of hostile inputs.

Most cases call the command in this process; `test_hostile_process.py` has those where the process itself matters.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import shlex
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from classify import HeadlineClassifier, load_sample
from classify.classifier.modelfile import FILE, to_bytes
from classify.cli import main

TABLE = b"headline,section\nRovers win,sport\nTax rises,politics\n"
RSS = '<?xml version="1.0"?>%s<rss version="2.0"><channel><item><title>%s</title></item></channel></rss>'
BOMB = "<!DOCTYPE x [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 30)) + "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
MANY = b"".join(b"Rovers win the cup number %d\n" % i for i in range(2000))


def as_parquet(pack="snappy", **columns):
    """Write columns as Parquet; dictionaries only by default."""
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out, compression=pack, use_dictionary=pack == "snappy")
    return out.getvalue()


def labelled(*rows):
    """Write headlines and sections as CSV."""
    return ("headline,section\n" + "".join(f"{headline},{section}\n" for headline, section in rows)).encode()


PARQUET = as_parquet(headline=["Rovers win"] * 1000)

# What the cases below find in their folder.
FILES = {
    "table.csv": TABLE,
    "text.txt": b"Rovers win\nRovers lose\n",
    "empty": b"",
    "blank.txt": b"\n\n\n",
    "binary": bytes(range(256)) * 40,
    "nuls": bytes(10_000),
    "cut.gz": gzip.compress(MANY)[:-200],
    "cut.bz2": bz2.compress(MANY)[:-200],
    "cut.xz": lzma.compress(MANY)[:-200],
    "cut.zst": pa.Codec("zstd").compress(MANY, asbytes=True)[:-200],
    "magic.gz": b"\x1f\x8b",
    "magic.zst": b"\x28\xb5\x2f\xfd",
    "garbage.gz": b"\x1f\x8b\x08\x00" + bytes(range(256)),
    "twice.gz": gzip.compress(gzip.compress(MANY)),
    "sheet.xlsx": b"PK\x03\x04" + bytes(100),
    "a.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "a.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a.jpg": b"\xff\xd8\xff\xe0" + bytes(100),
    "a.sqlite": b"SQLite format 3\x00" + bytes(100),
    "a.arrow": b"ARROW1\x00\x00" + bytes(100),
    "a.out": b"\x7fELF" + bytes(100),
    "a.doc": b"\xd0\xcf\x11\xe0" + bytes(100),
    "noheader.csv": b"1,Rovers win,sport\n2,Tax rises,politics\n" * 5,
    "other.csv": b"name;age\nAda;36\n" * 5,
    "keys.jsonl": b'{"name": "Ada", "age": 36}\n' * 3,
    "keys.json": b'[{"name": "Ada"}, {"name": "Bo"}]',
    "cut.json": b'[{"title": "Rovers win"}, {"title": "Tax',
    "broken.json": b'[{"title": "Rovers win"}, {"title": oops}]',
    "broken_object.json": b'{"title": "Rovers win",\n "id": oops}\n',
    "deep.json": b'[{"a":' * 100_000,
    "cut.parquet": PARQUET[: len(PARQUET) // 2],
    "magic.parquet": b"PAR1",
    "claims.parquet": b"PAR1" + struct.pack("<I", 2**31 - 1) + b"PAR1",
    "changed.parquet": PARQUET[:200] + bytes(100) + PARQUET[300:],
    "nested.json": b'{"data":{"items":[{"title":"Rovers win"}]}}',
    "some.model": struct.pack("<Q", 60) + b'{"__metadata__":{"classify":"{}"}}' + bytes(900),
    "swollen.parquet": as_parquet(headline=["x" * 1_000_000] * 90, pack="zstd"),
    "lists.parquet": as_parquet(headline=[["Rovers win"]]),
    "keys.parquet": as_parquet(name=["Ada"]),
    "bomb.xml": (RSS % (BOMB, "&a29;")).encode(),
    "bomb16.xml": (RSS % (BOMB, "&a29;")).encode("utf-16"),
    "outside.xml": (RSS % (OUTSIDE, "&a;")).encode(),
    "deep.xml": (RSS % ("", "<a>" * 5000)).encode(),
    "root.xml": b'<?xml version="1.0"?><root><a/></root>',
    "cut.xml": b'<?xml version="1.0"?><rss version="2.0"><channel><item',
    "page.html": b"<!DOCTYPE html><html><body><p>Hello</p></body></html>",
    "swollen.xml.gz": gzip.compress((RSS % ("", "x" * (17 << 20))).encode(), 1),
    "swollen.json.gz": gzip.compress(b'{"items": [\n"' + b"x" * (65 << 20) + b'"]}', 1),
    "no_sections.csv": labelled(("Rovers win", ""), ("Tax rises", "")),
    "no_headlines.csv": labelled(("", "sport"), ("", "politics")),
    "apart.csv": labelled(("Rovers win", ""), ("", "politics")),
    "one_section.csv": labelled(("Rovers win", "sport"), ("Rovers lose", "sport")),
    "one_each.csv": labelled(("Rovers win", "sport"), ("Tax rises", "politics"), ("App fails", "tech")),
    "repeats.csv": labelled(*[("Rovers win", "sport")] * 30, *[("Rovers win", "politics")] * 30),
    "many_sections.csv": labelled(*[(f"word{i % 97} thing{i}", f"section{i % 10_000}") for i in range(20_000)]),
    "two.csv": labelled(*[("Rovers win", "sport"), ("Tax rises", "politics")] * 5),
    "fit.csv": labelled(*[(f"{word} {i}", word) for i in range(9) for word in ("sport", "politics")]),
    "archive.zip": b"PK\x05\x06" + bytes(18),
}


def forged(content, changes=None, **arrays):
    """Change the header or the arrays of a model, checksum and all, as an attacker would."""
    from safetensors.numpy import load, save

    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["classify"])
    data = load(content) | {name: change(load(content)[name]) for name, change in arrays.items()}
    header = FILE.sign(header | (changes or {}), data) | {
        name: value for name, value in (changes or {}).items() if name == "sha256"
    }
    return save(data, metadata={"classify": json.dumps(header)})


def swapped(_content):
    """A sound file of arrays that is no model of ours."""
    from safetensors.numpy import save

    return save({"weights": np.zeros(4, np.float32)})


# Models: what is done to the bytes of a sound one.
MODELS = {
    "a model cut off": lambda content: content[:-1000],
    "a model cut off in its header": lambda content: content[:100],
    "a model of eight bytes": lambda content: content[:8],
    "a model with one bit changed": lambda content: content[:-50] + bytes([content[-50] ^ 1]) + content[-49:],
    "a model with more behind it": lambda content: content + bytes(100),
    "a model of another version": lambda content: forged(content, {"version": 99}),
    "a model of another format": lambda content: forged(content, {"format": "something else"}),
    "a model without a checksum": lambda content: forged(content, {"sha256": None}),
    "a model of other arrays": swapped,
    "a header that claims 2^60 bytes": lambda content: struct.pack("<Q", 1 << 60) + content[8:],
    "a header that is deeply nested": lambda content: struct.pack("<Q", 200_000) + b"[" * 200_000,
    "an array that claims 2^60 bytes": lambda content: content.replace(b'"U8"', b'"F64"', 1),
    "a model with a pickle inside": lambda content: pickle.dumps(content),
    "weights that are no numbers": lambda content: forged(content, coef=lambda a: np.full_like(a, np.nan)),
    "fewer weights than words": lambda content: forged(content, coef=lambda a: a[:-1]),
    "thresholds that are missing": lambda content: forged(content, thresholds=lambda a: a[:0]),
    "a calibration of another shape": lambda content: forged(content, calibration=lambda a: a[:, :1].copy()),
    "words out of order": lambda content: forged(content, unigrams=lambda a: a[::-1].copy()),
    "pairs of unknown words": lambda content: forged(content, pairs=lambda a: a + 2**30),
    **{
        f"a column for a row of {name}": lambda content, name=name: forged(content, **{name: lambda a: a[:, None] + 0})
        for name in ("unigrams", "word_idf", "char_idf", "token_df", "thresholds")
    },
    "n-grams that outweigh every number": lambda content: forged(content, {"params": {"char_weight": 1e308}}),
    "terms that are no text": lambda content: forged(content, tokens=lambda a: np.full_like(a, 255)),
    "sections that are none": lambda content: forged(content, {"sections": 7}),
    "too few sections": lambda content: forged(content, {"sections": ["sport"]}),
    "the same section twice": lambda content: forged(content, {"sections": ["sport", "sport", "sport", "sport"]}),
    "parameters that are none": lambda content: forged(content, {"params": {"no_such": 1}}),
    "parameters of another kind": lambda content: forged(content, {"params": {"word_ngrams": {"a": []}}}),
    "n-grams without end": lambda content: forged(content, {"params": {"char_ngrams": [1, 10**9]}}),
    "a count that is none": lambda content: forged(content, {"n_samples": "many"}),
    "a count without end": lambda content: forged(content, {"n_samples": float("inf")}),
    "a limit that is none": lambda content: forged(content, {"char_max_df": "many"}),
    "a limit below none": lambda content: forged(content, {"char_max_df": -1}),
    "suffixes that are none": lambda content: forged(content, {"tails": 7}),
}

# name: (the words of the command, what its sentence says)
CASES = {
    "no such file": ("predict -i none.csv", "none.csv: no such file"),
    "an empty file": ("predict -i empty", "found nothing"),
    "a folder without sections": ("predict -i folder", "without text files"),
    "an empty name": ("predict -i ''", "empty name"),
    "a folder as corpus": ("train folder", "without text files"),
    "a binary file": ("predict -i binary", "binary data"),
    "a file of NUL bytes": ("predict -i nuls", "binary data"),
    "a name in a circle": ("predict -i circle", "circle"),
    "a name that is too long": ("predict -i " + "x" * 300, "too long"),
    "a file within a file": ("predict -i table.csv/x", "table.csv/x"),
    **{f"a cut off {kind} file": (f"predict -i cut.{kind}", "cut off") for kind in ("gz", "bz2", "xz", "zst")},
    "the first bytes of gzip": ("predict -i magic.gz", "gzip"),
    "the first bytes of zstd": ("predict -i magic.zst", "zstd"),
    "garbage after the first bytes of gzip": ("predict -i garbage.gz", "gzip"),
    "compressed twice": ("predict -i twice.gz", "compressed twice"),
    "a spreadsheet": ("predict -i sheet.xlsx", "spreadsheet"),
    "an empty archive": ("corpus convert archive.zip -o new.csv", "empty zip archive"),
    "a PDF": ("predict -i a.pdf", "PDF"),
    "a picture": ("predict -i a.png", "picture"),
    "a photograph": ("predict -i a.jpg", "picture"),
    "a database": ("predict -i a.sqlite", "SQLite"),
    "an Arrow file": ("predict -i a.arrow", "Arrow"),
    "a program": ("predict -i a.out", "program"),
    "an old document": ("predict -i a.doc", "Office"),
    "a table without a header": ("predict -i noheader.csv", "by number"),
    "a table of something else": ("predict -i other.csv", "expected one named headline"),
    "a column that is not there": ("predict -i table.csv --text-column nope", "nope"),
    "a column beyond the last": ("predict -i noheader.csv --text-column 9", "'9'"),
    "a column of plain text": ("predict -i text.txt --text-column title", "plain text"),
    "a label column that is not there": ("train table.csv --label-column nope", "nope"),
    "objects of something else": ("predict -i keys.jsonl", "'name'"),
    "an array of something else": ("predict -i keys.json", "'name'"),
    "a JSON column that is not there": ("predict -i keys.jsonl --text-column nope", "nope"),
    "an array that breaks off": ("predict -i cut.json", "breaks off"),
    "an array with a fault": ("predict -i broken.json", "malformed after item 1"),
    "an object with a fault": ("predict -i broken_object.json", "malformed JSON"),
    "JSON nested 100,000 deep": ("predict -i deep.json", "malformed"),
    "Parquet cut off": ("predict -i cut.parquet", "damaged Parquet"),
    "the first bytes of Parquet": ("predict -i magic.parquet", "damaged Parquet"),
    "Parquet that claims 2 GB": ("predict -i claims.parquet", "damaged Parquet"),
    "Parquet changed inside": ("predict -i changed.parquet", "Parquet"),
    "a model as headlines": ("predict -i some.model", "found a model file"),
    "UTF-16 without its mark": ("predict --encoding utf-16 -i text.txt", "text.txt: found no byte order mark"),
    "a list of corrections that is plain text": ("train two.csv --corrections text.txt", "found no column 'section'"),
    "corrections through a pipe": ("train two.csv --corrections -", "--corrections was given standard input"),
    "a document that begins as a model would": ("predict -i nested.json", "found objects with the keys 'data'"),
    "a report of nothing": ("train two.csv --test-size 0 --report out", "--report was given with --test-size 0"),
    "a model onto standard output": ("train two.csv -m -", "found standard output as an output; expected a file"),
    "stories onto standard output": ("cluster two.csv -m -", "found standard output as an output; expected a file"),
    "a corpus onto standard output": ("corpus convert two.csv -o -", "found standard output as an output"),
    "an output without a name": ("predict -o '' x", "found an empty name as an output"),
    "a report without a name": ("evaluate two.csv --report ''", "found an empty name for the report"),
    "a number that is none": ("cluster two.csv --stories 2.5", "--stories: found '2.5'; expected a number"),
    "a time that is none": ("cluster two.csv --window 3x", "--window: found '3x'; expected a number"),
    "Parquet that swells": ("predict -i swollen.parquet", "MB of 'headline' in"),
    "Parquet of lists": ("predict -i lists.parquet", "headlines of the type list"),
    "Parquet of something else": ("predict -i keys.parquet", "'name'"),
    "an XML bomb": ("predict -i bomb.xml", "declares entities"),
    "an XML bomb in UTF-16": ("predict -i bomb16.xml", "declares entities"),
    "an external entity": ("predict -i outside.xml", "declares entities"),
    "XML nested 5,000 deep": ("predict -i deep.xml", "deep"),
    "XML of something else": ("predict -i root.xml", "without entries"),
    "a feed that breaks off": ("predict -i cut.xml", "without entries"),
    "a web page": ("predict -i page.html", "web page"),
    "a feed that swells": ("predict -i swollen.xml.gz", "more than 16 MB"),
    "a document that swells": ("predict -i swollen.json.gz", "more than 64 MB"),
    "an encoding that is none": ("predict -i table.csv --encoding klingon", "klingon"),
    "an encoding of no text": ("predict -i table.csv --encoding rot13", "rot13"),
    "an address without a host": ("predict -i http://", "http://"),
    "an address of nonsense": ("predict -i http://[::1", "http://[::1"),
    "nobody at the address": ("predict -i http://127.0.0.1:1/feed", "no answer"),
    "an endless feed": ("predict -i {web}/endless", "more than 32 MB"),
    "a feed that is not found": ("predict -i {web}/code/404", "HTTP 404"),
    "a server in trouble": ("predict -i {web}/code/503", "HTTP 503"),
    "a redirect in a circle": ("predict -i {web}/loop", "/loop"),
    "a redirect to a file": ("predict -i {web}/leave", "file:///etc/passwd"),
    "an answer cut short": ("predict -i {web}/cut", "no answer"),
    "a web page instead of a feed": ("predict -i {web}/page", "web page"),
    "no labels": ("train text.txt", "no column of sections"),
    "labels that are empty": ("train no_sections.csv", "no_sections.csv: the column of sections is empty in all"),
    "headlines that are empty": ("train no_headlines.csv", "the column of headlines is empty in all"),
    "headlines and labels apart": ("audit apart.csv", "apart.csv: no row has both"),
    "a column that cluster does not find": ("cluster table.csv --text-column nope", "'nope'; say with --text-column w"),
    "a label column that audit does not find": ("audit table.csv --label-column nope", "say with --label-column which"),
    "answers as Parquet": ("predict -o out.parquet Rain", "out.parquet: ends in .parquet, which cannot be written"),
    "answers as a spreadsheet": ("predict -o out.XLSX Rain", "expected .jsonl, .csv or .tsv; name it so"),
    "stories as a pickle": ("cluster two.csv -o out.pkl", "ends in .pkl, which cannot"),
    "stories as TSV": ("cluster two.csv -o out.tsv", "cannot be written here; expected .jsonl or .csv; name"),
    "suspicious labels as JSON": ("audit two.csv -o out.json", "cannot be written here; expected .csv; name it so"),
    "a corpus compressed": ("corpus convert two.csv -o out.csv.gz", "ends in .gz, which cannot be written"),
    "an empty corpus": ("train empty", "found nothing"),
    "blank lines as corpus": ("train blank.txt", "blank.txt"),
    "one label": ("train one_section.csv", "section"),
    "one headline a label": ("train one_each.csv", "one headline each"),
    "all duplicates": ("train repeats.csv", "group(s) of headlines"),
    "10,000 labels": ("train many_sections.csv", "different section(s)"),
    "a test file without labels": ("train two.csv --test text.txt", "no column of sections"),
    "a split by time without dates": ("train two.csv --split time", "date"),
    "everything to test on": ("train two.csv --test-size 1", "share"),
    "a size too small": ("train --test-size 0 --max-size 10B two.csv", "no model is as small"),
    "a size that is none": ("train two.csv --max-size big", "--max-size"),
    "a size beyond all": ("train two.csv --max-size 1e400MB", "--max-size"),
    "a size below zero": ("train two.csv --max-size=-5MB", "--max-size"),
    "a seed below zero": ("train two.csv --seed -1", "--seed"),
    "a none label that is not there": ("train two.csv --none-label nope", "nope"),
    "corrections that are none": ("train two.csv --corrections table.csv", "give the list that 'classify audit' wrote"),
    "a search without time": ("train two.csv --search 0", "--search"),
    "evaluate without labels": ("evaluate text.txt", "no column of sections"),
    "audit of one label": ("audit one_section.csv", "section"),
    "no such model": ("predict -m none.safetensors x", "none.safetensors: no such file"),
    "a folder as model": ("predict -m folder x", "folder"),
    "a device without end as model": ("predict -m /dev/zero x", "/dev/zero: this is no whole model"),
    "a device without end as stories": ("cluster --continue /dev/zero table.csv", "this is no whole file of stories"),
    "a device of noise as model": ("predict -m /dev/urandom x", "/dev/urandom: this is no whole model"),
    "a device without end": ("predict -i /dev/zero", "binary data"),
    "a device of noise": ("predict -i /dev/urandom", "/dev/urandom: found"),
    "nothing at all": ("predict -i /dev/null", "found nothing"),
    "an empty model": ("predict -m empty x", "no whole model file"),
    "a table as model": ("inspect -m table.csv", "no whole model file"),
    "a name in a circle as model": ("predict -m circle x", "circle"),
    "top in csv": ("predict -f csv --top 2 x", "--top"),
    "top zero": ("predict --top 0 x", "--top"),
    "an impossible budget": ("predict --max-error 0.0001 x", "0.0001"),
    "a budget that is no share": ("predict --max-error 5 x", "--max-error"),
    "a budget that is no number": ("predict --max-error nan x", "--max-error"),
    "a budget and a probability": ("predict --max-error 0.1 --min-probability 0.1 x", "not allowed with"),
    "an unknown format": ("predict -f xml x", "'xml'"),
    "an unknown command": ("frobnicate", "frobnicate"),
    "no command": ("", "COMMAND"),
    "an unknown option": ("predict --frobnicate x", "--frobnicate"),
    "no threads": ("predict --jobs 0 x", "--jobs"),
    "zero stories": ("cluster table.csv --stories 0", "--stories"),
    "more stories than headlines": ("cluster table.csv --stories 99", "n_stories=99"),
    "a window without dates": ("cluster table.csv --window 3d", "--window"),
    "a window that is none": ("cluster table.csv --window soon", "--window"),
    "a window below zero": ("cluster table.csv --window -3d", "--window"),
    "output onto the input": ("predict -i table.csv -o table.csv", "also an input"),
    "output onto a link to the input": ("predict -i table.csv -o link.csv", "also an input"),
    "output onto the model": ("predict -m model x -o model", "also an input"),
    "stories onto the input": ("cluster table.csv -o table.csv", "also an input"),
    "a model onto the corpus": ("train two.csv -m two.csv", "also an input"),
    "a model onto the test file": ("train two.csv --test table.csv -m table.csv", "also an input"),
    "corrections onto the corpus": ("audit two.csv -o two.csv", "also an input"),
    "a conversion onto its source": ("corpus convert table.csv -o table.csv", "also an input"),
    "output into a folder": ("predict x -o folder", "folder: is a directory"),
    "output within a file": ("predict x -o table.csv/out", "table.csv"),
    "a model into a folder": ("train fit.csv -m folder", "folder: is a directory"),
    "a report within a file": ("evaluate two.csv --report table.csv/report", "table.csv"),
    "a full disk": ("predict x -o /dev/full", "/dev/full: no space left"),
    "a model onto a full disk": ("train fit.csv -m /dev/full", "/dev/full: no space left"),
    "stories onto a full disk": ("cluster table.csv -o /dev/full", "/dev/full: no space left"),
    "a conversion onto a full disk": ("corpus convert table.csv -o /dev/full", "/dev/full: no space left"),
    "no public corpus of that name": ("corpus fetch nope", "nope"),
    "a conversion of nothing": ("corpus convert empty -o new.csv", "found nothing"),
}


class Web(BaseHTTPRequestHandler):
    """A server that means no good."""

    def do_GET(self):
        _, what, *rest = self.path.split("/")
        getattr(self, f"do_{what}")(*rest)

    def answer(self, code=200, body=b"", **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_code(self, code):
        self.answer(int(code))

    def do_loop(self):
        self.answer(302, Location="/loop")

    def do_leave(self):
        self.answer(302, Location="file:///etc/passwd")

    def do_cut(self):
        self.answer(body=b"half", Content_Length="1000")

    def do_page(self):
        self.answer(body=FILES["page.html"])

    def do_endless(self):
        self.answer(body=b'<rss version="2.0"><channel>')
        try:
            while True:
                self.wfile.write(b"<item><title>x</title></item>" * 1000)
        except OSError:
            pass

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def web():
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sound():
    """Give the bytes of a sound model."""
    sample = load_sample().slice(0, 400)
    return to_bytes(HeadlineClassifier(n_folds=2).fit(sample.headline, sample.section.to_pylist()))


@pytest.fixture
def folder(tmp_path, monkeypatch, sound):
    """Stand in a folder with the files that a case names, and a model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "link.csv").symlink_to("table.csv")
    (tmp_path / "table.csv").write_bytes(TABLE)
    (tmp_path / "model").write_bytes(sound)
    return tmp_path


def contents(folder):
    """List all that is in a folder."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def ask(capsys, argv):
    """Run the command; give its exit code and what it said."""
    try:
        code = main(argv)
    except SystemExit as stop:
        code = stop.code
    return code, capsys.readouterr().err


def refused(code, said, words):
    """Check the form of a refusal."""
    assert code == 2, said
    *notes, error = said.splitlines()
    assert error.startswith("classify: error: ")
    assert all(note.startswith("classify: ") and "left out" in note for note in notes), said
    assert words in error
    assert 40 < len(error) < 700
    assert "Traceback" not in said


def prepared(case, folder, web):
    """Put the files that a case names into its folder; give the words of its command."""
    argv = shlex.split(CASES[case][0].format(web=web))
    for word in argv:
        if word in FILES:
            (folder / word).write_bytes(FILES[word])
    return argv


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_gets_one_sentence_and_exit_code_2(case, folder, web, capsys):
    argv = prepared(case, folder, web)
    before = contents(folder)
    refused(*ask(capsys, argv), CASES[case][1])
    assert contents(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize("case", list(CASES)[::8])
def test_a_process_of_its_own_says_the_same(case, folder, web, capsys):
    argv = prepared(case, folder, web)
    before = contents(folder)
    command = [sys.executable, "-m", "classify", *argv]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.decode()) == ask(capsys, argv)
    assert contents(folder) == before


@pytest.mark.parametrize("case", MODELS)
def test_a_model_that_is_not_sound_is_refused(case, folder, sound, capsys):
    (folder / "evil.safetensors").write_bytes(MODELS[case](sound))
    for argv in (["predict", "-m", "evil.safetensors", "Rovers win"], ["inspect", "-m", "evil.safetensors"]):
        refused(*ask(capsys, argv), "evil.safetensors: ")


def test_the_sound_model_is_sound(folder, sound, capsys):
    """Forging nothing changes nothing: the refusals above are for what was changed."""
    (folder / "same.safetensors").write_bytes(forged(sound))
    assert ask(capsys, ["predict", "-m", "same.safetensors", "Rovers win"]) == (0, "")


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
    "a headline that is a list": (b'{"id":"1","title":"a"}\n{"id":"2","title":["b"]}\n', "12", []),
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
    else:
        assert said == ""


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


def test_the_table_is_long_enough():
    assert len(CASES) + len(MODELS) >= 60
