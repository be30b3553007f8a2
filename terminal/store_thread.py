"""The store behind its one thread: every call waits its turn, and the event loop never waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from ledger.journal_sqlite import BookBroken, BookError, DiskFull, explain
from terminal.store import TillStore

P = ParamSpec("P")
T = TypeVar("T")

__all__ = ["BookBroken", "DiskFull", "StoreThread"]


class StoreThread:
    """Runs the store's methods one after another. `broken` is set when the disk failed: the program must end then."""

    def __init__(self, store: TillStore) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self.broken = asyncio.Event()

    async def do(self, method: Callable[Concatenate[TillStore, P], T], *arguments: P.args, **options: P.kwargs) -> T:
        """Call a method of TillStore: `await thread.do(TillStore.find, operation_id)`. Raises DiskFull, BookBroken."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, lambda: method(self._store, *arguments, **options))
        except BookError as error:
            fault = explain(error)
            if isinstance(fault, BookBroken):
                self.broken.set()
            raise fault from error

    def close(self) -> None:
        """Wait for the call that runs, if any, and close the book."""
        self._thread.submit(self._store.close).result()
        self._thread.shutdown()
