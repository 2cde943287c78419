"""Feeds made to take long: each is refused, or read in time and memory that grow with its size alone."""

from __future__ import annotations

import io
import json
import resource
import subprocess
import sys

import pytest

from classify.headlines import ReadError
from classify.readers import read_headlines
from classify.readers.feed_parser import DEEPEST, DEEPEST_BROKEN, LONGEST_BASE, MOST_ATTRIBUTES

RSS = "<rss version='2.0'><channel>{}</channel></rss>"
ITEM = "<item><title>Rain</title></item>"
IN_TITLE = RSS.format("<item><title>Rain</title>{}</item>")


def rows(text):
    """Read a feed, and list its headlines."""
    with read_headlines(io.BytesIO(text.encode())) as reader:
        return [headline for batch in reader for headline in batch.headline.to_pylist()]


def attributes(n):
    """Write so many attributes."""
    return " ".join(f"a{i}='1'" for i in range(n))


# Each in two forms: well-formed, and with a tag that was never opened, which the other parser reads.
REFUSED = {
    "attributes": (f"<a {attributes(MOST_ATTRIBUTES + 1)}/>" + ITEM, "attributes"),
    "deep": ("<a>" * (DEEPEST + 1) + "</a>" * (DEEPEST + 1) + ITEM, f"more than {DEEPEST} deep"),
    "base": (f"<a xml:base='http://a.example/{'x' * LONGEST_BASE}'/>" + ITEM, "base address"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_beyond_a_limit_is_refused(case):
    body, words = REFUSED[case]
    with pytest.raises(ReadError, match=words):
        rows(RSS.format(body))


def test_beyond_the_limits_of_broken_xml_is_refused():
    for body, words in ((REFUSED["attributes"][0], "attributes"), ("<a>" * (DEEPEST_BROKEN + 10), "deep")):
        with pytest.raises(ReadError, match=words):
            rows(RSS.format("</b>" + body))


def test_within_the_limits_is_read():
    whole = f"<a {attributes(MOST_ATTRIBUTES)}>" + "<a>" * (DEEPEST - 10) + "</a>" * (DEEPEST - 9) + ITEM
    assert rows(RSS.format(whole)) == ["Rain"]
    assert rows(RSS.format("</b>" + "<a>" * (DEEPEST_BROKEN // 2) + ITEM)) == ["Rain"]


def test_a_sitemap_of_too_many_tags_is_refused():
    news = "xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'"
    page = "<url><n:news><n:publication><n:name>Planet</n:name></n:publication><n:title>Rain</n:title></n:news></url>"
    assert rows(f"<!-- news --><urlset {news}>{page}</urlset>") == ["Rain"]
    with pytest.raises(ReadError, match="2,000,000 tags"):
        rows(f"<urlset {news}>{page}{'<a/>' * 2_000_000}</urlset>")


def test_the_first_category_with_a_term_is_the_section():
    item = "<item><title>a</title><category></category>{}</item>"
    text = RSS.format(item.format("<category domain='d'>food</category>" + "<category>b</category>" * 30))
    with read_headlines(io.BytesIO(text.encode())) as reader:
        assert next(reader).section.to_pylist() == ["food"]


N = 300_000
SLOW = {
    "an author without an address": IN_TITLE.format(f"<author>{'a' * N}</author>"),
    "an author of dots": IN_TITLE.format(f"<author>{'a.' * (N // 2)}@</author>"),
    "categories": IN_TITLE.format("".join(f"<category>c{i}</category>" for i in range(N // 22))),
    "keywords": IN_TITLE.format(f"<media:keywords>{','.join(map(str, range(N // 6)))}</media:keywords>"),
    "attributes": RSS.format(f"<a {attributes(20_000)}/>" + ITEM),
    "deep nesting after a bare ampersand": RSS.format("&" + "<a>" * (N // 3)),
    "ampersands": RSS.format(f"<item><title>{'&' * N}</title></item>"),
    "ampersands in broken XML": RSS.format(f"<item><title></b>{'&' * N}</title></item>"),
    "comments in front": "<!-- x --> <!-- " * (N // 16) + RSS.format(ITEM),
    "comments that do not close": RSS.format("</b>" + "<!--" * (N // 4)),
    "news in news": "<urlset xmlns='http://www.google.com/schemas/sitemap-news/0.9'>" + "<news>" * (N // 6),
    "a base at each element": RSS.format("<a xml:base='http://a.example/" + "x" * 4000 + "'>" + "<a/>" * (N // 4)),
}
READ_ALL = """
import io, json, resource, sys
from classify.readers import read_headlines
from classify.headlines import ReadError

cases = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
for name, text in cases.items():
    print(name, flush=True)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + 20, resource.RLIM_INFINITY))  # the slowest takes 2
    try:
        with read_headlines(io.BytesIO(text.encode())) as reader:
            sum(map(len, reader))
    except ReadError as error:
        assert "\\n" not in str(error)
print("done")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="limits of a process")
def test_no_small_feed_takes_long():
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL], input=json.dumps(SLOW), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "done", done.stdout + done.stderr
