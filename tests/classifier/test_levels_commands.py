"""`--level`, and scores at each level, from the commands a user types."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from classifier_cases import corpus

from classify.classifier.levels import level_name
from classify.cli import main
from classify.evaluation import evaluate
from classify.evaluation.answers import Answers
from classify.evaluation.levels import level_scores
from classify.headlines import Headlines

NAMES = {"politics": "news/politics", "sport": "sport/football", "tech": "news/tech"}


def write(path, n, seed, unknown=()):
    """Write a labelled file, with rows of sections that no model knows."""
    headlines, sections = corpus(n, noise=0.1, seed=seed)
    rows = [(text, NAMES[section]) for text, section in zip(headlines, sections, strict=True)]
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("headline", "section"), *rows, *unknown])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a model of two levels, and headlines to test on, one of an unknown section of a known parent."""
    folder = tmp_path_factory.mktemp("levels")
    write(folder / "train.csv", 300, 0)
    write(folder / "test.csv", 150, 1, [("Keeper saves cup goal for rovers", "sport/handball")])
    write(folder / "flat.csv", 300, 0)
    text = (folder / "flat.csv").read_text("utf-8")
    (folder / "flat.csv").write_text(text.replace("news/", "").replace("sport/football", "sport"), "utf-8")
    for name in ("train", "flat"):
        main(["train", f"{folder}/{name}.csv", "-m", f"{folder}/{name}.model", "--test-size", "0",
              "--background", "none"])  # fmt: skip
    return folder


@pytest.fixture
def classify(capfd, folder, monkeypatch):
    """Return a function that runs the command in the folder and returns its exit code and what it wrote."""
    monkeypatch.chdir(folder)

    def run(*words):
        exit_code = main([str(word) for word in words])
        return exit_code, *capfd.readouterr()

    return run


class TestPredict:
    def test_the_probability_is_the_sum(self, classify):
        words = ("predict", "-m", "train.model", "-f", "jsonl", "--top", "9", "Chip software vote", "Rovers cup goal")
        fine = [json.loads(line) for line in classify(*words)[1].splitlines()]
        coarse = [json.loads(line) for line in classify(*words, "--level", "1")[1].splitlines()]
        assert [answer["section"] for answer in coarse] == ["news", "sport"]
        for one, other in zip(fine, coarse, strict=True):
            sums = dict.fromkeys(("news", "sport"), 0.0)
            for row in one["sections"]:
                sums[level_name(row["section"], 1)] += row["probability"]
            for row in other["sections"]:
                assert row["probability"] == pytest.approx(sums[row["section"]], abs=3e-6)

    @pytest.mark.parametrize("form", ["table", "csv", "tsv"])
    def test_every_format(self, classify, form):
        exit_code, out, err = classify("predict", "-m", "train.model", "--level", 1, "-f", form, "Rovers cup goal")
        assert (exit_code, err) == (0, "")
        assert "sport" in out
        assert "football" not in out

    def test_with_reasons_and_a_least_probability(self, classify):
        words = ("--level", 1, "--explain", 2, "--min-probability", 0.85, "-f", "jsonl", "Rovers cup goal", "day")
        sure, unsure = map(json.loads, classify("predict", "-m", "train.model", *words)[1].splitlines())
        assert sure["section"] == "sport"
        assert sure["terms"][0]["weight"] > 0
        assert unsure["section"] is None

    def test_a_model_without_levels_has_one(self, classify):
        words = ("predict", "-f", "jsonl", "Late goal sends Rovers into the cup final")
        assert classify(*words, "--level", 1) == classify(*words)

    def test_a_level_that_is_not_there(self, classify):
        exit_code, out, err = classify("predict", "-m", "train.model", "--level", 3, "Rovers")
        assert (exit_code, out) == (2, "")
        assert err.count("\n") == 1
        assert "level=3; expected a whole number from 1 to 2" in err


class TestEvaluate:
    def test_scores_of_each_level(self, classify):
        numbers = json.loads(classify("evaluate", "test.csv", "-m", "train.model", "-f", "json")[1])
        first, last = numbers["levels"]
        assert (first["level"], first["n_sections"], last["level"], last["n_sections"]) == (1, 2, 2, 4)
        assert last["accuracy"] == numbers["accuracy"]
        assert last["macro_f1"] == numbers["macro_f1"]
        assert first["accuracy"]["value"] > last["accuracy"]["value"]
        at_first = json.loads(classify("evaluate", "test.csv", "-m", "train.model", "-f", "json", "--level", 1)[1])
        assert at_first["levels"] is None
        for key in ("accuracy", "macro_f1", "log_loss", "expected_calibration_error"):
            assert at_first[key] == first[key], key
        # Neither its section nor the headline is unknown at this level.
        assert at_first["data"]["unknown_sections"] == []
        assert [row["section"] for row in at_first["per_section"]] == ["news", "sport"]

    def test_table(self, classify):
        exit_code, out, _ = classify("evaluate", "test.csv", "-m", "train.model", "-f", "table")
        assert exit_code == 0
        rows = out[out.index("level  sections") :].splitlines()
        assert [row.split()[:2] for row in rows[1:3]] == [["1", "2"], ["2", "4"]]

    def test_compared_with_a_flat_model(self, classify):
        words = ("evaluate", "test.csv", "-m", "train.model", "--compare", "flat.model", "-f", "json", "--level", 1)
        comparison = json.loads(classify(*words)[1])["comparison"]
        assert {row["name"] for row in comparison["models"]} == {"train", "flat"}

    def test_a_model_of_the_package(self, classify):
        numbers = json.loads(classify("evaluate", "test.csv", "-m", "iptc", "-f", "json")[1])
        assert numbers["model"]["size_bytes"] < 6_000_000
        assert numbers["data"]["unknown_sections"][0]["section"] == "news/politics"

    def test_report(self, classify, folder):
        assert classify("evaluate", "test.csv", "-m", "train.model", "--report", "report", "-f", "json")[0] == 0
        for name in ("report.html", "report.md"):
            page = (folder / "report" / name).read_text("utf-8")
            assert "At each level of the sections" in page
            assert "2 sections of level 1:" in page
        assert json.loads((folder / "report" / "results.json").read_text("utf-8"))["levels"][0]["n_sections"] == 2
        classify("evaluate", "test.csv", "-m", "train.model", "--report", "flat", "-f", "json", "--level", 1)
        assert "each level" not in (folder / "flat" / "report.html").read_text("utf-8")


class TestLevelScores:
    def test_by_hand(self):
        proba = np.array([[0.4, 0.3, 0.3], [0.3, 0.3, 0.4], [0.1, 0.1, 0.8], [0.0, 0.1, 0.9]])
        answers = Answers(["a/x", "a/y", "b"], np.array([1, 0, 2, 1]), proba, np.arange(4))
        first, last = level_scores(answers)
        # At the first level only the last headline is wrong; at the second, only the third is right.
        assert (first["accuracy"]["value"], last["accuracy"]["value"]) == (0.75, 0.25)
        assert first["macro_f1"]["value"] == pytest.approx((2 * 2 / 5 + 2 / 3) / 2)
        assert first["log_loss"] == pytest.approx(-np.log([0.7, 0.6, 0.8, 0.1]).mean())

    def test_sections_of_one_level_have_no_others(self):
        assert level_scores(Answers(["a/x", "b"], np.array([0]), np.array([[0.5, 0.5]]), np.arange(1))) is None

    def test_a_label_of_none_stays(self, folder):
        from classify import HeadlineClassifier

        headlines, sections = corpus(300)
        named = [{"politics": "n/a", "sport": "play/ball", "tech": "play/games"}[section] for section in sections]
        classifier = HeadlineClassifier(none_label="n/a", background=None).fit(headlines, named)
        rows = Headlines(pa.array(headlines[:60]), section=pa.array(named[:60]))
        numbers = evaluate(classifier, rows, level=1, n_predictions=0)
        assert numbers["labels"] == ["play"]
        assert numbers["none_of_these"]["n_headlines"] == 20


def test_training_prints_the_accuracy_of_each_level_above(classify):
    exit_code, out, _ = classify("train", "train.csv", "-m", "more.model", "--background", "none")
    assert exit_code == 0
    assert out.count(" accuracy with the 2 sections of level 1\n") == 1
    assert "level 2" not in out
