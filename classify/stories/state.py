"""What a `StoryClusterer` has learned, as one value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classify.stories.engine import Learned


@dataclass(frozen=True)
class StoryState:
    """What a fitted `StoryClusterer` knows; `assign` replaces it by another.

    Attributes
    ----------
    suffixes
        Publisher suffixes that the headlines showed.
    labels, days, id_hashes
        Story, day (NaN where undated) and hash of the id (0 where none) of each headline, shape (n,).
    titles, terms
        The title and the terms of each story.
    learned
        What the clustering itself keeps.
    """

    suffixes: tuple[str, ...]
    labels: NDArray[np.int64]
    days: NDArray[np.float64]
    id_hashes: NDArray[np.uint64]
    titles: tuple[str, ...]
    terms: tuple[tuple[str, ...], ...]
    learned: Learned
