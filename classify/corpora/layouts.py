"""The layouts of public corpora, and their conversion to the columns of `Headlines`."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import from_strings
from classify.dates import format_dates, read_dates
from classify.headlines import Headlines, ReadError, Skipped
from classify.readers import HeadlineReader, read_headlines
from classify.readers.columns import Columns
from classify.readers.delimited import read_table
from classify.readers.folders import Document, first_lines
from classify.readers.headers import Table
from classify.readers.sources import open_source

__all__ = ["LAYOUTS", "Layout", "find_layout"]

_BATCH = 50_000
_HEAD = 1 << 16
_UCI = Table(
    delimiter="\t",
    names=("ID", "TITLE", "URL", "PUBLISHER", "CATEGORY", "STORY", "HOSTNAME", "TIMESTAMP"),
    columns=Columns(
        {"id": (0,), "headline": (1,), "url": (2,), "publisher": (3,), "section": (4,), "story": (5,), "date": (7,)}, {}
    ),
    head_lines=0,
    quoted=False,
    header=False,
)
_UCI_SECTIONS = {"b": "business", "t": "tech", "e": "entertainment", "m": "health"}
_AG = Table(
    ",", ("class", "title", "description"), Columns({"section": (0,), "headline": (1,)}, {}), head_lines=0, header=False
)
_AG_SECTIONS = {"1": "World", "2": "Sports", "3": "Business", "4": "Sci/Tech"}


@dataclass(frozen=True)
class Layout:
    """A reader of a publisher's files, and the pattern of names by which their archive is recognised."""

    read: Callable[[Sequence[Path], Skipped], Iterator[Headlines]]
    member: str

    def open(self, paths: Sequence[Path]) -> HeadlineReader:
        """Open the files of a corpus."""
        skipped = Skipped()
        return HeadlineReader(None, self.read(paths, skipped), f"public corpus, {paths[0].name}", skipped)


def find_layout(archive: Path) -> str | None:
    """Return the layout of an archive, recognised by the names in it; None if it is unknown."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except zipfile.BadZipFile:
        return None
    return next((key for key, each in LAYOUTS.items() if any(re.search(each.member, name) for name in names)), None)


def _uci_news(paths: Sequence[Path], skipped: Skipped) -> Iterator[Headlines]:
    """Read a TSV without header or quoting: letters for sections, milliseconds for dates."""
    with _member(paths[0], LAYOUTS["uci_news"].member) as stream:
        for batch in read_table(open_source(stream), _UCI, skipped):
            dates = format_dates(read_dates(batch.date))
            yield replace(batch, section=_renamed(batch.section, _UCI_SECTIONS), date=dates)


def _bbc(paths: Sequence[Path], skipped: Skipped) -> Iterator[Headlines]:
    """Read a folder of text files a section, whose first line is the headline."""
    pattern = re.compile(LAYOUTS["bbc"].member)
    with _archive(paths[0]) as archive:
        found = sorted((name, match[1]) for name in archive.namelist() if (match := pattern.search(name)))

        if not found:
            raise _another(paths[0], LAYOUTS["bbc"].member)

        def documents() -> Iterator[Document]:
            for name, section in found:
                with archive.open(name) as stream:
                    yield name, section, stream.read(_HEAD)

        yield from first_lines(documents(), _BATCH, skipped)


def _ag_news(paths: Sequence[Path], skipped: Skipped) -> Iterator[Headlines]:
    """Read CSV without header; entities lost their "&" to a space long ago, and get it back."""
    for path in paths:
        with path.open("rb") as stream:
            for batch in read_table(open_source(stream), _AG, skipped):
                headline = pc.replace_substring_regex(batch.headline, r" #([0-9]{2,5});", r"&#\1;")
                numbers = batch.line.cast(pa.string())
                part = pa.nulls(len(batch), pa.string()).fill_null(from_strings([f"{path.stem}-"])[0])
                ids = pc.binary_join_element_wise(part, numbers, from_strings([""])[0])
                section = _renamed(batch.section, _AG_SECTIONS)
                yield replace(batch, headline=headline, section=section, id=ids)


def _huffpost(paths: Sequence[Path], skipped: Skipped) -> Iterator[Headlines]:
    """Read JSON lines."""
    with _member(paths[0], LAYOUTS["huffpost"].member) as stream:
        yield from _counted(read_headlines(stream), skipped)


def _million_headlines(paths: Sequence[Path], skipped: Skipped) -> Iterator[Headlines]:
    """Read a table of dates (20030219) and headlines."""
    with _member(paths[0], LAYOUTS["million_headlines"].member) as stream:
        for batch in _counted(read_headlines(stream, text_column="headline_text"), skipped):
            yield replace(batch, date=format_dates(read_dates(batch.date)))


LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "uci_news": Layout(_uci_news, r"(?:^|/)newsCorpora\.csv$"),
        "bbc": Layout(_bbc, r"(?:^|/)bbc/(\w+)/\d+\.txt$"),
        "ag_news": Layout(_ag_news, r"(?:^|/)ag_news_csv/train\.csv$"),
        "huffpost": Layout(_huffpost, r"(?:^|/)News_Category_Dataset\w*\.json$"),
        "million_headlines": Layout(_million_headlines, r"(?:^|/)abcnews-date-text\.(?:csv|tab)$"),
    }
)


def _counted(reader: HeadlineReader, skipped: Skipped) -> Iterator[Headlines]:
    """Yield batches, and count the rows that their reader skips."""
    with reader:
        yield from reader
        for line in reader.skipped_lines:
            skipped.add(line)
        skipped.count = max(skipped.count, reader.skipped)


def _renamed(column: pa.StringArray, names: Mapping[str, str]) -> pa.StringArray:
    """Replace a publisher's codes by names; other values stay as they are."""
    places = pc.index_in(column, value_set=from_strings(list(names)))
    return pc.coalesce(from_strings(list(names.values())).take(places), column)


def _archive(path: Path) -> zipfile.ZipFile:
    """Open an archive."""
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ReadError(f"{path}: found a damaged zip archive ({error}); expected one; fetch it again") from None


def _another(path: Path, pattern: str) -> ReadError:
    """Return the error for an archive of another corpus."""
    return ReadError(f"{path}: found an archive without {pattern}; expected the publisher's own; fetch it again")


class _Member:
    """One file within an archive, open."""

    def __init__(self, path: Path, pattern: str) -> None:
        self._archive = _archive(path)
        names = [name for name in self._archive.namelist() if re.search(pattern, name)]
        if not names:
            self._archive.close()
            raise _another(path, pattern)
        self._stream = self._archive.open(names[0])

    def __enter__(self) -> BinaryIO:
        return cast(BinaryIO, self._stream)

    def __exit__(self, *error: object) -> None:
        self._stream.close()
        self._archive.close()


def _member(path: Path, pattern: str) -> _Member:
    """Open the file of an archive whose name matches."""
    return _Member(path, pattern)
