"""Prepare the table of headlines: the worst mistakes, and all that fit for the page's script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from classify.core.display import printable
from classify.report.reasons import mark_reasons, words_text
from classify.report.rows import choose_fitting, compact, is_wrong, number_sections, rows_of

Numbers = Mapping[str, Any]

WORST = 100


def worst_mistakes(numbers: Numbers) -> list[dict[str, Any]]:
    """Return the wrong answers that the model was surest of, with their reasons marked.

    Parameters
    ----------
    numbers
        ``predictions``: rows with headline, section, predicted, probability, abstained and terms, or packed.

    Examples
    --------
    >>> row = {"headline": "Cup vote", "section": "a", "predicted": "b", "probability": 0.9}
    >>> [m["pieces"] for m in worst_mistakes({"predictions": [row]})]
    [[('Cup vote', 0)]]
    """
    wrong = [row for row in rows_of(numbers) if is_wrong(row)]
    wrong.sort(key=lambda row: -(row.get("probability") or 0))
    return [_marked(row) for row in wrong[:WORST]]


def _marked(row: Mapping[str, Any]) -> dict[str, Any]:
    """Add the pieces and the reasons of a headline to its row."""
    headline = str(row["headline"])
    words = row["words"]
    return {**row, "pieces": mark_reasons(headline, words), "reasons": words_text(headline, words)}


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
    return sum(map(is_wrong, rows_of(numbers)))


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
    predictions = rows_of(numbers)
    index = number_sections(predictions, numbers.get("labels") or ())
    packed, wrong = [_pack(row, index) for row in predictions], [is_wrong(row) for row in predictions]
    kept = choose_fitting(wrong, [_bytes_on_page(row) for row in packed], room)
    n_mistakes = sum(wrong[place] for place in kept)
    total = (numbers.get("data") or {}).get("n_test") or len(predictions)
    n_wrong = count_mistakes(numbers)
    return {
        "labels": [printable(name) for name in index],
        "matrix": numbers.get("confusion_matrix"),
        "wrong": [n_mistakes, n_wrong],
        "right": [len(kept) - n_mistakes, total - n_wrong],
        "rows": [packed[place] for place in kept],
    }


def _bytes_on_page(row: list[Any]) -> int:
    """Count the bytes of JSON within HTML, where each of four characters is written as six."""
    text = compact(row)
    return len(text) + 5 * sum(map(text.count, (b"<", b">", b"&", b"'"))) + 1


def _pack(row: Mapping[str, Any], index: Mapping[str, int]) -> list[Any]:
    """Pack one prediction."""
    return [
        str(row["headline"]),
        index[row["section"]],
        index[row["predicted"]],
        round(10_000 * (row.get("probability") or 0.0)),
        int(bool(row.get("abstained"))),
        [number for start, end, weight in row["words"] for number in (start, end - start, round(100 * weight))],
    ]
