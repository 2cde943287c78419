"""Read headlines from lines of text: plain, labelled as fastText does, or marked on a web page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import EMPTY, to_numpy
from classify.headlines import Headlines, Skipped, numbers
from classify.readers.encodings import repaired
from classify.readers.sources import Source, line_blocks

__all__ = ["read_lines"]

_LABELLED = r"^\s*__label__(?P<section>\S+)(?:\s+__label__\S+)*\s*(?P<headline>.*)$"
_MARK = r"[-–—•·*▪▸►‣●○◦]"
_MARKED = rf"^\s*{_MARK}+\s+(?P<after>\S.*?)(?:\s+{_MARK}+)?\s*$|^\s*(?P<before>\S.*?)\s+{_MARK}+\s*$"


def read_lines(source: Source, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Tell which kind of lines a text has, and yield its headlines as they arrive."""
    head = source.peek().decode("utf-8", "replace")
    lines = [line for line in head.splitlines()[:1000] if line.strip()]
    if lines and lines[0].lstrip().startswith("__label__"):
        return "fastText, one labelled headline a line", _labelled(source, skipped)
    marked = sum(re.match(_MARKED, line) is not None for line in lines)
    if marked >= 2 and 3 * marked >= len(lines):
        return "text of a web page, headlines marked by dashes or bullets", _marked(source, skipped)
    return "plain text, one headline a line", _plain(source, skipped)


def _plain(source: Source, skipped: Skipped) -> Iterator[Headlines]:
    """Yield every line, blank ones too: an answer a line is what a pipe expects."""
    for number, block in line_blocks(source, skipped):
        lines = _lines(block)
        yield Headlines(lines, line=numbers(number, len(lines)))


def _labelled(source: Source, skipped: Skipped) -> Iterator[Headlines]:
    """Yield labelled lines; the first label of a line is its section, and a line may have none."""
    for number, block in line_blocks(source, skipped):
        lines = _lines(block)
        filled = pc.match_substring_regex(lines, r"\S")
        parts = pc.extract_regex(lines, _LABELLED).filter(filled)
        headline = pc.coalesce(pc.struct_field(parts, "headline"), lines.filter(filled))
        section = pc.struct_field(parts, "section")
        line = numbers(number, len(lines)).filter(filled)
        yield Headlines(headline, section=section, line=line)


def _marked(source: Source, skipped: Skipped) -> Iterator[Headlines]:
    """Yield marked lines without their marks; other lines, such as lead paragraphs, are skipped."""
    for number, block in line_blocks(source, skipped):
        lines = _lines(block)
        parts = pc.extract_regex(lines, _MARKED)
        marked = pc.is_valid(parts)
        filled = pc.match_substring_regex(lines, r"\S")
        for index in np.flatnonzero(to_numpy(pc.and_not(filled, marked))):
            skipped.add(number + int(index))
        parts, line = parts.filter(marked), numbers(number, len(lines)).filter(marked)
        after, before = pc.struct_field(parts, "after"), pc.struct_field(parts, "before")
        yield Headlines(pc.if_else(pc.equal(after, EMPTY), before, after), line=line)


def _lines(block: bytes) -> pa.StringArray:
    r"""Split a block of whole lines, without copying it line by line.

    >>> _lines(b"one\n\nthree\n").to_pylist()
    ['one', '', 'three']
    """
    block = repaired(block)
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    bounds = np.zeros(len(ends) + 1, np.int32)
    bounds[1:] = ends - np.arange(len(ends))
    text = block.replace(b"\n", b"")
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(bounds), pa.py_buffer(text))
