"""A cable between a till and HQ: TCP on 127.0.0.1 that can be unplugged, holds its bytes back, or breaks."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from hardware_mocks.loopback import LOOPBACK, reset

CHUNK_BYTES = 4096
LOOK_UP_S = 0.05  # how often a cable looks whether it was unplugged


class Cable:
    """The address `url` stays; where it leads to, `lead_to` says. It begins unplugged.

    Whoever calls while nobody is there is turned away at once, as by a machine without that server. With `patient` he
    hears nothing, as when packets are lost on the way, and is put through as soon as somebody is there.
    """

    def __init__(self, *, patient: bool = False) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._listener.settimeout(LOOK_UP_S)
        self._target: Callable[[], str] | None = None
        self._lines: set[_Line] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="cable", daemon=True)
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self.patient = patient
        """A caller whom nobody hears is turned away at once when this becomes False."""
        self.breaks_after: int | None = None
        """Each new line breaks after so many bytes, counted over both ways."""
        self.carries: int | None = None
        """So many bytes more, counted over both ways; then it holds everything back. None: all that comes."""
        self.holds_down = False
        """What HQ says stays in the cable. It comes through, whole and in order, when this is False again."""
        self.holds_up = False
        """The same for what the till says."""
        self.breaks = 0
        self.carried_bytes = 0

    def lead_to(self, url: str | Callable[[], str]) -> None:
        """Plug it in: new lines lead to the server at this URL, or at the one that it has when they are made."""
        self._target = (lambda: url) if isinstance(url, str) else url

    def unplug(self) -> None:
        """Every line breaks, with what it holds, and none comes up."""
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

    def reach(self) -> socket.socket | None:
        """A connection to whom it leads to; None: nobody is there."""
        target = self._target
        host, _, port = (target() if target else "").removeprefix("http://").rstrip("/").partition(":")
        try:
            return socket.create_connection((host, int(port)), timeout=5) if port else None
        except OSError:
            return None

    def may_wait(self) -> bool:
        """Whether a caller whom nobody has heard may try again now."""
        return self.patient and not self._ended.wait(LOOK_UP_S)

    def _accept(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError, OSError):
                lower, _ = self._listener.accept()
                line = _Line(self, lower, self.breaks_after)
                with self._lock:
                    self._lines.add(line)
                line.start()

    def over(self, line: _Line) -> None:
        """A line has ended."""
        with self._lock:
            self._lines.discard(line)
            self.breaks += line.broken.is_set()


class _Line(threading.Thread):
    """One connection: what comes in at one end goes out at the other, until it breaks."""

    def __init__(self, cable: Cable, lower: socket.socket, breaks_after: int | None) -> None:
        super().__init__(name="line", daemon=True)
        self._cable = cable
        self._lower = lower
        self._left = breaks_after
        self._early = b""
        self.broken = threading.Event()

    def run(self) -> None:
        """Carry bytes."""
        with self._lower, contextlib.suppress(OSError):
            upper = self._put_through()
            if upper is None:
                reset(self._lower)
            else:
                with upper:
                    self._join(upper)
        self._cable.over(self)

    def _put_through(self) -> socket.socket | None:
        """A connection to whom the cable leads to; None when the caller gives up first, or may not wait."""
        while (upper := self._cable.reach()) is None:
            self.broken.clear()  # it is no line yet
            if not (self._cable.may_wait() and self._is_called()):
                return None
        return upper

    def _is_called(self) -> bool:
        """Whether the caller is still there; what it has said already is kept."""
        ready, _, _ = select.select([self._lower], [], [], 0)
        said = self._lower.recv(CHUNK_BYTES) if ready else b""
        self._early += said
        return bool(said) or not ready

    def _join(self, upper: socket.socket) -> None:
        ends = {self._lower: upper, upper: self._lower}
        try:
            upper.sendall(self._early)
            while not self.broken.is_set():
                if not all(self._carry(end, ends[end]) for end in self._ready(upper)):
                    return
        finally:
            if self.broken.is_set():
                reset(self._lower)
                reset(upper)

    def _ready(self, upper: socket.socket) -> list[socket.socket]:
        """The ends at which there is something to carry; none after a short while."""
        held = ((self._lower, self._cable.holds_up), (upper, self._cable.holds_down))
        flowing = [end for end, is_held in held if not is_held and self._cable.carries != 0]
        if not flowing:
            self.broken.wait(LOOK_UP_S)
            return []
        return select.select(flowing, [], [], LOOK_UP_S)[0]

    def _carry(self, end: socket.socket, other: socket.socket) -> bool:
        data = end.recv(min(CHUNK_BYTES, self._cable.carries or CHUNK_BYTES))
        if self.broken.is_set():
            return False  # unplugged while nothing came: what comes now does not get through
        if self._cable.carries is not None:
            self._cable.carries = max(self._cable.carries - len(data), 0)
        if self._left is not None:
            data, self._left = data[: self._left], self._left - len(data)
            if self._left <= 0:
                self.broken.set()
        other.sendall(data)
        self._cable.carried_bytes += len(data)
        return bool(data)
