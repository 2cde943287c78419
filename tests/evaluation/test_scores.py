"""Scores of answers: worked by hand, against scikit-learn, against the plain bootstrap, by properties."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score

from classify.evaluation import scores
from classify.evaluation.bootstrap import interval, resampled_ratios, resampled_sums
from classify.metrics import bootstrap_interval, expected_calibration_error

ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 6)), min_size=1, max_size=40)


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
        assert right["accuracy"] == {"value": 1.0, "low": pytest.approx(0.6306, abs=5e-5), "high": 1.0}
        # Half of 1 - 0.4782 and, for 3 of 3, half of 1 - 0.2924, added by their squares.
        assert right["macro_f1"] == {"value": 1.0, "low": pytest.approx(0.5604, abs=5e-5), "high": 1.0}
        assert right["per_section"][0]["f1_low"] == pytest.approx(0.4782, abs=5e-5)
        assert wrong["accuracy"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(0.3694, abs=5e-5)}
        assert repr(wrong["per_section"][0]["support"]) == "5"

    def test_one_headline_of_a_section_does_not_make_macro_f1_certain(self):
        true = np.array([0] * 999 + [1])
        for answer, ends in ((true, ("low", 1 - 0.975 / 2)), (np.zeros(1000, int), ("high", 0.4997 + 0.975 / 2))):
            found = scores.section_scores(true, answer, ["a", "b"], range(1000))["macro_f1"]
            assert found[ends[0]] == pytest.approx(ends[1], abs=2e-3)

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

    @pytest.mark.slow
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
