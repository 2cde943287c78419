"""Find near-duplicates, and split headlines into parts that share none."""

from classify.splits.near_duplicates import joint_groups, near_duplicate_groups, split_headlines

__all__ = [
    "joint_groups",
    "near_duplicate_groups",
    "split_headlines",
]
