"""What a vectorizer accepts and what it rejects."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import shown
from sklearn.exceptions import NotFittedError
from vectorizer_cases import (
    as_dicts,
    assert_same_bits,
    many_headlines,
)

from classify.core.arrow import as_column
from classify.features import TfidfVectorizer


class TestContract:
    def test_a_pandas_column_and_arrow_columns(self):
        headlines = ["Rovers win", "Tax é vote", "", "東京"]
        expected = TfidfVectorizer().fit_transform(headlines)
        arrow = pa.array(headlines)
        chunks = pa.chunked_array([arrow[:1], arrow[1:1], arrow[1:]])
        for column in (
            tuple(headlines),
            iter(headlines),
            np.array(headlines),
            np.array(headlines, dtype=object),
            pd.Series(headlines),
            pd.Series(headlines, index=[7, 7, 8, 9], dtype=object),
            pd.Series(headlines, dtype="category"),
            pd.Series(headlines, dtype=pd.ArrowDtype(pa.string())),
            arrow,
            arrow.cast(pa.large_string()),
            pa.array(["no", *headlines, "no"])[1:-1],
            chunks,
            chunks.cast(pa.large_string()),
        ):
            assert_same_bits(TfidfVectorizer().fit_transform(column), expected)

    def test_none_counts_as_an_empty_headline(self):
        vectorizer = TfidfVectorizer().fit(["a b", None])
        assert vectorizer.n_samples_ == 2
        assert vectorizer.transform([None, "a"])[0].nnz == 0

    def test_pickling(self):
        vectorizer = TfidfVectorizer(min_df=2, char_weight=0.5).fit(many_headlines(500))
        again = pickle.loads(pickle.dumps(vectorizer))
        assert again.get_params() == vectorizer.get_params()
        new = many_headlines(700)[500:]
        assert_same_bits(again.transform(new), vectorizer.transform(new))
        assert again.get_feature_names_out().tolist() == vectorizer.get_feature_names_out().tolist()

    def test_fitting_leaves_the_parameters_and_the_headlines_alone(self):
        headlines = ["Rovers win", None, "Tax"]
        given = list(headlines)
        vectorizer = TfidfVectorizer(min_df=1, max_features=3)
        before = vectorizer.get_params()
        vectorizer.fit(headlines)
        assert vectorizer.get_params() == before
        assert headlines == given


class TestHostile:
    @pytest.mark.parametrize("headlines", [[], [""], ["", "  \n"], ["?!…", "— 🎉"], [None], pa.array([], pa.string())])
    def test_nothing_to_learn_from(self, headlines):
        with pytest.raises(ValueError, match=r"^empty vocabulary: .*; give "):
            TfidfVectorizer().fit(headlines)
        with pytest.raises(ValueError, match=r"^empty vocabulary"):
            TfidfVectorizer().fit_transform(headlines)

    @pytest.mark.parametrize(
        "headlines",
        [
            "Rovers win",
            b"Rovers win",
            np.str_("Rovers win"),
            None,
            5,
            [1, 2],
            [1.5],
            ["a", 1.5],
            [["a"], ["b"]],
            [b"a"],
            [("a", "b")],
            [object()],
            np.array([["a"], ["b"]]),
            np.arange(3),
            pa.array([1, 2]),
            pd.Series([1, 2]),
        ],
        ids=shown,
    )
    def test_no_headlines(self, headlines):
        fitted = TfidfVectorizer().fit(["a b", "c"])
        for method in (TfidfVectorizer().fit, TfidfVectorizer().fit_transform, fitted.transform, as_column):
            with pytest.raises(ValueError, match=r"expected"):
                method(headlines)

    def test_none_hides_no_number(self):
        with pytest.raises(ValueError, match="expected"):
            as_column([None, 0, False, "a"])

    def test_lone_surrogates(self):
        vectorizer = TfidfVectorizer().fit(["a \ud800 b", "\udfff"])
        assert sorted(vectorizer.tokens_.to_pylist()) == ["a", "b"]

    @pytest.mark.parametrize(
        "params",
        [
            {"word_ngrams": (2, 2)},
            {"word_ngrams": (1, 3)},
            {"word_ngrams": (0, 1)},
            {"word_ngrams": 1},
            {"word_ngrams": "word"},
            {"char_ngrams": (0, 2)},
            {"char_ngrams": (3, 2)},
            {"char_ngrams": 3},
            {"char_ngrams": (2, 3, 4)},
            {"char_ngrams": (3,)},
            {"char_ngrams": "ab"},
            {"char_ngrams": (2.5, 3)},
            {"word_ngrams": None, "char_ngrams": None},
            {"min_df": 0},
            {"min_df": -1},
            {"min_df": 0.5},
            {"min_df": 1.5},
            {"min_df": "2"},
            {"min_df": None},
            {"max_features": 0},
            {"max_features": -5},
            {"max_features": 2.5},
            {"max_features": "9"},
        ],
        ids=shown,
    )
    def test_parameters_that_cannot_work(self, params):
        vectorizer = TfidfVectorizer(**params)
        with pytest.raises((ValueError, TypeError), match=f"{next(iter(params))}.*expected"):
            vectorizer.fit(["a b", "b c"])
        with pytest.raises((ValueError, TypeError), match=f"{next(iter(params))}.*expected"):
            vectorizer.fit_transform(["a b", "b c"])

    def test_no_term_is_left(self):
        # As scikit-learn: a matrix without columns is a mistake in min_df, not an answer.
        with pytest.raises(ValueError, match="min_df"):
            TfidfVectorizer(min_df=3).fit(["a b", "b c"])

    def test_not_fitted(self):
        for method in ("transform", "blocks", "word_blocks"):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(TfidfVectorizer(), method)(["a"])
        for method in ("get_feature_names_out", "document_frequencies"):
            with pytest.raises(NotFittedError, match="fit"):
                getattr(TfidfVectorizer(), method)()
        with pytest.raises(NotFittedError, match="fit"):
            TfidfVectorizer().restrict(np.arange(1))

    def test_a_fit_that_failed_is_no_fit(self):
        vectorizer = TfidfVectorizer()
        with pytest.raises(ValueError, match="empty vocabulary"):
            vectorizer.fit([""])
        with pytest.raises(NotFittedError, match="fit"):
            vectorizer.transform(["a"])

    def test_a_refit_that_failed_changes_nothing(self):
        vectorizer = TfidfVectorizer().fit(["a b", "b c"])
        before = vectorizer.transform(["a b", "c x"])
        with pytest.raises(ValueError, match="empty vocabulary"):
            vectorizer.fit([""])
        assert_same_bits(vectorizer.transform(["a b", "c x"]), before)

    def test_transform_of_nothing(self):
        vectorizer = TfidfVectorizer().fit(["a b", "b c"])
        assert vectorizer.transform([]).shape == (0, vectorizer.n_features_out_)
        assert vectorizer.transform(["", "?!"]).nnz == 0
        assert vectorizer.word_blocks([])[1].rows.shape == (0, 0)

    @pytest.mark.slow
    def test_a_headline_of_a_megabyte(self):
        words, letters = "goal " * 200_000, "x" * 1_000_000
        vectorizer = TfidfVectorizer()
        rows = vectorizer.fit_transform([words, letters, "goal x"])
        assert np.isfinite(rows.data).all()
        assert rows.shape[0] == 3
        assert_same_bits(vectorizer.transform([letters]), rows[1])
        found = as_dicts(vectorizer, rows)[0]
        tf = 1 + math.log(200_000)
        pair = 1 + math.log(199_999)
        assert found["goal"] / found["goal goal"] == pytest.approx(
            tf * (math.log(4 / 3) + 1) / (pair * (math.log(4 / 2) + 1)), rel=1e-5
        )

    def test_headlines_that_are_all_the_same(self):
        rows = TfidfVectorizer().fit_transform(["Rovers win"] * 200)
        assert (rows != rows[0].toarray()).sum() == 0
        assert np.isfinite(rows.data).all()
