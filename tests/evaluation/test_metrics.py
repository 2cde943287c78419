"""The measures: worked by hand, against naive definitions, and by their properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.metrics import (
    bcubed_scores,
    bootstrap_interval,
    expected_calibration_error,
    reliability_bins,
    risk_coverage,
)

LABELINGS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)
PREDICTIONS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0])),
    min_size=1,
    max_size=40,
)


def naive_bcubed(true, pred):
    """The definition, headline by headline."""
    precisions, recalls = [], []
    for t, p in zip(true, pred, strict=True):
        same_pred = [i for i in range(len(true)) if pred[i] == p]
        same_true = [i for i in range(len(true)) if true[i] == t]
        both = len(set(same_pred) & set(same_true))
        precisions.append(both / len(same_pred))
        recalls.append(both / len(same_true))
    precision, recall = np.mean(precisions), np.mean(recalls)
    return precision, recall, 2 * precision * recall / (precision + recall)


class TestBcubed:
    def test_worked_by_hand(self):
        # Items a b c | d e, predicted a b | c d e:
        # precision (1 + 1 + 1/3 + 2/3 + 2/3) / 5, recall (2/3 + 2/3 + 1/3 + 1 + 1) / 5.
        precision, recall, f1 = bcubed_scores([0, 0, 0, 1, 1], [5, 5, 7, 7, 7])
        assert precision == pytest.approx(11 / 15)
        assert recall == pytest.approx(11 / 15)
        assert f1 == pytest.approx(11 / 15)

    def test_each_its_own_story_and_one_story(self):
        true = ["a", "a", "a", "b"]
        assert bcubed_scores(true, [0, 1, 2, 3])[:2] == (1.0, 0.5)
        assert bcubed_scores(true, [0, 0, 0, 0])[:2] == (10 / 16, 1.0)

    @given(LABELINGS)
    def test_naive_oracle(self, rows):
        true, pred = zip(*rows, strict=True)
        assert bcubed_scores(true, pred) == pytest.approx(naive_bcubed(true, pred))

    @given(LABELINGS)
    def test_swapping_exchanges_precision_and_recall(self, rows):
        true, pred = zip(*rows, strict=True)
        precision, recall, f1 = bcubed_scores(true, pred)
        assert bcubed_scores(pred, true) == pytest.approx((recall, precision, f1))

    @given(LABELINGS, st.randoms(use_true_random=False))
    def test_names_and_order_do_not_matter(self, rows, random):
        before = bcubed_scores(*zip(*rows, strict=True))
        random.shuffle(rows)
        true, pred = zip(*rows, strict=True)
        renamed = [f"story {9 - p}" for p in pred]
        assert bcubed_scores(true, renamed) == pytest.approx(before)

    @given(LABELINGS)
    def test_perfect_only_for_the_same_partition(self, rows):
        true, pred = zip(*rows, strict=True)
        assert bcubed_scores(true, true) == (1.0, 1.0, 1.0)
        same = len(set(rows)) == len(set(true)) == len(set(pred))
        assert (bcubed_scores(true, pred)[2] == pytest.approx(1.0)) == same


class TestCalibration:
    def test_worked_by_hand(self):
        # Two bins: (0.2, 0.4) half right, (0.6, 0.8) all right: gaps 0.2 and 0.3.
        correct, confidence = [0, 1, 1, 1], [0.2, 0.4, 0.6, 0.8]
        assert expected_calibration_error(correct, confidence, n_bins=2) == pytest.approx(0.25)

    def test_perfect_and_worst(self):
        assert expected_calibration_error([1, 1], [1.0, 1.0]) == 0
        assert expected_calibration_error([0, 0], [1.0, 1.0]) == 1

    def test_one_bin_is_the_overall_gap(self):
        rng = np.random.default_rng(0)
        confidence = rng.random(1000)
        correct = rng.random(1000) < 0.5
        gap = abs(confidence.mean() - correct.mean())
        assert expected_calibration_error(correct, confidence, n_bins=1) == pytest.approx(gap)

    def test_small_when_drawn_from_the_confidence(self):
        rng = np.random.default_rng(0)
        confidence = rng.random(20_000)
        assert expected_calibration_error(rng.random(20_000) < confidence, confidence) < 0.02

    @given(PREDICTIONS, st.integers(1, 20), st.randoms(use_true_random=False))
    def test_order_does_not_matter_even_with_ties(self, rows, n_bins, random):
        before = expected_calibration_error(*zip(*rows, strict=True), n_bins)
        random.shuffle(rows)
        assert expected_calibration_error(*zip(*rows, strict=True), n_bins) == pytest.approx(before)

    @given(PREDICTIONS, st.integers(1, 20))
    def test_bins_hold_equally_many_and_all(self, rows, n_bins):
        correct, confidence = zip(*rows, strict=True)
        mean_confidence, accuracy, count = reliability_bins(correct, confidence, n_bins)
        assert count.sum() == len(rows)
        assert count.max() - count.min() <= 1
        assert (count * accuracy).sum() == pytest.approx(sum(correct))
        assert (count * mean_confidence).sum() == pytest.approx(sum(confidence))
        assert np.all(np.diff(mean_confidence) >= -1e-12)


class TestRiskCoverage:
    def test_worked_by_hand(self):
        coverage, risk = risk_coverage([1, 0, 1, 1], [0.9, 0.7, 0.8, 0.6])
        assert coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
        assert risk == pytest.approx([0, 0, 1 / 3, 1 / 4])

    @given(PREDICTIONS)
    def test_naive_oracle(self, rows):
        correct, confidence = (np.array(column) for column in zip(*rows, strict=True))
        thresholds = sorted(set(confidence.tolist()), reverse=True)
        coverage, risk = risk_coverage(correct, confidence)
        answered = [confidence >= threshold for threshold in thresholds]
        assert coverage == pytest.approx([mask.mean() for mask in answered])
        assert risk == pytest.approx([1 - correct[mask].mean() for mask in answered])


class TestBootstrap:
    def test_interval_of_a_mean_is_near_the_normal_one(self):
        values = np.random.default_rng(0).normal(size=400)
        low, high = bootstrap_interval(lambda rows: values[rows].mean(), np.arange(400))
        half_width = 1.96 * values.std() / 20
        assert (high - low) / 2 == pytest.approx(half_width, rel=0.1)

    def test_copies_do_not_narrow_the_interval(self):
        values = np.random.default_rng(0).normal(size=100)
        groups = np.tile(np.arange(100), 4)
        copied = np.tile(values, 4)
        once = bootstrap_interval(lambda rows: values[rows].mean(), np.arange(100))
        grouped = bootstrap_interval(lambda rows: copied[rows].mean(), groups)
        loose = bootstrap_interval(lambda rows: copied[rows].mean(), np.arange(400))
        assert np.array(grouped) == pytest.approx(np.array(once))
        assert loose[1] - loose[0] < 0.6 * (once[1] - once[0])

    def test_groups_are_drawn_whole(self):
        groups = np.array(["b", "a", "b", "c", "a", "b"])

        def partial_groups(rows):
            times = np.bincount(rows, minlength=6)
            return sum(len(set(times[groups == name])) > 1 for name in "abc")

        assert bootstrap_interval(partial_groups, groups, 50) == (0, 0)

    def test_several_statistics_at_once_and_nan_left_out(self):
        def two(rows):
            return [np.mean(rows), np.nan if rows[0] % 2 else 1.0]

        low, high = bootstrap_interval(two, range(10))
        assert low.shape == high.shape == (2,)
        assert low[1] == high[1] == 1

    def test_same_seed_same_interval(self):
        values = np.random.default_rng(0).normal(size=50)

        def mean(rows):
            return values[rows].mean()

        first = bootstrap_interval(mean, range(50), 100)
        assert bootstrap_interval(mean, range(50), 100) == first
        assert bootstrap_interval(mean, range(50), 100, random_state=1) != first


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: bcubed_scores([], []), "labels_true has shape"),
        (lambda: bcubed_scores([1, 2], [1]), "2 rows"),
        (lambda: bcubed_scores([[1]], [1]), "one dimension"),
        (lambda: expected_calibration_error([1], [1.5]), "confidence"),
        (lambda: expected_calibration_error([1], [float("nan")]), "confidence"),
        (lambda: expected_calibration_error([2], [0.5]), "correct"),
        (lambda: expected_calibration_error([1], [0.5], n_bins=0), "n_bins"),
        (lambda: risk_coverage([1, 0], [0.5]), "same length"),
        (lambda: bootstrap_interval(np.mean, []), "groups"),
        (lambda: bootstrap_interval(np.mean, [1], n_resamples=0), "n_resamples"),
        (lambda: bootstrap_interval(np.mean, [1], level=1), "level"),
    ],
)
def test_wrong_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
