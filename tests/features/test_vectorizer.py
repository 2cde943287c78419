"""TF-IDF rows: worked by hand, against plain Python and scikit-learn, scikit-learn's own tests, and properties."""

from __future__ import annotations

import inspect
import math
import pickle
import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
import sklearn
import sklearn.feature_extraction.text as their_module
from conftest import shown
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.tests import test_text as published

from classify.core.arrow import as_column
from classify.features import TfidfVectorizer
from classify.features.counting import KeyTable, count, factorize, without_unseen
from classify.features.tokens import spell, tokenize

WORDS = ["a", "to", "be", "cup", "cups", "rovers", "über", "हिन्दी", "東京", "가나", "2025", "don't", "!", "ﬁt", "fit"]
HEADLINES = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.text(st.sampled_from("ab é東-"), max_size=8),
)
CORPORA = st.lists(HEADLINES, min_size=1, max_size=8).filter(lambda headlines: any(words_of_all(headlines)))
WORDS_ONLY = {"char_ngrams": None}
FEW = settings(max_examples=15)


def words_of_all(headlines):
    """The words of each headline."""
    tokens = tokenize(pa.array(headlines, pa.string()))
    spelled = tokens.strings()
    return [spelled[a:b] for a, b in pairwise(tokens.indptr)]


def words_of(headline):
    """The words of one headline."""
    return words_of_all([headline])[0]


def as_dicts(vectorizer, rows):
    """Each row as a dict from the name of a column to its value."""
    names = vectorizer.get_feature_names_out()
    assert len(names) == rows.shape[1] == len(set(names)) == vectorizer.n_features_out_
    return [dict(zip(names[row.indices], row.data.tolist(), strict=True)) for row in rows]


def assert_rows(found, expected):
    """Compare rows given as dicts; a value of zero may be left out."""
    for one, other in zip(found, expected, strict=True):
        for term in one.keys() | other.keys():
            assert one.get(term, 0) == pytest.approx(other.get(term, 0), abs=1e-6), term


class NaiveVectorizer:
    """The definition in the docstring of `TfidfVectorizer`, in dicts."""

    def __init__(
        self, word_ngrams=(1, 2), char_ngrams=(2, 5), min_df=1, sublinear_tf=True, char_weight=0.7, char_max_df=50
    ):
        self.word_ngrams, self.char_ngrams, self.min_df = word_ngrams, char_ngrams, min_df
        self.sublinear_tf, self.char_weight, self.char_max_df = sublinear_tf, char_weight, char_max_df

    def fit(self, headlines):
        self.n = len(headlines)
        rows = words_of_all(headlines)
        self.df = Counter(word for row in rows for word in set(row))
        df = Counter(term for row in rows for term in set(self.terms(row)))
        self.idf = {term: self.rarity(count, self.n) for term, count in df.items() if count >= self.min_df}
        rare = [word for word in self.df if self.is_rare(word)]
        in_words = Counter(gram for word in rare for gram in set(self.grams(word)))
        in_headlines = Counter(
            gram for row in rows for gram in {g for word in row if self.is_rare(word) for g in self.grams(word)}
        )
        self.char_idf = {
            gram: self.rarity(count, max(len(rare), 1))
            for gram, count in in_words.items()
            if in_headlines[gram] >= self.min_df
        }
        return self

    def terms(self, row):
        pairs = [f"{a} {b}" for a, b in pairwise(row)]
        return {None: [], (1, 1): row, (1, 2): row + pairs}[self.word_ngrams]

    def is_rare(self, word):
        return self.char_ngrams is not None and (self.char_max_df is None or self.df.get(word, 0) <= self.char_max_df)

    def grams(self, word):
        shortest, longest = self.char_ngrams
        padded = f" {word} "
        sizes = range(shortest, longest + 1)
        return [padded[i : i + size] for size in sizes for i in range(len(padded) - size + 1)]

    def rarity(self, df, n):
        return math.log((1 + n) / (1 + df)) + 1

    def weigh(self, terms, idf):
        counts = Counter(term for term in terms if term in idf)
        tf = {term: 1 + math.log(n) if self.sublinear_tf else n for term, n in counts.items()}
        length = math.sqrt(sum((tf[term] * idf[term]) ** 2 for term in tf))
        return {term: tf[term] * idf[term] / length for term in tf}

    def transform(self, headlines):
        return [self.row(row) for row in words_of_all(headlines)]

    def row(self, row):
        found = self.weigh(self.terms(row), self.idf)
        shares = self.weigh(row, {word: self.rarity(self.df.get(word, 0), self.n) for word in row})
        for word, share in shares.items():
            if self.is_rare(word):
                for gram, value in self.weigh(self.grams(word), self.char_idf).items():
                    name = f"char:{gram}"
                    found[name] = found.get(name, 0) + self.char_weight * share * value
        return found


class TestByHand:
    def test_words(self):
        headlines = ["Rovers win cup", "Rovers win, Rovers sing", "Tax"]
        vectorizer = TfidfVectorizer(word_ngrams=(1, 1), char_ngrams=None)
        rows = as_dicts(vectorizer, vectorizer.fit_transform(headlines))
        twice, once = math.log(4 / 3) + 1, math.log(4 / 2) + 1
        first = math.sqrt(2 * twice**2 + once**2)
        again = (1 + math.log(2)) * twice
        second = math.sqrt(again**2 + twice**2 + once**2)
        assert_rows(
            rows,
            [
                {"rovers": twice / first, "win": twice / first, "cup": once / first},
                {"rovers": again / second, "win": twice / second, "sing": once / second},
                {"tax": 1},
            ],
        )

    def test_words_and_pairs_of_a_new_headline(self):
        vectorizer = TfidfVectorizer(char_ngrams=None).fit(["a b", "b c"])
        rare, common = math.log(3 / 2) + 1, math.log(3 / 3) + 1
        length = math.sqrt(2 * rare**2 + common**2)
        # "x" is new, so neither it nor the pairs around it count; "b a" was never seen.
        found = as_dicts(vectorizer, vectorizer.transform(["a b a", "b x c", "x", ""]))
        tf = 1 + math.log(2)
        of_first = math.sqrt((tf * rare) ** 2 + rare**2 + common**2)
        assert_rows(
            found,
            [
                {"a": tf * rare / of_first, "b": common / of_first, "a b": rare / of_first},
                {"b": common / math.hypot(rare, common), "c": rare / math.hypot(rare, common)},
                {},
                {},
            ],
        )
        assert length == pytest.approx(math.hypot(common, rare, rare))

    def test_characters(self):
        # Two words in two headlines: n-grams of " ab " and " b ", idf over the two words.
        vectorizer = TfidfVectorizer(word_ngrams=None, char_ngrams=(2, 3), char_weight=0.5)
        rows = as_dicts(vectorizer, vectorizer.fit_transform(["ab", "b ab"]))
        both, one = 1.0, math.log(3 / 2) + 1
        of_ab = {" a": one, "ab": one, "b ": both, " ab": one, "ab ": one}
        of_b = {" b": one, "b ": both, " b ": one}
        ab_length = math.sqrt(4 * one**2 + both**2)
        b_length = math.sqrt(2 * one**2 + both**2)
        # In the second headline "b" (one headline of two) weighs more than "ab" (both headlines).
        ab_share, b_share = both / math.hypot(both, one), one / math.hypot(both, one)
        second = Counter({f"char:{gram}": 0.5 * ab_share * value / ab_length for gram, value in of_ab.items()})
        for gram, value in of_b.items():
            second[f"char:{gram}"] += 0.5 * b_share * value / b_length
        assert_rows(rows, [{f"char:{g}": 0.5 * v / ab_length for g, v in of_ab.items()}, second])

    def test_frequent_words_have_no_character_ngrams(self):
        vectorizer = TfidfVectorizer(word_ngrams=None, char_ngrams=(3, 3), char_max_df=1)
        vectorizer.fit(["the cat", "the dog"])
        assert sorted(vectorizer.get_feature_names_out()) == sorted(
            f"char:{gram}" for gram in [" ca", "cat", "at ", " do", "dog", "og "]
        )
        # "the" is frequent, so its n-grams do not count; those of the unknown "then" would, were they known.
        assert vectorizer.transform(["the then"]).nnz == 0
        assert vectorizer.transform(["cats"]).nnz == 2

    def test_document_frequencies(self):
        vectorizer = TfidfVectorizer(char_ngrams=(3, 3)).fit(["cat cat dog", "cat", "cats", ""])
        found = dict(zip(vectorizer.get_feature_names_out(), vectorizer.document_frequencies(), strict=True))
        assert {term: round(df, 3) for term, df in found.items()} == {
            "cat": 2, "dog": 1, "cats": 1, "cat cat": 1, "cat dog": 1,
            "char: ca": 2, "char:cat": 2, "char:at ": 1, "char:ats": 1, "char:ts ": 1,
            "char: do": 1, "char:dog": 1, "char:og ": 1,
        }  # fmt: skip


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


class TestSortedVocabulary:
    """Columns stand in sorted order, and ties for `max_features` are settled by it."""

    def test_a_tie_goes_to_the_first_column(self):
        for pair in (["hello world"], ["world hello"], ["b a"], ["zug apfel"]):
            every = TfidfVectorizer(word_ngrams=(1, 1), **WORDS_ONLY).fit(pair)
            first = TfidfVectorizer(word_ngrams=(1, 1), max_features=1, **WORDS_ONLY).fit(pair)
            assert first.get_feature_names_out().tolist() == every.get_feature_names_out().tolist()[:1]

    @FEW
    @given(CORPORA)
    def test_columns_do_not_depend_on_the_order_of_the_headlines(self, headlines):
        for max_features in (None, 3):
            one = TfidfVectorizer(max_features=max_features).fit(headlines)
            other = TfidfVectorizer(max_features=max_features).fit(headlines[::-1])
            assert one.get_feature_names_out().tolist() == other.get_feature_names_out().tolist()


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


class TestFactoredForm:
    @FEW
    @given(CORPORA, st.lists(HEADLINES, max_size=4))
    def test_the_product_is_the_character_block(self, train, new):
        vectorizer = TfidfVectorizer(char_weight=0.25).fit(train)
        blocks = vectorizer.blocks(new)
        whole = sp.hstack([blocks.words, 0.25 * (blocks.rare_words @ blocks.characters)])
        assert abs(whole - vectorizer.transform(new)).sum() <= 1e-5
        rare = vectorizer.word_blocks(new)[1]
        names = spell(rare.codes, rare.starts, rare.ends)
        assert len(names) == blocks.rare_words.shape[1] == blocks.characters.shape[0]
        rows = [dict(zip(row.indices, row.data, strict=True)) for row in blocks.rare_words]
        assert [{names[i] for i in row} for row in rows] == [set(row) for row in words_of_all(new)]

    @FEW
    @given(CORPORA)
    def test_rows_of_a_block_have_length_one(self, headlines):
        vectorizer = TfidfVectorizer(char_max_df=None).fit(headlines)
        for block in vectorizer.blocks(headlines):
            lengths = np.sqrt(block.multiply(block).sum(axis=1))
            empty = np.diff(block.indptr) == 0
            assert np.asarray(lengths).ravel() == pytest.approx(np.where(empty, 0, 1), abs=1e-6)


class TestRestrict:
    @FEW
    @given(CORPORA, st.lists(HEADLINES, max_size=4))
    def test_to_all_columns_changes_nothing(self, train, new):
        vectorizer = TfidfVectorizer().fit(train)
        same = vectorizer.restrict(np.arange(vectorizer.n_features_out_))
        assert same.get_feature_names_out().tolist() == vectorizer.get_feature_names_out().tolist()
        assert_same_bits(same.transform(new), vectorizer.transform(new))
        assert same.document_frequencies() == pytest.approx(vectorizer.document_frequencies())

    @FEW
    @given(CORPORA, st.lists(HEADLINES, max_size=4), st.data())
    def test_keeps_the_names_and_the_words_weights(self, train, new, data):
        vectorizer = TfidfVectorizer(**WORDS_ONLY).fit(train)
        n = vectorizer.n_features_out_
        columns = np.array(sorted(data.draw(st.sets(st.integers(0, n - 1)))), np.int64)
        smaller = vectorizer.restrict(columns)
        assert smaller.get_feature_names_out().tolist() == vectorizer.get_feature_names_out()[columns].tolist()
        expected = vectorizer.transform(new)[:, columns].toarray()
        lengths = np.linalg.norm(expected, axis=1, keepdims=True)
        expected = np.divide(expected, lengths, out=expected, where=lengths > 0)
        assert smaller.transform(new).toarray() == pytest.approx(expected, abs=1e-6)

    def test_a_frequent_word_gets_no_character_ngrams_for_being_dropped(self):
        vectorizer = TfidfVectorizer(char_ngrams=(3, 3), char_max_df=1).fit(["the then", "the cat", "the dog"])
        characters = np.arange(len(vectorizer.word_idf_), vectorizer.n_features_out_)
        smaller = vectorizer.restrict(characters)
        assert smaller.transform(["the"]).nnz == 0
        assert smaller.transform(["then"]).nnz == 4

    def test_leaves_the_original_alone(self):
        vectorizer = TfidfVectorizer().fit(["Rovers win the cup", "Tax vote"])
        before = vectorizer.transform(["Rovers vote", "cups"])
        vectorizer.restrict(np.arange(0, vectorizer.n_features_out_, 2))
        assert_same_bits(vectorizer.transform(["Rovers vote", "cups"]), before)


def assert_same_bits(one, other):
    """Compare two sparse matrices to the last bit."""
    assert one.shape == other.shape
    assert one.indptr.tolist() == other.indptr.tolist()
    assert one.indices.tolist() == other.indices.tolist()
    assert one.data.tobytes() == other.data.tobytes()


def many_headlines(n):
    """Headlines of 0 to 14 words of many scripts, some words rare and some frequent."""
    draw = random.Random(1)
    pool = WORDS + [f"word{i}" for i in range(300)] + ["Ärger", "विश्व", "กรุงเทพ", "新闻", "الانتخابات", "🎉"]
    pick = [pool[min(int(draw.expovariate(0.02)), len(pool) - 1)] for _ in range(15 * n)]
    return [" ".join(pick[15 * i : 15 * i + draw.randrange(15)]) for i in range(n)]


class TestBatches:
    """The same headline gives the same bits, whatever stands beside it."""

    def test_one_alone_and_in_batches_of_many_sizes(self):
        headlines = many_headlines(10_000)
        vectorizer = TfidfVectorizer(char_max_df=20).fit(headlines[:2000])
        whole = vectorizer.transform(headlines)
        for size in (1, 2, 3, 7, 64, 1000):
            for start in range(0, min(20 * size, 10_000), size):
                assert_same_bits(vectorizer.transform(headlines[start : start + size]), whole[start : start + size])

    @pytest.mark.parametrize("options", [{}, {"min_df": 2, "max_features": 300}], ids=str)
    def test_one_thread_and_two(self, options):
        headlines = many_headlines(25_000)
        one, two = (TfidfVectorizer(n_jobs=n_jobs, **options) for n_jobs in (1, 2))
        assert_same_bits(one.fit_transform(headlines), two.fit_transform(headlines))
        assert one.get_feature_names_out().tolist() == two.get_feature_names_out().tolist()
        assert_same_bits(one.transform(headlines[::-1]), two.transform(headlines)[::-1])

    @FEW
    @given(CORPORA, st.lists(HEADLINES, max_size=6))
    def test_generated(self, train, new):
        vectorizer = TfidfVectorizer().fit(train)
        whole = vectorizer.transform(new)
        for i, headline in enumerate(new):
            assert_same_bits(vectorizer.transform([headline]), whole[i])

    @FEW
    @given(CORPORA)
    def test_fit_transform_is_fit_and_transform(self, headlines):
        vectorizer = TfidfVectorizer(char_max_df=1)
        rows = vectorizer.fit_transform(headlines)
        assert_same_bits(vectorizer.transform(headlines), rows)
        assert_same_bits(TfidfVectorizer(char_max_df=1).fit(headlines).transform(headlines), rows)

    @FEW
    @given(CORPORA, st.randoms(use_true_random=False))
    def test_permuting_the_headlines_permutes_the_rows(self, headlines, rng):
        order = list(range(len(headlines)))
        rng.shuffle(order)
        rows = TfidfVectorizer().fit_transform(headlines)
        assert_same_bits(TfidfVectorizer().fit_transform([headlines[i] for i in order]), rows[order])

    def test_refitting_gives_the_same_bits(self):
        headlines = many_headlines(3000)
        one, other = TfidfVectorizer(), TfidfVectorizer().fit(["something else"])
        assert_same_bits(one.fit_transform(headlines), other.fit_transform(headlines))
        for name, value in vars(one.vocabulary_).items():
            same = getattr(other.vocabulary_, name)
            if isinstance(value, KeyTable):
                value, same = value.keys, same.keys
            assert np.array_equal(value, same), name

    @FEW
    @given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20), min_size=1))
    def test_upper_casing_english_changes_nothing(self, headlines):
        assume(any(words_of_all(headlines)))
        upper = [headline.upper() for headline in headlines]
        assert_same_bits(TfidfVectorizer().fit_transform(upper), TfidfVectorizer().fit_transform(headlines))

    @FEW
    @given(CORPORA)
    def test_doubling_the_corpus_doubles_the_rows(self, headlines):
        rows = TfidfVectorizer(**WORDS_ONLY).fit_transform(headlines + headlines)
        assert_same_bits(rows[: len(headlines)], rows[len(headlines) :])

    @FEW
    @given(CORPORA)
    def test_empty_headlines_beside_change_no_other_row(self, headlines):
        vectorizer = TfidfVectorizer().fit(headlines)
        spread = [text for headline in headlines for text in ("", headline, "?!")]
        assert_same_bits(vectorizer.transform(spread)[1::3], vectorizer.transform(headlines))


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
            ["a", float("nan")],
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


@given(st.lists(st.integers(-5, 5)))
def test_factorize(keys):
    numbers, distinct = factorize(np.array(keys, np.int64))
    assert distinct.tolist() == sorted(set(keys))
    assert [distinct[number] for number in numbers] == keys


# Keys that share their upper bits, the least and the greatest there are, and any.
KEYS = st.one_of(st.integers(0, 40), st.integers(2**64 - 9, 2**64 - 1), st.integers(0, 2**64 - 1))


@given(st.sets(KEYS), st.lists(KEYS))
def test_keys_are_found_where_they_stand(table, keys):
    table = sorted(table)
    found = KeyTable(np.array(table, np.uint64)).find(np.array(keys + table, np.uint64))
    assert found.tolist() == [table.index(key) if key in table else -1 for key in keys + table]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 4))))
def test_count(entries):
    rows, columns = np.array(entries, np.int64).reshape(-1, 2).T
    expected = np.zeros((4, 5))
    for row, column in entries:
        if column >= 0:
            expected[row, column] += 1
    counts = count(rows, columns.astype(np.int32), (4, 5))
    assert counts.toarray().tolist() == expected.tolist()
    assert counts.has_canonical_format


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_factorize_hashes(keys):
    numbers, distinct = factorize(np.array(keys, np.uint64))
    assert distinct.tolist() == sorted(set(keys))
    assert distinct[numbers].tolist() == keys


@FEW
@given(CORPORA, st.data())
def test_rows_without_terms_not_seen_in_training(headlines, data):
    # What a fold has not seen is dropped, and the words are brought back to length 1; the characters stay.
    vectorizer = TfidfVectorizer()
    rows = vectorizer.fit_transform(headlines)
    before = rows.toarray()
    n_words = len(vectorizer.word_idf_)
    seen = np.array(data.draw(st.lists(st.booleans(), min_size=rows.shape[1], max_size=rows.shape[1])))
    expected = before.copy()
    expected[:, :n_words][:, ~seen[:n_words]] = 0
    lengths = np.linalg.norm(expected[:, :n_words], axis=1, keepdims=True)
    expected[:, :n_words] /= np.where(lengths > 0, lengths, 1)
    assert without_unseen(rows, seen, n_words).toarray() == pytest.approx(expected, abs=1e-6)
    assert rows.toarray().tobytes() == before.tobytes()
