"""Near-duplicates against brute force; splits that keep what belongs together on one side."""

from __future__ import annotations

import random
import time
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import shown
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.features.tokens import tokenize
from classify.headlines import Headlines
from classify.splits import joint_groups, near_duplicate_groups, split_headlines

THRESHOLDS = (0.51, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)


def crossing(groups, train, test):
    """How many of the test headlines have one of their group in training."""
    return sum(np.isin(groups[test], groups[train]))


def word_sets(headlines):
    """The set of words of each headline."""
    tokens = tokenize(pa.array(headlines, pa.string()))
    spelled = tokens.strings()
    return [set(spelled[a:b]) for a, b in zip(tokens.indptr[:-1], tokens.indptr[1:], strict=True)]


def components(n, links):
    """Union-find: number the connected components in order of first appearance."""
    parent = list(range(n))

    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i

    for a, b in links:
        parent[root(a)] = root(b)
    numbers = {}
    return [numbers.setdefault(root(i), len(numbers)) for i in range(n)]


def naive_groups(headlines, threshold):
    """Compare every two headlines, in exact arithmetic."""
    sets, least = word_sets(headlines), Fraction(str(threshold))
    links = [
        (i, j)
        for i in range(len(sets))
        for j in range(i)
        if sets[i] | sets[j] and Fraction(len(sets[i] & sets[j]), len(sets[i] | sets[j])) >= least
    ]
    return components(len(sets), links)


def same_partition(one, other):
    """Whether two numberings put the same headlines together."""
    return components(len(one), _links(one)) == components(len(other), _links(other))


def _links(numbers):
    first = {}
    return [(i, first.setdefault(number, i)) for i, number in enumerate(numbers)]


def batch(headlines, **columns):
    """Headlines with columns of text."""
    columns = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return Headlines(
        pa.array(headlines, pa.string()), line=pa.array(range(1, len(headlines) + 1), pa.int64()), **columns
    )


def different(n):
    """Headlines no two of which are near-duplicates."""
    return [f"a{i} b{i} c{i}" for i in range(n)]


class TestNearDuplicates:
    @pytest.mark.parametrize(
        ("headlines", "threshold", "expected"),
        [
            # 7 of 10 words in common is 0.7 exactly; 6 of 9 is less.
            (["a b c d e f g h", "a b c d e f g x y"], 0.7, [0, 0]),
            (["a b c d e f g", "a b c d e f x y"], 0.7, [0, 1]),
            (["a b c d", "a b c d e f"], 0.7, [0, 1]),
            (["a b c d", "a b c d e f"], 0.6, [0, 0]),
            # Chains hang together though their ends do not.
            (["a b c d e f", "b c d e f g", "c d e f g h"], 0.7, [0, 0, 0]),
            # Order, repetition, case and punctuation make no difference to a set of words.
            (["Rovers win the cup", "the CUP: rovers, win! win!", "Rovers lose"], 1.0, [0, 0, 1]),
            # Sets of one word are alike only when they are equal.
            (["goal", "goal", "goals", "goal goal"], 0.51, [0, 0, 1, 0]),
            (["a b", "a b c", "b c"], 0.6, [0, 0, 0]),
            # Headlines without words are alone.
            (["", "?!", "", None, "a"], 0.7, [0, 1, 2, 3, 4]),
            (["東京で地震", "東京で大地震", "तेज़ बारिश की चेतावनी", "तेज़ बारिश की चेतावनी जारी"], 0.7, [0, 0, 1, 1]),
            ([], 0.7, []),
        ],
    )
    def test_worked_by_hand(self, headlines, threshold, expected):
        assert near_duplicate_groups(headlines, threshold).tolist() == expected

    @settings(max_examples=60)
    @given(
        st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=9).map(" ".join), max_size=12),
        st.sampled_from(THRESHOLDS),
    )
    def test_brute_force(self, headlines, threshold):
        assert near_duplicate_groups(headlines, threshold).tolist() == naive_groups(headlines, threshold)

    @pytest.mark.parametrize("threshold", THRESHOLDS)
    @pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
    def test_brute_force_on_edited_wire_copy(self, threshold, seed):
        draw = random.Random(seed)
        pool = [f"w{int(draw.expovariate(0.05))}" for _ in range(400)]
        headlines = [draw.choices(pool, k=draw.randint(1, 12)) for _ in range(40)]
        for _ in range(200):
            copy = list(draw.choice(headlines))
            for _ in range(draw.randint(0, 3)):
                copy[draw.randrange(len(copy))] = draw.choice(pool)
            headlines.append(copy + draw.choices(pool, k=draw.randint(0, 2)))
        headlines = [" ".join(words) for words in headlines]
        assert near_duplicate_groups(headlines, threshold).tolist() == naive_groups(headlines, threshold)

    @pytest.mark.parametrize("size", [2, 3, 7, 10])
    def test_exact_at_the_threshold(self, size):
        # Every pair (words in common, words in all) that two sets around this size can have, just at and just above.
        for common in range(1, size + 1):
            for extra in range(2 * size - common):
                shared = " ".join(f"s{i}" for i in range(common))
                pair = [shared + " " + " ".join(f"a{i}" for i in range(extra)), shared]
                similarity = common / (common + extra)
                if similarity > 0.5:
                    assert len(set(near_duplicate_groups(pair, similarity).tolist())) == 1
                    if similarity < 1:
                        assert len(set(near_duplicate_groups(pair, min(similarity + 1e-6, 1)).tolist())) == 2

    @settings(max_examples=25)
    @given(
        st.lists(st.lists(st.sampled_from("abcdef"), max_size=6).map(" ".join), max_size=12),
        st.randoms(use_true_random=False),
    )
    def test_order_does_not_matter_and_lower_thresholds_join(self, headlines, rng):
        order = list(range(len(headlines)))
        rng.shuffle(order)
        groups = near_duplicate_groups(headlines)
        shuffled = near_duplicate_groups([headlines[i] for i in order])
        assert same_partition(groups[order].tolist(), shuffled.tolist())
        loose = near_duplicate_groups(headlines, 0.55)
        assert all(len(set(loose[groups == g].tolist())) == 1 for g in set(groups.tolist()))
        # A copy beside each headline joins its group and changes no other.
        doubled = near_duplicate_groups([h for headline in headlines for h in (headline, headline)])
        if all(headlines):
            assert doubled[::2].tolist() == doubled[1::2].tolist() == groups.tolist()

    def test_every_kind_of_column(self):
        headlines = ["a b c", "x", "a b c", "", "é à"]
        for column in (
            tuple(headlines),
            np.array(headlines),
            pd.Series(headlines),
            pa.array(headlines),
            pa.chunked_array([headlines]),
        ):
            groups = near_duplicate_groups(column)
            assert groups.tolist() == [0, 1, 0, 2, 3]
            assert groups.dtype == np.int64

    @pytest.mark.parametrize("threshold", [0.5, 0, -1, 1.01, 70, float("nan")])
    def test_thresholds_that_cannot_work(self, threshold):
        with pytest.raises(ValueError, match=r"^threshold=.*expected"):
            near_duplicate_groups(["a"], threshold)

    @pytest.mark.parametrize("headlines", ["Rovers win", None, [1, 2], [["a"]]], ids=shown)
    def test_no_headlines(self, headlines):
        with pytest.raises(ValueError, match="expected"):
            near_duplicate_groups(headlines)

    def test_ten_thousand_copies_of_one_headline(self):
        headlines = ["Rovers win the cup again"] * 10_000 + ["Rovers win the cup again today"] * 10_000
        start = time.perf_counter()
        assert set(near_duplicate_groups(headlines).tolist()) == {0}
        assert time.perf_counter() - start < 10

    @pytest.mark.slow
    @pytest.mark.parametrize("frame", ["morning news briefing u{}", "horoscope today for {} and what the stars say"])
    def test_headlines_that_share_a_frame_do_not_take_quadratic_time(self, frame):
        def seconds(n):
            headlines = [frame.format(f"x{i}") for i in range(n)]
            start = time.perf_counter()
            near_duplicate_groups(headlines)
            return time.perf_counter() - start

        seconds(1000)
        short, long = (min(seconds(n) for _ in range(2)) for n in (1000, 8000))
        # Eight times as many headlines: 8 if linear, 64 if quadratic.
        assert long < 24 * max(short, 0.02)

    @pytest.mark.slow
    @pytest.mark.corpora
    @pytest.mark.parametrize(
        "name", ["newsapi_2022_en", "huffpost_2018_22", "indicnews_hi", "thucnews_zh", "googlenews_tset"]
    )
    @pytest.mark.parametrize("threshold", [0.6, 0.7, 0.85])
    def test_every_pair_of_real_headlines(self, corpora, name, threshold):
        import scipy.sparse as sp

        headlines = corpora(name).headline[:6000].tolist()
        sets = word_sets(headlines)
        number = {word: i for i, word in enumerate(sorted(set().union(*sets)))}
        indptr = np.cumsum([0] + [len(words) for words in sets])
        indices = [number[word] for words in sets for word in sorted(words)]
        matrix = sp.csr_matrix((np.ones(len(indices), np.int64), indices, indptr), shape=(len(sets), len(number)))
        common = (matrix @ matrix.T).tocoo()
        sizes = np.diff(indptr)
        union = sizes[common.row] + sizes[common.col] - common.data
        # In whole numbers, so that nothing is rounded at the threshold.
        near = common.data * 100 >= round(threshold * 100) * union
        expected = components(len(sets), zip(common.row[near].tolist(), common.col[near].tolist(), strict=True))
        assert near_duplicate_groups(headlines, threshold).tolist() == expected
        assert len(set(expected)) < len(sets)

    @pytest.mark.slow
    @pytest.mark.corpora
    def test_nearly_linear_on_real_headlines(self, corpora):
        headlines = corpora("newsapi_2022_en").headline.tolist()
        times = []
        for n in (35_000, 140_000):
            start = time.perf_counter()
            near_duplicate_groups(headlines[:n])
            times.append(time.perf_counter() - start)
        assert times[1] < 10 * times[0]


HEADLINES = st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5).map(" ".join), min_size=4, max_size=20)
STORIES = st.sampled_from(["s1", "s2", "s3", "", None])


class TestJointGroups:
    @settings(max_examples=25)
    @given(st.lists(st.tuples(st.sampled_from(["a b c", "a b c d", "x y z", "q", ""]), STORIES), max_size=12))
    def test_naive_oracle(self, rows):
        headlines, stories = [row[0] for row in rows], [row[1] for row in rows]
        near = _links(near_duplicate_groups(headlines).tolist())
        told = [(i, j) for i in range(len(rows)) for j in range(i) if stories[i] and stories[i] == stories[j]]
        assert joint_groups(batch(headlines, story=stories)).tolist() == components(len(rows), near + told)

    def test_without_stories(self):
        headlines = ["a b c", "x", "a b c d"]
        assert joint_groups(batch(headlines)).tolist() == [0, 1, 0]
        assert joint_groups(batch(headlines, story=[None, None, None])).tolist() == [0, 1, 0]

    def test_text_beside_the_headlines(self):
        rows = batch(["a b c - One", "a b c - Two"], story=["", ""])
        assert joint_groups(rows).tolist() == [0, 1]
        assert joint_groups(rows, pa.array(["a b c", "a b c"])).tolist() == [0, 0]


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
