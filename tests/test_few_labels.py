"""The experiment with few labels: its draws, its intervals, and its page."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="module")
def few_labels():
    """Import the script."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "experiments"))
    yield import_module("few_labels")
    sys.path.pop(0)


def test_draws_hold_so_many_of_each_section_and_nest(few_labels):
    sections = np.array(["a"] * 30 + ["b"] * 50 + ["c"] * 3, object)
    five, ten = (few_labels.draw(sections, size, 0) for size in (5, 10))
    assert np.unique(sections[five], return_counts=True)[1].tolist() == [5, 5, 3]
    assert set(five) <= set(ten)
    assert set(five) != set(few_labels.draw(sections, 5, 1))
    assert sorted(few_labels.draw(sections, None, 0)) == list(range(83))


def test_accuracy_is_the_mean_of_draws(few_labels):
    texts = np.array(["x"] * 40, object)
    sections = np.array(["a", "b"] * 20, object)
    corpus = few_labels.Corpus(texts, sections, texts, sections)
    found = few_labels.measure(lambda texts, sections: lambda new: ["a"] * len(new), corpus, 5)
    assert found["accuracy"] == 0.5
    assert found["n_train"] == 10
    # Without a difference between draws the interval is that of 40 test headlines.
    assert np.isclose(found["high"] - 0.5, 1.96 * (0.25 / 40) ** 0.5)


def test_the_page_is_drawn(few_labels, tmp_path):
    rows = [
        {"corpus": corpus, "method": method, "labels_per_section": size, "n_train": 9, "accuracy": accuracy}
        | {"low": accuracy - 0.1, "high": accuracy + 0.1, "train_seconds": 1.0, "million_seconds": 9.0}
        for corpus in few_labels.SOURCES[:2]
        for method, accuracy in ((few_labels.WITHOUT, 0.4), (few_labels.OTHER, 0.7), (few_labels.OWN, 0.75))
        for size in ("5", "20", "all")
    ]
    numbers = few_labels.page(rows)
    assert np.isclose(few_labels.figure(numbers), 30)
    (tmp_path / "results.json").write_text(json.dumps(numbers))
    page = import_module("_common").draw_report(tmp_path)
    assert (tmp_path / "figures" / "few_labels.svg").exists()
    assert "0.400" in page.with_suffix(".md").read_text()


class TestSentenceEmbeddings:
    @pytest.fixture
    def module(self, few_labels):
        return import_module("_sentence_embeddings")

    def test_words_are_cut_into_the_longest_known_pieces(self, module):
        embedder = object.__new__(module.Embedder)
        names = ["[UNK]", "[CLS]", "[SEP]", "rover", "rov", "##s", "##er", "win", "!"]
        embedder.vocabulary = {name: i for i, name in enumerate(names)}
        assert [names[i] for i in embedder.tokens("Rovers WIN!")] == ["[CLS]", "rover", "##s", "win", "!", "[SEP]"]
        assert [names[i] for i in embedder.tokens("winx rover")] == ["[CLS]", "[UNK]", "rover", "[SEP]"]

    def test_batches_have_texts_of_one_length(self, module):
        tokens = {"a": [1], "b": [1], "c": [1, 2]} | {f"d{i}": [1, 2, 3] for i in range(300)}
        batches = list(module._of_equal_length(list(tokens), tokens))
        assert [len(batch) for batch in batches] == [2, 1, 256, 44]
        assert [text for batch in batches for text in batch] == list(tokens)

    def test_similar_sentences_are_close(self, module):
        pytest.importorskip("all_minilm_l6_v2")
        texts = ["A man is eating food.", "A man is eating a piece of bread.", "The stock market fell."]
        found = module.Embedder().embed(texts)
        cosines = found @ found.T
        # The figure of the card of the model.
        assert np.isclose(cosines[0, 1], 0.755, atol=0.001)
        assert cosines[0, 2] < 0.1
