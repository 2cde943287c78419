"""Mark the words of a headline that speak for an answer, and those that speak against it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# A word with less than this share of the strongest word's weight is not marked.
FAINT = 0.1


def mark_reasons(headline: str, terms: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Cut a headline into pieces with the strength of their reasons.

    A term is one word or several; it marks them where they follow each other, and its weight is
    shared between them.

    Parameters
    ----------
    headline
        Any text.
    terms
        Rows of term and weight, positive where it speaks for the answer.

    Returns
    -------
    list of (str, int)
        Pieces that join to the headline, each with a strength from -3 (against) over 0 (nothing) to
        3 (for).

    Examples
    --------
    >>> terms = [{"term": "late save", "weight": 1.0}, {"term": "up", "weight": -0.2}]
    >>> mark_reasons("Late save sends Rovers up", terms)
    [('Late', 3), (' ', 0), ('save', 3), (' sends Rovers ', 0), ('up', -2)]
    """
    bounds = _word_bounds(headline)
    words = [unicodedata.normalize("NFKC", headline[a:b]).casefold() for a, b in bounds]
    weights = np.zeros(len(words))
    for term in terms:
        hit = _words_hit(words, str(term["term"]))
        weights[hit] += term["weight"] / max(len(hit), 1)
    share = np.abs(weights) / (np.abs(weights).max(initial=0.0) or 1.0)
    strength = np.digitize(share, (FAINT, 1 / 3, 2 / 3))
    levels = np.sign(weights).astype(int) * strength
    return _pieces(headline, bounds, levels.tolist())


def _words_hit(words: Sequence[str], term: str) -> list[int]:
    """Return the positions of the words that belong to a term."""
    parts = term.split()
    starts = [i for i in range(len(words)) if parts and list(words[i : i + len(parts)]) == parts]
    return sorted({i + j for i in starts for j in range(len(parts))})


def _word_bounds(text: str) -> list[tuple[int, int]]:
    """Find words: runs of letters, digits and marks, a Chinese or Japanese character alone."""
    bounds: list[tuple[int, int]] = []
    joined = False
    for i, character in enumerate(text):
        letter = unicodedata.category(character)[0] in "LNM" or character in "\u200c\u200d\u00ad"
        alone = letter and _is_ideograph(character)
        if letter and joined and not alone:
            bounds[-1] = (bounds[-1][0], i + 1)
        elif letter:
            bounds.append((i, i + 1))
        joined = letter and not alone
    return bounds


def _is_ideograph(character: str) -> bool:
    """Tell whether a character is a word of its own: Chinese, Hiragana or Katakana."""
    return character >= "\u3040" and unicodedata.name(character, "").startswith(
        ("CJK", "HIRAGANA", "KATAKANA")
    )


def _pieces(
    text: str, bounds: Sequence[tuple[int, int]], levels: Sequence[int]
) -> list[tuple[str, int]]:
    """Cut a text at its marked words."""
    pieces, done = [], 0
    for (start, end), level in zip(bounds, levels, strict=True):
        if level:
            pieces += [(text[done:start], 0), (text[start:end], level)]
            done = end
    pieces.append((text[done:], 0))
    return [piece for piece in pieces if piece[0]]
