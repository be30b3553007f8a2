"""What HQ takes from the world: time and chance, handed in so that a whole chain can run on simulated ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from offline_queue.outbox import Stamp

MODE = "hq"
"""HQ's own records are made in no store's way of running."""


class World(msgspec.Struct, frozen=True):
    """This machine's clocks, and chance that nobody can guess. Tests and simulations hand in their own."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    """Unix time in milliseconds."""
    monotonic_s: Callable[[], float] = time.monotonic
    """Seconds that only go forward, whatever the wall clock does."""
    chance: Callable[[int], bytes] = secrets.token_bytes

    def stamp(self, zone: ZoneInfo) -> Stamp:
        """Now, for a record of HQ's; its date is the calendar's in that zone."""
        now_ms = self.now_ms()
        return Stamp(now_ms, datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date().isoformat(), MODE)
