"""Fetch a feed or a file over the web: bounded in time, in size and in redirects."""

from __future__ import annotations

import io
import time
from http.client import HTTPException, HTTPMessage, IncompleteRead
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from classify.headlines import ReadError

__all__ = ["fetch_url"]

TIMEOUT = 10.0  # seconds for an answer, and for each piece of it
DEADLINE = 60.0  # seconds for the whole
LARGEST = 1 << 25
_REDIRECTS = 5
_TRANSIENT = (408, 425, 429, 500, 502, 503, 504)


def fetch_url(url: str, *, timeout: float = TIMEOUT, deadline: float = DEADLINE) -> io.BytesIO:
    """Fetch what stands at an address of the web; try once more if the trouble may pass.

    Parameters
    ----------
    url
        An address that begins with ``http://`` or ``https://``.
    timeout
        Seconds to wait for an answer and for each piece of it.
    deadline
        Seconds after which a second attempt is not made and a slow answer is given up.

    Returns
    -------
    :
        The bytes, at most 32 MB of them, as a stream that bears the address as its name.

    Raises
    ------
    ReadError
        If there is no answer, an error, too long a chain of redirects, or too much.
    """
    begin = time.monotonic()
    for last in (False, True):
        try:
            return _fetch_once(url, timeout, begin + deadline)
        except HTTPError as error:
            error.close()
            problem, transient = f"HTTP {error.code} ({error.reason})", error.code in _TRANSIENT
        except (URLError, TimeoutError, HTTPException, ConnectionError) as error:
            reason = getattr(error, "reason", None) or error
            problem, transient = f"no answer ({str(reason) or type(reason).__name__})", True
        except (ValueError, OSError) as error:
            problem, transient = f"no usable address ({error})", False
        if last or not transient or time.monotonic() - begin > deadline:
            break
    raise ReadError(
        f"{url}: found {' '.join(problem.split())}; expected a feed or a file; check the address and the connection"
    )


def _fetch_once(url: str, timeout: float, end: float) -> io.BytesIO:
    """Fetch, or raise what urllib raises."""
    agent = {"User-Agent": "classify-headlines", "Accept": "*/*"}
    with build_opener(_Redirects).open(Request(url, headers=agent), timeout=timeout) as answer:  # noqa: S310
        data = bytearray()
        while piece := answer.read1(1 << 16):
            data += piece
            if len(data) > LARGEST:
                raise ReadError(f"{url}: found more than {LARGEST >> 20} MB; expected a feed; fetch it as a file first")
            if time.monotonic() > end:
                raise ReadError(f"{url}: found an answer that does not end; expected a feed; fetch it as a file first")
        if answer.length:
            raise IncompleteRead(b"", answer.length)
    stream = io.BytesIO(bytes(data))
    stream.name = url
    return stream


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
