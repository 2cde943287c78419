"""What notebooks show of classifiers, answers, results and stories: whole, escaped, and short."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from simulated import news
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_html_repr

from classify import (
    HeadlineClassifier,
    StoryClusterer,
    TfidfVectorizer,
    evaluate,
    evaluate_folds,
    evaluate_stories,
    train,
)

ALLOWED = {"table", "caption", "thead", "tbody", "tr", "th", "td"}


class Tables(HTMLParser):
    """Read tables; whatever else is there is an error."""

    def __init__(self, html):
        super().__init__()
        self.open, self.texts = [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag in ALLOWED
        assert set(dict(attributes)) <= {"scope", "dir", "style"}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data)


@pytest.fixture(scope="module")
def hostile():
    """Headlines, sections and stories that are markup."""
    rows = news(2, 120, ("<b>sport</b>", "<script>politics"))
    return replace(rows, story=pa.array([str(i % 50) for i in range(len(rows))]))


@pytest.fixture(scope="module")
def shown(hostile):
    """Everything that a notebook shows, by what it is of."""
    classifier = HeadlineClassifier(n_folds=2, C=0.5).fit(hostile.headline, hostile.section)
    clusterer = StoryClusterer().fit(hostile)
    return {
        "no classifier": HeadlineClassifier(),
        "classifier": classifier,
        "vectorizer": TfidfVectorizer().fit(hostile.headline),
        "answer": classifier.predict_headlines(hostile.headline[:1], top=2, explain=3)[0],
        "blank": classifier.predict_headlines([None])[0],
        "clusterer": clusterer,
        "no clusterer": StoryClusterer(window=2.5),
        "story": clusterer.stories_[0],
        "sections": evaluate(classifier, hostile, name="<i>x</i>"),
        "folds": evaluate_folds(hostile, classifier=classifier, n_folds=2),
        "stories": evaluate_stories(clusterer, hostile),
        "training": train(hostile, classifier=classifier),
    }


EXPECTED = {
    "no classifier": ["HeadlineClassifier", "fitted", "no"],
    "classifier": ["C", "0.5", "<b>sport</b>, <script>politics", "trained on headlines", "120"],
    "vectorizer": ["TfidfVectorizer", "fitted", "yes"],
    "answer": ["section", "probability", "<b>sport</b>", "Reasons", "weight"],
    "blank": ["– no section"],
    "clusterer": ["StoryClusterer", "stories", "Largest stories", "title"],
    "no clusterer": ["window", "2.5", "fitted", "no"],
    "story": ["story", "headlines", "terms"],
    "sections": ["Sections of <i>x</i>", "accuracy", "interval", "split", "<b>sport</b>", "F1"],
    "folds": ["2 grouped folds", "accuracy", "<script>politics"],
    "stories": ["B-cubed F1", "stories", "Largest stories"],
    "training": ["HeadlineClassifier", "accuracy", "grouped"],
}


@pytest.mark.parametrize("what", EXPECTED)
def test_it_is_tables_and_every_text_is_escaped(what, shown):
    html = shown[what]._repr_html_()
    texts = Tables(html).texts
    assert [text for text in EXPECTED[what] if text not in texts] == []
    assert len(html) < 60_000


def test_results_are_still_plain_numbers(shown):
    assert json.loads(json.dumps(shown["folds"])) == shown["folds"]
    assert isinstance(shown["sections"], dict)
    assert {**shown["stories"]} == shown["stories"]


def test_a_long_headline_is_cut(shown):
    (answer,) = HeadlineClassifier(n_folds=2).fit(["a cup", "a vote"], ["s", "p"]).predict_headlines(["x" * 10**6])
    assert len(answer._repr_html_()) < 2000


def test_scikit_learn_draws_a_pipeline_of_them():
    drawn = estimator_html_repr(make_pipeline(TfidfVectorizer(), HeadlineClassifier(none_label="<script>")))
    assert "HeadlineClassifier" in drawn
    assert "none_label='<script>'" not in drawn
