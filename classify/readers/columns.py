"""Find our columns among the names of a source, and make batches of them by one set of rules.

A column is found by name, whatever its capitals, spaces, hyphens and underscores; the first filled value of several
columns of one kind is used, row by row. Dotted names reach inside the objects of JSON: ``title.rendered``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from classify.core.arrow import EMPTY, from_strings
from classify.headlines import Headlines, ReadError

__all__ = [
    "KNOWN_NAMES",
    "Asked",
    "Columns",
    "MissingColumnError",
    "find_columns",
    "is_known",
    "make_batch",
    "missing_column",
]

# Best first, without capitals, spaces, hyphens and underscores.
KNOWN_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "headline": (
            *("headline", "title", "headlinetext", "newstitle", "articletitle", "webtitle", "titel", "schlagzeile"),
            *("titre", "título", "titulo", "titolo", "text"),
        ),
        "id": ("id", "guid", "articleid", "newsid", "docid", "documentid", "itemid", "uuid", "uid", "uri"),
        "section": (
            *("section", "category", "label", "sectionname", "section.name", "category.name", "categories", "topic"),
            *(
                "ressort",
                "rubrik",
                "rubrique",
                "kategorie",
                "catégorie",
                "categoría",
                "categoria",
                "sección",
                "sezione",
            ),
        ),
        "story": ("story",),
        "date": (
            *("date", "datepublished", "published", "publishedat", "publishdate", "pubdate", "publisheddate"),
            *("publicationdate", "publishedon", "publishedtime", "publishtime", "webpublicationdate", "dategmt"),
            *("seendate", "datetime", "timestamp", "createdat", "created", "time"),
            *("datum", "fecha", "datedepublication", "veröffentlicht", "fechadepublicación", "updatedat", "updated"),
        ),
        "publisher": ("publisher", "source.name", "source", "sourcename", "outlet"),
        "url": ("url", "link", "weburl", "articleurl", "permalink"),
        "code": ("code",),
    }
)
# Where an object holds a text and its form: {"title": {"rendered": ...}}.
_VALUE = re.compile(r"\.(?:rendered|main|\$t|#text|value|\$date|\$oid|\$date\.\$numberLong)$")
_OPTIONS = {"headline": "--text-column", "section": "--label-column", "date": "--date-column", "id": "--id-column"}
# Spellings of a missing value: of exports of Python, R, SQL and spreadsheets, and what services leave of an article.
_MISSING = from_strings(
    [
        "",
        "NaN",
        "nan",
        "NAN",
        "NULL",
        "Null",
        "null",
        "None",
        "N/A",
        "n/a",
        "#N/A",
        "NA",
        "<NA>",
        "NaT",
        "\\N",
        "[Removed]",
    ]
)
_NULL = from_strings([None])[0]


class MissingColumnError(ReadError):
    """A source lacks a column."""


@dataclass(frozen=True)
class Asked:
    """The names of columns that the caller gives, None where they are found by name, and columns to pass through."""

    headline: str | None = None
    section: str | None = None
    date: str | None = None
    id: str | None = None
    keep: tuple[str, ...] = ()

    def name(self, column: str) -> str | None:
        """Return the name given for one of our columns."""
        name: str | None = getattr(self, column, None)
        return name


@dataclass(frozen=True)
class Columns:
    """Where our columns are among the names of a source: places from 0, best first, and those to pass through."""

    places: Mapping[str, tuple[int, ...]]
    keep: Mapping[str, int]

    def shown(self, names: Sequence[str]) -> str:
        """Return the columns for people: ``, headline in 'title'``."""
        return "".join(
            f", {ours} in {' or '.join(repr(names[place]) for place in places)}" for ours, places in self.places.items()
        )


def find_columns(names: Sequence[str], asked: Asked = Asked(), *, numbers: bool = False) -> Columns:
    """Find our columns among the names of a source.

    Parameters
    ----------
    names
        The names of the source.
    asked
        What the caller names; with `numbers`, a column may be named by its number from 1.
    numbers
        Whether columns have an order that people can count.

    Raises
    ------
    KeyError
        If a column that the caller names is missing; its arguments are that name and our column.

    Examples
    --------
    >>> find_columns(["Nr", "Published At", "Title", "Category"]).places
    {'headline': (2,), 'section': (3,), 'date': (1,)}
    """
    plain = [_plain(name) for name in names]
    found = {}
    for ours, known in KNOWN_NAMES.items():
        wanted = asked.name(ours)
        places = _known_places(plain, known) if wanted is None else (_place(names, plain, wanted, ours, numbers),)
        found.update({ours: places} if places else {})
    if "headline" not in found:
        prefix = next((p for p in _prefixes(names) if _known_places(plain, KNOWN_NAMES["headline"], p)), None)
        if prefix is not None:
            within = {ours: _known_places(plain, known, prefix) for ours, known in KNOWN_NAMES.items()}
            found = {ours: places for ours in KNOWN_NAMES if (places := found.get(ours, ()) + within[ours])}
    keep = {name: _place(names, plain, name, "keep", numbers) for name in asked.keep}
    return Columns(found, keep)


def is_known(name: str) -> bool:
    """Return whether a name is that of one of our columns.

    >>> is_known("Pub-Date"), is_known("Rain at last")
    (True, False)
    """
    return any(_plain(name) in known for known in KNOWN_NAMES.values())


def missing_column(
    where: str, names: Sequence[str], error: KeyError | None = None, what: str = "the columns"
) -> MissingColumnError:
    """Return the error of a column that is missing: the one of the headlines, or one that the caller named."""
    shown = ", ".join(repr(name[:30]) for name in names[:12])
    wanted, ours = ("headline, title or text", "headline") if error is None else (repr(error.args[0]), error.args[1])
    if ours == "keep":
        return MissingColumnError(
            f"{where}: found {what} {shown}; expected {wanted}, which is to be kept; correct its name"
        )
    number = ", by name, or by number from 1 if there is no header" if what == "the columns" else ""
    remedy = f"say with {_OPTIONS[ours]} which to read{number}"
    return MissingColumnError(f"{where}: found {what} {shown}; expected one named {wanted}; {remedy}")


def make_batch(
    columns: Mapping[str, Sequence[pa.StringArray]],
    line: pa.Int64Array,
    kept: Mapping[str, pa.StringArray] | None = None,
) -> Headlines:
    """Make a batch of columns of text: the first filled value of each kind, spellings of missing values as missing.

    Sections lose outer white space; one that is a whole number with decimals, such as ``1.0``, is that number. A
    repeated name is one section, and several are a JSON array.

    Examples
    --------
    >>> batch = make_batch({"headline": [pa.array(["Rain", "NaN"])], "section": [pa.array([" sport", "1.0"])]}, None)
    >>> batch.headline.to_pylist(), batch.section.to_pylist()
    (['Rain', ''], ['sport', '1'])
    """
    found = {ours: _first_filled(arrays) for ours, arrays in columns.items()}
    found["headline"] = _without_missing(found["headline"]).fill_null(EMPTY)
    if "section" in found:
        trimmed = _without_missing(pc.utf8_trim_whitespace(found["section"]))
        found["section"] = pc.replace_substring_regex(trimmed, r"^(\d+)\.0+$", r"\1")
    return Headlines(**found, line=line, kept=kept or {})


def _without_missing(column: pa.StringArray) -> pa.StringArray:
    """Replace empty texts and spellings of a missing value by null."""
    missing = pc.is_in(column, _MISSING)
    return pc.if_else(missing, _NULL, column) if pc.any(missing).as_py() else column


def _first_filled(arrays: Sequence[pa.StringArray]) -> pa.StringArray:
    """Return the first value of each row that is not blank; that of the first column where all are."""
    if len(arrays) == 1:
        return arrays[0]
    filled = [pc.if_else(pc.match_substring_regex(_without_missing(each), r"\S"), each, _NULL) for each in arrays]
    return pc.coalesce(*filled, arrays[0])


def _plain(name: str) -> str:
    """Return a name without capitals, spaces, hyphens, underscores and what holds its value."""
    return re.sub(r"[\s_-]+", "", _VALUE.sub("", name).strip("\ufeff").lower())


def _known_places(plain: Sequence[str], known: Iterable[str], prefix: str = "") -> tuple[int, ...]:
    """Return the places of known names, best first."""
    return tuple(at for name in known for at, each in enumerate(plain) if each == prefix + name)


def _prefixes(names: Sequence[str]) -> list[str]:
    """Return the names of objects that columns lie in, such as ``source.``, in their order."""
    dotted = (_plain(name).rpartition(".")[0] for name in names if "." in name)
    return [f"{prefix}." for prefix in dict.fromkeys(dotted) if prefix]


def _place(names: Sequence[str], plain: Sequence[str], wanted: str, ours: str, numbers: bool) -> int:
    """Return the place of a column that the caller names."""
    if wanted in names:
        return list(names).index(wanted)
    lowered = [name.strip().lower() for name in names]
    if wanted.strip().lower() in lowered:
        return lowered.index(wanted.strip().lower())
    if numbers and wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    if _plain(wanted) in plain:
        return plain.index(_plain(wanted))
    raise KeyError(wanted, ours)
