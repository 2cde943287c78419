"""Fetch over the web with one limit on bytes and one deadline, whatever a server sends.

Headers, redirects and their bodies, lines of chunks, trailers, ``100 Continue``: all that comes out of the socket is
counted against one `Budget`, which serves a whole fetch with its redirects and its second attempt.
"""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Thread
from typing import IO, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from classify.headlines import ReadError

__all__ = ["Budget", "describe", "fetch_url", "open_url"]

TIMEOUT = 10.0  # seconds for an answer, and for each piece of it
DEADLINE = 60.0  # seconds for the whole
LARGEST = 1 << 25
_REDIRECTS = 5
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
T = TypeVar("T")


class Budget:
    """The bytes and the seconds that are left for a fetch.

    Parameters
    ----------
    url
        What is fetched, for the error.
    largest
        Bytes that may come, of all kinds.
    seconds
        From now until it must be done.
    timeout
        Seconds to wait for an answer, and for each piece of it.
    """

    def __init__(self, url: str, largest: int, seconds: float, timeout: float) -> None:
        self.timeout = timeout
        self.end = time.monotonic() + seconds
        self._url, self._largest, self._left, self._seconds = url, largest, largest, seconds

    def spend(self, n_bytes: int) -> None:
        """Count bytes that came; raise a ReadError where they are too many, or too late."""
        self._left -= n_bytes
        if self._left < 0:
            raise self.error(f"more than {self._largest >> 20} MB")
        if time.monotonic() > self.end:
            raise self.late()

    def late(self) -> ReadError:
        """Return the error of a fetch that takes too long."""
        return self.error(f"no whole answer within {self._seconds:g} s")

    def error(self, found: str) -> ReadError:
        """Return the error of a fetch that exceeds the budget."""
        return ReadError(f"{self._url}: found {found}; expected a feed or a file; fetch it as a file first")


@contextmanager
def open_url(url: str, budget: Budget, headers: dict[str, str] | None = None) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Open an address of the web within a budget; yield the status and the pieces of the body.

    Raises
    ------
    ReadError
        If the budget is exceeded, or a redirect leaves the web.
    OSError, HTTPException, ValueError
        As urllib raises them; see `describe`.
    """
    agent = {"User-Agent": "classify-headlines", "Accept": "*/*"} | (headers or {})
    opener = build_opener(_Http(budget), _Https(budget), _Redirects())
    with opener.open(Request(url, headers=agent), timeout=budget.timeout) as answer:  # noqa: S310
        coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", "gzip", "x-gzip", ""):  # gzip is recognised by its first bytes
            raise budget.error(f"the content encoding {coding!r}, which was not asked for")
        yield answer.status, _pieces(answer)


def fetch_url(url: str, *, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> io.BytesIO:
    """Fetch an address of the web; try once more if the trouble may pass, after the seconds that the server asks for.

    Parameters
    ----------
    url
        An address that begins with ``http://`` or ``https://``.
    timeout
        Seconds to wait for an answer and for each piece of it.
    deadline
        Seconds for the whole, both attempts and all redirects included.

    Returns
    -------
        The bytes, at most 32 MB of them, as a stream that bears the address as its name.

    Raises
    ------
    ReadError
        If there is no answer, an error, too long a chain of redirects, or too much.
    """
    budget = Budget(url, LARGEST, deadline, timeout)
    for last in (False, True):
        try:
            return _within(budget, partial(_fetch_once, url, budget))
        except (HTTPException, OSError, ValueError) as error:
            if isinstance(error, ReadError):
                raise
            problem, transient = describe(error)
            pause = _pause(error)
        if last or not transient or time.monotonic() + pause > budget.end:
            break
        time.sleep(pause)
    raise ReadError(f"{url}: found {problem}; expected a feed or a file; check the address and the connection")


def describe(error: Exception) -> tuple[str, bool]:
    """Return in one line what went wrong on the web, and whether it may pass.

    Examples
    --------
    >>> describe(TimeoutError("timed out"))
    ('no answer (timed out)', True)
    """
    if isinstance(error, HTTPError):
        error.close()
        problem, transient = f"HTTP {error.code} ({error.reason})", error.code in _TRANSIENT
    elif isinstance(error, URLError | TimeoutError | HTTPException | ConnectionError):
        reason = getattr(error, "reason", None) or error
        problem, transient = f"no answer ({str(reason) or type(reason).__name__})", True
    else:
        problem, transient = f"no usable address ({error})", False
    return " ".join(problem.split()), transient


def _pause(error: Exception) -> float:
    """Return the seconds that a server asks to wait, 0 where it does not; a date counts as too long to wait."""
    asked = (error.headers.get("Retry-After") if isinstance(error, HTTPError) and error.headers else None) or "0"
    return float(asked) if re.fullmatch(r"[0-9]{1,9}", asked.strip()) else float("inf")


def _fetch_once(url: str, budget: Budget) -> io.BytesIO:
    """Fetch once, or raise what urllib raises."""
    with open_url(url, budget) as (_, pieces):
        stream = io.BytesIO(b"".join(pieces))
    stream.name = url
    return stream


def _within(budget: Budget, run: Callable[[], T]) -> T:
    """Run in a thread and give up at the deadline, also where a name is looked up or a handshake does not end."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(run())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=work, daemon=True).start()
    try:
        return future.result(budget.end - time.monotonic())
    except TimeoutError:
        if future.done():
            raise
        raise budget.late() from None


def _pieces(answer: HTTPResponse) -> Iterator[bytes]:
    """Yield the body of an answer as it comes; one that breaks off is an IncompleteRead."""
    while piece := answer.read1(1 << 16):
        yield piece
    if answer.length:
        raise IncompleteRead(b"", answer.length)


class _Counted(io.RawIOBase):
    """The bytes of a socket, counted as they come."""

    def __init__(self, raw: io.RawIOBase, budget: Budget) -> None:
        self._raw, self._budget = raw, budget

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:  # noqa: ANN401 (whatever has a buffer)
        """Read what has come; close the socket where that fails, which urllib does not do for a redirect."""
        try:
            self._budget.spend(0)
            n = self._raw.readinto(buffer)
            self._budget.spend(n or 0)
        except BaseException:
            self._raw.close()
            raise
        return int(n)

    def close(self) -> None:
        """Close the socket, too."""
        self._raw.close()
        super().close()


class _Response(HTTPResponse):
    """An answer that reads all of its bytes through a budget."""

    def __init__(self, budget: Budget, sock: socket.socket, *args: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Counted(self.fp.detach(), budget))


def _connect(kind: type[HTTPConnection], budget: Budget, *args: Any, **options: Any) -> HTTPConnection:  # noqa: ANN401
    """Return a connection whose answers read through a budget."""
    connection = kind(*args, **options)
    connection.response_class = partial(_Response, budget)  # type: ignore[assignment]
    return connection


class _Http(HTTPHandler):
    """Open addresses within a budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def http_open(self, req: Request) -> HTTPResponse:
        """Open one address."""
        return self.do_open(partial(_connect, HTTPConnection, self._budget), req)


class _Https(HTTPSHandler):
    """Open encrypted addresses within a budget."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def https_open(self, req: Request) -> HTTPResponse:
        """Open one address."""
        return self.do_open(partial(_connect, HTTPSConnection, self._budget), req)


class _Redirects(HTTPRedirectHandler):
    """Follow a few redirects, and none that leaves the web."""

    max_redirections = _REDIRECTS
    max_repeats = 2

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """Refuse other schemes than those of the web."""
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise ReadError(f"{req.full_url}: found a redirect to {newurl!r}; expected one within the web; check it")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
