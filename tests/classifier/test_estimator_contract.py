"""scikit-learn's contract: its own checks as far as text input allows, clone, pipelines, grid search, scorers.

scikit-learn's checks give tables of numbers. Two classes here turn each row of numbers into a headline and hand it to
the estimator under test, so that the checks run on it; those that cannot apply to text are listed with the reason.
"""

from __future__ import annotations

import inspect
import pickle
import random

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_array, check_is_fitted

from classify.classifier import HeadlineClassifier
from classify.features import TfidfVectorizer

ESTIMATORS = [TfidfVectorizer, HeadlineClassifier]


def as_headlines(X):
    """Turn rows of numbers into headlines: each value becomes a word of its column and its sign and size."""
    if isinstance(X, pa.Array) or (isinstance(X, list) and all(isinstance(x, str) for x in X)):
        return X
    words = [[f"c{j}{'m' if x < 0 else 'p'}{abs(x):.0f}" for j, x in enumerate(row)] for row in check_array(X)]
    return [" ".join(row) for row in words]


class TableTags:
    """Declare two-dimensional input, so that scikit-learn runs its checks."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = False, True, False
        return tags


class TableVectorizer(TableTags, TfidfVectorizer):
    """The vectorizer on tables of numbers."""

    def fit(self, X, y=None):
        return super().fit(as_headlines(X))

    def fit_transform(self, X, y=None):
        return super().fit_transform(as_headlines(X))

    def transform(self, X):
        return super().transform(as_headlines(X))


class TableClassifier(TableTags, HeadlineClassifier):
    """The classifier on tables of numbers."""

    def fit(self, X, y, groups=None):
        return super().fit(as_headlines(X), y, groups)

    def score(self, X, y):
        return super().score(as_headlines(X), y)

    def decision_function(self, X):
        return super().decision_function(as_headlines(X))

    def predict_proba(self, X):
        return super().predict_proba(as_headlines(X))

    def predict(self, X):
        return super().predict(as_headlines(X))


# Checks that cannot pass, and why.
NO_COLUMNS = "headlines have no columns, so there is no n_features_in_"
DOES_NOT_APPLY = {
    TableVectorizer: {
        "check_n_features_in_after_fitting": NO_COLUMNS,
        "check_n_features_in": NO_COLUMNS,
        "check_transformer_general": "a headline may have any number of words, a table must have its columns",
        "check_transformer_preserve_dtypes": "rows are always float32",
    },
    TableClassifier: {
        "check_n_features_in_after_fitting": NO_COLUMNS,
        "check_n_features_in": NO_COLUMNS,
        "check_classifiers_one_label": "one section only is an error: nothing can be learned",
        "check_fit2d_1sample": "the same; the words of the error are ours",
        "check_classifiers_regression_target": "section names may be numbers",
        "check_supervised_y_2d": "a column of labels is refused, not flattened with a warning",
        "check_requires_y_none": "the words of the error are ours",
        "check_class_weight_classifiers": "class_weight is 'balanced' or None",
        "check_classifiers_train": "wants an error for a table of other columns; headlines have none",
    },
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@pytest.mark.parametrize("table", DOES_NOT_APPLY, ids=lambda table: table.__name__)
def test_scikit_learns_checks(table):
    results = check_estimator(table(), on_fail=None, on_skip=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    unexpected = {name: repr(error)[:300] for name, error in failed.items() if name not in DOES_NOT_APPLY[table]}
    assert unexpected == {}
    assert len(passed) >= 35
    # A reason that no longer holds is taken off the list.
    assert set(DOES_NOT_APPLY[table]) - set(failed) == set()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_scikit_learn_knows_that_text_comes_in(estimator):
    with pytest.warns(SkipTestWarning, match="requires input"):
        check_estimator(estimator(), on_skip=None)
    tags = get_tags(estimator())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert is_classifier(estimator()) == (estimator is HeadlineClassifier)
    assert tags.target_tags.required == (estimator is HeadlineClassifier)


@pytest.mark.parametrize("estimator", ESTIMATORS)
class TestParameters:
    def changed(self, estimator):
        """Each parameter with a value that is not its default."""
        values = {
            "word_ngrams": (1, 1), "char_ngrams": (3, 4), "min_df": 2, "max_features": 50, "sublinear_tf": False,
            "char_weight": 0.25, "char_max_df": 5, "C": 0.25, "class_weight": "balanced", "none_label": "x",
            "n_folds": 3, "n_jobs": 1, "random_state": 7, "background": None,
        }  # fmt: skip
        values["punctuation"] = not estimator().punctuation
        return {name: values[name] for name in inspect.signature(estimator).parameters}

    def test_the_constructor_stores_and_nothing_else(self, estimator):
        values = self.changed(estimator)
        made = estimator(**values)
        assert vars(made) == values
        assert made.get_params() == made.get_params(deep=False) == values
        # Wrong values too: they are refused when fit is called.
        assert estimator(min_df="no").get_params()["min_df"] == "no"

    def test_only_by_name(self, estimator):
        with pytest.raises(TypeError):
            estimator((1, 1))

    def test_set_params(self, estimator):
        values = self.changed(estimator)
        made = estimator()
        assert made.set_params(**values) is made
        assert made.get_params() == values
        with pytest.raises(ValueError, match=r"Invalid parameter 'ngram_range' .*expected one of .*'word_ngrams'"):
            made.set_params(ngram_range=(1, 1))
        assert made.get_params() == values
        assert made.set_params() is made

    def test_clone(self, estimator):
        made = estimator(**self.changed(estimator) | {"none_label": None} if estimator is HeadlineClassifier else {})
        made.fit(*corpus(40))
        again = clone(made)
        assert type(again) is estimator
        assert again is not made
        assert again.get_params() == made.get_params()
        with pytest.raises(NotFittedError):
            check_is_fitted(again)
        check_is_fitted(made)

    def test_repr(self, estimator):
        assert repr(estimator()) == f"{estimator.__name__}()"
        assert repr(estimator(min_df=3, char_ngrams=None)) in (
            f"{estimator.__name__}(char_ngrams=None, min_df=3)",
            f"{estimator.__name__}(min_df=3, char_ngrams=None)",
        )
        assert estimator.__name__ in estimator_html_repr(make_pipeline(estimator()))

    def test_fit_returns_itself_and_learned_names_end_in_an_underscore(self, estimator):
        made = estimator()
        before = set(vars(made))
        assert made.fit(*corpus(40)) is made
        learned = set(vars(made)) - before
        assert learned
        assert all(name.endswith("_") and not name.startswith("_") for name in learned)
        assert made.get_params() == estimator().get_params()

    def test_pickling_before_and_after_fit(self, estimator):
        made = estimator(min_df=2)
        assert pickle.loads(pickle.dumps(made)).get_params() == made.get_params()
        made.fit(*corpus(40))
        check_is_fitted(pickle.loads(pickle.dumps(made)))


def corpus(n, labels=("sport", "tech", "politics"), seed=0):
    """Headlines of four words of their section."""
    own = {
        "sport": "rovers cup goal striker keeper match league derby",
        "tech": "phone app chip software robot startup cloud laptop",
        "politics": "tax vote senate bill minister election poll treaty",
    }
    draw = random.Random(seed)
    sections = [labels[i % len(labels)] for i in range(n)]
    return [" ".join(draw.sample(own[section].split(), 4)) for section in sections], sections


class TestInPipelines:
    def test_vectorizer_and_their_classifier(self):
        headlines, sections = corpus(90)
        pipeline = Pipeline([("tfidf", TfidfVectorizer()), ("svm", LinearSVC())]).fit(headlines, sections)
        assert pipeline.score(*corpus(60, seed=1)) == 1
        assert pipeline[:-1].get_feature_names_out().tolist() == pipeline["tfidf"].get_feature_names_out().tolist()
        pipeline.set_params(tfidf__min_df=2, tfidf__word_ngrams=(1, 1))
        assert pipeline["tfidf"].get_params()["min_df"] == 2
        assert pipeline.get_params()["tfidf__word_ngrams"] == (1, 1)
        assert "TfidfVectorizer(min_df=2" in repr(pipeline).replace("\n", "")

    def test_classifier_at_the_end(self):
        headlines, sections = corpus(90)
        pipeline = make_pipeline(HeadlineClassifier()).fit(headlines, sections)
        alone = HeadlineClassifier().fit(headlines, sections)
        assert pipeline.predict_proba(headlines).tobytes() == alone.predict_proba(headlines).tobytes()
        assert pipeline.classes_.tolist() == ["politics", "sport", "tech"]

    def test_beside_other_columns(self):
        headlines, sections = corpus(60)
        frame = pd.DataFrame(
            {"headline": headlines, "teaser": headlines[::-1], "words": [len(h) / 100 for h in headlines]}
        )
        columns = ColumnTransformer(
            [
                ("h", TfidfVectorizer(), "headline"),
                ("t", TfidfVectorizer(char_ngrams=None), "teaser"),
                ("w", "passthrough", ["words"]),
            ]
        )
        rows = columns.fit_transform(frame)
        assert rows.shape[1] == len(columns.get_feature_names_out())
        assert make_pipeline(columns, LinearSVC()).fit(frame, sections).score(frame, sections) > 0.9

    def test_union(self):
        union = FeatureUnion(
            [("words", TfidfVectorizer(char_ngrams=None)), ("chars", TfidfVectorizer(word_ngrams=None))]
        )
        headlines = corpus(30)[0]
        assert union.fit_transform(headlines).shape[1] == TfidfVectorizer().fit(headlines).n_features_out_
        names = union.get_feature_names_out()
        assert "words__rovers" in names
        assert "chars__char:ro" in names

    def test_grid_search_over_the_vectorizer(self):
        pipeline = Pipeline([("tfidf", TfidfVectorizer()), ("svm", LinearSVC())])
        grid = {"tfidf__word_ngrams": [None, (1, 1), (1, 2)], "tfidf__char_ngrams": [(2, 3)], "svm__C": [0.1, 1]}
        search = GridSearchCV(pipeline, grid, cv=3).fit(*corpus(60))
        assert search.best_score_ == 1
        assert len(search.cv_results_["params"]) == 6

    @pytest.mark.slow
    def test_grid_search_over_the_classifier(self):
        headlines, sections = corpus(45)
        grid = {"C": [0.1, 1.0]}
        search = GridSearchCV(HeadlineClassifier(), grid, cv=3, scoring="neg_log_loss").fit(headlines, sections)
        assert search.best_estimator_.classes_.tolist() == ["politics", "sport", "tech"]
        assert search.predict(headlines).tolist() == sections
        assert search.best_score_ > -0.2

    @pytest.mark.slow
    def test_grid_search_in_two_processes(self):
        search = GridSearchCV(HeadlineClassifier(n_jobs=1), {"C": [0.1, 1.0]}, cv=2, n_jobs=2, scoring="neg_log_loss")
        alone = clone(search).set_params(n_jobs=1)
        scores = [s.fit(*corpus(60)).cv_results_["mean_test_score"].tolist() for s in (search, alone)]
        assert scores[0] == scores[1]


class TestScorers:
    @pytest.mark.parametrize("scoring", ["accuracy", "f1_macro", "neg_log_loss", "roc_auc_ovr"])
    @pytest.mark.parametrize("labels", [("sport", "tech"), ("sport", "tech", "politics")])
    def test_two_and_three_sections(self, scoring, labels):
        scores = cross_val_score(HeadlineClassifier(), *corpus(60, labels), scoring=scoring, cv=2, error_score="raise")
        assert scores.min() > (-0.2 if scoring == "neg_log_loss" else 0.95)

    @pytest.mark.parametrize("scoring", ["roc_auc", "average_precision", "neg_brier_score"])
    def test_of_two_sections(self, scoring):
        headlines, sections = corpus(60, ("sport", "tech"))
        y = np.array([section == "tech" for section in sections]).astype(int)
        scores = cross_val_score(HeadlineClassifier(), headlines, y, scoring=scoring, cv=2, error_score="raise")
        assert scores.min() > (-0.05 if scoring == "neg_brier_score" else 0.99)

    def test_metrics_take_the_answers(self):
        headlines, numbers = corpus(60)[0], [i % 3 for i in range(60)]
        classifier = HeadlineClassifier().fit(headlines, numbers)
        assert accuracy_score(numbers, classifier.predict(headlines)) == classifier.score(headlines, numbers) == 1
        assert log_loss(numbers, classifier.predict_proba(headlines)) < 0.2

    @pytest.mark.slow
    @pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
    @pytest.mark.parametrize("labels", [("sport", "tech"), ("sport", "tech", "politics")])
    def test_cross_val_predict(self, method, labels):
        headlines, sections = corpus(60, labels)
        found = cross_val_predict(HeadlineClassifier(), pd.Series(headlines), sections, cv=3, method=method)
        one = HeadlineClassifier().fit(headlines, sections)
        assert found.shape == getattr(one, method)(headlines).shape

    @pytest.mark.slow
    @pytest.mark.parametrize("labels", [("sport", "tech"), ("sport", "tech", "politics")])
    def test_calibrated_by_scikit_learn(self, labels):
        headlines, sections = corpus(60, labels)
        calibrated = CalibratedClassifierCV(HeadlineClassifier(), cv=2, ensemble=False).fit(headlines, sections)
        assert calibrated.predict(headlines).tolist() == sections
