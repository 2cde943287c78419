"""What is written in a format is read back from it, whatever it is: the formats without a writer of their own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.headlines import Headlines
from classify.readers import read_headlines

# Letters of several scripts, and no word that would be the header of a table.
LETTERS = "abkxyz ÄÖé'’“”–!?&%$ßčłőŠджЯ東京कि"
TITLE = st.text(LETTERS, min_size=1, max_size=30).map(lambda text: " ".join(text.split())).filter(bool)
TITLES = st.lists(TITLE.filter(lambda text: text.lower() not in ("text", "title")), min_size=1, max_size=20)
ZSTD = pa.Codec("zstd")
PACKERS = st.sampled_from(
    [bytes, gzip.compress, bz2.compress, lzma.compress, lambda data: ZSTD.compress(data, asbytes=True)]
)


def read(data, **options):
    """Read bytes to the end; give the rows and the number skipped."""
    reader = read_headlines(io.BytesIO(data), **options)
    return Headlines.concat(reader), reader.skipped


@given(TITLES, PACKERS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_lines_of_text_are_read(titles, pack, end, closed):
    data = end.join(titles) + (end if closed else "")
    rows, skipped = read(pack(data.encode()), encoding="utf-8")
    lines = [text for text in titles if not text.lstrip().startswith(("–", "-"))]
    if len(lines) == len(titles):  # dashes make the text of a web page of it
        assert (rows.headline.to_pylist(), skipped) == (titles, 0)


@given(TITLES, PACKERS, st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "gb18030"]))
def test_any_encoding_that_is_named_is_read(titles, pack, encoding):
    data = "".join(f"{i},{text}\n" for i, text in enumerate(titles))
    rows, skipped = read(pack(f"id,headline\n{data}".encode(encoding)), encoding=encoding)
    assert (rows.headline.to_pylist(), skipped) == (titles, 0)
    assert rows.id.to_pylist() == [str(i) for i in range(len(titles))]


@given(TITLES, PACKERS, st.data())
def test_any_lines_of_fasttext_are_read(titles, pack, data):
    labels = [data.draw(st.text("abÄд京-_1", min_size=1, max_size=8)) for _ in titles]
    lines = "".join(f"__label__{label} {text}\n" for label, text in zip(labels, titles, strict=True))
    rows, skipped = read(pack(lines.encode()), encoding="utf-8")
    assert (rows.headline.to_pylist(), rows.section.to_pylist(), skipped) == (titles, labels, 0)


@given(st.lists(TITLE.filter(lambda t: t[0] not in "–'’" and t[-1] != "–"), min_size=2, max_size=9), PACKERS, st.data())
def test_any_text_of_a_web_page_is_read(titles, pack, data):
    marks = [data.draw(st.sampled_from(["- {}", "• {}", "{} –", "* {} *", "  — {}"])) for _ in titles]
    lines = "".join(f"{mark.format(text)}\n" for mark, text in zip(marks, titles, strict=True))
    page = f"Top stories\n\n{lines}A paragraph that leads on.\n"
    rows, skipped = read(pack(page.encode()), encoding="utf-8")
    assert (rows.headline.to_pylist(), skipped) == (titles, 2)


@given(st.lists(st.tuples(st.none() | TITLE, st.none() | st.integers(0, 9)), min_size=1), PACKERS, st.integers(1, 7))
def test_any_parquet_is_read(rows, pack, group):
    out = io.BytesIO()
    headline, number = pa.array([a for a, _ in rows], pa.string()), pa.array([b for _, b in rows], pa.int8())
    pq.write_table(pa.table({"headline": headline, "id": number}), out, row_group_size=group)
    found, skipped = read(pack(out.getvalue()), batch_size=3)
    assert found.headline.to_pylist() == [a or "" for a, _ in rows]
    assert found.id.to_pylist() == [None if b is None else str(b) for _, b in rows]
    assert skipped == 0


@given(st.lists(st.tuples(st.sampled_from(["arts", "sport", "日本"]), TITLE), min_size=1, max_size=8), PACKERS)
def test_any_folder_is_read(files, pack):
    with tempfile.TemporaryDirectory() as folder:
        for number, (section, title) in enumerate(files):
            path = Path(folder, section, f"{number}.txt")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(pack(f"\n{title}\n\nThe text.\n".encode()))
        reader = read_headlines(folder, encoding="utf-8")
        rows = Headlines.concat(reader)
    wanted = sorted((f"{section}/{number}.txt", section, title) for number, (section, title) in enumerate(files))
    assert list(zip(rows.id.to_pylist(), rows.section.to_pylist(), rows.headline.to_pylist(), strict=True)) == wanted
    assert reader.skipped == 0


def test_a_damaged_file_in_a_folder_is_skipped(tmp_path):
    (tmp_path / "arts").mkdir()
    (tmp_path / "arts" / "a.txt").write_bytes(b"Rain at last\n")
    (tmp_path / "arts" / "b.txt.gz").write_bytes(gzip.compress(b"Port closes\n" * 9)[:-12])
    reader = read_headlines(tmp_path)
    assert Headlines.concat(reader).headline.to_pylist() == ["Rain at last"]
    assert reader.skipped_lines == [2]


@pytest.mark.parametrize("packed", [False, True])
def test_how_far_a_file_is_read(tmp_path, packed):
    text = "".join(f"Rovers win the cup number {i * 7919}\n" for i in range(200_000)).encode()
    (tmp_path / "many").write_bytes(gzip.compress(text) if packed else text)
    size = (tmp_path / "many").stat().st_size
    with read_headlines(tmp_path / "many", batch_size=10_000) as reader:
        seen = [reader.progress for _ in reader]
    assert {total for _, total in seen} == {size}
    places = [place for place, _ in seen]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] == size
    assert read_headlines(io.BytesIO(b"Rain\n")).progress == (0, None)
