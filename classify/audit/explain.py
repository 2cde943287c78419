"""Explain why a label looks wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.audit.signals import Signals
from classify.core.arrow import to_numpy
from classify.headlines import Headlines

__all__ = ["name_rows", "reasons"]


def reasons(signals: Signals, listed: NDArray[np.int64]) -> Iterator[str]:
    """Yield for each row number in `listed` why that headline is suspicious."""
    names = name_rows(signals.headlines, "line ")
    texts = to_numpy(pc.utf8_lower(signals.cleaned).dictionary_encode().indices)
    order = np.argsort(signals.groups, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(signals.groups)))
    predicting = {one.name: one for one in signals.predicting}
    disputed = signals.proba.argmax(axis=1) != signals.y
    for row in listed:
        group = signals.groups[row]
        others = order[bounds[group] : bounds[group + 1]]
        others = others[others != row]
        same_text = texts[others] == texts[row]
        parts = [
            _explain_words(signals, row) if disputed[row] else "",
            _explain_others(signals, row, others[same_text], "the same headline has", names),
            _explain_others(signals, row, others[~same_text], "a near-duplicate has", names),
        ]
        one = predicting.get(str(signals.publishers[row]))
        if one and one.section != signals.sections[signals.y[row]]:
            parts.append(f"{_percent(one.share)} of the {one.count:,} headlines of {one.name} are {one.section}")
        words = "; ".join(part for part in parts if part)
        yield words if disputed[row] else f"{words}, though {_explain_words(signals, row)}"


def _explain_words(signals: Signals, row: int) -> str:
    """Return which section the model finds most probable, and the given one if that is another."""
    proba, given = signals.proba[row], signals.y[row]
    best = int(proba.argmax())
    words = f"its words fit {signals.sections[best]} ({_percent(proba[best])})"
    return words if best == given else f"{words}, not {signals.sections[given]} ({_percent(proba[given])})"


def _explain_others(signals: Signals, row: int, others: NDArray[np.int64], words: str, names: pa.StringArray) -> str:
    """Return which other section most of `others` that disagree with the headline have, and the name of one of them."""
    against = others[signals.y[others] != signals.y[row]]
    if not len(against):
        return ""
    section = int(np.bincount(signals.y[against]).argmax())
    first = against[signals.y[against] == section][0]
    times = f", {len(against)} of {len(others)} differ from this one" if len(others) > 1 else ""
    return f"{words} the section {signals.sections[section]} ({names[int(first)].as_py()}{times})"


def _percent(share: float) -> str:
    """Format a share in whole percent, or as "under 1 %" or "over 99 %"."""
    return "under 1 %" if share < 0.01 else "over 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")


def name_rows(headlines: Headlines, before_line: str = "") -> pa.StringArray:
    """Return the id of each headline, or else its line number after the text `before_line`."""
    lines = pc.binary_join_element_wise(before_line, headlines.line.cast(pa.string()), "")
    return lines if headlines.id is None else pc.coalesce(headlines.id, lines)
