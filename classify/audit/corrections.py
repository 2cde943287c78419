"""Apply the corrections that a person filled in in a table of suspicious labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.audit.explain import name_rows
from classify.core.arrow import to_numpy
from classify.headlines import Headlines
from classify.readers import read_headlines

__all__ = ["apply_corrections"]

_SEPARATOR = "\x1f"  # between the parts of a key


def apply_corrections(headlines: Headlines, path: str | Path) -> Headlines:
    r"""Replace sections by those filled in in a table of suspicious labels.

    A row is found by its id (its line number where it has none), headline and former section together, so that a table
    made from another corpus, or before the corpus changed, is noticed.

    Parameters
    ----------
    headlines
        The headlines that were audited, possibly with others.
    path
        The table of `find_suspicious` in any format that `read_headlines` reads; rows whose ``corrected`` is blank
        change nothing.

    Returns
    -------
        The headlines with the corrected sections.

    Raises
    ------
    ValueError
        If a row is not among the headlines, is corrected in two ways, or is corrected to a section that no headline
        has.

    Examples
    --------
    >>> import tempfile
    >>> from classify.core.arrow import from_strings
    >>> headlines = Headlines(from_strings(["Rovers win", "MPs vote"]), section=from_strings(["politics", "sport"]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "suspicious.csv")
    ...     _ = path.write_text("id,headline,section,corrected\n1,Rovers win,politics,sport\n2,MPs vote,sport,\n")
    ...     apply_corrections(headlines, path).section.to_pylist()
    ['sport', 'sport']
    """
    if headlines.section is None:
        raise ValueError("headlines without sections cannot be corrected; expected a section a headline")
    before, after = (_read(path, column) for column in ("section", "corrected"))
    if not len(after):  # nothing looked wrong
        return headlines
    given = pc.fill_null(pc.utf8_trim_whitespace(after.section), "")
    filled = pc.not_equal(given, "")
    keys, given, lines = _keys(before).filter(filled), given.filter(filled), after.line.filter(filled)
    known = _keys(headlines)
    _check(path, keys, given, lines, known, headlines.section)
    changed = pc.index_in(known, value_set=keys)
    section = pc.coalesce(given.take(changed), headlines.section)
    return Headlines(**{**headlines._columns(), "section": section})


def _keys(headlines: Headlines) -> pa.StringArray:
    """Return a key of each headline: id or line number, text and section."""
    section = pc.fill_null(headlines.section, "")
    return pc.binary_join_element_wise(name_rows(headlines), headlines.headline, section, _SEPARATOR)


def _read(path: str | Path, label_column: str) -> Headlines:
    """Read a table of suspicious labels; a row that cannot be read is an error."""
    try:
        reader = read_headlines(path, label_column=label_column)
    except ValueError as error:
        found, _, advice = str(error).rpartition("; ")
        if "--label-column" not in advice:  # which chooses a column of the corpus, not of this table
            raise
        raise ValueError(f"{found}; give the list that 'classify audit' wrote") from None
    with reader:
        headlines = Headlines.concat(reader)
        if reader.skipped:
            raise ValueError(
                f"{path}:{reader.skipped_lines[0]}: found a row that does not fit the table; "
                "expected the rows that 'classify audit' wrote; mend it"
            )
    if len(headlines) and headlines.section is None:
        raise ValueError(f"{path}: found no column {label_column!r}; expected the list that 'classify audit' wrote")
    return headlines


def _check(
    path: str | Path,
    keys: pa.StringArray,
    given: pa.StringArray,
    lines: pa.Int64Array,
    known: pa.StringArray,
    sections: pa.StringArray,
) -> None:
    """Raise for corrections of unknown rows, to unknown sections, or to two sections."""
    strange = np.flatnonzero(~to_numpy(pc.is_in(keys, value_set=known)))
    if len(strange):
        at = int(strange[0])
        name, headline = keys[at].as_py().split(_SEPARATOR)[:2]
        raise ValueError(
            f"{path}:{lines[at]}: {name} {headline[:40]!r} was not found with that section; expected a row of the "
            "corpus as it was audited; audit the corpus anew"
        )
    unknown = np.flatnonzero(~to_numpy(pc.is_in(given, value_set=sections)))
    if len(unknown):
        at = int(unknown[0])
        raise ValueError(
            f"{path}:{lines[at]}: found the section {given[at].as_py()!r}; expected one that other headlines of the "
            f"corpus have, such as {sections[0].as_py()!r}; correct the spelling"
        )
    table = pa.table({"key": keys, "given": given})
    if len(table.group_by(["key", "given"]).aggregate([])) != len(keys.unique()):
        raise ValueError(f"{path}: a headline is corrected in two ways; expected one section; leave one row of the two")
