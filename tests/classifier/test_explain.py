"""Reasons: terms that sum to the margin, and the top terms of a section."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from classifier_cases import (
    HOSTILE,
    VOCABULARIES,
    all_kinds,
    corpus,
    four_sections,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.classifier import HeadlineClassifier
from classify.features.tokens import tokenize


@pytest.fixture(scope="module")
def fitted():
    return four_sections()


@pytest.fixture(params=["four sections", "two sections", "with none"])
def classifier(request):
    return all_kinds()[request.param]


class TestReasons:
    def margins_of_the_best(self, classifier, headlines):
        """The margin of the most probable section."""
        margins = classifier.decision_function(headlines)
        best = classifier.predict_proba(headlines).argmax(axis=1)
        if margins.ndim == 1:
            return np.where(best == 1, margins, -margins)
        return margins[np.arange(len(best)), best]

    def test_terms_sum_to_the_margin(self, classifier):
        headlines = corpus(150, tuple(VOCABULARIES), seed=11)[0] + HOSTILE + ["goal goal goal vote", "Keepers’ apps"]
        sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
        assert sums == pytest.approx(self.margins_of_the_best(classifier, headlines).tolist(), abs=1e-5)

    @settings(max_examples=12)
    @given(
        words=st.lists(
            st.sampled_from(["goal", "goals", "Goal,", "vote", "क्रिकेट", "zz", "東京", "app-store"]), max_size=9
        )
    )
    def test_terms_are_words_and_pairs_of_the_headline(self, fitted, words):
        headline = " ".join(words)
        row = tokenize(pa.array([headline]), punctuation=True).strings()
        allowed = {"(bias)", *row, *(f"{a} {b}" for a, b in pairwise(row))}
        terms = fitted.explain([headline])[0]
        names = [term for term, _ in terms]
        assert set(names) <= allowed
        assert len(set(names)) == len(names)
        assert "(bias)" in names
        assert [weight for _, weight in terms] == sorted((weight for _, weight in terms), reverse=True)
        sums = sum(weight for _, weight in terms)
        assert sums == pytest.approx(self.margins_of_the_best(fitted, [headline])[0], abs=1e-5)

    def test_the_telling_word_comes_first(self, fitted):
        terms = fitted.explain(["Why the new striker"], 1)
        assert [term for term, _ in terms[0]] == ["striker"]
        # A word never seen is explained by the n-grams that it shares.
        assert fitted.explain(["Why the new strikerz"], 1)[0][0][0] == "strikerz"

    @pytest.mark.parametrize("k", [0, 1, 2, 5])
    def test_at_most_k(self, fitted, k):
        headlines = corpus(10)[0] + [""]
        assert fitted.explain(headlines, k) == [terms[:k] for terms in fitted.explain(headlines)]

    @pytest.mark.slow
    def test_words_alone_and_characters_alone(self):
        for params in ({"char_ngrams": None}, {"word_ngrams": None}, {"word_ngrams": (1, 1)}, {"min_df": 3}):
            classifier = HeadlineClassifier(**params).fit(*corpus(120))
            headlines = corpus(30, seed=2)[0]
            sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
            assert sums == pytest.approx(self.margins_of_the_best(classifier, headlines).tolist(), abs=1e-5)

    def test_alone_and_in_a_batch(self, classifier):
        headlines = corpus(40, tuple(VOCABULARIES), seed=4)[0] + HOSTILE
        together = classifier.explain(headlines)
        assert [classifier.explain([headline])[0] for headline in headlines] == together
        reasons = [prediction.terms for prediction in classifier.predict_headlines(headlines, explain=3)]
        blank = [not (headline or "").strip() for headline in headlines]
        assert reasons == [[] if b else terms[:3] for b, terms in zip(blank, together, strict=True)]

    def test_reasons_change_no_answer(self, classifier):
        headlines = corpus(40, tuple(VOCABULARIES), seed=4)[0] + HOSTILE
        plain, reasoned = classifier.decide(headlines), classifier.decide(headlines, explain=2)
        assert plain.proba.tobytes() == reasoned.proba.tobytes()
        assert plain.section.equals(reasoned.section)
        assert plain.terms == [[] for _ in headlines]

    def test_top_terms(self, classifier):
        found = classifier.top_terms(6)
        assert list(found) == classifier.classes_.tolist()
        names = set(classifier.vectorizer_.get_feature_names_out())
        for section, terms in found.items():
            weights = [weight for _, weight in terms]
            assert weights == sorted(weights, reverse=True)
            assert len(terms) == 6
            assert {term for term, _ in terms} <= names
            own = VOCABULARIES[section].split()
            assert sum(term.split()[0] in own or term.split()[-1] in own for term, _ in terms) >= 5
        assert [len(terms) for terms in classifier.top_terms(10**6).values()] == [
            len(classifier.vectorizer_.word_idf_)
        ] * len(found)
