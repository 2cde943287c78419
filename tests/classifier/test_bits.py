"""The same headline gets the same bits, alone, in any batch, on any number of threads."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from classifier_cases import (
    HOSTILE,
    VOCABULARIES,
    all_kinds,
    assert_same_answers,
    corpus,
    four_sections,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.classifier import HeadlineClassifier


@pytest.fixture(scope="module")
def fitted():
    return four_sections()


@pytest.fixture(params=["four sections", "two sections", "with none"])
def classifier(request):
    return all_kinds()[request.param]


class TestBits:
    """The same headline gives the same bits, whatever stands beside it and however it was trained."""

    def test_one_alone_and_in_batches_of_many_sizes(self, classifier):
        n = 9_980 if len(classifier.classes_) == 4 else 1980
        headlines = corpus(n, tuple(VOCABULARIES), seed=4)[0] + HOSTILE + ["Rovers win - BBC News"] * 8
        random.Random(0).shuffle(headlines)
        margins, proba = classifier.decision_function(headlines), classifier.predict_proba(headlines)
        answers = classifier.predict_headlines(headlines, max_error=0.1, top=9)
        for size in (1, 2, 7, 100, 2500):
            for start in range(0, min(12 * size, len(headlines)), size):
                rows = slice(start, start + size)
                assert classifier.decision_function(headlines[rows]).tobytes() == margins[rows].tobytes()
                assert classifier.predict_proba(headlines[rows]).tobytes() == proba[rows].tobytes()
                if size < 100:
                    assert classifier.predict_headlines(headlines[rows], max_error=0.1, top=9) == answers[rows]

    @settings(max_examples=12)
    @given(headlines=st.lists(st.one_of(st.sampled_from(HOSTILE + corpus(20)[0]), st.text(max_size=20)), max_size=6))
    def test_generated(self, fitted, headlines):
        proba = fitted.predict_proba(headlines)
        reasons = fitted.explain(headlines)
        for i, headline in enumerate(headlines):
            assert fitted.predict_proba([headline]).tobytes() == proba[i].tobytes()
            assert fitted.explain([headline])[0] == reasons[i]

    def test_permuting_the_headlines_permutes_the_answers(self, fitted):
        headlines = corpus(300, seed=6)[0] + HOSTILE
        order = np.random.default_rng(0).permutation(len(headlines))
        proba = fitted.predict_proba([headlines[i] for i in order])
        assert proba.tobytes() == fitted.predict_proba(headlines)[order].tobytes()

    def test_upper_casing_english_changes_nothing(self, fitted):
        headlines = corpus(100, seed=7)[0]
        upper = [headline.upper() for headline in headlines]
        assert fitted.predict_proba(upper).tobytes() == fitted.predict_proba(headlines).tobytes()

    @pytest.mark.slow
    @pytest.mark.parametrize("labels", [("sport", "tech"), ("politics", "sport", "tech")])
    def test_threads_do_not_matter(self, labels):
        headlines, sections = corpus(160, labels, noise=0.1)
        one = HeadlineClassifier(n_jobs=1).fit(headlines, sections)
        for n_jobs in (None, 2, -1):
            assert_same_answers(HeadlineClassifier(n_jobs=n_jobs).fit(headlines, sections), one, headlines)

    @pytest.mark.slow
    def test_refitting_gives_the_same_bits(self):
        headlines, sections = corpus(160, noise=0.1)
        one, other = (
            HeadlineClassifier().fit(headlines, sections),
            HeadlineClassifier().fit(*corpus(60, ("tech", "sport"))),
        )
        assert_same_answers(other.fit(headlines, sections), one, headlines)

    def test_another_seed_is_another_order_of_gradient_descent(self):
        headlines, sections = corpus(160, noise=0.1)
        # With a background, few headlines are learned from in closed form, without an order.
        one, other = (
            HeadlineClassifier(background=None, random_state=seed).fit(headlines, sections).coef_ for seed in (0, 1)
        )
        assert other.tobytes() != one.tobytes()

    def test_the_global_seed_does_not_matter(self):
        fits = []
        for seed in (0, 1):
            np.random.seed(seed)  # noqa: NPY002
            random.seed(seed)
            fits.append(HeadlineClassifier().fit(*corpus(80)))
        assert_same_answers(*fits, corpus(20)[0])

    @pytest.mark.slow
    def test_every_kind_of_column_gives_the_same_bits(self):
        headlines, sections = corpus(40)
        one = HeadlineClassifier().fit(headlines, sections)
        frame = pd.DataFrame({"headline": headlines, "section": sections})
        numbers = frame.section.astype("category").cat.codes
        for columns in (
            (np.array(headlines), np.array(sections)),
            (frame.headline, frame.section),
            (frame.headline, frame.section.astype("category")),
            (pa.array(headlines), pa.array(sections)),
            (pa.chunked_array([headlines[:15], headlines[15:]]), pa.chunked_array([sections])),
        ):
            assert_same_answers(HeadlineClassifier().fit(*columns), one, headlines)
        # With a background the names of sections are learned from, too.
        named, numbered = (
            HeadlineClassifier(background=None).fit(headlines, labels).coef_ for labels in (sections, numbers)
        )
        assert numbered.tobytes() == named.tobytes()

    def test_renaming_the_sections_in_order_renames_the_answers(self):
        headlines, sections = corpus(90)
        # With a background the names of sections are learned from, too.
        one = HeadlineClassifier(background=None).fit(headlines, sections)
        other = HeadlineClassifier(background=None).fit(headlines, [f"the {section}" for section in sections])
        assert other.coef_.tobytes() == one.coef_.tobytes()
        assert other.predict(headlines).tolist() == [f"the {section}" for section in one.predict(headlines)]

    def test_pickling(self, classifier):
        again = pickle.loads(pickle.dumps(classifier))
        assert again.get_params() == classifier.get_params()
        assert_same_answers(again, classifier, corpus(40)[0] + HOSTILE)

    def test_predicting_needs_no_scikit_learn_no_pandas_and_no_matplotlib(self, fitted, tmp_path):
        file = tmp_path / "classifier"
        file.write_bytes(pickle.dumps(fitted))
        code = (
            "import pickle, sys; from pathlib import Path;"
            f"c = pickle.loads(Path({str(file)!r}).read_bytes());"
            "c.predict_headlines(['Striker’s goal wins cup - BBC News', ''], max_error=0.1, top=2, explain=3);"
            "print(sorted({'sklearn', 'pandas', 'matplotlib'} & set(sys.modules)))"
        )
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)
        assert (run.stdout, run.stderr) == ("[]\n", "")


class TestFullBatches:
    """From 10,000 headlines on the character scores of known words are kept; nothing else may change."""

    @pytest.mark.slow
    @pytest.mark.parametrize("options", [{}, {"word_ngrams": None}, {"char_ngrams": None}])
    def test_a_headline_has_the_bits_it_has_alone(self, options):
        headlines, sections = corpus(200)
        classifier = HeadlineClassifier(n_folds=2, **options).fit(headlines, sections)
        before = len(pickle.dumps(classifier))
        many = (headlines + [f"unheard{i} of" for i in range(300)]) * 25
        whole = classifier.predict_proba(many)
        for i in (0, 150, 250, 499):
            assert classifier.predict_proba([many[i]]).tobytes() == whole[i].tobytes()
        assert len(pickle.dumps(classifier)) == before

    @pytest.mark.slow
    def test_a_model_that_knows_no_word(self):
        headlines, sections = corpus(100)
        fitted = HeadlineClassifier(n_folds=2, word_ngrams=None).fit(headlines, sections)
        state = fitted.state_.restrict(np.arange(50))
        small = HeadlineClassifier.from_state(state, **fitted.get_params())
        assert len(small.vectorizer_.tokens_) == 0
        whole = small.predict_proba(headlines * 120)
        assert whole[:100].tobytes() == small.predict_proba(headlines).tobytes()
