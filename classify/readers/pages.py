"""Read headlines from the text of a web page: lines marked by dashes, bullets or numbers among other lines.

The title of the page and a headline at either end of the list that lacks its mark are headlines, too, where they look
like those of the list. Paragraphs, section names and times are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from statistics import median

import numpy as np

from classify.core.arrow import from_integers, from_strings
from classify.headlines import Headlines, Skipped
from classify.readers.columns import make_batch
from classify.readers.lines import split_lines
from classify.readers.sources import Source, line_blocks

__all__ = ["is_page", "read_page"]

_DASH, _BULLET = "[-–—*]", "[•·▪▸►‣●○◦]"
_BEFORE = re.compile(rf"\s*(?:{_DASH}+\s+|{_BULLET}+\s*)+(?=\S)")
_BEHIND = re.compile(rf"\s+(?:{_DASH}|{_BULLET})+\s*$")
_NUMBER = re.compile(r"\s*(\d{1,3})[.)]\s+(?=\S)")
_ONLY_MARK = re.compile(rf"\s*(?:{_DASH}|{_BULLET})+\s*$")
_FEWEST_WORDS, _LONGEST = 4, 200
_SHORTEST = 0.5  # of the middle headline of the list: shorter lines are names of sections, times, "Most read today"


def is_page(head: bytes) -> bool:
    r"""Return whether a third of the lines that are long enough for headlines have marks.

    Examples
    --------
    >>> is_page(b"- Rain at last\n- Port closed again\n"), is_page(b"Rain - at last\nPort closed\n")
    (True, False)
    """
    lines = [line for line in head.decode("utf-8", "replace").splitlines()[:1000] if line.strip()]
    numbered = _counts_up(lines)
    marked = [line for line in lines if _unmarked(line, numbered=numbered) is not None]
    likely = [line for line in lines if len(line.split()) >= _FEWEST_WORDS and len(line) <= _LONGEST]
    return len(marked) >= 2 and 3 * len(marked) >= len({*marked, *likely})


def read_page(source: Source, skipped: Skipped) -> tuple[str, Iterator[Headlines]]:
    """Read the marked lines of a page, as they arrive, and those at the ends of the list that lack a mark."""
    lines = [line for line in source.peek().decode("utf-8", "replace").splitlines()[:1000] if line.strip()]
    numbered = _counts_up(lines)
    lengths = [len(text) for line in lines if (text := _unmarked(line, numbered=numbered))]
    page = _Page(median(lengths or [0]), numbered, skipped)
    return "text of a web page, headlines marked by dashes, bullets or numbers", page.batches(source)


class _Page:
    """The lines of a page one after the other; lines without a mark wait until it shows what they are."""

    def __init__(self, middle: float, numbered: bool, skipped: Skipped) -> None:
        self._middle, self._numbered, self._skipped = middle, numbered, skipped
        self._waiting: list[tuple[int, str]] = []
        self._first = True  # no headline came yet

    def batches(self, source: Source) -> Iterator[Headlines]:
        """Yield the headlines of each block of lines, and what was waiting at the end."""
        for number, block in line_blocks(source, self._skipped):
            numbered = enumerate(split_lines(block).to_pylist(), number)
            yield _batch(found for line, text in numbered if text.strip() for found in self._line(line, text))
        yield _batch(self._settled(last=True))

    def _line(self, line: int, text: str) -> Iterator[tuple[int, str]]:
        """Yield the headlines that a line settles."""
        if _ONLY_MARK.match(text):
            return
        headline = _unmarked(text, numbered=self._numbered)
        if headline is None or len(headline) > _LONGEST:
            self._waiting.append((line, text))
            return
        yield from self._settled(last=False)
        self._first = False
        yield line, headline

    def _settled(self, *, last: bool) -> Iterator[tuple[int, str]]:
        """Yield the headlines among the lines that wait: the title of a page, and those next to the list."""
        waiting, self._waiting = self._waiting, []
        likely = [at for at, (_, text) in enumerate(waiting) if self._is_likely(text)]
        taken = set()
        if self._first and waiting:
            taken = {at for at in (0, len(waiting) - 1) if at in likely}
        elif last and likely and not any(len(text) > _LONGEST for _, text in waiting[: likely[0]]):
            taken = {likely[0]}
        for at, (line, text) in enumerate(waiting):
            if at in taken:
                yield line, text.strip()
            else:
                self._skipped.add(line)

    def _is_likely(self, text: str) -> bool:
        """Return whether a line without a mark looks like a headline of this page."""
        text = text.strip()
        long_enough = len(text.split()) >= _FEWEST_WORDS or not text.isascii()
        sentence = text.endswith((".", ":")) and not text.endswith("...")
        return long_enough and _SHORTEST * self._middle <= len(text) <= _LONGEST and not sentence


def _unmarked(line: str, *, numbered: bool) -> str | None:
    """Return the headline of a line without its marks; None where it has none.

    Examples
    --------
    >>> _unmarked("- Rain at last -", numbered=False), _unmarked("7. Rain", numbered=True)
    ('Rain at last', 'Rain')
    """
    if _ONLY_MARK.match(line):
        return None
    number = _NUMBER.match(line) if numbered else None
    text = line[number.end() :] if number else _BEFORE.sub("", line, count=1) if _BEFORE.match(line) else line
    text = _BEHIND.sub("", text)
    return text.strip() if text != line else None


def _counts_up(lines: list[str]) -> bool:
    """Return whether lines begin with the numbers of a list: each by one more than the one before, or less."""
    found = [int(match[1]) for match in map(_NUMBER.match, lines) if match]
    steps = np.diff(found)
    return len(found) >= 2 and bool((np.abs(steps) == 1).mean() > 0.5)


def _batch(rows: Iterable[tuple[int, str]]) -> Headlines:
    """Make a batch of numbered headlines."""
    found = list(rows)
    lines = from_integers(np.array([line for line, _ in found], np.int64))
    return make_batch({"headline": [from_strings([text for _, text in found])]}, lines)
