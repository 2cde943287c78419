"""What a column of sections contains: one section a row, or several."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["several_sections"]


def several_sections(section: pa.StringArray) -> dict[str, int]:
    """Find values that are several sections; return each with its number of rows, most frequent first.

    A value is several where it is a JSON array, as the readers write lists of labels, or where it consists of other
    sections of the column between semicolons, bars or commas.

    Examples
    --------
    >>> several_sections(pa.array(["politics", "sport", "politics;sport", "arts; books", '["a", "b"]']))
    {'["a", "b"]': 1, 'politics;sport': 1}
    """
    candidates = pc.match_substring_regex(section, r'[;|,]|^\["').fill_null(False)
    if not pc.any(candidates).as_py():
        return {}
    counts = {entry["values"]: entry["counts"] for entry in pc.value_counts(section).to_pylist()}
    found = {name: n for name, n in counts.items() if name and _is_several(name, counts)}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _is_several(name: str, counts: dict[str, int]) -> bool:
    """Return whether a value is a list, or consists of other values."""
    if name.startswith('["'):
        return True
    for delimiter in ";|,":
        parts = [part.strip() for part in name.split(delimiter) if part.strip()]
        if len(parts) > 1 and all(part in counts for part in parts):
            return True
    return False
