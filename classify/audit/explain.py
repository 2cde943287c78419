"""Say in words why a label looks wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import to_numpy
from classify.headlines import Headlines

__all__ = ["Evidence", "Publisher", "name_rows", "reasons"]


@dataclass(frozen=True)
class Publisher:
    """Say what a publisher's name tells of the section.

    Attributes
    ----------
    name
        As it stands in the corpus.
    section
        Of most of its headlines.
    share
        Of its headlines that are of this section, 0 to 1.
    count
        Of its headlines.
    """

    name: str
    section: str
    share: float
    count: int


@dataclass(frozen=True)
class Evidence:
    """Hold what the witnesses said of n headlines.

    Attributes
    ----------
    headlines, cleaned
        The headlines as given, and as the model saw them.
    sections
        Shape (n_sections,): the section names, sorted.
    y
        Shape (n,): the number of each given section.
    groups
        Shape (n,): near-duplicates share a number.
    proba
        Shape (n, n_sections): out-of-fold probabilities of the model.
    publishers
        Shape (n,): names, "" where unknown.
    predicting
        The publishers that tell the section, by name.
    """

    headlines: Headlines
    sections: NDArray[Any]
    y: NDArray[np.intp]
    cleaned: pa.StringArray
    groups: NDArray[np.int64]
    proba: NDArray[np.float64]
    publishers: NDArray[Any]
    predicting: dict[str, Publisher]


def reasons(evidence: Evidence, listed: NDArray[np.int64]) -> Iterator[str]:
    """Say why each listed headline is suspicious, one text a row number of `listed`."""
    called = name_rows(evidence.headlines, "line ")
    texts = to_numpy(pc.utf8_lower(evidence.cleaned).dictionary_encode().indices)
    order = np.argsort(evidence.groups, kind="stable")
    bounds = np.append(0, np.cumsum(np.bincount(evidence.groups)))
    disputed = evidence.proba.argmax(axis=1) != evidence.y
    for row in listed:
        group = evidence.groups[row]
        twins = order[bounds[group] : bounds[group + 1]]
        twins = twins[twins != row]
        repeats = twins[texts[twins] == texts[row]]
        parts = [
            _say_words(evidence, row) if disputed[row] else "",
            _say_others(evidence, row, repeats, "the same headline stands", called),
            _say_others(evidence, row, twins[texts[twins] != texts[row]], "a near-duplicate stands", called),
            _say_publisher(evidence, row),
        ]
        words = "; ".join(part for part in parts if part)
        yield words if disputed[row] else f"{words}, though {_say_words(evidence, row)}"


def _say_words(evidence: Evidence, row: int) -> str:
    """Say what the model thinks of the words."""
    proba, given = evidence.proba[row], evidence.y[row]
    best = int(proba.argmax())
    if best == given:
        return f"its words fit {evidence.sections[given]} ({_percent(proba[given])})"
    return (
        f"its words fit {evidence.sections[best]} ({_percent(proba[best])}), "
        f"not {evidence.sections[given]} ({_percent(proba[given])})"
    )


def _say_others(evidence: Evidence, row: int, others: NDArray[np.int64], words: str, called: pa.StringArray) -> str:
    """Say under which other section the same headline, or a similar one, stands."""
    against = others[evidence.y[others] != evidence.y[row]]
    if not len(against):
        return ""
    section = int(np.bincount(evidence.y[against]).argmax())
    first = against[evidence.y[against] == section][0]
    times = f", {len(against)} of {len(others)} under another section than this" if len(others) > 1 else ""
    return f"{words} under {evidence.sections[section]} ({called[int(first)].as_py()}{times})"


def _say_publisher(evidence: Evidence, row: int) -> str:
    """Say what the publisher's other headlines are."""
    one = evidence.predicting.get(str(evidence.publishers[row]))
    if one is None or one.section == evidence.sections[evidence.y[row]]:
        return ""
    return f"{_percent(one.share)} of the {one.count:,} headlines of {one.name} are {one.section}"


def _percent(share: float) -> str:
    """Write a share in percent: whole ones, but small ones as "under 1 %"."""
    return "under 1 %" if share < 0.01 else "over 99 %" if 0.99 < share < 1 else f"{share:.0%}".replace("%", " %")


def name_rows(headlines: Headlines, before_line: str = "") -> pa.StringArray:
    """Name each headline by its id, or by its line number with a word before it."""
    lines = pc.binary_join_element_wise(before_line, headlines.line.cast(pa.string()), "")
    return lines if headlines.id is None else pc.coalesce(headlines.id, lines)
