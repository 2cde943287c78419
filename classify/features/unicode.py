"""Convert headlines to folded Unicode code points, and look up the class of each.

A column is one array of code points, so that no step loops over headlines or characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_flags, from_strings, to_numpy

# A mark after a letter counts as a letter; after another word character or punctuation it belongs to that; elsewhere
# it separates.
SEPARATOR, LETTER, IDEOGRAPH, MARK, PUNCTUATION, _UNSEEN = 0, 1, 2, 3, 4, 255

# U+2423 OPEN BOX stands for a space beside a Chinese or Japanese character where such a space counts as punctuation.
_SPACE, _OPEN_BOX = ord(" "), ord("␣")
_LINE_FEED = from_strings(["\n"])[0]

_IDEOGRAPH_NAMES = ("CJK UNIFIED", "CJK COMPATIBILITY", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA")

# Soft hyphen, joiners and byte-order mark, which do not belong to a word that contains them.
_INVISIBLE = ("\u00ad", "\u200c", "\u200d", "\u2060", "\ufeff")

# The class of each code point, looked up in unicodedata when it is first met.
_CLASSES = np.full(0x110000, _UNSEEN, np.uint8)

# The code point to which each one beyond ASCII folds, found when it is first met (0: not met yet), or _IN_CONTEXT if
# its whole headline has to be folded, because it becomes several, vanishes, or may combine with the one before it.
_FOLDED = np.zeros(0x110000, np.uint32)
_IN_CONTEXT = 0xFFFFFFFF


def code_points(rows: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the code points of all rows, with a line feed after each, and where each row begins."""
    ended = pc.binary_join_element_wise(rows, EMPTY, _LINE_FEED)
    codes = _decode(np.frombuffer(ended.buffers()[2] or b"", np.uint8))
    lengths = to_numpy(pc.utf8_length(ended)).astype(np.int64)
    return codes, np.cumsum(lengths) - lengths


def _decode(data: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Decode UTF-8 that is known to be valid (RFC 3629, section 3), without Python's lock."""
    at = np.flatnonzero(data >= 0xC0)
    if not len(at):
        return data.astype(np.uint32)
    value = data[at].astype(np.uint32)
    n_more = 1 + (value >= 0xE0).astype(np.uint32) + (value >= 0xF0)
    value &= np.uint32(0x3F) >> n_more
    for i in range(1, 4):
        has = n_more >= i
        value[has] = value[has] << 6 | data[at[has] + i] & 0x3F
    codes: NDArray[np.uint32] = data[(data & 0xC0) != 0x80].astype(np.uint32)
    codes[codes >= 0xC0] = value
    return codes


def fold(headlines: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return the case-folded, normalised code points of headlines, a line feed after each, and where each begins."""
    if not pa.types.is_string(headlines.type):
        headlines = headlines.cast(pa.string())
    if headlines.null_count:
        headlines = pc.fill_null(headlines, EMPTY)
    lower = pc.ascii_lower(headlines)
    if (np.frombuffer(lower.buffers()[2] or b"", np.uint8) == ord("\n")).any():
        lower = pc.replace_substring(lower, "\n", " ")
    codes, starts = code_points(_fold_in_context(lower))
    wide = np.flatnonzero(codes > 0x7F)
    folded = _look_up(_FOLDED, codes[wide], 0, _fold_alone)
    alone = folded != _IN_CONTEXT
    codes[wide[alone]] = folded[alone]
    return codes, starts


def _fold_in_context(headlines: pa.Array) -> pa.Array:
    """Fold the headlines with a character whose folded form depends on those around it."""
    other = pc.invert(pc.string_is_ascii(headlines))
    if not other.true_count:
        return headlines
    others = headlines.filter(other)
    codes, starts = code_points(others)
    hard = np.flatnonzero(codes > 0x7F)
    hard = hard[_look_up(_FOLDED, codes[hard], 0, _fold_alone) == _IN_CONTEXT]
    if not len(hard):
        return headlines
    which = np.zeros(len(others), bool)
    which[np.searchsorted(starts, hard, "right") - 1] = True
    folded = _fold_unicode("\n".join(others.filter(from_flags(which)).to_pylist()))
    others = pc.replace_with_mask(others, from_flags(which), from_strings(folded.split("\n")))
    return pc.replace_with_mask(headlines, other, others)


def _fold_alone(character: str) -> int:
    """Return the folded form of a character, _IN_CONTEXT if it is not one character or depends on those around it.

    Marks and parts of Hangul syllables may compose with the character before them, and so may some characters beyond
    the basic multilingual plane, all of which are folded in context because they are rare.
    """
    folded = _fold_unicode(character)
    alone = len(folded) == 1 and _fold_unicode(folded) == folded
    return _IN_CONTEXT if not alone or any(map(_may_compose, character + folded)) else ord(folded)


def _may_compose(character: str) -> bool:
    """Return whether a character might compose with the one before it."""
    return "\u1100" <= character <= "\u11ff" or character > "\uffff" or unicodedata.category(character)[0] == "M"


def _fold_unicode(text: str) -> str:
    """Drop invisible characters, normalise, case-fold, and normalise again what folding decomposed."""
    for character in _INVISIBLE:
        text = text.replace(character, "")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def classify(codes: NDArray[np.uint32], punctuation: bool) -> NDArray[np.uint8]:
    """Return the class of each code point; punctuation is a separator unless it is asked for."""
    classes = _look_up(_CLASSES, codes, _UNSEEN, _class_of)
    if not punctuation:
        classes *= classes != PUNCTUATION  # SEPARATOR is zero
    return _attach_marks(classes) if (classes == MARK).any() else classes


def _look_up(table: NDArray[Any], codes: NDArray[np.uint32], unseen: int, rule: Callable[[str], int]) -> NDArray[Any]:
    """Look code points up in a table; `rule` computes those that are met for the first time."""
    found = table[codes]
    if (new := found == unseen).any():
        for code in np.unique(codes[new]):
            table[code] = rule(chr(code))
        found = table[codes]
    return found


def _attach_marks(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Assign each mark, in place, the class that the character before it implies."""
    marks = np.flatnonzero(classes == MARK)
    leads = np.append(True, np.diff(marks) > 1)
    # A mark at the very start has no character before it.
    base = np.where(marks > 0, classes[marks - 1], SEPARATOR)[leads]
    kind = np.array([SEPARATOR, LETTER, MARK, SEPARATOR, MARK], np.uint8)[base]
    classes[marks] = kind[np.cumsum(leads) - 1]
    return classes


def show_spaces(codes: NDArray[np.uint32], classes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return the code points with spaces beside ideographs as "␣", and mark these in `classes` as punctuation.

    `classes` is one longer at either end, where it has a separator.
    """
    ideographs = classes == IDEOGRAPH
    if not ideographs.any():
        return codes
    spaces = (codes == _SPACE) & (ideographs[:-2] | ideographs[2:])
    classes[1:-1][spaces] = PUNCTUATION
    return np.where(spaces, np.uint32(_OPEN_BOX), codes)


def _class_of(character: str) -> int:
    """Return the class of a character by its Unicode properties."""
    kind = unicodedata.category(character)[0]
    if kind not in "LNM":
        return PUNCTUATION if kind in "PS" else SEPARATOR
    if kind == "M":
        return MARK
    return IDEOGRAPH if unicodedata.name(character, "").startswith(_IDEOGRAPH_NAMES) else LETTER
