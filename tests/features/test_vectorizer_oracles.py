"""TF-IDF rows against plain Python and scikit-learn, and scikit-learn's own tests."""

from __future__ import annotations

import inspect
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import sklearn
import sklearn.feature_extraction.text as their_module
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.tests import test_text as published
from vectorizer_cases import (
    CORPORA,
    HEADLINES,
    WORDS_ONLY,
    NaiveVectorizer,
    as_dicts,
    assert_rows,
    words_of_all,
)

from classify.features import TfidfVectorizer


def check_naive_oracle(train, new, word_ngrams, char_ngrams, min_df, sublinear_tf, char_max_df):
    assume(word_ngrams or char_ngrams)
    options = {"sublinear_tf": sublinear_tf, "char_weight": 0.3, "char_max_df": char_max_df}
    options |= {"word_ngrams": word_ngrams, "char_ngrams": char_ngrams, "min_df": min_df}
    naive = NaiveVectorizer(**options).fit(train)
    vectorizer = TfidfVectorizer(**options)
    try:
        rows = vectorizer.fit_transform(train)
    except ValueError:
        # Only where no term is left to be a column.
        assert not naive.idf
        assert not naive.char_idf
        return
    names = [*naive.idf, *(f"char:{gram}" for gram in naive.char_idf)]
    assert sorted(vectorizer.get_feature_names_out()) == sorted(names)
    assert rows.dtype == np.float32
    assert_rows(as_dicts(vectorizer, rows), naive.transform(train))
    assert_rows(as_dicts(vectorizer, vectorizer.transform(train + new)), naive.transform(train + new))


ANY_OPTIONS = given(
    CORPORA,
    st.lists(HEADLINES, max_size=4),
    st.sampled_from([None, (1, 1), (1, 2)]),
    st.sampled_from([None, (1, 1), (2, 3), (2, 5), (4, 4)]),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from([1, 2, 100, None]),
)
test_naive_oracle = settings(max_examples=30)(ANY_OPTIONS(check_naive_oracle))
test_naive_oracle_thoroughly = pytest.mark.slow(settings(max_examples=1000)(ANY_OPTIONS(check_naive_oracle)))


class TestAgainstScikitLearn:
    """The word block is scikit-learn's `TfidfVectorizer` for the same words."""

    def theirs(self, headlines, **options):
        """Theirs, on our words."""
        found = dict(zip(headlines, words_of_all(headlines), strict=True))
        tokenizer = {"tokenizer": found.__getitem__, "token_pattern": None, "lowercase": False}
        return their_module.TfidfVectorizer(**tokenizer, **options)

    def assert_equal(self, headlines, word_ngrams, min_df, sublinear_tf, max_features=None):
        options = {"min_df": min_df, "sublinear_tf": sublinear_tf, "max_features": max_features}
        ours = TfidfVectorizer(word_ngrams=word_ngrams, **options, **WORDS_ONLY)
        rows = ours.fit_transform(headlines)
        theirs = self.theirs(headlines, ngram_range=word_ngrams, **options)
        expected = theirs.fit_transform(headlines)
        order = np.argsort(ours.get_feature_names_out())
        assert ours.get_feature_names_out()[order].tolist() == theirs.get_feature_names_out().tolist()
        assert abs(rows[:, order] - expected).max() <= 1e-6
        assert abs(ours.transform(headlines)[:, order] - expected).max() <= 1e-6

    def check_generated(self, headlines, word_ngrams, min_df, sublinear_tf):
        df = Counter(word for row in words_of_all(headlines) for word in set(row))
        assume(max(df.values()) >= min_df)
        self.assert_equal(headlines, word_ngrams, min_df, sublinear_tf)

    options = given(CORPORA, st.sampled_from([(1, 1), (1, 2)]), st.integers(1, 2), st.booleans())
    test_generated = settings(max_examples=20)(options(check_generated))
    test_generated_thoroughly = pytest.mark.slow(settings(max_examples=1000)(options(check_generated)))

    @settings(max_examples=15)
    @given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=40), st.integers(1, 5))
    def test_max_features_without_ties(self, words, max_features):
        # The i-th word of the alphabet is made more frequent than all before it by more than chance can undo.
        headlines = [" ".join(words), *(word for i, word in enumerate("abcde") for _ in range(50 * i))]
        self.assert_equal(headlines, (1, 1), 1, True, max_features)

    @settings(max_examples=15)
    @given(CORPORA, st.sampled_from([(1, 1), (1, 2)]), st.integers(1, 6))
    def test_max_features_with_ties(self, headlines, word_ngrams, max_features):
        ours = TfidfVectorizer(word_ngrams=word_ngrams, max_features=max_features, **WORDS_ONLY)
        rows = ours.fit_transform(headlines)
        names = ours.get_feature_names_out()
        total = Counter(
            term
            for row in words_of_all(headlines)
            for term in row + ([f"{a} {b}" for a, b in pairwise(row)] if word_ngrams == (1, 2) else [])
        )
        kept = sorted((total[name] for name in names), reverse=True)
        assert kept == sorted(total.values(), reverse=True)[:max_features]
        theirs = self.theirs(headlines, ngram_range=word_ngrams, sublinear_tf=True, vocabulary=names.tolist())
        assert abs(rows - theirs.fit_transform(headlines)).max() <= 1e-6

    @pytest.mark.slow
    @pytest.mark.corpora
    @pytest.mark.parametrize("name", ["newsapi_2022_en", "huffpost_41", "indicnews_hi", "thucnews_zh"])
    def test_real(self, corpora, name):
        headlines = corpora(name).headline.unique()[:8000]
        for word_ngrams in [(1, 1), (1, 2)]:
            for min_df, sublinear_tf in [(1, True), (1, False), (3, True)]:
                self.assert_equal(headlines, word_ngrams, min_df, sublinear_tf)

    @pytest.mark.slow
    @pytest.mark.corpora
    def test_real_new_headlines_and_max_features(self, corpora):
        headlines = corpora("newsapi_2022_en").headline.unique()
        train, new = headlines[:15_000], headlines[15_000:20_000]
        ours = TfidfVectorizer(max_features=5000, **WORDS_ONLY).fit(train)
        names = ours.get_feature_names_out().tolist()
        theirs = self.theirs(headlines[:20_000], ngram_range=(1, 2), sublinear_tf=True, vocabulary=names).fit(train)
        assert len(names) == 5000
        assert abs(ours.transform(new) - theirs.transform(new)).max() <= 1e-6


class Adapter:
    """Our vectorizer under the names that scikit-learn's tests use; other options are a TypeError."""

    def __init__(self, *, ngram_range=(1, 1), min_df=1, max_features=None, sublinear_tf=False, dtype=np.float32):
        self.ngram_range, self.min_df, self.max_features = ngram_range, min_df, max_features
        self.sublinear_tf, self.dtype = sublinear_tf, dtype

    def get_params(self, deep=True):
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params):
        vars(self).update(params)
        return self

    def fit(self, headlines, y=None):
        self.fit_transform(headlines)
        return self

    def fit_transform(self, headlines, y=None):
        assert self.dtype == np.float32
        options = {"min_df": self.min_df, "max_features": self.max_features, "sublinear_tf": self.sublinear_tf}
        self.ours = TfidfVectorizer(word_ngrams=self.ngram_range, char_ngrams=None, **options)
        rows = self.ours.fit_transform(headlines)
        self.vocabulary_ = {name: i for i, name in enumerate(self.ours.get_feature_names_out())}
        self.idf_ = self.ours.word_idf_
        return rows

    def transform(self, headlines):
        return self.ours.transform(headlines)


NOT_OURS = {
    "no other analyzers, token patterns, accents, stop words, preprocessors, encodings, file input or max_df": """
        test_strip_accents test_to_ascii test_word_analyzer_unigrams test_word_analyzer_unigrams_and_bigrams
        test_unicode_decode_error test_char_ngram_analyzer test_char_wb_ngram_analyzer test_word_ngram_analyzer
        test_countvectorizer_stop_words test_countvectorizer_custom_token_pattern
        test_countvectorizer_custom_token_pattern_with_several_group test_countvectorizer_uppercase_in_vocab
        test_vectorizer_max_features test_vectorizer_max_df test_vectorizer_min_df test_feature_names
        test_pickling_vectorizer test_pickling_built_processors test_vectorizer_stop_words_inconsistent
        test_stop_word_validation_custom_preprocessor test_callable_analyzer_error
        test_callable_analyzer_change_behavior test_callable_analyzer_reraise_error
        test_unused_parameters_warn test_countvectorizer_sort_features_64bit_sparse_indices""",
    "no vocabulary given beforehand, no way back from rows to words": """
        test_countvectorizer_custom_vocabulary test_countvectorizer_custom_vocabulary_pipeline
        test_countvectorizer_custom_vocabulary_repeated_indices test_countvectorizer_custom_vocabulary_gap_index
        test_countvectorizer_empty_vocabulary test_tfidf_vectorizer_with_fixed_vocabulary
        test_countvectorizer_vocab_sets_when_pickling test_countvectorizer_vocab_dicts_when_pickling
        test_non_unique_vocab test_vectorizer_vocab_clone test_vectorizer_inverse_transform
        test_tfidf_vectorizer_setter test_tfidfvectorizer_invalid_idf_attr""",
    "no counts, no other norms, no unsmoothed idf, no settings of a transformer inside": """
        test_tf_transformer_feature_names_out test_tf_idf_smoothing test_tfidf_no_smoothing test_sublinear_tf
        test_vectorizer test_tfidf_vectorizer_setters test_count_vectorizer_max_features
        test_count_binary_occurrences test_vectorizer_pipeline_grid_selection test_vectorizer_unicode
        test_pickling_transformer test_transformer_idf_setter test_tfidfvectorizer_binary
        test_tfidfvectorizer_export_idf test_tfidf_transformer_type test_tfidf_transformer_sparse
        test_tfidf_transformer_copy""",
    "no hashing": """
        test_hashing_vectorizer test_hashed_binary_occurrences test_hashingvectorizer_nan_in_docs
        test_nonnegative_hashing_vectorizer_result_indices test_hashing_vectorizer_requires_fit_tag
        test_hashing_vectorizer_transform_without_fit""",
    "the wording of the error is theirs": """
        test_vectorizer_string_object_as_input test_vectorizers_invalid_ngram_range""",
}


class TestPublishedTests:
    """scikit-learn's own tests of its text vectorizers, run from the installed package on ours.

    Those apply that use `ngram_range`, `min_df` as a count, `max_features`, float32, and nothing else. The others are
    listed with the reason; what they are about is tested in this file in our own words where we have it.
    """

    @pytest.fixture(autouse=True)
    def ours(self, monkeypatch):
        monkeypatch.setattr(published, "TfidfVectorizer", Adapter)
        monkeypatch.setattr(published, "CountVectorizer", Adapter)

    def test_fit_twice(self):
        published.test_fit_countvectorizer_twice()

    def test_count_vectorizer_pipeline_grid_selection(self):
        published.test_count_vectorizer_pipeline_grid_selection()

    def test_vectorizer_pipeline_cross_validation(self):
        published.test_vectorizer_pipeline_cross_validation()

    def test_tie_breaking_sample_order_invariance(self):
        published.test_tie_breaking_sample_order_invariance()

    def test_tfidf_vectorizer_type(self):
        published.test_tfidf_vectorizer_type(np.float32, np.float32, False)

    @pytest.mark.slow
    def test_tfidf_vectorizer_preserve_dtype_idf(self):
        published.test_tfidf_vectorizer_preserve_dtype_idf(np.float32)

    def test_n_features_in(self):
        published.test_n_features_in(TfidfVectorizer, published.JUNK_FOOD_DOCS)

    def test_vectorizers_do_not_have_set_output(self):
        published.test_vectorizers_do_not_have_set_output(TfidfVectorizer)

    def test_every_published_test_is_accounted_for(self):
        if not sklearn.__version__.startswith("1.9."):
            pytest.skip("the lists were made for scikit-learn 1.9")
        run = inspect.getsource(type(self))
        theirs = {name for name in vars(published) if name.startswith("test_")}
        left_out = set(" ".join(NOT_OURS.values()).split())
        assert {name for name in theirs - left_out if f"published.{name}(" not in run} == set()
        assert left_out <= theirs
