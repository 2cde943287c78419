"""What a client asks: headlines and settings, parsed from the body of a request and checked."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["LARGEST_BODY", "MOST_HEADLINES", "Question", "RequestError", "Settings", "parse"]

LARGEST_BODY = 1_000_000  # bytes of a request
MOST_HEADLINES = 1000  # of a request: a few hundredths of a second of work
_EXAMPLE = '{"headlines": ["Rovers win the cup"]}'


class RequestError(ValueError):
    """A request that cannot be answered; its message is one sentence for the client.

    Parameters
    ----------
    status
        HTTP status, 400 to 599.
    message
        What was found, what was expected, and what to do.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Settings(NamedTuple):
    """How headlines are to be answered, as the options of `classify predict`; None where nothing is asked for."""

    top: int | None = None
    explain: int | None = None
    max_error: float | None = None


class Question(NamedTuple):
    """The content of a request; a headline that is null is ``""``."""

    headlines: list[str]
    settings: Settings


def parse(body: bytes) -> Question:
    """Return what the body of a request asks.

    Raises
    ------
    RequestError
        If the body is anything but an object of the documented form.

    Examples
    --------
    >>> parse(b'{"headlines": ["Rovers win", null], "top": 2}')
    Question(headlines=['Rovers win', ''], settings=Settings(top=2, explain=None, max_error=None))
    """
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        found = " ".join(str(error).split())[:100]
        raise RequestError(400, f"the request is not JSON ({found}); expected {_EXAMPLE}; send that") from None
    if not isinstance(asked, dict):
        raise RequestError(400, f"the request is {_kind(asked)}; expected an object; send {_EXAMPLE}")
    unknown = [name for name in asked if name not in ("headlines", *Settings._fields)]
    if unknown:
        names = ", ".join(("headlines", *Settings._fields))
        raise RequestError(400, f"the request has {_shown(unknown[0])}; expected only {names}; remove it")
    settings = Settings(_count(asked, "top"), _count(asked, "explain"), _share(asked, "max_error"))
    return Question(_headlines(asked), settings)


def _headlines(asked: dict[str, Any]) -> list[str]:
    """Return the headlines, at most as many as a request may have."""
    found = asked.get("headlines")
    if not isinstance(found, list):
        what = _kind(found) if "headlines" in asked else "missing"
        raise RequestError(400, f"headlines is {what}; expected a list of strings; send {_EXAMPLE}")
    if len(found) > MOST_HEADLINES:
        raise RequestError(
            413, f"{len(found)} headlines were sent; expected at most {MOST_HEADLINES}; send them in several requests"
        )
    odd = next((i for i, each in enumerate(found) if not isinstance(each, str | None)), None)
    if odd is not None:
        raise RequestError(
            400, f"headline {odd + 1} is {_kind(found[odd])}; expected a string; send text, or null where there is none"
        )
    return [each or "" for each in found]


def _count(asked: dict[str, Any], name: str) -> int | None:
    """Return a whole number from 1, or None."""
    value = asked.get(name)
    if value is None or (type(value) is int and value >= 1):
        return value
    raise RequestError(400, f"{name} is {_shown(value)}; expected a whole number from 1; correct it, or leave it out")


def _share(asked: dict[str, Any], name: str) -> float | None:
    """Return a share from 0 to 1, or None."""
    value = asked.get(name)
    if value is None or (type(value) in (int, float) and 0 <= value <= 1):
        return value
    raise RequestError(400, f"{name} is {_shown(value)}; expected a share from 0 to 1, such as 0.05; correct it")


def _kind(value: object) -> str:
    """Return what a JSON value is, in a few words."""
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")


def _shown(value: object) -> str:
    """Return a JSON value as text, cut where it is long."""
    try:
        text = json.dumps(value)
    except (ValueError, RecursionError):  # an integer of thousands of digits
        return _kind(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
