"""Stories with their headlines, as a page shows them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from classify.evaluation import evaluate_stories, story_list
from classify.headlines import Headlines

FERRY = [
    *(f"Ferry aground off Harwich with {n} on board" for n in (90, 91, 92, 93)),
    *(f"Tugs refloat ferry at Harwich after {n} hours" for n in (30, 31, 32, 33)),
]
OTHERS = ["Senate delays vote on budget", "Budget vote delayed in Senate", "Snow closes Brenner pass"]
DAYS = [
    "2026-01-05T08:00",
    "2026-01-05",
    "2026-01-05T09:30",
    "2026-01-06",
    *["2026-01-08"] * 3,
    "2026-01-09",
    *["2026-01-07"] * 3,
]


@pytest.fixture(scope="module")
def headlines():
    """Eleven headlines with all columns, shuffled."""
    n = len(DAYS)
    order = np.random.default_rng(1).permutation(n)
    made = Headlines(
        pa.array([*FERRY, *OTHERS]),
        date=pa.array(DAYS),
        publisher=pa.array([f"Paper {i % 3}" for i in range(n)]),
        url=pa.array([f"https://paper.test/{i}" for i in range(n)]),
        section=pa.array([*["world"] * 6, "sport", None, *["politics"] * 3]),
    )
    return made.take(order)


@pytest.fixture(scope="module")
def stories(headlines):
    """What is listed of them."""
    return evaluate_stories(grouped(headlines), headlines)["stories"]


def grouped(headlines):
    """Stand in for a clusterer that has found the ferry, the budget and the snow."""
    texts = headlines.headline.to_pylist()
    labels = np.array([0 if text in FERRY else 1 if "udget" in text else 2 for text in texts])
    found = [
        SimpleNamespace(number=n, title=f"story {n}", terms=("x",), headlines=rows, size=len(rows))
        for n, rows in enumerate(np.flatnonzero(labels == n) for n in range(3))
    ]
    return SimpleNamespace(labels_=labels, stories_=found, get_params=lambda: {"n_stories": "auto"})


def test_all_headlines_are_listed_earliest_first(stories, headlines):
    assert sorted(row["headline"] for story in stories for row in story["headlines"]) == sorted([*FERRY, *OTHERS])
    for story in stories:
        dates = [row["date"] for row in story["headlines"]]
        assert dates == sorted(dates)
        assert story["size"] == len(dates)
        assert (story["first"], story["last"]) == (dates[0][:10], dates[-1][:10])
    by_text = {row["headline"]: row for story in stories for row in story["headlines"]}
    assert by_text[FERRY[2]] == {
        "headline": FERRY[2],
        "date": "2026-01-05T09:30",
        "publisher": "Paper 2",
        "url": "https://paper.test/2",
    }


def test_the_largest_comes_first_with_its_developments(stories):
    assert [(story["story"], story["size"]) for story in stories] == [(0, 8), (1, 2), (2, 1)]
    ferry = stories[0]
    assert [(part["size"], part["first"], part["last"]) for part in ferry["parts"]] == [
        (4, "2026-01-05", "2026-01-06"),
        (4, "2026-01-08", "2026-01-09"),
    ]
    assert ferry["parts"][0]["title"] in FERRY[:4]
    assert ferry["parts"][1]["title"] in FERRY[4:]
    assert all(story["parts"] == [] for story in stories[1:])


def test_publishers_and_sections(stories):
    ferry = stories[0]
    assert ferry["sections"] == ["world", "sport"]
    assert ferry["section"] == "world"
    assert ferry["n_publishers"] == 3
    assert sorted(ferry["publishers"]) == ["Paper 0", "Paper 1", "Paper 2"]


def test_what_does_not_fit_is_left_out_whole(headlines, monkeypatch):
    monkeypatch.setattr(story_list, "_ROOM", 2_500)
    numbers = evaluate_stories(grouped(headlines), headlines)
    assert 0 < len(numbers["stories"]) < numbers["n_stories"]
    assert all(len(story["headlines"]) == story["size"] for story in numbers["stories"])
