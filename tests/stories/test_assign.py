"""Stories that grow: known headlines, ids, windows, day by day."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from story_samples import HEADLINES

from classify.core.groups import number_by_appearance
from classify.corpora import load_sample
from classify.metrics import bcubed_scores
from classify.stories import StoryClusterer


class TestKeepingUp:
    def test_known_stories_and_new_ones(self):
        clusterer = StoryClusterer().fit(HEADLINES)
        new = ["Rovers parade the cup", "Ferry runs aground off Harwich", "Ferry aground off Harwich refloated"]
        assert clusterer.assign(new).tolist() == [0, 3, 3]
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 0, 3, 3]
        assert clusterer.stories_[0].headlines == (0, 1, 2, 7)
        assert clusterer.stories_[3].title in new
        assert [story.number for story in clusterer.stories_] == list(range(4))

    def test_known_stories_are_never_split_and_change_their_number_only_where_they_are_merged(self):
        sample = load_sample().headline.to_pylist()
        clusterer = StoryClusterer().fit(sample[:1000])
        before, n_before = clusterer.labels_.copy(), clusterer.n_stories_
        labels = clusterer.assign(sample[1000:1500])
        now = {merge.was: merge.story for merge in clusterer.merges_}
        assert 0 < len(now) < 20
        assert clusterer.labels_[:1000].tolist() == [now.get(label, label) for label in before.tolist()]
        assert np.array_equal(clusterer.labels_[1000:], labels)
        fresh = labels[labels >= n_before]
        assert np.array_equal(number_by_appearance(fresh) + n_before, fresh)
        assert clusterer.state_.numbers.tolist() == sorted(set(clusterer.labels_.tolist()))

    def test_the_window_ends_a_story_across_runs(self):
        clusterer = StoryClusterer(window=3).fit(HEADLINES, ["2026-01-01"] * 7)
        assert clusterer.assign(HEADLINES, ["2026-01-03"] * 7).tolist() == [0, 0, 0, 1, 1, 1, 2]
        assert clusterer.stories_[0].last == "2026-01-03T00:00:00"
        assert clusterer.assign(HEADLINES, ["2026-02-01"] * 7).tolist() == [3, 3, 3, 4, 4, 4, 5]

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

    @pytest.mark.slow
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
        labels = clusterer.labels_.tolist()
        for day in np.unique(dates[dates > begin]):
            labels += clusterer.assign(headlines.filter(pa.array(dates == day)), dates[dates == day]).tolist()
            # Of two years, what is kept is that of two weeks.
            assert len(clusterer.labels_) < 500
        # 0.784 day by day, 0.829 at once.
        assert bcubed_scores(truth[order], labels)[2] > at_once - 0.06


HARBOUR = ["Ferry runs aground off Harwich harbour", "Harwich harbour ferry aground with 90 on board"]
RESCUE = ["Coastguard rescues 90 passengers at night", "Night rescue: coastguard brings 90 passengers ashore"]
BOTH = [
    "Harwich harbour ferry aground: coastguard rescues 90 passengers at night",
    "Ferry aground off Harwich harbour, coastguard rescues 90 passengers at night",
    "Coastguard rescues 90 passengers at night as ferry runs aground off Harwich harbour",
]


class TestMerging:
    def test_two_stories_that_turn_out_to_be_one(self):
        clusterer = StoryClusterer().fit([*HEADLINES, *HARBOUR, *RESCUE], ["2026-01-01T08:00"] * 11)
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 3, 3, 4, 4]
        assert clusterer.merges_ == ()
        assert clusterer.assign(BOTH, ["2026-01-01T09:00"] * 3).tolist() == [3, 3, 3]
        assert clusterer.merges_ == ((3, 4, "2026-01-01T09:00:00"),)
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 3]
        assert [story.number for story in clusterer.stories_] == [0, 1, 2, 3]
        # The number is not used again, and what is remembered of the merge stays.
        assert clusterer.assign(["Snow closes the Brenner pass"], ["2026-01-03"]).tolist() == [5]
        assert clusterer.merges_ == ((3, 4, "2026-01-01T09:00:00"),)

    def test_a_known_headline_has_the_number_of_the_merged_story(self):
        ids = [str(i) for i in range(11)]
        clusterer = StoryClusterer().fit([*HEADLINES, *HARBOUR, *RESCUE], ids=ids)
        assert clusterer.assign([*BOTH, RESCUE[0]], ids=["a", "b", "c", "9"]).tolist() == [3, 3, 3, 3]
        assert clusterer.assign([RESCUE[1]], ids=["10"]).tolist() == [3]
        assert clusterer.merges_[0].since is None


class TestForgetting:
    def test_silent_stories_are_forgotten_with_their_headlines_and_numbers(self):
        clusterer = StoryClusterer(window=5).fit(HEADLINES, ["2026-01-01"] * 6 + ["2026-01-09"])
        new = ["Ferry runs aground off Harwich", "Ferry aground off Harwich refloated"]
        assert clusterer.assign(new, ["2026-01-09"] * 2).tolist() == [3, 3]
        assert [(story.number, story.headlines) for story in clusterer.stories_] == [(2, (0,)), (3, (1, 2))]
        assert clusterer.labels_.tolist() == [2, 3, 3]
        assert clusterer.headlines_.headline.to_pylist() == [HEADLINES[6], *new]
        assert clusterer.headlines_.date.to_pylist() == ["2026-01-09"] * 3
        assert clusterer.state_.n_seen == 9
        # A late headline begins a new story, which is there until the next call.
        assert clusterer.assign([HEADLINES[0]], ["2026-01-01"]).tolist() == [4]
        assert clusterer.stories_[-1].title == HEADLINES[0]
        clusterer.assign(["Snow closes the Brenner pass"], ["2026-01-10"])
        assert clusterer.state_.numbers.tolist() == [2, 3, 5]

    def test_an_undated_day_joins_the_stories_of_a_window(self):
        clusterer = StoryClusterer(window=3).fit(HEADLINES, ["2026-01-01"] * 7)
        assert clusterer.assign([HEADLINES[0], "Snow closes the Brenner pass"]).tolist() == [0, 3]
        assert np.isnan(clusterer.state_.days[-2:]).all()

    def test_a_window_where_nothing_is_dated_is_refused(self):
        clusterer = StoryClusterer().fit(HEADLINES).set_params(window=3)
        with pytest.raises(ValueError, match="no headline is dated"):
            clusterer.assign(["Snow closes the Brenner pass"])

    def test_without_a_window_two_weeks_of_silence(self):
        for day, kept in (("2026-01-15", [0, 1, 2, 3]), ("2026-01-16", [3])):
            clusterer = StoryClusterer().fit(HEADLINES, ["2026-01-01"] * 7)
            clusterer.assign([f"Snow closes pass {i}" for i in range(9)], [day] * 9)
            assert clusterer.state_.numbers.tolist() == kept

    def test_a_date_far_in_the_future_forgets_nothing(self):
        clusterer = StoryClusterer().fit(HEADLINES, ["2026-01-01"] * 7)
        clusterer.assign(["Snow closes the Brenner pass"], ["2099-01-01"])
        assert clusterer.n_stories_ == 4

    def test_undated_stories_stay(self):
        clusterer = StoryClusterer().fit(HEADLINES)
        clusterer.assign(["Snow closes the Brenner pass"], ["2099-01-01"])
        assert clusterer.n_stories_ == 4


class TestTitles:
    def test_the_title_follows_the_story(self):
        ferry = ["Ferry runs aground off Harwich", "Ferry aground off Harwich with 90 on board"]
        clusterer = StoryClusterer().fit([*HEADLINES, *ferry])
        assert clusterer.stories_[3].title in ferry
        later = [f"Ferry aground off Harwich {then}" for then in ("refloated", "is refloated", "refloated by tugs")]
        assert clusterer.assign(later).tolist() == [3, 3, 3]
        assert clusterer.stories_[3].title in later
        assert "refloated" in clusterer.stories_[3].terms
