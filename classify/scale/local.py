"""Pieces labelled on this machine: in threads, or in processes of their own that may die without harm."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classify.scale.pieces import Piece
from classify.scale.task import Outcome, Task, attempt, load

if TYPE_CHECKING:
    from typing import TypeAlias

    Runner: TypeAlias = Callable[[Piece], Outcome]

__all__ = ["in_processes", "in_threads"]


def in_threads(pieces: Iterable[Piece], task: Task, content: bytes, n: int) -> Iterator[Outcome]:
    """Label pieces in n threads of this process; yield what became of each as it is done."""
    model = load(content, task)

    @contextmanager
    def runner() -> Iterator[Runner]:
        yield lambda piece: attempt(piece, task, model)

    return _spread(pieces, [runner() for _ in range(n)])


def in_processes(pieces: Iterable[Piece], task: Task, content: bytes, n: int) -> Iterator[Outcome]:
    """Label pieces in n processes; one that dies fails its piece and is started again."""
    return _spread(pieces, [_Process(task, content) for _ in range(n)])


def _spread(pieces: Iterable[Piece], runners: list[Any]) -> Iterator[Outcome]:
    """Pass each runner one piece after the other, in a thread of its own; yield outcomes as they come."""
    todo, lock, ended = iter(pieces), threading.Lock(), threading.Event()
    outcomes: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()

    def work(opened: AbstractContextManager[Runner]) -> None:
        try:
            with opened as run:
                while not ended.is_set():
                    with lock:
                        piece = next(todo, None)
                    if piece is None:
                        break
                    outcomes.put(run(piece))
            outcomes.put(None)
        except BaseException as error:  # it is raised in the main thread
            outcomes.put(error)

    threads = [threading.Thread(target=work, args=(runner,), daemon=True) for runner in runners]
    for thread in threads:
        thread.start()
    try:
        working = len(threads)
        while working:
            outcome = outcomes.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is None:
                working -= 1
            else:
                yield outcome
    finally:
        ended.set()
        for runner in runners:
            getattr(runner, "stop", lambda: None)()
        for thread in threads:
            thread.join()


class _Process:
    """A process that labels pieces: `classify.scale.worker`, to which the model is sent once."""

    def __init__(self, task: Task, content: bytes) -> None:
        self._task, self._content = task, content
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Runner:
        """Return what labels a piece."""
        return self.run

    def __exit__(self, *error: object) -> None:
        """End the process, which has nothing to do any more."""
        if self._process is not None:
            with suppress(OSError):
                self._process.communicate()  # closes its input

    def stop(self) -> None:
        """End the process in the middle of a piece, if it is at work."""
        if self._process is not None:
            self._process.terminate()

    def run(self, piece: Piece) -> Outcome:
        """Send a piece to the process and wait for its outcome; start the process where there is none."""
        process = self._process
        try:
            if process is None:
                process = self._start()
            answer = _exchange(process, json.dumps(asdict(piece)).encode() + b"\n")
        except BrokenPipeError:
            answer = b""
        if answer.endswith(b"\n"):
            return Outcome(piece, **json.loads(answer))
        self._process = None
        assert process is not None
        process.communicate()
        return Outcome(piece, error=f"its process {process.pid} ended with {_ending(process.returncode)}")

    def _start(self) -> subprocess.Popen[bytes]:
        """Start the process and send it the task and the model."""
        root = str(Path(__file__).parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        # One core each: libraries of linear algebra would start as many threads as there are cores.
        environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-P", "-m", "classify.scale.worker"]
        process = subprocess.Popen(  # noqa: S603 (it is this program)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._process = process
        head = json.dumps({"task": asdict(self._task), "size": len(self._content)})
        assert process.stdin is not None
        process.stdin.write(head.encode() + b"\n" + self._content)
        return process


def _exchange(process: subprocess.Popen[bytes], message: bytes) -> bytes:
    """Write a line to a process and return the line that it answers; nothing where it has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(message)
    process.stdin.flush()
    return process.stdout.readline()


def _ending(code: int) -> str:
    """Return how a process ended: by a signal, or with an exit code.

    >>> _ending(-9), _ending(3)
    ('signal 9 (was memory short?)', 'exit code 3')
    """
    return f"signal {-code}{' (was memory short?)' if code == -9 else ''}" if code < 0 else f"exit code {code}"
