"""Evaluation in grouped folds: against folds made by hand, by its properties, through the command."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from scipy import stats

from classify import HeadlineClassifier, Headlines, evaluate_folds, load_model, load_sample
from classify.cli import main
from classify.evaluation.folds import mean_over_folds
from classify.evaluation.schema import FILE
from classify.report import write_report
from classify.splits import deal_folds, prepare_labelled

SMALL = HeadlineClassifier(n_folds=2, char_ngrams=None, background=None)


@pytest.fixture(scope="module")
def sample():
    return load_sample().slice(0, 500)


@pytest.fixture(scope="module")
def found(sample):
    return evaluate_folds(sample, classifier=SMALL, n_folds=3, seed=4, name="small")


@pytest.mark.parametrize("scores", [[0.7, 0.8], [0.5, 0.6, 0.55, 0.52], [1.2, 0.9, 1.0]])
def test_the_interval_is_that_of_nadeau_and_bengio(scores):
    k = len(scores)
    spread = np.sqrt((1 / k + 1 / (k - 1)) * np.var(scores, ddof=1))
    low, high = stats.t.interval(0.95, k - 1, np.mean(scores), spread)
    limit = 1 if max(scores) <= 1 else np.inf
    expected = {"value": np.mean(scores), "low": max(low, 0), "high": min(high, limit)}
    assert mean_over_folds(scores) == pytest.approx(expected)


def test_a_fold_without_a_score_has_no_mean():
    assert mean_over_folds([0.1, None, 0.2]) is None


def test_each_fold_is_what_training_and_testing_by_hand_gives(found, sample):
    rows = prepare_labelled(sample)
    fold = deal_folds(rows.groups, len(rows), 3, 4)
    for number, row in enumerate(found["folds"]):
        train, test = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        assert not set(rows.groups[train]) & set(rows.groups[test])
        columns = rows.take(train)
        model = HeadlineClassifier(**SMALL.get_params()).fit(
            columns.headlines.headline,
            columns.sections,
            columns.groups,
            dates=columns.long_dates,
            publishers=columns.headlines.publisher,
        )
        right = model.predict(rows.take(test).headlines.headline) == rows.sections[test]
        assert (row["n_train"], row["n_test"]) == (len(train), len(test))
        assert row["accuracy"] == pytest.approx(right.mean())


def test_every_headline_is_tested_once(found):
    n = found["data"]["n_headlines"]
    assert sum(row["n_test"] for row in found["folds"]) == np.sum(found["confusion_matrix"]) == n
    right = sum(row["accuracy"] * row["n_test"] for row in found["folds"])
    assert np.trace(found["confusion_matrix"]) == pytest.approx(right)
    assert [sum(row) for row in found["confusion_matrix"]] == [row["support"] for row in found["per_section"]]


def test_a_section_of_one_fold_alone_is_never_right():
    rows = [f"{a} {b}" for a in ("cup", "goal", "match") for b in "abcdefgh"] + [f"vote {b}" for b in "abcdefgh"]
    sections = ["sport"] * 24 + ["politics"] * 8
    rows.append("volcano erupts in iceland")
    sections.append("science")
    found = evaluate_folds(Headlines(pa.array(rows), section=pa.array(sections)), classifier=SMALL, n_folds=2)
    at = found["labels"].index("science")
    assert found["confusion_matrix"][at][at] == 0
    assert sum(found["confusion_matrix"][at]) == 1


def test_headlines_of_none_are_trained_on_and_not_tested(sample):
    classifier = HeadlineClassifier(**SMALL.get_params() | {"none_label": "tech"})
    found = evaluate_folds(sample, classifier=classifier, n_folds=2)
    assert "tech" not in found["labels"]
    n_tech = sample.section.to_pylist().count("tech")
    assert sum(row["n_test"] for row in found["folds"]) <= len(sample) - n_tech
    assert sum(row["n_train"] for row in found["folds"]) == found["data"]["n_headlines"]


def test_results_keep_to_the_schema_and_have_a_page(found, tmp_path):
    validator = Draft202012Validator(json.loads(FILE.read_text(encoding="utf-8")))
    validator.validate(found)
    page = write_report(found, tmp_path).read_text(encoding="utf-8")
    assert page.index("How good is a classifier") < page.index("<svg") < page.index("Fold by fold")
    written = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    validator.validate(written)
    assert written["folds"] == found["folds"]


@pytest.mark.parametrize("n_folds", [0, 1, 499])
def test_a_wrong_number_of_folds_is_one_sentence(n_folds, sample):
    with pytest.raises(ValueError, match=f"{n_folds} folds of .* groups; expected 2 folds or more"):
        evaluate_folds(sample.slice(0, 300), n_folds=n_folds)


class TestCommand:
    @pytest.fixture
    def corpus(self, sample, tmp_path):
        sample.slice(0, 200).to_pandas().drop(columns="line").to_csv(tmp_path / "few.csv", index=False)
        return str(tmp_path / "few.csv")

    def test_the_figures_are_printed_and_reported(self, corpus, tmp_path, capsys):
        assert main(["evaluate", corpus, "--folds", "2", "-f", "table", "--report", str(tmp_path / "report")]) == 0
        printed = capsys.readouterr().out
        written = json.loads((tmp_path / "report" / "results.json").read_text(encoding="utf-8"))
        mean = written["means"]["accuracy"]
        assert f"{mean['value']:.3f}  {mean['low']:.3f} to {mean['high']:.3f}  accuracy" in printed
        assert f"{written['data']['n_headlines']} headlines of few.csv; 95 % t interval over 2 grouped folds" in printed

    def test_the_settings_of_a_model_are_used(self, corpus, capsys):
        assert main(["evaluate", corpus, "--folds", "2", "-m", "iptc", "-f", "json"]) == 0
        params = json.loads(capsys.readouterr().out)["model"]["params"]
        assert params == params | {"C": load_model("iptc").C, "none_label": None}

    def test_folds_and_a_comparison_are_refused(self, corpus, capsys):
        assert main(["evaluate", corpus, "--folds", "2", "--compare", "iptc"]) == 2
        assert "--compare was given with --folds" in capsys.readouterr().err

    def test_one_fold_is_refused(self, corpus, capsys):
        with pytest.raises(SystemExit):
            main(["evaluate", corpus, "--folds", "1"])
        assert "expected 2 folds or more" in capsys.readouterr().err
