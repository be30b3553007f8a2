"""What the till takes from the world: time and chance, handed in so that a whole chain can run on simulated ones."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from terminal.asking import Moment


class World(msgspec.Struct, frozen=True):
    """This machine's clocks, and names that cannot be guessed. Tests and simulations hand in their own."""

    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    """Unix time in milliseconds."""
    monotonic_s: Callable[[], float] = time.monotonic
    """Seconds that only go forward, whatever the wall clock does."""
    new_id: Callable[[], str] = lambda: secrets.token_urlsafe(12)
    chance: Callable[[], float] = secrets.SystemRandom().random
    """A number in [0, 1)."""
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def moment(self, zone: ZoneInfo) -> Moment:
        """Now, by both clocks, and as one on a wall in that zone shows it."""
        now_ms = self.now_ms()
        return Moment(now_ms, local_text(now_ms, zone), round(self.monotonic_s() * 1000))


def local_text(at_ms: int, zone: ZoneInfo) -> str:
    """A Unix time as RFC 3339 with that zone's offset."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).isoformat(timespec="seconds")
