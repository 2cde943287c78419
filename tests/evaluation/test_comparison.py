"""Models side by side: worked by hand, against exact enumeration, against the plain bootstrap."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, permutation_test

from classify.classifier import HeadlineClassifier
from classify.corpora import load_sample
from classify.evaluation import compare_classifiers
from classify.evaluation.answers import Answers, align
from classify.evaluation.comparison import compare, paired_difference, sign_flip_test
from classify.headlines import Headlines
from classify.metrics import bootstrap_interval
from classify.splits import prepare_labelled


def answers(best, true, groups=None, k=3):
    """Make answers that are sure of themselves."""
    proba = np.eye(k)[np.asarray(best)]
    return Answers(list("abc")[:k], np.asarray(true), proba, np.asarray(range(len(true)) if groups is None else groups))


def headlines(n):
    """Make n headlines."""
    return Headlines(pa.array([f"headline {i}" for i in range(n)]), line=pa.array(range(n)))


class TestPairedDifference:
    def test_worked_by_hand(self):
        true = [0, 0, 1, 1]
        found = paired_difference(answers([0, 0, 1, 0], true), answers([0, 1, 0, 0], true))
        assert found["difference"] == 0.5
        assert found["low"] <= 0.5 <= found["high"]

    def test_a_model_against_itself(self):
        one = answers([0, 1, 2, 0], [0, 1, 1, 2])
        nothing = {"difference": 0, "low": 0, "high": 0, "p_value": 1.0, "only_a": 0, "only_b": 0}
        assert paired_difference(one, one) == nothing

    @settings(max_examples=20)
    @given(st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.integers(0, 4)), min_size=2, max_size=30))
    def test_plain_bootstrap_and_exchange_of_models(self, rows):
        true, a, b, groups = (np.array(column) for column in zip(*rows, strict=True))
        first, second = answers(a, true, groups), answers(b, true, groups)
        found, turned = paired_difference(first, second), paired_difference(second, first)
        gain = (a == true).astype(float) - (b == true)
        low, high = bootstrap_interval(lambda i: gain[i].mean(), groups)
        assert (found["low"], found["high"]) == pytest.approx((float(low), float(high)))
        assert found["difference"] == -turned["difference"]
        assert found["p_value"] == pytest.approx(turned["p_value"])
        assert (found["only_a"], found["only_b"]) == (turned["only_b"], turned["only_a"])
        assert found["only_a"] - found["only_b"] == gain.sum()


class TestSignFlipTest:
    @settings(max_examples=50)
    @given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 7)), min_size=1, max_size=30))
    def test_every_exchange_counted(self, rows):
        gain, groups = (np.array(column) for column in zip(*rows, strict=True))
        sums = np.array([gain[groups == g].sum() for g in np.unique(groups)])
        totals = [abs(np.dot(signs, sums)) for signs in product([-1, 1], repeat=len(sums))]
        exact = np.mean(np.array(totals) >= abs(sums.sum()) - 1e-9)
        assert sign_flip_test(gain, groups) == pytest.approx(exact)

    def test_a_group_counts_once(self):
        assert sign_flip_test(np.ones(20), np.zeros(20)) == 1.0
        assert sign_flip_test(np.ones(20), np.arange(20)) == pytest.approx(2 / 2**20)

    @settings(max_examples=30)
    @given(st.integers(0, 400), st.integers(0, 400))
    def test_without_groups_it_is_mcnemars_exact_test(self, n_wins, n_losses):
        gain = np.repeat([1, -1, 0], [n_wins, n_losses, 5])
        exact = binomtest(n_wins, n_wins + n_losses).pvalue if n_wins + n_losses else 1.0
        assert sign_flip_test(gain, np.arange(len(gain))) == pytest.approx(exact, abs=1e-12)

    def test_scipys_random_exchanges_agree(self):
        rng = np.random.default_rng(0)
        groups = rng.integers(0, 120, 400)
        gain = rng.choice([-1, 0, 1], 400, p=[0.15, 0.6, 0.25])
        sums = np.bincount(groups, gain)
        drawn = permutation_test((sums,), np.sum, permutation_type="samples", n_resamples=9999, rng=rng)
        assert sign_flip_test(gain, groups) == pytest.approx(drawn.pvalue, abs=0.015)


class TestCompare:
    def test_parts(self):
        true = np.array([0, 0, 1, 1, 2])
        models = {
            "right": answers(true, true),
            "half": answers([0, 1, 1, 0, 2], true),
            "never": answers([1, 1, 0, 0, 0], true),
        }
        found = compare(models, headlines(5), without_probabilities=["never"])
        assert [m["accuracy"]["value"] for m in found["models"]] == [1, 0.6, 0]
        assert [m["log_loss"] is None for m in found["models"]] == [False, False, True]
        assert [(p["a"], p["b"]) for p in found["paired"]] == [("right", "half"), ("right", "never"), ("half", "never")]
        assert found["per_section"]["a"] == {"right": 1, "half": 0.5, "never": 0}
        assert len(found["disagreements"]) == found["n_disagreements"] == found["n_headlines"] == 5
        first = found["disagreements"][0]
        assert first["answers"].keys() == models.keys()
        assert first["answers"]["right"] == first["section"]
        json.dumps(found, allow_nan=False)

    def test_where_each_wins_worked_by_hand(self):
        true = np.array([0, 0, 1, 1])
        found = compare({"x": answers([0, 0, 1, 0], true), "y": answers([0, 1, 1, 1], true)}, headlines(4))
        # F1 of x: a 2*2/(2+3), b 2*1/(2+1); of y: a 2*1/(2+1), b 2*2/(2+3). No headline is of c.
        expected = [("a", 2, 4 / 5 - 2 / 3, 1, 0), ("b", 2, 2 / 3 - 4 / 5, 0, 1)]
        keys = ("section", "support", "difference", "only_a", "only_b")
        assert [tuple(row[key] for key in keys) for row in found["wins"]] == [
            (*row[:2], pytest.approx(row[2]), *row[3:]) for row in expected
        ]
        assert all(row["low"] <= row["difference"] <= row["high"] for row in found["wins"])
        assert found["paired"][0]["macro_f1_difference"] == pytest.approx(0)

    @settings(max_examples=10)
    @given(st.lists(st.tuples(*[st.integers(0, 2)] * 3, st.integers(0, 4)), min_size=3, max_size=30))
    def test_intervals_are_those_of_the_plain_bootstrap(self, rows):
        true, a, b, groups = (np.array(column) for column in zip(*rows, strict=True))
        found = compare({"x": answers(a, true, groups), "y": answers(b, true, groups)}, headlines(len(true)))
        first = found["wins"][0]
        code = "abc".index(first["section"])

        def lead(i):
            f1 = [2 * np.sum((m[i] == code) & (true[i] == code)) for m in (a, b)]
            sizes = [np.sum(m[i] == code) + np.sum(true[i] == code) for m in (a, b)]
            return f1[0] / sizes[0] - f1[1] / sizes[1] if all(sizes) else np.nan

        assert first["difference"] == pytest.approx(lead(np.arange(len(true))))
        drawn = np.array([lead(i) for i in _resamples(groups)])
        low, high = np.nanquantile(drawn, [0.025, 0.975])
        assert (first["low"], first["high"]) == (pytest.approx(low), pytest.approx(high))

    def test_examples_take_turns_among_the_ways_to_disagree(self):
        true = np.zeros(1000, int)
        a = np.where(np.arange(1000) < 900, 0, 1)
        found = compare({"x": answers(a, true), "y": answers(1 - a, true)}, headlines(1000))
        winners = [row["answers"]["x"] == "a" for row in found["disagreements"]]
        assert winners.count(True) == winners.count(False) == 30
        places = [int(row["headline"].split()[1]) for row in found["disagreements"]]
        assert min(places) < 100
        assert max(p for p in places if p < 900) > 800

    def test_against_one_model_only(self):
        models = {name: answers([0, 1], [0, 1]) for name in ("x", "y", "z")}
        found = compare(models, headlines(2), against="y")
        assert [(p["a"], p["b"]) for p in found["paired"]] == [("y", "x"), ("y", "z")]
        assert found["disagreements"] == []

    def test_models_that_know_different_sections(self):
        true, groups = np.array(["a", "b"]), np.arange(2)
        one = align(np.array(["a", "b"]), np.eye(2), true, groups)
        two = align(np.array(["a", "c"]), np.eye(2), true, groups)
        found = compare({"one": one, "two": two}, headlines(2))
        assert found["per_section"]["c"] == {"one": None, "two": 0}
        assert [row["answers"] for row in found["disagreements"]] == [{"one": "b", "two": "c"}]

    def test_one_model_is_none_to_compare(self):
        with pytest.raises(ValueError, match="1 model"):
            compare({"one": answers([0], [0])}, headlines(1))


def _resamples(groups, n=1000):
    """Draw the rows of whole groups, as the intervals do."""
    names, codes = np.unique(groups, return_inverse=True)
    rng = np.random.default_rng(0)
    for _ in range(n):
        yield np.concatenate([np.flatnonzero(codes == g) for g in rng.integers(len(names), size=len(names))])


@pytest.fixture(scope="module")
def sample():
    return prepare_labelled(load_sample().slice(0, 300)).headlines


class TestCompareClassifiers:
    def model(self, sample, drop=(), **params):
        rows = [i for i, section in enumerate(sample.section.to_pylist()) if section not in drop]
        part = sample.headline.take(rows), [sample.section[i].as_py() for i in rows]
        return HeadlineClassifier(**params).fit(*part)

    def test_a_section_that_one_does_not_know_counts_as_its_mistake(self, sample):
        sections = sorted(set(sample.section.to_pylist()))
        models = {"all": self.model(sample), "fewer": self.model(sample, sections[:1])}
        found = compare_classifiers(models, sample)
        count = sample.section.to_pylist().count(sections[0])
        assert found["unknown_sections"] == {"fewer": [{"section": sections[0], "n_headlines": count}]}
        assert found["per_section"][sections[0]]["fewer"] == 0
        row = next(row for row in found["wins"] if row["section"] == sections[0])
        assert row["only_b"] == 0
        assert [(pair["a"], pair["b"]) for pair in found["paired"]] == [("all", "fewer")]

    def test_headlines_of_none_are_left_out_for_all(self, sample):
        none = sample.section.to_pylist()[0]
        models = {"all": self.model(sample), "declines": self.model(sample, none_label=none)}
        found = compare_classifiers(models, sample)
        assert found["n_left_out"] == sample.section.to_pylist().count(none)
        assert found["n_headlines"] == len(sample) - found["n_left_out"]
        assert none not in {row["section"] for row in found["wins"]}

    def test_nothing_in_common_is_said(self, sample):
        other = HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"] * 2, ["X", "Y"] * 2)
        with pytest.raises(ValueError, match=r"^odd knows none of the sections .*'X', 'Y'.*; expected at least one"):
            compare_classifiers({"mine": self.model(sample), "odd": other}, sample)
