"""Prepare the table of headlines: the worst mistakes, and all that fit for the page's script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from classify.report.reasons import mark_reasons
from classify.report.tables import reasons_text

Numbers = Mapping[str, Any]

WORST = 100
# Terms written out under a headline; the marks in it use all that are given.
TERMS = 6


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
    wrong = [row for row in numbers.get("predictions") or () if row["predicted"] != row["section"]]
    wrong.sort(key=lambda row: -(row.get("probability") or 0))
    return [
        {
            **row,
            "pieces": mark_reasons(str(row["headline"]), row.get("terms") or ()),
            "reasons": reasons_text(_strongest(row.get("terms") or ())),
        }
        for row in wrong[:WORST]
    ]


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
    return sum(row["predicted"] != row["section"] for row in numbers.get("predictions") or ())


def payload(numbers: Numbers, room: int) -> dict[str, Any]:
    """Pack predictions for the page's script, from the first, as many as fit in so many bytes.

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
        labels; matrix (or None); total (test headlines); rows of [pieces, true, predicted,
        probability, abstained, reasons], where a piece is a text or [text, strength], and sections
        are positions in labels.
    """
    from jinja2.utils import htmlsafe_json_dumps

    predictions = numbers.get("predictions") or []
    seen = [name for row in predictions for name in (row["section"], row["predicted"])]
    labels = list(dict.fromkeys([*(numbers.get("labels") or []), *seen]))
    index = {name: i for i, name in enumerate(labels)}
    rows = []
    for prediction in predictions:
        row = _pack(prediction, index)
        room -= (
            len(str(htmlsafe_json_dumps(row, ensure_ascii=False)).encode("utf-8", "replace")) + 2
        )
        if room < 0:
            break
        rows.append(row)
    total = (numbers.get("data") or {}).get("n_test") or len(predictions)
    return {
        "labels": labels,
        "matrix": numbers.get("confusion_matrix"),
        "total": total,
        "rows": rows,
    }


def _pack(row: Mapping[str, Any], index: Mapping[str, int]) -> list[Any]:
    """Pack one prediction."""
    terms = row.get("terms") or ()
    pieces = [
        [text, level] if level else text
        for text, level in mark_reasons(str(row["headline"]), terms)
    ]
    probability = round(row.get("probability") or 0.0, 4)
    abstained = int(bool(row.get("abstained")))
    return [
        pieces,
        index[row["section"]],
        index[row["predicted"]],
        probability,
        abstained,
        reasons_text(_strongest(terms)),
    ]


def _strongest(terms: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Keep the terms that weigh most, for or against, in their order."""
    order = np.argsort([-abs(term["weight"]) for term in terms], kind="stable")[:TERMS]
    return [terms[i] for i in np.sort(order)]
