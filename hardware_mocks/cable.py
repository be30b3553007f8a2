"""A cable between a till and HQ: TCP on 127.0.0.1 that can be unplugged, is thin, or breaks after so many bytes."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

from hardware_mocks.loopback import LOOPBACK, reset

CHUNK_BYTES = 4096
LOOK_UP_S = 0.02  # how often a cable looks whether it was unplugged


class Cable:
    """The address `url` stays; where it leads to, `lead_to` says. It begins unplugged."""

    def __init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(LOOK_UP_S)
        self._target: tuple[str, int] | None = None
        self._lines: set[_Line] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self.breaks_after: int | None = None
        """Each new line breaks after so many bytes, counted over both ways."""
        self.bytes_per_s: float | None = None
        """How thin it is; None: as fast as it goes."""
        self.breaks = 0
        self.carried_bytes = 0

    def lead_to(self, url: str) -> None:
        """Plug it in: new lines lead to the server at this URL."""
        host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
        self._target = (host, int(port))

    def unplug(self) -> None:
        """Every line breaks, and none comes up."""
        self._target = None
        with self._lock:
            lines = list(self._lines)
        for line in lines:
            line.broken.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self.unplug()
        self._thread.join()
        self._listener.close()
        for line in list(self._lines):
            line.join()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                lower, _ = self._listener.accept()
                self._connect(lower)

    def _connect(self, lower: socket.socket) -> None:
        target = self._target
        if target is None:
            reset(lower)
            lower.close()
            return
        try:
            upper = socket.create_connection(target, timeout=5)
        except OSError:
            reset(lower)
            lower.close()
            return
        line = _Line(self, lower, upper, self.breaks_after)
        with self._lock:
            self._lines.add(line)
        line.start()

    def _over(self, line: _Line) -> None:
        with self._lock:
            self._lines.discard(line)
            self.breaks += line.broken.is_set()


class _Line(threading.Thread):
    """One connection: what comes in at one end goes out at the other, until it breaks."""

    def __init__(self, cable: Cable, lower: socket.socket, upper: socket.socket, breaks_after: int | None) -> None:
        super().__init__(name="line", daemon=True)
        self._cable = cable
        self._ends = {lower: upper, upper: lower}
        self._left = breaks_after
        self.broken = threading.Event()

    def run(self) -> None:
        """Carry bytes."""
        with contextlib.suppress(OSError):
            while not self.broken.is_set():
                ready, _, _ = select.select(list(self._ends), [], [], LOOK_UP_S)
                if not all(self._carry(end) for end in ready):
                    break
        for end in self._ends:
            if self.broken.is_set():
                reset(end)
            end.close()
        self._cable._over(self)  # noqa: SLF001 - its own lines

    def _carry(self, end: socket.socket) -> bool:
        data = end.recv(CHUNK_BYTES)
        if self._left is not None:
            data, self._left = data[: self._left], self._left - len(data)
            if self._left <= 0:
                self.broken.set()
        self._ends[end].sendall(data)
        self._cable.carried_bytes += len(data)
        if self._cable.bytes_per_s is not None:
            self.broken.wait(len(data) / self._cable.bytes_per_s)
        return bool(data)
