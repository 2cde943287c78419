"""Tables of HTML that notebooks show for an object; every text in them is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from classify.core.display import elide

__all__ = ["facts_html", "table_html"]

_LONGEST = 160  # columns of a cell


def table_html(caption: object, header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; cells that are numbers are set right, all others in the direction of their text.

    Examples
    --------
    >>> print(table_html("a & b", ["x"], [["<i>"], [0.25]]))
    <table><caption>a &amp; b</caption><thead><tr><th>x</th></tr></thead><tbody><tr><td dir="auto" \
style="text-align: start">&lt;i&gt;</td></tr><tr><td>0.250</td></tr></tbody></table>
    """
    head = "".join(f"<th>{_escaped(name)}</th>" for name in header)
    top = f"<thead><tr>{head}</tr></thead>" if header else ""
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><caption>{_escaped(caption)}</caption>{top}<tbody>{body}</tbody></table>"


def facts_html(caption: object, facts: Iterable[tuple[object, object]]) -> str:
    r"""Return a table of names and values.

    Examples
    --------
    >>> "<th scope=\"row\">size</th><td>1,200</td>" in facts_html("model", [("size", 1200)])
    True
    """
    body = "".join(f'<tr><th scope="row">{_escaped(name)}</th>{_cell(value)}</tr>' for name, value in facts)
    return f"<table><caption>{_escaped(caption)}</caption><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    """Return one cell."""
    if isinstance(value, float):
        return f"<td>{value:,.3f}</td>"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"<td>{value:,}</td>"
    return f'<td dir="auto" style="text-align: start">{_escaped("–" if value is None else value)}</td>'


def _escaped(value: object) -> str:
    """Return text that no browser takes for markup, on one line."""
    return html.escape(elide(value, _LONGEST))
