"""Slips in the till's book: each by its number, the movement that it tells of, and the steps of its printing."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ledger.ids import AccountId, RecordRef, agent_of
from ledger.journal_sqlite import Connection
from protocol.bodies import TransactionBody
from protocol.chain import Head
from protocol.hosting import ToldBody
from protocol.receipt_numbers import Numbering
from protocol.records import RecordKind, SignedRecord
from terminal.answers import Balance
from terminal.asking import Words
from terminal.made import Made, MadeAtHq
from terminal.slip_job import SlipJob, SlipState, SlipStep

# In the words of the index slips_that_wait, or SQLite would not use it and read every slip.
_WAITING = (
    "select slip_states.*, sequence from slip_states join slips using (number)"
    " where state not in ('printed', 'settled') and made_at_ms >= ?1"
    " union all select number, null, null, null, sequence from slips where made_at_ms >= ?1 and number < ?2"
    " and number > (select coalesce(max(number), 0) from slip_states where number < ?2)"
    " union all select number, null, null, null, sequence from slips where made_at_ms >= ?1 and number >= ?2"
    " and number > (select coalesce(max(number), 0) from slip_states where number >= ?2) order by sequence"
)

HOSTED_FROM = 1 << 40
"""Slips of the place at HQ are called as that one says, and have numbers from here on in this book."""
NUMBER_MAX = 1 << 62

_MADE = (
    "select number, records.content, signature, records.kind, slips.sequence, local_time, hq, fingerprint,"
    " slips.content, principal_after, bonus_after, points_after"
    " from slips join records using (keeper, epoch, sequence) left join hosted_slips using (number)"
)


class Slips:
    """The tables of slips. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection, numbering: Numbering) -> None:
        self._connection = connection
        self._numbering = numbering

    def next_number(self) -> int:
        """The receipt number after the last; they run on without a gap as they are given in the commit."""
        return self._last("slips", first=1, behind=HOSTED_FROM) + 1

    def name(self, number: int) -> str:
        """How slip `number` is called."""
        query = "select receipt_number from hosted_slips where number = ?"
        return self._connection.execute(query, (number,)).get or self._numbering.text(number)

    def number(self, name: str) -> int | None:
        """The opposite; None when nothing of that name was made here or for this till at HQ."""
        query = "select number from hosted_slips where receipt_number = ?"
        hosted = self._connection.execute(query, (name,)).get
        return self._numbering.number(name) if hosted is None else hosted

    def of_record(self, ref: RecordRef) -> int | None:
        """The number of the slip of a movement of our own, by its record."""
        query = "select number from slips where keeper = ? and epoch = ? and sequence = ? and number < ?"
        number = self._connection.execute(query, (ref.keeper, ref.epoch, ref.sequence, HOSTED_FROM)).get
        return None if number is None else int(number)

    def add_hosted(self, name: str, account: AccountId, words: Words, head: Head, left: Balance | None) -> int:
        """Store the slip of a movement at HQ of which the record at `head` tells, and what it `left`; its number."""
        number = self._last("slips", first=HOSTED_FROM, behind=NUMBER_MAX) + 1
        self.add(number, account, words, head)
        after = (None, None, None) if left is None else msgspec.structs.astuple(left)
        self._connection.execute("insert into hosted_slips values (?, ?, ?, ?, ?)", (name, number, *after))
        return number

    def add(self, number: int, account: AccountId, words: Words, head: Head) -> None:
        """Store the slip of the record at `head`; its job begins as run 1, created."""
        self._connection.execute(
            "insert into slips values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(
                    number,
                    account,
                    head.ref.keeper,
                    head.ref.epoch,
                    head.ref.sequence,
                    words.moment.now_ms,
                    words.moment.local,
                ),
                *(msgspec.json.encode(words.hq), words.fingerprint, words.kind, words.pos_ref, words.content),
            ),
        )

    def made(self, number: int) -> Made | None:
        """The movement that slip `number` tells of."""
        return next(self._made(f"{_MADE} where number = ?", number), None)

    def made_by(self, operation_id: str) -> Made | None:
        """The movement that was made under this identity."""
        row = self._connection.execute(
            "select content, signature from transactions join records using (keeper, epoch, sequence)"
            " where transactions.keeper = ? and operation_id = ?",
            (self._numbering.keeper, operation_id),
        ).get
        if row is None:
            return None
        record = SignedRecord(*row).open()
        if record.kind is not RecordKind.TRANSACTION:
            return None  # a transfer's own name, which no client can use
        number = self._numbering.number(record.body_as(TransactionBody).receipt_number)
        return None if number is None else self.made(number)

    def done_for(self, pos_ref: str, kind: str) -> Made | None:
        """The movement of this kind under a POS's number."""
        return next(self._made(f"{_MADE} where pos_ref = ? and slips.kind = ?", pos_ref, kind), None)

    def of_sale(self, pos_ref: str) -> list[Made]:
        """The movements under a POS's number."""
        return list(self._made(f"{_MADE} where pos_ref = ?", pos_ref))

    def last_of(self, account: AccountId, most: int) -> list[Made]:
        """The last movements of this account's value here, the latest first."""
        return list(self._made(f"{_MADE} where account = ? order by slips.sequence desc limit ?", account, most))

    def _made(self, query: str, *values: str | int) -> Iterator[Made]:
        for number, content, signature, kind, *beside, principal, bonus, points in self._connection.execute(
            query, values
        ):
            signed = SignedRecord(content, signature)
            if kind != RecordKind.TOLD:
                yield Made(number, signed, *beside)
                continue
            left = None if principal is None else Balance(principal, bonus, points)
            yield MadeAtHq(number, signed.open().body_as(ToldBody).told, *beside, left=left)

    def job(self, number: int) -> SlipJob | None:
        """Where the printing of slip `number` stands."""
        row = self._connection.execute(
            "select number, run, state, reasons from slips left join slip_states using (number) where number = ?",
            (number,),
        ).get
        return None if row is None else _job(*row)

    def waiting(self, made_since_ms: int = 0) -> list[SlipJob]:
        """The slips whose present run is neither printed nor settled, oldest first; at HQ none: its till prints."""
        if agent_of(self._numbering.keeper) is not None:
            return []
        return [_job(*row[:4]) for row in self._connection.execute(_WAITING, (made_since_ms, HOSTED_FROM))]

    def move(self, job: SlipJob, step: SlipStep, reasons: tuple[str, ...]) -> SlipJob | None:
        """Take a step; None when it makes no sense now, and nothing is written."""
        after = job.after(step, reasons)
        if after is not None:
            self._connection.execute(
                "insert into slip_steps values (?, ?, ?, ?)", (job.number, job.run, step, " ".join(reasons))
            )
            self._pass_over(after.number)
            self._connection.execute(
                "insert or replace into slip_states values (?, ?, ?, ?)",
                (after.number, after.run, after.state, " ".join(after.reasons)),
            )
        return after

    def _pass_over(self, number: int) -> None:
        """Write down that slips before this one are still as they were made, or they would be taken for printed."""
        begins = 1 if is_own(number) else HOSTED_FROM
        new = SlipJob(number)
        self._connection.execute(
            "insert into slip_states select number, ?, ?, '' from slips where number > ? and number < ?",
            (new.run, new.state, self._last("slip_states", first=begins, behind=number), number),
        )

    def _last(self, table: str, *, first: int, behind: int) -> int:
        """The last number from `first` on and before `behind`; first - 1 where there is none."""
        query = f"select max(number) from {table} where number >= ? and number < ?"  # noqa: S608 - our own names
        last = self._connection.execute(query, (first, behind)).get
        return first - 1 if last is None else int(last)


def is_own(number: int) -> bool:
    """Whether the movement was made here, and not for this till at HQ."""
    return number < HOSTED_FROM


def _job(number: int, run: int | None, state: str | None, reasons: str | None) -> SlipJob:
    """A slip of which there is no state is as it was made."""
    if run is None or state is None or reasons is None:
        return SlipJob(number)
    return SlipJob(number, run, SlipState(state), tuple(reasons.split()))
