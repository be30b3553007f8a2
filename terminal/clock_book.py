"""What the till's chain says of its clock: when it began to be doubted, and by whose word it is trusted again."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from ledger.journal_sqlite import Connection
from offline_queue.outbox import Outbox
from protocol.acknowledgements import Acknowledgement
from protocol.bodies import ClockBody
from protocol.chain import Head
from protocol.records import Record, RecordKind, SignedRecord
from terminal.asking import Moment
from terminal.clock_guard import ClockDoubt, Doubted, compare_with_hq, confirms, examine, off_calendar, start_of
from terminal.own_chain import OwnChain


class Word(StrEnum):
    """Whose word it is that the clock may be trusted again."""

    HQ = "hq"
    PERSON = "person"


class _Said(NamedTuple):
    record: Record
    doubted: Doubted | None


def _nobody() -> None:
    """Hears of nothing."""


class ClockBook:
    """The doubt is in the chain alone, so that it survives every start. Methods run in the caller's transaction."""

    def __init__(self, connection: Connection, outbox: Outbox, chain: OwnChain) -> None:
        self._connection = connection
        self._outbox = outbox
        self._chain = chain
        self._before: Moment | None = None
        self.told: Callable[[], None] = _nobody
        """Called when a doubt begins or ends, from the store's thread, before the commit."""

    def doubted(self) -> Doubted | None:
        """Why the clock is not believed; None: it is trusted. The last record on it says so."""
        last = self._last()
        return None if last is None else last.doubted

    def watch(self, now: Moment, *, is_start: bool = False) -> None:
        """Look at the clock before something is decided; a doubt that begins is recorded, once."""
        last, head = self._last(), self._chain.head()
        if self._outbox.is_closed or (last is not None and last.doubted is not None):
            return
        known_date = _known_date(last, head, now)
        doubted = examine(now, self._before, head.recorded_at_ms, known_date, is_start=is_start)
        if doubted is None:
            self._before = now
        else:
            self._write(ClockBody(doubted.doubt, None, doubted.wall_ms, doubted.other_ms), now)

    def hear(self, said: Acknowledgement, now: Moment) -> None:
        """HQ has said which time it is. What it said before the last record on the clock is of another clock."""
        last = self._last()
        if self._outbox.is_closed or said.held == 0 or (last is not None and said.held < last.record.sequence):
            return
        if last is not None and last.doubted is not None:
            if confirms(now, said.at_ms):
                self._trust(Word.HQ, said.at_ms, now)
            return
        doubted = compare_with_hq(now, self._recorded_at_ms(said.held), said.at_ms)
        if doubted is not None:
            self._write(ClockBody(doubted.doubt, None, doubted.wall_ms, doubted.other_ms), now)
        elif confirms(now, said.at_ms):
            self._before = now

    def hear_person(self, now: Moment) -> None:
        """Somebody has named the business date that is in force now: it ends a doubt of a date that agrees."""
        doubted, named = self.doubted(), self._chain.head().business_date
        if doubted is not None and doubted.doubt.is_of_date and off_calendar(now, named, is_start=True) is None:
            self._trust(Word.PERSON, start_of(named, now), now)

    def _trust(self, word: Word, other_ms: int, now: Moment) -> None:
        self._write(ClockBody(None, word, now.now_ms, other_ms), now)
        self._before = now

    def _write(self, body: ClockBody, now: Moment) -> None:
        self._chain.append(self._chain.head(), RecordKind.CLOCK, body, now)
        self.told()

    def _last(self) -> _Said | None:
        row = self._connection.execute(
            "select content, signature from records where keeper = ? and epoch = ? and kind = 'clock'"
            " order by sequence desc limit 1",
            (self._outbox.keeper, self._outbox.epoch),
        ).get
        if row is None:
            return None
        record = SignedRecord(*row).open()
        body = record.body_as(ClockBody)
        doubted = None if body.doubt is None else Doubted(ClockDoubt(body.doubt), body.wall_ms, body.other_ms)
        return _Said(record, doubted)

    def _recorded_at_ms(self, sequence: int) -> int:
        signed = self._outbox.record(sequence)
        assert signed is not None, "HQ holds what lies here, or is not believed"
        return signed.open().recorded_at_ms


def _known_date(last: _Said | None, head: Head, now: Moment) -> str:
    """The business date, until somebody's word on this very business day has shown where on the calendar that is."""
    if last is None or last.record.business_date != head.business_date:
        return head.business_date
    return now.local_text(last.record.recorded_at_ms)[:10]
