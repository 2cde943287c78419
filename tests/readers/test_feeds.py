"""Feeds: every dialect read, every attack refused, memory bounded."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import resource
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.dates import read_dates
from classify.headlines import Headlines, ReadError
from classify.readers import HeadlineReader, read_headlines

ITEM = (
    "<item><title>Fish &amp; chips – up</title><link>http://a.example/1</link>"
    "<pubDate>Mon, 02 Jan 2023 10:00:00 GMT</pubDate><category>food</category></item>"
)
RSS = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="{}"><channel><title>The Daily Planet</title>{}</channel></rss>'
)
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>The Daily Planet</title>
<entry><id>x:1</id><title type="html">Fish &amp;amp; &lt;b&gt;chips&lt;/b&gt; – up</title>
<link href="http://a.example/1"/><updated>2023-01-02T10:00:00Z</updated><category term="food"/></entry>
</feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="http://a.example/"><title>The Daily Planet</title>
</channel><item rdf:about="http://a.example/1"><title>Fish &amp; chips – up</title><link>http://a.example/1</link>
<dc:date>2023-01-02T10:00:00Z</dc:date><dc:subject>food</dc:subject></item></rdf:RDF>"""
FEEDS = {version: RSS.format(version, ITEM) for version in ("0.90", "0.91", "0.92", "0.93", "0.94", "2.0")} | {
    "atom": ATOM,
    "rdf": RDF,
    "netscape": RSS.format("0.91", ITEM).replace(
        "<rss",
        '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/a.dtd"><rss',
    ),
}


def read(data: bytes | str) -> tuple[Headlines, HeadlineReader]:
    reader = read_headlines(io.BytesIO(data.encode() if isinstance(data, str) else data))
    return Headlines.concat(reader), reader


def one_sentence(error: ReadError) -> None:
    assert "\n" not in str(error)
    assert str(error).count("; ") >= 2


@pytest.mark.parametrize("dialect", FEEDS)
def test_every_dialect_gives_the_same_rows(dialect):
    rows, reader = read(FEEDS[dialect])
    assert rows.headline.to_pylist() == ["Fish & chips – up"]
    assert rows.publisher.to_pylist() == ["The Daily Planet"]
    assert rows.url.to_pylist() == ["http://a.example/1"]
    assert read_dates(rows.date).astype(str).tolist() == ["2023-01-02T10:00:00"]
    assert rows.section.to_pylist() == ["food"]
    assert rows.line.to_pylist() == [1]
    assert reader.description.startswith("feed, ")


@pytest.mark.parametrize("dialect", FEEDS)
def test_elements_of_an_entry_are_passed_through(dialect):
    rows = Headlines.concat(read_headlines(io.BytesIO(FEEDS[dialect].encode()), keep=["url", "author"]))
    assert {name: column.to_pylist() for name, column in rows.kept.items()} == {
        "url": ["http://a.example/1"],
        "author": [None],
    }


def test_json_feed():
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Daily Planet",
        "items": [{"id": "1", "title": "Rain", "url": "http://a.example/1", "date_published": "2023-01-02T10:00:00Z"}],
    }
    for text in (json.dumps(document), json.dumps(document, indent=2)):
        rows, _ = read(text)
        assert rows.headline.to_pylist() == ["Rain"]
        assert rows.date.to_pylist() == ["2023-01-02T10:00:00Z"]
        assert rows.url.to_pylist() == ["http://a.example/1"]


def test_the_publisher_of_an_entry_goes_before_that_of_the_feed():
    item = '<item><title>a</title><source url="http://b.example">The Bugle</source></item><item><title>b</title></item>'
    rows, _ = read(RSS.format("2.0", item))
    assert rows.publisher.to_pylist() == ["The Bugle", "The Daily Planet"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252", "iso-8859-15"])
def test_declared_encodings(encoding):
    declared = encoding.replace("-sig", "")
    text = RSS.format("2.0", "<item><title>Café fermé</title></item>").replace("utf-8", declared)
    assert read(text.encode(encoding))[0].headline.to_pylist() == ["Café fermé"]


def test_a_wrong_declaration_does_no_harm():
    text = RSS.format("2.0", "<item><title>Café</title></item>")
    assert read(text.encode("cp1252"))[0].headline.to_pylist() == ["Café"]
    assert read(text.replace("utf-8", "klingon"))[0].headline.to_pylist() == ["Café"]


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("AT&T buys B&B", "AT&T buys B&B"),
        ("a &nbsp; b &eacute;", "a b é"),
        ("<![CDATA[Q&A <i>now</i> &amp; then]]>", None),
        ("1 &lt; 2", "1 < 2"),
        ("", ""),
        ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "😀"),
    ],
)
def test_titles_as_feeds_really_have_them(title, wanted):
    rows, _ = read(RSS.format("2.0", f"<item><title>{title}</title><link>http://a/</link></item>"))
    assert len(rows) == 1
    if wanted is not None:
        assert rows.headline.to_pylist() == [wanted]


def test_an_entry_without_a_title_is_an_empty_headline():
    rows, _ = read(RSS.format("2.0", "<item><link>http://a/</link></item><item><title>b</title></item>"))
    assert rows.headline.to_pylist() == ["", "b"]


def test_compressed_feeds():
    assert len(read(gzip.compress(RSS.format("2.0", ITEM * 3).encode()))[0]) == 3


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
    + '<rss version="2.0"><channel><item><title>&j;</title></item></channel></rss>'
)
FILE = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    '<rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>'
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "declares entities"),
        (BOMB.encode("utf-16"), "declares entities"),
        (FILE, "declares entities"),
        (FILE.replace("<!ENTITY", "<!entity"), "declares entities"),
        (FILE.replace("<!ENTITY a", "<!ENTITY % a"), "declares entities"),
        ('<rss version="2.0"><channel>' + "<a>" * 5000 + "</a>" * 5000 + "</channel></rss>", "deep"),
        ("<?xml version='1.0'?><root><a/></root>", "without entries"),
        ('<?xml version="1.0"?>', "without entries"),
        ("<rss", "without entries"),
        ("<!DOCTYPE html><html><body><p>Hello</p></body></html>", "web page"),
        ("<?xml version='1.0'?>" + "<" * 100_000, "without entries"),
        (RSS.format("2.0", "<item><title>" + "x" * (17 << 20) + "</title></item>"), "more than 16 MB"),
        ('<rss version="2.0"><channel>' + "<![CDATA[" * 200_000, "without entries"),
    ],
    ids=range(13),
)
def test_attacks_and_other_markup_are_refused(data, words):
    with pytest.raises(ReadError, match=words) as error:
        read(data)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_an_endless_feed_takes_no_memory():
    code = (
        "import resource, sys\n"
        "from classify.readers.read import read_headlines, ReadError\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "try:\n"
        "    read_headlines('-')\n"
        "except ReadError as error:\n"
        "    print(error)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            process.stdin.write(b'<rss version="2.0"><channel>')
            while process.poll() is None:
                process.stdin.write(ITEM.encode() * 100)
        except BrokenPipeError:
            pass
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdin = None
        assert b"more than 16 MB" in process.stdout.read()


PIECES = st.sampled_from(
    ["<item>", "</item>", "<title>", "</title>", "&amp;", "&", "<", ">", "]]>", "<![CDATA[", "<!--", "-->", "a", "é",
     '<rss version="2.0">', "<channel>", "</rss>", "<?xml", "?>", '="', "<feed>", "<entry>", "&#0;", "&#xD800;", "\0",
     "<pubDate>Mon, 99 Foo 20235</pubDate>", "<pubDate>", "<link>", "<category/>", "<source>", "xmlns:a='b'"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_markup_is_read_or_refused(body):
    for data in ('<rss version="2.0"><channel>' + body, body):
        try:
            rows, _ = read(data)
        except ReadError as error:
            one_sentence(error)
        else:
            assert len(rows.headline) == len(rows.line)


@pytest.mark.slow
def test_no_more_memory_than_the_feed_needs():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        read(RSS.format("2.0", ITEM * 3000))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000
