"""Thresholds of error budgets against a naive search, with the Clopper-Pearson bound written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.classifier import ERROR_BUDGETS
from classify.classifier.abstention import choose_thresholds


def error_bound(wrong, n):
    """The error rate at which so few wrong ones of n would have a chance of one in ten, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        chance = sum(math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(wrong + 1))
        low, high = (rate, high) if chance > 0.1 else (low, rate)
    return high


def naive_threshold(proba, y, budget):
    """The least confidence whose answers are surely wrong at most so often; else out of reach."""
    confidence = [max(row) for row in proba]
    right = [list(row).index(max(row)) == label for row, label in zip(proba, y, strict=True)]
    fitting = []
    for threshold in set(confidence):
        answered = [ok for c, ok in zip(confidence, right, strict=True) if c >= threshold]
        if error_bound(answered.count(False), len(answered)) <= budget:
            fitting.append(threshold)
    return min(fitting, default=2.0)


# Coarse confidences, so that many are equal; label 2 is a headline of none of the two sections, never right.
ANSWERS = st.lists(st.tuples(st.integers(5, 20), st.sampled_from([0, 0, 0, 0, 1, 2])), min_size=1, max_size=60)


class TestThresholds:
    @settings(max_examples=50)
    @given(ANSWERS)
    def test_brute_force(self, answers):
        proba = np.array([[k / 20, 1 - k / 20] for k, _ in answers])
        y = np.array([label for _, label in answers])
        expected = [naive_threshold(proba.tolist(), y.tolist(), budget) for budget in ERROR_BUDGETS]
        assert choose_thresholds(proba, y).tolist() == expected

    @settings(max_examples=50)
    @given(ANSWERS)
    def test_the_budget_holds_on_the_rows_it_was_learned_from(self, answers):
        proba = np.array([[k / 20, 1 - k / 20] for k, _ in answers])
        y = np.array([label for _, label in answers])
        wrong = proba.argmax(axis=1) != y
        for budget, threshold in zip(ERROR_BUDGETS, choose_thresholds(proba, y), strict=True):
            answered = proba.max(axis=1) >= threshold
            assert wrong[answered].sum() <= budget * answered.sum()

    @settings(max_examples=50)
    @given(ANSWERS, st.randoms(use_true_random=False))
    def test_order_does_not_matter_and_more_room_means_more_answers(self, answers, random):
        shuffled = list(answers)
        random.shuffle(shuffled)
        found = []
        for rows in (answers, shuffled):
            proba = np.array([[k / 20, 1 - k / 20] for k, _ in rows])
            found.append(choose_thresholds(proba, np.array([label for _, label in rows])))
        assert found[0].tolist() == found[1].tolist()
        assert (np.diff(found[0]) <= 0).all()

    def test_always_right_and_always_wrong(self):
        proba = np.repeat([[0.9, 0.1], [0.6, 0.4]], 250, axis=0)
        found = choose_thresholds(proba, np.zeros(500, int))
        # Five hundred right answers show an error below 0.5 %, two hundred and fifty one below 1 %: 1 - 0.1 ** (1 / n).
        assert found[0] == found[1] == 0.6
        assert (choose_thresholds(proba[:250], np.zeros(250, int))[:2] == [2.0, 0.9]).all()
        assert (choose_thresholds(proba, np.ones(500, int)) > 1).all()

    def test_a_mistake_at_the_top_can_be_outvoted(self):
        # One wrong answer of 77 is within 5 %, for 0.95 ** 77 + 77 * 0.05 * 0.95 ** 76 < 0.1; one of 75 is not.
        proba = np.array([[p, 1 - p] for p in np.linspace(0.99, 0.6, 77)])
        y = np.array([1] + [0] * 76)
        at = ERROR_BUDGETS.index(0.05)
        assert choose_thresholds(proba, y)[at] == pytest.approx(0.6)
        assert choose_thresholds(proba[:75], y[:75])[at] > 1
