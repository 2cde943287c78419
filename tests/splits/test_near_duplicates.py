"""Groups of near-duplicates against brute force, and joined with stories."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import batch, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.features.tokens import tokenize
from classify.splits import joint_groups, near_duplicate_groups, near_duplicates

THRESHOLDS = (0.51, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0)


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


def pairs_compared(monkeypatch, headlines):
    """How many pairs of headlines are compared word by word."""
    compared = []

    def count(sets, a, b, threshold):
        compared.append(len(a))
        return similar(sets, a, b, threshold)

    similar = near_duplicates._similar
    with monkeypatch.context() as patch:
        patch.setattr(near_duplicates, "_similar", count)
        near_duplicate_groups(headlines)
    return sum(compared)


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

    def test_ten_thousand_copies_of_one_headline(self, monkeypatch):
        headlines = ["Rovers win the cup again"] * 10_000 + ["Rovers win the cup again today"] * 10_000
        assert set(near_duplicate_groups(headlines).tolist()) == {0}
        # Two distinct sets of words: one pair.
        assert pairs_compared(monkeypatch, headlines) <= 2

    @pytest.mark.parametrize("frame", ["morning news briefing u{}", "horoscope today for {} and what the stars say"])
    def test_headlines_that_share_a_frame_do_not_take_quadratic_time(self, frame, monkeypatch):
        short, long = (pairs_compared(monkeypatch, [frame.format(f"x{i}") for i in range(n)]) for n in (1000, 8000))
        # Eight times as many headlines: 64 times as many pairs if quadratic.
        assert long < 10 * short

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
    def test_nearly_linear_on_real_headlines(self, corpora, monkeypatch):
        headlines = corpora("newsapi_2022_en").headline.tolist()
        short, long = (pairs_compared(monkeypatch, headlines[:n]) for n in (35_000, 140_000))
        assert long < 10 * short


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
