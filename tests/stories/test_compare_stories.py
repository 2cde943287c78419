"""The experiment that puts other ways to cluster beside ours."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from classify.metrics import bcubed_scores

TEXTS = ["rovers win cup", "cup win rovers", "storm floods harbour", "harbour storm floods", "senate budget vote"]
TRUTH = [0, 0, 1, 1, 2]


@pytest.fixture(scope="module")
def compare():
    """Import the experiment from its folder."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "experiments"))
    yield import_module("compare_stories")
    sys.path.pop(0)


def test_rivals_find_headlines_of_the_same_words(compare):
    rows = compare.tf_idf(TEXTS)
    found = [compare.kmeans(rows, 3), compare.hdbscan(rows), *compare.average_linkage(rows, (0.5,))]
    for labels in [*found, *compare.leiden(rows, (1.0,))]:
        assert bcubed_scores(TRUTH, labels)[2] == 1


def test_a_setting_is_chosen_by_the_other_weeks(compare):
    week = compare.trained.Corpus(None, None, np.array(TRUTH))
    right, wrong = np.array(TRUTH), np.zeros(5, np.int64)
    found = {"a": [right, wrong], "b": [right, wrong], "c": [wrong, right]}
    chosen = {name: labels for _, name, labels in compare.chosen("any", dict.fromkeys(found, week), found)}
    # For a, the other weeks are undecided and the first setting is taken; for c both others prefer the first.
    assert chosen["c"] is wrong
    assert chosen["a"] is right


def test_the_interval_is_around_the_score(compare):
    rng = np.random.default_rng(0)
    truth, labels = rng.integers(0, 40, 200), rng.integers(0, 60, 200)
    low, high = compare.f1_interval(truth, labels)
    assert low < bcubed_scores(truth, labels)[2] < high
    assert compare.f1_interval(truth, truth) == (1, 1)


def test_a_row_counts_pairs_of_headlines(compare):
    row = compare.score("any", "stories_week_x", np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    # One of three true pairs is found, and one that is not true.
    assert row["pair F1"] == pytest.approx(2 / 5)
    assert (row["week"], row["stories"]) == ("x", 2)
