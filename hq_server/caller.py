"""How HQ's own commands speak to the running server."""

from __future__ import annotations

import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar

import msgspec

ANSWER_S_MAX = 10.0
FILE_S_MAX = 600.0
"""HQ posts a whole medium before it answers."""

T = TypeVar("T")


class CallFailed(Exception):
    """The server did not do it. The message says why; nothing is known to have changed."""


class _Problem(msgspec.Struct):
    detail: str


class Caller:
    """HQ at an address, with the token that it knows its people by."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        # HQ's address is never behind the proxy that this user's browser may have.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str, answer: type[T]) -> T:
        """GET, read as `answer`. Raises CallFailed."""
        return self._call(urllib.request.Request(self._url + path), answer)  # noqa: S310 - the settings' own address

    def post(self, path: str, body: msgspec.Struct, answer: type[T]) -> T:
        """POST, what comes back read as `answer`. Raises CallFailed."""
        content = msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        return self._call(urllib.request.Request(self._url + path, content, headers), answer)  # noqa: S310 - as above

    def send_file(self, path: str, sent: BinaryIO, size: int, back: BinaryIO, header: str, said: type[T]) -> T:  # noqa: PLR0913, PLR0917 - a file goes, another comes
        """POST a file; the one that comes back goes to `back`, and what `header` says is read. Raises CallFailed."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        request = urllib.request.Request(self._url + path, sent, headers)  # noqa: S310 - as above
        with self._asking(request, FILE_S_MAX) as answered:
            shutil.copyfileobj(answered, back)
            return msgspec.json.decode(answered.headers.get(header, ""), type=said)

    def _call(self, request: urllib.request.Request, answer: type[T]) -> T:
        with self._asking(request, ANSWER_S_MAX) as answered:
            return msgspec.json.decode(answered.read(), type=answer)

    @contextmanager
    def _asking(self, request: urllib.request.Request, timeout_s: float) -> Iterator[http.client.HTTPResponse]:
        request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with self._opener.open(request, timeout=timeout_s) as answered:
                yield answered
        except urllib.error.HTTPError as problem:
            with problem:
                raise CallFailed(_detail(problem.read()) or f"HQ answered {problem.code}.") from problem
        except (OSError, http.client.HTTPException) as fault:
            raise CallFailed(f"Nobody answers at {self._url}. Does HQ's server run? ({fault})") from fault
        except msgspec.DecodeError as fault:
            raise CallFailed(f"What answers at {self._url} is not this version of HQ's server.") from fault


def _detail(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_Problem).detail
    except msgspec.DecodeError:
        return ""
