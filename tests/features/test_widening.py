"""Words of a background get columns: the rows are those of the widened vectorizer, and nothing else changes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classify import TfidfVectorizer, learn_background, load_sample
from classify.features.widening import choose_background, join_backgrounds, widen

HEADLINES = ["Rovers win cup", "Rovers lose 2-1", "Senate votes on tax", "Senate votes on tax bill", "तूफ़ान आया", ""]


@pytest.fixture(scope="module")
def background():
    """Learn from the embedded corpus."""
    return learn_background([load_sample().headline], n_dims=16)


@pytest.fixture(scope="module", params=[{}, {"word_ngrams": (1, 1), "char_ngrams": None}, {"punctuation": True}])
def both(request, background):
    """Return a fitted vectorizer, its rows and both widened."""
    vectorizer = TfidfVectorizer(**request.param)
    rows = vectorizer.fit_transform(HEADLINES)
    return vectorizer, rows, widen(vectorizer, rows, background)


def test_the_rows_are_those_of_the_widened_vectorizer(both):
    _, _, wide = both
    assert np.allclose(wide.rows.toarray(), wide.vectorizer.transform(HEADLINES).toarray(), atol=1e-6)


def test_columns_are_words_of_the_background_in_its_order(both, background):
    _, _, wide = both
    assert wide.vectorizer.vocabulary_.spell(wide.columns).tolist() == background.words.to_pylist()


def test_terms_that_were_there_are_there_still(both):
    vectorizer, rows, wide = both
    names = wide.vectorizer.get_feature_names_out()
    own = vectorizer.get_feature_names_out()
    assert len(set(names)) == len(names)
    places = [names.tolist().index(name) for name in own]
    assert np.array_equal(wide.rows[:, places].toarray() > 0, rows.toarray() > 0)
    n_words = len(wide.vectorizer.word_idf_)
    characters = [i for i, place in enumerate(places) if place >= n_words]
    assert np.array_equal(wide.rows[:, n_words:].toarray(), rows[:, characters].toarray())


def test_frequencies_are_counted_in_both(both, background):
    _, _, wide = both
    df = dict(zip(background.words.to_pylist(), background.df.tolist(), strict=True))
    n = len(HEADLINES) + background.n_headlines
    names = wide.vectorizer.get_feature_names_out().tolist()
    for word, own in (("rovers", 2), ("senate", 2), ("आया", 1), ("the", 0)):
        expected = math.log((1 + n) / (1 + df.get(word, 0) + own)) + 1
        assert math.isclose(wide.vectorizer.word_idf_[names.index(word)], expected, rel_tol=1e-6)
    assert (wide.vectorizer.document_frequencies() > 0).all()


def test_words_of_the_background_alone_have_character_ngrams_as_new_words_have(background):
    vectorizer = TfidfVectorizer()
    wide = widen(vectorizer, vectorizer.fit_transform(HEADLINES), background).vectorizer
    n_words = len(wide.word_idf_)
    new, known = wide.transform(["cups"]), vectorizer.transform(["cups"])
    assert "cup" in background.words.to_pylist()
    assert np.allclose(new[:, n_words:].toarray(), known[:, len(vectorizer.word_idf_) :].toarray())


class TestJoin:
    def test_products_of_vectors_are_the_mean(self, background):
        other = learn_background([load_sample().headline.slice(0, 500)], n_dims=8)
        both = join_backgrounds([background, other])
        words = both.words.to_pylist()
        assert set(words) == {*background.words.to_pylist(), *other.words.to_pylist()}
        one = [words.index(word) for word in other.words.to_pylist()]
        there = [background.words.to_pylist().index(word) for word in other.words.to_pylist()]
        mean = (other.vectors @ other.vectors.T + background.vectors[there] @ background.vectors[there].T) / 2
        assert np.allclose(both.vectors[one] @ both.vectors[one].T, mean, atol=1e-5)
        assert np.array_equal(both.df[one], other.df + background.df[there])

    def test_one_alone_stays_as_it_is(self, background):
        assert join_backgrounds([background]) is background


class TestChoice:
    def test_nothing(self):
        assert choose_background(None, HEADLINES) is None
        assert choose_background([], HEADLINES) is None

    def test_the_english_one_is_for_english(self, background):
        assert len(choose_background("auto", load_sample().headline)) > 30_000
        assert choose_background("auto", ["मौसम: तूफ़ान आया", "東京 開幕"]) is None
        assert choose_background("auto", ["Bundestag stimmt über neues Gesetz ab"]) is None
        assert choose_background(["auto", background], ["Bundestag stimmt über neues Gesetz ab"]) is background

    def test_what_is_given_is_used(self, background):
        assert choose_background(background, ["तूफ़ान आया"]) is background

    @pytest.mark.parametrize("given", ["english", ["auto", 3], [None]])
    def test_what_is_not_a_background_is_named(self, given):
        with pytest.raises(ValueError, match=r"background=.*; expected a Background, several, 'auto' or None"):
            choose_background(given, HEADLINES)
