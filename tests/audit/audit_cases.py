"""Labelled corpora, with and without errors, for the tests of the audit."""

from __future__ import annotations

import numpy as np
from conftest import batch

from classify import Headlines
from classify.core.arrow import from_strings

SPORT = ["Rovers win the cup", "Striker signs for Rovers", "Keeper saves late penalty", "United lose the derby"]
POLITICS = ["MPs vote on tax", "Senate passes tax bill", "Minister resigns over vote", "Parliament debates budget"]


def corpus(texts, sections, **columns):
    """Build labelled headlines."""
    return batch(texts, section=sections, **columns)


def with_errors(headlines, share=0.05, seed=1):
    """Change a share of the labels at random; return the headlines and which rows were changed."""
    names, y = np.unique(np.array(headlines.section.to_pylist()), return_inverse=True)
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(y), round(share * len(y)), replace=False)
    y[rows] = (y[rows] + rng.integers(1, len(names), len(rows))) % len(names)
    columns = {**headlines._columns(), "section": from_strings(names[y].tolist())}
    return Headlines(**columns), set(rows.tolist())
