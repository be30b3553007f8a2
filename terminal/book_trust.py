"""Whether this till's book is the latest of its chain that there is, by what a marker and witnesses have said of it.

    start ──marker agrees, or the book is new──▶ sure ◀──a witness answers── unconfirmed ◀──there is no marker── start
                                                  │                              │
                                                  └─────── a witness, or at the start the marker, ────────┘
                                                           knows of a record that is not here ──▶ behind

A book that is behind was restored from a copy: what its last records spent is here once more. Its chain goes on
elsewhere, so nothing is added to it here. DESIGN §3 has the figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.ids import Place
from ledger.journal_sqlite import BookUnusable
from offline_queue.marker_file import Mark, Marker
from offline_queue.outbox import Outbox
from protocol.acknowledgements import Acknowledgement
from terminal.answers import BookState, Problem

_PROBLEMS = {BookState.UNCONFIRMED: Problem.BOOK_UNCONFIRMED, BookState.BEHIND: Problem.BOOK_BEHIND}


def _nobody() -> None:
    """Hears of nothing."""


class BookTrust:
    """The state, for one run of the program. While it is not sure, the chain is closed: nothing can be added to it."""

    def __init__(self, outbox: Outbox, marker: Marker | None) -> None:
        """`marker` None: nobody watches, and a start is believed."""
        self._outbox = outbox
        self._marker = marker
        self._marked: int | None = 0
        """How much had been appended when the marker was last written; None: it may lag behind."""
        self.state = BookState.SURE
        self.has_witnesses = True
        """Whether there is anybody who could answer: a till that is not enrolled would wait in vain."""
        self.by: Place | None = None
        """Who knows better; None: the marker."""
        self.told: Callable[[], None] = _nobody
        """Called when the state changes, from the store's thread."""

    def begin(self) -> None:
        """Compare with the marker, before anything is written. Raises BookUnusable. Runs in a transaction."""
        if self._marker is None:
            return
        mark, head = self._marker.read(), self._outbox.head()
        if mark is not None and (mark.keeper, mark.epoch) != (self._outbox.keeper, self._outbox.epoch):
            mark = None  # of the machine that this one has replaced
        if head is None and mark is not None:
            raise BookUnusable(
                f"This till has written {mark.sequence} records, and its book is empty: till.db was lost or moved. "
                "Nothing was sold with the empty one. Put that very file back, no copy of it; if it is gone: "
                "counterfoil-till set-aside, then enrol the till anew."
            )
        if mark is not None:
            agrees = self._outbox.hash_of(mark.sequence) == mark.hash
            self._change(BookState.SURE if agrees else BookState.BEHIND)
            self._marked = None  # a power cut may have left an earlier one
        elif head is not None and self.has_witnesses:
            self._change(BookState.UNCONFIRMED)

    def confirm(self) -> bool:
        """A witness has answered, and knows of no record that is not here; whether that was waited for."""
        if self.state is not BookState.UNCONFIRMED:
            return False
        self._change(BookState.SURE)
        return True

    @contextmanager
    def as_committed(self) -> Iterator[None]:
        """Around the commit in which a witness is heard: what it has confirmed is so if that comes to something."""
        before = self.state
        try:
            yield
        except BaseException:
            if self.state is BookState.SURE:
                self._change(before)
            raise

    def lose(self, said: Acknowledgement, by: Place) -> None:
        """A witness has signed that it holds a record which is not here. The marker knows from now on, too."""
        if self.state is not BookState.BEHIND:
            if self._marker is not None:
                self._marker.write(Mark(said.keeper, said.epoch, said.held, said.held_hash))
            self.by = by
            self._change(BookState.BEHIND)

    @property
    def problem(self) -> Problem | None:
        """Why nothing can be decided here; None while the book is surely the latest."""
        return _PROBLEMS.get(self.state)

    def mark(self) -> None:
        """Note the head, if it may be another one; after each commit, before anybody hears of it."""
        appends = self._outbox.appends
        if self._marker is None or appends == self._marked or self.state is not BookState.SURE:
            return
        head = self._outbox.head()
        if head is not None:  # what was added may have been rolled back
            self._marker.write(Mark(self._outbox.keeper, self._outbox.epoch, head.ref.sequence, head.hash))
        self._marked = appends

    def close(self) -> None:
        """Give the marker free."""
        if self._marker is not None:
            self._marker.close()

    def _change(self, state: BookState) -> None:
        if state is not self.state:
            self.state = state
            self._outbox.is_closed = state is not BookState.SURE
            self.told()
