"""The page of limits has the limits of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classify.classifier import labels, modelfile
from classify.core import arrayfile
from classify.evaluation import predictions
from classify.plots import sections
from classify.readers import feed_parser, feeds, http, json_rows, parquet, sources
from classify.report import page
from classify.serve import batches, question, routes, server

PAGE = Path(__file__).resolve().parent.parent / "docs" / "limits.md"
ROWS = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", PAGE.read_text("utf-8"), re.MULTILINE))


def mb(n):
    """Write bytes as megabytes."""
    return f"{n >> 20} MB"


LIMITS = {
    "a line of CSV, TSV, JSON lines or text, and a headline in Parquet": mb(sources.MAX_LINE),
    "a document of JSON that is not one item a line": mb(json_rows.LARGEST_DOCUMENT),
    "a column of text in a row group of Parquet, beside its size in the file": (
        f"{mb(parquet._EXPANDED)}, or {parquet._GROWTH} times"
    ),
    "a feed or a sitemap": mb(feeds.LARGEST_FEED),
    "attributes of one element of a feed": f"{feed_parser.MOST_ATTRIBUTES}",
    "elements within elements of a feed": f"{feed_parser.DEEPEST}",
    "the same, where the feed is not well-formed": f"{feed_parser.DEEPEST_BROKEN:,}",
    "characters of a base address in a feed": f"{feed_parser.LONGEST_BASE:,}",
    "tags of a sitemap": f"{feeds._MOST_TAGS:,}",
    "categories of an entry of a feed": f"{feed_parser.MOST_CATEGORIES}",
    "bytes in front of a feed, such as a warning that a server printed": f"{feeds._LONGEST_JUNK:,}",
    "all bytes of a fetch: headers, redirects and trailers, too": mb(http.LARGEST),
    "a whole fetch, with redirects and the second attempt": f"{http.DEADLINE:g} s",
    "seconds that `Retry-After` asks for": f"what is left of {http.DEADLINE:g} s",
    "an answer, and each piece of it": f"{http.TIMEOUT:g} s",
    "redirects": f"{http._REDIRECTS}",
    "different sections to train on": f"2 to {labels.MAX_SECTIONS}",
    "different sections to test on": f"{labels.MAX_SECTIONS}",
    "sections in the picture of a confusion matrix": f"{sections.MOST_DRAWN}",
    "headlines listed in a report": f"{predictions.N_PREDICTIONS:,}",
    "the page of a report": f"{page.PAGE_BYTES // 1_000_000} MB",
    "the header of a file": f"{arrayfile._LARGEST_HEADER:,} bytes",
    "characters of an n-gram": f"{modelfile.LONGEST_NGRAM}",
    "the body of a request": f"{question.LARGEST_BODY:,} bytes",
    "headlines of a request": f"{question.MOST_HEADLINES:,}",
    "headlines that wait for an answer": f"{batches._MOST_WAITING:,}",
    "connections": f"{server._MOST_CONNECTIONS:,}",
    "sending the body of a request": f"{routes._SECONDS_TO_SEND} s",
    "a request, from its first byte to the last one of its answer": f"{server._SECONDS_A_REQUEST} s",
}
# Tested where they are: no number of the code.
OTHERS = {
    "entities that a feed declares itself",
    "content encodings",
    "searches that use one file of trials at once",
    "reports written into one folder at once",
    "runs of `cluster --continue` on one file at once",
    "what",
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_that_of_the_code(name):
    assert ROWS[name].strip() == LIMITS[name]


def test_no_limit_is_unchecked():
    assert ROWS.keys() == LIMITS.keys() | OTHERS
