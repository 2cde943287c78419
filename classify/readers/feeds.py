"""Read headlines from feeds, RSS 0.9 to 2.0, RDF and Atom, by feedparser, and from sitemaps of news.

A feed from a stranger that declares entities of its own (which could grow without bound, or read other files), or that
is larger than `LARGEST_FEED`, is refused before it is parsed; `feed_parser` has the limits of what is within. Nothing
is fetched on behalf of a feed. What a server printed in front of a feed is skipped, and items without a feed around
them are read.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from classify.core.arrow import from_strings
from classify.headlines import Headlines, NothingToReadError, ReadError, Skipped, numbers
from classify.readers.columns import make_batch
from classify.readers.encodings import repaired
from classify.readers.sources import Source

if TYPE_CHECKING:
    from classify.readers.feed_parser import ParsedFeed

__all__ = ["is_markup", "read_feed"]

LARGEST_FEED = 1 << 24
_MOST_TAGS = 2_000_000  # of a sitemap, which is read as a tree
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
_SITEMAP = re.compile(rb"(?:\s*+(?:<\?[^>]*+>|<!--(?:[^-]++|-(?!->))*+-->))*+\s*+<urlset\b")  # possessive: linear time
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
    data = _with_root(data[junk:].lstrip())
    if re.search(rb"<!ENTITY", data, re.IGNORECASE):
        raise _not_a_feed(source.name, "XML that declares entities")
    if _NEWS.encode() in data and _SITEMAP.match(data):
        return "sitemap of news", iter([_sitemap(data, source.name, keep)])
    feed = _parsed(data, source.name)
    if not feed.entries:
        if feed.version and feed.well_formed:
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


def _parsed(data: bytes, name: str) -> ParsedFeed:
    """Return what feedparser finds, after the bare ampersands that many feeds have are escaped."""
    from classify.readers.feed_parser import FeedLimitError, parse_broken_feed, parse_feed  # 0.2 s

    try:
        found = parse_feed(data)
        if found is None:
            data = _mended(data)
            found = parse_feed(data) or parse_broken_feed(data)
    except FeedLimitError as error:
        raise _not_a_feed(name, str(error)) from None
    except (ValueError, AssertionError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise _not_a_feed(name, f"XML that cannot be read ({type(error).__name__})") from None
    return found


def _sitemap(data: bytes, name: str, keep: Sequence[str]) -> Headlines:
    """Return the news of a sitemap."""
    from xml.etree import ElementTree

    if data.count(b"<") > _MOST_TAGS:
        raise _not_a_feed(name, f"a sitemap of more than {_MOST_TAGS:,} tags")
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 (it declares no entities)
    except ElementTree.ParseError as error:
        raise _not_a_feed(name, f"a damaged sitemap ({error})") from None
    pages = [(page, news) for page in root for news in page.findall(f"{{{_NEWS}}}news")]
    fields = {"headline": "title", "date": "publication_date", "publisher": f"publication/{{{_NEWS}}}name"}
    columns = {
        ours: [from_strings([news.findtext(f"{{{_NEWS}}}{path}") for _, news in pages])]
        for ours, path in fields.items()
    }
    columns["url"] = [from_strings([(page.findtext("{*}loc") or "").strip() or None for page, _ in pages])]
    return make_batch(columns, numbers(1, len(pages)), {ours: columns[ours][0] for ours in keep if ours in columns})


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


def _batch(feed: ParsedFeed, keep: Sequence[str]) -> Headlines:
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
