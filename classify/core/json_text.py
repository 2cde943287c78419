"""Columns of strings as JSON text that cannot steer a terminal."""

from __future__ import annotations

import json
import re

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import EMPTY, from_strings

__all__ = ["escape_marks", "quote"]

# Control characters that JSON leaves as they are, and those that change the direction of writing.
_MARKS = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ODD = r'[\x00-\x1f"\\\x7f-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]'
_QUOTE = from_strings(['"'])[0]


def escape_marks(text: str) -> str:
    r"""Escape what terminals obey, in JSON text, where it can only be within strings.

    Examples
    --------
    >>> print(escape_marks('{"title": "a\u202eb"}'))
    {"title": "a\u202eb"}
    """
    return _MARKS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def quote(column: pa.StringArray) -> pa.StringArray:
    r"""Return strings as JSON text, null where they are; one at a time only where something must be escaped.

    Examples
    --------
    >>> quote(pa.array(["Rain", 'a "b"', None])).to_pylist()
    ['"Rain"', '"a \\"b\\""', None]
    """
    quoted = pc.binary_join_element_wise(_QUOTE, column, _QUOTE, EMPTY)
    odd = pc.match_substring_regex(pc.fill_null(column, EMPTY), _ODD)
    if pc.any(odd).as_py():
        escaped = [escape_marks(json.dumps(text, ensure_ascii=False)) for text in column.filter(odd).to_pylist()]
        quoted = pc.replace_with_mask(quoted, odd, from_strings(escaped))
    return quoted
