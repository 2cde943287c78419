"""One piece: read, labelled, written under a temporary name, renamed, and marked as done."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from classify import __version__
from classify.headlines import NothingToReadError, Skipped
from classify.readers import HeadlineReader, read_headlines
from classify.scale.pieces import Piece
from classify.scale.storage import Folder, stat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from classify.classifier import HeadlineClassifier

__all__ = ["MARKERS", "Outcome", "Task", "attempt", "label_piece", "load", "marker_name"]

MARKERS = "_done/"  # readers of Parquet folders ignore names that begin with an underscore


@dataclass(frozen=True)
class Task:
    """What is to be done with every piece of an archive.

    Attributes
    ----------
    output
        The folder of the answers.
    model
        SHA-256 of the bytes of the model.
    limit
        Least probability of an answer, 0 to 1.
    text_column, id_column, keep, input_format, encoding
        As in `read_headlines`.
    version
        The version of classify that made the plan.
    """

    output: str
    model: str
    limit: float = 0.0
    text_column: str | None = None
    id_column: str | None = None
    keep: tuple[str, ...] = ()
    input_format: str | None = None
    encoding: str | None = None
    version: str = __version__

    def identity(self, piece: Piece) -> dict[str, Any]:
        """Return what the answers of a piece depend on; a marker with another identity is out of date."""
        options = {name: value for name, value in asdict(self).items() if name != "output"}
        return json.loads(json.dumps({**asdict(piece), **options}))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Outcome:
    """What became of a piece.

    Attributes
    ----------
    piece
        The piece.
    marker
        Its marker: its identity with the numbers of rows, skipped rows and answers by section; None where it failed.
    error
        Why it failed.
    refused
        Whether this worker would fail with every piece.
    """

    piece: Piece
    marker: dict[str, Any] | None = None
    error: str = ""
    refused: bool = False


def marker_name(piece: Piece) -> str:
    """Return the name of a piece's marker in the output.

    Examples
    --------
    >>> marker_name(Piece("2020.csv", "2020.csv-00000.parquet", 100, ""))
    '_done/2020.csv-00000.parquet.json'
    """
    return f"{MARKERS}{piece.part}.json"


def load(content: bytes, task: Task) -> HeadlineClassifier:
    """Return the model from its bytes, after comparing their checksum with that of the task."""
    from classify.classifier.modelfile import from_bytes

    found = sha256(content).hexdigest()
    if found != task.model:
        raise ValueError(
            f"found the model {found[:12]}; expected {task.model[:12]}; start the worker again, or give it that model"
        )
    model = from_bytes(content)
    model.n_jobs = 1  # pieces are labelled in parallel already
    return model


def attempt(piece: Piece, task: Task, model: HeadlineClassifier) -> Outcome:
    """Label a piece; a failure is returned, not raised, so that it reaches the driver from any worker."""
    try:
        return Outcome(piece, label_piece(piece, task, model))
    except Exception as error:  # whatever it is, the other pieces are to be done
        kind = "" if isinstance(error, ValueError | OSError) else f"{type(error).__name__}: "
        return Outcome(piece, error=f"{kind}{' '.join(str(error).split())}")


def label_piece(piece: Piece, task: Task, model: HeadlineClassifier) -> dict[str, Any]:
    """Label a piece, write its part and then its marker; return the marker."""
    folder, counts = Folder(task.output), _Counts()
    with folder.writing(piece.part) as file:
        _write(piece, task, model, file, counts)
        size = file.tell()
        if stat(piece.source) != (piece.size, piece.changed):
            raise ValueError(f"{piece.source}: found it changed since the start; expected it as it was; start again")
    marker = task.identity(piece) | counts.to_json() | {"bytes": size}
    with folder.writing(marker_name(piece)) as file:
        file.write((json.dumps(marker, ensure_ascii=False, sort_keys=True) + "\n").encode())
    return marker


class _Counts:
    """The numbers of a piece."""

    def __init__(self) -> None:
        self.rows = self.skipped = 0
        self.lines: list[int] = []
        self.sections: Counter[str] = Counter()

    def add(self, section: pa.StringArray) -> None:
        """Count the answers of a batch; no section is an empty name."""
        self.rows += len(section)
        for each in section.value_counts().to_pylist():
            self.sections[each["values"] or ""] += each["counts"]

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as a part of the marker."""
        sections = dict(sorted(self.sections.items()))
        return {"rows": self.rows, "skipped": self.skipped, "skipped_lines": self.lines, "sections": sections}


def _write(piece: Piece, task: Task, model: HeadlineClassifier, file: Any, counts: _Counts) -> None:  # noqa: ANN401
    """Write the answers of a piece as Parquet, a row group for each batch that is read."""
    from pyarrow.parquet import ParquetWriter

    from classify.classifier.columns import ANSWERS, answer_columns, as_texts, kept_columns, kept_name

    kinds = dict.fromkeys(ANSWERS, pa.string()) | {"probability": pa.float64()}
    schema = pa.schema(kinds | {kept_name(name): pa.string() for name in task.keep})
    with ParquetWriter(file, schema, compression="zstd") as writer, _reading(piece, task) as reader:
        for batch in reader:
            try:
                columns = answer_columns(model.decide(batch.headline, task.limit), batch)
                kept = {name: as_texts(column) for name, column in kept_columns(batch, task.keep).items()}
                writer.write_table(pa.table(columns | kept, schema))
            except Exception as error:
                first, *_, last = batch.line.to_pylist() * 2
                raise ValueError(
                    f"{piece.source}, rows {first:,} to {last:,}: {str(error) or type(error).__name__}"
                ) from error
            counts.add(columns["section"])
        counts.skipped, counts.lines = reader.skipped, reader.skipped_lines


@contextmanager
def _reading(piece: Piece, task: Task) -> Iterator[HeadlineReader]:
    """Open the piece as one machine would."""
    names = ("text_column", "id_column", "keep", "input_format", "encoding")
    groups = range(piece.first, piece.first + piece.count) if piece.count else None
    try:
        reader = read_headlines(piece.source, **{name: getattr(task, name) for name in names}, row_groups=groups)
    except NothingToReadError:
        reader = HeadlineReader(None, iter(()), "", Skipped())
    with reader:
        yield reader
