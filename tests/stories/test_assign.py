"""Stories that grow: known headlines, ids, windows, day by day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_samples import HEADLINES

from classify.corpora import load_sample
from classify.metrics import bcubed_scores
from classify.stories import StoryClusterer
from classify.stories.links import number_by_appearance


class TestKeepingUp:
    def test_known_stories_and_new_ones(self):
        clusterer = StoryClusterer().fit(HEADLINES)
        new = ["Rovers parade the cup", "Ferry runs aground off Harwich", "Ferry aground off Harwich refloated"]
        assert clusterer.assign(new).tolist() == [0, 3, 3]
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 0, 3, 3]
        assert clusterer.stories_[0].headlines == (0, 1, 2, 7)
        assert clusterer.stories_[3].title in new
        assert [story.number for story in clusterer.stories_] == list(range(4))

    def test_known_headlines_never_move(self):
        sample = load_sample().headline.to_pylist()
        clusterer = StoryClusterer().fit(sample[:1000])
        before, titles = clusterer.labels_.copy(), clusterer.n_stories_
        labels = clusterer.assign(sample[1000:1500])
        assert np.array_equal(clusterer.labels_[:1000], before)
        assert np.array_equal(clusterer.labels_[1000:], labels)
        fresh = labels[labels >= titles]
        assert np.array_equal(number_by_appearance(fresh) + titles, fresh)

    def test_the_window_holds_across_runs(self):
        clusterer = StoryClusterer(window=3).fit(HEADLINES, ["2026-01-01"] * 7)
        assert clusterer.assign(HEADLINES, ["2026-01-03"] * 7).tolist() == [0, 0, 0, 1, 1, 1, 2]
        assert clusterer.assign(HEADLINES, ["2026-02-01"] * 7).min() == 3
        assert clusterer.stories_[0].last == "2026-01-03T00:00:00"

    def test_nothing_new(self):
        clusterer = StoryClusterer().fit(HEADLINES)
        assert clusterer.assign([]).tolist() == []
        assert clusterer.n_stories_ == 3

    def test_a_headline_whose_id_was_seen_keeps_its_story_and_is_not_counted_again(self):
        clusterer = StoryClusterer().fit(HEADLINES, ids=list("abcdefg"))
        assert clusterer.assign(HEADLINES, ids=list("abcdefg")).tolist() == clusterer.labels_.tolist()
        new = ["Ferry runs aground off Harwich", HEADLINES[3], "Another wording", "Ferry runs aground off Harwich"]
        assert clusterer.assign(new, ids=["h", "d", "a", "h"]).tolist() == [3, 1, 0, 3]
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 3]
        assert np.bincount(clusterer.labels_).tolist() == [3, 3, 1, 1]

    @pytest.mark.parametrize("ids", [None, [None] * 7, [""] * 7, pa.array(list("hijklmn"))])
    def test_without_an_id_that_was_seen_every_headline_counts(self, ids):
        clusterer = StoryClusterer().fit(HEADLINES, ids=list("abcdefg"))
        without = StoryClusterer().fit(HEADLINES)
        assert clusterer.assign(HEADLINES, ids=ids).tolist() == without.assign(HEADLINES).tolist()
        assert np.array_equal(clusterer.labels_, without.labels_)
        assert len(clusterer.labels_) == len(clusterer.state_.days) == 14

    @given(st.lists(st.tuples(st.sampled_from(HEADLINES), st.sampled_from([None, *"abc\u00e4\n"])), max_size=12))
    def test_known_by_id_as_by_a_dictionary(self, rows):
        clusterer = StoryClusterer().fit(HEADLINES, ids=["a", None, "b", None, None, None, "\u00e4"])
        seen = {"a": 0, "b": 0, "\u00e4": 2}
        count = 7
        for text, name in rows:
            (story,) = clusterer.assign([text], ids=[name])
            assert story == seen.get(name, story)
            count += name is None or name not in seen
            assert len(clusterer.labels_) == count
            seen.setdefault(name or object(), story)

    def test_the_days_are_those_of_the_new_headlines(self):
        clusterer = StoryClusterer(window=3).fit(HEADLINES, ["2026-01-01"] * 7, list("abcdefg"))
        clusterer.assign(["Old", "New"], ["2026-01-02", "2026-02-01"], ["a", "z"])
        assert clusterer.stories_[3].first == clusterer.stories_[3].last == "2026-02-01T00:00:00"
        assert clusterer.assign([HEADLINES[0]], ids=["a"]).tolist() == [0]

    @pytest.mark.parametrize(
        ("ids", "words"), [(["a"], "ids has 1 rows for 7"), ("abcdefg", "ids: a single string"), ([1] * 7, "ids: ")]
    )
    def test_wrong_ids_are_named(self, ids, words):
        with pytest.raises(ValueError, match=words):
            StoryClusterer().fit(HEADLINES, ids=ids)
        with pytest.raises(ValueError, match=words):
            StoryClusterer().fit(HEADLINES).assign(HEADLINES, ids=ids)

    @pytest.mark.slow
    def test_day_by_day_on_the_embedded_corpus(self):
        sample = load_sample()
        truth, days = np.array(sample.story.to_pylist()), np.array(sample.date.to_pylist())
        at_once = bcubed_scores(truth, StoryClusterer().fit(sample.headline, sample.date).labels_)[2]
        begin = np.unique(days)[len(np.unique(days)) // 10]
        order = np.argsort(days, kind="stable")
        headlines, dates = sample.headline.take(pa.array(order)), days[order]
        clusterer = StoryClusterer().fit(headlines.filter(pa.array(dates <= begin)), dates[dates <= begin])
        for day in np.unique(dates[dates > begin]):
            clusterer.assign(headlines.filter(pa.array(dates == day)), dates[dates == day])
        # 0.784 day by day, 0.829 at once.
        assert bcubed_scores(truth[order], clusterer.labels_)[2] > at_once - 0.06
