"""Made: a movement as the till's book has it, its record and what its answer and slip say beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import msgspec

from checkout.slip_facts import SlipFacts
from protocol.bodies import TransactionBody
from protocol.chain import Head, head_of
from protocol.check_code import check_code
from protocol.records import Record, SignedRecord
from terminal.answering import answer_done
from terminal.answers import Answer, Balance, HqStatus


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


@dataclass(frozen=True)
class Made:
    """A movement, of which record `sequence` of this book's chain tells.

    `local_time` and `hq` are the store's clock and HQ's standing as they were when it was decided.

    `fingerprint` and `content` say what was asked for it (terminal.asking); `content` only where a POS has numbered it.
    """

    number: int
    signed: SignedRecord
    sequence: int
    local_time: str
    hq: bytes
    fingerprint: bytes
    content: bytes | None

    @cached_property
    def record(self) -> Record:
        """Its line of the chain."""
        return self.signed.open()

    @cached_property
    def body(self) -> TransactionBody:
        """What the line says."""
        return self.record.body_as(TransactionBody)

    @property
    def head(self) -> Head:
        """The head that its record was."""
        return head_of(self.record, self.signed)

    def answer(self) -> Answer:
        """The answer that was given, whoever asks again."""
        return answer_done(self.body, self.head, self.local_time)

    def slip(self) -> StoredSlip:
        """What its slip says."""
        head, hq = self.head, msgspec.json.decode(self.hq, type=HqStatus)
        code, told = check_code(head.hash), (head.business_date, self.local_time, head.mode, hq)
        return StoredSlip(self.body.slip, self.body.receipt_number, str(head.ref), code, *told)


@dataclass(frozen=True, kw_only=True)
class MadeAtHq(Made):
    """A movement at this till's place at HQ, of whose record one of this book's chain tells.

    `left` is what it left within this till's reach, as far as HQ had said what lies where.
    """

    left: Balance | None

    def answer(self) -> Answer:
        """The answer that was given, whoever asks again: what that place had left says nothing to anybody here."""
        return msgspec.structs.replace(super().answer(), balance=self.left)
