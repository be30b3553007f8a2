"""What happens at the till, numbered, for pages that watch it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec

KEPT_MAX = 500
"""A page that was away for longer asks for the status anew."""
BEHIND_MAX = 100
"""A watcher that is further behind is cut off; it comes back and catches up."""


class Event(NamedTuple):
    """One thing that happened. `reset` stands for what is no longer known."""

    id: int
    name: str
    data: msgspec.Struct | dict[str, object]


class EventLog:
    """The last events, and those who watch."""

    def __init__(self) -> None:
        self._kept: deque[Event] = deque(maxlen=KEPT_MAX)
        self._watchers: set[asyncio.Queue[Event | None]] = set()
        self._last = 0

    def say(self, name: str, data: msgspec.Struct | dict[str, object]) -> None:
        """Tell everybody who watches."""
        self._last += 1
        event = Event(self._last, name, data)
        self._kept.append(event)
        for queue in list(self._watchers):
            behind = queue.qsize() >= BEHIND_MAX
            queue.put_nowait(None if behind else event)
            if behind:
                self._watchers.discard(queue)

    async def subscribe(self, after: int | None = None) -> AsyncIterator[Event]:
        """Every event after number `after` (None: from now on). Ends at close(), or when a watcher falls far behind."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue(BEHIND_MAX + 1)  # and the word that it is the end
        missed = self._missed(after)
        self._watchers.add(queue)
        try:
            for event in missed:
                yield event
            while (happened := await queue.get()) is not None:
                yield happened
        finally:
            self._watchers.discard(queue)

    def close(self) -> None:
        """End every subscription."""
        for queue in self._watchers:
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
        self._watchers.clear()

    def _missed(self, after: int | None) -> list[Event]:
        if after is None or after == self._last:
            return []
        oldest = self._kept[0].id if self._kept else self._last + 1
        if not oldest - 1 <= after <= self._last:
            return [Event(self._last, "reset", {})]
        return [event for event in self._kept if event.id > after]
