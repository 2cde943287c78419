"""Label an archive piece by piece: what is planned, what is done already, and the summary at the end."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from classify.core.stores import is_remote
from classify.scale.cluster import on_cluster
from classify.scale.local import in_processes, in_threads
from classify.scale.pieces import Piece, plan_pieces
from classify.scale.storage import Folder
from classify.scale.task import MARKERS, Outcome, Task, marker_name

if TYPE_CHECKING:
    from distributed import Client

    from classify.classifier import HeadlineClassifier

__all__ = ["Plan", "Summary", "label_archive", "label_pieces", "plan_archive"]

TRIES = 2
_RUN = f"{MARKERS}run.json"
_REQUESTS = 16  # markers of an object store that are read at a time


@dataclass(frozen=True)
class Plan:
    """What is to be done, and what is done already.

    Attributes
    ----------
    task, content
        What is done with every piece, and the bytes of the model.
    todo
        The pieces to label, sorted by the name of their part.
    done
        The markers of the pieces that are done.
    changed
        The files that had been labelled from other content, with another model or with other options.
    removed
        Parts of an earlier state of the files that no piece has any more; they are removed.
    """

    task: Task
    content: bytes = field(repr=False)
    todo: tuple[Piece, ...]
    done: tuple[dict[str, Any], ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass
class Summary:
    """What an archive's answers are, as far as they are done.

    Attributes
    ----------
    rows, skipped
        Number of headlines that are labelled, in this run or before, and of rows that could not be read.
    labelled
        Number of headlines that this run labelled.
    pieces, done_before
        Number of pieces that are done, and how many of them before this run.
    sections
        Number of answers by section, most frequent first; ``""`` for no section.
    set_aside
        Why each piece failed that failed twice, by its name.
    skipped_lines
        Lines of the first rows that could not be read, by piece.
    seconds
        Duration of this run.
    """

    rows: int = 0
    skipped: int = 0
    labelled: int = 0
    pieces: int = 0
    done_before: int = 0
    sections: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, str] = field(default_factory=dict)
    skipped_lines: dict[str, list[int]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Headlines labelled a second."""
        return self.labelled / max(self.seconds, 1e-3)

    def add(self, marker: dict[str, Any]) -> None:
        """Count a piece that is done."""
        self.pieces, self.rows = self.pieces + 1, self.rows + marker["rows"]
        self.skipped += marker["skipped"]
        if marker["skipped"]:
            self.skipped_lines[marker["source"]] = marker["skipped_lines"]
        sections = Counter(self.sections) + Counter(marker["sections"])
        self.sections = dict(sorted(sections.items(), key=lambda item: (-item[1], item[0])))


def label_archive(
    inputs: Sequence[str],
    output: str,
    model: HeadlineClassifier,
    client: Client | None = None,
    *,
    workers: int = 0,
    shard: tuple[int, int] = (1, 1),
    **options: Any,  # noqa: ANN401 (those of Task)
) -> Summary:
    r"""Label the headlines of many files into a folder of Parquet files, resuming what an earlier call has begun.

    Parameters
    ----------
    inputs
        Files or patterns such as ``archive/*.parquet``; also of object stores, ``s3://archive/*.parquet``.
    output
        Folder for the answers: a Parquet file for each piece with the columns id, headline, section and probability.
    model
        A fitted classifier.
    client
        A client of a Dask cluster that labels the pieces; None for this machine.
    workers
        Processes of this machine; 0 to label in this process.
    shard
        (I, N): label only every N-th piece, from the I-th on.
    options
        ``limit``, the least probability of an answer, and ``text_column``, ``id_column``, ``keep``, ``input_format``
        and ``encoding`` as in `read_headlines`.

    Returns
    -------
        The numbers of all pieces of the shard, and why those that failed twice did.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from classify import load_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "2020.csv").write_text("headline\nRovers win the cup final\n")
    ...     first = label_archive([f"{folder}/*.csv"], f"{folder}/labelled/", load_model())
    ...     again = label_archive([f"{folder}/*.csv"], f"{folder}/labelled/", load_model())
    >>> first.sections, first.labelled, again.done_before, again.labelled
    ({'sport': 1}, 1, 1, 0)
    """
    plan = plan_archive(inputs, output, model, shard=shard, **options)
    summary, begin = started(plan), time.monotonic()
    for outcome in label_pieces(plan, client, workers=workers):
        counted(summary, outcome)
    summary.seconds = time.monotonic() - begin
    return summary


def started(plan: Plan) -> Summary:
    """Return the summary of what was done before."""
    summary = Summary(done_before=len(plan.done))
    for marker in plan.done:
        summary.add(marker)
    return summary


def counted(summary: Summary, outcome: Outcome) -> None:
    """Add a piece to the summary."""
    if outcome.marker is None:
        summary.set_aside[outcome.piece.shown] = outcome.error
    else:
        summary.add(outcome.marker)
        summary.labelled += outcome.marker["rows"]


def plan_archive(
    inputs: Sequence[str],
    output: str,
    model: HeadlineClassifier,
    *,
    shard: tuple[int, int] = (1, 1),
    **options: Any,  # noqa: ANN401 (those of Task)
) -> Plan:
    """Find out what is to be done; the parameters are those of `label_archive`.

    Raises
    ------
    ReadError
        If no file matches, or an input cannot be read a second time.
    ValueError
        If the output has parts of other files of the same names, or a shard of it was begun with another model.
    """
    from classify.classifier.modelfile import to_bytes

    content = to_bytes(model)
    task = Task(output, sha256(content).hexdigest(), **options)
    pieces, folder = plan_pieces(inputs, task.input_format, output), Folder(output)
    present = folder.listing()
    _claim(folder, task, present, shared=shard[1] > 1)
    removed = _outdated(pieces, present)
    for name in removed:
        folder.remove(name)
        folder.remove(f"{MARKERS}{name}.json")
    index, number = shard
    todo, done, changed = [], [], []
    for piece, marker in _with_markers(pieces[index - 1 :: number], folder, present):
        if marker and marker["source"] != piece.source:
            raise ValueError(
                f"{output}: found answers of {marker['source']} where those of {piece.source} belong; expected them in "
                "another folder; name one"
            )
        same = marker is not None and all(marker.get(name) == value for name, value in task.identity(piece).items())
        if marker and same and present.get(piece.part) == marker["bytes"]:
            done.append(marker)
            continue
        todo.append(piece)
        if marker:
            changed.append(piece.source)
    return Plan(task, content, tuple(todo), tuple(done), tuple(dict.fromkeys(changed)), tuple(removed))


def _claim(folder: Folder, task: Task, present: dict[str, int], *, shared: bool) -> None:
    """Note the model and the options of a folder; raise a ValueError where other shards have used others."""
    own = {name: value for name, value in json.loads(json.dumps(asdict(task))).items() if name != "output"}
    found = json.loads(folder.read(_RUN)) if _RUN in present else None
    if found != own and (found is None or not shared):
        with folder.writing(_RUN) as file:
            file.write((json.dumps(own, ensure_ascii=False, sort_keys=True) + "\n").encode())
        found = json.loads(folder.read(_RUN))  # another shard may have been faster
    differing = [name for name in own if found.get(name) != own[name]]
    if differing:
        name = "model" if "model" in differing else differing[0]
        shown = [str(value)[:12] for value in (found.get(name), own[name])]
        raise ValueError(
            f"{folder.path}: was begun with the {name.replace('_', ' ')} {shown[0]}, not {shown[1]}; expected the same "
            "for all shards; give that, or name another folder"
        )


def _outdated(pieces: Iterable[Piece], present: dict[str, int]) -> list[str]:
    """Return the parts of the files that are not among their pieces, since the files had more row groups before."""
    parts = {piece.part for piece in pieces}
    files = {part.rpartition("-")[0] for part in parts}
    marked = (name[len(MARKERS) : -len(".json")] for name in present if name.startswith(MARKERS) and name != _RUN)
    return sorted(part for part in marked if part not in parts and part.rpartition("-")[0] in files)


def _with_markers(
    pieces: Sequence[Piece], folder: Folder, present: dict[str, int]
) -> Iterator[tuple[Piece, dict[str, Any] | None]]:
    """Yield pieces with their markers; None where there is none, or a damaged one."""

    def read(piece: Piece) -> dict[str, Any] | None:
        if marker_name(piece) not in present:
            return None
        try:
            return dict(json.loads(folder.read(marker_name(piece))))
        except (ValueError, FileNotFoundError):
            return None

    with ThreadPoolExecutor(_REQUESTS if is_remote(folder.path) else 1) as pool:
        yield from zip(pieces, pool.map(read, pieces), strict=True)


def label_pieces(
    plan: Plan,
    client: Client | None = None,
    *,
    workers: int = 0,
    threads: int = 1,
    failed: Callable[[Outcome], None] = lambda _: None,
) -> Generator[Outcome, None, None]:
    """Label the pieces of a plan; yield what became of each, those that failed twice at the end.

    Parameters
    ----------
    plan
        What `plan_archive` returned.
    client, workers
        As in `label_archive`.
    threads
        Threads of this process, where there are neither a client nor workers.
    failed
        Called with each failure; a piece is tried again once all others are done.
    """
    todo: Sequence[Piece] = plan.todo
    for number in range(TRIES):
        again = []
        for outcome in _outcomes(todo, plan, client, workers, threads):
            if outcome.marker is not None:
                yield outcome
                continue
            failed(outcome)
            again.append(outcome)
        if number == TRIES - 1:
            yield from sorted(again, key=lambda outcome: outcome.piece.part)
        todo = [outcome.piece for outcome in again]


def _outcomes(
    todo: Sequence[Piece], plan: Plan, client: Client | None, workers: int, threads: int
) -> Iterator[Outcome]:
    """Label pieces where the caller wants it."""
    if not todo:
        return iter(())
    if client is not None:
        return on_cluster(todo, plan.task, plan.content, client)
    where, number = (in_processes, workers) if workers else (in_threads, threads)
    return where(todo, plan.task, plan.content, min(number, len(todo)))
