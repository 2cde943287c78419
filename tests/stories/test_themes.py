"""Themes: a given small number of stories."""

from __future__ import annotations

import numpy as np
import pytest

from classify.corpora import load_sample
from classify.stories import StoryClusterer, themes


class TestThemes:
    @pytest.mark.parametrize(("seed", "k"), [(0, 3), (1, 5), (2, 30)])
    def test_each_row_is_with_the_centre_nearest_to_it(self, seed, k):
        rng = np.random.default_rng(seed)
        rows, weight = themes.unit_rows(rng.normal(size=(30, 6))), rng.integers(1, 5, 30).astype(float)
        labels = themes.spherical_kmeans(rows, k, weight, 0)
        assert np.array_equal(np.unique(labels), np.arange(k))
        sums = np.array([(rows[labels == z] * weight[labels == z, None]).sum(axis=0) for z in range(k)])
        cosines = rows @ (sums / np.linalg.norm(sums, axis=1, keepdims=True)).T
        assert cosines[np.arange(30), labels] == pytest.approx(cosines.max(axis=1))

    def test_an_empty_cluster_takes_a_row(self):
        rows = np.array([[1.0, 0.0]] * 4)
        assert len(set(themes.spherical_kmeans(rows, 3, np.ones(4), 0))) == 3

    def test_far_fewer_than_there_are_stories_are_themes_of_whole_stories(self):
        sample = load_sample().slice(0, 1500)
        stories, themes = (StoryClusterer(k).fit(sample.headline).labels_ for k in ("auto", 4))
        assert len(set(themes)) == 4
        assert all(len(set(themes[stories == z])) == 1 for z in np.unique(stories))
        # Themes are no one huge group and three crumbs.
        assert np.bincount(themes).min() > 50
