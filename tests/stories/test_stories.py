"""Stories: worked by hand, against naive versions, by what must not matter, and on real headlines."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import NotFittedError

from classify.corpora import load_sample
from classify.metrics import bcubed_scores
from classify.stories import StoryClusterer, themes
from classify.stories.days import Calendar, LagEvidence, as_days, learn_lags, split_at_silences, split_new
from classify.stories.links import best_of_each, find_neighbours, link_groups, number_by_appearance, weigh_words
from classify.stories.mixture import Pairs, Weights, gather_stories, likely_stories, reassign, score_pairs
from classify.stories.titles import central_headlines, telling_terms

CUP = ["Rovers win cup final", "Late goal wins cup for Rovers", "Rovers lift the cup after late goal"]
BUDGET = ["Budget vote delayed", "Parliament delays vote on budget", "Vote on the budget put off"]
LONER = ["Giraffe escapes from Antwerp zoo"]
HEADLINES = [*CUP, *BUDGET, *LONER]

WORD_LISTS = st.lists(st.lists(st.integers(0, 7), max_size=5, unique=True), min_size=1, max_size=12)


def rows_of(word_lists, n_words=8):
    """Ones where a word stands in a headline."""
    rows = np.zeros((len(word_lists), n_words))
    for row, words in zip(rows, word_lists, strict=True):
        row[words] = 1
    return sp.csr_matrix(rows)


def unit_rows(seed, n, n_terms=12, density=0.3):
    rows = sp.random(n, n_terms, density, random_state=seed, format="csr").toarray()
    return sp.csr_matrix(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def same_groups(first, second):
    return np.array_equal(number_by_appearance(np.asarray(first)), number_by_appearance(np.asarray(second)))


class TestNeighbours:
    @pytest.mark.parametrize("seed", range(5))
    def test_against_all_pairs(self, seed):
        rows = unit_rows(seed, 40)
        cosines = (rows @ rows.T).toarray()
        np.fill_diagonal(cosines, 0)
        cosines[cosines < 0.2] = 0
        chosen = np.zeros_like(cosines, bool)
        for i, row in enumerate(cosines):
            chosen[i, np.argsort(-row, kind="stable")[:3]] = True
        expected = np.where(chosen | chosen.T, cosines, 0)
        assert np.allclose(find_neighbours(rows, 3, 0.2).toarray(), expected)

    def test_the_window_cuts_links(self):
        rows = sp.csr_matrix(np.ones((4, 1)))
        graph = find_neighbours(rows, 3, 0.1, np.array([9.0, 0.0, 1.0, 2.5]), window=1.5)
        assert np.argwhere(graph.toarray()).tolist() == [[1, 2], [2, 1], [2, 3], [3, 2]]

    def test_no_headlines_no_words(self):
        assert find_neighbours(sp.csr_matrix((3, 0)), 3, 0.1).nnz == 0

    @given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.1, 0.5, 0.9])), max_size=20))
    def test_best_of_each_against_sorting(self, entries):
        owner = np.array(sorted(owner for owner, _ in entries), np.int64)
        value = np.array([value for _, value in entries])
        expected = [
            i
            for one in np.unique(owner)
            for i in sorted(np.flatnonzero(owner == one), key=lambda i: (-value[i], i))[:2]
        ]
        assert best_of_each(owner, value, 2).tolist() == expected


class TestSurprise:
    @given(WORD_LISTS)
    def test_against_the_definition(self, word_lists):
        words = rows_of(word_lists)
        n, frequency = words.shape[0], words.getnnz(axis=0)
        for row, found in zip(words.toarray(), weigh_words(words, frequency, n).toarray(), strict=True):
            expected = row * np.log((n + 2) / (frequency + 1))
            assert found == pytest.approx(expected / (np.linalg.norm(expected) or 1), abs=1e-6)


class TestLinkage:
    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("threshold", [0.05, 0.2, 0.5])
    def test_against_scipy(self, seed, threshold):
        rows = unit_rows(seed, 30)
        cosines = (rows @ rows.T).toarray()
        np.fill_diagonal(cosines, 1)
        distance = squareform(np.clip(1 - cosines, 0, None), checks=False)
        expected = fcluster(linkage(distance, "average"), 1 - threshold, "distance")
        assert same_groups(link_groups(find_neighbours(rows, 30, 1e-9)).cut(threshold), expected)

    def test_merging_goes_on_from_groups(self):
        graph = find_neighbours(unit_rows(0, 25), 25, 1e-9)
        tree = link_groups(graph)
        for n_groups in (10, 5, 2):
            start = tree.cut(n_groups=15)
            assert same_groups(link_groups(graph, start).cut(n_groups=n_groups)[start], tree.cut(n_groups=n_groups))

    def test_as_many_groups_as_asked_for(self):
        tree = link_groups(find_neighbours(unit_rows(1, 25, density=0.9), 25, 1e-9))
        assert [len(set(tree.cut(n_groups=k))) for k in range(1, 26)] == list(range(1, 26))

    def test_nothing_linked(self):
        assert link_groups(sp.csr_matrix((3, 3))).cut(0.1).tolist() == [0, 1, 2]


class TestWords:
    def naive_score(self, words, d, z, labels, weights):
        """The formula at the head of the module, headline by headline."""
        others = [i for i in range(words.shape[0]) if labels[i] == z and i != d]
        counts = words[others].sum(axis=0)
        score = np.log(len(others)) if others else -np.inf
        for w in np.flatnonzero(words[d]):
            p, b = weights.word_share[w], weights.corpus
            score += np.log((counts[w] + b * p) / ((counts.sum() + b) * p))
        return score

    @given(WORD_LISTS, st.integers(0, 10**6), st.sampled_from([0.5, 7.0, 100.0]))
    def test_score_against_the_definition(self, word_lists, seed, corpus):
        words = rows_of(word_lists)
        labels = np.random.default_rng(seed).integers(0, 3, words.shape[0])
        labels = number_by_appearance(labels)
        n_stories = labels.max() + 1
        weights = Weights(corpus, 1.0, np.full(8, 1 / 8))
        d, z = (part.ravel() for part in np.indices((words.shape[0], n_stories)))
        scores = score_pairs(words, d, z, gather_stories(words, labels, n_stories), weights, labels[d] == z)
        expected = [self.naive_score(words.toarray(), i, j, labels, weights) for i, j in zip(d, z, strict=True)]
        assert scores == pytest.approx(np.array(expected))

    def test_a_stray_headline_moves_to_its_story(self):
        words = rows_of([[0, 1, 2], [0, 1, 3], [0, 1], [4, 5, 6], [4, 5, 7], [4, 5]])
        graph = sp.csr_matrix(np.ones((6, 6)) - np.eye(6))
        labels = np.array([0, 0, 1, 1, 1, 1])
        assert reassign(words, labels, graph, Weights(2.0, 0.1, np.full(8, 1 / 8))).tolist() == [0, 0, 0, 1, 1, 1]

    def test_a_headline_like_no_other_leaves(self):
        words = rows_of([[0, 1, 2], [0, 1, 2], [0, 1, 2], [5, 6, 7]])
        graph = sp.csr_matrix(np.ones((4, 4)) - np.eye(4))
        weights = Weights(5.0, 1.0, np.full(8, 1 / 8))
        assert reassign(words, np.zeros(4, int), graph, weights).tolist() == [0, 0, 0, 1]
        stay = Weights(5.0, 0.0, np.full(8, 1 / 8))
        assert reassign(words, np.zeros(4, int), graph, stay).tolist() == [0, 0, 0, 0]

    def test_known_stories_keep_their_numbers(self):
        words = rows_of([[0, 1], [4, 5], [6, 7]])
        known = gather_stories(rows_of([[2, 3], [0, 1], [0, 1]]), np.array([0, 1, 1]), 2)
        pairs = Pairs(np.array([0, 1]), np.array([1, 0]))
        weights = Weights(5.0, 1.0, np.full(8, 1 / 8))
        labels = reassign(words, np.array([2, 3, 4]), sp.csr_matrix((3, 3)), weights, None, known, pairs)
        assert labels.tolist() == [1, 2, 3]

    def test_likely_stories_are_those_of_highest_evidence(self):
        stories = gather_stories(rows_of([[0, 1], [1, 2], [2, 3]]), np.array([0, 1, 2]), 3)
        found = likely_stories(rows_of([[0, 1], [3], []]), stories, Weights(1.0, 1.0, np.full(8, 1 / 8)), 1)
        assert [part.tolist() for part in found] == [[0, 1], [0, 2]]


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


class TestThemes:
    @pytest.mark.parametrize(("seed", "k"), [(0, 3), (1, 5), (2, 30)])
    def test_each_row_is_with_the_centre_nearest_to_it(self, seed, k):
        rng = np.random.default_rng(seed)
        rows, weight = themes.unit_rows(rng.normal(size=(30, 6))), rng.integers(1, 5, 30).astype(float)
        labels = themes.spherical_kmeans(rows, k, weight, 0)
        assert np.array_equal(np.unique(labels), np.arange(k))
        sums = np.array([(rows[labels == z] * weight[labels == z, None]).sum(axis=0) for z in range(k)])
        cosines = rows @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
        assert cosines[np.arange(30), labels] == pytest.approx(cosines.max(axis=1))

    def test_an_empty_cluster_takes_a_row(self):
        rows = np.array([[1.0, 0.0]] * 4)
        assert len(set(themes.spherical_kmeans(rows, 3, np.ones(4), 0))) == 3

    def test_far_fewer_than_there_are_stories_are_themes_of_whole_stories(self):
        sample = load_sample().slice(0, 1500)
        stories, themes = (StoryClusterer(k).fit(sample.headline).labels_ for k in ("auto", 4))
        assert len(set(themes)) == 4
        assert all(len(set(themes[stories == z])) == 1 for z in np.unique(stories))
        # Themes are no one huge group and three crumbs.
        assert np.bincount(themes).min() > 50


class TestNames:
    def test_title_prefers_a_whole_headline(self):
        rows = sp.csr_matrix(np.ones((3, 1)))
        texts = ["Rovers win ...", "Rovers win cup", "Rovers win again"]
        assert central_headlines(rows, texts, np.zeros(3, int), 1).tolist() == [1]

    @pytest.mark.parametrize(
        "labelled", ["Live updates: Rovers win", "Will Rovers win?", "Rovers - live", "“We are Rovers”", "流浪者赢了！"]
    )
    def test_title_prefers_a_plain_line_nearly_as_central(self, labelled):
        rows = sp.csr_matrix(np.ones((2, 1)))
        assert central_headlines(rows, [labelled, "Rovers win 3:1"], np.zeros(2, int), 1).tolist() == [1]
        # Not at any price: here the plain line shares half of the story's words only.
        far = sp.csr_matrix(np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
        texts = [labelled, "Rovers win", labelled]
        assert central_headlines(far, texts, np.zeros(3, int), 1).tolist() == [0]

    def test_terms_are_no_fragments_and_no_repeats(self):
        names = np.array(["s", "trump", "trumps", "2026", "white house", "house", "tariff", "the"], object)
        rows = np.zeros((40, 8))
        rows[:4, :7] = 1
        rows[:, 7] = 1
        terms = telling_terms(sp.csr_matrix(rows), names, np.repeat([0, 1], [4, 36]), 2)[0]
        assert set(terms) == {"trump", "white house", "tariff"} or set(terms) == {"trump", "house", "tariff"}

    def test_words_common_everywhere_are_no_terms(self):
        names = np.array(["after", "cup", "budget", "after cup"], object)
        rows = np.zeros((60, 4))
        rows[::2, 0] = rows[:6, 1] = rows[6:12, 2] = rows[:6:2, 3] = 1
        terms = telling_terms(sp.csr_matrix(rows), names, np.arange(60) // 6, 10)
        assert terms[:3] == [("cup",), ("budget",), ()]

    def test_function_words_are_no_terms_and_short_names_are(self):
        names = np.array(["here", "what", "ice", "nhs", "after ice", "says", "fire", "ice raid"], object)
        rows = np.zeros((30, 8))
        rows[:2, :7] = rows[2:4, [0, 1, 7]] = rows[4:6, :2] = rows[4:6, 5] = 1
        labels = np.array([0, 0, 1, 1, 2, 2, *range(3, 27)])
        ice, raid, only_fillers = telling_terms(sp.csr_matrix(rows), names, labels, 27)[:3]
        assert set(ice) == {"ice", "nhs", "fire"}
        assert raid == ("ice raid",)
        assert only_fillers == ()

    def test_terms_of_one_headline_make_up_three(self):
        names = np.array(["cup", "rovers", "keeper", "penalty", "rain"], object)
        rows = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 1, 0], *[[0, 0, 0, 0, 1]] * 20])
        cup, rain = telling_terms(sp.csr_matrix(rows), names, np.repeat([0, 1], [2, 20]), 2)
        assert cup[0] == "cup"
        assert len(cup) == 3
        assert rain == ("rain",)

    def test_ideographs_are_put_together(self):
        names = np.array(["東 京", "x"], object)
        terms = telling_terms(sp.csr_matrix(np.array([[1, 0], [1, 0], [0, 1]])), names, np.array([0, 0, 1]), 2)
        assert terms[0] == ("東京",)


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
        assert giraffe.title == LONER[0]
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
        assert StoryClusterer().fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
        assert StoryClusterer(window=3).fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
        assert StoryClusterer(window=90).fit(headlines, dates).labels_.tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]

    @pytest.mark.parametrize("k", [1, 2, 3, 4, 7])
    def test_a_given_number(self, k):
        assert len(set(StoryClusterer(k).fit(HEADLINES).labels_)) == k

    def test_arrow_columns_give_the_same(self):
        labels = StoryClusterer().fit(HEADLINES).labels_
        assert np.array_equal(StoryClusterer().fit(pa.array(HEADLINES)).labels_, labels)
        assert np.array_equal(StoryClusterer().fit_predict(pa.chunked_array([CUP, BUDGET, LONER])), labels)

    def test_empty_and_wordless_headlines_stand_alone(self):
        labels = StoryClusterer().fit([*CUP, "", "?!", ""]).labels_
        assert labels.tolist() == [0, 0, 0, 1, 2, 3]

    @pytest.mark.parametrize("headlines", [["One headline"], ["", ""], ["Same words", "Same words"]])
    def test_very_few(self, headlines):
        clusterer = StoryClusterer().fit(headlines)
        assert sum(story.size for story in clusterer.stories_) == len(headlines)

    def test_the_grain_orders_the_number_of_stories(self):
        headlines = load_sample().headline
        numbers = [StoryClusterer(grain=grain).fit(headlines).n_stories_ for grain in (0.2, 1, 5)]
        assert numbers == sorted(numbers, reverse=True)

    @pytest.mark.parametrize("dated", [False, True])
    def test_the_order_of_the_rows_does_not_matter(self, dated):
        sample = load_sample().slice(0, 1200)
        headlines, dates = sample.headline.to_pylist(), sample.date.to_pylist() if dated else [None] * 1200
        labels = StoryClusterer().fit(headlines, dates).labels_
        order = np.random.default_rng(0).permutation(len(headlines))
        again = StoryClusterer().fit([headlines[i] for i in order], [dates[i] for i in order])
        assert same_groups(again.labels_, labels[order])

    def test_the_same_every_time(self):
        headlines = load_sample().headline
        first, second = (StoryClusterer(random_state=seed).fit(headlines) for seed in (0, 1))
        assert first.stories_ == second.stories_

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
        # 0.832 as found; linked by pairs of words as well, 0.760.
        assert bcubed_scores(truth, labels)[2] > 0.79


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
        assert clusterer.known_.sizes.tolist() == [3, 3, 1, 1]

    @pytest.mark.parametrize("ids", [None, [None] * 7, [""] * 7, pa.array(list("hijklmn"))])
    def test_without_an_id_that_was_seen_every_headline_counts(self, ids):
        clusterer = StoryClusterer().fit(HEADLINES, ids=list("abcdefg"))
        without = StoryClusterer().fit(HEADLINES)
        assert clusterer.assign(HEADLINES, ids=ids).tolist() == without.assign(HEADLINES).tolist()
        assert np.array_equal(clusterer.labels_, without.labels_)
        assert len(clusterer.labels_) == len(clusterer.days_) == 14

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

    def test_arrays_and_back(self):
        sample = load_sample()
        clusterer = StoryClusterer(grain=0.9).fit(sample.headline[:800], sample.date[:800])
        arrays = clusterer.to_arrays()
        assert all(isinstance(array, np.ndarray) and array.ndim == 1 for array in arrays.values())
        again = StoryClusterer.from_arrays({name: array.copy() for name, array in arrays.items()})
        assert again.get_params() == clusterer.get_params()
        assert again.stories_ == clusterer.stories_
        new = sample.headline[800:1000], sample.date[800:1000]
        assert np.array_equal(again.assign(*new), clusterer.assign(*new))
        for name, array in again.to_arrays().items():
            assert np.array_equal(array, clusterer.to_arrays()[name], equal_nan=array.dtype.kind == "f"), name

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("state", lambda a: a[:-1]),
            ("state", lambda a: np.frombuffer(b"[" * 200_000, np.uint8)),
            ("state", lambda a: np.frombuffer(b"[]", np.uint8)),
            ("state", lambda a: np.frombuffer(bytes(a).replace(b'"grain": 1.0', b'"grain": -1'), np.uint8)),
            ("state", lambda a: np.frombuffer(bytes(a).replace(b'"grain"', b'"grape"'), np.uint8)),
            ("state", lambda a: np.frombuffer(bytes(a).replace(b'"version": 2', b'"version": 9'), np.uint8)),
            ("labels", lambda a: a + 1),
            ("labels", lambda a: -a),
            ("id_hashes", lambda a: a[1:]),
            ("id_hashes", lambda a: a.astype(np.int64)),
            ("labels", lambda a: a.astype(float)),
            ("sizes", lambda a: a[:-1]),
            ("word_hashes", lambda a: a[::-1]),
            ("word_counts", lambda a: a * 0),
            ("story_words", lambda a: a + 10**6),
            ("story_words", lambda a: a - 10**6),
            ("story_indptr", lambda a: a[::-1]),
            ("story_counts", lambda a: a[1:]),
            ("days", lambda a: a[:, None]),
        ],
    )
    def test_tampered_arrays_are_refused(self, name, change):
        arrays = StoryClusterer().fit(HEADLINES).to_arrays()
        arrays[name] = change(arrays[name])
        with pytest.raises(ValueError, match=r"found no stories|grain"):
            StoryClusterer.from_arrays(arrays)

    def test_a_missing_array_is_named(self):
        arrays = StoryClusterer().fit(HEADLINES).to_arrays()
        del arrays["sizes"]
        with pytest.raises(ValueError, match="'sizes'"):
            StoryClusterer.from_arrays(arrays)

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


class TestContract:
    def test_clone_and_parameters(self):
        clusterer = StoryClusterer(n_stories=5, grain=2.0, window=3, random_state=7)
        assert clone(clusterer).get_params() == clusterer.get_params()
        assert clone(clusterer).set_params(n_stories="auto").n_stories == "auto"
        assert is_clusterer(clusterer)

    @pytest.mark.parametrize("use", [lambda c: c.assign(CUP), lambda c: c.stories_, lambda c: c.to_arrays()])
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
            ({"grain": 0}, (CUP,), "grain=0"),
            ({"grain": float("nan")}, (CUP,), "grain=nan"),
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
@pytest.mark.slow
class TestRealHeadlines:
    """Floors a little under what was found; what was found stands beside."""

    @pytest.mark.parametrize(
        ("name", "k", "floor"),
        [
            ("uci_news_partial", "auto", 0.76),  # 0.787
            ("uci_news_partial", 87, 0.77),  # 0.779
            ("googlenews_tset", "auto", 0.79),  # 0.809
            ("googlenews_tset", 152, 0.79),  # 0.815
        ],
    )
    def test_stories(self, corpora, name, k, floor):
        frame = corpora(name)
        labels = StoryClusterer(k).fit(frame["headline"].tolist()).labels_
        assert bcubed_scores(frame["story"], labels)[2] > floor
        if k != "auto":
            assert len(set(labels)) == k

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
