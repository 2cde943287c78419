"""Label the headlines of many requests together: one batch takes hardly longer than one headline."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from classify.serve.question import MOST_HEADLINES, Question, RequestError, Settings

__all__ = ["Batches", "Label"]

Label = Callable[[Settings, list[str]], list[bytes]]

_Waiting = tuple[list[str], asyncio.Future[list[bytes]]]

_MOST_WAITING = 100_000  # headlines, one or two seconds of work
_SECONDS = 30  # until an answer is given up


class Batches:
    """Requests that wait for their answers.

    One thread labels. While it does, requests gather; those with the settings of the oldest one are the next batch. A
    headline has the same answer alone and in any batch, so that clients do not notice each other.

    Parameters
    ----------
    label
        Returns the answer of each headline as bytes; called in a thread. A ValueError of it is one of the settings.
    """

    def __init__(self, label: Label) -> None:
        self._label = label
        self._waiting: dict[Settings, deque[_Waiting]] = {}
        self._n_waiting = 0
        self._running: asyncio.Task[None] | None = None
        self._pool = ThreadPoolExecutor(1, "label")

    async def ask(self, question: Question) -> list[bytes]:
        """Return the answer of each headline; raise a RequestError where there is too much to do."""
        headlines, settings = question
        if self._n_waiting + len(headlines) > _MOST_WAITING:
            raise RequestError(503, f"{self._n_waiting} headlines are waiting; expected fewer; try again in a second")
        answers: asyncio.Future[list[bytes]] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(settings, deque()).append((headlines, answers))
        self._n_waiting += len(headlines)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        try:
            return await asyncio.wait_for(answers, _SECONDS)
        except TimeoutError:
            raise RequestError(503, f"there is no answer after {_SECONDS} seconds; try again later") from None

    async def _run(self) -> None:
        """Label batch after batch until nothing waits."""
        while self._waiting:
            settings, batch = self._next()
            texts = [text for headlines, _ in batch for text in headlines]
            try:
                rows = await asyncio.get_running_loop().run_in_executor(self._pool, self._label, settings, texts)
            except Exception as error:  # of a client, that has to know it
                for _, answers in batch:
                    _settle(answers, error)
                continue
            for headlines, answers in batch:
                _settle(answers, rows[: len(headlines)])
                rows = rows[len(headlines) :]

    def _next(self) -> tuple[Settings, list[_Waiting]]:
        """Take the oldest request and those that can be labelled with it."""
        settings = next(iter(self._waiting))
        queue, n = self._waiting.pop(settings), 0
        batch: list[_Waiting] = []
        while queue and (not batch or n + len(queue[0][0]) <= MOST_HEADLINES):
            n += len(queue[0][0])
            batch.append(queue.popleft())
        if queue:  # behind those with other settings
            self._waiting[settings] = queue
        self._n_waiting -= n
        return settings, batch


def _settle(answers: asyncio.Future[list[bytes]], result: list[bytes] | Exception) -> None:
    """Set the result of a request that still waits for it."""
    if answers.done():
        return
    if isinstance(result, Exception):
        answers.set_exception(result)
    else:
        answers.set_result(result)
