"""Clean headlines: HTML entities, white space, publisher suffixes.

`clean` decodes entities by the table of the standard library's `html` module (twice, for feeds
often escape an escaped headline), collapses white space, and removes the publisher by the rules of
`classify.text.publishers`. Mojibake and typographic quotes are left alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import EMPTY, from_strings
from classify.text.publishers import learn_suffixes, remove_suffixes

if TYPE_CHECKING:
    from classify.headlines import Headlines

__all__ = ["clean", "clean_corpus", "count_suffixes", "find_suffixes"]

_ENTITY = r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});"
_ENTITIES = re.compile(_ENTITY)
# Invisible characters that separate nothing: soft hyphen, word joiner, byte order mark.
_INVISIBLE = r"[\x{AD}\x{2060}\x{FEFF}]+"
_SPACES = r"\x00-\x1F\x7F-\xA0\x{1680}\x{2000}-\x{200B}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}"
_UNTIDY = rf"^ | $|  |[{_SPACES}]|{_INVISIBLE}"
_MARK = "\x01"  # stands between headlines while their entities are decoded; no entity yields it


def clean(headlines: Sequence[str] | pa.Array | pa.ChunkedArray, suffixes: Iterable[str] = ()) -> pa.StringArray:
    """Decode entities, collapse white space and remove the publisher suffix of each headline.

    A headline is cleaned by itself: it gets the same answer alone and in any batch.

    Parameters
    ----------
    headlines
        Headlines as they came; a null counts as an empty one.
    suffixes
        Publisher names to remove beside those that the rule for a single line finds, as
        `find_suffixes` learned them from a corpus.

    Returns
    -------
    :
        As many headlines, in the same order, without nulls.

    Raises
    ------
    ValueError
        If `headlines` is one string.
    TypeError
        If an item is not a string.

    Examples
    --------
    >>> clean(["Fish &amp; chips  up - BBC News", "Goal sinks United - Guardiola"]).to_pylist()
    ['Fish & chips up', 'Goal sinks United - Guardiola']
    """
    return remove_suffixes(_tidy(_as_strings(headlines)), (name.lower() for name in suffixes))


def find_suffixes(
    headlines: Sequence[str] | pa.Array | pa.ChunkedArray,
    publishers: Sequence[str] | pa.Array | pa.ChunkedArray | None = None,
) -> tuple[str, ...]:
    """Learn from a corpus which publisher names end its headlines.

    Parameters
    ----------
    headlines
        Headlines as they came.
    publishers
        Their publishers, where the corpus has such a column; null or empty where unknown.

    Returns
    -------
    :
        Names in lower case, sorted: a plain value to keep with the model and to hand to `clean`.

    Examples
    --------
    >>> corpus = ["Storm closes port - hafen", "Ferry late again - hafen", "New pier opens - hafen"]
    >>> find_suffixes(corpus, publishers=["Hafen", None, None])
    ('hafen',)
    >>> clean(["Old pier shut - hafen"], suffixes=("hafen",)).to_pylist()
    ['Old pier shut']
    """
    names = [] if publishers is None else _tidy(_as_strings(publishers).unique()).to_pylist()
    return learn_suffixes(_tidy(_as_strings(headlines)), (name for name in names if name))


def clean_corpus(headlines: Headlines) -> pa.StringArray:
    """Clean the headlines of a corpus, the suffixes that only the corpus or its publishers show included."""
    return clean(headlines.headline, find_suffixes(headlines.headline, headlines.publisher))


def count_suffixes(headlines: Sequence[str] | pa.Array | pa.ChunkedArray, suffixes: Iterable[str] = ()) -> int:
    """Count the headlines from which `clean` takes a publisher.

    Examples
    --------
    >>> count_suffixes(["Fish &amp; chips up - BBC News", "Goal sinks United - Guardiola"])
    1
    """
    tidy = _tidy(_as_strings(headlines))
    return int(pc.sum(pc.not_equal(tidy, remove_suffixes(tidy, (name.lower() for name in suffixes)))).as_py() or 0)


def _as_strings(headlines: Sequence[str] | pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Turn what a caller gave into one Arrow array of strings without nulls."""
    if isinstance(headlines, str):
        raise ValueError(f"found one string, {headlines[:40]!r}; expected a sequence of headlines; put it into a list")
    if not isinstance(headlines, (pa.Array, pa.ChunkedArray)):
        headlines = _from_python(headlines)
    if isinstance(headlines, pa.ChunkedArray):
        headlines = headlines.combine_chunks()
    if pa.types.is_dictionary(headlines.type):
        headlines = headlines.dictionary_decode()
    if pa.types.is_null(headlines.type) or pa.types.is_large_string(headlines.type):
        headlines = headlines.cast(pa.string())
    if not pa.types.is_string(headlines.type):
        raise TypeError(f"found headlines of type {headlines.type}; expected strings; convert them first")
    return headlines.fill_null(EMPTY) if headlines.null_count else headlines


def _from_python(headlines: Sequence[str]) -> pa.Array:
    """Turn a sequence of Python strings, or an array of NumPy or pandas, into an Arrow array."""
    try:
        if isinstance(headlines, list | tuple):
            return from_strings(headlines)
        return pa.array(headlines, pa.string(), from_pandas=True)
    except (TypeError, pa.ArrowInvalid) as error:
        raise TypeError(
            f"found a headline that is no string ({str(error)[:80]}); expected strings; convert them first"
        ) from None


def _tidy(headlines: pa.StringArray) -> pa.StringArray:
    """Decode entities, then collapse and trim white space."""
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
    """Decode the entities of many headlines in one go."""
    marked = pc.replace_substring_regex(headlines, r"[\x00-\x1F]", " ")
    text = _MARK.join(marked.to_pylist())
    for _ in range(2):
        text = _ENTITIES.sub(lambda found: html.unescape(found[0]), text)
    return from_strings(text.split(_MARK))
