"""Evaluation of stories: worked by hand, against the plain bootstrap, and on the embedded corpus."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from classify.cli.common import load
from classify.corpora import load_sample
from classify.evaluation import StoryEvaluation, evaluate_stories
from classify.evaluation.stories import measure_stability, story_scores
from classify.evaluation.story_map import place_stories
from classify.headlines import Headlines
from classify.metrics import bcubed_scores, bootstrap_interval
from classify.stories import StoryClusterer


def make(rows, **columns):
    """Make headlines."""
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    return Headlines(pa.array(rows, pa.string()), line=pa.array(range(len(rows))), **arrays)


def grouped(labels, titles=None):
    """Stand in for a fitted clusterer with the given labels."""
    labels = np.asarray(labels)
    stories = [
        SimpleNamespace(number=int(n), title=f"story {n}", terms=("x",), headlines=np.flatnonzero(labels == n),
                        size=int((labels == n).sum()))
        for n in np.unique(labels)
    ]  # fmt: skip
    return SimpleNamespace(labels_=labels, stories_=stories, get_params=lambda: {"n_stories": "auto"})


ROWS = ["Rovers win cup", "Rovers win the cup", "Tax vote late", "Tax vote is late", "Rain"]


@pytest.fixture(scope="module")
def sample():
    """A part of the embedded corpus, whole stories."""
    headlines = load_sample()
    return headlines.take(np.arange(400))


@pytest.fixture(scope="module")
def fitted(sample):
    """A clusterer that has seen it."""
    return StoryClusterer().fit(sample.headline, dates=sample.date)


class TestByHand:
    def test_scores_and_baselines(self):
        headlines = make(ROWS, story=["a", "a", "b", "b", "c"])
        numbers = evaluate_stories(grouped([0, 0, 1, 2, 2]), headlines)
        # Precision: 1, 1, 1, 1/2, 1/2; recall: 1, 1, 1/2, 1/2, 1.
        assert numbers["scores"]["bcubed"]["precision"] == pytest.approx(4 / 5)
        assert numbers["scores"]["bcubed"]["recall"] == pytest.approx(4 / 5)
        alone, one = numbers["baselines"]
        assert (alone["name"], one["name"]) == ("every headline its own story", "one story")
        assert (alone["bcubed"]["precision"], one["bcubed"]["recall"]) == (1, 1)
        assert (numbers["n_stories"], numbers["n_singletons"], numbers["sizes"]) == (3, 1, [2, 2, 1])
        assert numbers["data"]["n_true_stories"] == 3

    def test_worst(self):
        headlines = make(ROWS, story=["a", "a", "a", "b", "b"])
        numbers = evaluate_stories(grouped([0, 0, 1, 1, 1]), headlines)
        assert numbers["worst_mixed"] == [{"story": 1, "title": "story 1", "size": 3, "true_stories": 2}]
        assert numbers["worst_split"] == [{"true_story": "a", "headline": ROWS[0], "size": 3, "stories": 2}]

    def test_headlines_of_unknown_story_are_not_scored(self):
        headlines = make(ROWS, story=["a", "a", "b", None, ""])
        numbers = evaluate_stories(grouped([0, 0, 1, 1, 0]), headlines)
        assert numbers["scores"]["bcubed"]["f1"] == 1
        assert numbers["data"]["n_true_stories"] == 2

    def test_nothing_known_nothing_scored(self):
        numbers = evaluate_stories(grouped([0, 0, 1, 1, 2]), make(ROWS))
        for part in ("scores", "timeline", "worst_mixed", "worst_split"):
            assert numbers[part] is None
        assert numbers["baselines"] == []
        assert numbers["stories"][0]["section"] is None
        assert numbers["data"]["first_date"] is None

    def test_dates_publishers_and_sections(self):
        headlines = make(
            [f"{row} - The Courier" for row in ROWS],
            date=["2025-03-04T10:00", "2025-03-02", None, "2025-03-01", "2025-03-01"],
            publisher=["The Courier", "Post", "The Courier", None, "The Courier"],
            section=["sport", "sport", None, "politics", "tech"],
        )
        numbers = evaluate_stories(grouped([0, 0, 0, 1, 2]), headlines)
        first = numbers["stories"][0]
        assert (first["first"], first["last"]) == ("2025-03-02", "2025-03-04")
        assert first["publishers"] == ["The Courier", "Post"]
        assert first["section"] == "sport"
        assert [tuple(row.values()) for row in first["headlines"]] == [
            ("Rovers win the cup", "2025-03-02", "Post", None),
            ("Rovers win cup", "2025-03-04T10:00", "The Courier", None),
            ("Tax vote late", None, "The Courier", None),
        ]
        assert [day["date"] for day in numbers["timeline"]] == ["2025-03-01", "2025-03-02", "2025-03-04"]
        assert numbers["timeline"][0]["counts"] == {"1": 1, "2": 1}

    def test_another_number_of_headlines(self):
        with pytest.raises(ValueError, match="5 headlines, but the clusterer was fitted on 2"):
            evaluate_stories(grouped([0, 0]), make(ROWS))


class TestOnTheSample:
    @pytest.mark.slow
    def test_keys_and_plain_types(self, fitted, sample):
        numbers = evaluate_stories(fitted, sample, name="sample")
        assert set(numbers) == set(StoryEvaluation.__annotations__)
        assert json.loads(json.dumps(numbers, allow_nan=False)) == numbers
        assert sum(numbers["sizes"]) == len(sample)
        assert [s["size"] for s in numbers["stories"]] == numbers["sizes"][: len(numbers["stories"])]
        assert {point["story"] for point in numbers["map"]} >= {s["story"] for s in numbers["stories"]}

    @pytest.mark.slow
    def test_a_model_gives_sections_where_none_are_known(self, fitted, sample):
        unlabelled = replace(sample, section=None)
        given, none, found = (
            [story["section"] for story in evaluate_stories(fitted, headlines, classifier=model)["stories"]]
            for headlines, model in ((sample, load(None)), (unlabelled, None), (unlabelled, load(None)))
        )
        assert set(none) == {None}
        assert None not in given
        assert np.mean([one == other for one, other in zip(given, found, strict=True)]) > 0.8

    @pytest.mark.slow
    def test_interval_is_that_of_the_plain_bootstrap(self, fitted, sample):
        true, found = np.array(sample.story.to_pylist()), fitted.labels_
        same_true, same_found = true[:, None] == true, found[:, None] == found
        both = (same_true & same_found).sum(axis=1)
        precision, recall = both / same_found.sum(axis=1), both / same_true.sum(axis=1)

        def f1(rows):
            p, r = precision[rows].mean(), recall[rows].mean()
            return 2 * p * r / (p + r)

        low, high = bootstrap_interval(f1, true)
        scores = evaluate_stories(fitted, sample)["scores"]["bcubed"]
        assert scores["f1"] == pytest.approx(bcubed_scores(true, found)[2])
        assert (scores["f1_low"], scores["f1_high"]) == pytest.approx((float(low), float(high)))

    def test_stability(self, fitted, sample):
        found = measure_stability(fitted, sample, n_rounds=1, share=1.0)
        assert found["bootstrap"] == 1
        assert found["permuted_pairs_changed"] <= 0.02


def test_story_scores_do_not_care_for_names():
    true, found = np.array([0, 0, 1, 2, 2, 2]), np.array([5, 5, 5, 7, 7, 8])
    one, two = story_scores(true, found), story_scores(np.array(list("xxyzzz")), -found)
    assert one.pop("bcubed") == pytest.approx(two.pop("bcubed"))
    assert one == pytest.approx(two)


@pytest.mark.parametrize("n", [1, 2, 4, 6, 30])
def test_any_number_of_stories_has_a_place(n):
    texts = pa.array([f"word{i} word{i // 2} common" for i in range(n)])
    places = place_stories(texts, [np.array([i]) for i in range(n)])
    assert places.shape == (n, 2)
    assert np.isfinite(places).all()
    assert (places == place_stories(texts, [np.array([i]) for i in range(n)])).all()


def test_stories_without_words_have_a_place():
    assert place_stories(pa.array(["!", "?", "-", "", "…", ":"]), [np.array([i]) for i in range(6)]).shape == (6, 2)
