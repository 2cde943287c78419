"""TF-IDF rows worked by hand, their factored form, and vectorizers restricted to some columns."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from vectorizer_cases import (
    CORPORA,
    FEW,
    HEADLINES,
    WORDS_ONLY,
    as_dicts,
    assert_rows,
    assert_same_bits,
    words_of_all,
)

from classify.features import TfidfVectorizer
from classify.features.tokens import spell


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
