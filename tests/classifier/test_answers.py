"""Answers of the classifier: shapes, probabilities, predictions and abstention."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from classifier_cases import (
    HOSTILE,
    VOCABULARIES,
    all_kinds,
    corpus,
    four_sections,
    sections_and_none,
    two_sections,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.classifier import ERROR_BUDGETS, HeadlineClassifier, Prediction


@pytest.fixture(scope="module")
def fitted():
    return four_sections()


@pytest.fixture(scope="module")
def binary():
    return two_sections()


@pytest.fixture(scope="module")
def with_none():
    return sections_and_none()


@pytest.fixture(params=["four sections", "two sections", "with none"])
def classifier(request):
    return all_kinds()[request.param]


class TestAnswers:
    def test_new_headlines(self, fitted):
        headlines, sections = corpus(200, tuple(VOCABULARIES), seed=1)
        assert fitted.score(headlines, sections) > 0.95
        assert fitted.score(headlines, sections) == np.mean(fitted.predict(headlines) == np.array(sections))
        # Words never seen whole, but in other forms: their character n-grams speak.
        assert fitted.predict(["keepers", "strikers", "ministerial", "softwares"]).tolist() == [
            "sport", "sport", "politics", "tech",
        ]  # fmt: skip

    def test_sections_are_sorted_and_answers_come_from_them(self, fitted):
        assert fitted.classes_.tolist() == sorted(VOCABULARIES)
        assert set(fitted.predict(HOSTILE)) <= set(VOCABULARIES)

    def test_shapes_and_types(self, classifier):
        headlines = corpus(7)[0]
        k = len(classifier.classes_)
        proba = classifier.predict_proba(headlines)
        assert proba.shape == (7, k)
        assert proba.dtype == np.float64
        # scikit-learn's shape where there is one boundary.
        assert classifier.decision_function(headlines).shape == ((7,) if classifier.coef_.shape[1] == 2 else (7, k))
        assert classifier.coef_.dtype == np.float32
        assert classifier.coef_.shape[0] == classifier.vectorizer_.n_features_out_
        assert classifier.thresholds_.shape == (len(ERROR_BUDGETS),)

    @settings(max_examples=20)
    @given(headlines=st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=15)), max_size=5))
    def test_probabilities(self, fitted, binary, with_none, headlines):
        for classifier in (fitted, binary, with_none):
            proba = classifier.predict_proba(headlines)
            assert ((proba >= 0) & (proba <= 1)).all()
            if classifier.none_label is None:
                assert proba.sum(axis=1) == pytest.approx(np.ones(len(headlines)))
                assert classifier.predict(headlines).tolist() == classifier.classes_[proba.argmax(axis=1)].tolist()
            else:
                assert (proba.sum(axis=1) < 1).all()

    def test_margins_are_rows_times_weights(self, classifier):
        # Two routes: the factored score of prediction, and the rows of the vectorizer multiplied out.
        headlines = corpus(50, seed=3)[0] + [h for h in HOSTILE if h] + ["Strikers’ unions vote in Würzburg"]
        rows = classifier.vectorizer_.transform(classifier.clean(headlines))
        expected = rows @ classifier.coef_ + classifier.intercept_
        found = classifier.decision_function(headlines)
        columns = expected[:, 1] if found.ndim == 1 else expected[:, : len(classifier.classes_)]
        assert found == pytest.approx(columns, abs=1e-5)

    def test_the_margin_is_above_zero_on_the_sections_own_side(self, fitted, binary):
        headlines, sections = corpus(100, ("sport", "politics"), seed=5)
        margins = fitted.decision_function(headlines)
        own = margins[np.arange(100), np.searchsorted(fitted.classes_, sections)]
        assert (own > 0).mean() > 0.9
        assert ((binary.decision_function(headlines) > 0) == (np.array(sections) == "sport")).mean() > 0.9

    def test_what_belongs_to_no_section_gets_a_low_probability(self, with_none):
        assert with_none.classes_.tolist() == ["politics", "sport"]
        none, section = (with_none.predict_proba([h]).sum() for h in ("app software laptop", "striker goal derby"))
        assert none < 0.3 < 0.7 < section
        assert with_none.coef_.shape[1] == 3
        # Answering one is an error, so few of them are answered within the budget.
        new, sections = corpus(300, seed=1)
        answered = [p.section is not None for p in with_none.predict_headlines(new, max_error=0.05)]
        wrong = sum(a for a, section in zip(answered, sections, strict=True) if section == "tech")
        assert wrong <= 0.1 * sum(answered)
        assert sum(answered) - wrong > 150

    def test_the_smallest_corpus_gets_its_own_headlines_right(self):
        headlines = ["Rovers win the cup", "Striker signs for Rovers", "MPs vote on tax", "Senate passes tax bill"]
        for sections in ([*"sspp"], [*"abcd"]):
            classifier = HeadlineClassifier(n_folds=2).fit(headlines, sections)
            assert classifier.predict(headlines).tolist() == sections

    @pytest.mark.parametrize("n", [2, 5, 10, 20, 40])
    def test_probabilities_agree_with_the_margins_on_small_corpora(self, n):
        for seed in range(3):
            headlines, sections = corpus(2 * n, ("sport", "tech"), seed=seed)
            classifier = HeadlineClassifier().fit(headlines, sections)
            assert classifier.score(headlines, sections) == 1

    def test_class_weight_helps_the_small_section(self):
        headlines, sections = corpus(600, ("sport", "tech"), noise=0.4)
        keep = [i for i, section in enumerate(sections) if section == "sport" or i % 8 == 1]
        headlines, sections = [headlines[i] for i in keep], [sections[i] for i in keep]
        new, true = corpus(200, ("sport", "tech"), seed=9)
        margins = [
            HeadlineClassifier(class_weight=weight)
            .fit(headlines, sections)
            .decision_function(new)[np.array(true) == "tech"]
            for weight in (None, "balanced")
        ]
        assert (margins[1] > 0).mean() > (margins[0] > 0).mean()

    def test_a_strong_penalty_makes_small_weights(self):
        weights = [np.abs(HeadlineClassifier(C=C, background=None).fit(*corpus(90)).coef_).sum() for C in (0.01, 1.0)]
        assert weights[0] < 0.5 * weights[1]

    def test_publisher_tails_are_removed_before_training_and_before_prediction(self):
        headlines, sections = corpus(120, ("sport", "tech"))
        with_suffixes = [
            f"{h} - {'Weekly Pitch' if s == 'sport' else 'Gadget Post'}"
            for h, s in zip(headlines, sections, strict=True)
        ]
        classifier = HeadlineClassifier(background=None).fit(with_suffixes, sections)
        assert not any("gadget" in str(name) or "pitch" in str(name) for name in classifier.vectorizer_.tokens_)
        bare, suffixed = classifier.predict_proba(["New goal - Gadget Post", "New goal"])
        assert bare.tolist() == suffixed.tolist()


class TestAbstaining:
    def test_threshold_is_rounded_down_to_a_budget(self, fitted):
        for i, budget in enumerate(ERROR_BUDGETS):
            assert fitted.threshold(budget) == fitted.thresholds_[i]
            assert fitted.threshold(budget * 1.01) == fitted.thresholds_[i]
        assert fitted.threshold(0.99) == fitted.thresholds_[-1]
        assert (np.diff(fitted.thresholds_) <= 0).all()

    @pytest.mark.parametrize("max_error", [0, -1, 1, 1.5, 0.004, float("nan"), float("inf")])
    def test_budgets_that_cannot_be(self, fitted, max_error):
        with pytest.raises(ValueError, match=r"max_error=.*expected"):
            fitted.threshold(max_error)
        with pytest.raises(ValueError, match=r"max_error=.*expected"):
            fitted.predict_headlines(["a"], max_error=max_error)

    def test_answers_below_the_limit_are_withheld(self, fitted):
        headlines = corpus(100, tuple(VOCABULARIES), seed=8)[0] + HOSTILE
        headlines = [headline for headline in headlines if headline and headline.strip()]
        plain = fitted.predict_headlines(headlines)
        assert [p.section for p in plain] == fitted.predict(headlines).tolist()
        for limit in (0.0, 0.5, plain[3].probability, 0.9, 1.0):
            found = fitted.predict_headlines(headlines, min_probability=limit)
            assert [p.probability for p in found] == [p.probability for p in plain]
            assert [p.section is None for p in found] == [p.probability < limit for p in plain]
        limit = fitted.threshold(0.03)
        found = fitted.predict_headlines(headlines, max_error=0.03)
        assert [p.section is None for p in found] == [p.probability < limit for p in plain]
        assert 0 < sum(p.section is None for p in found) < len(found)

    def test_the_budget_holds_on_new_headlines_of_the_same_kind(self):
        # One headline in five has a wrong label: without a limit the error is about 13 %.
        headlines, sections = corpus(3000, noise=0.2)
        new, true = corpus(3000, seed=1, noise=0.2)
        classifier = HeadlineClassifier().fit(headlines, sections)
        proba = classifier.predict_proba(new)
        wrong = classifier.predict(new) != np.array(true)
        for budget in (0.1, 0.15, 0.2):
            answered = proba.max(axis=1) >= classifier.threshold(budget)
            n = answered.sum()
            error = wrong[answered].sum() / max(n, 1)
            assert error <= budget + 3 * np.sqrt(budget * (1 - budget) / max(n, 1))
        assert (proba.max(axis=1) >= classifier.threshold(0.2)).mean() > 0.9

    @pytest.mark.parametrize("limit", [-0.1, 1.5, 50, float("nan")])
    def test_probabilities_that_cannot_be(self, fitted, limit):
        with pytest.raises(ValueError, match=r"min_probability=.*expected"):
            fitted.predict_headlines(["a"], min_probability=limit)


class TestPredictions:
    def test_fields(self, fitted):
        headlines = ["Striker’s goal wins cup", "?"]
        proba = fitted.predict_proba(headlines)
        for prediction, row in zip(fitted.predict_headlines(headlines, top=3, explain=2), proba, strict=True):
            order = sorted(range(4), key=lambda i: -row[i])[:3]
            assert prediction.sections == [(fitted.classes_[i], row[i]) for i in order]
            assert (prediction.section, prediction.probability) == prediction.sections[0]
            assert prediction.terms == fitted.explain([prediction.headline], 2)[0]
            assert len(prediction.terms) <= 2
        assert [p.headline for p in fitted.predict_headlines(headlines)] == headlines

    @pytest.mark.parametrize(("top", "expected"), [(1, 1), (2, 2), (4, 4), (99, 4)])
    def test_top(self, fitted, top, expected):
        prediction = fitted.predict_headlines(["goal"], top=top)[0]
        assert len(prediction.sections) == expected
        assert not prediction.terms

    def test_plain_python_types(self, fitted):
        prediction = fitted.predict_headlines(["Striker scores"], top=2, explain=3)[0]
        for section, probability in [(prediction.section, prediction.probability), *prediction.sections]:
            assert (type(section), type(probability)) == (str, float)
        for term, weight in prediction.terms:
            assert (type(term), type(weight)) == (str, float)

    def test_missing_headlines_and_arrow_columns(self, fitted):
        found = fitted.predict_headlines([None, "goal"])
        assert found[0] == Prediction("", None, None, [], [])
        assert [p.headline for p in found] == ["", "goal"]
        column = pa.chunked_array([["goal"], [None, "tax"]], pa.string())
        assert fitted.predict_headlines(column) == fitted.predict_headlines(["goal", None, "tax"])

    def test_no_headlines(self, classifier):
        assert classifier.predict([]).tolist() == []
        assert classifier.predict_proba([]).shape == (0, len(classifier.classes_))
        assert len(classifier.decision_function([])) == 0
        assert classifier.predict_headlines([], top=2, explain=2) == []
        assert classifier.explain([]) == []

    @pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u3000 \u2003", None])
    def test_a_blank_headline_has_no_section(self, classifier, blank):
        found = classifier.predict_headlines([blank, "Striker scores goal"], top=2, explain=2)
        assert found[0] == Prediction(blank or "", None, None, [], [])
        assert found[1].section == "sport"
        assert found[1].sections
        assert found[1].terms


class TestNone:
    """With a `none_label`, none of the sections is an answer."""

    NONE, SPORT = "App software laptop chip", "Striker scores goal in derby"

    def test_no_section_and_the_probability_of_the_best(self, with_none):
        none, sport = with_none.predict_headlines([self.NONE, self.SPORT], top=2, explain=1)
        proba = with_none.predict_proba([self.NONE])[0]
        assert (none.section, sport.section) == (None, "sport")
        assert none.probability == proba.max() < 1 - proba.sum()
        assert [p for _, p in none.sections] == sorted(proba, reverse=True)
        assert len(none.terms) == 1

    def test_predict_returns_the_none_label(self, with_none):
        assert with_none.predict([self.NONE, self.SPORT, "", None]).tolist() == ["tech", "sport", "tech", "tech"]

    def test_score_counts_none_as_right_where_it_is(self, with_none):
        headlines, sections = corpus(90, seed=5)
        assert with_none.score(headlines, sections) == np.mean(with_none.predict(headlines) == np.array(sections))
        assert with_none.score(headlines, sections) > 0.9

    def test_both_ways_agree(self, with_none):
        headlines = [h for h in corpus(200, seed=6, noise=0.5)[0] + HOSTILE if h and h.strip()]
        labels = with_none.predict(headlines).tolist()
        assert [p.section or "tech" for p in with_none.predict_headlines(headlines)] == labels
        assert 20 < labels.count("tech") < 150

    def test_a_number_may_be_the_none_label(self):
        headlines, sections = corpus(90)
        numbers = [["politics", "sport", "tech"].index(section) for section in sections]
        classifier = HeadlineClassifier(none_label=0).fit(headlines, numbers)
        assert classifier.classes_.tolist() == [1, 2]
        assert classifier.predict(headlines).tolist() == numbers
        assert [p.section for p in classifier.predict_headlines(headlines[:3])] == [None, "1", "2"]
