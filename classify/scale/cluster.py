"""Pieces labelled on a Dask cluster, with `Client.map` alone; each worker gets the model once, as a plugin."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from classify import __version__
from classify.scale.pieces import Piece
from classify.scale.task import Outcome, Task, attempt, load

if TYPE_CHECKING:
    from distributed import Client, Future, Worker, WorkerPlugin

    from classify.classifier import HeadlineClassifier

__all__ = ["connect", "on_cluster"]

_AHEAD = 2  # pieces that the scheduler knows of for each thread, so that no thread waits and its memory stays flat
_PATIENCE = 30  # seconds after which the driver looks whether there are workers at all
_CONNECT = 10  # seconds to wait for the scheduler

_MODELS: dict[str, HeadlineClassifier | str] = {}  # in a worker: the model of each run, or why there is none


def connect(address: str) -> Client:
    """Return a client of a scheduler such as ``tcp://host:8786``; an OSError where there is none."""
    try:
        from distributed import Client
    except ImportError:
        raise ValueError(
            f"{address}: found no dask.distributed to reach it with; expected the extra 'scale'; "
            "pip install 'classify-headlines[scale]'"
        ) from None
    try:
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ValueError(
            f"{address}: found no scheduler ({' '.join(str(error).split())[:100]}); expected one of Dask; start one "
            "with 'dask scheduler', or correct the address"
        ) from None


def on_cluster(pieces: Iterable[Piece], task: Task, content: bytes, client: Client) -> Iterator[Outcome]:
    """Label pieces on the workers of a Dask client; yield what became of each as it is done.

    Raises
    ------
    ValueError
        If a worker has another version of classify or another model.
    OSError
        If the scheduler is lost, or no worker is left.
    """
    name = f"classify-{task.model[:12]}-{uuid.uuid4().hex[:8]}"
    waiting: dict[Future, Piece] = {}
    address = client.scheduler.address
    try:
        client.register_plugin(_plugin(name, asdict(task), content), name)
        yield from _mapped(iter(pieces), partial(label, task=task, name=name), client, waiting)
    except (OSError, TimeoutError, CancelledError) as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise OSError(
            f"{address}: lost the scheduler or all workers ({reason}); expected them to stay; start again, "
            "and only what is missing will be done"
        ) from None
    finally:
        if client.status == "running":
            with suppress(OSError, TimeoutError, CancelledError):
                client.cancel(list(waiting))
                client.unregister_worker_plugin(name)


def _mapped(
    todo: Iterator[Piece], function: Callable[[Piece], Outcome], client: Client, waiting: dict[Future, Piece]
) -> Iterator[Outcome]:
    """Map the function over as many pieces as keep all threads busy, and over more as they are done."""
    while True:
        ahead = max(_AHEAD * sum(client.nthreads().values()), _AHEAD) - len(waiting)
        new = list(islice(todo, max(ahead, 0)))
        keys = [f"classify-{uuid.uuid4().hex}" for _ in new]
        waiting |= zip(client.map(function, new, key=keys, pure=False), new, strict=True)
        if not waiting:
            return
        for future in _done(client, list(waiting)):
            yield _outcome(future, waiting.pop(future))


def _done(client: Client, futures: list[Future]) -> set[Future]:
    """Wait until some futures are done, as long as there are workers; return them."""
    from distributed import wait

    while True:
        try:
            with client.as_current():
                return set(wait(futures, timeout=_PATIENCE, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if not client.nthreads():
                raise OSError(f"no worker for {_PATIENCE} seconds") from None


def _outcome(future: Future, piece: Piece) -> Outcome:
    """Return the outcome of a piece; what is raised comes from Dask, as the worker raises nothing."""
    from distributed import KilledWorker

    error = future.exception()
    if error is None:
        outcome: Outcome = future.result()
        if outcome.refused:
            raise ValueError(outcome.error)
        return outcome
    if isinstance(error, ImportError | AttributeError):
        raise ValueError(
            f"a worker could not run classify {__version__} ({error}); expected it on every worker; "
            "install this version there"
        )
    workers = f" on {error.last_worker.address}" if isinstance(error, KilledWorker) else ""
    return Outcome(piece, error=f"{type(error).__name__}{workers}: {' '.join(str(error).split())[:200]}")


def label(piece: Piece, task: Task, name: str) -> Outcome:
    """Label a piece in a worker, with the model that its plugin has loaded."""
    from distributed import get_worker

    model = _MODELS.get(name, "its model did not arrive; expected it with the plugin; restart the worker")
    if isinstance(model, str):
        return Outcome(piece, error=f"worker {get_worker().address}: {model}", refused=True)
    return attempt(piece, task, model)


def receive(name: str, task: dict[str, Any], content: bytes) -> None:
    """Load the model in a worker, or note why it has none; raise that, too, for the driver that is starting."""
    try:
        _MODELS[name] = load(content, Task(**task))
    except Exception as error:
        _MODELS[name] = str(error)
        raise


def _plugin(name: str, task: dict[str, Any], content: bytes) -> WorkerPlugin:
    """Return what a worker runs when it joins.

    The class is sent by value and imports classify only after comparing versions, which a worker of another version or
    without classify can do.
    """
    from distributed import WorkerPlugin

    class SendModel(WorkerPlugin):  # type: ignore[misc]  # Dask has no types
        def setup(self, worker: Worker) -> None:
            """Compare versions, then load the model."""
            from importlib import import_module

            try:
                found = f"classify {import_module('classify').__version__}"
            except ImportError:
                found = "no classify"
            if found != f"classify {task['version']}":
                raise ValueError(
                    f"worker {worker.address}: found {found}; expected classify {task['version']}; install that there"
                )
            import_module("classify.scale.cluster").receive(name, task, content)

        def teardown(self, worker: Worker) -> None:
            """Forget the model."""
            from importlib import import_module

            import_module("classify.scale.cluster").forget(name)

    return SendModel()


def forget(name: str) -> None:
    """Forget the model of a run that has ended."""
    _MODELS.pop(name, None)
