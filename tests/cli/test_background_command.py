"""`classify background`: files in, one file out, the same as the library learns."""

from __future__ import annotations

import io
import sys

import pytest

from classify import learn_background, load_background, load_sample
from classify.cli import main
from classify.features.backgroundfile import to_bytes
from classify.text import clean_corpus


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write two files of headlines, and return the headlines of both."""
    monkeypatch.chdir(tmp_path)
    sample = load_sample().slice(0, 600)
    frame = sample.to_pandas().drop(columns="line")
    frame[:300].to_csv("one.csv", index=False)
    frame[300:].to_json("two.jsonl", orient="records", lines=True)
    return [clean_corpus(part.headline, part.publisher)[0] for part in (sample.slice(0, 300), sample.slice(300, 300))]


def test_it_writes_what_the_library_learns(files, tmp_path, capsys):
    assert main(["background", "one.csv", "two.jsonl", "-o", "b.safetensors", "--jobs", "1"]) == 0
    expected = learn_background(files)
    assert (tmp_path / "b.safetensors").read_bytes() == to_bytes(expected)
    out = capsys.readouterr().out
    assert f"learned {len(expected):,} words from {expected.n_headlines:,} different headlines" in out


def test_it_reads_standard_input(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Rovers win\nRovers lose\nRovers draw\n")))
    assert main(["background", "-", "-o", "b.safetensors"]) == 0
    assert load_background("b.safetensors").words.to_pylist() == ["rovers"]


def test_rows_skipped_are_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h.jsonl").write_text('{"title": "Rovers win"}\n[1]\n{"title": "Rovers lose"}\n{"title": "Rovers"}\n')
    assert main(["background", "h.jsonl", "-o", "b.safetensors"]) == 1
    assert "1 row(s) that could not be read were skipped (line 2)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["none.csv", "-o", "b"], "none.csv: no such file"),
        (["few.txt", "-o", "b"], "no word is in 3 of 2 different headlines"),
        (["few.txt", "-o", "few.txt"], "few.txt: is also an input"),
        (["few.txt", "-o", "-"], "found standard output as an output"),
    ],
)
def test_what_cannot_work_is_one_sentence(tmp_path, monkeypatch, capsys, argv, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "few.txt").write_text("Rovers win\nSenate votes\n")
    assert main(["background", *argv]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
