"""Columns of strings as JSON text."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import EMPTY, from_strings

__all__ = ["quote"]

_QUOTE = from_strings(['"'])[0]


def quote(column: pa.StringArray) -> pa.StringArray:
    r"""Return strings as JSON text, null where they are; one at a time only where something must be escaped.

    Examples
    --------
    >>> quote(pa.array(["Rain", 'a "b"', None])).to_pylist()
    ['"Rain"', '"a \\"b\\""', None]
    """
    quoted = pc.binary_join_element_wise(_QUOTE, column, _QUOTE, EMPTY)
    odd = pc.match_substring_regex(pc.fill_null(column, EMPTY), r'[\x00-\x1f"\\]')
    if pc.any(odd).as_py():
        escaped = [json.dumps(text, ensure_ascii=False) for text in column.filter(odd).to_pylist()]
        quoted = pc.replace_with_mask(quoted, odd, from_strings(escaped))
    return quoted
