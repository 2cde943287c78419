"""Write numbers as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any


def to_json(numbers: Mapping[str, Any]) -> str:
    """Write numbers as JSON that any reader takes: NaN and infinities become null.

    Examples
    --------
    >>> print(to_json({"a": float("nan"), "b": [1, "é"]}))
    {
     "a": null,
     "b": [
      1,
      "é"
     ]
    }
    """
    return json.dumps(finite(numbers), ensure_ascii=False, indent=1, allow_nan=False)


def finite(value: Any) -> Any:  # noqa: ANN401 (JSON)
    """Replace NaN and infinities by None, at any depth."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
