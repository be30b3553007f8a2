"""The devices of this till and how each is; a change is said once."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from terminal.answers import DeviceStatus

READY, LOST, UNKNOWN = "ready", "lost", "unknown"

log = structlog.get_logger()


class DeviceBoard:
    """The last known state of every device."""

    def __init__(self, say: Callable[[str, DeviceStatus], None]) -> None:
        self._say = say
        self._devices: dict[str, DeviceStatus] = {}

    def put(self, name: str, device_class: str, state: str, *reasons: str) -> None:
        """Note how a device is. Watchers and the log hear of it when that is new."""
        status = DeviceStatus(name, device_class, state, reasons)
        known = self._devices.get(name)
        self._devices[name] = status
        if status == known:
            return
        self._say("device", status)
        if known is not None or state != READY:
            log.info("device changed", device=name, state=state, reasons=reasons)

    def all(self) -> tuple[DeviceStatus, ...]:
        """Every device, in the order in which they were first noted."""
        return tuple(self._devices.values())
