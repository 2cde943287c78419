"""Simulated headlines, and what `train` and `evaluate_stories` measure on them, for tests of figures and pages."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from classify.headlines import Headlines

# Markup that a browser would run, or that would break a page: simulated headlines begin with it.
HOSTILE = ("<script>window.hacked = true</script>", "<img src=x onerror='window.hacked = true'>", "</table>{{ 7 * 7 }}")
SECTIONS = (
    "politics",
    "sport",
    "arts",
    "tech",
    "business",
    "world news",
    "science & health",
    "travel",
    "food",
    "style",
)


def news(k: int = 4, n: int = 1500, names: tuple[str, ...] = (), seed: int = 0) -> Headlines:
    """Make n headlines of k sections with dates, publishers, near-duplicates and hostile text, some hard to tell."""
    rng = np.random.default_rng(seed)
    names = names or (*SECTIONS, *(f"the desk of region {i}, which has a long name" for i in range(k)))[:k]
    syllables = [a + b for a in "bdfglmnprst" for b in "aeiou"]
    made = np.random.default_rng(1).choice(syllables, (k + 1, 40, 3))
    words = np.array([["".join(word) for word in part] for part in made])
    section = rng.choice(k, n, p=np.random.default_rng(2).dirichlet(np.full(k, 5.0)))
    other = np.where(rng.random(n) < 0.25, rng.choice(k, n), section)
    common, number = words[k], rng.integers(2, 7, n)
    rows = [
        " ".join([*rng.choice(common, c), rng.choice(words[s]), *rng.choice(words[o], 2)]).capitalize()
        for s, o, c in zip(section, other, number, strict=True)
    ]
    for i in range(0, n - 1, 12):  # a near-duplicate
        rows[i + 1], section[i + 1] = f"{rows[i]} {rng.choice(common)}", section[i]
    for i in range(5, n, 20):
        rows[i] = f"{HOSTILE[i % 3]} {rows[i]}"
    return Headlines(
        pa.array(rows),
        section=pa.array([names[s] for s in section]),
        date=pa.array([f"2022-0{1 + i % 6}-1{i % 9}" for i in range(n)]),
        publisher=pa.array([f"The {common[i % 15].title()} Courier" for i in range(n)]),
        line=pa.array(range(n)),
    )


@cache
def _section_numbers(k: int, n: int, names: tuple[str, ...]) -> str:
    """Evaluate classifiers of k sections on a fifth of n headlines; return the numbers as JSON."""
    from classify import HeadlineClassifier
    from classify.evaluation import N_PREDICTIONS, compare_classifiers, train

    corpus, few = news(k, n, names), news(k, max(n // 5, 60), names, seed=1)
    training = train(corpus, n_sizes=3 if k < 9 else 0, n_predictions=N_PREDICTIONS)
    rivals = {"words alone": HeadlineClassifier(char_ngrams=None).fit(few.headline, few.section)}
    if k > 2:  # with one section left there is nothing to learn
        missing = few.section.to_pylist()[0]
        known = few.take(np.flatnonzero([section != missing for section in few.section.to_pylist()]))
        name = f"a fifth of the headlines, and no section {missing[:40]}"
        rivals[name] = HeadlineClassifier().fit(known.headline, known.section)
    compared = {"this classifier": training.classifier, **rivals}
    comparison = compare_classifiers(compared, news(k, 400, names, seed=2))
    trials = [{"params": {"C": 2.0**i}, "score": 0.7 + 0.02 * (i % 5), "seconds": 3.0 + i} for i in range(12)]
    search = {"trials": trials, "best": 4}
    return json.dumps({**training.evaluation, "comparison": comparison, "search": search})


@cache
def _story_numbers(n: int) -> str:
    """Cluster headlines of n stories; return the numbers of the evaluation as JSON."""
    from classify import StoryClusterer, evaluate_stories

    rng = np.random.default_rng(n)
    sizes = np.sort(1 + rng.poisson(3, n))[::-1] + np.where(np.arange(n) == 0, 10, 0)
    words = np.array(["".join(rng.choice([a + b for a in "bdfglmnprst" for b in "aeiou"], 3)) for _ in range(12 * n)])
    story = np.repeat(np.arange(n), sizes)
    rows = [" ".join(rng.choice(words[12 * s : 12 * s + 9], 7, replace=False)).capitalize() for s in story]
    rows = [f"{HOSTILE[0]} {row}" if s == 0 else row for row, s in zip(rows, story, strict=True)]
    headlines = Headlines(
        pa.array(rows),
        story=pa.array([f"s{s}" for s in story]),
        section=pa.array([SECTIONS[s % 4] for s in story]),
        date=pa.array([f"2022-03-1{(s + i) % 9}" for i, s in enumerate(story)]),
        publisher=pa.array(["The Courier"] * len(rows)),
        line=pa.array(range(len(rows))),
    )
    numbers = evaluate_stories(StoryClusterer().fit(headlines.headline, headlines.date), headlines)
    score = numbers["scores"]["bcubed"]["f1"]
    choice = {"k": [n // 2, n], "score": [score / 2, score], "chosen": n, "score_name": "B-cubed F1"}
    return json.dumps({**numbers, "choice": choice})


def section_numbers(k: int = 4, n: int = 1500, names: tuple[str, ...] = (), **changes: object) -> dict[str, Any]:
    """Return the numbers of an evaluation with k sections, some of them changed."""
    return json.loads(_section_numbers(k, n, names)) | changes


def story_numbers(n: int = 60, **changes: object) -> dict[str, Any]:
    """Return the numbers of an evaluation with n stories, some of them changed."""
    return json.loads(_story_numbers(n)) | changes
