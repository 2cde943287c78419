"""Splits into training and test rows that keep near-duplicates and stories on one side."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import batch
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.splits import joint_groups, split_headlines

HEADLINES = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5).map(" ".join), min_size=4, max_size=20)
STORIES = st.sampled_from(["s1", "s2", "s3", "", None])


def crossing(groups, train, test):
    """How many of the test headlines have one of their group in training."""
    return sum(np.isin(groups[test], groups[train]))


def different(n):
    """Headlines no two of which are near-duplicates."""
    return [f"a{i} b{i} c{i}" for i in range(n)]


class TestSplits:
    @settings(max_examples=30)
    @given(HEADLINES, st.sampled_from(["grouped", "random"]), st.sampled_from([0.2, 0.5]), st.integers(0, 3), st.data())
    def test_every_row_once(self, headlines, how, test_size, seed, data):
        stories = data.draw(st.lists(STORIES, min_size=len(headlines), max_size=len(headlines)))
        rows = batch(headlines, story=stories)
        groups = joint_groups(rows)
        if how == "grouped" and len(set(groups.tolist())) < 2:
            with pytest.raises(ValueError, match=r"^1 group.*expected two or more"):
                split_headlines(rows, how, test_size, seed)
            return
        train, test = split_headlines(rows, how, test_size, seed)
        assert sorted([*train, *test]) == list(range(len(headlines)))
        assert len(train) > 0
        assert len(test) > 0
        assert (np.diff(train) > 0).all()
        assert (np.diff(test) > 0).all()
        if how == "grouped":
            assert crossing(groups, train, test) == 0

    @pytest.mark.parametrize("how", ["grouped", "random"])
    def test_seeds(self, how):
        rows = batch(different(60))
        first, again, other = (split_headlines(rows, how, seed=seed)[1].tolist() for seed in (0, 0, 1))
        assert first == again != other

    @pytest.mark.parametrize("how", ["grouped", "random"])
    @pytest.mark.parametrize("test_size", [0.1, 0.25, 0.5, 0.9])
    def test_share(self, how, test_size):
        _, test = split_headlines(batch(different(200)), how, test_size)
        assert len(test) == round(200 * test_size)

    def test_any_row_can_be_tested_on(self):
        rows = batch(different(20))
        tested = {int(i) for seed in range(40) for i in split_headlines(rows, "random", seed=seed)[1]}
        assert tested == set(range(20))

    def test_a_random_split_separates_twins_and_a_grouped_one_does_not(self):
        headlines = [h for headline in different(50) for h in (headline, headline + " today")]
        rows, groups = batch(headlines), np.arange(50).repeat(2)
        assert crossing(groups, *split_headlines(rows, "random")) > 5
        assert crossing(groups, *split_headlines(rows, "grouped")) == 0

    def test_stories_stay_together(self):
        rows = batch(different(60), story=[f"story{i % 12}" for i in range(60)])
        train, test = split_headlines(rows)
        assert not {i % 12 for i in train} & {i % 12 for i in test}

    def test_given_groups_are_kept(self):
        groups = [f"g{i % 7}" for i in range(70)]
        train, test = split_headlines(batch(["the same headline"] * 70), groups=np.array(groups))
        assert not {i % 7 for i in train} & {i % 7 for i in test}

    @pytest.mark.parametrize("seed", range(8))
    def test_a_large_group_is_never_the_test(self, seed):
        # One group of nine beside a single headline: only the single one can be tested on.
        train, test = split_headlines(batch(different(10)), groups=np.array([0] + [1] * 9), seed=seed)
        assert (train.tolist(), test.tolist()) == (list(range(1, 10)), [0])

    @pytest.mark.parametrize("seed", range(8))
    def test_the_share_is_not_missed_by_much(self, seed):
        groups = np.repeat(np.arange(14), [30, 20, 10] + [4] * 10 + [1])
        _, test = split_headlines(batch(different(len(groups))), groups=groups, seed=seed)
        assert 0.1 * len(groups) <= len(test) <= 0.4 * len(groups)

    @pytest.mark.parametrize("how", ["grouped", "random"])
    def test_the_smallest_and_the_largest_share(self, how):
        rows = batch(different(10))
        assert len(split_headlines(rows, how, 0.001)[1]) == 1
        assert len(split_headlines(rows, how, 0.999)[0]) == 1


class TestByDate:
    def test_worked_by_hand(self):
        dates = ["2022-06-03", "2022-06-01", None, "2022-06-02T23:59:59Z", "", "2022-06-04 08:00"]
        train, test = split_headlines(batch(different(6), date=dates), "time", test_size=0.5)
        # Of the four dated rows the later two are tested on; rows without a date are in neither part.
        assert (train.tolist(), test.tolist()) == ([1, 3], [0, 5])

    @settings(max_examples=25)
    @given(st.lists(st.integers(1, 28), min_size=2, max_size=30), st.sampled_from([0.1, 0.3, 0.5, 0.8]))
    def test_everything_tested_on_is_later(self, days, test_size):
        rows = batch(different(len(days)), date=[f"2022-02-{day:02}" for day in days])
        try:
            train, test = split_headlines(rows, "time", test_size)
        except ValueError:
            # Only where the last day alone is too much to leave a day before it.
            assert sorted(days)[int(len(days) * (1 - test_size))] == min(days)
            return
        assert max(days[i] for i in train) < min(days[i] for i in test)
        assert sorted([*train, *test]) == list(range(len(days)))
        assert len(test) >= test_size * len(days) - 1e-9

    def test_twins_of_later_headlines_are_not_trained_on(self):
        headlines = ["Rovers win the cup", "Tax vote delayed again", "Rovers win the cup today"]
        rows = batch(headlines, date=["2022-01-01", "2022-01-02", "2022-01-03"])
        train, test = split_headlines(rows, "time", test_size=0.3)
        assert (train.tolist(), test.tolist()) == ([1], [2])

    def test_seed_does_not_matter(self):
        rows = batch(different(20), date=[f"2022-01-{i + 1:02}" for i in range(20)])
        for seed in (0, 5):
            assert split_headlines(rows, "time", seed=seed)[1].tolist() == [16, 17, 18, 19]

    @pytest.mark.parametrize(
        ("dates", "message"),
        [
            (["2022-01-01"] * 4, "older"),
            ([None] * 4, "blank"),
            ([""] * 4, "blank"),
            ([None, "03/02/2022", "04/02/2022", "05/02/2022"], r"none of the dates can be read, such as '03/02/2022'"),
        ],
    )
    def test_dates_that_cannot_work(self, dates, message):
        with pytest.raises(ValueError, match=message):
            split_headlines(batch(different(4), date=dates), "time")

    def test_dates_of_any_form(self):
        dates = ["Jan 5, 2022", "31/12/2021", "9 Jan 2022", "2022-01-07", "soon"]
        rows = split_headlines(batch(different(5), date=dates), "time", 0.25)
        assert [part.tolist() for part in rows] == [[0, 1, 3], [2]]

    def test_no_dates(self):
        with pytest.raises(ValueError, match="date"):
            split_headlines(batch(different(4)), "time")


class TestHostile:
    @pytest.mark.parametrize("test_size", [0, 1, -0.1, 1.5, 20, float("nan")])
    def test_shares_that_cannot_be(self, test_size):
        with pytest.raises(ValueError, match=r"^test_size=.*expected"):
            split_headlines(batch(different(9)), test_size=test_size)

    @pytest.mark.parametrize("how", ["foo", "", None, "Grouped", "date"])
    def test_an_unknown_way(self, how):
        with pytest.raises(ValueError, match=r"how=.*expected"):
            split_headlines(batch(different(9)), how)

    @pytest.mark.parametrize("n", [0, 1])
    @pytest.mark.parametrize("how", ["grouped", "random"])
    def test_too_few(self, how, n):
        with pytest.raises(ValueError, match=rf"^{n} group.*expected two or more"):
            split_headlines(batch(different(n)), how)

    def test_one_group(self):
        with pytest.raises(ValueError, match=r"^1 group.*expected two or more"):
            split_headlines(batch(["the same"] * 9))

    @pytest.mark.parametrize("groups", [np.arange(5), np.arange(12)])
    def test_groups_of_another_length(self, groups):
        for how in ("grouped", "time"):
            rows = batch(different(10), date=[f"2022-01-{i + 1:02}" for i in range(10)])
            with pytest.raises(ValueError, match=r"groups.*expected"):
                split_headlines(rows, how, groups=groups)
