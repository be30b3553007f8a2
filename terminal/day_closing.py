"""Closing the store's day: its business date moves on, and the record says what lay here then."""

from __future__ import annotations

from datetime import date, timedelta

from ledger.digest import digest
from ledger.journal_sqlite import SqliteJournal
from offline_queue.outbox import Outbox
from protocol.bodies import DayClosedBody
from protocol.records import RecordKind
from terminal.answers import DayClose, Problem
from terminal.asking import Moment
from terminal.clock_book import ClockBook
from terminal.own_chain import OwnChain

CLOSED_DAYS_MAX = 366
"""How far a person may move the business date: a season's closure is less, a slip of the finger in the year is more."""


class DayClosing:
    """Every method runs inside the caller's transaction."""

    def __init__(self, outbox: Outbox, journal: SqliteJournal, clock: ClockBook, chain: OwnChain) -> None:
        self._outbox = outbox
        self._journal = journal
        self._clock = clock
        self._chain = chain

    def close(self, moment: Moment, business_date: str | None, named: str | None) -> DayClose | Problem:
        """Move the business date on: to today, or to the day after the one that closes.

        `business_date` names the day that is to close, so that a repeat closes no second one; None closes the open one.
        While the clock is doubted a person says which day opens, `named`, and it is done by that word.
        """
        self._clock.watch(moment)
        head = self._chain.head()
        if business_date not in (None, head.business_date):
            return self._closed(business_date) or Problem.DAY_NOT_OPEN
        opens = self._opens(head.business_date, moment, named)
        if isinstance(opens, Problem):
            return opens
        closed = self._close(opens, moment)
        if named is not None:
            self._clock.hear_person(moment)
        return closed

    def follow(self, business_date: str, moment: Moment) -> bool:
        """Move it to another one's, whose day this is, too; whether it was moved. It may have rested for years."""
        ours = self._chain.head().business_date
        last = self._next(max(ours, moment.local_date))[1]
        if not ours < business_date <= last or not _is_day(business_date):
            return False
        self._close(business_date, moment)
        return True

    def _close(self, opens: str, moment: Moment) -> DayClose:
        head, place = self._chain.head(), self._journal.everything()
        body = DayClosedBody(head.business_date, opens, digest(place), len(place), sum(place.values()))
        new = self._chain.append(head, RecordKind.DAY_CLOSED, body, moment, opens)
        return DayClose(body.closed, opens, str(new.ref))

    def _opens(self, closes: str, moment: Moment, named: str | None) -> str | Problem:
        """The business date after `closes`: the calendar's, or where the clock is doubted the one that was named."""
        first, last = self._next(closes)
        if self._clock.doubted() is None:
            opens = max(first, moment.local_date)
            return opens if named in (None, opens) else Problem.DATE_NOT_POSSIBLE
        if named is None:
            return Problem.CLOCK_DOUBTED
        return named if first <= named <= last else Problem.DATE_NOT_POSSIBLE

    def _next(self, closes: str) -> tuple[str, str]:
        """The first and the last date that may come after this one."""
        day = date.fromisoformat(closes)
        return (day + timedelta(1)).isoformat(), (day + timedelta(CLOSED_DAYS_MAX)).isoformat()

    def _closed(self, business_date: str | None) -> DayClose | None:
        """The last closing, if it was of that day."""
        last = self._outbox.last_of(RecordKind.DAY_CLOSED)
        if last is None:
            return None
        body = last.body_as(DayClosedBody)
        return DayClose(body.closed, body.opens, str(last.ref)) if body.closed == business_date else None


def _is_day(text: str) -> bool:
    """Whether this is a date, in the one form that dates have here."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
