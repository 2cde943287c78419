"""Read headlines from feeds, RSS 0.9 to 2.0, RDF and Atom, by feedparser, and from sitemaps of news.

A feed from a stranger is checked before feedparser parses it: one that declares entities of its own (which could grow
without bound, or read other files), that is nested deeper than feeds are, or that is larger than `LARGEST_FEED` is
refused. Nothing is fetched on behalf of a feed. What a server printed in front of a feed is skipped, and items without
a feed around them are read.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat

from classify.core.arrow import from_strings
from classify.headlines import Headlines, NothingToReadError, ReadError, Skipped, numbers
from classify.readers.columns import make_batch
from classify.readers.encodings import repaired
from classify.readers.sources import Source

__all__ = ["is_markup", "read_feed"]

LARGEST_FEED = 1 << 24
_DEEPEST = 100
_INLINE = r"a|abbr|b|big|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|tt|u"
_BLOCK = r"br|p|div|h[1-6]|li|ul|ol|tr|td|th|table|blockquote|hr|section|article|header|wbr"
_MARKUP = re.compile(
    rb"\s*<(?:[?!/]|(?:rss|feed|rdf:RDF|html|channel)\b|(?!(?:"
    + _INLINE.encode()
    + rb")\b)[A-Za-z][\w:.-]*(?:\s[^<>]*|/)?>)",
    re.IGNORECASE,
)
_ROOT = re.compile(rb"^[ \t]*(?=<(?:\?xml\s|rss\b|feed\b|rdf:RDF\b))", re.MULTILINE | re.IGNORECASE)
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,31};)")
_LONGEST_JUNK = 4096
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_NOT_FEEDS = {"html": "a web page", "opml": "a list of feeds (OPML)", "urlset": "a sitemap without news"}


def is_markup(head: bytes) -> bool:
    r"""Return whether bytes begin as XML and HTML do, or a feed follows what a server printed in front of it.

    Examples
    --------
    >>> is_markup(b"<rss version='2.0'>"), is_markup(b"<3 for the Rovers"), is_markup(b"Warning: x\n<?xml ?>")
    (True, False, True)
    """
    return _MARKUP.match(head) is not None or _junk(head) > 0


def _junk(head: bytes) -> int:
    """Return the number of bytes in front of a feed, 0 where there are none."""
    root = _ROOT.search(head, 0, _LONGEST_JUNK)
    return root.end() if root and head[: root.end()].strip() and not head.lstrip().startswith((b"{", b"[", b"<")) else 0


def read_feed(source: Source, skipped: Skipped, keep: Sequence[str] = ()) -> tuple[str, Iterator[Headlines]]:
    """Read a feed, newest first as it comes; `keep` names elements of its entries that are passed through."""
    data = repaired(source.rest(LARGEST_FEED))
    junk = _junk(data)
    if junk:
        skipped.note("line in front of the feed", 1, data.count(b"\n", 0, junk))
    data = _checked(_with_root(data[junk:].lstrip()), source.name)
    if re.match(rb"(?:<\?[^>]*>\s*|<!--.*?-->\s*)*<urlset\b", data, re.DOTALL) and _NEWS.encode() in data:
        return "sitemap of news", iter([_sitemap(data, source.name, keep)])
    feed = _parsed(data, source.name)
    if not feed.entries:
        if feed.version and not feed.bozo:
            raise NothingToReadError(
                f"{source.name}: found a feed without entries; expected some; fetch it again later"
            )
        root = re.search(rb"<([A-Za-z][\w:.-]*)", data)
        name = root[1].decode("ascii", "replace").lower() if root else ""
        raise _not_a_feed(source.name, _NOT_FEEDS.get(name, f"XML without entries (root: {name or 'none'})"))
    return f"feed, {feed.version or 'of unknown version'}", iter([_batch(feed, keep)])


def _with_root(data: bytes) -> bytes:
    """Return items that have no feed around them within one."""
    if re.match(rb"<item\b", data, re.IGNORECASE):
        return b'<rss version="2.0"><channel>' + data + b"</channel></rss>"
    if re.match(rb"<entry\b", data, re.IGNORECASE):
        return b'<feed xmlns="http://www.w3.org/2005/Atom">' + data + b"</feed>"
    return data


def _parsed(data: bytes, name: str) -> Any:  # noqa: ANN401
    """Return what feedparser finds."""
    import feedparser  # 0.2 s that other formats need not pay

    try:
        return feedparser.parse(
            io.BytesIO(data),
            # The bytes are UTF-8 by now, whatever the feed declares.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, AssertionError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _not_a_feed(name, f"XML that cannot be read ({type(error).__name__})") from None


def _sitemap(data: bytes, name: str, keep: Sequence[str]) -> Headlines:
    """Return the news of a sitemap."""
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(data)  # noqa: S314 (checked: it declares no entities)
    except ElementTree.ParseError as error:
        raise _not_a_feed(name, f"a damaged sitemap ({error})") from None
    pages = [(page, news) for page in root for news in page.iter(f"{{{_NEWS}}}news")]
    fields = {"headline": "title", "date": "publication_date", "publisher": "name"}
    columns = {
        ours: [from_strings([news.findtext(f".//{{{_NEWS}}}{tag}") for _, news in pages])]
        for ours, tag in fields.items()
    }
    columns["url"] = [from_strings([(page.findtext("{*}loc") or "").strip() or None for page, _ in pages])]
    return make_batch(columns, numbers(1, len(pages)), {ours: columns[ours][0] for ours in keep if ours in columns})


def _checked(data: bytes, name: str) -> bytes:
    """Refuse what no honest feed contains, and escape bare ampersands, which many feeds have."""
    depth = 0

    def opened(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise _not_a_feed(name, f"XML nested more than {_DEEPEST} deep")

    def closed(tag: str) -> None:
        nonlocal depth
        depth -= 1

    # The search also finds what is behind the first error, where the parser stops.
    if re.search(rb"<!ENTITY", data, re.IGNORECASE):
        raise _not_a_feed(name, "XML that declares entities")
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return _mended(data)
    return data


def _mended(data: bytes) -> bytes:
    """Escape bare ampersands, outside of sections of plain text."""
    parts, at = [], 0
    while at < len(data):
        begin = data.find(b"<![CDATA[", at)
        end = data.find(b"]]>", begin) if begin >= 0 else -1
        if end < 0:
            begin = end = len(data)
        parts += [_BARE_AMPERSAND.sub(b"&amp;", data[at:begin]), data[begin:end]]
        at = end
    return b"".join(parts)


def _batch(feed: Any, keep: Sequence[str]) -> Headlines:  # noqa: ANN401
    """Convert the entries of a feed to columns."""
    entries = feed.entries
    publisher = _text(feed.feed.get("title"))
    columns = {
        "id": [_text(entry.get("id")) for entry in entries],
        "section": [_section(entry) for entry in entries],
        "date": [_date(entry) for entry in entries],
        "publisher": [_text(entry.get("source", {}).get("title")) or publisher for entry in entries],
        "url": [_text(entry.get("link")) for entry in entries],
    }
    filled = {name: [from_strings(column)] for name, column in columns.items() if any(column)}
    filled["headline"] = [from_strings([_headline(entry) for entry in entries])]
    kept = {
        name: from_strings([_text(entry.get("link" if name == "url" else name)) for entry in entries]) for name in keep
    }
    return make_batch(filled, numbers(1, len(entries)), kept)


def _headline(entry: Any) -> str:  # noqa: ANN401
    """Return the title of an entry as text, its summary where it has none.

    Tags of blocks part words and tags within a line do not; other signs of less and more are text.
    """
    title = _text(entry.get("title")) or _text(entry.get("summary")) or ""
    title = re.sub(r"^\s*<!\[CDATA\[(.*)\]\]>\s*$", r"\1", title, flags=re.DOTALL)
    title = re.sub(rf"</?(?:{_BLOCK})(?:\s[^<>]*)?/?>", " ", title, flags=re.IGNORECASE)
    title = re.sub(rf"</?(?:{_INLINE}|img)(?:\s[^<>]*)?/?>", "", title, flags=re.IGNORECASE)
    return " ".join(html.unescape(title).split())


def _section(entry: Any) -> str | None:  # noqa: ANN401
    """Return the first category of an entry."""
    return next((_text(tag.get("term")) for tag in entry.get("tags") or [] if tag.get("term")), None)


def _date(entry: Any) -> str | None:  # noqa: ANN401
    """Return the time of an entry as it is; the reader of dates reads it, as it does for all formats."""
    # A plain dict's get: that of feedparser warns where one date is used for the other.
    return next((text for name in ("published", "updated") if (text := _text(dict.get(entry, name)))), None)


def _text(value: object) -> str | None:
    """Return a text that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def _not_a_feed(name: str, found: str) -> ReadError:
    """Return the error of what is not a feed."""
    return ReadError(f"{name}: found {found}; expected a feed (RSS, Atom or RDF); give the address or file of a feed")
