"""Find near-duplicates, split headlines into parts that share none, and assign headlines to folds."""

from classify.splits.folds import deal_folds
from classify.splits.near_duplicates import joint_groups, near_duplicate_groups
from classify.splits.split import split_headlines

__all__ = [
    "deal_folds",
    "joint_groups",
    "near_duplicate_groups",
    "split_headlines",
]
