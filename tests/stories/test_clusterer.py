"""Stories: worked by hand, by what must not matter, and on real headlines."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import NotFittedError
from story_samples import BUDGET, CUP, HEADLINES, SINGLETON, same_groups

from classify.corpora import load_sample
from classify.metrics import bcubed_scores
from classify.stories import StoryClusterer, save_stories


class TestClusterer:
    def test_worked_by_hand(self):
        clusterer = StoryClusterer().fit(HEADLINES)
        assert clusterer.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2]
        assert clusterer.n_stories_ == 3
        cup, budget, giraffe = clusterer.stories_
        assert cup.headlines == (0, 1, 2)
        assert cup.size == 3
        assert cup.title in CUP
        assert budget.number == 1
        assert {"budget", "vote"} & set(budget.terms)
        assert giraffe.title == SINGLETON[0]
        assert (cup.first, cup.last, cup.by_day) == (None, None, {})

    def test_dates_of_a_story(self):
        dates = ["2026-01-01", "2026-01-03T10:00Z", "2026-01-03", *["2026-01-01"] * 4]
        story = StoryClusterer().fit(HEADLINES, dates).stories_[0]
        assert (story.first, story.last) == ("2026-01-01T00:00:00", "2026-01-03T10:00:00")
        assert story.by_day == {"2026-01-01": 1, "2026-01-03": 2}

    @pytest.mark.parametrize("window", [None, 3])
    def test_undated_headlines_join_stories_and_lend_no_date(self, window):
        dates = [None, "2026-03-01", "2026-03-02", "30 February 2026", "2026-03-01", "2026-03-02", ""]
        fitted = StoryClusterer(window=window).fit(HEADLINES, dates)
        assert fitted.labels_.tolist() == [0, 0, 0, 1, 1, 1, 2]
        assert [story.by_day for story in fitted.stories_] == [{"2026-03-01": 1, "2026-03-02": 1}] * 2 + [{}]
        assert fitted.assign(["Rovers lift cup", "Budget vote delayed"], ["2026-03-03", None]).tolist() == [0, 1]

    def test_the_window_ends_a_story(self):
        headlines = [*CUP, *BUDGET, *CUP]
        dates = ["2026-01-01"] * 6 + ["2026-03-01"] * 3
        assert StoryClusterer().fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert StoryClusterer(window=3).fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert StoryClusterer(window=90).fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]

    @pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
    def test_a_given_number(self, k):
        assert len(set(StoryClusterer(k).fit(HEADLINES).labels_)) == k

    def test_arrow_columns_give_the_same(self):
        labels = StoryClusterer().fit(HEADLINES).labels_
        assert np.array_equal(StoryClusterer().fit(pa.array(HEADLINES)).labels_, labels)
        assert np.array_equal(StoryClusterer().fit_predict(pa.chunked_array([CUP, BUDGET, SINGLETON])), labels)

    def test_empty_and_wordless_headlines_stand_alone(self):
        labels = StoryClusterer().fit([*CUP, "", "?!", ""]).labels_
        assert labels.tolist() == [0, 0, 0, 1, 2, 3]

    @pytest.mark.parametrize("headlines", [["One headline"], ["", ""], ["Same words", "Same words"]])
    def test_very_few(self, headlines):
        clusterer = StoryClusterer().fit(headlines)
        assert sum(story.size for story in clusterer.stories_) == len(headlines)

    def test_stories_at_a_larger_granularity_are_unions_of_those_at_a_smaller_one(self):
        sample = load_sample().slice(0, 600)
        found = [StoryClusterer(granularity=each).fit(sample.headline, sample.date).labels_ for each in (0.2, 1, 5)]
        for fine, coarse in pairwise(found):
            assert len(set(zip(fine, coarse, strict=True))) == len(set(fine)) > len(set(coarse))

    @pytest.mark.parametrize("dated", [False, True])
    def test_the_order_of_the_rows_does_not_matter(self, dated):
        sample = load_sample().slice(0, 1200)
        headlines, dates = sample.headline.to_pylist(), sample.date.to_pylist() if dated else [None] * 1200
        labels = StoryClusterer().fit(headlines, dates).labels_
        order = np.random.default_rng(0).permutation(len(headlines))
        again = StoryClusterer().fit([headlines[i] for i in order], [dates[i] for i in order])
        assert same_groups(again.labels_, labels[order])

    @pytest.mark.slow
    def test_the_same_for_any_number_of_threads(self, tmp_path):
        headlines = load_sample().headline
        for n_jobs in (1, 2, -1, None):
            save_stories(StoryClusterer(n_jobs=n_jobs).fit(headlines), tmp_path / str(n_jobs))
        assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1

    def test_embedded_corpus(self):
        sample = load_sample()
        labels = StoryClusterer().fit(sample.headline, sample.date).labels_
        f1 = bcubed_scores(sample.story.to_pylist(), labels)[2]
        alone = bcubed_scores(sample.story.to_pylist(), range(len(labels)))[2]
        # 0.829 as found; each headline its own story scores 0.556.
        assert f1 > max(0.79, alone)

    def test_a_number_given_does_not_chain_small_stories(self):
        sample = load_sample()
        truth = sample.story.to_pylist()
        labels = StoryClusterer(len(set(truth))).fit(sample.headline, sample.date).labels_
        # 0.782 as found; where no more are merged before whole stories are moved, 0.761.
        assert bcubed_scores(truth, labels)[2] > 0.77


class TestContract:
    def test_clone_and_parameters(self):
        clusterer = StoryClusterer(n_stories=5, granularity=2.0, window=3, n_jobs=1)
        assert clone(clusterer).get_params() == clusterer.get_params()
        assert clone(clusterer).set_params(n_stories="auto").n_stories == "auto"
        assert is_clusterer(clusterer)

    @pytest.mark.parametrize("use", [lambda c: c.assign(CUP), lambda c: c.stories_, lambda c: save_stories(c, "none")])
    def test_not_fitted(self, use):
        with pytest.raises(NotFittedError):
            use(StoryClusterer())

    @pytest.mark.parametrize(
        ("parameters", "arguments", "words"),
        [
            ({"n_stories": 0}, (CUP,), "n_stories=0"),
            ({"n_stories": "many"}, (CUP,), "n_stories='many'"),
            ({"n_stories": True}, (CUP,), "n_stories=True"),
            ({"n_stories": 9}, (CUP,), "no more than 3"),
            ({"granularity": 0}, (CUP,), "granularity=0"),
            ({"granularity": float("nan")}, (CUP,), "granularity=nan"),
            ({"window": -1}, (CUP,), "window=-1"),
            ({"window": 3}, (CUP,), "window=3"),
            ({}, ("one headline",), "single string"),
            ({}, (CUP, ["2026-01-01"]), "1 rows for 3"),
            ({}, ([],), "no headlines"),
        ],
    )
    def test_wrong_parameters_are_named(self, parameters, arguments, words):
        with pytest.raises(ValueError, match=words):
            StoryClusterer(**parameters).fit(*arguments)

    def test_import_without_heavy_libraries(self):
        code = "import sys, classify.stories; print(sorted({'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    @pytest.mark.slow
    def test_memory_grows_with_the_headlines_not_with_their_pairs(self):
        headlines = load_sample().headline.to_pylist()
        peaks = []
        for copies in (1, 4):
            many = [f"{text} {i}" for i in range(copies) for text in headlines]
            tracemalloc.start()
            StoryClusterer().fit(many)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert peaks[1] < 6 * peaks[0]


@pytest.mark.corpora
class TestRealHeadlines:
    """Floors a little under what was found; what was found stands beside."""

    @pytest.mark.parametrize(
        ("name", "k", "floor"),
        [
            ("uci_news_partial", "auto", 0.76),  # 0.766
            ("uci_news_partial", 87, 0.77),  # 0.792
            ("googlenews_tset", "auto", 0.79),  # 0.809
            ("googlenews_tset", 152, 0.78),  # 0.789
        ],
    )
    def test_stories(self, corpora, name, k, floor):
        frame = corpora(name)
        labels = StoryClusterer(k).fit(frame["headline"].tolist()).labels_
        assert bcubed_scores(frame["story"], labels)[2] > floor
        if k != "auto":
            assert len(set(labels)) == k

    @pytest.mark.slow
    @pytest.mark.parametrize("dated", [True, False])
    def test_day_by_day(self, corpora, dated):
        frame = corpora("uci_news_partial").sort_values("date", kind="stable")

        def columns(part):
            return part["headline"].tolist(), part["date"].tolist() if dated else None

        # 0.920 and 0.764 day by day, 0.931 and 0.787 at once.
        at_once = bcubed_scores(frame["story"], StoryClusterer().fit(*columns(frame)).labels_)[2]
        days = [part for _, part in frame.groupby(frame["date"].str[:10])]
        clusterer = StoryClusterer().fit(*columns(days[0]))
        for day in days[1:]:
            clusterer.assign(*columns(day))
        assert len(days) == 3
        assert bcubed_scores(frame["story"], clusterer.labels_)[2] > at_once - 0.03
