"""Folds of whole groups, at random and by time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.splits import deal_folds


class TestFoldsAtRandom:
    @given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(2, 5), st.integers(0, 3))
    def test_groups_stay_together_and_folds_differ_by_one_group(self, groups, n_folds, seed):
        if len(set(groups)) < 2:
            return
        folds = deal_folds(groups, len(groups), n_folds, seed)
        of_group = dict(zip(groups, folds.tolist(), strict=True))
        assert [of_group[group] for group in groups] == folds.tolist()
        dealt = np.bincount(list(of_group.values()), minlength=n_folds)
        assert len(dealt) == n_folds
        assert dealt.max() - dealt.min() <= 1

    def test_seeds(self):
        first, again, other = (deal_folds(None, 50, 5, seed).tolist() for seed in (0, 0, 1))
        assert first == again != other

    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            (["a", "a", "a"], "2 or more groups"),
            (["a", "b"], r"groups of shape \(2,\)"),
            ([["a"], ["b"], ["c"]], r"groups of shape \(3, 1\)"),
            (["a", None, "b"], "one group a headline"),
            (pd.array(["a", pd.NA, "b"]), "one group a headline"),
        ],
    )
    def test_groups_that_cannot_work(self, groups, message):
        with pytest.raises(ValueError, match=message):
            deal_folds(groups, 3, 2, 0)


class TestFoldsByTime:
    def test_worked_by_hand(self):
        dates = np.array(["2025-01-03", "2025-01-01", "2025-01-04", "2025-01-02"], "datetime64[D]")
        assert deal_folds(None, 4, 2, 0, dates).tolist() == [0, 1, 0, 1]
        # The group of the second and third headline ends on the fourth day.
        assert deal_folds([0, 1, 1, 2], 4, 2, 0, dates).tolist() == [1, 0, 0, 1]
        # However large the latest group is, it is the first fold, and others are left to learn from.
        days = np.append(np.full(85, 9), np.arange(15) % 5).astype("datetime64[D]")
        folds = deal_folds(np.append(np.zeros(85), np.arange(1, 16)), 100, 5, 0, days)
        assert set(folds[:85]) == {0}
        assert (folds[85:] > 0).all()

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=4, max_size=40), st.integers(2, 5))
    def test_groups_stay_together_and_later_ones_come_first(self, rows, n_folds):
        groups, days = np.array(rows).T
        if len(set(groups)) < 2:
            return
        folds = deal_folds(groups, len(rows), n_folds, 0, days.astype("datetime64[D]"))
        last = {group: days[groups == group].max() for group in groups}
        of_group = {group: set(folds[groups == group]) for group in groups}
        assert all(len(found) == 1 for found in of_group.values())
        order = sorted(last, key=lambda group: min(of_group[group]))
        for earlier_fold, later_fold in pairwise(order):
            assert last[earlier_fold] >= last[later_fold] or of_group[earlier_fold] == of_group[later_fold]
        assert folds.min() >= 0
        assert folds.max() < n_folds

    @pytest.mark.parametrize("dates", [["2025-01-01"], ["2025-01-01", "NaT"]])
    def test_dates_that_do_not_fit(self, dates):
        with pytest.raises(ValueError, match=r"2 headlines but dates .* expected one a headline"):
            deal_folds(None, 2, 2, 0, np.array(dates, "datetime64[D]"))
