"""How a book is opened: begun, or gone on with where it was left, once it is surely the latest of its chain."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ids import Place
from ledger.journal_sqlite import BookUnusable, Connection
from offline_queue.doubts import Doubt
from offline_queue.outbox import Outbox, Stamp, first_record
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import Opened
from protocol.records import RecordKind
from terminal.asking import Identity, Moment
from terminal.book_trust import BookTrust
from terminal.clock_book import ClockBook
from terminal.hq_memory import HqMemory

Interrupted = Callable[[Moment], None]
"""Records of each slip that was being printed when the program ended that it is not known to have come out."""


class Opening:
    """Every method runs inside the caller's transaction."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that a start looks at
        self,
        connection: Connection,
        identity: Identity,
        outbox: Outbox,
        trust: BookTrust,
        clock: ClockBook,
        hq: HqMemory,
        interrupted: Interrupted,
    ) -> None:
        self._connection = connection
        self._identity = identity
        self._outbox = outbox
        self._trust = trust
        self._clock = clock
        self._hq = hq
        self._interrupted = interrupted

    def begin(self, moment: Moment, mode: str) -> None:
        """Open a new book on today's business date, or go on in the one that is there. Raises BookUnusable.

        One that is not surely the latest is left as it is until a witness has answered.
        """
        self._check_owner()
        self._trust.begin()
        if self._outbox.head() is None:
            who = self._identity
            stamp = Stamp(moment.now_ms, moment.local_date, mode)
            self._outbox.append(None, RecordKind.OPENED, Opened(who.place, who.public_key, who.software), stamp)
        if not self._outbox.is_closed:
            self._go_on(moment)

    def hear_witness(self, said: Acknowledgement, by: Place, doubt: Doubt | None, moment: Moment) -> None:
        """Whoever holds copies of this chain has said how far; `doubt`: what is wrong with that."""
        if doubt in (Doubt.AHEAD, Doubt.OTHER_CHAIN):
            self._trust.lose(said, by)
        elif doubt is None and self._trust.confirm():
            self._go_on(moment)

    def _go_on(self, moment: Moment) -> None:
        """Look at the clock, and record what the last run left unknown when it was cut off."""
        self._clock.watch(moment, is_start=True)
        known = self._hq.acknowledgement()
        if known is not None:
            self._clock.hear(open_acknowledgement(known), moment)
        self._interrupted(moment)

    def _check_owner(self) -> None:
        """A book opened by another till or key is not ours: a second chain in it would share its receipt numbers."""
        first = first_record(self._connection)
        if first is None:
            return
        opened = first.body_as(Opened)
        if opened.place != self._identity.place:
            raise BookUnusable(f"This book is that of till {opened.place}. Check `store` and `till` in the settings.")
        if opened.public_key != self._identity.public_key:
            raise BookUnusable("The till's key is not the one that opened this book. Restore the file till.key.")
