"""What `train` gives back: learned again from all headlines, dates and groups on every path, rare sections named."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from classify import HeadlineClassifier, Headlines, load_sample, train
from classify.classifier.modelfile import to_bytes
from classify.splits import divide, prepare_labelled


def make(sections, start="2026-01-01", step=1):
    """Make a headline of three words of its own for each section, `step` days apart."""
    rows = [f"{section}{i % 7} {section}{i % 5} word{i}" for i, section in enumerate(sections)]
    dates = np.datetime64(start) + step * np.arange(len(rows))
    return Headlines(pa.array(rows), section=pa.array(sections), date=pa.array(dates.astype(str).tolist()))


@pytest.fixture(scope="module")
def sample():
    """A part of the embedded corpus."""
    return load_sample().slice(0, 500)


@pytest.mark.slow
def test_the_model_knows_all_headlines_and_the_figures_are_of_the_one_that_did_not(sample):
    options = {"compare_splits": False, "classifier": HeadlineClassifier(n_folds=2)}
    again, first = train(sample, **options), train(sample, **options, refit=False)
    n = len(prepare_labelled(sample))
    assert again.classifier.vectorizer_.n_samples_ == again.n_train == again.evaluation["model"]["n_refit"] == n
    assert first.classifier.vectorizer_.n_samples_ == first.n_train == first.evaluation["data"]["n_train"] < n
    assert first.evaluation["model"]["n_refit"] is None
    assert again.evaluation | {"model": None} == first.evaluation | {"model": None}
    assert np.array_equal(again.classifier.thresholds_, first.classifier.thresholds_)


def test_a_given_test_file_is_not_learned_from(sample):
    done = train(sample.slice(0, 300), test=sample.slice(300, 200), classifier=HeadlineClassifier(n_folds=2))
    assert done.evaluation["model"]["n_refit"] is None
    assert done.n_train == done.evaluation["data"]["n_train"]


def test_a_section_of_the_latest_headlines_alone_is_learned_in_the_end():
    done = train(make(["a", "b"] * 40 + ["a", "new"] * 10), split="time", classifier=HeadlineClassifier(n_folds=2))
    assert [row["section"] for row in done.evaluation["data"]["unknown_sections"]] == ["new"]
    assert done.classifier.classes_.tolist() == ["a", "b", "new"]


@pytest.mark.parametrize(("step", "by_time"), [(1, True), (0, False)])
def test_without_a_test_groups_are_kept_and_thresholds_learned_from_later_headlines(sample, step, by_time):
    rows = prepare_labelled(make(["a", "b", "c"] * 30, step=step))
    done = train(rows.headlines, test_size=0, classifier=HeadlineClassifier(n_folds=2))
    columns = rows.headlines.headline, rows.sections, rows.groups
    expected = HeadlineClassifier(n_folds=2).fit(*columns, dates=rows.dates if by_time else None)
    assert to_bytes(done.classifier) == to_bytes(expected)
    assert done.evaluation is None


def test_dates_count_where_most_are_known_and_undated_headlines_as_the_oldest():
    rows = make(["a", "b"] * 40)
    dates = np.array(rows.date.to_pylist(), object)
    for n_unknown, used in ((30, True), (40, False)):
        some = np.where(np.arange(80) >= 80 - n_unknown, None, dates)
        found = prepare_labelled(
            Headlines(**rows._columns() | {"date": pa.array(some.tolist(), pa.string())})
        ).long_dates
        assert (found is not None) == used
        assert not used or (found[-n_unknown:] == found.min()).all()


def test_sections_without_a_test_or_of_few_headlines_are_named():
    done = train(make(["a"] * 60 + ["b"] * 60 + ["few"] * 9 + ["one"]), classifier=HeadlineClassifier(n_folds=2))
    found = {row["section"]: row for row in done.rare_sections}
    assert found.keys() == {"few", "one"}
    assert found["few"]["n_train"] + found["few"]["n_test"] == 9
    assert found["one"] == {"section": "one", "n_train": 1, "n_test": 0}
    assert done.rare_sections == done.evaluation["rare_sections"]
    assert {row["section"] for row in train(make(["a"] * 60 + ["b"] * 9), test_size=0).rare_sections} == {"b"}


@pytest.mark.parametrize("split", ["grouped", "random"])
def test_a_section_is_never_among_the_test_headlines_alone(split):
    rows = make(["a", "b"] * 30 + ["one", "two", "three", "four", "five"])
    for seed in range(5):
        parts = divide(rows, split, seed=seed)
        assert set(parts.test.sections) <= set(parts.train.sections)
        assert len(parts.train) + len(parts.test) == len(rows)


def test_other_sections_need_a_new_fit():
    rows = ["Rovers win cup", "Tax vote", "Rovers lose", "Tax bill"], ["sport", "politics"] * 2
    classifier = HeadlineClassifier(n_folds=2).fit(*rows)
    with pytest.raises(
        ValueError, match=r"'health', 'sport' were found; expected those that were learned, .*; call fit"
    ):
        classifier.refit(rows[0], ["sport", "health"] * 2)
    assert to_bytes(classifier.refit(*rows)) == to_bytes(classifier)
