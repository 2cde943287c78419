"""Candidates and average linkage against naive versions."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage
from story_samples import same_groups

from classify.stories.kmeans import move_groups
from classify.stories.linkage import link_pairs
from classify.stories.neighbours import find_candidates
from classify.stories.sums import best_of_each


def unit_rows(seed, n, n_terms=12, density=0.3):
    rows = sp.random(n, n_terms, density, random_state=seed, format="csr").toarray()
    return sp.csr_matrix((rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32))


def all_pairs(n):
    return np.triu_indices(n, 1)


class TestCandidates:
    @pytest.mark.parametrize("seed", range(5))
    def test_against_all_pairs(self, seed):
        rows = unit_rows(seed, 40)
        cosines = (rows @ rows.T).toarray()
        np.fill_diagonal(cosines, 0)
        cosines[cosines < 0.06] = 0
        chosen = np.zeros_like(cosines, bool)
        for i, row in enumerate(cosines):
            chosen[i, np.argsort(-row, kind="stable")[:3]] = True
        expected = np.where(chosen | chosen.T, cosines, 0)
        assert np.allclose(find_candidates(rows, 3).toarray(), expected)

    def test_the_window_cuts_links_and_undated_headlines_are_compared_with_all(self):
        rows = sp.csr_matrix(np.ones((5, 1), np.float32))
        graph = find_candidates(rows, 4, np.array([9.0, 0.0, 1.0, 2.5, np.nan]), window=1.5)
        linked = {tuple(pair) for pair in np.argwhere(graph.toarray()).tolist()}
        assert linked == {(1, 2), (2, 1), (2, 3), (3, 2), *((i, 4) for i in range(4)), *((4, i) for i in range(4))}

    def test_no_headlines_no_words(self):
        assert find_candidates(sp.csr_matrix((3, 0), dtype=np.float32), 3).nnz == 0

    @pytest.mark.slow
    def test_the_same_for_any_number_of_threads(self):
        rows = unit_rows(3, 2500, n_terms=200, density=0.04)
        one, two = (find_candidates(rows, 5, n_jobs=n_jobs) for n_jobs in (1, 2))
        assert (one != two).nnz == 0

    def test_frequent_terms_are_left_out_beyond_the_budget(self):
        frequent = np.zeros((50, 51), np.float32)
        frequent[:, 0] = frequent[np.arange(50), np.arange(50) // 2 + 1] = np.sqrt(0.5)
        graph = find_candidates(sp.csr_matrix(frequent), 50, budget=5)
        assert graph.nnz == 50


class TestLinkage:
    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("threshold", [0.05, 0.2, 0.5])
    def test_against_scipy(self, seed, threshold):
        n = 30
        left, right = all_pairs(n)
        probability = np.random.default_rng(seed).integers(0, 2**16, len(left)) / 2**16
        expected = fcluster(linkage(1 - probability, "average"), 1 - threshold, "distance")
        tree = link_pairs(left, right, probability, np.ones(n), np.arange(n), threshold)
        assert same_groups(tree.cut(threshold), expected)

    @pytest.mark.parametrize("seed", range(4))
    def test_absent_pairs_count_as_the_product_of_their_weights(self, seed):
        rng = np.random.default_rng(seed)
        n = 12
        left, right = (side[rng.random(n * (n - 1) // 2) < 0.6] for side in all_pairs(n))
        left, right = left[: len(right)], right[: len(left)]
        keep = left != right
        pairs = np.unique(np.sort(np.stack([left[keep], right[keep]]), axis=0), axis=1)
        probability = rng.integers(1, 2**16, pairs.shape[1]) / 2**16
        absent = rng.integers(1, 2**12, n) / 2**12
        tree = link_pairs(*pairs, probability, absent, np.arange(n))
        given = dict(zip(map(tuple, pairs.T.tolist()), probability, strict=True))
        groups = [{i} for i in range(n)]
        for similarity in np.sort(tree.similarity)[::-1]:
            best = max(
                ((mean_of(a, b, given, absent), a, b) for a in groups for b in groups if a is not b),
                key=lambda found: found[0],
            )
            assert best[0] == pytest.approx(similarity)
            groups.remove(best[1])
            groups.remove(best[2])
            groups.append(best[1] | best[2])

    def test_merging_goes_on_from_groups(self):
        n = 25
        pairs = all_pairs(n)
        probability = np.random.default_rng(0).integers(0, 2**16, len(pairs[0])) / 2**16
        tree = link_pairs(*pairs, probability, np.ones(n), np.arange(n))
        for n_groups in (10, 5, 2):
            start = tree.cut(n_groups=15)
            again = link_pairs(*pairs, probability, np.ones(n), start)
            assert same_groups(again.cut(n_groups=n_groups)[start], tree.cut(n_groups=n_groups))

    def test_as_many_groups_as_asked_for(self):
        pairs = all_pairs(25)
        probability = np.random.default_rng(1).integers(1, 2**16, len(pairs[0])) / 2**16
        tree = link_pairs(*pairs, probability, np.ones(25), np.arange(25))
        assert [len(set(tree.cut(n_groups=k))) for k in range(1, 26)] == list(range(1, 26))

    def test_nothing_linked(self):
        nothing = np.zeros(0, np.int64)
        assert link_pairs(nothing, nothing, np.zeros(0), np.ones(3), np.arange(3)).cut(0.1).tolist() == [0, 1, 2]


def mean_of(first, second, given, absent):
    """Return the weighted mean probability of the pairs between two groups."""
    total = weight = 0.0
    for a in first:
        for b in second:
            pair = (min(a, b), max(a, b))
            total += given.get(pair, 0.0)
            weight += 1.0 if pair in given else absent[a] * absent[b]
    return total / weight


class TestBestOfEach:
    @given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.1, 0.5, 0.9])), max_size=20))
    def test_against_sorting(self, entries):
        owner = np.array(sorted(owner for owner, _ in entries), np.int64)
        value = np.array([value for _, value in entries])
        expected = [
            i
            for one in np.unique(owner)
            for i in sorted(np.flatnonzero(owner == one), key=lambda i: (-value[i], i))[:2]
        ]
        assert best_of_each(owner, value, 2).tolist() == expected


class TestMovedGroups:
    @pytest.mark.parametrize(("seed", "k"), [(0, 3), (1, 5), (2, 12)])
    def test_each_group_is_whole_and_with_the_nearest_centroid(self, seed, k):
        rows, groups = unit_rows(seed, 60, density=0.5), np.arange(60) // 3
        labels = move_groups(rows, groups, k)
        assert np.array_equal(np.unique(labels), np.arange(k))
        assert all(len(set(labels[groups == group])) == 1 for group in range(20))
        dense = rows.toarray()
        centroids = np.array([dense[labels == z].sum(axis=0) for z in range(k)])
        cosines = (
            np.array([dense[groups == group].sum(axis=0) for group in range(20)])
            @ (centroids / np.linalg.norm(centroids, axis=1, keepdims=True)).T
        )
        placed = cosines[np.arange(20), labels[::3]] >= cosines.max(axis=1) - 1e-5
        # The first group of each cluster stays, so that none is empty.
        assert placed.sum() >= 20 - k
