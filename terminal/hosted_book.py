"""A hosted store's till in its own book: what it has asked its place at HQ for, and what it heard came of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from ledger.ids import HEADQUARTERS, AccountId, OperationId, hosted_place
from ledger.journal_sqlite import Connection, transaction
from offline_queue.outbox import Outbox
from protocol.bodies import DeclinedBody, PrintBody, TransactionBody
from protocol.chain import head_of
from protocol.errors import NotARecord
from protocol.hosting import AskedBody, ToldBody
from protocol.records import Record, RecordKind, SignedRecord
from terminal.answering import answer_told, balance_of
from terminal.answers import Answer, Balance, HqStatus, Problem
from terminal.asking import Asked, Moment, Words
from terminal.decisions import Shelf
from terminal.hosted_words import body_of
from terminal.own_chain import OwnChain
from terminal.slip_job import SlipJob, SlipStep

Known = Callable[[Asked], Answer | Problem | None]
"""What there is to say to a request without deciding anything."""


class Open(NamedTuple):
    """An ask of which nobody here knows what came of it."""

    operation_id: str
    signed: SignedRecord


class HostedBook:
    """Each method is one commit, on the disk when it returns."""

    def __init__(self, connection: Connection, outbox: Outbox, chain: OwnChain, shelf: Shelf, known: Known) -> None:
        self._connection = connection
        self._outbox = outbox
        self._chain = chain
        self._shelf = shelf
        self._known = known
        self._place = hosted_place(outbox.keeper)

    def known(self, asked: Asked) -> Answer | Problem | None:
        """What there is to say without asking."""
        with transaction(self._connection):
            return self._known(asked)

    def ask(self, asked: Asked) -> SignedRecord | Answer | Problem:
        """Sign and store what is to be asked, before anybody is; or what there is to say without asking."""
        with transaction(self._connection):
            self._shelf.clock.watch(asked.moment)
            known = self._known(asked)
            if known is not None:
                return known
            head = self._chain.append(
                self._chain.head(), RecordKind.ASKED, body_of(asked.request, asked.use_case), asked.moment
            )
            words, sequence = asked.words, head.ref.sequence
            row = (words.operation_id, words.kind, words.pos_ref, words.fingerprint, asked.content, sequence, None)
            self._connection.execute("insert into asks values (?, ?, ?, ?, ?, ?, ?)", row)
            return self._record(sequence)

    def tell(self, operation_id: str, told: SignedRecord, moment: Moment, hq: HqStatus) -> Answer | None:
        """Keep what came of an ask, with its slip and answer, once. None: it is nothing that this book can keep."""
        with transaction(self._connection):
            query = "select kind, pos_ref, fingerprint, content, sequence, told from asks where operation_id = ?"
            row = self._connection.execute(query, (operation_id,)).get
            if row is None or self._outbox.is_closed:
                return None
            kind, pos_ref, fingerprint, content, sequence, told_in = row
            if told_in is not None:
                return self._again(operation_id)
            named = (OperationId(operation_id), kind, pos_ref, fingerprint, content if pos_ref else None)
            asked = self._record(sequence).open().body_as(AskedBody)
            try:
                return self._keep(Words(*named, moment, hq), asked, told)
            except NotARecord:
                return None

    def _again(self, operation_id: str) -> Answer | None:
        known = self._shelf.operations.find(operation_id)
        return None if known is None else msgspec.structs.replace(known, replayed=True)

    def open(self) -> list[Open]:
        """The asks of which nobody here knows what came of them, the oldest first."""
        query = "select operation_id, sequence from asks where told is null order by sequence"
        return [Open(name, self._record(sequence)) for name, sequence in self._connection.execute(query)]

    def prefix(self) -> str | None:
        """What stands before the last hyphen of the slips of the place at HQ; None: no such slip is known here."""
        last = self._connection.execute("select receipt_number from hosted_slips order by number desc limit 1").get
        return None if last is None else str(last).rpartition("-")[0]

    def _keep(self, words: Words, asked: AskedBody, told: SignedRecord) -> Answer | None:
        record = told.open()
        body = _outcome(record)
        if record.keeper != self._place or body is None or not _is_about(body, words):
            return None
        head = self._chain.append(self._chain.head(), RecordKind.TOLD, ToldBody(words.operation_id, told), words.moment)
        row = (head.ref.sequence, words.operation_id)
        self._connection.execute("update asks set told = ? where operation_id = ?", row)
        if isinstance(body, DeclinedBody):
            said, left = head_of(record, told), self._left(asked.account)
            answer = answer_told(body, said, words.moment.local, card=asked.masked, balance=left)
            self._shelf.operations.keep(words, answer)
            return answer
        slips = self._shelf.slips
        number = slips.number(body.receipt_number)
        if number is None:
            self._shelf.members.moved(body.account, body.legs, self._place, (record.epoch, record.sequence))
            left = self._left(body.account)
            number = slips.add_hosted(body.receipt_number, AccountId(body.account), words, head, left)
            if body.undone is not None:
                self._shelf.originals.undone(body.undone.original, head.ref)
            if body.operation_id != words.operation_id:
                self._was_printed(SlipJob(number), words.moment)
        self._shelf.operations.point_to(words, number)
        return self._shelf.operations.find(words.operation_id)

    def _left(self, account: str) -> Balance | None:
        """What lies at HQ, as that last said, and here. None: it never said anything of this account."""
        known = self._shelf.members.shares(account)
        if known is None:
            return None
        here = balance_of(self._shelf.journal.slices(AccountId(account)))
        lying = [here, *(one for one in known[0] if one.place in (HEADQUARTERS, self._place))]
        return Balance(*(sum(getattr(one, purse) for one in lying) for purse in Balance.__struct_fields__))

    def _was_printed(self, job: SlipJob, moment: Moment) -> None:
        """It was done for a till that this one has replaced, which may have printed it: somebody is asked."""
        for step, reasons in ((SlipStep.STARTED, ()), (SlipStep.UNKNOWN, ("earlier_till",))):
            after = self._shelf.slips.move(job, step, reasons)
            assert after is not None, "it has just been made"
            job, body = after, PrintBody(self._shelf.slips.name(job.number), job.run, step, reasons)
            self._chain.append(self._chain.head(), RecordKind.PRINT, body, moment)

    def _record(self, sequence: int) -> SignedRecord:
        signed = self._outbox.record(sequence)
        assert signed is not None, "what the book names is in the chain"
        return signed


def _outcome(record: Record) -> TransactionBody | DeclinedBody | None:
    """Raises NotARecord."""
    match record.kind:
        case RecordKind.TRANSACTION:
            return record.body_as(TransactionBody)
        case RecordKind.DECLINED:
            return record.body_as(DeclinedBody)
        case _:
            return None


def _is_about(body: TransactionBody | DeclinedBody, words: Words) -> bool:
    """Whether it is what came of this; under a POS's own number it may be what came of an earlier try."""
    is_same = body.operation_id == words.operation_id
    if isinstance(body, TransactionBody) and words.pos_ref is not None:
        is_same = is_same or body.slip.pos_ref == words.pos_ref
    return is_same and body.kind == words.kind
