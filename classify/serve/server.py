"""Run the application: an address, limits for connections, and time for a request."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["listen", "run", "server"]

_MOST_CONNECTIONS = 1000
_SECONDS_IDLE = 5  # of a connection between two requests
_SECONDS_A_REQUEST = 60  # from its first byte to the last one of its answer
_SECONDS_TO_STOP = 30  # for requests that are being answered


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 is any that is free.

    Raises
    ------
    ValueError
        If this machine does not have the address, or the port is in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(_MOST_CONNECTIONS)
        except OSError:
            found.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(
            f"{host}, port {port}: {reason[0].lower()}{reason[1:]}; expected an address of this machine with a free "
            "port; choose others with --host and --port"
        ) from None
    return found


def server(app: Starlette) -> uvicorn.Server:
    """Return a server of an application with all limits set."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_SECONDS_IDLE,
            timeout_graceful_shutdown=_SECONDS_TO_STOP,
        )
    )


def run(app: Starlette, where: socket.socket) -> None:
    """Answer requests until a signal ends the process; requests that have begun are answered first."""
    server(app).run(sockets=[where])


class _Protocol(H11Protocol):
    """HTTP in which a request has a limited time, be it that its client writes or reads slowly."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(transport)
        self._count()

    def data_received(self, data: bytes) -> None:
        """Begin to count where this is the first part of a request."""
        self._count()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Stop counting, unless another request is there already."""
        self._stop()
        super().on_response_complete()
        if not self.cycle.response_complete:
            self._count()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting."""
        self._stop()
        super().connection_lost(exc)

    def _count(self) -> None:
        """Close the connection after the time of a request."""
        if self._late is None:
            self._late = self.loop.call_later(_SECONDS_A_REQUEST, self.transport.abort)

    def _stop(self) -> None:
        """Let the connection live."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
