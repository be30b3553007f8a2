"""A page that watches the till: its events as they come, in a thread of their own."""

import json
import socket
import threading
from http.client import HTTPConnection
from types import TracebackType
from typing import Any, NamedTuple, Self

from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import TillProcess

QUIET_S_MAX = 20.0
"""The till says at least every 15 s that it is there."""


class Said(NamedTuple):
    """One event."""

    name: str
    data: dict[str, Any]


class Watch:
    """Everything that the till says from `with` on, in its order."""

    def __init__(self, till: TillProcess) -> None:
        self.said: list[Said] = []
        self._connection = HTTPConnection(till.url.removeprefix("http://"), timeout=QUIET_S_MAX)
        self._connection.request("GET", "/v1/events")
        self._stream = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._over = threading.Event()

    def wait_for(self, name: str, count: int = 1, timeout_s: float = 30.0) -> list[Said]:
        """All events so far, as soon as that one has come so often. Raises TimeoutError."""
        wait_until(lambda: sum(said.name == name for said in list(self.said)) >= count, timeout_s=timeout_s)
        return list(self.said)

    def __enter__(self) -> Self:
        while not self._stream.readline().startswith(b"event: reset"):
            """Whoever is new is told so first; from here on nothing is missed."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._stream.close()
        self._connection.close()

    def _read(self) -> None:
        name = "reset"
        while line := self._next_line():
            field, _, value = line.decode().strip().partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name != "reset":
                self.said.append(Said(name, json.loads(value)))

    def _next_line(self) -> bytes:
        """Nothing when the till says no more. Once we have hung up it may answer with a reset: that is no fault."""
        try:
            return self._stream.readline()
        except ConnectionError:
            if self._over.is_set():
                return b""
            raise
