"""Who wants to hear that something about a chain has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ledger.ids import Place


class ChainId(NamedTuple):
    """One keeper's chain in one of its epochs."""

    keeper: Place
    epoch: int


class News:
    """Says that there is news, not what: whoever hears it looks for itself, and any number of news is one look."""

    def __init__(self) -> None:
        self._listeners: dict[ChainId, set[asyncio.Event]] = {}

    @contextmanager
    def about(self, chain: ChainId) -> Iterator[asyncio.Event]:
        """An event that is set at each news of this chain."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(chain, set())
        listeners.add(event)
        try:
            yield event
        finally:
            listeners.discard(event)
            if not listeners:
                self._listeners.pop(chain, None)

    def tell(self, chain: ChainId) -> None:
        """There is news of this chain."""
        for event in self._listeners.get(chain, ()):
            event.set()
