"""Who wants to hear that something about a chain, a store or a member has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from ledger.ids import AccountId, ChainId


@dataclass(frozen=True, slots=True)
class OfStore:
    """What concerns all tills of a store: its members' directory."""

    store: str


@dataclass(frozen=True, slots=True)
class OfAccount:
    """What is posted of one member."""

    account: AccountId


Topic: TypeAlias = ChainId | OfStore | OfAccount


class News:
    """Says that there is news, not what: whoever hears it looks for itself, and any number of news is one look."""

    def __init__(self) -> None:
        # In the order in which they came: two runs of the same tell them alike.
        self._listeners: dict[Topic, dict[asyncio.Event, None]] = {}

    @contextmanager
    def about(self, topic: Topic) -> Iterator[asyncio.Event]:
        """An event that is set at each news of this topic."""
        event = asyncio.Event()
        listeners = self._listeners.setdefault(topic, {})
        listeners[event] = None
        try:
            yield event
        finally:
            del listeners[event]
            if not listeners:
                self._listeners.pop(topic, None)

    def is_heard(self, topic: Topic) -> bool:
        """Whether anybody listens; to a chain, that is its keeper's line while it is up."""
        return topic in self._listeners

    def accounts(self) -> frozenset[AccountId]:
        """The members of whom somebody waits to hear."""
        return frozenset(topic.account for topic in self._listeners if isinstance(topic, OfAccount))

    def tell(self, topic: Topic) -> None:
        """There is news of this topic."""
        for event in self._listeners.get(topic, ()):
            event.set()

    def tell_store(self, store: str) -> None:
        """There is news of this store's members."""
        self.tell(OfStore(store))
