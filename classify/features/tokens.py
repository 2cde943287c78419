"""Split whole columns of headlines into words, in any script."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from classify.core.threads import in_threads
from classify.features.hashing import hash_windows
from classify.features.unicode import LETTER, MARK, SEPARATOR, classify, fold, show_spaces

# Headlines split at a time. Of 2,500 to 40,000 this took the least time on newsapi_2022_en; twice or half as many
# differ by a few per cent. A batch of the classifier's is no larger, so that it starts no threads within its own.
_HEADLINES = 10_000


@dataclass(frozen=True)
class Tokens:
    """The words of a column of headlines, as arrays.

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
        """Return the words at the given positions, all of them by default, as strings.

        Examples
        --------
        >>> tokenize(pa.array(["Straße gesperrt", "東京 2025"])).strings()
        ['strasse', 'gesperrt', '東', '京', '2025']
        """
        which = np.arange(len(self.starts)) if which is None else which
        return spell(self.codes, self.starts[which], self.ends[which])


def tokenize(headlines: pa.Array, punctuation: bool = False, n_jobs: int | None = 1) -> Tokens:
    """Split each headline into words.

    A word is a longest run of letters, digits and their marks (Unicode categories L, N and M), but each Chinese or
    Japanese character is a word by itself, because those scripts have no spaces between words. Headlines are normalised
    (NFKC) and case-folded first.

    Parameters
    ----------
    headlines
        Arrow string array of n headlines; nulls count as empty.
    punctuation
        Whether each punctuation mark or symbol (categories P and S) is a word. So is then a space beside a Chinese or
        Japanese character, where it separates clauses; it is returned as "␣".
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
    """Split some headlines into words, in one thread."""
    codes, row_starts = fold(headlines)
    classes = np.zeros(len(codes) + 2, np.uint8)
    classes[1:-1] = classify(codes, punctuation)
    if punctuation:
        codes = show_spaces(codes, classes)
    starts, ends = _word_bounds(classes)
    indptr = np.append(np.searchsorted(starts, row_starts), len(starts))
    return Tokens(codes, starts, ends, hash_windows(codes, starts, ends), indptr)


def _concatenate(parts: list[Tokens]) -> Tokens:
    """Concatenate the words of several columns."""
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


def _word_bounds(classes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where words begin and end; `classes` begins and ends with a separator.

    Consecutive letters are one word, a mark belongs to the character before it, and any other character is a word.
    """
    before, here = classes[:-1], classes[1:]
    joined = ((before == LETTER) & (here == LETTER)) | (here == MARK)
    starts = np.flatnonzero(~joined & (here != SEPARATOR))
    ends = np.flatnonzero(~joined & (before != SEPARATOR))
    return starts, ends


class Windows(NamedTuple):
    """Windows ``codes[starts[i]:ends[i]]`` of an array of code points."""

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def take(self, which: NDArray[np.int64]) -> Windows:
        """Return the windows at the given positions."""
        return Windows(self.codes, self.starts[which], self.ends[which])


def char_ngrams(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], sizes: tuple[int, int]
) -> tuple[Windows, NDArray[np.int64]]:
    """Cut words, each with a space on either side, into n-grams; return them, and the row pointers of the words.

    Examples
    --------
    >>> windows, indptr = char_ngrams(np.array([97, 98, 99], np.uint32), np.array([0, 2]), np.array([2, 3]), (2, 3))
    >>> spell(*windows), indptr.tolist()
    ([' a', ' ab', 'ab', 'ab ', 'b ', ' c', ' c ', 'c '], [0, 5, 8])
    """
    codes, word_ends = pad(codes, starts, ends, " ")
    lengths = np.diff(word_ends, prepend=0)
    every = np.arange(sizes[0], sizes[1] + 1)
    starts = np.repeat(np.arange(len(codes)), len(every))
    ends = starts + np.tile(every, len(codes))
    inside = ends <= np.repeat(word_ends, lengths * len(every))
    indptr = np.append(0, np.cumsum(inside))[np.append(0, word_ends) * len(every)]
    return Windows(codes, starts[inside], ends[inside]), indptr


def spell(codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64]) -> list[str]:
    """Return windows of code points as strings."""
    flat, _ = pad(codes, starts, ends, "\n")
    return flat.tobytes().decode("utf-32-le", "surrogatepass").split("\n")[1::2]


def pad(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], ends: NDArray[np.int64], filler: str
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Copy windows into one array with a filler on either side of each; return the array and the end of each window."""
    lengths = ends - starts + 2
    stops = np.cumsum(lengths)
    inner = np.ones(lengths.sum(), bool)
    inner[stops - lengths] = inner[stops - 1] = False
    source = np.arange(len(inner)) - np.repeat(stops - lengths - starts + 1, lengths)
    flat = np.full(len(inner), ord(filler), np.uint32)
    flat[inner] = codes[source[inner]]
    return flat, stops
