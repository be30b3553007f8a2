"""Slips in the till's book: what each says, and the steps of its printing."""

from __future__ import annotations

import msgspec

from checkout.slip_facts import SlipFacts
from ledger.journal_sqlite import Connection
from protocol.chain import Head
from protocol.check_code import check_code
from terminal.answers import HqStatus
from terminal.asking import Asked
from terminal.slip_job import SlipJob, SlipState, SlipStep

WAITING = tuple(state for state in SlipState if state not in (SlipState.PRINTED, SlipState.SETTLED))


class StoredSlip(msgspec.Struct, frozen=True):
    """All that a slip says, as it stood when the movement was committed: a copy says the same."""

    facts: SlipFacts
    receipt_number: str
    record: str
    check_code: str
    business_date: str
    local_time: str
    mode: str
    hq: HqStatus


class Slips:
    """The tables of slips. Every method runs inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self) -> int:
        """The receipt number after the last; they run on without a gap as they are given in the commit."""
        last = self._connection.execute("select max(number) from slips").get
        return 1 if last is None else last + 1

    def add(self, number: int, made_at_ms: int, slip: StoredSlip) -> None:
        """Store a slip and its job, run 1, created."""
        self._connection.execute("insert into slips values (?, ?, ?)", (number, made_at_ms, msgspec.json.encode(slip)))
        self._set(SlipJob(number))

    def read(self, number: int) -> StoredSlip | None:
        """What slip `number` says."""
        row = self._connection.execute("select slip from slips where number = ?", (number,)).get
        return None if row is None else msgspec.json.decode(row, type=StoredSlip)

    def job(self, number: int) -> SlipJob | None:
        """Where the printing of slip `number` stands."""
        row = self._connection.execute("select * from slip_states where number = ?", (number,)).get
        return None if row is None else _job(*row)

    def waiting(self, made_since_ms: int = 0) -> list[SlipJob]:
        """The slips whose present run is neither printed nor settled, oldest first."""
        marks = ", ".join("?" * len(WAITING))
        rows = self._connection.execute(
            f"select slip_states.* from slip_states join slips using (number) where state in ({marks})"  # noqa: S608 - marks are question marks
            " and made_at_ms >= ? order by number",
            (*WAITING, made_since_ms),
        )
        return [_job(*row) for row in rows]

    def move(self, job: SlipJob, step: SlipStep, reasons: tuple[str, ...]) -> SlipJob | None:
        """Take a step; None when it makes no sense now, and nothing is written."""
        after = job.after(step, reasons)
        if after is not None:
            self._connection.execute(
                "insert into slip_steps values (?, ?, ?, ?)", (job.number, job.run, step, " ".join(reasons))
            )
            self._set(after)
        return after

    def _set(self, job: SlipJob) -> None:
        self._connection.execute(
            "insert or replace into slip_states values (?, ?, ?, ?)",
            (job.number, job.run, job.state, " ".join(job.reasons)),
        )


def stored_slip(asked: Asked, facts: SlipFacts, receipt_number: str, head: Head) -> StoredSlip:
    """What the slip of the record at `head` says."""
    code = check_code(head.hash)
    local_time, hq = asked.moment.local, asked.hq
    return StoredSlip(facts, receipt_number, str(head.ref), code, head.business_date, local_time, head.mode, hq)


def _job(number: int, run: int, state: str, reasons: str) -> SlipJob:
    return SlipJob(number, run, SlipState(state), tuple(reasons.split()))
