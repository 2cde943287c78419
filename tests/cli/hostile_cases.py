"""Hostile files, a folder with them, and the form of a refusal, for the tests of hostile input."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
from functools import cache

import pyarrow as pa
from pyarrow import parquet

from classify import HeadlineClassifier, load_sample
from classify.classifier.modelfile import to_bytes
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


@cache
def sound_model():
    """Return the bytes of a sound model."""
    sample = load_sample().slice(0, 400)
    return to_bytes(HeadlineClassifier(n_folds=2).fit(sample.headline, sample.section.to_pylist()))


def fill(folder):
    """Write a model, a table and what has the wrong kind into a folder; return the folder."""
    (folder / "folder").mkdir()
    (folder / "circle").symlink_to("circle")
    (folder / "link.csv").symlink_to("table.csv")
    (folder / "table.csv").write_bytes(TABLE)
    (folder / "model").write_bytes(sound_model())
    return folder


def ask(capsys, argv):
    """Run the command; return its exit code and what it wrote to standard error."""
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
