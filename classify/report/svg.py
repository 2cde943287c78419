"""Bring matplotlib's SVG into the page: named, themed, its cells made to answer a click."""

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
    """Make an SVG file fit to stand in a page.

    Parameters
    ----------
    svg
        The file.
    name
        Put before every id, so that figures on one page do not take each other's.
    label
        The text alternative.
    cells
        For each path of the group "cells", in drawing order: row, column and what to say of it.

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
    """Rename ids, theme colours and leave out what shows nothing of one element."""
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
    """Leave out indents, names of texts and turns by nothing, and cut numbers to hundredths of a point."""
    attributes = element.attrib
    if not (element.text or "x").strip():
        element.text = None
    if not (element.tail or "x").strip():
        element.tail = None
    if attributes.get("id", "").startswith("text_"):
        del attributes["id"]
    if attributes.get("transform", "").startswith("rotate(-0 "):
        del attributes["transform"]
    for name in attributes.keys() & {"d", "x", "y", "transform"}:
        attributes[name] = re.sub(r"(\.\d\d)\d+", r"\1", attributes[name])
    if "d" in attributes:
        attributes["d"] = re.sub(r"\s*([A-Za-z])\s*", r"\1", attributes["d"]).strip()
    if "style" in attributes:
        attributes["style"] = re.sub(r"(opacity: \d\.\d{3})\d+", r"\1", attributes["style"])


def _name_cells(root: ET.Element, group: str, cells: Sequence[tuple[int, int, str]]) -> None:
    """Give each cell its row, its column and a title that shows on hovering."""
    parent = next((g for g in root.iter(f"{_SVG}g") if g.get("id") == group), None)
    paths = [] if parent is None else [path for path in parent if path.tag == f"{_SVG}path"]
    if len(paths) != len(cells):
        # Drawn as one picture, for want of room: there is nothing to click.
        return
    for path, (row, column, text) in zip(paths, cells, strict=True):
        path.attrib |= {"class": "cell", "data-t": str(row), "data-p": str(column)}
        path.attrib.pop("clip-path", None)
        ET.SubElement(path, f"{_SVG}title").text = text
