"""The same headline gives the same bits in any batch, and on any number of threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from vectorizer_cases import (
    CORPORA,
    FEW,
    HEADLINES,
    WORDS_ONLY,
    assert_same_bits,
    many_headlines,
    words_of_all,
)

from classify.features import TfidfVectorizer
from classify.features.sparse import without_unseen


class TestBatches:
    """The same headline gives the same bits, whatever stands beside it."""

    @pytest.mark.slow
    def test_one_alone_and_in_batches_of_many_sizes(self):
        headlines = many_headlines(10_000)
        vectorizer = TfidfVectorizer(char_max_df=20).fit(headlines[:2000])
        whole = vectorizer.transform(headlines)
        for size in (1, 2, 3, 7, 64, 1000):
            for start in range(0, min(20 * size, 10_000), size):
                assert_same_bits(vectorizer.transform(headlines[start : start + size]), whole[start : start + size])

    @pytest.mark.slow
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
        assert one.get_feature_names_out().tolist() == other.get_feature_names_out().tolist()
        assert one.document_frequencies().tobytes() == other.document_frequencies().tobytes()
        assert_same_bits(one.transform(headlines[::-1]), other.transform(headlines[::-1]))

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
