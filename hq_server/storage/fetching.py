"""Fetching: a till asks for the right to undo a sale, and gets it once. Runs in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from checkout.requests import Original
from hq_server.rights import may_move
from hq_server.storage.carried_out import carried_out
from hq_server.storage.keepers import Keepers
from hq_server.storage.recovering import Recovering
from hq_server.storage.rights import AT_HQ, Rights
from hq_server.views import Stands
from ledger.ids import HEADQUARTERS, AccountId, ChainId, Place, RecordRef
from ledger.journal_sqlite import Connection
from offline_queue.outbox import Stamp
from protocol.bodies import Directive
from protocol.conversation import Fetch, NoDraw, NotDrawn
from protocol.receipt_numbers import numbering_of
from protocol.records import SignedRecord
from protocol.rights import Entrust, GiveRight


@dataclass(frozen=True, slots=True)
class RightElsewhere:
    """The right to undo `sale`, of this member's, is with `holder`. `no` is the answer if that one does not give it."""

    no: NotDrawn
    holder: ChainId
    sale: RecordRef
    account: AccountId


@dataclass(frozen=True, slots=True)
class Unreported:
    """HQ has no sale with this slip. `maker`, whose slip it would be, may yet report it, unless it is on line."""

    asked: Fetch
    maker: ChainId
    at_ms: int

    def no(self, *, is_on_line: bool) -> NotDrawn:
        """What its asker is told."""
        code = NoDraw.UNKNOWN if is_on_line else NoDraw.NOT_REACHED
        return NotDrawn(self.asked.operation_id, code, (), self.at_ms)


Fetched: TypeAlias = SignedRecord | NotDrawn | RightElsewhere | Unreported
"""What became of a fetch: the directive that entrusts, or why not."""


class Fetching:
    """Entrusts rights that lie at HQ, and calls the others home."""

    def __init__(self, connection: Connection, keepers: Keepers, rights: Rights, recovering: Recovering) -> None:
        self._connection = connection
        self._keepers = keepers
        self._rights = rights
        self._recovering = recovering

    def fetch(self, chain: ChainId, asked: Fetch, stamp: Stamp) -> Fetched:
        """Entrust a keeper with what it has asked for, or say why not. The same again has the same answer."""
        if self._recovering.is_on:
            return _no(asked, NoDraw.RECOVERING, stamp)
        answered = self._answered(chain, asked)
        if answered is not None:
            return answered
        if not self._keepers.is_open(*chain):
            return _no(asked, NoDraw.FENCED, stamp)
        sale = self._rights.sale(asked.receipt_number)
        return self._unreported(asked, stamp) if sale is None else self._fetch(chain, asked, sale, stamp)

    def _unreported(self, asked: Fetch, stamp: Stamp) -> Unreported | NotDrawn:
        maker = self._may_report(asked.receipt_number)
        return _no(asked, NoDraw.UNKNOWN, stamp) if maker is None else Unreported(asked, maker, stamp.now_ms)

    def _may_report(self, slip: str) -> ChainId | None:
        """Who may still report the sale with this slip; None: there is none, and nobody will."""
        named = numbering_of(slip)
        maker = None if named is None else ChainId(named.keeper, named.epoch)
        is_over = maker is None or not self._keepers.is_open(*maker) or self._rights.has_passed(slip)
        return None if is_over else maker

    def _fetch(self, chain: ChainId, asked: Fetch, sale: RecordRef, stamp: Stamp) -> Fetched:
        known = self._rights.of(sale)
        left = self._rights.left(sale, known)
        if left is None or not may_move(left) or not left.left:
            return _no(asked, NoDraw.UNKNOWN, stamp)
        if known.holder == AT_HQ:
            assert known.given is not None, "what lies at HQ was given to it"
            return self._entrust(chain, asked, known.given, stamp)
        if known.holder == chain:
            return _no(asked, NoDraw.BUSY, stamp)
        not_reached = _no(asked, NoDraw.NOT_REACHED, stamp)
        is_there = self._keepers.is_open(*known.holder)
        return RightElsewhere(not_reached, known.holder, sale, left.account) if is_there else not_reached

    def stands(self, chain: ChainId, slip: str) -> tuple[Stands, Place | None]:
        """For what a keeper waits that has promised to refund the sale with this slip, and who has the right."""
        sale = self._rights.sale(slip)
        known = None if sale is None else self._rights.of(sale)
        if known is None or sale is None:
            return self._how_unsold(chain, slip), None
        return self._how(chain, self._rights.left(sale, known), known.holder), known.holder.keeper

    def _how_unsold(self, chain: ChainId, slip: str) -> Stands:
        if not self._keepers.is_open(*chain):
            return Stands.TILL_LOST
        return Stands.NO_SALE if self._may_report(slip) is None else Stands.NOT_REPORTED

    def _how(self, chain: ChainId, left: Original | None, holder: ChainId) -> Stands:
        if not self._keepers.is_open(*chain):
            return Stands.TILL_LOST
        if left is None or not may_move(left):
            return Stands.STAYS if self._keepers.is_open(*holder) else Stands.HOLDER_LOST
        if not left.left:
            return Stands.NOTHING_LEFT
        if holder in (AT_HQ, chain):
            return Stands.ON_ITS_WAY
        return Stands.WITH_HOLDER if self._keepers.is_open(*holder) else Stands.HOLDER_LOST

    def call(self, missing: RightElsewhere, stamp: Stamp) -> bool:
        """Order the holder of a right to give it to HQ; False when it has that order and has not carried it out."""
        if self._recovering.is_on or self._is_called(missing):
            return False
        order = GiveRight(str(missing.sale))
        directive = self._keepers.order(*missing.holder, order, stamp).open().body_as(Directive)
        line = (order.record, *missing.holder, self._keepers.epoch, directive.number)
        self._connection.execute("insert or replace into right_calls values (?, ?, ?, ?, ?)", line)
        return True

    def _is_called(self, missing: RightElsewhere) -> bool:
        query = "select hq_epoch, number from right_calls where original = ? and keeper = ? and epoch = ?"
        row = self._connection.execute(query, (str(missing.sale), *missing.holder)).get
        return row is not None and row > carried_out(self._connection, missing.holder)

    def _answered(self, chain: ChainId, asked: Fetch) -> SignedRecord | None:
        query = "select hq_epoch, sequence from fetches where keeper = ? and epoch = ? and operation_id = ?"
        row = self._connection.execute(query, (*chain, asked.operation_id)).get
        return None if row is None else self._keepers.own.record(RecordRef(HEADQUARTERS, *row))

    def _entrust(self, chain: ChainId, asked: Fetch, given: SignedRecord, stamp: Stamp) -> SignedRecord:
        giver = given.open()
        key = self._keepers.key_of(giver.keeper, giver.epoch)
        assert key is not None, "whoever gave it was enrolled"
        order = Entrust(asked.operation_id, key, given)
        signed = self._keepers.order(*chain, order, stamp)
        self._rights.entrust(chain, order)
        line = (*chain, asked.operation_id, self._keepers.epoch, signed.open().sequence)
        self._connection.execute("insert into fetches values (?, ?, ?, ?, ?)", line)
        return signed


def _no(asked: Fetch, code: NoDraw, stamp: Stamp) -> NotDrawn:
    return NotDrawn(asked.operation_id, code, (), stamp.now_ms)
