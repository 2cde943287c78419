"""`evaluate`: its figures against scikit-learn's, what it lists, and what it leaves out."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, log_loss

from classify import HeadlineClassifier, Headlines, compare_classifiers, evaluate, load_sample, train
from classify.evaluation import SectionEvaluation, scores
from classify.evaluation.predictions import choose_rows
from classify.splits import divide


def make(headlines, **columns):
    """Make a batch of headlines."""
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    line = pa.array(range(1, len(headlines) + 1), pa.int64())
    return Headlines(pa.array(headlines, pa.string()), line=line, **arrays)


@pytest.fixture(scope="module")
def sample():
    """A part of the embedded corpus."""
    headlines = load_sample()
    return headlines.take(np.arange(0, len(headlines), 3))


@pytest.fixture(scope="module")
def trained(sample):
    """A classifier and its numbers."""
    done = train(sample, name="sample", compare_splits=False, n_predictions=25_000)
    return done.classifier, done.evaluation


class TestEvaluate:
    def test_keys_and_plain_types(self, trained):
        _, numbers = trained
        assert set(numbers) == set(SectionEvaluation.__annotations__)
        assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers

    def test_figures_are_those_of_scikit_learn(self, trained, sample):
        classifier, _ = trained
        test = sample.take(np.arange(0, len(sample), 4))
        numbers = evaluate(classifier, test)
        true, answers = test.section.to_pylist(), classifier.predict(test.headline)
        proba = classifier.predict_proba(test.headline)
        assert numbers["accuracy"]["value"] == pytest.approx(accuracy_score(true, answers))
        assert numbers["macro_f1"]["value"] == pytest.approx(f1_score(true, answers, average="macro"))
        assert numbers["log_loss"] == pytest.approx(log_loss(true, proba, labels=classifier.classes_))
        assert np.sum(numbers["confusion_matrix"]) == len(test) == numbers["data"]["n_test"]

    def test_order_of_the_headlines_does_not_matter(self, trained, sample):
        classifier, _ = trained
        test = sample.take(np.arange(0, len(sample), 4))
        turned = test.take(np.random.default_rng(0).permutation(len(test)))
        one, two = evaluate(classifier, test), evaluate(classifier, turned)
        for key in ("confusion_matrix", "confidence_histogram", "per_section", "by_length"):
            values = [
                [{k: v for k, v in row.items() if "low" not in k and "high" not in k} for row in n[key]]
                if key in ("per_section", "by_length")
                else n[key]
                for n in (one, two)
            ]
            assert values[0] == values[1]
        assert one["log_loss"] == pytest.approx(two["log_loss"])
        assert one["expected_calibration_error"] == pytest.approx(two["expected_calibration_error"])

    def test_predictions_mistakes_first(self, trained):
        _, numbers = trained
        rows = numbers["predictions"]
        wrong = [row["section"] != row["predicted"] for row in rows]
        n_wrong = sum(wrong)
        assert 0 < n_wrong < len(rows) == numbers["data"]["n_test"]
        assert all(wrong[:n_wrong])
        sure = [row["probability"] for row in rows]
        assert sure[:n_wrong] == sorted(sure[:n_wrong], reverse=True)
        assert not any(wrong[n_wrong:])
        assert all(row["terms"] for row in rows[: min(300, len(rows))])
        assert "(bias)" not in {term["term"] for row in rows for term in row["terms"]}

    def test_abstains_below_the_budget_of_five_per_cent(self, trained):
        classifier, numbers = trained
        limit = classifier.threshold(0.05)
        for row in numbers["predictions"]:
            # Probabilities are listed with four digits.
            if abs(row["probability"] - limit) > 1e-4:
                assert row["abstained"] == (row["probability"] < limit)
        budget = next(b for b in numbers["risk_coverage"]["budgets"] if b["max_error"] == 0.05)
        answered = sum(not row["abstained"] for row in numbers["predictions"])
        assert budget["coverage"] == pytest.approx(answered / len(numbers["predictions"]))

    def test_a_section_the_classifier_does_not_know_is_a_mistake(self, trained):
        classifier, _ = trained
        numbers = evaluate(classifier, make(["Storm nears the coast", "Rovers win"], section=["weather", "sport"]))
        assert numbers["labels"] == ["entertainment", "politics", "sport", "tech", "weather"]
        assert numbers["per_section"][-1]["recall"] == 0
        assert numbers["accuracy"]["value"] <= 0.5
        assert np.isfinite(numbers["log_loss"])
        json.dumps(numbers, allow_nan=False)

    def test_sections_given_beside_the_headlines(self, trained):
        classifier, _ = trained
        rows = ["Keeper saves late for Rovers", "Senate passes the budget bill"]
        numbers = evaluate(classifier, make(rows), ["sport", "politics"])
        assert numbers["data"]["n_test"] == 2
        assert numbers["data"]["n_duplicates_crossing"] is None
        assert [b["name"] for b in numbers["baselines"]] == ["most frequent section"]

    def test_rows_without_section_and_repeats_are_left_out_and_counted(self, trained):
        rows = make(["Rovers win", "Tax vote", "ROVERS WIN", "Rain"], section=["sport", "politics", "sport", None])
        data = evaluate(trained[0], rows)["data"]
        assert (data["n_test"], data["n_unlabelled"], data["n_repeats"]) == (2, 1, 1)

    def test_no_columns_no_parts(self, trained):
        classifier, _ = trained
        numbers = evaluate(classifier, make(["Rovers win", "Tax vote"], section=["sport", "politics"]))
        assert numbers["by_month"] is None
        assert numbers["by_publisher"] is None

    @pytest.mark.parametrize(
        ("headlines", "sections", "message"),
        [
            (make([]), None, "no headlines"),
            (make(["a"]), None, "no column of sections"),
            (make(["a", "b"], section=[" ", None]), None, "the column of sections is empty in all 2"),
            (make(["a", "b"]), ["x"], "2 headlines, but 1 sections"),
        ],
    )
    def test_what_cannot_be_measured(self, trained, headlines, sections, message):
        with pytest.raises(ValueError, match=message):
            evaluate(trained[0], headlines, sections)

    def test_more_sections_than_a_classifier_may_learn(self, trained):
        rows = make([f"word{i} thing" for i in range(501)], section=[f"section{i}" for i in range(501)])
        with pytest.raises(ValueError, match=r"^501 different sections found .*; expected at most 500; choose"):
            evaluate(trained[0], rows)


class TestChooseRows:
    @settings(max_examples=30)
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.2, 0.5, 0.9])), min_size=1, max_size=40))
    def test_mistakes_first_and_no_row_twice(self, rows):
        correct, confidence = (np.array(column) for column in zip(*rows, strict=True))
        chosen = choose_rows(correct, confidence, 20)
        assert len(set(chosen.tolist())) == len(chosen) <= 20
        n_wrong = int((~correct[chosen]).sum())
        assert not correct[chosen[:n_wrong]].any()
        assert n_wrong == min((~correct).sum(), 16)
        assert (np.diff(confidence[chosen[:n_wrong]]) <= 0).all()

    def test_right_answers_are_drawn_from_the_whole(self):
        chosen = choose_rows(np.ones(10_000, bool), np.linspace(0, 1, 10_000), 500)
        assert 4000 < chosen.mean() < 6000


class TestNoneOfThese:
    @pytest.mark.slow
    def test_counted_apart(self, sample):
        rows = sample.take(np.arange(0, len(sample), 2))
        model = HeadlineClassifier(n_folds=2, none_label="tech")
        numbers = train(rows, classifier=model).evaluation
        found = numbers["none_of_these"]
        assert numbers["random_split"]["n_test"] < len(rows) * 0.2
        assert numbers["baselines"][1]["accuracy"] > numbers["baselines"][0]["accuracy"] > 0
        assert "tech" not in numbers["labels"]
        assert found["label"] == "tech"
        assert found["area_under_roc"]["low"] <= found["area_under_roc"]["value"] <= found["area_under_roc"]["high"]
        assert found["area_under_roc"]["value"] > 0.5
        assert 0 <= found["answered"] <= 1
        assert np.sum(numbers["confusion_matrix"]) == numbers["data"]["n_test"]
        assert numbers["random_split"]["n_duplicates_crossing"] <= numbers["random_split"]["n_test"]
        json.dumps(numbers, allow_nan=False)

    def test_to_answer_one_is_a_mistake_within_an_error_budget(self, sample):
        parts = divide(sample)
        model = HeadlineClassifier(n_folds=2, none_label="tech", background=None)
        model.fit(parts.train.headlines.headline, parts.train.sections, parts.train.groups)
        found = evaluate(model, parts.test.headlines, n_predictions=0)["risk_coverage"]["budgets"][-1]
        answers = model.predict_headlines(parts.test.headlines.headline, max_error=found["max_error"])
        given = [(a.section, t) for a, t in zip(answers, parts.test.sections, strict=True) if a.section]
        assert ("sport", "tech") in given or ("politics", "tech") in given
        assert found["coverage"] == pytest.approx(len(given) / len(answers))
        assert found["error"] == pytest.approx(np.mean([section != true for section, true in given]))

    @given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.2, 0.5, 0.9]), st.integers(0, 3)), min_size=2))
    @settings(max_examples=10)
    def test_area_by_pairs(self, rows):
        known, confidence, groups = (np.array(column) for column in zip(*rows, strict=True))
        found = scores.separation(known, confidence, groups)
        pairs = [(a > b) + (a == b) / 2 for a in confidence[known] for b in confidence[~known]]
        assert (found is None) == (not pairs)
        if pairs:
            assert found["value"] == pytest.approx(np.mean(pairs))


@pytest.mark.slow
def test_two_classifiers_side_by_side(sample):
    train, test = sample.take(np.arange(600)), sample.take(np.arange(600, 800))
    models = {
        name: HeadlineClassifier(n_folds=2, char_ngrams=chars).fit(train.headline, train.section)
        for name, chars in (("both", (2, 5)), ("words", None))
    }
    found = compare_classifiers(models, test)
    assert [m["name"] for m in found["models"]] == ["both", "words"]
    assert found["models"][0]["accuracy"] == evaluate(models["both"], test)["accuracy"]
    assert len(found["paired"]) == 1
