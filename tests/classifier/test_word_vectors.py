"""Vectors of words in training: against ridge regression of scikit-learn, folded, few labels, and the same promises."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from classifier_cases import HOSTILE, assert_same_answers
from sklearn.linear_model import Ridge

from classify import HeadlineClassifier, learn_background, load_model, load_sample, save_model
from classify.classifier.linear import LinearTraining
from classify.classifier.modelfile import shrink, to_bytes
from classify.classifier.word_vectors import WordVectors, _fit
from classify.core.arrow import as_column

FEW = [
    *("Rovers win the cup", "Striker signs for City", "Coach sacked after derby", "Sprinter wins second medal"),
    *("MPs vote on tax", "Senate passes spending bill", "Minister quits cabinet", "President calls election"),
]
SECTIONS = ["sport"] * 4 + ["politics"] * 4
NEW = ["Goalkeeper saves penalty in final", "Midfielder injured", "Lawmakers debate budget", "Governor signs law"]


@pytest.fixture(scope="module")
def fitted():
    """Train on eight headlines, with the English background."""
    return HeadlineClassifier(n_folds=2).fit(FEW, SECTIONS)


class TestRidge:
    @pytest.mark.parametrize("n", [30, 400])
    def test_it_is_ridge_regression(self, n):
        draw = np.random.default_rng(0)
        vectors, y = draw.standard_normal((n, 12)).astype(np.float32) + 1, draw.integers(0, 3, n)
        coef, intercept = _fit(vectors, y, 4, balanced=False)
        other = Ridge(alpha=1.0).fit(vectors, 2.0 * (y[:, None] == np.arange(4)) - 1)
        assert np.allclose(coef, other.coef_.T, atol=1e-4)
        assert np.allclose(intercept, other.intercept_, atol=1e-4)
        # A section without headlines scores -1.
        assert np.allclose(coef[:, 3], 0, atol=1e-6)
        assert np.isclose(intercept[3], -1)

    def test_balanced_is_as_repeated(self):
        draw = np.random.default_rng(0)
        vectors = draw.standard_normal((30, 5)).astype(np.float32)
        y = np.array([0] * 20 + [1] * 10)
        weights = np.array([0.75] * 20 + [1.5] * 10)
        other = Ridge(alpha=1.0).fit(vectors, 2.0 * (y[:, None] == np.arange(2)) - 1, sample_weight=weights)
        coef, intercept = _fit(vectors, y, 2, balanced=True)
        assert np.allclose(coef, other.coef_.T, atol=1e-4)
        assert np.allclose(intercept, other.intercept_, atol=1e-4)


class TestFolding:
    def test_margins_are_the_mean_of_terms_and_vectors(self):
        classifier = HeadlineClassifier()
        vectorizer, rows, vectors = classifier.vectorize(as_column(FEW))
        y = np.array([1] * 4 + [0] * 4)
        weights, bias = classifier.training(vectors).fit(rows, y, 2)
        terms, level = LinearTraining(classifier.C, None, 1, 0).fit(rows, y, 2)
        coef, intercept = _fit(vectors.headline_vectors(rows), y, 2, balanced=False)
        new = vectorizer.transform(NEW)
        of_vectors = new[:, vectors.columns] @ vectors.vectors @ coef + intercept
        share = 8 / 4 ** (1 / 3) / (1 + 8 / 4 ** (1 / 3))
        expected = (1 - share) * (new @ terms + level) + share * of_vectors
        assert np.allclose(new @ weights + bias, expected, atol=1e-4)

    def test_training_headlines_are_measured_as_new_ones(self):
        _, rows, vectors = HeadlineClassifier(char_ngrams=None).vectorize(as_column(FEW))
        # Each of these pairs is in one headline alone: a new headline would have none of them.
        words = rows[:, vectors.columns].toarray()
        words /= np.linalg.norm(words, axis=1, keepdims=True)
        assert np.allclose(vectors.headline_vectors(rows), words @ vectors.vectors, atol=1e-4)

    def test_words_without_labels_have_weights(self, fitted):
        assert fitted.predict(NEW).tolist() == ["sport", "sport", "politics", "politics"]
        names = fitted.vectorizer_.get_feature_names_out().tolist()
        sport = fitted.classes_.tolist().index("sport")
        assert fitted.coef_[names.index("midfielder"), sport] > fitted.coef_[names.index("lawmakers"), sport]

    def test_reasons_sum_to_the_margin(self, fitted):
        margins = fitted.state_.margins(as_column(NEW))
        sums = [sum(weight for _, weight in terms) for terms in fitted.explain(NEW)]
        assert np.allclose(sums, margins.max(axis=1), atol=1e-4)
        assert "midfielder" in dict(fitted.explain(["Midfielder injured"])[0])


class TestStrength:
    def test_vectors_that_mislead_lose_their_weight(self):
        rows, y, folds, columns = self.misleading(400)
        noise = np.random.default_rng(1).standard_normal((len(columns), 64)).astype(np.float32)
        training = LinearTraining(0.7, None, 1, 0, WordVectors(columns, noise, rows.shape[1]))
        margins, scored, chosen = training.out_of_fold(rows, rows.shape[1], y, folds)
        plain, _, same = LinearTraining(0.7, None, 1, 0).out_of_fold(rows, rows.shape[1], y, folds)
        accuracy = [np.mean(each.argmax(axis=1) == y) for each in (margins, plain)]
        assert scored.all()
        assert chosen.strength < 1
        assert same.strength == 1
        assert accuracy[0] > accuracy[1] - 0.02

    def test_vectors_that_help_keep_it(self):
        vectorizer, rows, vectors = HeadlineClassifier().vectorize(as_column(FEW))
        y, folds = np.array([1] * 4 + [0] * 4), np.arange(8) % 2
        training = LinearTraining(0.7, None, 1, 0, vectors)
        assert training.out_of_fold(rows, len(vectorizer.word_idf_), y, folds)[2].strength == 1

    def misleading(self, n):
        """Make headlines of two words of their section and a hundred frequent words that have random vectors."""
        draw = np.random.default_rng(0)
        y = np.arange(n) % 2
        rows = np.zeros((n, 140), np.float32)
        for row, section in enumerate(y):
            rows[row, 20 * section + draw.integers(0, 20, 2)] = 1
            rows[row, 40 + draw.integers(0, 100, 6)] = 1
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return sp.csr_matrix(rows), y, draw.integers(0, 3, n), np.arange(40, 140)


class TestPromises:
    def test_the_same_bytes_for_any_threads(self, fitted):
        assert to_bytes(HeadlineClassifier(n_folds=2, n_jobs=1).fit(FEW, SECTIONS)) == to_bytes(fitted)

    def test_one_headline_alone_is_as_in_a_batch(self, fitted):
        headlines = NEW + HOSTILE
        alone = np.concatenate([fitted.predict_proba([headline]) for headline in headlines])
        assert alone.tobytes() == fitted.predict_proba(headlines).tobytes()

    def test_a_file_has_all_of_it_and_no_background(self, fitted, tmp_path):
        save_model(fitted, tmp_path / "m")
        loaded = load_model(tmp_path / "m")
        assert_same_answers(fitted, loaded, NEW + HOSTILE)
        assert b'"background"' not in (tmp_path / "m").read_bytes()[:10_000]

    def test_a_small_file_keeps_frequent_words_of_the_background(self, fitted):
        small = shrink(fitted, 200_000)
        assert len(to_bytes(small)) <= 200_000
        assert small.predict(NEW).tolist() == fitted.predict(NEW).tolist()

    def test_none_is_as_if_there_were_none(self):
        plain = HeadlineClassifier(n_folds=2, background=None).fit(FEW, SECTIONS)
        assert set(plain.vectorizer_.tokens_.to_pylist()) == {word for text in FEW for word in text.lower().split()}

    def test_another_language_is_left_alone(self):
        hindi = ["तूफ़ान आया", "तूफ़ान गया", "क्रिकेट मैच", "क्रिकेट टीम"]
        auto, none = (
            HeadlineClassifier(n_folds=2, background=each).fit(hindi, ["a", "a", "b", "b"]) for each in ("auto", None)
        )
        assert to_bytes(auto) == to_bytes(none)

    def test_characters_alone_have_no_use_for_it(self):
        found = [
            to_bytes(HeadlineClassifier(word_ngrams=None, background=each, n_folds=2).fit(FEW, SECTIONS))
            for each in ("auto", None)
        ]
        assert found[0] == found[1]


def test_own_unlabelled_headlines_help():
    sample = load_sample()
    unlabelled, sections = sample.headline, np.array(sample.section.to_pylist())
    order = np.random.default_rng(0).permutation(len(sections))
    train = np.concatenate([order[sections[order] == section][:5] for section in np.unique(sections)])
    test = np.setdiff1d(order, train)
    background = learn_background([unlabelled], min_df=2, n_dims=64)
    scores = [
        HeadlineClassifier(background=each)
        .fit(unlabelled.take(train), sections[train])
        .score(unlabelled.take(test), sections[test])
        for each in (None, background)
    ]
    assert scores[1] > scores[0] + 0.03
