"""Prepare labelled headlines for training: checked, cleaned, numbered and grouped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from classify.classifier.labels import encode_sections
from classify.core.arrow import as_strings
from classify.splits import near_duplicate_groups
from classify.text import clean, find_suffixes

if TYPE_CHECKING:
    from collections.abc import Callable

    from classify.core.arrow import Texts


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Labelled headlines, ready for training.

    Attributes
    ----------
    headlines
        n cleaned headlines.
    suffixes
        Publisher names that were removed from them.
    classes
        Shape (n_sections,): the section names, sorted.
    y
        Shape (n,): the class number of each headline, n_sections for the `none_label`; with several sections a headline
        marks of them, shape (n, n_sections), 0 or 1.
    groups
        Shape (n,): groups for `deal_folds`, as given, else near-duplicates.
    """

    headlines: pa.Array
    suffixes: tuple[str, ...]
    classes: NDArray[Any]
    y: NDArray[np.intp]
    groups: ArrayLike


def prepare(
    headlines: Texts,
    sections: ArrayLike,
    groups: ArrayLike | None = None,
    publishers: Texts | None = None,
    none_label: str | None = None,
    encode: Callable[[Any, int, str | None], tuple[NDArray[Any], NDArray[np.intp]]] = encode_sections,
) -> TrainingSet:
    """Check labelled headlines, remove publisher suffixes, and find near-duplicates unless groups are given.

    A missing headline is a ValueError. Where all headlines are near-duplicates, each is a group of its own.

    Examples
    --------
    >>> found = prepare(["Rovers win cup!", "Rovers win cup", "Tax vote"], ["sport", "sport", "politics"])
    >>> found.classes.tolist(), found.y.tolist(), found.groups.tolist()
    (['politics', 'sport'], [1, 1, 0], [0, 0, 1])
    """
    column = as_strings(headlines)
    n = len(column)
    if column.null_count:
        raise ValueError(f"{column.null_count} of {n} headlines are missing; expected text; leave those rows out")
    classes, y = encode(sections, n, none_label)
    suffixes = find_suffixes(column, publishers)
    cleaned = clean(column, suffixes)
    if groups is None:
        found = near_duplicate_groups(cleaned)
        groups = found if found.any() else np.arange(n)
    return TrainingSet(cleaned, suffixes, classes, y, groups)
