"""Mark the words of a headline that raised the score of an answer, and those that lowered it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

# A word with less than this share of the strongest word's weight is not marked.
FAINT = 0.1
# Words written out under a headline; all that are not faint are marked.
WRITTEN = 6


def weigh_words(headline: str, terms: Sequence[Mapping[str, Any]]) -> list[tuple[int, int, float]]:
    """Return the words of a headline with their weights in an answer.

    A term is one word or several; its weight is shared equally between its words wherever they
    follow each other.

    Parameters
    ----------
    headline
        Any text.
    terms
        Rows of term and weight, positive where it raised the score of the answer.

    Returns
    -------
    list of (int, int, float)
        Start and end of each word, in characters, and its weight; faint ones are left out.

    Examples
    --------
    >>> terms = [{"term": "late save", "weight": 1.0}, {"term": "up", "weight": -0.2}]
    >>> weigh_words("Late save sends Rovers up", terms)
    [(0, 4, 0.5), (5, 9, 0.5), (23, 25, -0.2)]
    """
    bounds = word_bounds(headline)
    words = [unicodedata.normalize("NFKC", headline[a:b]).casefold() for a, b in bounds]
    weights = np.zeros(len(words))
    places: dict[str, list[int]] = {}
    for i, word in enumerate(words):
        places.setdefault(word, []).append(i)
    for term in terms:
        hit = _words_hit(words, places, str(term["term"]).split())
        weights[hit] += term["weight"] / max(len(hit), 1)
    least = FAINT * np.abs(weights).max(initial=0.0)
    return [
        (start, end, weight)
        for (start, end), weight in zip(bounds, weights.tolist(), strict=True)
        if weight and abs(weight) >= least
    ]


def mark_reasons(headline: str, words: Sequence[tuple[int, int, float]]) -> list[tuple[str, int]]:
    """Cut a headline into pieces with the strength of their reasons.

    Parameters
    ----------
    headline
        Any text.
    words
        What `weigh_words` found in it.

    Returns
    -------
    list of (str, int)
        Pieces that join to the headline, each with a strength from -3 (against) over 0 (nothing) to
        3 (for), by thirds of the strongest word's weight.

    Examples
    --------
    >>> mark_reasons("Late save sends Rovers up", [(0, 4, 0.5), (23, 25, -0.2)])
    [('Late', 3), (' save sends Rovers ', 0), ('up', -2)]
    """
    top = max((abs(weight) for *_, weight in words), default=1.0)
    pieces, done = [], 0
    for start, end, weight in words:
        level = min(1 + int(3 * abs(weight) / top), 3)
        pieces += [(headline[done:start], 0), (headline[start:end], level if weight > 0 else -level)]
        done = end
    pieces.append((headline[done:], 0))
    return [piece for piece in pieces if piece[0]]


def words_text(headline: str, words: Sequence[tuple[int, int, float]]) -> str:
    """Write the words that weigh most, with their weights, in one line.

    Examples
    --------
    >>> words_text("Late save sends Rovers up", [(0, 4, 0.5), (23, 25, -0.2)])
    'Late +0.50 · up −0.20'
    """
    strongest = sorted(words, key=lambda word: -abs(word[2]))[:WRITTEN]
    strongest.sort(key=lambda word: -word[2])
    return " · ".join(f"{headline[a:b]} {weight:+.2f}" for a, b, weight in strongest).replace(" -", " −")


def _words_hit(words: list[str], places: Mapping[str, list[int]], parts: list[str]) -> list[int]:
    """Return the positions of the words that belong to a term, given in its parts."""
    starts = places.get(parts[0], []) if parts else []
    return sorted({i for start in starts for i in _follow(words, start, parts)})


def _follow(words: list[str], at: int, parts: list[str]) -> list[int]:
    """Return the positions of the parts from a position on, punctuation between them skipped; empty if they differ."""
    found = []
    for part in parts:
        while at < len(words) and words[at] != part and unicodedata.category(words[at][0])[0] in "PS":
            at += 1
        if at == len(words) or words[at] != part:
            return []
        found.append(at)
        at += 1
    return found


def word_bounds(text: str) -> list[tuple[int, int]]:
    """Find words: runs of letters, digits and marks; a Chinese or Japanese character, or a symbol, alone."""
    bounds: list[tuple[int, int]] = []
    joined = False
    for i, character in enumerate(text):
        letter, alone = _kind(character)
        if letter and joined and not alone:
            bounds[-1] = (bounds[-1][0], i + 1)
        elif letter:
            bounds.append((i, i + 1))
        joined = letter and not alone
    return bounds


@cache
def _kind(character: str) -> tuple[bool, bool]:
    """Return whether a character belongs to a word, and whether it is one: Chinese, Japanese, punctuation, a symbol."""
    if unicodedata.category(character)[0] in "PS":
        return True, True
    letter = unicodedata.category(character)[0] in "LNM" or character in "\u200c\u200d\u00ad"
    names = ("CJK", "HIRAGANA", "KATAKANA")
    return letter, letter and character >= "\u3040" and unicodedata.name(character, "").startswith(names)
