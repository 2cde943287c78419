"""Dates, lags and silences: against the definition, and by what must not matter."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from classify.corpora import load_sample
from classify.metrics import bcubed_scores
from classify.stories import StoryClusterer
from classify.stories.days import Calendar, LagEvidence, as_days, learn_lags, split_at_silences, split_new


class TestDays:
    def test_dates_of_many_kinds(self):
        dates = ["1970-01-02", None, "1970-01-03T00:00:00Z", "", "Mon, 05 Jan 1970 12:00:00 +0000"]
        expected = [1, np.nan, 2, np.nan, 4.5]
        assert np.array_equal(as_days(dates, 5), expected, equal_nan=True)
        assert np.array_equal(as_days(pa.array(dates), 5), expected, equal_nan=True)
        assert as_days(np.array(["1970-01-02"], "datetime64[s]"), 1).tolist() == [1]
        assert as_days(["", None], 2) is None
        assert as_days(None, 2) is None

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=25), st.integers(1, 9))
    def test_no_silence_inside_and_no_split_without(self, rows, window):
        labels, days = (np.array(column) for column in zip(*rows, strict=True))
        split = split_at_silences(labels, days.astype(float), window)
        for story in np.unique(split):
            assert len(set(labels[split == story])) == 1
            assert np.diff(np.sort(days[split == story])).max(initial=0) <= window
        for label in np.unique(labels):
            stories = np.unique(split[labels == label])
            ranges = sorted((days[split == s].min(), days[split == s].max()) for s in stories)
            assert all(low - high > window for (_, high), (low, _) in pairwise(ranges))

    @given(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), min_size=1, max_size=20),
        st.lists(st.integers(-5, 25), min_size=1, max_size=9),
    )
    def test_evidence_of_days_against_the_definition(self, members, days):
        labels, known = (np.array(column) for column in zip(*members, strict=True))
        lags = LagEvidence(np.array([0.5, 2.5, 6.5]), np.log([9.0, 3.0, 1.0, 0.1]))
        calendar = Calendar(labels, known.astype(float), lags)
        for story in range(labels.max() + 1):
            of_story = known[labels == story]
            new, other = np.array(days, float), np.full(len(days), story)
            found = calendar.weigh(new, other, np.zeros(len(days), bool))
            # What the lags of a story's headlines tell, one by one; 0 where it has none.
            means = [np.exp(lags.weigh(np.abs(of_story - day))).mean() if len(of_story) else 1.0 for day in days]
            assert found == pytest.approx(np.log(means))
            if len(of_story) > 1:
                own = calendar.weigh(of_story[:1].astype(float), other[:1], np.ones(1, bool))
                expected = np.exp(lags.weigh(np.abs(of_story[1:] - of_story[0]))).mean()
                assert np.exp(own[0]) == pytest.approx(expected)

    def test_undated_headlines_and_stories_are_no_evidence(self):
        lags = LagEvidence(np.array([1.0]), np.log([9.0, 0.1]))
        calendar = Calendar(np.array([0, 1]), np.array([1.0, np.nan]), lags)
        days, stories = np.array([1.0, 1.0, np.nan]), np.array([0, 1, 0])
        assert np.exp(calendar.weigh(days, stories, np.zeros(3, bool))).round(9).tolist() == [9, 1, 1]

    def test_lags_tell_nothing_where_dates_are_shuffled(self):
        pairs = sp.csr_matrix(sp.kron(sp.eye_array(8000), [[0, 1], [1, 0]]))
        days = np.repeat(np.arange(8000.0), 2) / 20
        told, shuffled = (learn_lags(pairs, d) for d in (days, np.random.default_rng(0).permutation(days)))
        near, far = told.weigh(np.array([0.0, 200.0]))
        assert near > 4
        assert far < -2
        assert np.abs(shuffled.weigh(np.array([5.0, 10.0, 200.0]))).max() < 0.5
        for evidence in (told, shuffled):
            assert (np.diff(evidence.evidence) <= 0).all()

    def test_links_far_apart_are_no_evidence(self):
        pairs = sp.csr_matrix(sp.kron(sp.eye_array(300), [[0, 1], [1, 0]]))
        evidence = learn_lags(pairs, np.tile([0.0, 400.0], 300) + np.repeat(np.arange(300.0), 2) / 10)
        assert evidence.evidence == pytest.approx(np.zeros_like(evidence.evidence))

    @pytest.mark.slow
    def test_dates_help_and_shuffled_dates_do_no_harm(self):
        sample = load_sample()
        dates = sample.date.to_pylist()
        shuffled = [dates[i] for i in np.random.default_rng(0).permutation(len(dates))]
        scores = [
            bcubed_scores(sample.story.to_pylist(), StoryClusterer().fit(sample.headline, given).labels_)[2]
            for given in (dates, None, shuffled)
        ]
        # 0.829, 0.652 and as much.
        assert scores[0] > scores[1] + 0.1
        assert scores[2] > scores[1] - 0.02

    def test_a_formula_of_every_week_is_no_story(self):
        sample = load_sample()
        days = np.unique(np.array(sample.date.to_pylist()))[::5]
        formula = [f"Build-up to the weekend: live text and radio, round {i}" for i in range(len(days))]
        clusterer = StoryClusterer().fit([*sample.headline.to_pylist(), *formula], [*sample.date.to_pylist(), *days])
        # One of all of them without the dates.
        assert np.bincount(clusterer.labels_[-len(formula) :]).max() < len(formula) / 3

    def test_new_headlines_reach_a_known_story_in_steps(self):
        first, last = np.array([10.0]), np.array([20.0])
        labels, days = np.zeros(6, int), np.array([22.0, 24.0, 15.0, 8.0, 27.5, 4.5])
        assert split_new(labels, days, first, last, 3).tolist() == [0, 0, 0, 0, 1, 2]
