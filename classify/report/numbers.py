"""Write numbers as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from classify.core.json_text import escape_marks
from classify.report.rows import LONGEST, packed


def to_json(numbers: Mapping[str, Any]) -> str:
    """Write numbers as JSON that any reader takes: NaN and infinities become null.

    Each part is on a line, and each row of a part that has rows, so that a large one stays small;
    predictions are packed (see `pack_rows`), so that the whole grows with the sections and not with
    the headlines: by at most 3 MB.

    Examples
    --------
    >>> print(to_json({"a": float("nan"), "b": [1, "é"], "c": [{"d": 1}, {"d": 2}]}))
    {
    "a": null,
    "b": [1,"é"],
    "c": [
     {"d": 1},
     {"d": 2}
    ]
    }
    """
    numbers = packed(numbers)
    try:
        return escape_marks(_write(numbers))
    except ValueError:
        return escape_marks(_write(finite(numbers)))


def _write(numbers: Mapping[str, Any]) -> str:
    """Write numbers as JSON, or raise a ValueError where one is not finite."""
    parts = (f"{_line(str(key))}: {_part(value)}" for key, value in numbers.items())
    return "{\n" + ",\n".join(parts) + "\n}"


def _part(value: Any) -> str:  # noqa: ANN401 (JSON)
    """Write one part: its rows on lines of their own, where it has rows."""
    if isinstance(value, Mapping) and any(isinstance(item, (Mapping, list)) for item in value.values()):
        rows = ",\n ".join(f"{_line(key)}: {_line(item)}" for key, item in value.items())
        return f"{{\n {rows}\n}}"
    if isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
        rows = ",\n ".join(map(_line, value))
        return f"[\n {rows}\n]"
    return _line(value)


def _line(value: Any) -> str:  # noqa: ANN401 (JSON)
    """Write JSON on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ": "))


def finite(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Replace NaN and infinities by None and cut texts to 2,000 characters, at any depth.

    Examples
    --------
    >>> finite({"a": [float("inf"), 1]}), len(finite("x" * 1_000_000))
    ({'a': [None, 1]}, 2000)
    """
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    if isinstance(value, Mapping):
        return {finite(str(key)): finite(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
