"""Find near-duplicates, prepare labelled headlines, and split them into parts that share none."""

from classify.splits.labelled import (
    Labelled,
    Parts,
    Split,
    divide,
    labelled_rows,
    pair_labelled,
    prepare_labelled,
    with_sections,
)
from classify.splits.near_duplicates import joint_groups, near_duplicate_groups, split_headlines

__all__ = [
    "Labelled",
    "Parts",
    "Split",
    "divide",
    "joint_groups",
    "labelled_rows",
    "near_duplicate_groups",
    "pair_labelled",
    "prepare_labelled",
    "split_headlines",
    "with_sections",
]
