"""`classify train` with and without what is known of words beforehand."""

from __future__ import annotations

import pytest

from classify import HeadlineClassifier, clean, learn_background, load_model, load_sample, save_background
from classify.classifier.modelfile import to_bytes
from classify.cli import main
from classify.features import load_background

ROWS = [
    *((headline, "sport") for headline in ("Rovers win the cup", "Striker signs for City", "Coach sacked after derby")),
    *((headline, "politics") for headline in ("MPs vote on tax", "Senate passes spending bill", "Minister quits")),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Write labelled and unlabelled headlines, and a background."""
    monkeypatch.chdir(tmp_path)
    table = "".join(f"{headline},{section}\n" for headline, section in ROWS)
    (tmp_path / "few.csv").write_text("headline,section\n" + table)
    sample = load_sample().slice(0, 400).headline
    (tmp_path / "titles.txt").write_text("\n".join(sample.to_pylist()), encoding="utf-8")
    save_background(learn_background([sample], n_dims=8), "words.safetensors")
    return tmp_path


def trained(*options):
    """Run the command; return the bytes of the model."""
    assert main(["train", "few.csv", "-m", "m.safetensors", "--test-size", "0", *options]) == 0
    return to_bytes(load_model("m.safetensors"))


def by_library(background):
    """Train by the library; return the bytes of the model."""
    headlines, sections = zip(*ROWS, strict=True)
    return to_bytes(HeadlineClassifier(background=background).fit(list(headlines), list(sections)))


def test_none_is_a_model_of_the_labelled_words_alone(folder):
    found = trained("--background", "none")
    assert found == by_library(None)
    assert len(load_model("m.safetensors").vectorizer_.tokens_) < 30


def test_the_one_that_comes_along_is_the_default(folder):
    assert trained() == trained("--background", "auto") == by_library("auto")


def test_a_file(folder):
    assert trained("--background", "words.safetensors") == by_library(load_background("words.safetensors"))


def test_unlabelled_headlines_alone_and_on_top(folder):
    own = learn_background([clean(load_sample().slice(0, 400).headline)])
    assert trained("--background", "none", "--unlabelled", "titles.txt") == by_library(own)
    assert trained("--unlabelled", "titles.txt") == by_library(["auto", own])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--background", "missing"], "missing: no such file"),
        (["--background", "few.csv"], "few.csv: this is "),
        (["--unlabelled", "missing.csv"], "missing.csv: no such file"),
        (["--background", "m.safetensors"], "m.safetensors: is also an input"),
        (["--unlabelled", "few.csv"], "no word is in 3 of 6 different headlines"),
    ],
)
def test_what_cannot_work_is_one_sentence(folder, capsys, options, words):
    (folder / "m.safetensors").write_bytes((folder / "words.safetensors").read_bytes())
    assert main(["train", "few.csv", "-m", "m.safetensors", "--test-size", "0", *options]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
