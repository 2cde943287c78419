"""What people do with scikit-learn's estimators, done with these."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.calibration import CalibrationDisplay
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import ConfusionMatrixDisplay, adjusted_rand_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from classify import HeadlineClassifier, StoryClusterer, TfidfVectorizer, load_sample, near_duplicate_groups

FAST = {"n_folds": 2, "char_ngrams": None, "background": None}


@pytest.fixture(scope="module")
def news():
    table = load_sample().slice(0, 240).to_pandas()
    return table.set_index(np.random.default_rng(0).permutation(len(table)) + 1000)


@pytest.mark.parametrize("library", [pd.Series, lambda column: pl.Series(column.to_list())], ids=["pandas", "Polars"])
def test_grid_search_over_a_pipeline(library, news):
    steps = [("lower", FunctionTransformer()), ("section", HeadlineClassifier(**FAST))]
    search = GridSearchCV(Pipeline(steps), {"section__C": [0.01, 1.0]}, cv=GroupKFold(2), scoring="f1_macro")
    headlines, sections = library(news.headline), library(news.section)
    search.fit(headlines, sections, groups=near_duplicate_groups(news.headline))
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_params_["section__C"] in (0.01, 1.0)
    assert search.predict(headlines).shape == (len(news),)


def test_cross_validate_gives_what_fitting_by_hand_gives(news):
    groups = near_duplicate_groups(news.headline)
    found = cross_validate(
        HeadlineClassifier(**FAST), news.headline, news.section, groups=groups, cv=GroupKFold(2),
        scoring=["accuracy", "neg_log_loss"], return_estimator=True,
    )  # fmt: skip
    for (train, test), score in zip(GroupKFold(2).split(news, groups=groups), found["test_accuracy"], strict=True):
        by_hand = HeadlineClassifier(**FAST).fit(news.headline.iloc[train], news.section.iloc[train])
        assert by_hand.score(news.headline.iloc[test], news.section.iloc[test]) == score
    assert (found["test_neg_log_loss"] < 0).all()


def test_scikit_learns_displays(news):
    classifier = HeadlineClassifier(**FAST).fit(news.headline, news.section)
    matrix = ConfusionMatrixDisplay.from_estimator(classifier, news.headline, news.section)
    assert matrix.confusion_matrix.sum() == len(news)
    sport = news.section == "sport"
    two = HeadlineClassifier(**FAST).fit(news.headline, sport)
    curve = CalibrationDisplay.from_estimator(two, news.headline, sport, n_bins=5)
    assert ((curve.prob_true >= 0) & (curve.prob_true <= 1)).all()
    plt.close("all")


def test_the_clusterer_in_a_pipeline_and_a_search(news):
    one = make_pipeline(FunctionTransformer(), StoryClusterer()).fit_predict(news.headline)
    assert one.tolist() == StoryClusterer().fit_predict(news.headline).tolist()

    def scored(estimator, headlines, stories):
        return adjusted_rand_score(stories, estimator.fit_predict(headlines))

    stories = pd.factorize(news.story)[0]
    search = GridSearchCV(StoryClusterer(), {"granularity": [0.5, 1.0]}, scoring=scored, cv=2, refit=False)

    class Undated(StoryClusterer):
        """A clusterer for which the `y` of a search are stories, not dates."""

        def fit(self, headlines, y=None):
            return super().fit(headlines)

        def fit_predict(self, headlines, y=None):
            return self.fit(headlines).labels_

    search.estimator = Undated()
    search.fit(news.headline, stories)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert make_scorer(adjusted_rand_score)._score_func is adjusted_rand_score


@pytest.mark.parametrize(("output", "frame"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)])
def test_data_frames_come_from_the_step_that_makes_columns(output, frame, news):
    steps = make_pipeline(TfidfVectorizer(char_ngrams=None), TruncatedSVD(3).set_output(transform=output))
    assert isinstance(steps.fit_transform(news.headline), frame)
    # Like scikit-learn's: rows of words are sparse, and a data frame of them would be dense.
    with pytest.raises(ValueError, match="set_output"):
        steps.set_output(transform=output)
