"""Cleaning: entities, white space, publisher suffixes; one headline alone and any batch alike."""

from __future__ import annotations

import gzip
import html
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.core.display import width_of
from classify.text import clean, clean_corpus, find_suffixes

CORPORA = Path(os.environ.get("CLASSIFY_CORPORA", Path(__file__).resolve().parents[3] / "shared" / "corpora"))


def one(headline: str, suffixes: tuple[str, ...] = ()) -> str:
    """Clean one headline."""
    cleaned: str = clean([headline], suffixes)[0].as_py()
    return cleaned


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Fish &amp; chips", "Fish & chips"),
        ("Fish &amp;amp; chips", "Fish & chips"),
        ("caf&eacute; &#8216;open&#x2019;", "café ‘open’"),
        ("Q&A with AT&T about R&D; and B&Bs", "Q&A with AT&T about R&D; and B&Bs"),
        ("&unknown; &#xZZ; &;", "&unknown; &#xZZ; &;"),
        ("a&nbsp;b", "a b"),
        ("a&#10;b&#1;c&#0;d&#xD800;e", "a bc\ufffdd\ufffde"),
        ("  a \t b\r\n c  ", "a b c"),
        ("a\u00a0\u2003b\u3000c\u200bd", "a b c d"),
        ("soft\u00adhyphen, word\u2060joiner, \ufeffmark", "softhyphen, wordjoiner, mark"),
        ("क्\u200dष stays joined", "क्\u200dष stays joined"),
        ("a\x00b\x01c\x1fd\x7fe", "a b c d e"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_entities_and_white_space(raw: str, cleaned: str) -> None:
    """Entities with a semicolon are decoded, white space of every kind is one space."""
    assert one(raw) == cleaned


def tidy(raw: str) -> str:
    """Decode and collapse one headline the plain way."""
    for _ in range(2):
        raw = re.sub(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});", lambda m: html.unescape(m[0]), raw)
    raw = re.sub("[\u00ad\u2060\ufeff]", "", raw)
    return re.sub("[\\s\x00-\x1f\x7f-\x9f\u200b]+", " ", raw).strip(" ")


SUFFIXED = [
    "Keeper's late save sends Rovers into the final - BBC Sport",
    "Keeper's late save sends Rovers into the final - Reuters",
    "Keeper's late save sends Rovers into the final | The Guardian",
    "Keeper's late save sends Rovers into the final - Hindustan Times",
    "Keeper's late save sends Rovers into the final - The Shetland Pony Gazette",
    "Keeper's late save sends Rovers into the final - Bangor Daily",
    "Keeper's late save sends Rovers into the final – Sky News",
    "Keeper's late save sends Rovers into the final — ScienceDaily",
    "Keeper's late save sends Rovers into the final - rovers.example.com",
    "Keeper's late save sends Rovers into the final - KETV Omaha",
    "Keeper's late save sends Rovers into the final - CNBCTV18",
    "Keeper's late save sends Rovers into the final - Business | Reuters",
    "Keeper's late save sends Rovers into the final - KETV - Breaking News, Latest News and Videos",
    "Keeper's late save sends Rovers into the final (Reuters)",
    "Keeper's late save sends Rovers into the final (SPACE.com)",
    "Keeper's late save sends Rovers into the final - Department of Sport (.gov)",
    "Keeper's late save sends Rovers into the final - The White House",
    "Keeper's late save sends Rovers into the final - KGW",
    "BBC News - Keeper's late save sends Rovers into the final",
    "The Guardian | Keeper's late save sends Rovers into the final",
]


@pytest.mark.parametrize("headline", SUFFIXED)
def test_a_single_line_loses_its_suffix(headline: str) -> None:
    """Known names, domains, words of the trade, and names after a dash or a bar."""
    assert one(headline) in (
        "Keeper's late save sends Rovers into the final",
        "Keeper's late save sends Rovers into the final - Business",
    )


@pytest.mark.parametrize(
    "headline",
    [
        "Change is needed at United - Guardiola",
        "'I do things my way' - McIlroy",
        "'Everyone is tired' - Van Dijk",
        "Man City 2-1 Real Madrid - as it happened",
        "Exam results out today - Check Details Here",
        "Budget 2023 | All You Need To Know",
        "Climate target missed - UN",
        "Rates to stay low for years - study",
        "Spider-Man - No Way Home",
        "Tweets of the week (May 29 - June 4)",
        "Elections: Day 3",
        "Five ways to sleep — And how to wake",
        "India vs Australia - Day 3",
        "The Guardian",
        " - BBC News",
        "What the BBC - and the nation - got wrong",
        "Pay rise for nurses, but is it enough? - Nurses say no",
        "Fire at sea kills two (report)",
        "'We shall win the cup one day' - Jo Ash",
        "“We shall win the cup one day” - Elm Town",
        "We shall win the cup one day - Elm Town's Ash",
        "We shall win the cup one day - Ash on Beech",
        "Summary of the game - Elm Town At Beech City",
        "We shall win the cup one day - Sir Jo Ash",
        "The cup is ours - Mayor Ash",
        "Rovers in front 53 - 40 Points Up",
        "Killer admits his role in the attack - Parole Board",
        "Plane is found in the bay - Elm Coast Guard",
        "Recorder is taken out of the lake - N Elmland",
        "What the managers said today - Elm Town, Beech City & Ash",
        "Stories are hard to get out - BBC's Jo Ash",
        "A champion may choose whom he fights - WBC",
        "All who came up to the bars - Apparatus Finals",
    ],
)
def test_a_headline_without_a_tail_stays(headline: str) -> None:
    """Speakers, orders to the reader, dates, films and afterthoughts are no publishers."""
    assert one(headline) == " ".join(headline.split())


def test_learned_tails_are_removed_and_no_others() -> None:
    """A caller's names are cut from both ends, whatever their look and capitals."""
    suffixes = ("der bote", "guardiola")
    assert one("Regen am Abend - Der Bote", suffixes) == "Regen am Abend"
    assert one("der Bote - Regen am Abend", suffixes) == "Regen am Abend"
    assert one("Change is needed - Guardiola", suffixes) == "Change is needed"
    assert one("Change is needed - Klopp", suffixes) == "Change is needed - Klopp"
    assert one("Regen am Abend - bote", ("BOTE",)) == "Regen am Abend"


def test_tails_are_found_in_a_corpus_of_suffixes() -> None:
    """Where half the headlines end in names, what comes twice is a suffix."""
    corpus = [f"Headline number {i} of the day - {name}" for i, name in enumerate(["hafen", "kiosk"] * 5)]
    corpus += [f"Headline number {i} of the day - The Evening Kiosk" for i in range(12)]
    assert find_suffixes(corpus) == ("hafen", "kiosk", "the evening kiosk")


def test_what_comes_now_and_then_is_no_suffix() -> None:
    """A speaker in a corpus without suffixes stays."""
    corpus = [f"Headline number {i} of the day" for i in range(2000)]
    corpus += ["We must be better - Guardiola"] * 4 + ["We were better - reports"] * 200
    assert find_suffixes(corpus) == ()


def test_the_publisher_column_is_evidence() -> None:
    """A name of the column counts at its first sight as a suffix, and only as one."""
    corpus = ["Port is closed - hafen", "Rain is due", "Sun is due - kiosk"]
    assert find_suffixes(corpus, ["Hafen", "Bote", None]) == ("hafen",)
    assert find_suffixes(pa.array(corpus), pa.array(["Hafen", None, None])) == ("hafen",)
    assert find_suffixes([], []) == ()


def test_what_may_be_given() -> None:
    """Lists, tuples, Arrow, NumPy and pandas; nulls are empty headlines."""
    wanted = ["a b", "c"]
    kinds: list[Any] = [
        ["a  b", "c"],
        ("a  b", "c"),
        pa.array(["a  b", "c"]),
        pa.array(["a  b", "c"], pa.large_string()),
        pa.chunked_array([["a  b"], ["c"]]),
        pa.array(["a  b", "c"]).dictionary_encode(),
        np.array(["a  b", "c"], object),
        np.array(["a  b", "c"]),
        pd.Series(["a  b", "c"], index=[5, 6]),
        pa.array(["x", "a  b", "c"]).slice(1),
    ]
    for kind in kinds:
        assert clean(kind).to_pylist() == wanted
    assert clean(pa.array(["a", None])).to_pylist() == ["a", ""]
    assert clean(["a", None]).to_pylist() == ["a", ""]  # type: ignore[list-item]
    for missing in (
        ["a", np.nan],
        pd.Series(["a", None]),
        pd.Series(["a", np.nan], dtype=object),
        pd.array(["a", pd.NA]),
    ):
        assert clean(missing).to_pylist() == ["a", ""]
    assert clean(pa.nulls(2)).to_pylist() == ["", ""]
    assert clean([]).to_pylist() == []
    assert clean(pa.chunked_array([], pa.string())).to_pylist() == []
    assert clean(["\ud83d", "\ud83d\ude00"]).to_pylist() == ["\ufffd", "😀"]


@pytest.mark.parametrize(
    "wrong",
    [
        "a headline",
        b"a",
        [1],
        [b"a"],
        ["a", 1],
        pa.array([1]),
        np.array([["a"]]),
        pd.DataFrame({"a": ["b"], "c": ["d"]}),
    ],
)
def test_what_may_not_be_given(wrong: Any) -> None:
    """One string, numbers, bytes and tables are refused in one sentence."""
    with pytest.raises(ValueError, match="expected"):
        clean(wrong)


def test_a_corpus_is_cleaned_with_what_it_shows() -> None:
    """The suffixes that come back clean further headlines like those of the corpus."""
    corpus, publishers = ["Port shut - hafen", "Pier &amp; port open - hafen", "Rain"], pa.array(["Hafen", None, ""])
    cleaned, suffixes = clean_corpus(corpus, publishers)
    assert cleaned.to_pylist() == ["Port shut", "Pier & port open", "Rain"]
    assert suffixes == find_suffixes(corpus, publishers)
    assert clean(["Ferry late - hafen"], suffixes).to_pylist() == ["Ferry late"]
    assert clean_corpus([]) == (pa.array([], pa.string()), ())


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("Rain", 4), ("東京", 4), ("ｶﾅ", 2), ("e\u0301", 1), ("नमस्ते", 4), ("a\u200db", 2), ("❤\ufe0f", 1)],
)
def test_width_of(text: str, width: int) -> None:
    """Wide characters take two columns, combining and format characters none."""
    assert width_of(text) == width


PIECES = st.sampled_from(
    ["Rain", " - ", " | ", " – ", "BBC News", "Reuters", "Check", "The Evening Post", "&amp;", "&", ";", " ",
     "(AP)", "(", ")", " :", " :: ", "•",
     "Ünï", "雨", "\u200b", "guardiola", "'s", ": ", "www.a.com", "- ", " -", "\n", "lt", "#39"]
)  # fmt: skip
HEADLINES = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=30)


@given(st.lists(HEADLINES, max_size=20), st.sets(st.sampled_from(["rain", "ünï", "雨"])))
def test_a_headline_alone_is_the_headline_in_a_batch(headlines: list[str], names: set[str]) -> None:
    """What is learned is an explicit value; no headline sees another."""
    suffixes = tuple(sorted(names))
    assert clean(headlines, suffixes).to_pylist() == [one(headline, suffixes) for headline in headlines]


def test_a_separator_does_not_reach_into_the_next_headline() -> None:
    """The end of one and the head of the next are no separator, though they look like one."""
    assert clean(["- :", ": Rain"]).to_pylist() == ["- :", ": Rain"]


@given(st.lists(HEADLINES, max_size=8))
def test_cleaning_is_tidying_and_taking_away_at_the_ends(headlines: list[str]) -> None:
    """A cleaned headline is a stretch of the tidy one, and empty only if that is."""
    for raw, cleaned in zip(headlines, clean(headlines).to_pylist(), strict=True):
        assert cleaned in tidy(raw)
        assert bool(cleaned) == bool(tidy(raw))


@given(st.lists(HEADLINES, max_size=8), st.lists(HEADLINES, max_size=8))
def test_batches_may_be_joined(left: list[str], right: list[str]) -> None:
    """Cleaning a whole is cleaning its parts."""
    assert clean(left + right).to_pylist() == clean(left).to_pylist() + clean(right).to_pylist()


@given(st.lists(HEADLINES, max_size=30), st.randoms())
def test_found_tails_do_not_depend_on_order(headlines: list[str], random: Any) -> None:
    """The same corpus in another order has the same suffixes."""
    shuffled = random.sample(headlines, len(headlines))
    assert find_suffixes(headlines) == find_suffixes(shuffled)


def corpus(name: str) -> pa.Array:
    """Read the headlines of a real corpus, or skip."""
    path = CORPORA / f"{name}.csv.gz"
    if not path.is_file():
        pytest.skip(f"needs {name}.csv.gz in the folder that CLASSIFY_CORPORA names")
    with gzip.open(path) as stream:
        table = pv.read_csv(
            stream,
            parse_options=pv.ParseOptions(newlines_in_values=True),
            convert_options=pv.ConvertOptions(
                include_columns=["headline"],
                column_types={"headline": pa.string()},
                strings_can_be_null=False,
            ),
        )
    return table["headline"].combine_chunks()


def removed(headlines: pa.Array, cleaned: pa.Array) -> float:
    """Return the share of headlines from which the last " - " and the text after it were removed."""
    pairs = zip(headlines.to_pylist(), cleaned.to_pylist(), strict=True)
    gone = sum(len(after) <= len(tidy(before).rsplit(" - ", 1)[0]) for before, after in pairs)
    return gone / len(headlines)


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.parametrize("learned", [False, True], ids=["single line", "corpus"])
@pytest.mark.parametrize(
    ("name", "floor"),
    [("newsapi_2022_en", (0.99, 0.999)), ("gnews_top_en_2025_26", (0.995, 0.998))],
)
def test_real_tails_are_found(name: str, floor: tuple[float, float], learned: bool) -> None:
    """At least 99 % of the suffixes of headlines that all have one."""
    headlines = corpus(name)
    suffixes = find_suffixes(headlines) if learned else ()
    assert removed(headlines, clean(headlines, suffixes)) >= floor[learned]


@pytest.mark.corpora
@pytest.mark.parametrize("learned", [False, True], ids=["single line", "corpus"])
@pytest.mark.parametrize(
    ("name", "most"),
    [("huffpost_2018_22", 0.0005), ("newsflow_bbc_2024_26", 0.0005), ("indicnews_en_dedup", 0.001)],
)
def test_real_headlines_without_tails_stay(name: str, most: float, learned: bool) -> None:
    """At most half a per cent, and in fact far fewer, are shortened where none has a suffix."""
    headlines = corpus(name)
    cleaned = clean(headlines, find_suffixes(headlines) if learned else ())
    pairs = zip(headlines.to_pylist(), cleaned.to_pylist(), strict=True)
    shorter = sum(len(after) < len(tidy(before)) for before, after in pairs)
    assert shorter / len(headlines) <= most


@pytest.mark.slow
def test_a_million_headlines() -> None:
    """Columns, not loops: otherwise this would take minutes."""
    names = ["Reuters", "The Evening Post", "Guardiola", "Kiosk Daily"]
    some = [f"Headline &amp; number {i} of  the day - {names[i % 4]}" for i in range(10_000)]
    million = pa.chunked_array([pa.array(some)] * 100)
    cleaned = clean(million)
    assert len(cleaned) == 1_000_000
    assert cleaned[-1].as_py() == cleaned[9_999].as_py()
