"""`train`: splits, figures of both splits, given test headlines, search, sizes, and what cannot be trained on."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from classify import HeadlineClassifier, Headlines, evaluate, load_sample, train
from classify.classifier.modelfile import to_bytes
from classify.splits import divide


def make(headlines, **columns):
    """Make a batch of headlines."""
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    line = pa.array(range(1, len(headlines) + 1), pa.int64())
    return Headlines(pa.array(headlines, pa.string()), line=line, **arrays)


def measured(headlines, **options):
    """Train and measure; return the classifier that was measured and its numbers."""
    done = train(headlines, **{"n_predictions": 25_000, "refit": False} | options)
    return done.classifier, done.evaluation


@pytest.fixture(scope="module")
def sample():
    """A part of the embedded corpus."""
    headlines = load_sample()
    return headlines.take(np.arange(0, len(headlines), 3))


@pytest.fixture(scope="module")
def trained(sample):
    """A classifier and its numbers."""
    done = train(sample, name="sample", compare_splits=False, n_predictions=25_000, refit=False)
    return done.classifier, done.evaluation


class TestTrain:
    def test_grouped_split_keeps_near_duplicates_together(self, trained):
        _, numbers = trained
        assert numbers["data"]["n_duplicates_crossing"] == 0
        assert numbers["data"]["split"] == "grouped"
        assert numbers["data"]["test_size"] == 0.2
        assert "groups of near-duplicates and stories, 1000 resamples" in numbers["interval"]

    def test_the_random_split_stands_beside_the_grouped_one(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        _, numbers = measured(few, classifier=HeadlineClassifier(n_folds=2))
        beside = numbers["random_split"]
        assert beside["n_duplicates_crossing"] > 0
        assert beside["accuracy"].keys() == {"value", "low", "high"}

    def test_the_grouped_split_stands_beside_a_random_one(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        _, numbers = measured(few, split="random", classifier=HeadlineClassifier(n_folds=2))
        assert numbers["random_split"] is None
        assert numbers["data"]["n_duplicates_crossing"] > 0
        assert numbers["baselines"][-1]["name"] == "this model (grouped split)"

    def test_no_second_figure_where_nothing_crosses(self):
        words = [f"w{i}" for i in range(120)]
        rows = make([" ".join(words[3 * i : 3 * i + 3]) for i in range(40)], section=["a", "b"] * 20)
        _, numbers = measured(rows, split="random", classifier=HeadlineClassifier(n_folds=2))
        assert numbers["random_split"] is None
        assert len(numbers["baselines"]) == 2

    def test_a_given_test_file(self, sample):
        half = len(sample) // 2
        train, test = (
            sample.take(np.arange(half)),
            sample.take(np.arange(half, len(sample))),
        )
        _, numbers = measured(train, test=test, classifier=HeadlineClassifier(n_folds=2))
        data = numbers["data"]
        assert (data["split"], data["test_size"]) == ("given test file", None)
        assert (data["n_train"], data["n_test"]) == (len(train), len(test))
        assert numbers["random_split"] is None

    @pytest.mark.slow
    def test_by_time(self, sample):
        _, numbers = measured(sample, split="time", compare_splits=False)
        months = [row["month"] for row in numbers["by_month"] or []]
        assert numbers["data"]["n_duplicates_crossing"] == 0
        assert all(month >= "2025-08" for month in months)

    @pytest.mark.slow
    def test_same_bytes_twice_and_for_any_number_of_jobs(self, sample):
        few = sample.take(np.arange(0, len(sample), 4))
        runs = [measured(few, classifier=HeadlineClassifier(n_folds=2, n_jobs=jobs))[1] for jobs in (1, 2)]
        assert json.dumps(runs[0]) == json.dumps(runs[1])

    def test_baselines_learn_from_the_training_rows_only(self):
        train = make(["cup won", "cup lost", "tax vote"] * 4, section=["sport", "sport", "politics"] * 4)
        test = make(["new tax", "old vote"], section=["politics", "politics"])
        _, numbers = measured(train, test=test, classifier=HeadlineClassifier(n_folds=2))
        most, bayes = numbers["baselines"]
        assert most == {"name": "most frequent section", "accuracy": 0.0, "macro_f1": 0.0}
        assert bayes["accuracy"] == 1

    @pytest.mark.slow
    def test_learning_curve_ends_with_the_evaluation_itself(self, sample):
        few = sample.take(np.arange(0, len(sample), 2))
        model = HeadlineClassifier(n_folds=2)
        fitted, numbers = measured(few, classifier=model, compare_splits=False, n_sizes=3)
        curve = numbers["learning_curve"]
        sizes = [point["n_train"] for point in curve]
        assert sizes == sorted(sizes)
        assert len(curve) > 1
        assert sizes[-1] == numbers["data"]["n_train"]
        accuracy = {key: curve[-1][name] for key, name in (("value", "accuracy"), ("low", "low"), ("high", "high"))}
        assert accuracy == numbers["accuracy"]
        assert fitted.vectorizer_.n_samples_ == sizes[-1]

    @pytest.mark.slow
    def test_publishers_that_were_not_trained_on_are_counted_apart(self, sample):
        rows = sample.publisher.to_pylist()
        new = sorted({p for p in rows if p})[:3]
        old = np.array([p not in new for p in rows])
        train, test = (sample.take(np.flatnonzero(part)) for part in (old, ~old | (np.arange(len(old)) < 40)))
        model = HeadlineClassifier(n_folds=2)
        fitted, numbers = measured(train, test=test, test_name="new", classifier=model)
        found = {row["publishers"]: row for row in numbers["by_source"]}
        assert found.keys() == {"new", "in training"}
        counted = test.take(np.flatnonzero(np.isin(np.array(test.publisher.to_pylist(), object), new)))
        assert found["new"]["count"] == len(counted)
        right = fitted.predict(counted.headline) == np.array(counted.section.to_pylist(), object)
        assert found["new"]["accuracy"] == pytest.approx(right.mean())
        assert (numbers["data"]["name"], numbers["data"]["trained_on"]) == ("new", "headlines")

    @pytest.mark.parametrize("n", [0, 1, 10, 10_000])
    def test_no_more_predictions_than_asked_for(self, trained, sample, n):
        some = sample.take(np.arange(300))
        numbers = evaluate(trained[0], some, n_predictions=n)
        wrong = len(some) - np.trace(numbers["confusion_matrix"])
        listed = [row["section"] != row["predicted"] for row in numbers["predictions"]]
        assert len(listed) == min(n, len(some))
        assert sum(listed) == min(wrong, n * 4 // 5) if n != 1 else not sum(listed)

    @pytest.mark.slow
    def test_what_fits_into_the_size_is_what_is_measured(self, sample):
        options = {"compare_splits": False, "classifier": HeadlineClassifier(n_folds=2), "n_predictions": 0}
        small, numbers = measured(sample, **options, max_size=20_000)
        assert len(to_bytes(small)) <= 20_000
        parts = divide(sample)
        found = evaluate(small, parts.test.headlines, train=parts.train.headlines, n_predictions=0)
        assert numbers["accuracy"] == found["accuracy"]
        assert numbers["accuracy"]["value"] < measured(sample, **options)[1]["accuracy"]["value"]

    def test_a_split_that_leaves_one_section_is_named(self):
        dates = [f"2026-01-0{i}" for i in range(1, 5)]
        headlines = make(["A", "B", "C", "D"], section=["x", "x", "x", "y"], date=dates)
        with pytest.raises(ValueError, match="only headlines of 'x' are left to train on \\(3 of them\\)"):
            measured(headlines, split="time", test_size=0.25)
