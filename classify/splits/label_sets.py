"""Prepare headlines with several sections each."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.headlines import Headlines
from classify.splits.labelled import Labelled, labelled_rows, with_sections
from classify.splits.near_duplicates import joint_groups
from classify.text import clean_corpus

SEPARATOR = ";"


def split_sections(text: str | None) -> list[str]:
    """Return the sections of a cell: names between semicolons, or a JSON array; each once.

    Examples
    --------
    >>> split_sections("sport; politics;sport"), split_sections('["arts", "books"]'), split_sections(None)
    (['sport', 'politics'], ['arts', 'books'], [])
    """
    if text is None:
        return []
    names = text.split(SEPARATOR)
    if text.startswith("["):
        try:
            names = [str(name) for name in json.loads(text)]
        except (ValueError, TypeError, RecursionError):  # a name that begins with a bracket
            names = text.split(SEPARATOR)
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def prepare_label_sets(headlines: Headlines) -> Labelled:
    """Prepare headlines with several sections each, whose column becomes JSON arrays of sorted names.

    Rows without headline or section are left out. Of repeats the first row is kept, with the sections of all of them.

    Examples
    --------
    >>> from classify import Headlines
    >>> rows = Headlines(pa.array(["Cup vote", "Cup Vote"]), section=pa.array(["sport", "politics; sport"]))
    >>> prepare_label_sets(rows).sections.tolist()
    ['["politics", "sport"]']
    """
    rows = labelled_rows(headlines, several=True)
    assert rows.section is not None
    text = clean_corpus(rows.headline, rows.publisher)[0]
    _, first, codes = np.unique(
        pc.utf8_lower(text).dictionary_encode().indices.to_numpy(), return_index=True, return_inverse=True
    )
    sets: list[set[str]] = [set() for _ in first]
    for code, cell in zip(codes.tolist(), rows.section.to_pylist(), strict=True):
        sets[code].update(split_sections(cell))
    order = np.argsort(first)
    kept = first[order]
    cells = np.array([json.dumps(sorted(sets[i]), ensure_ascii=False) for i in order.tolist()], object)
    distinct = with_sections(rows.take(kept), cells)
    groups = joint_groups(distinct, text.take(pa.array(kept)))
    return Labelled(distinct, groups, len(headlines) - len(rows), len(rows) - len(kept))


def label_sets(rows: Labelled) -> list[list[str]]:
    """Return the sections of each prepared headline."""
    return [split_sections(cell) for cell in rows.sections.tolist()]
