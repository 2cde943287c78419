"""Calibration, budgets and bits on real headlines."""

from __future__ import annotations

import numpy as np
import pytest
from classifier_cases import (
    assert_same_answers,
)

from classify.classifier import HeadlineClassifier
from classify.metrics import expected_calibration_error
from classify.splits import near_duplicate_groups


@pytest.fixture(scope="module")
def six_sections(corpora):
    """Six sections of one source; a third held out, near-duplicates together."""
    rows = corpora("huffpost_2018_22")
    rows = rows[rows.section.isin(["POLITICS", "SPORTS", "ENTERTAINMENT", "TECH", "WORLD NEWS", "WELLNESS"])]
    groups = near_duplicate_groups(rows.headline)
    test = np.random.default_rng(0).random(groups.max() + 1)[groups] < 1 / 3
    train, held = rows[~test], rows[test]
    return HeadlineClassifier().fit(train.headline, train.section, groups=groups[~test]), held


@pytest.mark.slow
@pytest.mark.corpora
class TestRealHeadlines:
    def test_probabilities_mean_what_they_say(self, six_sections):
        classifier, held = six_sections
        proba = classifier.predict_proba(held.headline)
        right = classifier.predict(held.headline) == held.section.to_numpy()
        assert expected_calibration_error(right, proba.max(axis=1)) < 0.03
        assert abs(right.mean() - proba.max(axis=1).mean()) < 0.02

    def test_budgets_hold_on_held_out_headlines(self, six_sections):
        classifier, held = six_sections
        proba = classifier.predict_proba(held.headline).max(axis=1)
        wrong = classifier.predict(held.headline) != held.section.to_numpy()
        for budget in (0.02, 0.05, 0.1, 0.15):
            answered = proba >= classifier.threshold(budget)
            n = answered.sum()
            assert n > 100
            assert wrong[answered].mean() <= budget + 2.6 * np.sqrt(budget * (1 - budget) / n)

    def test_bits_in_batches_and_alone(self, six_sections):
        classifier, held = six_sections
        headlines = held.headline.tolist()
        whole = classifier.predict_proba(headlines)
        for i in range(0, len(headlines), 7):
            assert classifier.predict_proba([headlines[i]]).tobytes() == whole[i].tobytes()
        ten_thousand = (headlines * 10)[:10_000]
        assert classifier.predict_proba(ten_thousand)[: len(headlines)].tobytes() == whole.tobytes()

    def test_terms_sum_to_the_margin(self, six_sections):
        classifier, held = six_sections
        headlines = held.headline.tolist()[:500]
        best = classifier.predict_proba(headlines).argmax(axis=1)
        margins = classifier.decision_function(headlines)[np.arange(len(best)), best]
        sums = [sum(weight for _, weight in terms) for terms in classifier.explain(headlines)]
        assert sums == pytest.approx(margins.tolist(), abs=1e-5)

    def test_threads_do_not_matter(self, corpora):
        rows = corpora("huffpost_41").iloc[:8000]
        rows = rows[rows.section.isin(rows.section.value_counts().index[:8])]
        one, two = (HeadlineClassifier(n_jobs=n).fit(rows.headline, rows.section) for n in (1, 2))
        assert_same_answers(one, two, rows.headline[:100])

    def test_june_2022(self, corpora):
        # The floors that the project promises for newsapi_2022_en, trained on January to May and tested on June.
        rows = corpora("newsapi_2022_en")
        june = rows.date.str.startswith("2022-06")
        train = rows[~june & ~rows.duplicated("headline")]
        test = rows[june & ~rows.duplicated("headline")]
        classifier = HeadlineClassifier().fit(train.headline, train.section)
        proba = classifier.predict_proba(test.headline)
        right = classifier.predict(test.headline) == test.section.to_numpy()
        assert right.mean() >= 0.855
        assert expected_calibration_error(right, proba.max(axis=1)) <= 0.02
