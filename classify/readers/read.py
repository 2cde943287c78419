"""Read headlines from files, standard input and streams, in batches of columns.

The format is told by the content; a name such as "news.csv" only breaks ties.

What happens to bad rows, in every format:

- A row whose headline is empty or missing is kept, with an empty headline.
- A row that cannot be told apart into cells is skipped and counted: too many or too few cells, a
  quote that never closes, a line of JSON that is no object, a line (or a headline in Parquet) of
  more than 1 MB; in the text of a web page, a line without a mark.
- A byte that is no text in the encoding becomes U+FFFD, and a NUL byte stays; the row is kept.
- A blank line is an empty headline in plain text, and nothing in the other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from classify.headlines import Headlines, ReadError, Skipped
from classify.readers.delimited import Table, find_table, read_table
from classify.readers.feeds import is_markup, read_feed
from classify.readers.folders import read_folder
from classify.readers.json_rows import is_json, read_json
from classify.readers.lines import read_lines
from classify.readers.parquet import read_parquet
from classify.readers.sources import COMPRESSED, PARQUET, Source, open_source

__all__ = ["HeadlineReader", "Headlines", "ReadError", "read_headlines"]

Batches = Iterator[Headlines]


class HeadlineReader:
    r"""An iterator of batches of headlines, which keeps account of what it skips.

    Use it in a ``with`` statement, or close it; it closes what it opened itself at the end.

    Examples
    --------
    >>> import io
    >>> with read_headlines(io.BytesIO(b"Title,Desk\nRain at last,weather\n")) as reader:
    ...     for batch in reader:
    ...         print(batch.headline.to_pylist(), reader.skipped)
    ['Rain at last'] 0
    """

    def __init__(self, source: Source | None, batches: Batches, shown: str, skipped: Skipped) -> None:
        self._source = source
        self._batches = batches
        self._shown = shown
        self._skipped = skipped

    def __iter__(self) -> HeadlineReader:
        """Give the reader itself."""
        return self

    def __next__(self) -> Headlines:
        """Give the next batch, which is never empty."""
        try:
            return next(self._batches)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> HeadlineReader:
        """Give the reader itself."""
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
    def description(self) -> str:
        """What was detected: format, compression, encoding, columns."""
        source = self._source
        parts = [part for part in (source.compression, source.encoding) if part] if source else []
        return f"{self._shown} ({', '.join(parts)})" if parts else self._shown

    @property
    def progress(self) -> tuple[int, int | None]:
        """How many bytes of the source are read, and of how many; None where that is unknown."""
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
    encoding: str | None = None,
    batch_size: int = 50_000,
) -> HeadlineReader:
    r"""Open a source of headlines.

    It may be CSV or TSV, JSON lines, a JSON array or document (JSON Feed among them), Parquet, an RSS,
    RDF or Atom feed, fastText's labelled lines, the text of a web page with its headlines marked by
    dashes or bullets, or plain text with one headline a line; each as it is or compressed by gzip,
    bzip2, xz or zstd. Or it is a folder that holds a subfolder of text files for each section, the
    first line of each the headline.

    Parameters
    ----------
    source
        A path; ``"-"`` for standard input; an address that begins with ``http://`` or ``https://``;
        or a stream of bytes, which is left open.
    text_column
        The name of the column of headlines; by default the first there is of headline, title, text.
    label_column
        The name of the column of sections; by default the first of section, category, label.
    encoding
        The encoding of text; by default it is told by the content.
    batch_size
        The largest number of headlines in a batch. A slow pipe gives smaller ones: what has come.

    Returns
    -------
    :
        An iterator of `Headlines`. Memory is bounded by one batch, whatever the size of the source.

    Raises
    ------
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
    if source == "":  # else it would be the folder that one stands in
        raise ReadError("found an empty name; expected a file, a folder, an address or '-'; name one")
    skipped, asked = Skipped(), (text_column, label_column)
    if isinstance(source, str | Path) and source != "-" and Path(source).is_dir():
        shown, batches = read_folder(Path(source), batch_size, skipped, encoding)
        return HeadlineReader(None, batches, shown, skipped)
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        from classify.readers.http import fetch_url  # 40 ms that files need not pay

        source = fetch_url(source)
    opened = open_source(source, encoding)
    try:
        shown, batches = _detect(opened, asked, batch_size, skipped)
        return HeadlineReader(opened, _sliced(batches, batch_size), shown, skipped)
    except BaseException:
        opened.close()
        raise


def _detect(
    source: Source, asked: tuple[str | None, str | None], batch_size: int, skipped: Skipped
) -> tuple[str, Batches]:
    """Tell the format of a source, and open it with the reader of that format."""
    head = source.peek()
    if head.startswith(PARQUET):
        return read_parquet(source, asked, batch_size, skipped)
    if not head:
        raise ReadError(f"{source.name}: found nothing; expected headlines; give a source that has some")
    _refuse_binary(head, source)
    if is_markup(head):
        return read_feed(source)
    if is_json(head):
        return read_json(source, asked, batch_size, skipped)
    table = find_table(head, source.name, *asked)
    if table is not None:
        return f"{table.shown}, {_shown(table)}", read_table(source, table, skipped)
    if asked[0] is not None:
        raise ReadError(
            f"{source.name}: found plain text; expected a table with a column {asked[0]!r}; "
            "leave the column out or give a table"
        )
    return read_lines(source, skipped)


def _sliced(batches: Batches, size: int) -> Batches:
    """Cut batches to a size, and leave out empty ones."""
    for batch in batches:
        for start in range(0, len(batch), size):
            yield batch.slice(start, size)


def _shown(table: Table) -> str:
    """Say which columns were found."""
    return ", ".join(f"{ours} in {table.names[place]!r}" for ours, place in table.columns.items())


def _refuse_binary(head: bytes, source: Source) -> None:
    """Refuse what is no text, naming it where its first bytes do."""
    known = {
        b"PK\x03\x04": "a zip archive (or a spreadsheet)",
        b"PK\x05\x06": "an empty zip archive",
        **dict.fromkeys(COMPRESSED, "data that was compressed twice"),
        b"%PDF": "a PDF",
        b"\x89PNG": "a picture",
        b"\xff\xd8\xff": "a picture",
        b"SQLite format 3": "an SQLite database",
        b"ARROW1": "an Arrow file",
        b"\x7fELF": "a program",
        source.first[:5] + b'\x00\x00\x00{"': "a model file",
        b"\xd0\xcf\x11\xe0": "an old Office document",
    }
    what = next((text for magic, text in known.items() if source.first.startswith(magic)), "")
    controls = len(head) - len(head.translate(None, bytes(range(9)) + bytes(range(14, 27)) + b"\x7f"))
    if what or controls > max(20, 0.05 * len(head)):
        raise ReadError(
            f"{source.name}: found {what or 'binary data'}; expected text, JSON, Parquet or a feed; export it as CSV"
        )
