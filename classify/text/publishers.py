"""Remove publisher suffixes: the " - Reuters" at the end of a headline, and the "BBC News - " at its start.

An aggregator writes the publisher into the headline, and a classifier trained on such headlines learns the publisher.
A suffix is removed for one of two reasons.

1. The headline alone shows it. The text after the last dash or bar is a publisher when it is a web domain, one of the
   names in ``publishers.txt``, or a name with a word of the trade ("Times", "Gazette", "TV8"). After " - " and " | ",
   any other name of two or more words is one if each word is capitalised, a number or a particle, and none a word of
   sentences ("Check Details", "as it happened"), unless it looks like a speaker ("Elm Town's Ash") or follows a
   quotation. One unknown word stays: "change is needed - Guardiola".
2. A corpus shows it. `learn_suffixes` returns the names that end many of its headlines. The caller keeps them with the
   model and passes them to `clean`, so that one headline alone and the same headline in a batch are cleaned equally.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from classify.core.arrow import EMPTY, from_flags, from_integers, from_strings, to_numpy
from classify.text.separators import Separators, byte_bounds, byte_lengths, cut_bytes, find_separators, last_of_each

__all__ = ["learn_suffixes", "remove_suffixes"]


def _read_lists() -> dict[str, list[str]]:
    """Return the lists of publishers.txt by name, each after a line "== name"."""
    lists: dict[str, list[str]] = {}
    for line in Path(__file__).with_name("publishers.txt").read_text("utf-8").splitlines():
        if line.startswith("=="):
            entries = lists[line[3:]] = []
        elif line and not line.startswith("#"):
            entries.append(line)
    return lists


_LISTS = {name: "|".join(entries) for name, entries in _read_lists().items()}
_KNOWN = frozenset(_LISTS["names"].split("|"))
_TRADE = rf"\b(?:{_LISTS['trade words']})\b|(?:{_LISTS['trade endings']})$"
_DOMAIN = r"(?i)^(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}/?$|\(\.(?:gov|mil|edu|org)\)$"
_CAPITAL = r"[\(\[]?(?:[\p{Lu}0-9@]|[a-z]{1,4}[A-Z])[^ \"“”?;…:]*"
_LINK = r"(?:of|the|and|&|for|in|on|at|by|with|a|an|de|du|la|le|el|di|da|von|to|from|–|—|\||\+|:)"
_NAME = rf"^(?:the )?(?:(?:{_LINK} )*{_CAPITAL}(?: |$))+$"
_SENTENCE = (
    rf"(?i)\b(?:{_LISTS['sentence words']})\b"
    r"|^[^\p{L}]+$|[0-9](?:st|nd|rd|th)\b|[\"“”?;…]|(?:^| )['‘]|['’]$"
)
# One word of a shape that sentences do not contain: TechSpot, GSMArena, Team-BHP, CNBCTV18, 91mobiles, SPORTSNET.
_CAMEL = (
    r"^[A-Za-z]*[a-z][A-Z]\w*$|^[A-Z]{2,}[a-z]{3,}\w*$|^[A-Z][a-z]+-[A-Z]{3,}$"
    r"|^[A-Za-z]{3,}[0-9]{1,3}$|^[0-9]{1,3}[A-Za-z]{4,}\w*$|^[A-Z]{6,}$"
)
_PERSON = r"^(?:Mc|Mac|De|Di|Du|La|Le|Van|Von|O['’])[A-Z ]"
_PREPOSITION = r"(?i)^(?:and|at|by|for|from|in|of|on|to|with) "
# Speakers, topics and matches ("Spain's Keeper", "Sir Jo Ash", "Ash on Elm", "Rovers at United"), organisations that
# are quoted but do not publish ("Elm Parole Board"), and lists ("Elm, Beech & Ash").
# `_SPEAKER`, `_QUOTED` and `_REPORTER` were chosen by looking at what was cut from newsflow_bbc_2024_26, which has none
# (35 of 48,760 without them, 6 with them), while the share found on newsapi_2022_en went from 99.31 % to 99.10 %.
_SPEAKER = (
    r"(?:['’]s|s['’]) [\p{Lu}]|^(?:Sir|Dame|Lord|Lady|Gov|Sen|Rep|Dr|VP|Team)\.? |Mayor "
    r"|(?i: on | at | in |^[0-9]+ )|^[NS] \p{Lu}|,.* (?:&|and) "
    r"|\b(?:Army|Board|Court|FA|Guard|House|League|Ministry|Navy|Party|Police|Union)$"
)
_REPORTER = r"^[A-Z]{2,}['’]s \p{Lu}"  # "BBC's Jo Ash"
# A headline that is one quotation from its first to its last character: a speaker follows it.
_QUOTED = r"^['‘\"“](?:[^ ]| [^'‘\"“])*['’\"”]$"
_LONE = r"^[^\p{Ll} ][^ ]*$"
_NEWS = r"^[A-Z][^ ]* News$"
_BAR = 1  # after separators up to this place any name is cut, after later ones only certain publishers
_LONGEST = 80  # bytes of a name; the longest of 3,984 real publishers has 62
_SHORTEST = 16  # least bytes before an unknown publisher: "Spider-Man - No Way Home" is a film
_PASSES = 3  # "... - ABC News - Breaking News, Latest News and Videos": up to three suffixes


def remove_suffixes(headlines: pa.StringArray, suffixes: Iterable[str] = ()) -> pa.StringArray:
    """Remove the publisher from the end or the start of each headline.

    Parameters
    ----------
    headlines
        Headlines without surplus white space and without nulls.
    suffixes
        Further publisher names; case does not matter.

    Returns
    -------
        As many headlines, in the same order; none becomes empty.

    Examples
    --------
    >>> import pyarrow as pa
    >>> remove_suffixes(pa.array(["Keeper saves two - The Daily Planet"])).to_pylist()
    ['Keeper saves two']
    """
    names = _known_names(tuple(suffixes))
    headlines = _cut_brackets(headlines, names)
    found = find_separators(headlines)
    if not len(found.rows):
        return headlines
    ends = _cut_ends(headlines, found, names)
    starts = _cut_heads(headlines, found, ends, names)
    return cut_bytes(headlines, starts, ends)


def learn_suffixes(headlines: pa.StringArray, publishers: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names after the last dash or bar of headlines that are publishers, by their frequency in a corpus.

    A name is returned when it is one of `publishers`. Where half the headlines end in a name, so is every name, and
    any text that occurs twice; in other corpora, a name that ends at least 5 headlines and 1 in 200.

    Parameters
    ----------
    headlines
        Headlines without surplus white space and without nulls, with their suffixes.
    publishers
        Names of publishers, where the corpus has them.

    Returns
    -------
        Names in lower case, sorted.

    Examples
    --------
    >>> import pyarrow as pa
    >>> learn_suffixes(pa.array(["Rain is due - wetter", "Hail is due - wetter"]), ["Wetter"])
    ('wetter',)
    """
    found = find_separators(headlines)
    last = last_of_each(found.rows)
    ends = byte_bounds(headlines)[found.rows[last] + 1]
    counts = cut_bytes(headlines, found.ends[last], ends).value_counts()
    names, times = counts.field(0), to_numpy(counts.field(1))
    named = _is_certain(names, from_strings(sorted(_KNOWN))) | _is_name(names) | _matches(names, _LONE)
    short = byte_lengths(names) <= _LONGEST
    if times[named].sum() >= 0.5 * len(headlines):
        kept = short & (named | (times >= 2))
    else:
        kept = short & named & (times >= max(5, len(headlines) // 200))
    lowered = pc.utf8_lower(names)
    published = from_strings(sorted({name.lower() for name in publishers}))
    kept |= short & to_numpy(pc.is_in(lowered, value_set=published))
    return tuple(sorted(set(lowered.filter(from_flags(kept)).to_pylist())))


@lru_cache(maxsize=8)
def _known_names(suffixes: tuple[str, ...]) -> pa.StringArray:
    """Return the known publishers and further ones in lower case, sorted; kept, for a model's do not change."""
    return from_strings(sorted(_KNOWN.union(name.lower() for name in suffixes)))


def _cut_ends(headlines: pa.StringArray, found: Separators, names: pa.StringArray) -> NDArray[np.int64]:
    """Return the byte position at which each headline ends without its suffixes."""
    bounds = byte_bounds(headlines)
    ends, last = bounds[1:].copy(), last_of_each(found.rows)
    for repeat in range(_PASSES):
        rows, starts = found.rows[last], found.starts[last]
        suffixes = cut_bytes(headlines, found.ends[last], ends[rows])
        cut = _is_certain(suffixes, names)
        if repeat == 0:
            roomy = starts - bounds[rows] >= _SHORTEST
            maybe = np.flatnonzero((found.kinds[last] <= _BAR) & roomy & ~cut)
            maybe = maybe[_is_name(suffixes.take(from_integers(maybe)))]
            before = cut_bytes(headlines, bounds[rows[maybe]], starts[maybe])
            cut[maybe] = ~_matches(before, _QUOTED)
        ends[rows[cut]] = starts[cut]
        earlier = last[cut] - 1
        last = earlier[(earlier >= 0) & (found.rows[earlier] == rows[cut])]
        if not len(last):
            break
    return ends


def _cut_heads(
    headlines: pa.StringArray, found: Separators, ends: NDArray[np.int64], names: pa.StringArray
) -> NDArray[np.int64]:
    """Return the byte position at which each headline begins without a prefix such as "BBC News - "."""
    bounds = byte_bounds(headlines)
    first = np.flatnonzero(np.diff(found.rows, prepend=-1))
    first = first[found.starts[first] < ends[found.rows[first]]]
    rows, starts = found.rows[first], bounds[:-1].copy()
    heads = cut_bytes(headlines, bounds[rows], found.starts[first])
    # A publisher at the start is rare, so only known names and "... News" are removed there.
    cut = to_numpy(pc.is_in(pc.utf8_lower(heads), value_set=names)) | _matches(heads, _NEWS)
    starts[rows[cut]] = found.ends[first][cut]
    return starts


def _cut_brackets(headlines: pa.StringArray, names: pa.StringArray) -> pa.StringArray:
    """Remove " (Reuters)" from the end: known names and domains only."""
    closed = pc.ends_with(headlines, ")")
    rows = np.flatnonzero(to_numpy(closed))
    if not len(rows):
        return headlines
    some = headlines.take(from_integers(rows))
    inner = pc.struct_field(pc.extract_regex(some, r"^.+ \((?P<name>[^()]{1,40})\)$"), "name")
    inner = inner.fill_null(EMPTY)
    cut = to_numpy(pc.is_in(pc.utf8_lower(inner), value_set=names)) | _matches(inner, _DOMAIN)
    if not cut.any():
        return headlines
    ends = byte_bounds(headlines)[1:].copy()
    ends[rows[cut]] -= byte_lengths(inner)[cut] + len(" ()")
    return cut_bytes(headlines, byte_bounds(headlines)[:-1], ends)


def _is_certain(suffixes: pa.StringArray, names: pa.StringArray) -> NDArray[np.bool_]:
    """Return which suffixes are known names, domains, or names with a word of the trade."""
    distinct = suffixes.dictionary_encode()
    words = distinct.dictionary
    sentence = _matches(words, _SENTENCE)
    certain = _matches(words, _NAME) & _matches(words, _TRADE) & ~_matches(words, _PREPOSITION)
    certain &= ~sentence | ~_matches(words, " .* .* ")
    certain &= ~_matches(words, _REPORTER)
    certain |= _matches(words, _CAMEL) & ~_matches(words, _PERSON) & ~sentence
    certain |= _matches(words, _DOMAIN)
    certain &= byte_lengths(words) <= _LONGEST
    certain |= to_numpy(pc.is_in(pc.utf8_lower(words), value_set=names))
    rows: NDArray[np.int64] = to_numpy(distinct.indices)
    return certain[rows]


def _is_name(suffixes: pa.StringArray) -> NDArray[np.bool_]:
    """Return which suffixes are names of two or more words without a word of sentences."""
    distinct = suffixes.dictionary_encode()
    words = distinct.dictionary
    name = _matches(words, _NAME) & _matches(words, " ") & (byte_lengths(words) <= _LONGEST)
    for other in (_SENTENCE, _PERSON, _PREPOSITION, _SPEAKER):
        name &= ~_matches(words, other)
    rows: NDArray[np.int64] = to_numpy(distinct.indices)
    return name[rows]


def _matches(texts: pa.StringArray, pattern: str) -> NDArray[np.bool_]:
    """Return which texts contain a match of a pattern."""
    return to_numpy(pc.match_substring_regex(texts, pattern))
