"""Groups and masks for the out-of-fold scores of calibration."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from classifier_cases import (
    assert_same_answers,
    corpus,
)

from classify.classifier import ERROR_BUDGETS, HeadlineClassifier
from classify.splits import near_duplicate_groups


class TestGroups:
    def twins(self):
        """Headlines that stand twice, of made-up words, under labels drawn at random."""
        draw = random.Random(0)
        once = ["".join(draw.choices("bcdfgaeiou", k=7)) + f" {i}" for i in range(100)]
        sections = draw.choices(["sport", "tech"], k=100)
        return once + once, sections + sections, np.tile(np.arange(100), 2)

    def test_near_duplicates_on_both_sides_of_a_fold_would_flatter(self):
        headlines, sections, groups = self.twins()
        new = ["".join(random.Random(i).choices("bcdfgaeiou", k=7)) for i in range(60)]
        loose = HeadlineClassifier().fit(headlines, sections, groups=np.arange(200))
        grouped = HeadlineClassifier().fit(headlines, sections, groups=groups)
        # Nothing can be learned, so probabilities near one half are the honest ones, and no budget can be met.
        assert grouped.predict_proba(new).max(axis=1).mean() < 0.62 < loose.predict_proba(headlines).max(axis=1).mean()
        assert grouped.threshold(0.05) > 0.6
        assert loose.thresholds_[ERROR_BUDGETS.index(0.05)] < 1

    def test_names_of_groups_do_not_matter(self):
        headlines, sections, groups = self.twins()
        one = HeadlineClassifier().fit(headlines, sections, groups=groups)
        for same in ([f"g{g:03}" for g in groups], pd.Series(groups), groups * 10 + 5):
            assert_same_answers(HeadlineClassifier().fit(headlines, sections, groups=same), one, headlines)

    def test_near_duplicates_are_the_default(self):
        headlines, sections, _ = self.twins()
        headlines = [*headlines[:100], *(f"{headline.upper()} - BBC News" for headline in headlines[100:])]
        groups = near_duplicate_groups(headlines[:100] * 2)
        assert groups.tolist() == [*range(100)] * 2
        one = HeadlineClassifier().fit(headlines, sections, groups=groups)
        assert_same_answers(HeadlineClassifier().fit(headlines, sections), one, headlines)

    def test_headlines_that_are_all_near_duplicates(self):
        headlines = ["Rovers win the cup final again", "Rovers win the cup final again!"] * 10
        classifier = HeadlineClassifier().fit(headlines, ["sport", "tech"] * 10)
        assert classifier.predict(headlines[:2]).tolist() == ["sport", "tech"]

    def test_a_section_in_one_group_only(self):
        headlines, sections = corpus(90)
        groups = np.where(np.array(sections) == "tech", 1000, np.arange(90))
        classifier = HeadlineClassifier().fit(headlines, sections, groups=groups)
        assert classifier.predict_proba(headlines).sum(axis=1) == pytest.approx(np.ones(90))

    @pytest.mark.slow
    def test_calibrating_on_some_headlines(self):
        headlines, sections = corpus(200, noise=0.4)
        clean_headlines, clean_sections = corpus(200, seed=1)
        both = headlines + clean_headlines, sections + clean_sections
        noisy = np.arange(400) < 200
        answers = [
            HeadlineClassifier()
            .fit(*both, calibration_mask=mask)
            .predict_proba(corpus(60, seed=2)[0])
            .max(axis=1)
            .mean()
            for mask in (noisy, None, ~noisy)
        ]
        assert answers[0] < answers[1] < answers[2]
        all_of_them = HeadlineClassifier().fit(*both, calibration_mask=np.ones(400, bool))
        assert_same_answers(all_of_them, HeadlineClassifier().fit(*both), headlines)
