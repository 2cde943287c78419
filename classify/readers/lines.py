"""Read headlines from lines of text: plain, or labelled as fastText does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import from_strings
from classify.headlines import Headlines, ReadError, Skipped, numbers
from classify.readers.columns import make_batch
from classify.readers.encodings import repaired
from classify.readers.sources import Source, line_blocks

__all__ = ["LABEL", "read_lines", "refuse_code", "split_lines"]

LABEL = "__label__"
_LABELLED = rf"^\s*(?P<labels>{LABEL}\S*(?:[\s,]+{LABEL}\S*)*)(?:\s+,)?\s*(?P<headline>.*)$"
# Lines of code, markup and configuration, which a list of headlines does not consist of.
_CODE = re.compile(
    r"""\s*(?:.*[{};]|.*\):|[\]})]+[,;]?|[\w.-]+\s*=\s*\S.*|//.*|[\w.]+\(.*\)|[\[{]\s*["{\[].*[\]}]|\\item\b.*|"""
    r"""[@\\]\w+\{.*|(?:-\s+)?["']?[\w-]+["']?:(?:\s*|\s+["'|>\[].*)|"""
    r"""(?:import|from|def|class|return|using|package|include|require|export|const|let|var)\s[\w.{(*'"].*[;:'")\w]|"""
    r"""[#%\\](?:include|define|document\w*|begin|end)\b.*|<\/?[A-Za-z!?].*|\[[\w.-]+\]|---|\.\.\.)\s*"""
)
_SQL = re.compile(
    r"\s*(?:INSERT\s+INTO|CREATE\s+TABLE|DROP\s+TABLE|UPDATE\s+\S+\s+SET|SELECT\s.+\sFROM|COPY\s.+\sFROM)\b"
)
# What the first lines show alone.
_BEGINNINGS = {
    "a script": re.compile("#!"),
    "subtitles": re.compile(r"WEBVTT\b|(?:\d+\n)?(?:\d\d:)?\d\d:\d\d[.,]\d{3} --> "),
    "a patch": re.compile(r"diff --git |--- \S.*\n\+\+\+ \S"),
    "an e-mail": re.compile(
        r"(?:From|Received|Return-Path|Delivered-To|Subject|Message-ID): .*\n(?:[A-Z][\w-]+: |\s+\S)"
    ),
}
_YAML = re.compile(r"\s*(?:-\s+)?(headline|title|text):\s+\S", re.IGNORECASE)


def read_lines(source: Source, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Read one headline a line, as they arrive; with a label in front of each where the first line has one."""
    if source.peek().decode("utf-8", "replace").lstrip().startswith(LABEL):
        return "fastText, one labelled headline a line", _labelled(source, skipped)
    return "plain text, one headline a line", _plain(source, skipped)


def refuse_code(head: bytes, name: str) -> None:
    """Raise a ReadError where text is code or markup, whose lines are not headlines."""
    text = head.decode("utf-8", "replace")
    lines = [line for line in text.split("\n")[:200] if line.strip()]
    keys = [found[1].lower() for found in map(_YAML.match, lines) if found]
    kind = next((kind for kind, begins in _BEGINNINGS.items() if begins.match(text.lstrip())), "")
    if (lines and _SQL.match(lines[0])) or sum(_SQL.match(line) is not None for line in lines) > 1:
        kind = "SQL"
    elif len(keys) > 1 and len(set(keys)) == 1 and lines[0].lstrip().startswith("-"):
        kind = "YAML"
    elif len(lines) > 1 and 2 * sum(_CODE.fullmatch(line) is not None for line in lines) > len(lines):
        kind = "code or markup"
    if kind:
        raise ReadError(
            f"{name}: found {kind}; expected headlines; export them as CSV or JSON, or use --input-format lines"
        )


def _plain(source: Source, skipped: Skipped) -> Iterator[Headlines]:
    """Yield every line, blank ones too: a pipe expects one answer a line."""
    for number, block in line_blocks(source, skipped):
        lines = split_lines(block)
        yield make_batch({"headline": [lines]}, numbers(number, len(lines)))


def _labelled(source: Source, skipped: Skipped) -> Iterator[Headlines]:
    """Yield labelled lines; a line may have no label, or several."""
    for number, block in line_blocks(source, skipped):
        lines = split_lines(block)
        filled = pc.match_substring_regex(lines, r"\S")
        parts = pc.extract_regex(lines, _LABELLED).filter(filled)
        headline = pc.coalesce(pc.struct_field(parts, "headline"), lines.filter(filled))
        labels = pc.struct_field(parts, "labels").dictionary_encode()
        names = from_strings([_section(text) for text in labels.dictionary.to_pylist()])
        section = names.take(labels.indices)
        yield make_batch({"headline": [headline], "section": [section]}, numbers(number, len(lines)).filter(filled))


def _section(labels: str) -> str | None:
    r"""Return the section of labels: one as it is, several as JSON.

    Examples
    --------
    >>> _section("__label__sport,"), _section("__label__a,__label__b"), _section("__label__")
    ('sport', '["a", "b"]', None)
    """
    import json

    names = list(dict.fromkeys(name for part in labels.split(LABEL) if (name := part.strip().rstrip(",").strip())))
    return (names[0] if len(names) == 1 else json.dumps(names, ensure_ascii=False)) if names else None


def split_lines(block: bytes) -> pa.StringArray:
    r"""Split a block of whole lines, without copying it line by line.

    Examples
    --------
    >>> split_lines(b"one\n\nthree\n").to_pylist()
    ['one', '', 'three']
    """
    block = repaired(block)
    data = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    bounds = np.zeros(len(ends) + 1, np.int32)
    bounds[1:] = ends - np.arange(len(ends))
    text = block.replace(b"\n", b"")
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(bounds), pa.py_buffer(text))
