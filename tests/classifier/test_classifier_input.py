"""Input and parameters that cannot be right, and odd input that can."""

from __future__ import annotations

import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from classifier_cases import (
    HOSTILE,
    assert_same_answers,
    corpus,
    four_sections,
)
from conftest import shown
from sklearn.exceptions import NotFittedError

from classify.classifier import HeadlineClassifier
from classify.classifier.labels import MAX_SECTIONS


@pytest.fixture(scope="module")
def fitted():
    return four_sections()


class TestHostile:
    @pytest.mark.parametrize(
        ("headlines", "sections"),
        [
            ([], []),
            (["a", "b", "c"], ["x", "y"]),
            (["a", "b"], ["x", "y", "x"]),
            (["a", "b"], [["x"], ["y"]]),
            (["a", "b"], "xy"),
            (["a", "b"], None),
            (["a", "b"], 5),
            (["a", "b"], ["x", "x"]),
            (["a", "b"], ["x", None]),
            (["a", "b", "c"], ["x", "y", float("nan")]),
            (["a", "b", "c"], pd.Series(["x", "y", None])),
            (["a", "b", "c"], pd.Series(["x", "y", None], dtype=object)),
            (["a", "b", "c"], pd.array(["x", "y", None], dtype="string")),
            (["a", "b", "c"], pa.array(["x", "y", None])),
            ("ab", ["x", "y"]),
            ([1, 2], ["x", "y"]),
            ([["a"], ["b"]], ["x", "y"]),
            (["", " "], ["x", "y"]),
            ([None, None], ["x", "y"]),
        ],
        ids=shown,
    )
    def test_input_that_cannot_be_right(self, headlines, sections):
        with pytest.raises(ValueError, match=r"expected|empty vocabulary"):
            HeadlineClassifier().fit(headlines, sections)

    @pytest.mark.parametrize(
        "sections",
        [
            [1, "x"],
            [True, "x"],
            [b"x", b"y"],
            np.array([b"x", b"y"]),
            np.array(["2025-01-01", "2025-01-02"], "datetime64[D]"),
            [1j, 2],
            [Decimal(1), Decimal(2)],
            pd.DataFrame({"section": ["x", float("nan")]}),
        ],
        ids=shown,
    )
    def test_labels_that_a_model_cannot_keep(self, sections):
        with pytest.raises(ValueError, match=r"expected only text or only numbers|pass one column"):
            HeadlineClassifier().fit(["a", "b"], sections)

    def test_blank_labels_are_counted(self):
        with pytest.raises(ValueError, match=r"^2 of 4 sections are blank"):
            HeadlineClassifier().fit(["a", "b", "c", "d"], ["x", None, "y", None])

    def test_a_label_for_each_of_too_many_headlines(self):
        n = MAX_SECTIONS + 1
        with pytest.raises(
            ValueError, match=rf"^{n} different section\(s\) found; expected 2 to {MAX_SECTIONS}; choose"
        ):
            HeadlineClassifier().fit([f"w{i}" for i in range(n)], [f"l{i}" for i in range(n)])

    def test_one_label(self):
        with pytest.raises(ValueError, match=r"^1 different section\(s\) found; expected 2"):
            HeadlineClassifier().fit(["a", "b"], ["x", "x"])

    @pytest.mark.slow
    def test_as_many_sections_as_are_allowed(self):
        words = [f"w{chr(97 + i % 26)}{i}" for i in range(MAX_SECTIONS)]
        classifier = HeadlineClassifier(char_ngrams=None, word_ngrams=(1, 1)).fit(
            words, [f"l{i:03}" for i in range(MAX_SECTIONS)]
        )
        assert classifier.score(words, [f"l{i:03}" for i in range(MAX_SECTIONS)]) > 0.95

    @pytest.mark.parametrize(
        "params",
        [
            {"C": 0},
            {"C": -1},
            {"C": float("nan")},
            {"C": float("inf")},
            {"C": 1e-10},
            {"C": "1"},
            {"C": None},
            {"char_weight": -1},
            {"char_weight": float("nan")},
            {"n_folds": 1},
            {"n_folds": 0},
            {"n_folds": -3},
            {"class_weight": "heavy"},
            {"class_weight": {"x": 2}},
            {"min_df": 0},
            {"min_df": 99},
            {"word_ngrams": (1, 3)},
            {"char_ngrams": (5, 2)},
            {"word_ngrams": None, "char_ngrams": None},
            {"none_label": "no such"},
        ],
        ids=shown,
    )
    def test_parameters_that_cannot_work(self, params):
        with pytest.raises(ValueError, match=rf"{next(iter(params))}.*(expected|give|lower)"):
            HeadlineClassifier(**params).fit(*corpus(30))

    @pytest.mark.parametrize("groups", [[0] * 30, [0, 1], 5, [None, *range(29)], np.zeros((30, 1))])
    def test_groups_that_cannot_work(self, groups):
        with pytest.raises(ValueError, match=r"group.*expected"):
            HeadlineClassifier().fit(*corpus(30), groups=groups)

    @pytest.mark.parametrize(
        "mask",
        [np.ones(29, bool), np.ones(30), np.zeros(30, bool), np.arange(30) % 3 > 0, np.arange(30), [True] * 31],
        ids=shown,
    )
    def test_masks_that_cannot_work(self, mask):
        with pytest.raises(ValueError, match=r"calibration_mask.*expected"):
            HeadlineClassifier().fit(*corpus(30), calibration_mask=mask)

    @pytest.mark.parametrize(
        "headlines", ["Rovers win", b"Rovers", None, 5, [1], [["a"]], [float("nan"), 1.5], np.arange(3)], ids=shown
    )
    def test_no_headlines_to_label(self, fitted, headlines):
        for method in ("predict", "predict_proba", "decision_function", "predict_headlines", "explain", "clean"):
            with pytest.raises(ValueError, match="expected"):
                getattr(fitted, method)(headlines)

    def test_not_fitted(self):
        for method in ("predict", "predict_proba", "decision_function", "predict_headlines", "explain", "clean"):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(HeadlineClassifier(), method)(["a"])
        for method, argument in (("threshold", 0.1), ("top_terms", 3)):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(HeadlineClassifier(), method)(argument)
        with pytest.raises(NotFittedError, match="fit"):
            HeadlineClassifier().score(["a"], ["b"])

    def test_a_fit_that_failed_is_no_fit(self):
        for params, sections in (({}, ["x", "x"]), ({"n_folds": 1}, ["x", "y"]), ({"min_df": 9}, ["x", "y"])):
            classifier = HeadlineClassifier(**params)
            with pytest.raises(ValueError, match=r"expected|min_df"):
                classifier.fit(["a", "b"], sections)
            with pytest.raises(NotFittedError, match="fit"):
                classifier.predict(["a"])

    def test_a_refit_that_failed_changes_nothing(self):
        headlines, sections = corpus(60)
        classifier = HeadlineClassifier().fit(headlines, sections)
        before = pickle.loads(pickle.dumps(classifier))
        for bad in (
            ((headlines, ["x"] * 60), {}),
            (([" "] * 60, sections), {}),
            ((headlines, sections[:-1]), {}),
            ((headlines, sections), {"groups": [0] * 60}),
            ((headlines, sections), {"calibration_mask": np.zeros(60, bool)}),
        ):
            with pytest.raises(ValueError, match=r"expected|empty vocabulary"):
                classifier.fit(*bad[0], **bad[1])
            assert_same_answers(classifier, before, headlines)

    def test_fitting_changes_no_input(self):
        headlines, sections = corpus(30)
        headlines[3] = ""
        copies = list(headlines), list(sections), np.arange(30)
        groups = np.arange(30)
        HeadlineClassifier().fit(headlines, sections, groups=groups)
        assert headlines == copies[0]
        assert sections == copies[1]
        assert groups.tolist() == copies[2].tolist()

    def test_two_headlines(self):
        classifier = HeadlineClassifier().fit(["goal", "vote"], ["sport", "politics"])
        assert classifier.predict(["goal", "vote"]).tolist() == ["sport", "politics"]

    def test_headlines_without_words_among_the_training_headlines(self):
        headlines, sections = corpus(60)
        classifier = HeadlineClassifier().fit(
            headlines + [headline or "" for headline in HOSTILE], sections + ["tech", "sport"] * 6
        )
        assert classifier.score(headlines, sections) > 0.9

    def test_labels_that_look_odd(self):
        labels = ["", " ", "\n", "<b>", "स्वास्थ्य", "體育", "🎉", "a" * 500]
        headlines = [f"word{chr(97 + i % 8)}" for i in range(48)]
        sections = [labels[i % 8] for i in range(48)]
        classifier = HeadlineClassifier().fit(headlines, sections)
        assert classifier.predict(headlines).tolist() == sections

    @pytest.mark.parametrize("labels", [[0, 1, 2], [10, 9, -1], [0.5, 1.5, 2.5], ["10", "9", "x"], np.uint8([7, 8, 9])])
    def test_labels_keep_their_type(self, labels):
        headlines, sections = corpus(60)
        numbers = [labels[["politics", "sport", "tech"].index(section)] for section in sections]
        classifier = HeadlineClassifier().fit(headlines, numbers)
        assert classifier.classes_.tolist() == sorted(labels)
        assert classifier.predict(headlines).dtype == np.array(numbers).dtype
        assert classifier.predict(headlines).tolist() == numbers
        assert classifier.score(headlines, numbers) == 1

    def test_yes_and_no(self):
        headlines, sections = corpus(40, ("sport", "tech"))
        answers = np.array(sections) == "tech"
        classifier = HeadlineClassifier().fit(headlines, answers)
        assert classifier.predict(headlines).tolist() == answers.tolist()

    @pytest.mark.slow
    def test_a_headline_of_a_megabyte(self, fitted):
        for headline in ("goal " * 200_000, "x" * 1_000_000, "東" * 300_000):
            alone = fitted.predict_proba([headline])
            assert np.isfinite(alone).all()
            assert alone.tobytes() == fitted.predict_proba(["vote", headline])[1].tobytes()
        assert fitted.predict(["goal " * 200_000]).tolist() == ["sport"]
