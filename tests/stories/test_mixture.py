"""k-means in the likelihood of words: against the formula, and worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from classify.stories.links import number_by_appearance
from classify.stories.mixture import Pairs, Weights, gather_stories, likely_stories, reassign, score_pairs

WORD_LISTS = st.lists(st.lists(st.integers(0, 7), max_size=5, unique=True), min_size=1, max_size=12)


def rows_of(word_lists, n_words=8):
    """Ones where a word stands in a headline."""
    rows = np.zeros((len(word_lists), n_words))
    for row, words in zip(rows, word_lists, strict=True):
        row[words] = 1
    return sp.csr_matrix(rows)


class TestWords:
    def naive_score(self, words, d, z, labels, weights):
        """The formula at the head of the module, headline by headline."""
        others = [i for i in range(words.shape[0]) if labels[i] == z and i != d]
        counts = words[others].sum(axis=0)
        score = np.log(len(others)) if others else -np.inf
        for w in np.flatnonzero(words[d]):
            p, b = weights.word_share[w], weights.corpus
            score += np.log((counts[w] + b * p) / ((counts.sum() + b) * p))
        return score

    @given(WORD_LISTS, st.integers(0, 10**6), st.sampled_from([0.5, 7.0, 100.0]))
    def test_score_against_the_definition(self, word_lists, seed, corpus):
        words = rows_of(word_lists)
        labels = np.random.default_rng(seed).integers(0, 3, words.shape[0])
        labels = number_by_appearance(labels)
        n_stories = labels.max() + 1
        weights = Weights(corpus, 1.0, np.full(8, 1 / 8))
        d, z = (part.ravel() for part in np.indices((words.shape[0], n_stories)))
        scores = score_pairs(words, d, z, gather_stories(words, labels, n_stories), weights, labels[d] == z)
        expected = [self.naive_score(words.toarray(), i, j, labels, weights) for i, j in zip(d, z, strict=True)]
        assert scores == pytest.approx(np.array(expected))

    def test_a_stray_headline_moves_to_its_story(self):
        words = rows_of([[0, 1, 2], [0, 1, 3], [0, 1], [4, 5, 6], [4, 5, 7], [4, 5]])
        graph = sp.csr_matrix(np.ones((6, 6)) - np.eye(6))
        labels = np.array([0, 0, 1, 1, 1, 1])
        assert reassign(words, labels, graph, Weights(2.0, 0.1, np.full(8, 1 / 8))).tolist() == [0, 0, 0, 1, 1, 1]

    def test_a_headline_like_no_other_leaves(self):
        words = rows_of([[0, 1, 2], [0, 1, 2], [0, 1, 2], [5, 6, 7]])
        graph = sp.csr_matrix(np.ones((4, 4)) - np.eye(4))
        weights = Weights(5.0, 1.0, np.full(8, 1 / 8))
        assert reassign(words, np.zeros(4, int), graph, weights).tolist() == [0, 0, 0, 1]
        stay = Weights(5.0, 0.0, np.full(8, 1 / 8))
        assert reassign(words, np.zeros(4, int), graph, stay).tolist() == [0, 0, 0, 0]

    def test_known_stories_keep_their_numbers(self):
        words = rows_of([[0, 1], [4, 5], [6, 7]])
        known = gather_stories(rows_of([[2, 3], [0, 1], [0, 1]]), np.array([0, 1, 1]), 2)
        pairs = Pairs(np.array([0, 1]), np.array([1, 0]))
        weights = Weights(5.0, 1.0, np.full(8, 1 / 8))
        labels = reassign(words, np.array([2, 3, 4]), sp.csr_matrix((3, 3)), weights, None, known, pairs)
        assert labels.tolist() == [1, 2, 3]

    def test_likely_stories_are_those_of_highest_evidence(self):
        stories = gather_stories(rows_of([[0, 1], [1, 2], [2, 3]]), np.array([0, 1, 2]), 3)
        found = likely_stories(rows_of([[0, 1], [3], []]), stories, Weights(1.0, 1.0, np.full(8, 1 / 8)), 1)
        assert [part.tolist() for part in found] == [[0, 1], [0, 2]]
