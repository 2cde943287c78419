"""Titles and terms, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from classify.stories.titles import central_headlines, telling_terms


class TestNames:
    def test_title_prefers_a_whole_headline(self):
        rows = sp.csr_matrix(np.ones((3, 1)))
        texts = ["Rovers win ...", "Rovers win cup", "Rovers win again"]
        assert central_headlines(rows, texts, np.zeros(3, int), 1).tolist() == [1]

    @pytest.mark.parametrize(
        "labelled",
        [
            "Live updates: Rovers win",
            "Will Rovers win?",
            "Rovers - live",
            "“We are Rovers”",
            "流浪者赢了！",
            "Harwich mayoral election results 2026",
            "Rovers win. And, budget vote is delayed",
            "Breaking down the win of Rovers",
            "The 20+ best Rovers deals under $25",
            "1 football stock to buy instead of Rovers",
            "Five things to know about the Rovers final",
        ],
    )
    def test_title_prefers_a_plain_line_nearly_as_central(self, labelled):
        rows = sp.csr_matrix(np.ones((2, 1)))
        assert central_headlines(rows, [labelled, "Rovers win 3:1"], np.zeros(2, int), 1).tolist() == [1]
        # Not at any price: here the plain line shares a third of the story's words only.
        far = sp.csr_matrix(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 1.0]]))
        texts = [labelled, "Rovers win", labelled]
        assert central_headlines(far, texts, np.zeros(3, int), 1).tolist() == [0]

    @pytest.mark.parametrize(
        "plain",
        [
            "Best Buy names new head as Rovers win",
            "Harwich and the U.S. and Europe meet Rovers",
            "Rovers await results",
            "Top judge blocks sale",
        ],
    )
    def test_a_plain_line_is_a_title(self, plain):
        # Both are as central: the first of equals is taken.
        rows = sp.csr_matrix(np.ones((2, 1)))
        assert central_headlines(rows, [plain, "Rovers win 3:1"], np.zeros(2, int), 1).tolist() == [0]

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
