"""Pack test headlines and their answers into columns, as results.json has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from classify.report.reasons import WRITTEN, weigh_words, word_bounds

Row = Mapping[str, Any]

# Bytes of JSON: 21,000 headlines of 95 bytes with their reasons.
MOST_BYTES = 3_000_000
# Characters of a text; headlines of a megabyte occur.
LONGEST = 2_000
# Of the room, the share that mistakes may take before some right answers are shown beside them.
FOR_MISTAKES = 0.85


def pack_rows(rows: Sequence[Row], labels: Sequence[str] = (), room: int = MOST_BYTES) -> dict[str, list[Any]]:
    """Turn rows of predictions into columns: as many as fit in so many bytes of JSON, mistakes first.

    Parameters
    ----------
    rows
        Rows of headline, section, predicted, probability, abstained and terms.
    labels
        Sections, which come first in the list of sections.
    room
        Bytes of JSON.

    Returns
    -------
    dict
        sections; and for each row its headline, section and predicted (positions in sections),
        probability (four digits), abstained (0 or 1) and words: of the six words that weigh most, one
        after the other, the number of the word in the headline and a hundred times its weight.

    Examples
    --------
    >>> terms = [{"term": "late save", "weight": 1.0}]
    >>> row = {"headline": "A late save", "section": "a", "predicted": "b", "probability": 0.9, "terms": terms}
    >>> pack_rows([row])["words"], pack_rows([row], room=20)["words"]
    ([[1, 50, 2, 50]], [])
    """
    index = number_sections(rows, labels)
    cells = [_cells(row, index) for row in rows]
    kept = choose_fitting([is_wrong(row) for row in rows], [len(compact(each)) for each in cells], room)
    names = ("headline", "section", "predicted", "probability", "abstained", "words")
    columns = zip(*(cells[place] for place in kept), strict=True) if kept else ((),) * len(names)
    return {"sections": list(index), **{name: list(column) for name, column in zip(names, columns, strict=True)}}


def rows_of(numbers: Row) -> list[dict[str, Any]]:
    """List the predictions, as they were measured or packed: each with its words, a start, an end and a weight each.

    Examples
    --------
    >>> row = {"headline": "A late save", "section": "a", "predicted": "b", "terms": [{"term": "save", "weight": 0.5}]}
    >>> rows_of({"predictions": [row]})[0]["words"], rows_of({"predictions": pack_rows([row])})[0]["words"]
    ([(7, 11, 0.5)], [(7, 11, 0.5)])
    """
    given = numbers.get("predictions") or []
    if isinstance(given, Mapping):
        return _unpacked(given)
    return [{**row, "words": weigh_words(str(row["headline"]), row.get("terms") or ())} for row in given]


def packed(numbers: Row) -> Row:
    """Pack the predictions of some numbers, unless they are or there are none.

    Examples
    --------
    >>> packed({"predictions": []}), packed({"kind": "stories"})
    ({'predictions': []}, {'kind': 'stories'})
    """
    rows = numbers.get("predictions")
    if not rows or isinstance(rows, Mapping):
        return numbers
    return {**numbers, "predictions": pack_rows(rows, numbers.get("labels") or ())}


def number_sections(rows: Sequence[Row], labels: Sequence[str]) -> dict[str, int]:
    """Number the sections, those of the labels first, then what else the rows name.

    Examples
    --------
    >>> number_sections([{"section": "weather", "predicted": "sport"}], ["politics", "sport"])
    {'politics': 0, 'sport': 1, 'weather': 2}
    """
    seen = [name for row in rows for name in (row["section"], row["predicted"])]
    return {name: place for place, name in enumerate(dict.fromkeys([*labels, *seen]))}


def is_wrong(row: Row) -> bool:
    """Return whether an answer is wrong."""
    return bool(row["predicted"] != row["section"])


def choose_fitting(wrong: Sequence[bool], sizes: Sequence[int], room: int) -> list[int]:
    """Choose the places of what fits: mistakes from the first on, some right answers, then the mistakes left.

    Examples
    --------
    >>> choose_fitting([True, True, False, False], [4, 4, 4, 4], 12)
    [0, 1, 2]
    """
    mistakes = [place for place, each in enumerate(wrong) if each]
    right = [place for place, each in enumerate(wrong) if not each]
    first = _while_they_fit(mistakes, sizes, int(room * FOR_MISTAKES))
    room -= sum(sizes[place] for place in first)
    beside = _while_they_fit(right, sizes, room)
    room -= sum(sizes[place] for place in beside)
    return [*first, *_while_they_fit(mistakes[len(first) :], sizes, room), *beside]


def compact(value: object) -> bytes:
    """Write JSON without spaces, as UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _while_they_fit(places: Sequence[int], sizes: Sequence[int], room: int) -> list[int]:
    """Take places from the first on while their sizes fit."""
    used = 0
    for number, place in enumerate(places):
        used += sizes[place]
        if used > room:
            return list(places[:number])
    return list(places)


def _cells(row: Row, index: Mapping[str, int]) -> list[Any]:
    """Write one row of the columns."""
    headline = str(row["headline"])[:LONGEST]
    words = weigh_words(headline, row.get("terms") or ())
    heaviest = sorted(words, key=lambda word: -abs(word[2]))[:WRITTEN]
    numbers = {start: number for number, (start, _) in enumerate(word_bounds(headline))}
    weights = [(numbers[start], round(100 * weight)) for start, _, weight in sorted(heaviest)]
    return [
        headline,
        index[row["section"]],
        index[row["predicted"]],
        round(row.get("probability") or 0.0, 4),
        int(bool(row.get("abstained"))),
        [number for pair in weights if pair[1] for number in pair],
    ]


def _unpacked(packed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Turn columns into rows."""
    names, rows = packed["sections"], []
    keys = ("headline", "section", "predicted", "probability", "abstained", "words")
    for headline, true, best, probability, abstained, words in zip(*(packed[key] for key in keys), strict=True):
        bounds = word_bounds(headline)
        rows.append(
            {
                "headline": headline,
                "section": names[true],
                "predicted": names[best],
                "probability": probability,
                "abstained": bool(abstained),
                "words": [(*bounds[word], weight / 100) for word, weight in zip(words[::2], words[1::2], strict=True)],
            }
        )
    return rows
