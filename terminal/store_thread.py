"""The till's store behind its one thread."""

from __future__ import annotations

from typing import TypeAlias

from offline_queue.book_thread import BookBroken, BookThread, DiskFull
from terminal.store import TillStore

__all__ = ["BookBroken", "DiskFull", "StoreThread"]

StoreThread: TypeAlias = BookThread[TillStore]
