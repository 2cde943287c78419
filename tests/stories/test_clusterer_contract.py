"""scikit-learn's own checks on the clusterer, as far as text input allows.

scikit-learn's checks give tables of numbers. A class here turns each row of numbers into a headline; the checks that
cannot apply to text are listed with the reason.
"""

from __future__ import annotations

import pickle

import pytest
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_array
from story_samples import HEADLINES

from classify.stories import StoryClusterer


class TableClusterer(StoryClusterer):
    """The clusterer on tables of numbers: each value becomes a word of its column and its sign and size."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array, tags.input_tags.string = False, True, False
        return tags

    def fit(self, X, y=None):
        rows = [[f"c{j}{'m' if x < 0 else 'p'}{abs(x):.0f}" for j, x in enumerate(row)] for row in check_array(X)]
        return super().fit([" ".join(row) for row in rows])

    def fit_predict(self, X, y=None):
        return self.fit(X).labels_


# Checks that cannot pass, and why.
NO_COLUMNS = "headlines have no columns, so there is no n_features_in_"
DOES_NOT_APPLY = {
    "check_n_features_in_after_fitting": NO_COLUMNS,
    "check_n_features_in": NO_COLUMNS,
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*does not inherit from")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_scikit_learns_checks():
    results = check_estimator(TableClusterer(), on_fail=None, on_skip=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    assert {name: repr(error)[:300] for name, error in failed.items() if name not in DOES_NOT_APPLY} == {}
    assert len(passed) >= 25
    # A reason that no longer holds is taken off the list.
    assert set(DOES_NOT_APPLY) - set(failed) == set()


class TestContract:
    def test_the_constructor_stores_and_nothing_else(self):
        values = {"n_stories": 2, "granularity": 0.5, "window": 3, "n_jobs": 1}
        made = StoryClusterer(**values)
        assert vars(made) == made.get_params() == values
        again = clone(made)
        assert type(again) is StoryClusterer
        assert again.get_params() == values
        # Wrong values too: they are refused when fit is called.
        for wrong in (
            {"granularity": "no"},
            {"granularity": 0},
            {"window": "3d"},
            {"window": True},
            {"n_stories": 2.5},
            {"n_jobs": 0},
            {"n_jobs": True},
            {"n_jobs": "2"},
            {"granularity": float("inf")},
            {"granularity": 10**400},
            {"granularity": float("nan")},
            {"window": float("nan")},
        ):
            made = StoryClusterer(**wrong)
            assert wrong.items() <= made.get_params().items()
            with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.*; expected "):
                made.fit(HEADLINES, ["2026-01-01"] * 7)

    def test_before_and_after_fit(self):
        made = StoryClusterer()
        with pytest.raises(NotFittedError):
            made.assign(HEADLINES)
        assert is_clusterer(made)
        assert made.fit(HEADLINES) is made
        again = pickle.loads(pickle.dumps(made))
        assert again.labels_.tolist() == made.labels_.tolist()
        assert again.assign(["Rovers parade the cup"]).tolist() == [0]

    def test_at_the_end_of_a_pipeline(self):
        labels = make_pipeline(StoryClusterer()).fit_predict(HEADLINES)
        assert labels.tolist() == StoryClusterer().fit_predict(HEADLINES).tolist()
