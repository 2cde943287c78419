"""Write the page that lists all reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from classify.core.display import elide, printable
from classify.core.files import write_whole
from classify.report.figures import figures_for
from classify.report.page import KINDS, environment
from classify.report.words import headline_figure, summary

# The first of these that a report has is its thumbnail, unless it names its figures.
THUMBNAILS = ("models", "confusion_matrix", "map")


def write_index(folder: str | Path) -> Path:
    """Rebuild index.html in a folder, listing every report below it.

    Parameters
    ----------
    folder
        A report is any folder below it with results.json and report.html or report.md. Reports on sections come
        first, then those on stories, then experiments.

    Returns
    -------
    Path
        Of index.html; its links and thumbnails are relative.
    """
    folder = Path(folder)
    cards = [_card(path.parent, folder) for path in sorted(folder.rglob("results.json"))]
    listed = sorted((card for card in cards if card), key=lambda card: KINDS.index(card["kind"]))
    return write_whole(folder / "index.html", environment().get_template("index.html").render(cards=listed))


def _card(report: Path, folder: Path) -> dict[str, Any] | None:
    """Gather what the index shows of one report; None if the folder is not a whole report."""
    page = next((name for name in ("report.html", "report.md") if (report / name).exists()), None)
    try:
        numbers = json.loads((report / "results.json").read_text("utf-8"))
        texts = {
            "kind": numbers["kind"],
            "title": elide(numbers.get("title") or report.name, 200),
            "headline": printable(headline_figure(numbers)),
            "words": printable(numbers.get("question") or summary(numbers)[0]),
        }
        names = [figure.name for figure in figures_for(numbers)]
    except (ValueError, KeyError, TypeError, AttributeError):  # another program's results.json
        return None
    if page is None or texts["kind"] not in KINDS:
        return None
    place = quote(report.relative_to(folder).as_posix())
    first = [name for name in THUMBNAILS if name in names and not numbers.get("figures")] + names + [None]
    picture = f"figures/{first[0]}.svg"
    return texts | {
        "link": f"{place}/{page}",
        "thumbnail": f"{place}/{picture}" if (report / picture).exists() else None,
    }
