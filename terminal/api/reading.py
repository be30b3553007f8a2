"""Bodies of requests: read within bounds and parsed once. What is wrong with one is told without its values."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple, TypeVar

import msgspec
from aiohttp import web

from terminal.answers import Problem

BODY_BYTES_MAX = 64 * 1024
BODY_TIMEOUT_S = 10.0

B = TypeVar("B", bound=msgspec.Struct)


class Flaw(NamedTuple):
    """Why a request cannot be taken; `detail` is for whoever writes the client."""

    problem: Problem
    detail: str


async def read_body(request: web.Request, decoder: msgspec.json.Decoder[B]) -> B | Flaw:
    """The body as its type says, or what is wrong with it."""
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            content = await request.read()
    except TimeoutError:
        return Flaw(Problem.BAD_REQUEST, f"The body did not arrive within {BODY_TIMEOUT_S:g} s.")
    except (ConnectionError, web.RequestPayloadError):
        return Flaw(Problem.BAD_REQUEST, "The body did not arrive whole.")
    return parse(content, decoder)


def parse(content: bytes, decoder: msgspec.json.Decoder[B]) -> B | Flaw:
    """Strict JSON: no 1.0 or "1" for 1, no unknown field."""
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as fault:
        return Flaw(Problem.BAD_REQUEST, what_is_wrong(str(fault)))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Flaw(Problem.BAD_REQUEST, "The body is not JSON in UTF-8.")


def what_is_wrong(message: str) -> str:
    """Msgspec's sentence, when it speaks of types and of our own field names; otherwise the place alone.

    Its other sentences repeat what was sent, and that may be a card number.
    """
    if message.startswith(("Expected ", "Object missing required field ")):
        return f"{message}."
    if message.startswith("Object contains unknown field "):
        return "The object has a field that this API does not know."
    place = _PLACE.search(message)
    return f"Invalid value - at `{place[1] if place else '$'}`."


_PLACE = re.compile(r" - at `(\$[A-Za-z0-9_.\[\]]*)`$")
