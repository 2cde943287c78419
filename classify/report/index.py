"""Write the page that lists all reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from classify.files import write_whole
from classify.report.page import environment
from classify.report.words import finding, headline_figure, summary, tame

# The first of these that a report has is its thumbnail.
THUMBNAILS = ("models", "confusion_matrix", "map", "choice", "baselines", "learning_curve")


def write_index(folder: str | Path) -> Path:
    """Rebuild index.html in a folder, listing every report below it.

    Parameters
    ----------
    folder
        A report is any folder below it with report.html and results.json.

    Returns
    -------
    Path
        Of index.html; its links and thumbnails are relative.
    """
    folder = Path(folder)
    cards = [_card(path.parent, folder) for path in sorted(folder.rglob("results.json"))]
    page = environment().get_template("index.html").render(cards=[card for card in cards if card])
    return write_whole(folder / "index.html", page)


def _card(report: Path, folder: Path) -> dict[str, Any] | None:
    """Gather what the index shows of one report; nothing if it is not a whole report."""
    try:
        numbers = json.loads((report / "results.json").read_text("utf-8"))
    except ValueError:
        return None
    kind = numbers.get("kind") if isinstance(numbers, Mapping) else None
    if kind not in ("sections", "stories") or not (report / "report.html").exists():
        return None
    place = quote(report.relative_to(folder).as_posix())
    telling = (numbers.get("figure"), *THUMBNAILS)
    names = (name for name in telling if name and (report / "figures" / f"{name}.png").exists())
    name = next(names, None)
    return {
        "title": tame(numbers.get("title") or report.name),
        "link": f"{place}/report.html",
        "thumbnail": f"{place}/figures/{name}.png" if name else None,
        "headline": tame(headline_figure(numbers)),
        "words": tame(finding(numbers) or summary(numbers)[0]),
    }
