"""Prepare the table of headlines: the worst mistakes, and all that fit for the page's script."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from classify.report.reasons import mark_reasons, weigh_words, words_text
from classify.report.words import tame

Numbers = Mapping[str, Any]

WORST = 100
# Of the room, the share that mistakes may take before some right answers are shown beside them.
FOR_MISTAKES = 0.85


def worst_mistakes(numbers: Numbers) -> list[dict[str, Any]]:
    """Return the wrong answers that the model was surest of, with their reasons marked.

    Parameters
    ----------
    numbers
        ``predictions``: rows with headline, section, predicted, probability, abstained and terms.

    Examples
    --------
    >>> row = {"headline": "Cup vote", "section": "a", "predicted": "b", "probability": 0.9}
    >>> [m["pieces"] for m in worst_mistakes({"predictions": [row]})]
    [[('Cup vote', 0)]]
    """
    wrong = [row for row in numbers.get("predictions") or () if _is_wrong(row)]
    wrong.sort(key=lambda row: -(row.get("probability") or 0))
    return [_marked(row) for row in wrong[:WORST]]


def _marked(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add the pieces and the reasons of a headline to its row."""
    headline = str(row["headline"])
    words = weigh_words(headline, row.get("terms") or ())
    return {**row, "pieces": mark_reasons(headline, words), "reasons": words_text(headline, words)}


def _is_wrong(row: Mapping[str, Any]) -> bool:
    """Tell whether an answer is wrong."""
    return bool(row["predicted"] != row["section"])


def count_mistakes(numbers: Numbers) -> int:
    """Count the mistakes on the whole test set.

    Examples
    --------
    >>> count_mistakes({"confusion_matrix": [[3, 1], [2, 4]]})
    3
    """
    matrix = numbers.get("confusion_matrix")
    if matrix:
        return int(np.sum(matrix) - np.trace(np.asarray(matrix)))
    return sum(_is_wrong(row) for row in numbers.get("predictions") or ())


def payload(numbers: Numbers, room: int) -> dict[str, Any]:
    """Pack predictions for the page's script, as many as fit in so many bytes: mistakes, then right answers.

    Parameters
    ----------
    numbers
        The evaluation; its labels come first in the list of sections, so that positions in the
        confusion matrix hold.
    room
        Bytes of JSON, escaped for HTML.

    Returns
    -------
    dict
        labels; matrix (or None); wrong and right, each [packed, of all test headlines]; rows of
        [headline, true, predicted, probability, abstained, marks]: sections are positions in
        labels, probabilities count ten-thousandths, marks are start, length and a hundred times the
        weight of each word, one after the other.
    """
    predictions = numbers.get("predictions") or []
    seen = [name for row in predictions for name in (row["section"], row["predicted"])]
    labels = list(dict.fromkeys([*(numbers.get("labels") or []), *seen]))
    index = {name: i for i, name in enumerate(labels)}
    wrong = [row for row in predictions if _is_wrong(row)]
    right = [row for row in predictions if not _is_wrong(row)]
    mistakes, used = _pack_all(wrong, index, int(room * FOR_MISTAKES))
    others, beside = _pack_all(right, index, room - used)
    mistakes += _pack_all(wrong[len(mistakes) :], index, room - used - beside)[0]
    total = (numbers.get("data") or {}).get("n_test") or len(predictions)
    n_wrong = count_mistakes(numbers)
    return {
        "labels": [tame(name) for name in labels],
        "matrix": numbers.get("confusion_matrix"),
        "wrong": [len(mistakes), n_wrong],
        "right": [len(others), total - n_wrong],
        "rows": [*mistakes, *others],
    }


def _pack_all(
    rows: Iterable[Mapping[str, Any]], index: Mapping[str, int], room: int
) -> tuple[list[list[Any]], int]:
    """Pack rows from the first on while they fit; return them and the bytes they take."""
    packed, used = [], 0
    for row in rows:
        one = _pack(row, index)
        text = json.dumps(one, ensure_ascii=False, separators=(",", ":"))
        # Each of these is written as six characters.
        size = len(text.encode("utf-8", "replace")) + 5 * sum(map(text.count, "<>&'")) + 1
        if used + size > room:
            break
        packed.append(one)
        used += size
    return packed, used


def _pack(row: Mapping[str, Any], index: Mapping[str, int]) -> list[Any]:
    """Pack one prediction."""
    headline = str(row["headline"])
    words = weigh_words(headline, row.get("terms") or ())
    return [
        headline,
        index[row["section"]],
        index[row["predicted"]],
        round(10_000 * (row.get("probability") or 0.0)),
        int(bool(row.get("abstained"))),
        [number for start, end, weight in words for number in (start, end - start, round(100 * weight))],
    ]
