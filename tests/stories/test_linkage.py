"""Neighbours and average linkage against naive versions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from story_samples import same_groups

from classify.stories.links import best_of_each, find_neighbours, link_groups, weigh_words

WORD_LISTS = st.lists(st.lists(st.integers(0, 7), max_size=5, unique=True), min_size=1, max_size=12)


def rows_of(word_lists, n_words=8):
    """Ones where a word stands in a headline."""
    rows = np.zeros((len(word_lists), n_words))
    for row, words in zip(rows, word_lists, strict=True):
        row[words] = 1
    return sp.csr_matrix(rows)


def unit_rows(seed, n, n_terms=12, density=0.3):
    rows = sp.random(n, n_terms, density, random_state=seed, format="csr").toarray()
    return sp.csr_matrix(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


class TestNeighbours:
    @pytest.mark.parametrize("seed", range(5))
    def test_against_all_pairs(self, seed):
        rows = unit_rows(seed, 40)
        cosines = (rows @ rows.T).toarray()
        np.fill_diagonal(cosines, 0)
        cosines[cosines < 0.2] = 0
        chosen = np.zeros_like(cosines, bool)
        for i, row in enumerate(cosines):
            chosen[i, np.argsort(-row, kind="stable")[:3]] = True
        expected = np.where(chosen | chosen.T, cosines, 0)
        assert np.allclose(find_neighbours(rows, 3, 0.2).toarray(), expected)

    def test_the_window_cuts_links(self):
        rows = sp.csr_matrix(np.ones((4, 1)))
        graph = find_neighbours(rows, 3, 0.1, np.array([9.0, 0.0, 1.0, 2.5]), window=1.5)
        assert np.argwhere(graph.toarray()).tolist() == [[1, 2], [2, 1], [2, 3], [3, 2]]

    def test_no_headlines_no_words(self):
        assert find_neighbours(sp.csr_matrix((3, 0)), 3, 0.1).nnz == 0

    @given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.1, 0.5, 0.9])), max_size=20))
    def test_best_of_each_against_sorting(self, entries):
        owner = np.array(sorted(owner for owner, _ in entries), np.int64)
        value = np.array([value for _, value in entries])
        expected = [
            i
            for one in np.unique(owner)
            for i in sorted(np.flatnonzero(owner == one), key=lambda i: (-value[i], i))[:2]
        ]
        assert best_of_each(owner, value, 2).tolist() == expected


class TestSurprise:
    @given(WORD_LISTS)
    def test_against_the_definition(self, word_lists):
        words = rows_of(word_lists)
        n, frequency = words.shape[0], words.getnnz(axis=0)
        for row, found in zip(words.toarray(), weigh_words(words, frequency, n).toarray(), strict=True):
            expected = row * np.log((n + 2) / (frequency + 1))
            assert found == pytest.approx(expected / (np.linalg.norm(expected) or 1), abs=1e-6)


class TestLinkage:
    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("threshold", [0.05, 0.2, 0.5])
    def test_against_scipy(self, seed, threshold):
        rows = unit_rows(seed, 30)
        cosines = (rows @ rows.T).toarray()
        np.fill_diagonal(cosines, 1)
        distance = squareform(np.clip(1 - cosines, 0, None), checks=False)
        expected = fcluster(linkage(distance, "average"), 1 - threshold, "distance")
        assert same_groups(link_groups(find_neighbours(rows, 30, 1e-9)).cut(threshold), expected)

    def test_merging_goes_on_from_groups(self):
        graph = find_neighbours(unit_rows(0, 25), 25, 1e-9)
        tree = link_groups(graph)
        for n_groups in (10, 5, 2):
            start = tree.cut(n_groups=15)
            assert same_groups(link_groups(graph, start).cut(n_groups=n_groups)[start], tree.cut(n_groups=n_groups))

    def test_as_many_groups_as_asked_for(self):
        tree = link_groups(find_neighbours(unit_rows(1, 25, density=0.9), 25, 1e-9))
        assert [len(set(tree.cut(n_groups=k))) for k in range(1, 26)] == list(range(1, 26))

    def test_nothing_linked(self):
        assert link_groups(sp.csr_matrix((3, 3))).cut(0.1).tolist() == [0, 1, 2]
