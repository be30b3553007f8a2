"""The marker beside HQ's book: whether the book is the latest, and the head of HQ's chain, noted after each commit."""

from __future__ import annotations

from hq_server.recovery import Cause
from hq_server.storage.own_chain import OwnChain
from ledger.ids import HEADQUARTERS, RecordRef
from offline_queue.marker_file import Mark, Marker


class Marking:
    """`marker` None: nobody watches, and the book is believed to be the latest."""

    def __init__(self, own: OwnChain, marker: Marker | None) -> None:
        self._own = own
        self._marker = marker
        self._marked = 0, 0

    def close(self) -> None:
        """Give free what the marker is kept in."""
        if self._marker is not None:
            self._marker.close()

    def read(self) -> Mark | None:
        """The last mark; None when there is none."""
        return None if self._marker is None else self._marker.read()

    def mark(self) -> None:
        """Note the head of HQ's chain, if it may be another one."""
        if self._marker is None or (self._own.epoch, self._own.appends) == self._marked:
            return
        head = self._own.head()
        if head is not None:  # what was added may have been rolled back
            self._marker.write(Mark(HEADQUARTERS, self._own.epoch, head.ref.sequence, head.hash))
        self._marked = self._own.epoch, self._own.appends

    def forget(self) -> None:
        """Another epoch was not begun after all: what was marked in it is no mark."""
        self._marked = 0, 0

    @property
    def is_kept(self) -> bool:
        """Whether the marker, where there is one, names the head of HQ's chain."""
        mark, head = self.read(), self._own.head()
        return self._marker is None or (mark is not None and head is not None and mark.hash == head.hash)

    def doubt(self, mark: Mark | None) -> Cause | None:
        """Why this book may not be the latest, by its mark."""
        if self._marker is None:
            return None
        if mark is None:
            return Cause.NO_MARKER
        return None if self._knows(mark) else Cause.MARKER

    def _knows(self, mark: Mark) -> bool:
        signed = self._own.record(RecordRef(mark.keeper, mark.epoch, mark.sequence))
        return mark.keeper == HEADQUARTERS and signed is not None and signed.hash == mark.hash
