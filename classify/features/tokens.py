"""Split whole columns of headlines into words, in any script, and name each word by a 64-bit hash.

A column is worked on as one array of Unicode code points, so that no step loops over headlines or words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_flags, from_strings, to_numpy
from classify.core.threads import in_threads

# A mark behind a letter is a letter; behind what stands alone it stays a mark, which belongs to it; elsewhere it
# separates.
SEPARATOR, LETTER, IDEOGRAPH, MARK, SIGN, _UNSEEN = 0, 1, 2, 3, 4, 255

# How a space between Chinese or Japanese characters is spelled where it counts as a sign: OPEN BOX.
_SPACE, _OPEN_BOX = ord(" "), ord("␣")
_LINE_FEED = from_strings(["\n"])[0]

_IDEOGRAPH_NAMES = ("CJK UNIFIED", "CJK COMPATIBILITY", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA")

# Soft hyphen, joiners and byte-order mark: hints to the typesetter inside a word, not part of it.
_INVISIBLE = ("\u00ad", "\u200c", "\u200d", "\u2060", "\ufeff")

# The class of each code point, looked up in unicodedata when it is first met.
_CLASSES = np.full(0x110000, _UNSEEN, np.uint8)

# What each code point beyond ASCII folds to, found when it is first met (0: not met yet), or that its whole headline
# has to be folded, because it becomes several, vanishes, or may join with what stands before it.
_FOLDED = np.zeros(0x110000, np.uint32)
_IN_CONTEXT = 0xFFFFFFFF

# Odd multiplier of the rolling hash (2^64 divided by the golden ratio; Knuth, TAOCP 6.4) and its inverse modulo 2^64.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_INVERSE = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_POWERS: dict[np.uint64, NDArray[np.uint64]] = {}

# Windows hashed and headlines split at a time. Of 10,000 to 1,000,000 and of 2,500 to 40,000 these took the least time
# on newsapi_2022_en; twice or half as many differ by a few per cent. A batch of the classifier's is no larger, so that
# it starts no threads within its own.
_AT_A_TIME = 50_000
_HEADLINES = 10_000


@dataclass(frozen=True)
class Tokens:
    """Hold the words of a column of headlines as arrays.

    Attributes
    ----------
    codes
        Shape (n_characters,), uint32: the folded headlines as code points, a line feed after each.
    starts, ends
        Shape (n_tokens,): word i is ``codes[starts[i]:ends[i]]``.
    hashes
        Shape (n_tokens,), uint64: equal words have equal hashes.
    indptr
        Shape (n_headlines + 1,): the words of headline h are those from ``indptr[h]`` to ``indptr[h + 1]``.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    indptr: NDArray[np.int64]

    def strings(self, which: NDArray[np.int64] | None = None) -> list[str]:
        """Spell out the words at the given positions (all of them by default).

        Examples
        --------
        >>> tokenize(pa.array(["Straße gesperrt", "東京 2025"])).strings()
        ['strasse', 'gesperrt', '東', '京', '2025']
        """
        which = np.arange(len(self.starts)) if which is None else which
        return spell(self.codes, self.starts[which], self.ends[which])


def tokenize(headlines: pa.Array, punctuation: bool = False, n_jobs: int | None = 1) -> Tokens:
    """Find the words of every headline.

    A word is a longest run of letters, digits and the marks that belong to them (Unicode categories L, N and M), but a
    Chinese or Japanese character is a word by itself, since those scripts put no space between words. Text is brought
    to Unicode's NFKC form and case-folded first. White space is dropped.

    Parameters
    ----------
    headlines
        Arrow string array of n headlines; nulls count as empty.
    punctuation
        Whether each punctuation mark or symbol (categories P and S) is a word, too, or dropped. A space beside a
        Chinese or Japanese character is such a sign: there it parts clauses, not words. It is spelled "␣".
    n_jobs
        Threads for more than 10,000 headlines; the result does not depend on it.

    Examples
    --------
    >>> tokens = tokenize(pa.array(["Keeper's late save", "", "हिन्दी"]))
    >>> tokens.indptr.tolist()
    [0, 4, 4, 5]
    >>> tokenize(pa.array(["Who won?", "東京 開幕"]), punctuation=True).strings()
    ['who', 'won', '?', '東', '京', '␣', '開', '幕']
    """
    parts = [headlines.slice(start, _HEADLINES) for start in range(0, max(len(headlines), 1), _HEADLINES)]
    return _concatenate(in_threads(partial(_tokenize, punctuation=punctuation), parts, n_jobs))


def _tokenize(headlines: pa.Array, punctuation: bool) -> Tokens:
    """Find the words of some headlines."""
    codes, row_starts = _fold(headlines)
    classes = np.zeros(len(codes) + 2, np.uint8)
    classes[1:-1] = _classify(codes, punctuation)
    if punctuation:
        codes = _show_spaces(codes, classes)
    starts, ends = _word_bounds(classes)
    indptr = np.append(np.searchsorted(starts, row_starts), len(starts))
    return Tokens(codes, starts, ends, hash_windows(codes, starts, ends), indptr)


def _concatenate(parts: list[Tokens]) -> Tokens:
    """Put the words of several columns into one."""
    if len(parts) == 1:
        return parts[0]
    sizes = np.array([[len(part.codes), len(part.starts)] for part in parts])
    befores = np.cumsum(sizes, axis=0) - sizes
    return Tokens(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.starts + before for part, (before, _) in zip(parts, befores, strict=True)]),
        np.concatenate([part.ends + before for part, (before, _) in zip(parts, befores, strict=True)]),
        np.concatenate([part.hashes for part in parts]),
        np.append(
            np.concatenate([part.indptr[:-1] + before for part, (_, before) in zip(parts, befores, strict=True)]),
            sizes[:, 1].sum(),
        ),
    )


def hash_windows(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash the windows ``codes[start:end]``, fast where they stand in their order.

    The polynomial rolling hash of Karp and Rabin (1987) modulo 2^64, from differences of prefix sums, then mixed.

    Examples
    --------
    >>> codes = np.frombuffer("to be to".encode("utf-32-le"), np.uint32)
    >>> first, second, third = hash_windows(codes, np.array([0, 3, 6]), np.array([2, 5, 8]))
    >>> bool(first == third), bool(first == second)
    (True, False)
    """
    hashes = np.empty(len(starts), np.uint64)
    # Some at a time, so that the sums stay in the processor's caches; the result does not depend on it.
    for i in range(0, len(starts), _AT_A_TIME):
        some = slice(i, i + _AT_A_TIME)
        first = starts[some].min()
        hashes[some] = _hash_windows(codes[first : ends[some].max()], starts[some] - first, ends[some] - first)
    return hashes


def _hash_windows(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash windows from prefix sums of all the codes."""
    prefix = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum((codes + np.uint64(1)) * _powers(_BASE, len(codes)), out=prefix[1:])
    shifted = prefix[ends] - prefix[starts]
    return mix_hash(shifted * _powers(_INVERSE, len(codes) + 1)[starts])


def hash_pairs(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash pairs of words, given the hashes of both; the order matters.

    Examples
    --------
    >>> new, york = np.array([1], np.uint64), np.array([2], np.uint64)
    >>> bool(hash_pairs(new, york) == hash_pairs(york, new))
    False
    """
    return mix_hash(left * _BASE + right)


def mix_hash(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread every bit of each hash over all bits (the finalizer of SplitMix64; Steele, Lea and Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def spell(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[str]:
    """Turn windows of code points into strings."""
    flat, _ = pad(codes, starts, ends, "\n")
    return flat.tobytes().decode("utf-32-le", "surrogatepass").split("\n")[1::2]


def pad(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], filler: str
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Copy windows into one array with a filler on either side of each; return it and where each ends."""
    lengths = ends - starts + 2
    stops = np.cumsum(lengths)
    inner = np.ones(lengths.sum(), bool)
    inner[stops - lengths] = inner[stops - 1] = False
    source = np.arange(len(inner)) - np.repeat(stops - lengths - starts + 1, lengths)
    flat = np.full(len(inner), ord(filler), np.uint32)
    flat[inner] = codes[source[inner]]
    return flat, stops


def code_points(rows: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Put a line feed after each row; return the code points of all and the offset of each row."""
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


def _fold(headlines: pa.Array) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Lower-case and normalise headlines into code points, a line feed after each; return where each begins, too."""
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
    """Fold the headlines that cannot be folded character by character."""
    other = pc.invert(pc.string_is_ascii(headlines))
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
    """Fold one character, if that is one again whatever stands around it.

    Marks and the parts of Hangul syllables may compose with what stands before them. Beyond the basic plane there are
    other letters that do, too rare to tell them apart.
    """
    folded = _fold_unicode(character)
    alone = len(folded) == 1 and _fold_unicode(folded) == folded
    return _IN_CONTEXT if not alone or any(map(_may_compose, character + folded)) else ord(folded)


def _may_compose(character: str) -> bool:
    """Tell whether a character might join with what stands before it."""
    return "\u1100" <= character <= "\u11ff" or character > "\uffff" or unicodedata.category(character)[0] == "M"


def _fold_unicode(text: str) -> str:
    """Normalise, case-fold, and normalise what folding took apart; drop invisible characters."""
    for character in _INVISIBLE:
        text = text.replace(character, "")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _classify(codes: NDArray[np.uint32], punctuation: bool) -> NDArray[np.uint8]:
    """Look up the class of each code point; punctuation counts as a separator unless asked for."""
    classes = _look_up(_CLASSES, codes, _UNSEEN, _class_of)
    if not punctuation:
        classes *= classes != SIGN  # SEPARATOR is zero
    return _attach_marks(classes) if (classes == MARK).any() else classes


def _look_up(table: NDArray[Any], codes: NDArray[np.uint32], unseen: int, rule: Callable[[str], int]) -> NDArray[Any]:
    """Look code points up in a table, which is filled by the rule where they are met for the first time."""
    found = table[codes]
    if (new := found == unseen).any():
        for code in np.unique(codes[new]):
            table[code] = rule(chr(code))
        found = table[codes]
    return found


def _show_spaces(codes: NDArray[np.uint32], classes: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Turn spaces beside an ideograph into punctuation, in place; `classes` starts and ends with a separator."""
    ideographs = classes == IDEOGRAPH
    if not ideographs.any():
        return codes
    spaces = (codes == _SPACE) & (ideographs[:-2] | ideographs[2:])
    classes[1:-1][spaces] = SIGN
    return np.where(spaces, np.uint32(_OPEN_BOX), codes)


def _attach_marks(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make each mark what the character it stands on makes it, in place."""
    marks = np.flatnonzero(classes == MARK)
    leads = np.append(True, np.diff(marks) > 1)
    # A mark at the very start stands on nothing.
    base = np.where(marks > 0, classes[marks - 1], SEPARATOR)[leads]
    kind = np.array([SEPARATOR, LETTER, MARK, SEPARATOR, MARK], np.uint8)[base]
    classes[marks] = kind[np.cumsum(leads) - 1]
    return classes


def _class_of(character: str) -> int:
    """Tell separators, letters, marks, ideographs and punctuation apart by their Unicode properties."""
    kind = unicodedata.category(character)[0]
    if kind not in "LNM":
        return SIGN if kind in "PS" else SEPARATOR
    if kind == "M":
        return MARK
    return IDEOGRAPH if unicodedata.name(character, "").startswith(_IDEOGRAPH_NAMES) else LETTER


def _word_bounds(classes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find where words begin and end; `classes` has a separator before and behind.

    Letters join with letters and marks with what they stand on; all else stands alone.
    """
    before, here = classes[:-1], classes[1:]
    joined = ((before == LETTER) & (here == LETTER)) | (here == MARK)
    starts = np.flatnonzero(~joined & (here != SEPARATOR))
    ends = np.flatnonzero(~joined & (before != SEPARATOR))
    return starts, ends


def _powers(base: np.uint64, n: int) -> NDArray[np.uint64]:
    """Return base^0 to base^(n-1) modulo 2^64, from a table that grows with the longest text."""
    table = _POWERS.get(base)
    if table is None or len(table) < n:
        table = np.full(n + n // 4, base, np.uint64)
        table[:1] = 1
        _POWERS[base] = table = np.multiply.accumulate(table)
    return table[:n]
