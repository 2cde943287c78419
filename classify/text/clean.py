"""Clean headlines: HTML entities, white space, publisher suffixes.

Entities are decoded with the table of the standard library's `html` module, twice, because feeds often escape an
escaped headline. Wrongly decoded characters and typographic quotes are left as they are.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import as_column, from_strings
from classify.text.publishers import learn_suffixes, remove_suffixes

if TYPE_CHECKING:
    from classify.core.arrow import Texts

__all__ = ["clean", "clean_corpus", "count_suffixes", "find_suffixes"]

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_ENTITIES = re.compile(_ENTITY)
# Invisible characters that separate nothing: soft hyphen, word joiner, byte order mark.
_INVISIBLE = r"[\x{AD}\x{2060}\x{FEFF}]+"
_SPACES = r"\x00-\x1F\x7F-\xA0\x{1680}\x{2000}-\x{200B}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
_UNTIDY = rf"^ | $|  |[{_SPACES}]|{_INVISIBLE}"
_MARK = "\x01"  # joins headlines while their entities are decoded; no entity decodes to it


def clean(headlines: Texts, suffixes: Iterable[str] = ()) -> pa.StringArray:
    """Decode entities, collapse white space and remove the publisher suffix of each headline.

    Each headline is cleaned by itself: the result is the same alone and in any batch.

    Parameters
    ----------
    headlines
        Headlines to clean; a missing one counts as empty.
    suffixes
        Publisher names to remove besides those that a single headline shows, as returned by `find_suffixes`.

    Returns
    -------
        As many headlines, in the same order, without nulls.

    Raises
    ------
    ValueError
        If `headlines` is one string, or an item is not a string.

    Examples
    --------
    >>> clean(["Fish &amp; chips  up - BBC News", "Goal sinks United - Guardiola"]).to_pylist()
    ['Fish & chips up', 'Goal sinks United - Guardiola']
    """
    return remove_suffixes(_tidy(as_column(headlines)), suffixes)


def find_suffixes(headlines: Texts, publishers: Texts | None = None) -> tuple[str, ...]:
    """Learn from a corpus which publisher names end its headlines.

    Parameters
    ----------
    headlines
        Headlines before cleaning.
    publishers
        Their publishers, where the corpus has such a column; null or empty where unknown.

    Returns
    -------
        Names in lower case, sorted, to pass to `clean`.

    Examples
    --------
    >>> corpus = ["Storm closes port - hafen", "Ferry late again - hafen", "New pier opens - hafen"]
    >>> find_suffixes(corpus, publishers=["Hafen", None, None])
    ('hafen',)
    >>> clean(["Old pier shut - hafen"], suffixes=("hafen",)).to_pylist()
    ['Old pier shut']
    """
    names = [] if publishers is None else _tidy(as_column(publishers).unique()).to_pylist()
    return learn_suffixes(_tidy(as_column(headlines)), (name for name in names if name))


def clean_corpus(headlines: Texts, publishers: Texts | None = None) -> tuple[pa.StringArray, tuple[str, ...]]:
    """Learn the publisher suffixes of a corpus and clean its headlines.

    Parameters
    ----------
    headlines
        Headlines before cleaning.
    publishers
        Their publishers, where the corpus has such a column; null or empty where unknown.

    Returns
    -------
        The cleaned headlines, and the suffixes with which `clean` cleans further ones in the same way.

    Examples
    --------
    >>> corpus = ["Old pier shut - hafen", "Rain", "Snow"]
    >>> cleaned, suffixes = clean_corpus(corpus, publishers=["Hafen", None, None])
    >>> cleaned.to_pylist(), suffixes
    (['Old pier shut', 'Rain', 'Snow'], ('hafen',))
    """
    suffixes = find_suffixes(headlines, publishers)
    return clean(headlines, suffixes), suffixes


def count_suffixes(headlines: Texts, suffixes: Iterable[str] = ()) -> int:
    """Count the headlines from which `clean` takes a publisher.

    Examples
    --------
    >>> count_suffixes(["Fish &amp; chips up - BBC News", "Goal sinks United - Guardiola"])
    1
    """
    tidy = _tidy(as_column(headlines))
    return int(pc.sum(pc.not_equal(tidy, remove_suffixes(tidy, suffixes))).as_py() or 0)


def _tidy(headlines: pa.StringArray) -> pa.StringArray:
    """Decode entities, then collapse and trim white space."""
    # To compile the expression takes longer than to read a headline.
    if pc.any(pc.match_substring(headlines, "&")).as_py():
        coded = pc.match_substring_regex(headlines, _ENTITY)
        if pc.any(coded).as_py():
            headlines = pc.replace_with_mask(headlines, coded, _decode(headlines.filter(coded)))
    untidy = pc.match_substring_regex(headlines, _UNTIDY)
    if pc.any(untidy).as_py():
        some = pc.replace_substring_regex(headlines.filter(untidy), _INVISIBLE, "")
        some = pc.utf8_trim(pc.replace_substring_regex(some, f"[ {_SPACES}]+", " "), " ")
        headlines = pc.replace_with_mask(headlines, untidy, some)
    return headlines


def _decode(headlines: pa.StringArray) -> pa.StringArray:
    """Decode the entities of many headlines at once."""
    marked = pc.replace_substring_regex(headlines, r"[\x00-\x1F]", " ")
    text = _MARK.join(marked.to_pylist())
    for _ in range(2):
        text = _ENTITIES.sub(lambda found: html.unescape(found[0]), text)
    return from_strings(text.split(_MARK))
