"""Adapt matplotlib's SVG to the page: unique ids, colours of its theme, cells that can be clicked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from classify.plots.drawing import BLUE, GRID, INK, MUTED, VERMILLION

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
ET.register_namespace("", _SVG[1:-1])
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")

_THEME = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--grid)",
    BLUE: "var(--blue)",
    VERMILLION: "var(--vermillion)",
}


def inline_svg(svg: bytes, name: str, label: str, cells: Sequence[tuple[int, int, str]] = ()) -> str:
    """Return an SVG file as an element of a page.

    Parameters
    ----------
    svg
        The file.
    name
        Prefix of every id, so that ids are unique on a page of several figures.
    label
        The text alternative.
    cells
        For each path of the group "cells", in drawing order: row, column and text.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    root = ET.fromstring(svg)  # noqa: S314
    width = float(root.get("viewBox", "0 0 480 360").split()[2])
    for part in root.findall(f"{_SVG}metadata") + root.findall(f"{_SVG}defs"):
        if part.tag.endswith("metadata") or part.find(f"{_SVG}style") is not None:
            root.remove(part)
    for element in root.iter():
        _adapt(element, name)
    root.attrib = {
        "class": "plot", "viewBox": root.get("viewBox", ""), "role": "group" if cells else "img",
        "aria-label": label, "style": f"--width: {width:.0f}",
    }  # fmt: skip
    if cells:
        _name_cells(root, f"{name}-cells", cells)
    return ET.tostring(root, encoding="unicode")


def _adapt(element: ET.Element, name: str) -> None:
    """Rename ids, replace colours by variables of the theme and remove what is not visible in one element."""
    attributes = element.attrib
    _shorten(element)
    if "id" in attributes:
        attributes["id"] = f"{name}-{attributes['id']}"
    if attributes.get(_HREF, "").startswith("#"):
        attributes[_HREF] = f"#{name}-{attributes[_HREF][1:]}"
    if "clip-path" in attributes:
        attributes["clip-path"] = attributes["clip-path"].replace("url(#", f"url(#{name}-")
    if "style" in attributes:
        style = re.sub(r"font-family: [^;]*;? ?", "", attributes["style"])
        for colour, variable in _THEME.items():
            style = style.replace(colour, variable)
        attributes["style"] = style
    if attributes.get("id", "").endswith("-paper"):
        for path in element:
            path.set("style", "fill: none")


def _shorten(element: ET.Element) -> None:
    """Remove indents, ids of texts and rotations by zero."""
    attributes = element.attrib
    if not (element.text or "x").strip():
        element.text = None
    if not (element.tail or "x").strip():
        element.tail = None
    if attributes.get("id", "").startswith("text_"):
        del attributes["id"]
    if attributes.get("transform", "").startswith(("rotate(-0 ", "rotate(0 ")):
        del attributes["transform"]
    if "d" in attributes:
        attributes["d"] = re.sub(r"\s*([A-Za-z])\s*", r"\1", attributes["d"]).strip()


def _name_cells(root: ET.Element, group: str, cells: Sequence[tuple[int, int, str]]) -> None:
    """Set the row, the column and a title that shows on hovering of each cell."""
    parent = next((g for g in root.iter(f"{_SVG}g") if g.get("id") == group), None)
    paths = [] if parent is None else [path for path in parent if path.tag == f"{_SVG}path"]
    if len(paths) != len(cells):
        # Drawn as one picture, for want of room: there is nothing to click.
        return
    for path, (row, column, text) in zip(paths, cells, strict=True):
        path.attrib |= {"class": "cell", "data-t": str(row), "data-p": str(column)}
        path.attrib.pop("clip-path", None)
        ET.SubElement(path, f"{_SVG}title").text = text
