"""Several sections a headline, from the commands a user types, and what is measured."""

from __future__ import annotations

import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from classifier_cases import VOCABULARIES, corpus
from sklearn.metrics import f1_score

from classify import Headlines, load_model
from classify.cli import main
from classify.evaluation import evaluate_multi_label, train_multi_label
from classify.evaluation.multi_label import set_scores
from classify.splits import label_sets, prepare_label_sets


def rows_of(n, seed):
    """Rows of a headline and its one or two sections between semicolons, one in ten of them wrong."""
    rng = np.random.default_rng(seed)
    headlines, sections = corpus(n, noise=0.1, seed=seed)
    for i in range(0, n, 3):
        other = ("politics", "sport", "tech")[rng.integers(3)]
        headlines[i] += " " + " ".join(rng.choice(VOCABULARIES[other].split(), 3))
        sections[i] = f"{sections[i]}; {other}"
    return list(zip(headlines, sections, strict=True))


def write(path, rows):
    """Write a labelled file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("headline", "section"), *rows])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with labelled files, and a model."""
    folder = tmp_path_factory.mktemp("several")
    write(folder / "train.csv", rows_of(400, 0))
    write(folder / "test.csv", [*rows_of(200, 1), ("Rain expected over the new cup", "weather;sport")])
    main(["train", f"{folder}/train.csv", "--multi-label", "-m", f"{folder}/own.model", "--test-size", "0",
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


BOTH = "Senate vote election striker penalty cup"


class TestTrain:
    def test_measured_then_learned_again(self, classify, folder):
        words = ("train", "train.csv", "--multi-label", "-m", "again.model", "--background", "none", "--seed", 3)
        exit_code, out, err = classify(*words)
        assert (exit_code, err) == (0, "")
        assert "grouped split, seed 3" in out
        for name in ("micro-f1 0.", "macro-f1 0.", "exactly the true sections 0.", "learned again from all 4"):
            assert name in out
        first = (folder / "again.model").read_bytes()
        classify(*words, "--jobs", 1)
        assert (folder / "again.model").read_bytes() == first

    def test_a_given_test_file(self, classify):
        words = ("--test", "test.csv", "-m", "tested.model", "--background", "none", "--max-size", "20KB")
        exit_code, out, _ = classify("train", "train.csv", "--multi-label", *words)
        assert exit_code == 0
        assert "given test file" in out
        assert "learned again" not in out
        assert "(0.0 MB)" in out

    def test_without_the_option_the_message_names_it(self, classify):
        exit_code, _, err = classify("train", "train.csv", "-m", "x.model")
        assert exit_code == 2
        assert "several sections were found in 1" in err
        assert "--multi-label" in err
        assert err.count("\n") == 1

    @pytest.mark.parametrize("other", [("--search", "5"), ("--corrections", "test.csv")])
    def test_options_of_one_section(self, classify, other):
        exit_code, _, err = classify("train", "train.csv", "--multi-label", *other)
        assert exit_code == 2
        assert "--multi-label was given with --search or --corrections" in err

    def test_codes_of_a_file_are_not_used(self, classify, folder):
        with (folder / "codes.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("headline", "section", "code"), *((*row, "X") for row in rows_of(60, 4))])
        words = ("train", "codes.csv", "--multi-label", "-m", "codes.model", "--test-size", 0, "--background", "none")
        exit_code, _, err = classify(*words)
        assert exit_code == 0
        assert "the column 'code' is not used" in err

    def test_one_section_a_headline_works_too(self, classify, folder):
        write(folder / "single.csv", zip(*corpus(120), strict=True))
        words = ("train", "single.csv", "--multi-label", "-m", "single.model", "--background", "none")
        assert classify(*words)[0] == 0
        assert load_model(folder / "single.model").predict(["Senate vote election tax"]) == [["politics"]]


class TestPredict:
    def test_json_lines(self, classify):
        words = ("predict", "-m", "own.model", "-f", "jsonl", "--top", 3, "--explain", 2, BOTH, " ")
        exit_code, out, err = classify(*words)
        assert (exit_code, err) == (0, "")
        first, blank = map(json.loads, out.splitlines())
        assert list(first) == ["headline", "section", "probability", "sections", "terms"]
        assert sorted(first["section"]) == ["politics", "sport"]
        assert first["probability"] == sorted(first["probability"], reverse=True)
        ranked = [(row["section"], row["probability"]) for row in first["sections"]]
        assert list(zip(first["section"], first["probability"], strict=True)) == ranked[:2]
        assert len(ranked) == 3
        assert [len(terms) for terms in first["terms"]] == [2, 2]
        assert first["terms"][0][0]["weight"] > 0
        assert blank == {"headline": " ", "section": [], "probability": [], "sections": [], "terms": []}

    @pytest.mark.parametrize(("form", "delimiter"), [("csv", ","), ("tsv", "\t")])
    def test_delimited(self, classify, form, delimiter):
        out = classify("predict", "-m", "own.model", "-f", form, BOTH, "")[1]
        header, first, blank = csv.reader(out.splitlines(), delimiter=delimiter)
        assert header == ["id", "headline", "section", "probability"]
        assert sorted(first[2].split(";")) == ["politics", "sport"]
        assert all(0.2 < float(p) <= 1 for p in first[3].split(";"))
        assert blank == ["", "", "", ""]

    def test_table(self, classify):
        out = classify("predict", "-m", "own.model", "-f", "table", "--explain", 1, "--top", 1, BOTH)[1]
        header, row = out.splitlines()
        assert header.split() == ["sections", "sure", "most", "probable", "because", "of", "headline"]
        assert row.startswith(("politics;sport", "sport;politics"))

    def test_a_budget_leaves_sections_out(self, classify, folder):
        words = ("predict", "-m", "own.model", "-i", "test.csv", "-f", "jsonl")
        every, sure = (
            [set(json.loads(line)["section"]) for line in classify(*words, *more)[1].splitlines()]
            for more in ((), ("--min-probability", "0.9"))
        )
        assert all(some <= all_ for some, all_ in zip(sure, every, strict=True))
        assert 0 < sum(map(len, sure)) < sum(map(len, every))

    def test_columns_and_ids_pass_through(self, classify, folder):
        (folder / "in.jsonl").write_text(json.dumps({"id": 7, "headline": BOTH, "url": "u;v"}) + "\n", "utf-8")
        words = ("predict", "-m", "own.model", "-i", "in.jsonl", "--keep", "url")
        answer = json.loads(classify(*words, "-f", "jsonl")[1])
        assert (answer["id"], answer["url"], len(answer["section"])) == (7, "u;v", 2)
        assert classify(*words, "-f", "csv")[1].splitlines()[0].endswith("probability,url")

    def test_codes(self, classify, folder):
        model = load_model(folder / "own.model").with_codes({"politics": "P", "sport": "S", "tech": 'T"'})
        from classify import save_model

        save_model(model, folder / "coded.model")
        answer = json.loads(classify("predict", "-m", "coded.model", "-f", "jsonl", BOTH)[1])
        assert [code[0].lower() for code in answer["code"]] == [name[0] for name in answer["section"]]
        assert list(answer)[:3] == ["headline", "section", "code"]

    def test_inspect_shows_cutoffs(self, classify):
        facts = json.loads(classify("inspect", "-m", "own.model", "-f", "json")[1])
        assert list(facts["cutoffs"]) == ["politics", "sport", "tech"]
        assert all(0.2 <= cutoff < 1 for cutoff in facts["cutoffs"].values())

    def test_levels_are_an_error(self, classify):
        exit_code, _, err = classify("predict", "-m", "own.model", "--level", 1, BOTH)
        assert (exit_code, err.count("\n")) == (2, 1)


class TestEvaluate:
    def test_json_against_scikit_learn(self, classify, folder):
        numbers = json.loads(classify("evaluate", "test.csv", "-m", "own.model", "-f", "json")[1])
        rows = rows_of(200, 1)
        labels = ["politics", "sport", "tech", "weather"]
        assert numbers["labels"] == labels
        text = dict(rows) | {"Rain expected over the new cup": "weather;sport"}
        sets = [{name.strip() for name in sections.split(";")} for sections in text.values()]
        found = load_model(folder / "own.model").predict(list(text))
        true, answered = (np.array([[name in names for name in labels] for names in each]) for each in (sets, found))
        assert numbers["data"]["n_test"] == len(text)
        for average in ("micro", "macro"):
            score = numbers[f"{average}_f1"]
            assert score["value"] == pytest.approx(f1_score(true, answered, average=average, zero_division=0))
            assert score["low"] < score["value"] < score["high"]
        assert numbers["exact_match"]["value"] == pytest.approx((true == answered).all(axis=1).mean())
        assert numbers["per_section"][3] | {"f1_low": 0, "f1_high": 0} == {
            "section": "weather", "precision": None, "recall": 0, "f1": 0, "f1_low": 0, "f1_high": 0, "support": 1,
            "average_precision": pytest.approx(1 / len(text)), "cutoff": None,
        }  # fmt: skip
        assert [row["max_error"] for row in numbers["budgets"]] == [0.01, 0.02, 0.05, 0.1, 0.2]

    def test_table(self, classify):
        exit_code, out, _ = classify("evaluate", "test.csv", "-m", "own.model", "-f", "table")
        assert exit_code == 0
        assert out.splitlines()[1].startswith("micro-f1 0.")
        assert [line.split()[-1] for line in out.splitlines()[-4:]] == ["politics", "sport", "tech", "weather"]

    def test_report(self, classify, folder):
        assert classify("evaluate", "test.csv", "-m", "own.model", "--report", "page", "-f", "table")[0] == 0
        page = (folder / "page" / "report.html").read_text("utf-8")
        for text in ("micro-F1", "Error budgets (--max-error)", "By section", "Mistakes it was surest of"):
            assert text in page, text
        numbers = json.loads((folder / "page" / "results.json").read_text("utf-8"))
        assert numbers["headline"].startswith("micro-F1 0.")
        assert sorted(path.stem for path in (folder / "page" / "figures").glob("*.svg")) == sorted(numbers["figures"])

    @pytest.mark.parametrize("words", [("--compare", "iptc"), ("--level", "1")])
    def test_options_of_one_section(self, classify, words):
        exit_code, _, err = classify("evaluate", "test.csv", "-m", "own.model", *words)
        assert exit_code == 2
        assert "answers with several sections a headline" in err

    def test_a_headline_without_the_answers(self, folder):
        rows = Headlines(pa.array(["qqq zzz"]), section=pa.array(["weather;rain"]))
        numbers = evaluate_multi_label(load_model(folder / "own.model"), rows)
        assert numbers["data"]["sections"] == ["politics", "rain", "sport", "tech", "weather"]
        assert numbers["micro_f1"]["value"] == 0


class TestMeasures:
    def test_by_hand(self):
        true = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], bool)
        answered = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], bool)
        micro, macro, exact, rows = set_scores(true, answered, np.arange(4))
        # Three hits, four true and four answered; two sets are right.
        assert (micro["value"], exact["value"]) == (0.75, 0.5)
        assert [row["f1"] for row in rows] == [1, 0.5, None]
        assert macro["value"] == 0.75
        assert [row["precision"] for row in rows] == [1, 0.5, None]

    def test_repeats_have_the_sections_of_all(self):
        given = ["Rovers win - BBC News", "Tax vote", "Rovers Win", "Rain", " "]
        cells = ["sport", "politics", "general; sport", None, "sport"]
        rows = prepare_label_sets(Headlines(pa.array(given), section=pa.array(cells)))
        assert rows.headlines.line.to_pylist() == [1, 2]
        assert label_sets(rows) == [["general", "sport"], ["politics"]]
        assert (rows.n_unlabelled, rows.n_repeats) == (2, 1)

    def test_a_section_that_is_tested_alone_is_not_found(self):
        rows = rows_of(300, 2)
        test = Headlines(pa.array(["Storm warning"]), section=pa.array(["weather"]))
        train = Headlines(pa.array([row[0] for row in rows]), section=pa.array([row[1] for row in rows]))
        training = train_multi_label(train, test=test)
        assert training.evaluation["data"]["sections"] == ["politics", "sport", "tech", "weather"]
        assert training.evaluation["per_section"][3]["recall"] == 0
