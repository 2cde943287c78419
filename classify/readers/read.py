"""Read headlines from files, standard input and streams, in batches of columns.

The format is detected from the content; a name such as "news.csv" only decides where the content does not.

In every format:

- A row whose headline is empty or missing is kept, with an empty headline.
- A row that cannot be read is skipped and counted: too many or too few cells, a quote that never closes, a line of JSON
  that is not an object, an object or a list as a headline, a line (or a headline in Parquet) of more than 1 MB; in the
  text of a web page, a line that is not a headline.
- A repeated header, lines above a header, and what a server prints in front of a feed, are left out and noted.
- A byte that is not text in the encoding becomes U+FFFD, and a NUL byte stays; the row is kept.
- A blank line is an empty headline in plain text, and nothing in the other formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Literal, get_args

from classify.headlines import Headlines, NothingToReadError, ReadError, Skipped
from classify.readers.columns import Asked, MissingColumnError
from classify.readers.delimited import read_table
from classify.readers.feeds import is_markup, read_feed
from classify.readers.folders import read_folder
from classify.readers.headers import find_table
from classify.readers.json_rows import is_json, read_json, read_json_lines
from classify.readers.lines import LABEL, read_lines, refuse_code
from classify.readers.pages import is_page, read_page
from classify.readers.parquet import read_parquet
from classify.readers.sources import PARQUET, Source, open_source, refuse_controls

__all__ = ["FORMATS", "HeadlineReader", "Headlines", "InputFormat", "ReadError", "read_headlines"]

InputFormat = Literal["csv", "tsv", "json", "jsonl", "parquet", "lines", "feed", "page", "folder"]
FORMATS: tuple[InputFormat, ...] = get_args(InputFormat)
Batches = Iterator[Headlines]


class HeadlineReader:
    r"""An iterator of batches of headlines, which counts what it skips.

    Use it in a ``with`` statement, or close it; what it opened itself is closed at the end.

    Examples
    --------
    >>> import io
    >>> with read_headlines(io.BytesIO(b"Title,Desk\nRain at last,weather\n")) as reader:
    ...     for batch in reader:
    ...         print(batch.headline.to_pylist(), reader.skipped)
    ['Rain at last'] 0
    """

    def __init__(self, source: Source | None, batches: Batches, shown: str, skipped: Skipped, reason: str = "") -> None:
        self.reason = reason  # why the format was chosen
        self._source = source
        self._batches = batches
        self._shown = shown
        self._skipped = skipped

    def __iter__(self) -> HeadlineReader:
        """Return the reader itself."""
        return self

    def __next__(self) -> Headlines:
        """Return the next batch, which is never empty."""
        try:
            return next(self._batches)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> HeadlineReader:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the reader."""
        self.close()

    @property
    def skipped(self) -> int:
        """The number of rows skipped so far."""
        return self._skipped.count

    @property
    def skipped_lines(self) -> list[int]:
        """The line numbers of the first ten rows skipped."""
        return sorted(self._skipped.lines)

    @property
    def notes(self) -> list[str]:
        """Lines left out because they are not rows: ``2 repeated headers (line 7)``."""
        return [
            f"{count:,} {what if count == 1 else _plural(what)} ({'from ' * (count > 1)}line {line})"
            for what, (count, line) in self._skipped.notes.items()
        ]

    @property
    def description(self) -> str:
        """What was detected: format, compression, encoding, columns."""
        source = self._source
        parts = [part for part in (source.compression, source.encoding) if part] if source else []
        return f"{self._shown} ({', '.join(parts)})" if parts else self._shown

    @property
    def progress(self) -> tuple[int, int | None]:
        """Number of bytes of the source that are read, and of all its bytes; None where that is unknown."""
        return (0, None) if self._source is None else self._source.progress

    def close(self) -> None:
        """Close the source, if the reader opened it."""
        if self._source is not None:
            self._source.close()


def read_headlines(
    source: str | Path | BinaryIO,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    date_column: str | None = None,
    id_column: str | None = None,
    keep: Sequence[str] = (),
    input_format: InputFormat | None = None,
    encoding: str | None = None,
    batch_size: int = 50_000,
    row_groups: range | None = None,
) -> HeadlineReader:
    r"""Open a source of headlines.

    It may be CSV or TSV, JSON lines, a JSON array or document (JSON Feed among them), Parquet, an RSS, RDF or Atom feed
    or a sitemap of news, fastText's labelled lines, the text of a web page with its headlines marked by dashes, bullets
    or numbers, or plain text with one headline a line; each as it is or compressed by gzip, bzip2, xz or zstd. Or it is
    a folder with a subfolder of text files for each section, the first line of each the headline.

    Parameters
    ----------
    source
        A path; ``"-"`` for standard input; an address that begins with ``http://`` or ``https://``, or with ``s3://``
        or another file system that fsspec knows; or a stream of bytes, which is left open.
    text_column, label_column, date_column, id_column
        Names of the columns of headlines, sections, dates and ids; numbers from 1 where there is no header; with dots
        inside of the objects of JSON (``title.rendered``). By default they are found by name.
    keep
        Names of columns that are passed through, as `Headlines.kept`.
    input_format
        One of `FORMATS`; by default it is detected from the content.
    encoding
        The encoding of text; by default it is detected from the content.
    batch_size
        The largest number of headlines in a batch. A slow pipe gives smaller ones: what has come.
    row_groups
        The row groups to read of a Parquet file, counted from 0; None for all. Lines are counted from the first group.

    Returns
    -------
        An iterator of `Headlines`. Memory is bounded by one batch, whatever the size of the source.

    Raises
    ------
    NothingToReadError
        If the source is empty.
    ReadError
        If the source is in no format that can be read, or lacks a column; also while iterating.
    OSError
        If the source cannot be opened.

    Examples
    --------
    >>> import io
    >>> reader = read_headlines(io.BytesIO(b"Rain at last\nPort closed again\n"))
    >>> [batch.line.to_pylist() for batch in reader], reader.description
    ([[1, 2]], 'plain text, one headline a line (ASCII)')
    """
    if batch_size < 1:
        raise ValueError(f"found batch_size={batch_size}; expected a positive number; raise it")
    if input_format is not None and input_format not in FORMATS:
        raise ValueError(f"found input_format={input_format!r}; expected one of {', '.join(FORMATS)}; choose one")
    if source == "":  # else it would be the current folder
        raise ReadError("found an empty name; expected a file, a folder, an address or '-'; name one")
    skipped = Skipped()
    if isinstance(source, str | Path) and source != "-" and Path(source).is_dir():
        if input_format not in (None, "folder"):
            raise ReadError(f"{source}: found a folder; expected a file of the format {input_format}; name a file")
        shown, batches = read_folder(Path(source), batch_size, skipped, encoding)
        return HeadlineReader(None, batches, shown, skipped, "it is a folder")
    if input_format == "folder":
        raise ReadError(f"{source}: found no folder; expected one with a subfolder for each section; name one")
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        from classify.readers.http import fetch_url  # 40 ms that files need not pay

        source = fetch_url(source)
    opened = open_source(source, encoding)
    asked = Asked(text_column, label_column, date_column, id_column, tuple(keep))
    try:
        shown, batches, reason = _open(opened, asked, input_format, batch_size, skipped, row_groups)
        return HeadlineReader(opened, _sliced(batches, batch_size), shown, skipped, reason)
    except BaseException as error:
        opened.close()
        if isinstance(error, MissingColumnError) and opened.guessed:
            raise ReadError(f"{error}; it was read as {opened.encoding}, --encoding names another") from None
        raise


def _open(
    source: Source,
    asked: Asked,
    form: InputFormat | None,
    batch_size: int,
    skipped: Skipped,
    row_groups: range | None,
) -> tuple[str, Batches, str]:
    """Open a source with the reader of its format; return also why this format was chosen."""
    head = source.peek()
    if not head and form is None:
        raise NothingToReadError(f"{source.name}: found nothing; expected headlines; give a source that has some")
    found, reason = (form, "it was asked for") if form else _detect(head, source)
    readers: dict[str, Callable[[], tuple[str, Batches]]] = {
        "parquet": lambda: read_parquet(source, asked, batch_size, skipped, row_groups),
        "feed": lambda: read_feed(source, skipped, asked.keep),
        "json": lambda: read_json(source, asked, batch_size, skipped),
        "jsonl": lambda: read_json_lines(source, asked, skipped),
        "page": lambda: read_page(source, skipped),
        "lines": lambda: read_lines(source, skipped),
    }
    if found in readers:
        return *readers[found](), reason
    table = find_table(head, source.name, asked, found)
    if table is not None:
        if table.above:
            skipped.note("line above the header", 1, table.above)
        return table.shown, read_table(source, table, skipped), reason or table.why
    refuse_code(head, source.name)
    if asked.headline is not None:
        raise ReadError(
            f"{source.name}: found plain text; expected a table with a column {asked.headline!r}; "
            "leave the column out or give a table"
        )
    page = is_page(head)
    reason = "a third of its lines have marks" if page else "it is none of the other formats"
    return *readers["page" if page else "lines"](), reason


def _detect(head: bytes, source: Source) -> tuple[str | None, str]:
    """Return the format that bytes show, and what shows it; None where it is a table, a page or lines."""
    if head.startswith(PARQUET):
        return "parquet", "it begins with PAR1"
    refuse_controls(head, source.name)
    if is_markup(head):
        return "feed", "it begins with a tag"
    if is_json(head):
        return "json", "it begins as JSON does"
    if head.lstrip().startswith(LABEL.encode()):
        return "lines", "its first line has a label"
    return None, ""


def _plural(what: str) -> str:
    """Return several of a thing: ``repeated headers``, ``lines above the header``."""
    return what.replace("line ", "lines ") if what.startswith("line ") else f"{what}s"


def _sliced(batches: Batches, size: int) -> Batches:
    """Cut batches to a size, and leave out empty ones."""
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)
