"""Keeps one device in use: opens it, works it, and opens it again when it was lost. One thread, no noise."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from drivers.events import DeviceBack, DeviceEvent, DeviceLost


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before the next try to open. A device is in use again within `longest_s` plus the opening."""

    first_s: float = 0.2
    longest_s: float = 3.0
    factor: float = 2.0

    def after(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row, of which there is at least one."""
        doublings = min(failures - 1, 64)  # a till stands unplugged over a holiday; floats end at 2**1024
        return min(self.first_s * self.factor**doublings, self.longest_s)


class Presence:
    """Says lost once and back once, however often a device comes and goes between. No clock, no thread."""

    def __init__(self, device: str, backoff: Backoff) -> None:
        self._device = device
        self._backoff = backoff
        self._failures = 0
        self._said_lost = False

    def failed(self, reason: str) -> list[DeviceLost]:
        """Opening or using it failed."""
        self._failures += 1
        if self._said_lost:
            return []
        self._said_lost = True
        return [DeviceLost(self._device, reason)]

    def works(self) -> list[DeviceBack]:
        """It has proved itself: it spoke, or stayed open for a while."""
        self._failures = 0
        if not self._said_lost:
            return []
        self._said_lost = False
        return [DeviceBack(self._device)]

    @property
    def pause_s(self) -> float:
        """How long to wait before the next try."""
        return self._backoff.after(self._failures)


class Line(Protocol):
    """An opened device."""

    def work(self) -> Sequence[DeviceEvent]:
        """One short step, at most 0.5 s: what the device said. Raises DeviceFault when it is gone."""
        ...

    def close(self) -> None:
        """Never raises."""
        ...


class DeviceFault(Exception):
    """The device cannot be opened or is gone. The supervisor opens it again by itself; check plug and cable."""


class Supervisor:
    """Runs one device in a thread of its own until `stop`.

    `open_line` returns an open Line or raises DeviceFault. A device that is accepted and thrown out again at once,
    as a serial server does whose reader is unplugged, counts as lost until it has stayed for `settled_s`.
    """

    STOP_TIMEOUT_S = 1.0

    def __init__(
        self,
        device: str,
        open_line: Callable[[], Line],
        emit: Callable[[DeviceEvent], None],
        *,
        backoff: Backoff | None = None,
        settled_s: float = 0.5,
    ) -> None:
        self._open_line = open_line
        self._emit = emit
        self._presence = Presence(device, backoff or Backoff())
        self._settled_s = settled_s
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"device {device}", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether the device is open now."""
        return self._ready.is_set()

    def start(self) -> None:
        """Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread. One that hangs in the system's own open() is left behind, and does nothing any more."""
        self._stopping.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(self.STOP_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._use(self._open_line())
            except DeviceFault as fault:
                self._say(self._presence.failed(str(fault)))
                self._stopping.wait(self._presence.pause_s)

    def _use(self, line: Line) -> None:
        opened_s = time.monotonic()
        self._ready.set()
        try:
            while not self._stopping.is_set():
                events = line.work()
                if events or time.monotonic() - opened_s >= self._settled_s:
                    self._say(self._presence.works())
                self._say(events)
        finally:
            self._ready.clear()
            line.close()

    def _say(self, events: Sequence[DeviceEvent]) -> None:
        for event in events:
            if not self._stopping.is_set():
                self._emit(event)
