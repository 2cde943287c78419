"""The learned state: restricted to some columns, and read through the estimator."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from classifier_cases import (
    HOSTILE,
    VOCABULARIES,
    all_kinds,
    assert_same_answers,
    corpus,
    four_sections,
)

from classify.classifier import HeadlineClassifier


@pytest.fixture(scope="module")
def fitted():
    return four_sections()


@pytest.fixture(params=["four sections", "two sections", "with none"])
def classifier(request):
    return all_kinds()[request.param]


def restrict(classifier, columns):
    """A classifier of the same parameters with some columns of the state alone."""
    return HeadlineClassifier.from_state(classifier.state_.restrict(columns), **classifier.get_params())


class TestEstimator:
    def test_learned_attributes_are_those_of_the_state(self, classifier):
        state = classifier.state_
        for name in ("classes", "suffixes", "vectorizer", "coef", "intercept", "thresholds"):
            assert getattr(classifier, f"{name}_") is getattr(state, name)

    def test_the_state_cannot_be_changed(self, fitted):
        with pytest.raises(FrozenInstanceError):
            fitted.state_.coef = np.zeros(3)
        with pytest.raises(AttributeError):
            fitted.coef_ = np.zeros(3)

    def test_a_classifier_without_a_state_has_no_learned_attributes(self):
        for name in ("classes_", "coef_", "state_", "vectorizer_"):
            assert not hasattr(HeadlineClassifier(), name)

    def test_made_of_a_state(self, classifier):
        other = HeadlineClassifier.from_state(classifier.state_, **classifier.get_params() | {"n_jobs": 1})
        assert other.n_jobs == 1
        assert_same_answers(other, classifier, corpus(20)[0] + HOSTILE)
        with pytest.raises(ValueError, match="C=0; expected"):
            HeadlineClassifier.from_state(classifier.state_, C=0)


class TestRestrict:
    def test_to_every_column_changes_nothing(self, classifier):
        same = restrict(classifier, np.arange(len(classifier.coef_)))
        assert_same_answers(same, classifier, corpus(60)[0] + HOSTILE)

    def test_knows_only_the_columns_left(self, fitted):
        names = fitted.vectorizer_.get_feature_names_out()
        columns = np.flatnonzero(names == "striker")
        small = restrict(fitted, columns)
        margins = small.decision_function(["Why the striker", "vote"])
        assert margins[0] == pytest.approx(fitted.coef_[columns[0]] + fitted.intercept_, abs=1e-6)
        assert margins[1] == pytest.approx(fitted.intercept_, abs=1e-6)
        assert small.get_params() == fitted.get_params()

    @pytest.mark.parametrize("part", ["words", "characters", "nothing", "half"])
    def test_any_columns_will_do(self, fitted, part):
        n, n_words = len(fitted.coef_), len(fitted.vectorizer_.word_idf_)
        columns = {"words": range(n_words), "characters": range(n_words, n), "nothing": [], "half": range(0, n, 2)}[
            part
        ]
        small = restrict(fitted, np.array(columns, np.int64))
        headlines = corpus(40, tuple(VOCABULARIES), seed=3)[0] + HOSTILE
        assert np.isfinite(small.predict_proba(headlines)).all()
        assert len(small.explain(headlines)) == len(headlines)
        assert (small.predict(headlines) == fitted.predict(headlines)).mean() > (0.2 if part == "nothing" else 0.6)
