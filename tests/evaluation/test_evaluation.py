"""Evaluation of classifiers: worked by hand, against scikit-learn, against the plain bootstrap, by properties."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from classify.classifier import HeadlineClassifier
from classify.classifier.modelfile import to_bytes
from classify.corpora import load_sample
from classify.evaluation import compare_classifiers, distinct_headlines, divide, evaluate, scores, train_and_evaluate
from classify.evaluation.bootstrap import interval, resampled_ratios, resampled_sums
from classify.evaluation.predictions import choose_rows
from classify.headlines import Headlines
from classify.metrics import bootstrap_interval, expected_calibration_error

KEYS = {
    "kind", "title", "created_with", "data", "model", "labels", "accuracy", "macro_f1", "log_loss",
    "expected_calibration_error", "interval", "baselines", "random_split", "per_section", "confusion_matrix",
    "precision_recall", "reliability", "confidence_histogram", "risk_coverage", "learning_curve", "top_terms",
    "by_month", "by_publisher", "by_length", "by_source", "search", "comparison", "predictions", "none_of_these",
}  # fmt: skip

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=40)


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
    return train_and_evaluate(sample, name="sample", compare_splits=False)


class TestIntervals:
    @settings(deadline=None, max_examples=25)
    @given(ANSWERS)
    def test_two_routes_to_one_interval(self, rows):
        """The resampled sums give what the plain bootstrap gives, resample by resample."""
        true, answer, groups = (np.array(column) for column in zip(*rows, strict=True))
        hit = (true == answer).astype(float)[:, None]
        fast = interval(resampled_ratios(hit, np.ones_like(hit), groups, n_resamples=60))
        slow = bootstrap_interval(lambda i: hit[i].mean(axis=0), groups, n_resamples=60)
        assert np.allclose(fast, slow)

    @settings(deadline=None, max_examples=10)
    @given(ANSWERS)
    def test_f1_against_plain_bootstrap(self, rows):
        true, answer, groups = (np.array(column) for column in zip(*rows, strict=True))

        def f1(i):
            hits = 2 * ((true[i] == 0) & (answer[i] == 0)).sum()
            said = (true[i] == 0).sum() + (answer[i] == 0).sum()
            return hits / said if said else np.nan

        found = scores.section_scores(true, answer, list("abcd"), groups)["per_section"][0]
        if found["f1_low"] is not None:
            low, high = bootstrap_interval(f1, groups)
            # Where all, or none, are right: 39 in 40 times one of n trials would go the other way at this chance.
            reach = 1 - 0.025 ** (1 / len(set(groups[(true == 0) | (answer == 0)])))
            low, high = (1 - reach if found["f1"] == 1 else low), (reach if found["f1"] == 0 else high)
            assert (found["f1_low"], found["f1_high"]) == pytest.approx((float(low), float(high)))

    def test_all_right_or_all_wrong_worked_by_hand(self):
        true = np.array([0] * 5 + [1] * 3)
        right, wrong = (scores.section_scores(true, answers, ["a", "b"], range(8)) for answers in (true, 1 - true))
        # Clopper and Pearson: 8 of 8 right is as rare as 1 in 40 where the chance is 0.6306; of 5, 0.4782.
        expected = {"value": 1.0, "low": pytest.approx(0.6306, abs=5e-5), "high": 1.0}
        assert right["accuracy"] == right["macro_f1"] == expected
        assert right["per_section"][0]["f1_low"] == pytest.approx(0.4782, abs=5e-5)
        assert wrong["accuracy"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.3694, abs=5e-5)}
        assert repr(wrong["per_section"][0]["support"]) == "5"

    def test_a_section_too_rare_for_every_resample_does_not_widen_macro_f1_to_one(self):
        true = np.array([0] * 99 + [1])
        found = scores.section_scores(true, np.zeros(100, int), ["a", "b"], range(100))["macro_f1"]
        assert found["high"] < 0.51 < 2 * found["value"]

    def test_one_group_has_no_spread(self):
        sums = resampled_sums(np.array([[1.0, 0.0], [2.0, 5.0]]), [7, 7], n_resamples=5)
        assert sums.tolist() == [[3.0, 5.0]] * 5

    def test_copies_of_every_row_in_its_group_change_nothing(self):
        rng = np.random.default_rng(0)
        hit, groups = rng.random((30, 1)), rng.integers(0, 9, 30)
        once = resampled_ratios(hit, np.ones((30, 1)), groups)
        twice = resampled_ratios(np.tile(hit, (2, 1)), np.ones((60, 1)), np.tile(groups, 2))
        assert np.allclose(once, twice)

    def test_nothing_to_divide_by_is_nan(self):
        samples = resampled_ratios(np.zeros((3, 1)), np.zeros((3, 1)), [0, 1, 2])
        assert np.isnan(samples).all()
        assert np.isnan(interval(samples)).all()

    def test_wider_where_rows_come_in_groups(self):
        hit = np.random.default_rng(0).integers(0, 2, (300, 1)).astype(float)
        hit = np.repeat(hit[:60], 5, axis=0)
        alone = interval(resampled_ratios(hit, np.ones_like(hit), np.arange(300)))
        together = interval(resampled_ratios(hit, np.ones_like(hit), np.arange(300) // 5))
        assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


class TestSectionScores:
    def test_worked_by_hand(self):
        true, answer = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 0])
        found = scores.section_scores(true, answer, ["a", "b"], range(5))
        assert found["confusion_matrix"] == [[2, 1], [1, 1]]
        assert found["accuracy"]["value"] == 0.6
        first, second = found["per_section"]
        assert (first["precision"], first["recall"], first["support"]) == (2 / 3, 2 / 3, 3)
        assert (second["precision"], second["f1"]) == (0.5, 0.5)
        assert found["macro_f1"]["value"] == pytest.approx((2 / 3 + 1 / 2) / 2)

    @settings(deadline=None, max_examples=30)
    @given(ANSWERS)
    def test_scikit_learn_agrees(self, rows):
        true, answer, groups = (np.array(column) for column in zip(*rows, strict=True))
        found = scores.section_scores(true, answer, list("abcd"), groups)
        assert found["accuracy"]["value"] == pytest.approx(accuracy_score(true, answer))
        assert found["macro_f1"]["value"] == pytest.approx(f1_score(true, answer, average="macro"))
        for name in ("accuracy", "macro_f1"):
            assert 0 <= found[name]["low"] <= found[name]["high"] <= 1
        json.dumps(found, allow_nan=False)

    def test_section_that_does_not_occur_has_no_score(self):
        found = scores.section_scores(np.array([0, 0]), np.array([0, 1]), ["a", "b", "c"], [0, 1])
        never = found["per_section"][2]
        assert never == {"section": "c", "precision": None, "recall": None, "f1": None,
                         "f1_low": None, "f1_high": None, "support": 0}  # fmt: skip
        assert found["per_section"][1]["recall"] is None
        assert found["per_section"][1]["f1"] == 0

    @pytest.mark.slow
    def test_twenty_thousand_headlines_of_41_sections_in_seconds(self):
        rng = np.random.default_rng(0)
        true, proba = rng.integers(0, 41, 20_000), rng.dirichlet(np.full(41, 0.1), 20_000)
        labels, groups = [str(i) for i in range(41)], rng.integers(0, 15_000, 20_000)
        correct, confidence = proba.argmax(axis=1) == true, proba.max(axis=1)
        start = time.monotonic()
        scores.section_scores(true, proba.argmax(axis=1), labels, groups)
        scores.precision_recall(true, proba, labels)
        scores.reliability(correct, confidence, groups)
        scores.risk(correct, confidence, {0.05: 0.9}, groups)
        assert time.monotonic() - start < 20


class TestProbabilityScores:
    def test_reliability_gives_the_calibration_error(self):
        rng = np.random.default_rng(0)
        confidence = rng.choice([0.3, 0.5, 0.51, 0.7, 0.9, 1.0], 400)
        correct = rng.random(400) < confidence
        bins = scores.reliability(correct, confidence, np.arange(400))
        error = sum(abs(b["confidence"] - b["accuracy"]) * b["count"] for b in bins) / 400
        assert error == pytest.approx(expected_calibration_error(correct, confidence))
        assert len(bins) == 15
        assert all(b["low"] <= b["accuracy"] <= b["high"] for b in bins)
        assert sum(b["count"] for b in bins) == 400

    def test_budgets_worked_by_hand(self):
        correct = np.array([True, True, False, True])
        found = scores.risk(correct, np.array([0.9, 0.8, 0.7, 0.2]), {0.1: 0.75, 0.5: 0.6, 0.01: 2.0}, range(4))
        tight, loose, unmet = found["budgets"]
        assert (tight["coverage"], tight["error"], tight["threshold"]) == (0.5, 0.0, 0.75)
        assert (loose["coverage"], loose["error"]) == (0.75, 1 / 3)
        assert unmet == {"max_error": 0.01, "threshold": None, "coverage": 0.0, "error": None,
                         "error_low": None, "error_high": None}  # fmt: skip
        assert found["coverage"][-1] == 1
        assert found["risk"] == [0, 0, pytest.approx(1 / 3), 0.25]

    def test_curves_are_thinned_and_reach_both_ends(self):
        rng = np.random.default_rng(0)
        true, proba = rng.integers(0, 2, 5000), rng.dirichlet([1, 1, 1], 5000)
        curves = scores.precision_recall(true, proba, ["a", "b", "c"])
        assert [curve["section"] for curve in curves] == ["a", "b"]
        for curve in curves:
            assert len(curve["recall"]) <= 100
            assert curve["recall"] == sorted(curve["recall"])
            assert (curve["recall"][0], curve["recall"][-1]) == (0, 1)
        found = scores.risk(np.ones(5000, bool), proba.max(axis=1), {}, range(5000))
        assert len(found["risk"]) <= 200

    def test_histogram(self):
        found = scores.histogram(np.array([0.0, 0.04, 0.96, 1.0]))
        assert (found["counts"][0], found["counts"][-1], sum(found["counts"])) == (2, 2, 4)
        assert len(found["edges"]) == 21


class TestParts:
    def test_by_part_worked_by_hand(self):
        correct = np.array([True, False, True, True, False])
        parts = ["b", "b", "a", None, ""]
        rows = scores.by_part(correct, parts, "publisher", range(5))
        assert [(r["publisher"], r["accuracy"], r["count"]) for r in rows] == [
            ("a", 1, 1),
            ("b", 0.5, 2),
        ]

    @pytest.mark.parametrize("hit", [True, False])
    def test_all_or_none_right_has_the_exact_interval(self, hit):
        correct = np.array([hit] * 12 + [True, False])
        groups = [*range(10), 9, 9, 10, 11]
        row = scores.by_part(correct, ["a"] * 12 + ["b"] * 2, "publisher", groups)[0]
        exact = binomtest(10 * hit, 10).proportion_ci(0.95, "exact")
        assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high))

    def test_only_the_largest_parts(self):
        rows = scores.by_part(np.ones(6, bool), list("aabbbc"), "publisher", range(6), 2)
        assert [r["publisher"] for r in rows] == ["a", "b"]

    @pytest.mark.parametrize("parts", [[], ["a", "a"], [None, None], [None, "a"]])
    def test_fewer_than_two_parts_are_none(self, parts):
        assert scores.by_part(np.ones(len(parts), bool), parts, "month", range(len(parts))) is None

    @settings(deadline=None, max_examples=40)
    @given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
    def test_lengths_are_cut_into_parts_that_join(self, lengths):
        rows = scores.by_length(np.ones(len(lengths), bool), np.array(lengths), range(len(lengths)))
        assert rows[0]["words_low"] == min(lengths)
        assert rows[-1]["words_high"] == max(lengths)
        assert all(a["words_high"] + 1 == b["words_low"] for a, b in pairwise(rows))
        assert len(rows) <= 8
        for row in rows:
            inside = [n for n in lengths if row["words_low"] <= n <= row["words_high"]]
            assert row["count"] == len(inside)


class TestEvaluate:
    def test_keys_and_plain_types(self, trained):
        _, numbers = trained
        assert set(numbers) == KEYS
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
            (make(["a", "b"], section=["x", None]), None, "2 headlines, but 1 with a section"),
            (make(["a", "b"], section=["x", ""]), None, "2 headlines, but 1 with a section"),
            (make(["a", "b"]), ["x"], "2 headlines, but 1 with a section"),
        ],
    )
    def test_what_cannot_be_measured(self, trained, headlines, sections, message):
        with pytest.raises(ValueError, match=message):
            evaluate(trained[0], headlines, sections)


class TestTrainAndEvaluate:
    def test_grouped_split_keeps_near_duplicates_together(self, trained):
        _, numbers = trained
        assert numbers["data"]["n_duplicates_crossing"] == 0
        assert numbers["data"]["split"] == "grouped"
        assert numbers["data"]["test_size"] == 0.2
        assert "groups of near-duplicates and stories, 1000 resamples" in numbers["interval"]

    def test_the_random_split_stands_beside_the_grouped_one(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        _, numbers = train_and_evaluate(few, classifier=HeadlineClassifier(n_folds=2))
        beside = numbers["random_split"]
        assert beside["n_duplicates_crossing"] > 0
        assert beside["accuracy"].keys() == {"value", "low", "high"}

    def test_the_grouped_split_stands_beside_a_random_one(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        _, numbers = train_and_evaluate(few, split="random", classifier=HeadlineClassifier(n_folds=2))
        assert numbers["random_split"] is None
        assert numbers["data"]["n_duplicates_crossing"] > 0
        assert numbers["baselines"][-1]["name"] == "this model (grouped split)"

    def test_no_second_figure_where_nothing_crosses(self):
        words = [f"w{i}" for i in range(120)]
        rows = make([" ".join(words[3 * i : 3 * i + 3]) for i in range(40)], section=["a", "b"] * 20)
        _, numbers = train_and_evaluate(rows, split="random", classifier=HeadlineClassifier(n_folds=2))
        assert numbers["random_split"] is None
        assert len(numbers["baselines"]) == 2

    def test_a_given_test_file(self, sample):
        half = len(sample) // 2
        train, test = (
            sample.take(np.arange(half)),
            sample.take(np.arange(half, len(sample))),
        )
        _, numbers = train_and_evaluate(train, test=test, classifier=HeadlineClassifier(n_folds=2))
        data = numbers["data"]
        assert (data["split"], data["test_size"]) == ("given test file", None)
        assert (data["n_train"], data["n_test"]) == (len(train), len(test))
        assert numbers["random_split"] is None

    def test_by_time(self, sample):
        _, numbers = train_and_evaluate(sample, split="time", compare_splits=False)
        months = [row["month"] for row in numbers["by_month"] or []]
        assert numbers["data"]["n_duplicates_crossing"] == 0
        assert all(month >= "2025-08" for month in months)

    def test_same_bytes_twice_and_for_any_number_of_jobs(self, sample):
        few = sample.take(np.arange(0, len(sample), 4))
        runs = [train_and_evaluate(few, classifier=HeadlineClassifier(n_folds=2, n_jobs=jobs))[1] for jobs in (1, 2)]
        assert json.dumps(runs[0]) == json.dumps(runs[1])

    def test_baselines_learn_from_the_training_rows_only(self):
        train = make(["cup won", "cup lost", "tax vote"] * 4, section=["sport", "sport", "politics"] * 4)
        test = make(["new tax", "old vote"], section=["politics", "politics"])
        _, numbers = train_and_evaluate(train, test=test, classifier=HeadlineClassifier(n_folds=2))
        most, bayes = numbers["baselines"]
        assert most == {"name": "most frequent section", "accuracy": 0.0, "macro_f1": 0.0}
        assert bayes["accuracy"] == 1

    def test_learning_curve_ends_with_the_evaluation_itself(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        model = HeadlineClassifier(n_folds=2)
        fitted, numbers = train_and_evaluate(few, classifier=model, compare_splits=False, n_sizes=3)
        curve = numbers["learning_curve"]
        sizes = [point["n_train"] for point in curve]
        assert sizes == sorted(sizes)
        assert len(curve) > 1
        assert sizes[-1] == numbers["data"]["n_train"]
        accuracy = {key: curve[-1][name] for key, name in (("value", "accuracy"), ("low", "low"), ("high", "high"))}
        assert accuracy == numbers["accuracy"]
        assert fitted.vectorizer_.n_samples_ == sizes[-1]

    def test_publishers_that_were_not_trained_on_are_counted_apart(self, sample):
        rows = sample.publisher.to_pylist()
        new = sorted({p for p in rows if p})[:3]
        old = np.array([p not in new for p in rows])
        train, test = (sample.take(np.flatnonzero(part)) for part in (old, ~old | (np.arange(len(old)) < 40)))
        model = HeadlineClassifier(n_folds=2)
        fitted, numbers = train_and_evaluate(train, test=test, test_name="new", classifier=model)
        found = {row["publishers"]: row for row in numbers["by_source"]}
        assert found.keys() == {"new", "in training"}
        counted = test.take(np.flatnonzero(np.isin(np.array(test.publisher.to_pylist(), object), new)))
        assert found["new"]["count"] == len(counted)
        right = fitted.predict(counted.headline) == np.array(counted.section.to_pylist(), object)
        assert found["new"]["accuracy"] == pytest.approx(right.mean())
        assert (numbers["data"]["name"], numbers["data"]["trained_on"]) == ("new", "headlines")

    @pytest.mark.parametrize("n", [0, 1, 10, 10_000])
    def test_no_more_predictions_than_asked_for(self, trained, sample, n):
        some = sample.take(np.arange(300))
        numbers = evaluate(trained[0], some, n_predictions=n)
        wrong = len(some) - np.trace(numbers["confusion_matrix"])
        listed = [row["section"] != row["predicted"] for row in numbers["predictions"]]
        assert len(listed) == min(n, len(some))
        assert sum(listed) == min(wrong, n * 4 // 5) if n != 1 else not sum(listed)

    def test_what_fits_into_the_size_is_what_is_measured(self, sample):
        options = {"compare_splits": False, "classifier": HeadlineClassifier(n_folds=2), "n_predictions": 0}
        small, numbers = train_and_evaluate(sample, **options, max_size=20_000)
        assert len(to_bytes(small)) <= 20_000
        parts = divide(sample)
        groups = parts.train_groups, parts.test_groups
        found = evaluate(small, parts.test, train=parts.train, groups=groups, n_predictions=0)
        assert numbers["accuracy"] == found["accuracy"]
        assert numbers["accuracy"]["value"] < train_and_evaluate(sample, **options)[1]["accuracy"]["value"]

    def test_a_split_that_leaves_one_section_is_named(self):
        dates = [f"2026-01-0{i}" for i in range(1, 5)]
        headlines = make(["A", "B", "C", "D"], section=["x", "x", "x", "y"], date=dates)
        with pytest.raises(ValueError, match="only headlines of 'x' are left to train on \\(3 of them\\)"):
            train_and_evaluate(headlines, split="time", test_size=0.25)


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
    def test_counted_apart(self, sample):
        rows = sample.take(np.arange(0, len(sample), 2))
        model = HeadlineClassifier(n_folds=2, none_label="tech")
        _, numbers = train_and_evaluate(rows, classifier=model)
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
        model = HeadlineClassifier(n_folds=2, none_label="tech")
        model.fit(parts.train.headline, parts.train.section.to_pylist(), parts.train_groups)
        found = evaluate(model, parts.test, n_predictions=0)["risk_coverage"]["budgets"][-1]
        answers = model.predict_headlines(parts.test.headline, max_error=found["max_error"])
        given = [(a.section, t) for a, t in zip(answers, parts.test.section.to_pylist(), strict=True) if a.section]
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


class TestDistinctHeadlines:
    def test_worked_by_hand(self):
        rows = make(["Cup won", "CUP WON", "Tax vote", "cup won", "Tax vote"],
                    section=["general", "sport", "politics", "sport", "general"])  # fmt: skip
        kept = distinct_headlines(rows)
        assert kept.headline.to_pylist() == ["CUP WON", "Tax vote"]
        assert kept.section.to_pylist() == ["sport", "politics"]

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["a b", "A b", "c", "d e", ""]), st.sampled_from("xyz")),
            min_size=1,
        )
    )
    def test_naive_oracle(self, rows):
        kept = distinct_headlines(make([r[0] for r in rows], section=[r[1] for r in rows]))
        for text in {r[0].lower() for r in rows}:
            given_sections = [s for t, s in rows if t.lower() == text]
            counts = Counter(given_sections)
            best = max(counts, key=lambda s: (counts[s], -given_sections.index(s)))
            found = [
                s for t, s in zip(kept.headline.to_pylist(), kept.section.to_pylist(), strict=True)
                if t.lower() == text
            ]  # fmt: skip
            assert found == [best]
        assert kept.line.to_pylist() == sorted(kept.line.to_pylist())
