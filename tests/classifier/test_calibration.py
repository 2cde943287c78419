"""Margins to probabilities and thresholds: the formula in plain Python, scikit-learn, brute force, and properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression

from classify.classifier import ERROR_BUDGETS
from classify.classifier.calibration import (
    SEGMENTS,
    STRAIGHT,
    Calibration,
    calibrate,
    fit_calibration,
)
from classify.metrics import expected_calibration_error


def pieces(margin):
    """What a margin has below -1, from -1 to 0, from 0 to 1, and above 1."""
    return [min(margin, -1), min(max(margin, -1), 0), min(max(margin, 0), 1), max(margin, 1)]


def naive_calibrate(margins, weights, offset, curve):
    """The softmax of offsets plus weighted pieces, headline by headline; all margins, then all first parts, ..."""
    answers = []
    for row in margins:
        values = [pieces(float(margin))[j] for j in range(4) for margin in row]
        logits = [offset[k] + sum(value * weights[i][k] for i, value in enumerate(values)) for k in range(len(offset))]
        powers = [math.exp(logit - max(logits)) for logit in logits]
        answers.append(naive_bend([power / sum(powers) for power in powers], curve))
    return np.array(answers)


def naive_bend(proba, curve):
    """Follow the curve to the new probability of the best; the others keep their proportions and stay below it."""
    best = proba.index(max(proba))
    xs, ys = curve
    right = next(i for i in range(1, len(xs)) if proba[best] <= xs[i] or i == len(xs) - 1)
    share = (proba[best] - xs[right - 1]) / (xs[right] - xs[right - 1])
    new = ys[right - 1] + share * (ys[right] - ys[right - 1])
    rest = 1 - proba[best]
    second = max(p for i, p in enumerate(proba) if i != best) / rest if rest else 0
    new = min(max(new, second / (1 + second) + 1e-9), 1)
    return [new if i == best else p / rest * (1 - new) if rest else 0 for i, p in enumerate(proba)]


# Sure answers are less often right than they say, unsure ones more often.
CURVE = np.array([[0, 0.2, 0.5, 0.9, 1], [0, 0.3, 0.5, 0.7, 1]])


def simulated(n, n_sections, seed=0):
    """Margins of a fair world: the section is drawn with the probabilities that the margins say."""
    draw = np.random.default_rng(seed)
    margins = draw.normal(-0.5, 1, (n, n_sections)).astype(np.float32)
    powers = np.exp(2 * margins.astype(float))
    true = powers / powers.sum(axis=1, keepdims=True)
    y = (true.cumsum(axis=1) < draw.random((n, 1))).sum(axis=1)
    return margins, y, true


def settings_of(n_sections, seed=0):
    """Some weights and offsets."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(4 * n_sections, n_sections)), draw.normal(size=n_sections)


class TestCalibrate:
    def test_worked_by_hand(self):
        # Section 0 has a slope of its own in each segment: a margin of 2 gives -0.5 + 0 + 2 + 3 * 2 = 7.5 and one of
        # -3 gives -0.5 * 3 - 1 + 0 + 3 = 0.5. Section 1 has an offset only.
        weights = np.zeros((8, 2))
        weights[[0, 2, 4, 6], 0] = [0.5, 1, 2, 3]
        proba = calibrate(np.array([[2, 9], [-3, 9]], np.float32), Calibration(weights, np.array([0.0, 7.0]), STRAIGHT))
        assert proba[0] == pytest.approx([1 / (1 + math.exp(-0.5)), 1 / (1 + math.exp(0.5))])
        assert proba[1, 1] / proba[1, 0] == pytest.approx(math.exp(7 - 0.5))

    @settings(max_examples=40)
    @given(arrays(np.float32, st.tuples(st.integers(0, 4), st.just(3)), elements=st.floats(-4, 4, width=32)))
    def test_naive_oracle(self, margins):
        weights, offset = settings_of(3)
        for curve in (STRAIGHT, CURVE):
            expected = naive_calibrate(margins, weights, offset, curve.tolist()).reshape(len(margins), 3)
            assert calibrate(margins, Calibration(weights, offset, curve)) == pytest.approx(expected, abs=1e-9)

    def test_the_curve_worked_by_hand(self):
        offset = np.log([0.8, 0.15, 0.05])
        (bent,) = calibrate(np.zeros((1, 3), np.float32), Calibration(np.zeros((12, 3)), offset, CURVE))
        # 0.8 lies three quarters of the way from 0.5 to 0.9: 0.5 + 0.75 * 0.2; the others share 0.35 as 3 to 1.
        assert bent == pytest.approx([0.65, 0.2625, 0.0875])
        flat = np.array([[0, 0.6, 1], [0, 0.1, 1.0]])
        for first in (0.6, 0.4):
            offset = np.log([first, 1 - first])
            (kept,) = calibrate(np.zeros((1, 2), np.float32), Calibration(np.zeros((8, 2)), offset, flat))
            assert kept == pytest.approx([0.5, 0.5])
            assert kept.argmax() == offset.argmax()

    @settings(max_examples=40)
    @given(arrays(np.float32, (3, 4), elements=st.floats(-4, 4, width=32)))
    def test_the_curve_changes_no_answer_and_keeps_the_order_of_the_others(self, margins):
        parts = settings_of(4, seed=1)
        before = calibrate(margins, Calibration(*parts, STRAIGHT))
        after = calibrate(margins, Calibration(*parts, CURVE))
        assert after.sum(axis=1) == pytest.approx(np.ones(3))
        for old, new in zip(before, after, strict=True):
            best = old.argmax()
            assert new.argmax() == best
            assert (np.diff(new[np.argsort(old)][:-1]) >= -1e-12).all()

    @settings(max_examples=40)
    @given(arrays(np.float32, (3, 4), elements=st.floats(-(2.0**99), 2.0**99, width=32)))
    def test_probabilities_however_large_the_margins(self, margins):
        proba = calibrate(margins, Calibration(*settings_of(4, seed=1), CURVE))
        assert ((proba >= 0) & (proba <= 1)).all()
        assert proba.sum(axis=1) == pytest.approx(np.ones(3))

    @pytest.mark.parametrize("n_sections", [2, 3, 7, 41])
    def test_one_row_alone_has_the_bits_it_has_in_a_batch(self, n_sections):
        margins = np.random.default_rng(2).normal(size=(10_000, n_sections)).astype(np.float32)
        fitted = Calibration(*settings_of(n_sections), CURVE)
        whole = calibrate(margins, fitted)
        for size in (1, 2, 3, 8, 17, 1000):
            for start in range(0, min(30 * size, 10_000), size):
                rows = slice(start, start + size)
                assert calibrate(margins[rows], fitted).tobytes() == whole[rows].tobytes()

    def test_does_not_change_its_input(self):
        margins = np.array([[2, -1]], np.float32)
        weights, offset = settings_of(2)
        copies = margins.copy(), weights.copy(), offset.copy()
        calibrate(margins, Calibration(weights, offset, STRAIGHT))
        for one, other in zip((margins, weights, offset), copies, strict=True):
            assert np.array_equal(one, other)


class TestFit:
    @pytest.mark.parametrize("n_sections", [2, 3, pytest.param(6, marks=pytest.mark.slow)])
    def test_is_scikit_learns_logistic_regression_on_the_pieces(self, n_sections):
        (margins, y, _), (new, y_new, _) = simulated(1500, n_sections), simulated(1000, n_sections, seed=1)
        columns = [
            np.array([[part for m in row for part in pieces(float(m))] for row in rows]) for rows in (margins, new)
        ]
        expected = LogisticRegression(max_iter=5000).fit(columns[0], y).predict_proba(columns[1])
        fitted = fit_calibration(margins, y)
        proba = calibrate(new, fitted._replace(curve=STRAIGHT))
        # Theirs is taken to its end, ours is not.
        assert abs(proba - expected).mean() < 0.005
        losses = [-np.log(p[np.arange(1000), y_new]).mean() for p in (calibrate(new, fitted), proba, expected)]
        assert losses[1] == pytest.approx(losses[2], abs=3e-3)
        # The world is fair, so there is nothing for the curve to mend, and chance may spoil little.
        assert losses[0] < losses[1] + 6e-3

    @pytest.mark.parametrize("n_sections", [2, 5])
    def test_finds_the_probabilities_of_a_fair_world(self, n_sections):
        margins, y, _ = simulated(8000, n_sections)
        new, y_new, true = simulated(4000, n_sections, seed=1)
        proba = calibrate(new, fit_calibration(margins, y))
        assert abs(proba - true).mean() < 0.02
        best = proba.argmax(axis=1)
        assert expected_calibration_error(best == y_new, proba.max(axis=1)) < 0.03
        loss, best_loss = (-np.log(p[np.arange(len(y_new)), y_new]).mean() for p in (proba, true))
        assert loss < best_loss + 0.01

    def test_more_sections_than_a_full_calibration_can_take_have_fair_probabilities(self):
        rng = np.random.default_rng(0)
        y = np.arange(6000) % 150
        margins = rng.normal(-1, 0.3, (6000, 150)).astype(np.float32)
        # In two headlines of three the section's own margin stands out.
        margins[np.arange(6000), y] += 2 * (rng.random(6000) < 2 / 3)
        calibration = fit_calibration(margins[:3000], y[:3000])
        assert np.count_nonzero(calibration.weights) == 4 * 150
        proba = calibrate(margins[3000:], calibration)
        right = proba.argmax(axis=1) == y[3000:]
        assert expected_calibration_error(right, proba.max(axis=1)) < 0.05

    def test_follows_a_bend_that_a_straight_line_does_not(self):
        # Above a margin of 0 every answer is a coin's, below it the sign decides: only a bent line has that.
        draw = np.random.default_rng(3)
        margin = draw.uniform(-3, 3, 6000)
        y = np.where(margin < 0, draw.random(6000) < 0.02, draw.random(6000) < 0.5).astype(int)
        margins = np.stack([-margin, margin], axis=1).astype(np.float32)
        proba = calibrate(margins, fit_calibration(margins, y))[:, 1]
        assert proba[margin > 0.5].mean() == pytest.approx(0.5, abs=0.03)
        assert np.ptp(proba[margin > 1.2]) < 0.15

    @pytest.mark.parametrize("n_sections", [2, 4])
    @pytest.mark.parametrize("n", [4, 12, 40, 400])
    def test_same_input_same_bits(self, n, n_sections):
        margins, _, _ = simulated(n, n_sections)
        y = np.arange(n) % n_sections
        one, other = fit_calibration(margins, y), fit_calibration(margins.copy(), y.copy())
        assert [part.tobytes() for part in one] == [part.tobytes() for part in other]

    @pytest.mark.parametrize("n", [2, 4, 8, 16])
    @pytest.mark.parametrize("n_sections", [2, 4, 16])
    def test_few_margins_never_turn_the_answer_round(self, n, n_sections):
        # Out-of-fold margins of a handful of headlines are often worse than chance.
        y = np.arange(n * n_sections) % n_sections
        margins = np.where(np.eye(n_sections)[y] > 0, -1.0, 0.0).astype(np.float32)
        proba = calibrate(np.eye(n_sections, dtype=np.float32), fit_calibration(margins, y))
        assert proba.argmax(axis=1).tolist() == list(range(n_sections))

    @pytest.mark.parametrize("size", [0.02, 0.3, 1.0, 3.0])
    def test_confidence_in_few_margins_is_the_share_of_right_answers(self, size):
        y = np.arange(40) % 2
        right = np.arange(40) < 32
        margins = np.where((np.eye(2)[y] > 0) == right[:, None], size, -size).astype(np.float32)
        assert calibrate(margins, fit_calibration(margins, y)).max(axis=1) == pytest.approx(np.full(40, 0.8), abs=0.03)

    def test_as_many_sections_as_headlines(self):
        margins, _, _ = simulated(60, 60)
        proba = calibrate(margins, fit_calibration(margins, np.arange(60)))
        assert proba.shape == (60, 60)
        assert proba.sum(axis=1) == pytest.approx(np.ones(60))


def test_the_constants_are_in_order():
    assert list(ERROR_BUDGETS) == sorted(set(ERROR_BUDGETS))
    assert 0 < ERROR_BUDGETS[0] < ERROR_BUDGETS[-1] < 1
    assert 0.05 in ERROR_BUDGETS
    # The segments follow one another and leave nothing out.
    assert [low for low, _ in SEGMENTS] == [-np.inf, *(high for _, high in SEGMENTS[:-1])]
    assert SEGMENTS[-1][1] == np.inf


class TestFewHeadlines:
    """Margins of which the logits are twice the part below 0 and half of that above."""

    def bent(self, n, seed):
        draw = np.random.default_rng(seed)
        margins = draw.normal(0, 1.5, (n, 3)).astype(np.float32)
        logits = 4.0 * np.minimum(margins, 0) + 0.5 * np.maximum(margins, 0)
        proba = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return margins, (draw.random((n, 1)) > proba.cumsum(axis=1)).sum(axis=1), proba

    def test_slopes_are_found_for_all_sections_together(self):
        margins, y, _ = self.bent(400, 0)
        found = fit_calibration(margins, y)
        new, truth, proba = self.bent(5000, 1)
        answers = calibrate(new, found)
        assert expected_calibration_error(answers.argmax(axis=1) == truth, answers.max(axis=1)) < 0.04
        slopes = found.weights.reshape(4, 3, 3)
        assert all((slopes[:, i, i] == slopes[:, 0, 0]).all() for i in range(3))
        assert slopes[1, 0, 0] > 1.5 * slopes[2, 0, 0]
        assert np.mean(answers.argmax(axis=1) == proba.argmax(axis=1)) > 0.99

    def test_the_largest_margin_stays_the_most_probable(self):
        margins, y, _ = self.bent(40, 2)
        assert (calibrate(margins, fit_calibration(margins, y)).argmax(axis=1) == margins.argmax(axis=1)).all()
