"""Models side by side: worked by hand, against exact enumeration, against the plain bootstrap."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.answers import Answers, align
from classify.comparison import compare, paired_difference, randomisation_test
from classify.headlines import Headlines
from classify.metrics import bootstrap_interval


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
        assert paired_difference(one, one) == {"difference": 0, "low": 0, "high": 0, "p_value": 1.0}

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
        assert found["p_value"] == turned["p_value"]


class TestRandomisationTest:
    @settings(max_examples=15)
    @given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 5)), min_size=1, max_size=20))
    def test_every_exchange_counted(self, rows):
        gain, groups = (np.array(column) for column in zip(*rows, strict=True))
        sums = np.array([gain[groups == g].sum() for g in np.unique(groups)])
        totals = [abs(np.dot(signs, sums)) for signs in product([-1, 1], repeat=len(sums))]
        exact = np.mean(np.array(totals) >= abs(sums.sum()) - 1e-9)
        assert randomisation_test(gain, groups) == pytest.approx(exact, abs=0.03)

    def test_a_group_counts_once(self):
        assert randomisation_test(np.ones(20), np.zeros(20)) == 1.0
        assert randomisation_test(np.ones(20), np.arange(20)) < 0.001


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
        assert len(found["disagreements"]) == 5
        first = found["disagreements"][0]
        assert first["answers"].keys() == models.keys()
        assert first["answers"]["right"] == first["section"]
        json.dumps(found, allow_nan=False)

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
