"""Training of the linear model: out-of-fold scores, both losses, the same bits on any threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp

from classify.classifier import linear
from classify.classifier.linear import LinearTraining

PLAIN = LinearTraining(C=0.7, class_weight=None, n_jobs=2, random_state=0)


def separable(n, n_sections=3, seed=0):
    """Rows of unit length whose first columns tell the section, among noise."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % n_sections
    noise = draw.random((n, 40)) * (draw.random((n, 40)) < 0.2)
    rows = np.hstack([np.eye(n_sections)[y], noise])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return sp.csr_matrix(rows.astype(np.float32)), y


@pytest.fixture(params=["few sections", "many sections"])
def solver(request, monkeypatch):
    """Both losses, whatever the number of sections."""
    monkeypatch.setattr(linear, "_HINGE_SECTIONS", 0 if request.param == "many sections" else 10**9)
    return request.param


class TestFit:
    @pytest.mark.parametrize("n_sections", [2, 3, 7])
    def test_separates_what_can_be_separated(self, solver, n_sections):
        rows, y = separable(1000, n_sections)
        weights, bias = PLAIN.fit(rows, y, n_sections)
        assert weights.shape == (rows.shape[1], n_sections)
        assert ((rows @ weights + bias).argmax(axis=1) == y).all()

    def test_the_number_of_threads_changes_no_bit(self, solver):
        rows, y = separable(500)
        one, two = (LinearTraining(0.7, None, n_jobs, 3).fit(rows, y, 3) for n_jobs in (1, 2))
        assert [part.tobytes() for part in one] == [part.tobytes() for part in two]

    def test_fits_at_the_same_time_do_not_disturb_each_other(self, solver):
        problems = [separable(400, 3, seed) for seed in range(6)]
        alone = [PLAIN.fit(rows, y, 3)[0].tobytes() for rows, y in problems]
        with ThreadPoolExecutor(6) as pool:
            together = list(pool.map(lambda problem: PLAIN.fit(*problem, 3)[0].tobytes(), problems))
        assert together == alone

    def test_a_section_without_rows_scores_minus_one(self, solver):
        rows, y = separable(100, 2)
        weights, bias = PLAIN.fit(rows, y * 2, 4)
        scores = rows @ weights + bias
        assert (scores[:, [1, 3]] == -1).all()
        assert (scores[:, [0, 2]].argmax(axis=1) == y).all()

    def test_of_many_sections_the_most_probable_wins_without_a_majority(self):
        # Two rows in five with feature i are of section i, the others of any: by the hinge loss 5 of 12 come out right.
        draw, n_sections = np.random.default_rng(0), 12
        feature = np.arange(4800) % n_sections
        y = np.where(draw.random(4800) < 0.35, feature, draw.integers(0, n_sections, 4800))
        weights, bias = PLAIN.fit(sp.csr_matrix(np.eye(n_sections, dtype=np.float32)[feature]), y, n_sections)
        assert ((weights + bias).argmax(axis=1) == np.arange(n_sections)).sum() >= 11

    def test_one_section_alone(self):
        rows, _ = separable(10)
        weights, bias = PLAIN.fit(rows, np.full(10, 1), 3)
        assert not weights.any()
        assert bias.tolist() == [-1, 1, -1]


class TestOutOfFold:
    def test_a_fold_is_scored_by_a_model_of_the_others(self):
        rows, y = separable(120)
        folds = np.arange(120) // 3 % 4
        margins, scored, _ = PLAIN.out_of_fold(rows, rows.shape[1], y, folds)
        assert scored.all()
        for fold in range(4):
            inside = folds != fold
            weights, bias = PLAIN.fit(rows[inside], y[inside], 3)
            assert margins[~inside] == pytest.approx(rows[~inside] @ weights + bias, abs=1e-5)

    def test_ends_when_enough_are_scored(self):
        rows, y = separable(120)
        folds = np.arange(120) // 3 % 4
        for enough, n_folds in ((1, 1), (30, 1), (31, 2), (90, 3), (1000, 4)):
            assert PLAIN.out_of_fold(rows, 3, y, folds, enough=enough)[1].sum() == 30 * n_folds

    def test_does_not_end_before_each_section_is_scored(self):
        rows, y = separable(120)
        folds = np.where(y == 2, 3, np.arange(120) // 3 % 3)
        assert PLAIN.out_of_fold(rows, 3, y, folds, enough=1)[1].all()

    def test_only_the_wanted_count(self):
        rows, y = separable(120)
        folds = np.arange(120) // 3 % 4
        assert PLAIN.out_of_fold(rows, 3, y, folds, folds == 2, enough=30)[1].sum() == 90
