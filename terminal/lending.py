"""Lending: what a lead does for its store's other tills. It keeps copies of their chains, gives, and takes back."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import AccountId, ChainId, Place
from ledger.journal_sqlite import Connection, transaction
from loyalty.programme import Programme
from offline_queue.doubts import passed_in
from offline_queue.forwarding import cut
from offline_queue.intake import examine
from offline_queue.outbox import Copies, Outbox
from protocol.acknowledgements import VERSION, Acknowledgement
from protocol.bodies import Transfer, Why
from protocol.chain import Head
from protocol.conversation import BATCH_RECORDS_MAX, Draw, NotDrawn, Records, Wanted
from protocol.draws import Grounds, decide
from protocol.errors import NotARecord
from protocol.records import FIRST_PREVIOUS, SignedRecord
from protocol.rejections import Fault, Rejection
from protocol.signing import public_key
from protocol.transfers import given_in
from terminal.answers import BookState
from terminal.asking import Moment
from terminal.decisions import Shelf
from terminal.neighbours import Led
from terminal.passing import Passing
from terminal.transfers import Transfers


class Lending:
    """A lead's side of its store. Each method is one commit, on the disk when it returns."""

    def __init__(  # noqa: PLR0913, PLR0917 - put together by the store only
        self,
        connection: Connection,
        outbox: Outbox,
        programme: Programme,
        transfers: Transfers,
        passing: Passing,
        shelf: Shelf,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._programme = programme
        self._transfers = transfers
        self._passing = passing
        self._shelf = shelf

    def led(self) -> Led:
        """Who leads this store; it may be this very till."""
        with transaction(self._connection):
            return self._shelf.neighbours.led()

    def key_of(self, chain: ChainId) -> Ed25519PublicKey | None:
        """The key of a neighbour that copies its chain to here; None for everybody else.

        To the lead all do, to its witness the lead alone.
        """
        with transaction(self._connection):
            return self._key_of(chain)

    def take(self, batch: Records, moment: Moment) -> Fault | None:
        """Keep copies of the good part of a batch, and take what goes back to this place by it.

        What was drawn from a lead its witness takes from the line, where a sale may wait for it.
        """
        with transaction(self._connection):
            held = ChainId(batch.keeper, batch.epoch)
            key = self._key_of(held)
            if key is None:
                return Fault(Rejection.FENCED)
            if self._outbox.is_closed:
                return Fault(Rejection.GAP)  # until a witness of ours has answered: it comes again
            chain = Copies(self._connection, *held)
            examined = examine(batch, key, chain.head(), chain.hash_of)
            for signed in examined.fresh:
                chain.keep(signed)
                self._take_back(signed, moment)
            return examined.fault

    def acknowledgement(self, chain: ChainId, now_ms: int) -> Acknowledgement:
        """What is held here of a neighbour's chain and was given to it, to be signed."""
        with transaction(self._connection):
            head, last = Copies(self._connection, *chain).head(), self._last_gift(chain)
            return Acknowledgement(
                version=VERSION,
                hq_epoch=self._outbox.epoch,
                keeper=chain.keeper,
                epoch=chain.epoch,
                held=0 if head is None else head.ref.sequence,
                held_hash=FIRST_PREVIOUS if head is None else head.hash,
                posted=0,
                directive=0 if last is None else last.open().sequence,
                directive_hash=FIRST_PREVIOUS if last is None else last.hash,
                at_ms=now_ms,
            )

    def copies(self, wanted: Wanted) -> Records:
        """The next records of a neighbour's chain, as far as there are copies here and one batch holds."""
        with transaction(self._connection):
            chain = Copies(self._connection, wanted.keeper, wanted.epoch)
            return Records(wanted.keeper, wanted.epoch, cut(chain.records(wanted.after, BATCH_RECORDS_MAX)))

    def gifts(self, chain: ChainId, after: int, most: int) -> tuple[SignedRecord, ...]:
        """What was given to a neighbour, from this chain's record after + 1 on, in its order."""
        with transaction(self._connection):
            rows = self._connection.execute(
                "select sequence from lent where keeper = ? and epoch = ? and sequence > ? order by sequence limit ?",
                (*chain, after, most),
            )
            return tuple(self._record(sequence) for (sequence,) in rows)

    def draw(self, chain: ChainId, asked: Draw, now_ms: int) -> SignedRecord | NotDrawn:
        """Give a neighbour what it needs now, or say why not; the same again has the same answer once it has one."""
        with transaction(self._connection):
            query = "select sequence from lent where keeper = ? and epoch = ? and operation_id = ?"
            known = self._connection.execute(query, (*chain, asked.operation_id)).get
            if known is not None:
                return self._record(known)
            decision = decide(asked, self._grounds(chain, asked))
            if isinstance(decision, Transfer):
                return self._lend(chain, decision, now_ms)
            shares, at_ms = self._shelf.members.shares(asked.account) or ((), 0)
            return NotDrawn(asked.operation_id, decision, shares, at_ms)

    # In the transaction of one of these

    def _key_of(self, chain: ChainId) -> Ed25519PublicKey | None:
        neighbour = self._shelf.neighbours.find(chain)
        copies = self._is_lead() or (self._is_witness() and chain.keeper == self._lead_place())
        if neighbour is None or chain.keeper == self._outbox.keeper or not copies:
            return None
        return public_key(neighbour.public_key)

    def _is_lead(self) -> bool:
        """Whether this till leads its store, and may."""
        return self._lead_place() == self._outbox.keeper and self._may_take_part()

    def _is_witness(self) -> bool:
        """Whether the lead copies its chain to here."""
        witness = self._shelf.neighbours.led().witness
        return witness is not None and witness.place == self._outbox.keeper and self._may_take_part()

    def _lead_place(self) -> Place | None:
        lead = self._shelf.neighbours.led().lead
        return None if lead is None else lead.place

    def _may_take_part(self) -> bool:
        """A book that nobody has confirmed yet has its copies all the same: it may confirm another one."""
        return not self._shelf.hq.is_revoked() and self._shelf.trust.state is not BookState.BEHIND

    def _grounds(self, chain: ChainId, asked: Draw) -> Grounds:
        slices = self._shelf.journal.slices(AccountId(asked.account))
        return Grounds(
            self._programme.in_spending_order(slices, self._head().business_date, asked.asset),
            is_open=self._is_lead() and self._key_of(chain) is not None and not self._outbox.is_closed,
            is_blocked=self._shelf.negative_list.blocks(asked.card),
        )

    def _lend(self, chain: ChainId, given: Transfer, now_ms: int) -> SignedRecord:
        sequence = self._head().ref.sequence + 1
        self._transfers.give(*chain, given, now_ms)
        self._connection.execute("insert into lent values (?, ?, ?, ?)", (*chain, given.operation_id, sequence))
        return self._record(sequence)

    def _take_back(self, signed: SignedRecord, moment: Moment) -> None:
        try:
            record = signed.open()
            passed = passed_in(signed, record, ChainId(self._outbox.keeper, self._outbox.epoch))
            passage = given_in(record)
        except NotARecord:
            return  # HQ looks at it; here it is only a copy
        if passed is not None:
            self._passing.take(passed, moment)
        if passage is None or (passage.to, passage.to_epoch) != (self._outbox.keeper, self._outbox.epoch):
            return
        if self._is_lead() or passage.transfer.why is not Why.DRAW:
            self._transfers.take_from_neighbour(signed, moment.now_ms)

    def _last_gift(self, chain: ChainId) -> SignedRecord | None:
        last = self._connection.execute("select max(sequence) from lent where keeper = ? and epoch = ?", chain).get
        return None if last is None else self._record(last)

    def _record(self, sequence: int) -> SignedRecord:
        signed = self._outbox.record(sequence)
        assert signed is not None, "what was given stands in this chain"
        return signed

    def _head(self) -> Head:
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head
