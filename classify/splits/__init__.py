"""Find near-duplicates, prepare labelled headlines, split them into parts and assign them to folds."""

from classify.splits.folds import deal_folds
from classify.splits.label_sets import label_sets, prepare_label_sets
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
from classify.splits.near_duplicates import joint_groups, near_duplicate_groups
from classify.splits.sample import sample_headlines
from classify.splits.split import split_headlines

__all__ = [
    "Labelled",
    "Parts",
    "Split",
    "deal_folds",
    "divide",
    "joint_groups",
    "label_sets",
    "labelled_rows",
    "near_duplicate_groups",
    "pair_labelled",
    "prepare_label_sets",
    "prepare_labelled",
    "sample_headlines",
    "split_headlines",
    "with_sections",
]
