"""Write the page of a report, its Markdown twin, its figures and its numbers."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import logging
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from classify.core.display import elide, printable, score_text
from classify.core.files import write_all
from classify.core.lock import locked
from classify.plots.drawing import Rendered, figure_of, house_style, render
from classify.plots.fonts import scripts_without_font
from classify.plots.sections import drawn_sections
from classify.report import facts, mistakes, words
from classify.report.exports import FORMS, TableForm, table_files, table_names
from classify.report.figures import SECTION_FIGURES, STORY_FIGURES, TABLE_FIGURE, TABLES, Figure, figures_for
from classify.report.numbers import finite, to_json
from classify.report.rows import packed
from classify.report.several import several_page
from classify.report.story_rows import story_rows
from classify.report.svg import inline_svg
from classify.report.tables import LONGEST, confusions, table, to_frames

if TYPE_CHECKING:
    import jinja2
    import pandas as pd
    from markupsafe import Markup

Numbers = Mapping[str, Any]

# In the order of the index.
KINDS = ("sections", "multi-label", "stories", "experiment")
CONFUSED = "Which sections are confused"
PAGE_BYTES = 5_000_000
# A drawing larger than this, as SVG text, is put into the page as a picture.
SVG_BYTES = 2_000_000
_SUFFIXES = (".svg", ".png", ".pdf")
# Tables of their own, beside those behind figures.
OWN_TABLES = ("scores", "levels", "models", "paired_differences", "worst_mixed", "worst_split")


def write_report(numbers: Numbers, folder: str | Path, *, pdf: bool = False, tables: TableForm | None = None) -> Path:
    """Write report.html, report.md, results.json and the figures into a folder.

    Parameters
    ----------
    numbers
        What ``evaluate`` or ``evaluate_stories`` returned, or the numbers of an experiment. Parts that are null are
        left out of the report. Any of these may be added: ``question`` and ``answer``, with which the page begins;
        ``headline``, for the index; ``figures``, captions by name of the only figures wanted; ``tables``, each a
        title and rows; ``made``, the command, machine and date; ``index``, a link to the index.
    folder
        Made if need be. Figures and tables of the report that was there before and that this one does not have are
        removed.
    pdf
        Whether to write the figures as PDF, too, with embedded fonts.
    tables
        Whether to write the tables into files of their own: "csv" or "latex".

    Returns
    -------
    Path
        Of report.html, which needs no other file and is at most 5 MB.

    Raises
    ------
    ValueError
        If the kind of the numbers is not one of `KINDS`.
    """
    if numbers.get("kind") not in KINDS:
        raise ValueError(
            f"the numbers are of kind {numbers.get('kind')!r}; expected one of {', '.join(KINDS)}; "
            "give what evaluate or evaluate_stories returned"
        )
    if numbers["kind"] == "multi-label":
        numbers = several_page(numbers)
    folder, numbers = Path(folder), finite(packed(numbers))
    boxes: set[str] = set()
    replaced: dict[str, str] = {}
    drawn = {figure: _draw(figure, numbers, boxes, replaced, pdf) for figure in figures_for(numbers)}
    context = _context(numbers, drawn) | {"fonts": words.font_words(boxes, replaced)}
    files: dict[str, str | bytes] = {
        f"figures/{figure.name}{suffix}": data
        for figure, rendered in drawn.items()
        for suffix, data in zip(_SUFFIXES, rendered, strict=True)
        if data is not None
    }
    if tables:
        files |= table_files(numbers, tables)
    markdown = re.sub(r"\n{3,}", "\n\n", environment().get_template("report.md").render(context))
    # The numbers come last: where they are those of a run, so is all the rest, whenever one was killed.
    files |= {"report.md": markdown, "report.html": _fit(context, numbers), "results.json": to_json(numbers)}
    with locked(folder / "report.html"):  # another run may write its report into the same folder
        earlier = _earlier_files(folder)
        write_all({folder / name: content for name, content in files.items()})
        for name in earlier - files.keys():
            (folder / name).unlink(missing_ok=True)
    if boxes:
        # As a person at a terminal sees it, where nobody has set logging up.
        logging.getLogger(__name__).warning("classify: %s", context["fonts"])
    return folder / "report.html"


def report_files(folder: str | Path) -> list[Path]:
    """List the files that a report in a folder may write, whatever its numbers.

    Examples
    --------
    >>> [path.as_posix() for path in report_files("june")[-3:]]
    ['june/report.md', 'june/report.html', 'june/results.json']
    """
    figures = [f"figures/{f.name}{end}" for f in (*SECTION_FIGURES, *STORY_FIGURES, TABLE_FIGURE) for end in _SUFFIXES]
    return [Path(folder, name) for name in (*figures, *table_names(), "report.md", "report.html", "results.json")]


def _earlier_files(folder: Path) -> set[str]:
    """List the figures and tables that the report in a folder may have."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or another program's results.json
        numbers = json.loads((folder / "results.json").read_text("utf-8"))
        figures = {f"figures/{figure.name}{end}" for figure in figures_for(numbers) for end in _SUFFIXES}
        return figures.union(*(table_files(numbers, form) for form in FORMS if (folder / "tables").is_dir()))
    return set()


def _draw(figure: Figure, numbers: Numbers, boxes: set[str], replaced: dict[str, str], pdf: bool) -> Rendered:
    """Draw one figure; add the scripts that no font has, and what replaces their words in the PNG and PDF."""
    with house_style():
        drawing = figure_of(figure.draw(numbers))
        boxes |= scripts_without_font(drawing)
        return render(drawing, replaced, pdf=pdf)


def _context(numbers: Numbers, drawn: Mapping[Figure, Rendered]) -> dict[str, Any]:
    """Gather what the templates show."""
    frames, kind = to_frames(numbers), numbers["kind"]
    parts: dict[str, list[dict[str, Any]]] = {}
    for figure, (svg, png, _) in drawn.items():
        parts.setdefault(figure.part, []).append(_figure_context(figure, numbers, svg, png, frames))
    # The first screen of an experiment has its first figure.
    own = parts.pop("Figures", [])
    first, others = parts.pop("Scores", own[:1]), own[1:]
    parts |= {"Figures": others} if others else {}
    sections = kind == "sections"
    return {
        "n": numbers,
        "first": first,
        "parts": parts,
        "contents": _contents(list(parts), numbers),
        "tables": {name: table(frames[name]) if name in frames else None for name in OWN_TABLES},
        "own_tables": [part | table(frames[part["title"]]) for part in numbers.get("tables") or () if part["rows"]],
        "title": elide(numbers["title"], LONGEST),
        "summary": []
        if kind in ("experiment", "multi-label")
        else [printable(sentence) for sentence in words.summary(numbers)],
        "facts": [(name, printable(text)) for name, text in facts.section_facts(numbers)] if sections else [],
        "made": _made(numbers),
        "budgets": facts.budget_table(numbers),
        "confusions": confusions(numbers),
        "headline_figure": words.headline_figure(numbers),
        "mistakes": mistakes.worst_mistakes(numbers),
        "stories": story_rows(numbers) if kind == "stories" else None,
        "n_mistakes": mistakes.count_mistakes(numbers),
    }


def _made(numbers: Numbers) -> list[tuple[str, Any]]:
    """List the parameters, the versions, and the command, machine and date where they are known."""
    parts = ((numbers.get("model") or {}).get("params"), numbers.get("created_with"), numbers.get("made"))
    return [(key, "–" if value is None else value) for part in parts for key, value in (part or {}).items()]


def _contents(parts: Sequence[str], numbers: Numbers) -> list[tuple[str, str]]:
    """List the sections of the page below its first screen, in their order, as anchors and headings."""
    contents = [(f"part-{i}", part) for i, part in enumerate(parts, 1)]
    if numbers["kind"] == "sections" and numbers.get("predictions"):
        # Beside the matrix, whose cells lead there; at the end without one.
        at = parts.index(CONFUSED) + 1 if CONFUSED in parts else len(contents)
        contents.insert(at, ("mistakes", "Look at the mistakes"))
    if numbers["kind"] == "stories" and numbers.get("stories"):
        contents.append(("stories", "Stories"))
    if numbers.get("tables"):
        contents.append(("tables", "Tables"))
    return [*contents, ("made", "How it was made")]


def _figure_context(
    figure: Figure, numbers: Numbers, svg: bytes, png: bytes, frames: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    """Gather what a template shows of one figure."""
    label = printable(figure.describe(numbers))
    picture = inline_svg(svg, figure.name, label, _cells(numbers) if figure.name == "confusion_matrix" else [])
    small = len(picture) <= SVG_BYTES
    found = re.search(rb'viewBox="0 0 ([\d.]+)', svg)
    width, behind = float(found[1]) if found else 480.0, TABLES.get(figure.name, figure.name)
    return {
        "name": figure.name,
        "caption": figure.caption,
        "label": label,
        "svg": _trusted(picture) if small else None,
        "png": None if small else "data:image/png;base64," + base64.b64encode(png).decode(),
        "wide": width > 560,
        "width": round(width),
        "table": table(frames[behind]) if behind in frames and figure.name != "map" else None,
    }


def _cells(numbers: Numbers) -> list[tuple[int, int, str]]:
    """List what each cell of the confusion matrix counts, in drawing order: row, column and text."""
    counts = np.asarray(numbers["confusion_matrix"], dtype=int)
    labels, totals = [elide(name, LONGEST) for name in numbers["labels"]], counts.sum(axis=1)
    order = drawn_sections(counts)
    return [
        (i, j, f"true {labels[i]}, predicted {labels[j]}: {counts[i, j]:,} of {totals[i]:,}")
        for i in order
        for j in order
    ]


def _fit(context: Mapping[str, Any], numbers: Numbers) -> str:
    """Render the page with as many predictions, or stories, as keep it within its size."""
    template = environment().get_template("report.html")
    bare = template.render(context, carried=mistakes.payload(numbers, 0))
    # A little less: what the page says of the rows it carries is longer than what it says of none.
    room = PAGE_BYTES - len(bare.encode("utf-8", "replace")) - 500
    stories = numbers.get("stories") or ()
    if room < 0 and len(stories) > 1:
        fewer = {**numbers, "stories": stories[: len(stories) // 2]}
        return _fit({**context, "n": fewer, "stories": story_rows(fewer)}, fewer)
    # Control characters of headlines and names, which HTML may not contain; the browser needs none of them.
    return printable(template.render(context, carried=mistakes.payload(numbers, room)))


def environment() -> jinja2.Environment:
    """Set up the templates: every value escaped, style and script put in as they stand."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("classify.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.filters |= {
        "md": markdown_text,
        "percent": words.percent,
        "score": score_text,
        "carries": words.carried_words,
    }
    script = _template_file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {
        "style": _trusted(_template_file("report.css")),
        "script": _trusted(script),
        "script_hash": f"sha256-{digest}",
    }
    return environment


def _template_file(name: str) -> str:
    """Read a file that stands beside the templates."""
    return resources.files("classify.report").joinpath("templates", name).read_text("utf-8")


def _trusted(text: str) -> Markup:
    """Mark text as HTML that needs no escaping: a file of the package, or what ElementTree has escaped."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704


def markdown_text(value: object) -> Markup:
    r"""Escape any text for Markdown, so that it shows as it is, on one line.

    Examples
    --------
    >>> print(markdown_text("<b>*a*|b"))
    &lt;b&gt;\*a\*\|b
    """
    line = html.escape(" ".join(printable(value).split()), quote=False)
    return _trusted(re.sub(r"([\\`*_\[\]|~])", r"\\\1", line))
