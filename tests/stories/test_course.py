"""Developments of a story: worked by hand, against every way to cut, and what must not be cut."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from classify.stories.course import split_by_day


def unit(rows):
    """Make unit rows."""
    rows = np.asarray(rows, float)
    return sp.csr_matrix(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def test_three_developments_in_any_order():
    words, days = (
        np.repeat([0, 1, 2], [4, 3, 5]),
        np.array([1.5, 1.1, 2.0, 2.9, 3.1, 3.2, 4.5, 5.0, 5.5, 6.0, 7.9, 7.1]),
    )
    order = np.random.default_rng(0).permutation(12)
    found = split_by_day(unit(np.eye(3)[words])[order], days[order])
    assert found.tolist() == words[order].tolist()


@pytest.mark.parametrize("seed", range(8))
def test_the_cuts_are_the_best_of_all(seed):
    rng = np.random.default_rng(seed)
    topic = np.repeat([0, 1, 2], 5)
    rows = unit(np.eye(3)[topic] + 0.3 * rng.random((15, 3)))
    days = np.sort(rng.integers(0, 9, 15)).astype(float)
    part = split_by_day(rows, days)

    def lengths(bounds):
        return sum(np.linalg.norm(rows[low:high].sum(axis=0)) for low, high in pairwise(bounds))

    begins = [int(np.searchsorted(days, day)) for day in np.unique(days)[1:]]
    ways = [(0, *cut, 15) for cut in combinations(begins, int(part.max()))]
    allowed = [way for way in ways if np.diff(way).min() >= 3]
    found = (0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), 15)
    assert found in allowed
    assert lengths(found) == pytest.approx(max(map(lengths, allowed)))


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ([0] * 12, range(12)),  # no development
        ([0, 1] * 6, range(12)),  # two threads that run side by side
        ([0] * 6 + [1] * 6, [3] * 12),  # one day
        ([0] * 3 + [1] * 4, range(7)),  # too small
        ([0] * 2 + [1] * 10, range(12)),  # two headlines are no part
        ([0] * 6 + [1] * 6, [*range(11), np.nan]),  # one is undated
    ],
)
def test_what_stays_whole(words, days):
    assert split_by_day(unit(np.eye(2)[words]), np.array(list(days), float)).tolist() == [0] * len(words)


def test_headlines_without_words():
    assert split_by_day(sp.csr_matrix((9, 0)), np.arange(9.0)).tolist() == [0] * 9
