"""Numbers of stories for the tests of their page: a ferry in two developments, a budget, and two singletons."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
from simulated import HOSTILE

from classify.evaluation import evaluate_stories
from classify.headlines import Headlines

# Story, day, publisher, link and text; numbers have gaps, as they have after a merge.
ROWS = [
    *((9, f"2026-01-0{5 + i // 2}T08:0{i}", f"Paper {i}", f"https://paper.test/{i}?a=1&b=2",
       f"Ferry aground off Harwich with {n} on board") for i, n in enumerate((90, 91, 92, 93))),
    *((9, f"2026-01-08T09:0{i}", f"Paper {i}", f"http://paper.test/late/{i}",
       f"Tugs refloat ferry at Harwich after {n} hours") for i, n in enumerate((30, 31, 32, 33))),
    (4, "2026-01-06", "The Echo", "javascript:window.hacked=1", "Senate delays vote on budget"),
    (4, "2026-01-07", "The Echo", "data:text/html,x", "Budget vote delayed in Senate"),
    (7, "2026-01-07", "The Echo", None, HOSTILE[0]),
    (12, None, None, "https://snow.test", "Snow closes Brenner pass"),
]  # fmt: skip


def story_page_numbers(rows=ROWS, section="world"):
    """Evaluate the rows as stories that were found."""
    labels, dates, publishers, urls, texts = zip(*rows, strict=True)
    labels = np.array(labels)
    headlines = Headlines(
        pa.array(texts),
        date=pa.array(dates, pa.string()),
        publisher=pa.array(publishers, pa.string()),
        url=pa.array(urls, pa.string()),
        section=pa.array([section] * len(rows), pa.string()),
    )
    found = [
        SimpleNamespace(number=int(n), title=texts[members[0]], terms=("x",), headlines=members, size=len(members))
        for n, members in ((n, np.flatnonzero(labels == n)) for n in np.unique(labels))
    ]
    clusterer = SimpleNamespace(labels_=labels, stories_=found, get_params=lambda: {"n_stories": "auto"})
    return evaluate_stories(clusterer, headlines, name="a week")


def week(n=1300, n_stories=350, seed=0):
    """Make rows of a week with as many headlines and stories."""
    rng = np.random.default_rng(seed)
    story = np.sort((n_stories * rng.random(n) ** 3).astype(int))
    words = np.array(["".join(rng.choice(list("bdfgklmnprst"), 1)) + f"a{w:x}o" for w in range(3000)])
    return [
        (s, f"2026-01-{5 + i % 7:02}T10:{i % 60:02}", f"Paper {i % 40}", f"https://paper.test/{i}",
         " ".join([*words[8 * s : 8 * s + 4], *rng.choice(words, 6)]).capitalize())
        for i, s in enumerate(story.tolist())
    ]  # fmt: skip
