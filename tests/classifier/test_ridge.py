"""Training on few labelled headlines: against scikit-learn, leaving out as training again, names, what is saved."""

from __future__ import annotations

import json
import struct

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from safetensors.numpy import load, save
from sklearn.kernel_ridge import KernelRidge

from classify import HeadlineClassifier, ModelFileError, load_model, save_model
from classify.classifier.modelfile import FILE, to_bytes
from classify.classifier.ridge import FEW, FIRST, MANY, Recipe, RidgeTraining
from classify.classifier.word_vectors import WordVectors
from classify.core.arrow import as_column

HEADLINES = [
    *("Rovers win the cup", "Striker signs for City", "Coach sacked after derby", "Sprinter wins second medal"),
    *("MPs vote on tax", "Senate passes spending bill", "Minister quits cabinet", "President calls election"),
]
SECTIONS = ["sport"] * 4 + ["politics"] * 4
Y = np.array([1] * 4 + [0] * 4)


def toy(n=40, n_sections=3, seed=0):
    """Make rows of unit length over 30 words, of which the first 20 have vectors, for sections told by some words."""
    draw = np.random.default_rng(seed)
    y = np.arange(n) % n_sections
    counts = draw.random((n, 30)) < 0.15
    counts[np.arange(n), 5 * y + draw.integers(0, 5, n)] = True
    rows = counts / np.linalg.norm(counts, axis=1, keepdims=True)
    vectors = WordVectors(np.arange(20), draw.standard_normal((20, 6)).astype(np.float32), 30)
    return sp.csr_matrix(rows.astype(np.float32)), y, vectors


@pytest.fixture(scope="module")
def fitted():
    """Train on eight headlines, with the English background."""
    return HeadlineClassifier(n_folds=2).fit(HEADLINES, SECTIONS)


class TestSolution:
    @pytest.mark.parametrize("balanced", [False, True])
    def test_it_is_kernel_ridge_regression(self, balanced):
        rows, y, vectors = toy()
        y = np.where(np.arange(40) < 25, 0, y)  # sections of different size
        weights, bias = RidgeTraining(0.7, "balanced" if balanced else None, vectors).fit(rows, y, 3)
        sizes = np.bincount(y)
        each = 40 / (3 * sizes[y]) if balanced else np.ones(40)
        features = vectors.headline_vectors(rows).astype(float)
        kernel = features @ features.T + 0.4 * (rows @ rows.T).toarray()
        # A large constant in the kernel is an intercept without a penalty.
        targets = np.eye(3)[y]
        other = KernelRidge(alpha=1.0, kernel="precomputed").fit(kernel + 1e6, targets, sample_weight=each)
        expected = 8 * ((kernel + 1e6) @ other.dual_coef_) - 6 / 3 - 1
        assert np.allclose(rows @ weights + bias, expected, atol=1e-3)

    def test_two_sections_have_opposite_margins(self):
        rows, y, vectors = toy(n_sections=2)
        weights, bias = RidgeTraining(0.7, None, vectors).fit(rows, y, 2)
        margins = rows @ weights + bias
        assert np.allclose(margins[:, 0], -margins[:, 1], atol=1e-4)

    def test_headlines_of_two_sections_at_once_can_be_solved(self):
        texts = ["Rovers win", "Rovers win", "Senate votes", "Senate votes"]
        fitted = HeadlineClassifier(C=1e15, n_folds=2).fit(texts, ["a", "b", "a", "b"], groups=range(4))
        assert np.isfinite(fitted.predict_proba(texts)).all()


class TestLeavingOut:
    @pytest.mark.parametrize("n_groups", [40, 13])
    def test_margins_are_those_of_training_again(self, n_groups):
        rows, y, vectors = toy()
        folds = np.arange(40) % n_groups
        training = RidgeTraining(0.7, None, vectors)
        margins, scored, _ = training.out_of_fold(rows, 30, y, folds, first=False)
        assert scored.all()
        for fold in range(n_groups):
            outside = folds == fold
            alone = training.margins(rows, 30, y, outside)
            # The share of each section stays that of all headlines.
            change = np.bincount(y) / 40 - np.bincount(y[~outside], minlength=3) / (~outside).sum()
            assert np.allclose(margins[outside], alone + 8 * change, atol=2e-3)

    def test_labels_at_random_are_not_learned(self):
        rows, _, vectors = toy(300)
        y = np.random.default_rng(1).integers(0, 3, 300)
        margins, _, _ = RidgeTraining(0.7, None, vectors).out_of_fold(rows, 30, y, np.arange(300))
        assert np.mean(margins.argmax(axis=1) == y) < 0.42


class TestChoice:
    def test_vectors_that_mislead_lose_their_weight(self):
        # Two words of the section, and six of a hundred frequent words that have random vectors.
        draw, y = np.random.default_rng(0), np.arange(200) % 2
        rows = np.zeros((200, 140), np.float32)
        for row, section in enumerate(y):
            rows[row, 20 * section + draw.integers(0, 20, 2)] = rows[row, 40 + draw.integers(0, 100, 6)] = 1
        rows = sp.csr_matrix(rows / np.linalg.norm(rows, axis=1, keepdims=True))
        noise = WordVectors(np.arange(40, 140), draw.normal(0, 3, (100, 64)).astype(np.float32), 140)
        training, folds = RidgeTraining(0.7, None, noise), np.arange(200)
        margins, _, chosen = training.out_of_fold(rows, 140, y, folds)
        kept, _, _ = training.out_of_fold(rows, 140, y, folds, first=False)
        assert chosen.recipe.vectors < 1
        assert np.mean(margins.argmax(axis=1) == y) > np.mean(kept.argmax(axis=1) == y)

    def test_names_of_the_wrong_sections_are_left_out(self):
        rows, y, vectors = toy(120)
        right = sp.csr_matrix(np.eye(30, dtype=np.float32)[[0, 5, 10]])
        wrong = sp.csr_matrix(np.eye(30, dtype=np.float32)[[5, 10, 0]])
        large = RidgeTraining(0.7, None, vectors, wrong, Recipe(True, 1.0, 300.0))
        assert large.out_of_fold(rows, 30, y, np.arange(120))[2].recipe.names == 0
        assert RidgeTraining(0.7, None, vectors, right).out_of_fold(rows, 30, y, np.arange(120))[2].recipe.names > 0


class TestNames:
    def test_one_label_a_section_and_a_name_are_enough(self):
        texts = ["Rovers win again", "Senate passes bill"]
        new = ["Footballers and athletes at the olympics", "Football coach", "Parliament debates", "Lawmakers vote"]
        named = HeadlineClassifier(n_folds=2).fit(texts, ["sports", "politics"])
        assert named.predict(new).tolist() == ["sports", "sports", "politics", "politics"]
        unnamed = HeadlineClassifier(n_folds=2).fit(texts, ["x1", "x2"])
        coef = named.coef_[named.vectorizer_.get_feature_names_out().tolist().index("football")]
        other = unnamed.coef_[unnamed.vectorizer_.get_feature_names_out().tolist().index("football")]
        assert coef[1] - coef[0] > other[0] - other[1]

    def test_numbers_have_no_names(self):
        fitted = HeadlineClassifier(n_folds=2).fit(HEADLINES, Y)
        assert fitted.predict(HEADLINES).tolist() == Y.tolist()


class TestRefit:
    def test_it_learns_in_the_same_way(self, fitted, tmp_path):
        assert fitted.state_.recipe.few
        again = fitted.refit(HEADLINES, SECTIONS)
        assert to_bytes(again) == to_bytes(fitted)
        save_model(fitted, tmp_path / "m")
        loaded = load_model(tmp_path / "m")
        assert loaded.state_.recipe == fitted.state_.recipe
        assert to_bytes(loaded.refit(HEADLINES, SECTIONS)) == to_bytes(fitted)

    def test_without_the_background_terms_alone_are_learned(self, fitted, tmp_path):
        save_model(fitted, tmp_path / "m")
        loaded = load_model(tmp_path / "m").set_params(background=None)
        assert loaded.refit(HEADLINES, SECTIONS).predict(HEADLINES).tolist() == SECTIONS

    def test_many_headlines_need_new_probabilities(self, fitted):
        n = 2 * FEW + 2
        with pytest.raises(ValueError, match="call fit for more"):
            fitted.refit(pa.array([f"headline {i}" for i in range(n)]), ["sport", "politics"] * (n // 2))

    def test_a_model_of_many_is_refitted_by_gradient_descent(self):
        fitted = HeadlineClassifier(n_folds=2, background=None).fit(HEADLINES, SECTIONS)
        assert fitted.state_.recipe == MANY
        assert to_bytes(fitted.refit(HEADLINES, SECTIONS)) == to_bytes(fitted)


class TestFile:
    @pytest.mark.parametrize(
        "recipe", [{"few": 1}, {"vectors": -1}, {"names": "3"}, {"more": 1}, [], {"vectors": 1e99}]
    )
    def test_a_recipe_that_cannot_be_is_refused(self, fitted, recipe, tmp_path):
        header, arrays = FILE.unpack(to_bytes(fitted))
        changed = FILE.sign({**header, "recipe": recipe}, arrays)
        (tmp_path / "m").write_bytes(save(arrays, metadata={"classify": json.dumps(changed)}))
        with pytest.raises(ModelFileError, match="recipe"):
            load_model(tmp_path / "m")

    def test_files_without_a_recipe_are_of_many(self, fitted):
        content = to_bytes(HeadlineClassifier(n_folds=2, background=None).fit(HEADLINES, SECTIONS))
        size = struct.unpack("<Q", content[:8])[0]
        assert b"recipe" not in content[: 8 + size]
        assert len(load(content))


def test_the_recipe_depends_on_the_number_of_headlines():
    classifier = HeadlineClassifier()
    vectors = classifier.vectorize(as_column(HEADLINES))[2]
    assert [classifier.recipe(vectors, n) for n in (FEW, FEW + 1)] == [FIRST, MANY]
    assert classifier.recipe(None, 8) == MANY
