"""Read headlines from feeds: RSS 0.9 to 2.0, RDF and Atom, by feedparser.

A feed from a stranger is looked through before feedparser sees it: one that declares entities of
its own (the way to swell without bound, or to reach for other files), that nests deeper than feeds
do, or that is larger than `LARGEST_FEED` is refused. Nothing is fetched on behalf of a feed.
"""

from __future__ import annotations

import calendar
import html
import io
import re
import time
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from classify.core.arrow import from_strings
from classify.headlines import Headlines, ReadError, numbers
from classify.readers.encodings import repaired
from classify.readers.sources import Source

__all__ = ["is_markup", "read_feed"]

LARGEST_FEED = 1 << 24
_DEEPEST = 100
_MARKUP = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|!--|rss\b|feed\b|rdf:RDF\b|html\b|channel\b|\w+:\w+)", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,31};)")


def is_markup(head: bytes) -> bool:
    """Tell XML and HTML by their beginning.

    Examples
    --------
    >>> is_markup(b"<rss version='2.0'>"), is_markup(b"<3 for the Rovers")
    (True, False)
    """
    return _MARKUP.match(head) is not None


def read_feed(source: Source) -> tuple[str, Iterator[Headlines]]:
    """Read a feed, newest first as it comes."""
    import feedparser  # 0.2 s that other formats need not pay

    data = _looked_through(repaired(source.rest(LARGEST_FEED)), source.name)
    try:
        feed = feedparser.parse(
            io.BytesIO(data),
            # The bytes are UTF-8 by now, whatever the feed says of itself.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, AssertionError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _no_feed(source.name, f"XML that cannot be read ({type(error).__name__})") from None
    if not feed.entries:
        what = "a web page" if re.search(rb"<html\b", data[:2000], re.IGNORECASE) else "XML without entries"
        raise _no_feed(source.name, what)
    return f"feed, {feed.version or 'of no known version'}", iter([_batch(feed)])


def _looked_through(data: bytes, name: str) -> bytes:
    """Refuse what is no honest feed, and mend bare ampersands, which many feeds have."""
    depth = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _no_feed(name, f"XML nested more than {_DEEPEST} deep")

    def closed(tag: str) -> None:
        nonlocal depth
        depth -= 1

    # The search also finds what stands behind the first error, where the parser does not come.
    if re.search(rb"<!ENTITY", data, re.IGNORECASE):
        raise _no_feed(name, "XML that declares entities")
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return _mended(data)
    return data


def _mended(data: bytes) -> bytes:
    """Write bare ampersands out, outside of sections of plain text."""
    parts, at = [], 0
    while at < len(data):
        begin = data.find(b"<![CDATA[", at)
        end = data.find(b"]]>", begin) if begin >= 0 else -1
        if end < 0:
            begin = end = len(data)
        parts += [_BARE_AMPERSAND.sub(b"&amp;", data[at:begin]), data[begin:end]]
        at = end
    return b"".join(parts)


def _batch(feed: Any) -> Headlines:  # noqa: ANN401
    """Turn the entries of a feed into columns."""
    entries = feed.entries
    publisher = _text(feed.feed.get("title"))
    columns = {
        "id": [_text(entry.get("id")) for entry in entries],
        "section": [_section(entry) for entry in entries],
        "date": [_date(entry) for entry in entries],
        "publisher": [_text(entry.get("source", {}).get("title")) or publisher for entry in entries],
        "url": [_text(entry.get("link")) for entry in entries],
    }
    filled = {name: from_strings(column) for name, column in columns.items() if any(column)}
    return Headlines(from_strings([_headline(entry) for entry in entries]), **filled, line=numbers(1, len(entries)))


def _headline(entry: Any) -> str:  # noqa: ANN401
    """Give the title of an entry as text, where it is HTML too."""
    title = _text(entry.get("title")) or ""
    if "html" in (entry.get("title_detail") or {}).get("type", ""):
        title = html.unescape(re.sub(r"</?[A-Za-z][^<>]*>", "", title))
    return title


def _section(entry: Any) -> str | None:  # noqa: ANN401
    """Give the first category of an entry."""
    return next((_text(tag.get("term")) for tag in entry.get("tags") or [] if tag.get("term")), None)


def _date(entry: Any) -> str | None:  # noqa: ANN401
    """Give the time of an entry in ISO 8601, or as it stands where it cannot be read."""
    # A plain dict's look: feedparser's own warns of one date that stands in for the other.
    for name in ("published", "updated"):
        parsed, text = dict.get(entry, f"{name}_parsed"), dict.get(entry, name)
        try:
            if parsed:
                return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(calendar.timegm(parsed)))
        except (ValueError, OverflowError, OSError):
            pass
        if text:
            return _text(text)
    return None


def _text(value: object) -> str | None:
    """Give a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def _no_feed(name: str, found: str) -> ReadError:
    """Word the error of what is no feed."""
    return ReadError(f"{name}: found {found}; expected a feed (RSS, Atom or RDF); give the address or file of a feed")
