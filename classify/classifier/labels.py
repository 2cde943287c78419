"""Check the labels and the mask that a user passes, and number the labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from classify.core.groups import is_missing

MAX_SECTIONS = 500
"""More sections than this are an error: most likely another column was taken for the labels."""


def encode_sections(
    sections: ArrayLike, n: int, none_label: str | None = None
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Check the labels; return the classes and the class number of each headline, len(classes) for `none_label`."""
    distinct, numbers = _distinct(sections)
    if numbers.shape != (n,):
        raise ValueError(f"{n} headlines but sections of shape {numbers.shape}; expected ({n},)")
    missing = [i for i, label in enumerate(distinct.tolist()) if is_missing(label)]
    if missing:
        blank = int(np.isin(numbers, missing).sum())
        raise ValueError(f"{blank} of {n} sections are blank; expected one a headline; leave those rows out")
    labels = _of_one_type(distinct)
    none = labels == none_label
    if none_label is not None and not none.any():
        raise ValueError(f"no headline has the section none_label={none_label!r}; expected some, or None")
    classes = np.unique(labels[~none])
    if not 2 <= len(classes) <= MAX_SECTIONS:
        raise ValueError(
            f"{len(classes)} different section(s) found; expected 2 to {MAX_SECTIONS}; "
            "choose the column that holds the sections"
        )
    return classes, np.where(none, len(classes), np.searchsorted(classes, labels))[numbers]


def readable(sections: Any) -> Any:  # noqa: ANN401 (whatever the caller gave)
    """Return a column that only Arrow's stream can read as an Arrow array, and all else as it is."""
    if hasattr(sections, "__arrow_c_stream__") and not hasattr(sections, "__array__"):
        import pyarrow as pa

        return pa.chunked_array(sections)
    return sections


def _of_one_type(distinct: NDArray[Any]) -> NDArray[Any]:
    """Return the distinct labels as an array of text or numbers; a mixture, dates or bytes are a ValueError."""
    labels = distinct if distinct.dtype.kind in "Uiufb" else np.array(distinct.tolist())
    mixed = labels.dtype.kind == "U" and not all(isinstance(label, str) for label in distinct.tolist())
    if mixed or labels.dtype.kind not in "Uiufb":
        types = " and ".join(sorted({type(label).__name__ for label in distinct.tolist()}))
        raise ValueError(f"sections of type {types} were found; expected only text or only numbers; convert them")
    return labels


def _distinct(sections: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:  # noqa: ANN401 (whatever the caller gave)
    """Return the distinct labels, as objects unless they came in an array of a NumPy type, and the number of each."""
    sections = readable(sections)
    if hasattr(sections, "__array__") and not hasattr(sections, "to_pylist"):
        sections = np.asarray(sections)
        if sections.ndim != 1:
            raise ValueError(f"sections of shape {sections.shape}; expected one dimension; pass one column")
        if sections.dtype.kind != "O":
            return np.unique(sections, return_inverse=True)
    return _distinct_objects(sections)


def _distinct_objects(sections: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:  # noqa: ANN401 (any sequence)
    """Return the distinct labels of a sequence as objects, and the number of each."""
    listed = sections.to_pylist() if hasattr(sections, "to_pylist") else sections
    if isinstance(listed, str | bytes) or not hasattr(listed, "__len__"):
        raise ValueError(f"sections of type {type(sections).__name__}; expected a sequence with one label a headline")
    listed = list(listed)
    try:
        number = {label: i for i, label in enumerate(dict.fromkeys(listed))}
    except TypeError:
        number = {(): 0}  # unhashable, so no label
    if not all(label is None or np.isscalar(label) or is_missing(label) for label in number):
        raise ValueError("a section that is neither text nor a number was found; expected one label a headline")
    # As objects: in an array of strings a missing value would become the string "nan".
    labels = np.empty(len(number), dtype=object)
    labels[:] = list(number)
    return labels, np.fromiter(map(number.__getitem__, listed), np.intp, len(listed))


def check_mask(calibration_mask: ArrayLike | None, y: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Check the mask of the headlines to calibrate on; all of them by default."""
    if calibration_mask is None:
        return np.ones(len(y), bool)
    mask = np.asarray(calibration_mask)
    if mask.shape != y.shape or mask.dtype != bool:
        raise ValueError(f"calibration_mask of {mask.dtype}, shape {mask.shape}; expected bool, shape {y.shape}")
    if len(np.unique(y[mask])) != len(np.unique(y)):
        raise ValueError("a section does not occur among the headlines of calibration_mask; expected each of them")
    return mask
