"""Parse a feed by feedparser's two parsers, without what takes more than linear time on a hostile feed.

feedparser looks for addresses in the names of authors, compares each category with all before it, and joins long
addresses at every element, each in time that grows with the square of the feed. None of it is needed here.
"""

from __future__ import annotations

import io
import re
import xml.sax
import xml.sax.handler
from dataclasses import dataclass
from typing import Any

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import replace_doctype

MOST_ATTRIBUTES = 200  # of one element
DEEPEST = 100  # of well-formed XML
DEEPEST_BROKEN = 1000  # of other XML, where tags that nothing closes pile up
MOST_CATEGORIES = 20  # of an entry; the others are left out
LONGEST_BASE = 4096  # characters of xml:base


class FeedLimitError(Exception):
    """A feed exceeds a limit; the text is what was found."""


@dataclass(frozen=True)
class ParsedFeed:
    """The entries of a feed, what is known of the feed itself, and its version, such as "rss20"; "" if unknown."""

    entries: list[dict[str, Any]]
    feed: dict[str, Any]
    version: str
    well_formed: bool


class _Bounded(_FeedParserMixin):  # type: ignore[misc]
    """What both parsers do differently from feedparser's."""

    deepest = DEEPEST

    def unknown_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ANN401 (pairs, or a view of them)
        """Count attributes and open elements first."""
        if len(attrs) > MOST_ATTRIBUTES:
            raise FeedLimitError(f"an element of more than {MOST_ATTRIBUTES} attributes")
        if len(self.basestack) > self.deepest:
            raise FeedLimitError(f"XML nested more than {self.deepest} deep")
        super().unknown_starttag(tag, attrs)
        if len(self.baseuri) > LONGEST_BASE:
            raise FeedLimitError(f"a base address of more than {LONGEST_BASE} characters")

    def _sync_author_detail(self, key: str = "author") -> None:
        """Leave authors as they are."""

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        """Keep the first few categories."""
        if len(self._get_context().setdefault("tags", [])) < MOST_CATEGORIES:
            super()._add_tag(term, scheme, label)


class _Strict(_Bounded, StrictFeedParser):  # type: ignore[misc]
    """The parser of well-formed XML."""

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: ANN401, N802
        """Count attributes before their names are looked up one by one."""
        if len(attrs) > MOST_ATTRIBUTES:
            raise FeedLimitError(f"an element of more than {MOST_ATTRIBUTES} attributes")
        super().startElementNS(name, qname, attrs)


class _Loose(_Bounded, LooseFeedParser):  # type: ignore[misc]
    """The parser of anything else."""

    deepest = DEEPEST_BROKEN


def parse_feed(data: bytes) -> ParsedFeed | None:
    """Parse well-formed XML in UTF-8; return None where it is not well-formed.

    Raises
    ------
    FeedLimitError
        If it exceeds a limit.

    Examples
    --------
    >>> found = parse_feed(b"<rss version='2.0'><channel><item><title>Rain</title></item></channel></rss>")
    >>> found.version, [entry["title"] for entry in found.entries]
    ('rss20', ['Rain'])
    """
    doctype, data, _ = replace_doctype(re.sub(rb"^<\?xml[^>]*>", b"", data))
    parser = _Strict("", None, "utf-8")
    sax = xml.sax.make_parser()  # noqa: S317 (no entities are declared, none is fetched)
    sax.setFeature(xml.sax.handler.feature_namespaces, True)
    sax.setFeature(xml.sax.handler.feature_external_ges, False)
    sax.setContentHandler(parser)
    sax.setErrorHandler(parser)
    source = xml.sax.xmlreader.InputSource()
    source.setByteStream(io.BytesIO(data))
    source.setEncoding("utf-8")
    parser.resolve_relative_uris = parser.sanitize_html = False
    try:
        sax.parse(source)
    except xml.sax.SAXException:
        return None
    return _parsed(parser, doctype, well_formed=parser.exc is None)


def parse_broken_feed(data: bytes) -> ParsedFeed:
    """Parse what is not well-formed, as far as it goes.

    Raises
    ------
    FeedLimitError
        If it exceeds a limit.

    Examples
    --------
    >>> [entry["title"] for entry in parse_broken_feed(b"<rss><item><title>Rain</title>").entries]
    ['Rain']
    """
    doctype, data, entities = replace_doctype(data)
    parser = _Loose("", None, "utf-8", entities)
    parser.resolve_relative_uris = parser.sanitize_html = False
    parser.feed(data.decode("utf-8", "replace"))
    return _parsed(parser, doctype, well_formed=False)


def _parsed(parser: Any, doctype: str | None, *, well_formed: bool) -> ParsedFeed:  # noqa: ANN401
    """Return what a parser found."""
    return ParsedFeed(parser.entries, parser.feeddata, doctype or parser.version, well_formed)
