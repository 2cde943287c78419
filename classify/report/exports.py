"""The tables of a report as files for other programs: CSV with all digits, LaTeX as the page shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from classify.report.tables import TABLES, table, to_frames

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FORMS", "TableForm", "table_files", "table_names"]

Numbers = Mapping[str, Any]
TableForm = Literal["csv", "latex"]

FORMS: tuple[TableForm, ...] = ("csv", "latex")

_ENDINGS = {"csv": ".csv", "latex": ".tex"}
_LONGEST = 400  # rows of a table of LaTeX; those of headlines are longer, and are for CSV
_SPECIAL = str.maketrans(
    {
        **{character: rf"\\{character}"[1:] for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
    }
)


def table_files(numbers: Numbers, form: TableForm) -> dict[str, str]:
    """Write the tables of a report, one file for each that has rows.

    Parameters
    ----------
    numbers
        As for `write_report`.
    form
        "csv", or "latex": a ``tabular`` for the package booktabs.

    Returns
    -------
    dict of str to str
        The content by name of file, such as "tables/per_section.csv".

    Examples
    --------
    >>> numbers = {"labels": ["a", "b"], "confusion_matrix": [[3, 1], [0, 2]]}
    >>> print(table_files(numbers, "csv")["tables/confusion_matrix.csv"].replace(chr(13), ""), end="")
    true section,a,b
    a,3,1
    b,0,2
    """
    write = _csv if form == "csv" else _latex
    return {_file(name, form): write(frame) for name, frame in to_frames(numbers).items() if len(frame)}


def table_names() -> list[str]:
    """List the files of tables that any report may have, its own tables left out."""
    return [_file(name, form) for name in TABLES for form in FORMS]


def _file(name: str, form: TableForm) -> str:
    """Return the file of a table, whose name may be a title."""
    return f"tables/{re.sub(r'[^0-9a-z]+', '_', name.lower()).strip('_')[:60] or 'table'}{_ENDINGS[form]}"


def _csv(frame: pd.DataFrame) -> str:
    """Write CSV, as RFC 4180 describes it."""
    return str(frame.to_csv(index=False, lineterminator="\r\n"))


def _latex(frame: pd.DataFrame) -> str:
    """Write a tabular: text at the left, numbers at the right, rounded, intervals in brackets."""
    shown = table(frame, _LONGEST)
    columns = list(zip(*shown["rows"], strict=True))
    places = "".join("r" if all(re.match(r"[−\-<+]?\d|–|$", cell) for cell in column) else "l" for column in columns)
    lines = [" & ".join(map(_escaped, row)) + r" \\" for row in (shown["header"], *shown["rows"])]
    end = [rf"% {shown['left_out']} more rows are in results.json"] if shown["left_out"] else []
    begin = [rf"\begin{{tabular}}{{{places}}}", r"\toprule", lines[0], r"\midrule"]
    return "\n".join([*begin, *lines[1:], r"\bottomrule", *end, r"\end{tabular}", ""])


def _escaped(text: str) -> str:
    r"""Return text that LaTeX prints as it is.

    Examples
    --------
    >>> print(_escaped("AT&T: 5_000 $ ^ \\x"))
    AT\&T: 5\_000 \$ \textasciicircum{} \textbackslash{}x
    """
    return text.translate(_SPECIAL)
