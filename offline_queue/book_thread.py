"""A store behind its one thread: every call waits its turn, and the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar

from ledger.journal_sqlite import BookBroken, BookError, DiskFull, explain

__all__ = ["BookBroken", "BookThread", "DiskFull"]


class Store(Protocol):
    """What keeps a book on the disk."""

    def close(self) -> None:
        """Give the file free."""


S = TypeVar("S", bound=Store)
P = ParamSpec("P")
T = TypeVar("T")


def _nothing() -> None:
    """Nothing is to be done."""


class BookThread(Generic[S]):
    """Runs a store's methods one after another. `broken` is set when the disk failed: the program must end then.

    `after_each` is called behind every method, before anybody hears what it gave.
    """

    def __init__(self, store: S, after_each: Callable[[], None] = _nothing) -> None:
        self._store = store
        self._after_each = after_each
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self.broken = asyncio.Event()

    async def do(self, method: Callable[Concatenate[S, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a method of the store: `await thread.do(TillStore.find, operation_id)`. Raises DiskFull, BookBroken.

        Whoever is cancelled meanwhile does not learn what became of it; a call that had begun is done all the same.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: self._call(loop, method, *arguments, **options))

    def close(self) -> None:
        """Wait for the calls that are under way, and close the book."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()

    def _call(
        self,
        loop: asyncio.AbstractEventLoop,
        method: Callable[Concatenate[S, P], T],
        *arguments: P.args,
        **options: P.kwargs,
    ) -> T:
        try:
            outcome = method(self._store, *arguments, **options)
            self._after_each()
        except BookError as error:
            fault = explain(error)
            if isinstance(fault, BookBroken):
                # From here, as whoever asked may have gone: the disk has failed all the same.
                loop.call_soon_threadsafe(self.broken.set)
            raise fault from error
        return outcome
