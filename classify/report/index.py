"""Write the page that lists all reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from classify.core.files import write_whole
from classify.report.cards import card_figure
from classify.report.page import environment
from classify.report.words import finding, summary, tame

# The first of these that a report has is its thumbnail.
THUMBNAILS = ("models", "confusion_matrix", "map", "choice", "baselines", "learning_curve")
# The model that all others are about.
FIRST = "train_sections"


def write_index(folder: str | Path) -> Path:
    """Rebuild index.html in a folder, listing every report below it.

    Parameters
    ----------
    folder
        A report is any folder below it with results.json and report.html or report.md; that of "train_sections"
        comes first.

    Returns
    -------
    Path
        Of index.html; its links and thumbnails are relative.
    """
    folder = Path(folder)
    found = sorted(folder.rglob("results.json"), key=lambda path: (path.parent.name != FIRST, path))
    cards = [_card(path.parent, folder) for path in found]
    page = environment().get_template("index.html").render(cards=[card for card in cards if card])
    return write_whole(folder / "index.html", page)


def _card(report: Path, folder: Path) -> dict[str, Any] | None:
    """Gather what the index shows of one report; nothing if it is not a whole report."""
    try:
        numbers = json.loads((report / "results.json").read_text("utf-8"))
    except ValueError:
        return None
    pages = [name for name in ("report.html", "report.md") if (report / name).exists()]
    headline = card_figure(report.name, numbers) if isinstance(numbers, Mapping) else ""
    if not pages or not headline:
        return None
    place = quote(report.relative_to(folder).as_posix())
    picture = _thumbnail(report, numbers.get("figure"))
    title, words = _words(report, numbers)
    return {
        "title": tame(title),
        "link": f"{place}/{pages[0]}",
        "thumbnail": f"{place}/{picture}" if picture else None,
        "headline": tame(headline),
        "words": tame(words),
    }


def _words(report: Path, numbers: Mapping[str, Any]) -> tuple[str, str]:
    """Say what a report is about: from its numbers, or the first lines of one that is Markdown alone."""
    if numbers.get("kind") in ("sections", "stories"):
        return numbers.get("title") or report.name, finding(numbers) or summary(numbers)[0]
    lines = filter(None, map(str.strip, (report / "report.md").read_text("utf-8").splitlines()))
    title, words = [*lines, "", ""][:2]
    return title.lstrip("# ") or report.name, "" if words.startswith(("#", "|")) else words.replace("`", "")


def _thumbnail(report: Path, telling: str | None) -> str | None:
    """Find the picture that stands for a report."""
    names = [f"figures/{name}.png" for name in (telling, *THUMBNAILS) if name] + [f"{report.name}.png"]
    return next((name for name in names if (report / name).exists()), None)
