"""The model of IPTC Media Topics, and codes of sections in any model, through the real command."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from importlib import import_module

import pytest
from conftest import CHECKOUT

from classify import HeadlineClassifier, ModelFileError, load_model, save_model
from classify.classifier.modelfile import FILE
from classify.cli import main

# Invented headlines, one clear one for most topics.
CLEAR = {
    "arts, culture, entertainment and media": "Singer's new album tops charts as tour dates announced",
    "conflict, war and peace": "Drone strikes kill soldiers as ceasefire collapses",
    "crime, law and justice": "Man jailed for life for murder of neighbour",
    "disaster, accident and emergency incident": "Rescuers search rubble after powerful earthquake",
    "economy, business and finance": "Shares fall as inflation rises and bank raises interest rates",
    "education": "Schools told to change exams for pupils",
    "health": "Hospital patients offered new cancer vaccine",
    "labour": "Rail workers to strike over pay, union says",
    "politics and government": "Prime minister faces party rebellion before election",
    "religion": "Pope leads prayers with bishops in Vatican",
    "science and technology": "Astronomers find distant galaxy with space telescope",
    "sport": "Late goal sends Rovers into the cup final",
    "weather": "Heavy rain and snow forecast, with yellow weather warnings",
}


@pytest.fixture
def classify(capfd):
    """Return a function that runs the command and returns its exit code and what it wrote."""

    def run(*words):
        exit_code = main([str(word) for word in words])
        return exit_code, *capfd.readouterr()

    return run


@pytest.fixture(scope="module")
def codes():
    """The official codes by topic, from the script that trains the model."""
    sys.path.insert(0, str(CHECKOUT / "experiments"))
    yield import_module("_topics").CODES
    sys.path.remove(str(CHECKOUT / "experiments"))


@pytest.fixture
def training_file(tmp_path):
    """Return a function that writes a labelled file with the codes of its rows."""

    def write(codes_of_sport, codes_of_politics):
        path = tmp_path / "labelled.csv"
        sport = [f"Rovers {verb} cup match" for verb in ("win", "lose", "draw", "play", "watch", "start")]
        politics = [f"Senate {verb} tax vote" for verb in ("delays", "wins", "loses", "plans", "blocks", "starts")]
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["headline", "section", "code"])
            for i, (one, other) in enumerate(zip(sport, politics, strict=True)):
                rows.writerow([one, "sport", codes_of_sport[i % len(codes_of_sport)]])
                rows.writerow([other, "politics", codes_of_politics[i % len(codes_of_politics)]])
        return path

    return write


class TestPackagedModel:
    def test_clear_headlines_and_their_codes(self, classify, codes):
        exit_code, out, err = classify("predict", "-m", "iptc", "-f", "jsonl", *CLEAR.values())
        assert (exit_code, err) == (0, "")
        answers = [json.loads(line) for line in out.splitlines()]
        assert [answer["section"] for answer in answers] == list(CLEAR)
        assert [answer["code"] for answer in answers] == [codes[topic] for topic in CLEAR]
        assert list(answers[0]) == ["headline", "section", "code", "probability"]

    def test_no_topic_has_no_code(self, classify):
        out = classify("predict", "-m", "iptc", "-f", "jsonl", "--min-probability", "1", "Rovers win", " ")[1]
        assert [(a["section"], a["code"]) for a in map(json.loads, out.splitlines())] == [(None, None)] * 2

    def test_options_work_as_with_any_model(self, classify):
        out = classify("predict", "-m", "iptc", "-f", "jsonl", "--top", "2", "--explain", "3", "--max-error", "0.1",
                       CLEAR["sport"])[1]  # fmt: skip
        answer = json.loads(out)
        assert answer["section"] == answer["sections"][0]["section"] == "sport"
        assert len(answer["sections"]) == 2
        assert len(answer["terms"]) == 3

    def test_csv_has_the_columns_of_every_model(self, classify):
        out = classify("predict", "-m", "iptc", "-f", "csv", CLEAR["sport"])[1]
        assert out.splitlines()[0] == "id,headline,section,probability"

    def test_inspect_shows_topics_and_codes(self, classify, codes):
        facts = json.loads(classify("inspect", "-m", "iptc", "-f", "json")[1])
        assert facts["sections"] == sorted(codes)
        assert facts["codes"] == codes
        assert facts["params"]["none_label"] == "none"
        assert "sport (medtop:15000000)\n" in classify("inspect", "-m", "iptc", "-f", "table")[1]

    def test_the_default_is_the_model_of_four_sections(self, classify):
        words = ("predict", "-f", "jsonl", "--top", "4", CLEAR["sport"])
        assert classify(*words) == classify(*words, "-m", "sections")
        assert load_model("sections").codes_ == {}

    def test_a_file_of_that_name_is_read_with_its_folder(self, classify, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        shutil.copy(CHECKOUT / "classify" / "models" / "sections.safetensors", tmp_path / "iptc")
        facts = json.loads(classify("inspect", "-m", "./iptc", "-f", "json")[1])
        assert len(facts["sections"]) == 4

    def test_the_file_is_small(self):
        assert (CHECKOUT / "classify" / "models" / "iptc.safetensors").stat().st_size <= 6_000_000


class TestCodesOfOwnSections:
    def test_a_column_of_codes_is_learned(self, classify, training_file, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert classify("train", training_file(["S1"], ["P1"]), "-m", "own", "--test-size", "0")[0] == 0
        words = ("predict", "-m", "own", "-f", "jsonl", "Rovers win cup", "Senate tax vote")
        answers = [json.loads(line) for line in classify(*words)[1].splitlines()]
        assert [(answer["section"], answer["code"]) for answer in answers] == [("sport", "S1"), ("politics", "P1")]

    @pytest.mark.parametrize("of_sport", [["S1", "S2"], [""], ["1", "2", "3", "4", "5", "6"]])
    def test_a_column_that_is_no_code_of_each_section_is_left_out(
        self, classify, of_sport, training_file, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        words = ("train", training_file(of_sport, ["P1"]), "-m", "own", "--test-size", "0")
        exit_code, _, err = classify(*words)
        assert exit_code == 0
        assert "the column 'code' is not used" in err
        assert "code" not in json.loads(classify("predict", "-m", "own", "-f", "jsonl", "Cup")[1])


class TestWithCodes:
    @pytest.fixture
    def classifier(self):
        return HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"] * 2, ["sport", "politics"] * 2)

    def test_they_are_kept_by_file_and_smaller_model(self, classifier, tmp_path):
        coded = classifier.with_codes({"sport": "S1", "politics": "P1", "weather": "W1"})
        save_model(coded, tmp_path / "model")
        assert load_model(tmp_path / "model").codes_ == {"politics": "P1", "sport": "S1"}
        assert coded.refit(["a cup", "a vote"], ["sport", "politics"]).codes_ == coded.codes_
        assert classifier.codes_ == {}

    @pytest.mark.parametrize("codes", [{}, {"sport": "S1"}, {"sport": "S1", "politics": ""}])
    def test_a_section_without_a_code_is_an_error(self, classifier, codes):
        with pytest.raises(ValueError, match="section 'politics' has no code; expected one for each"):
            classifier.with_codes(codes)

    @pytest.mark.parametrize("codes", [["S1"], ["S1", 2], ["S1", "S2", "S3"], "ab", 3])
    def test_codes_that_do_not_fit_are_a_file_error(self, classifier, codes, tmp_path):
        path = tmp_path / "model"
        save_model(classifier, path)
        header, arrays = FILE.unpack(path.read_bytes())
        more = {name: value for name, value in header.items() if name not in ("format", "version", "sha256")}
        path.write_bytes(FILE.pack(arrays, **more | {"codes": codes}))
        with pytest.raises(ModelFileError, match="its codes do not fit"):
            load_model(path)
