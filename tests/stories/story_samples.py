"""What several tests of stories share: headlines of three stories, and a comparison of groupings."""

from __future__ import annotations

import numpy as np

from classify.core.groups import number_by_appearance

CUP = ["Rovers win cup final", "Late goal wins cup for Rovers", "Rovers lift the cup after late goal"]
BUDGET = ["Budget vote delayed", "Parliament delays vote on budget", "Vote on the budget put off"]
SINGLETON = ["Giraffe escapes from Antwerp zoo"]
HEADLINES = [*CUP, *BUDGET, *SINGLETON]


def same_groups(first, second):
    """Return whether two groupings differ in their numbers only."""
    return np.array_equal(number_by_appearance(np.asarray(first)), number_by_appearance(np.asarray(second)))
