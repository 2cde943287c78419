"""The application: POST /predict, GET /health, the page, and the description of all this."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from classify.serve.batches import Batches, Label
from classify.serve.description import description
from classify.serve.model import ServedModel
from classify.serve.question import LARGEST_BODY, RequestError, parse

__all__ = ["application"]

_SECONDS_TO_SEND = 15  # for the body of a request
_SECONDS_TO_LOOK = 1.0  # between two looks at the model file
_EXPECTED = {"/predict": "POST", "/health": "GET", "/openapi.json": "GET", "/": "GET"}


def application(model: ServedModel, label: Label) -> Starlette:
    """Return the service as an ASGI application.

    Parameters
    ----------
    model
        The model, which is read again when its file changes.
    label
        Returns the answer of each headline as the bytes of a JSON object.
    """
    batches = Batches(label)
    return Starlette(
        routes=[
            Route("/predict", partial(_predict, batches), methods=["POST"]),
            Route("/health", partial(_health, model)),
            Route("/openapi.json", _describe),
            Route("/", _page),
        ],
        exception_handlers={HTTPException: _not_here, RequestError: _refuse, Exception: _fail},
        lifespan=lambda _: _watch(model),
    )


async def _predict(batches: Batches, request: Request) -> Response:
    """Answer headlines."""
    try:
        body = await asyncio.wait_for(_read(request), _SECONDS_TO_SEND)
    except TimeoutError:
        found = f"the request is not complete after {_SECONDS_TO_SEND} seconds"
        raise RequestError(408, f"{found}; expected all of it; send it again") from None
    except ClientDisconnect:
        return Response(status_code=400)  # which nobody reads
    question = parse(body)
    if not question.headlines:
        return Response(b"[]", media_type="application/json")
    try:
        rows = await batches.ask(question)
    except RequestError:
        raise
    except ValueError as error:  # an error budget that the model cannot keep
        raise RequestError(400, " ".join(str(error).split())) from None
    return Response(b"[" + b", ".join(rows) + b"]", media_type="application/json")


async def _read(request: Request) -> bytes:
    """Return the body of a request, up to the largest that is allowed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise RequestError(
                413, f"the request is larger than {LARGEST_BODY} bytes; expected less; send the headlines in several"
            )
    return bytes(body)


async def _health(model: ServedModel, _: Request) -> Response:
    """Return that the service answers, and with which model."""
    from classify import __version__

    known: dict[str, Any] = {
        "status": "ok" if model.problem is None else "former model",
        "version": __version__,
        "model": model.name,
        "sections": [str(name) for name in model.classifier.classes_],
    }
    return JSONResponse(known if model.problem is None else known | {"problem": model.problem})


async def _describe(_: Request) -> Response:
    """Return the OpenAPI description."""
    return JSONResponse(description())


async def _page(_: Request) -> Response:
    """Return the page for people, which may run its own script and nothing else."""
    content, policy = _page_and_policy()
    headers = {"content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
    return HTMLResponse(content, headers=headers)


@cache
def _page_and_policy() -> tuple[str, str]:
    """Return the page and a policy that allows the style and the script in it by their hashes."""
    content = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    hashes = {}
    for tag in ("style", "script"):
        text = re.findall(f"<{tag}>(.*?)</{tag}>", content, re.DOTALL)[0]
        hashes[tag] = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    allowed = " ".join(f"{tag}-src 'sha256-{value}';" for tag, value in hashes.items())
    return content, f"default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; {allowed}"


@asynccontextmanager
async def _watch(model: ServedModel) -> AsyncIterator[None]:
    """Check the model file again and again while the service runs."""

    async def look() -> None:
        while True:
            await asyncio.sleep(_SECONDS_TO_LOOK)
            await asyncio.to_thread(model.refresh)

    task = asyncio.create_task(look())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer a request that is wrong, or comes at a bad time."""
    assert isinstance(error, RequestError)
    headers = {413: {"connection": "close"}, 408: {"connection": "close"}, 503: {"retry-after": "1"}}
    return JSONResponse({"error": str(error)}, error.status, headers.get(error.status))


async def _not_here(request: Request, error: Exception) -> Response:
    """Answer a request to a wrong address or by a wrong method."""
    assert isinstance(error, HTTPException)
    path, method = json.dumps(request.scope["path"][:60]), request.method[:20]
    if error.status_code == 405:
        expected = _EXPECTED.get(request.scope["path"], "another method")
        sentence = f"{path} was asked by {method}; expected {expected}; see /openapi.json"
    else:
        sentence = f"there is no {path}; expected {', '.join(_EXPECTED)}; see /openapi.json"
    return JSONResponse({"error": sentence}, error.status_code, error.headers)


async def _fail(_: Request, __: Exception) -> Response:
    """Answer where the service itself is wrong; the server's log has the rest."""
    return JSONResponse({"error": "the service failed; its log has the reason; try again, or report it"}, 500)
