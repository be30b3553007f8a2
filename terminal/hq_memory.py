"""What HQ has said, in the till's book: how far it holds the chain, when it was heard, what it has ordered."""

from __future__ import annotations

import msgspec

from ledger.ids import HEADQUARTERS, RecordRef
from ledger.journal_sqlite import Connection, transaction
from offline_queue.doubts import Doubt, Given, Passed, check_relay, compare_acknowledgement
from offline_queue.outbox import Outbox, Stamp
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import (
    Applied,
    Block,
    Enrol,
    NewEpoch,
    Order,
    Recall,
    Relay,
    Revoke,
    Roster,
    RunAs,
    Transfer,
    Unblock,
    Why,
)
from protocol.chain import Head
from protocol.records import RecordKind, SignedRecord
from protocol.rights import Entrust, GiveRight, RightGiven
from protocol.signing import Signed
from terminal.asking import Identity, Moment
from terminal.modes import MODES
from terminal.negative_list import NegativeList
from terminal.neighbours import Neighbours
from terminal.originals import Originals
from terminal.passing import Passing
from terminal.transfers import Transfers


class HqKnown(msgspec.Struct, frozen=True):
    """What the till knew of HQ when it was last on the line. `held` is a record's number; None: it was never heard.

    `directive` is the number of the last one that was carried out in the HQ epoch `hq_epoch`.
    """

    hq_epoch: int = 0
    directive: int = 0
    held: int = 0
    heard_at_ms: int | None = None
    revoked: bool = False


class HqMemory:
    """HQ's word. Each method is one commit, on the disk when it returns, where it does not say otherwise."""

    def __init__(  # noqa: PLR0913, PLR0917 - all that an order may change
        self,
        connection: Connection,
        outbox: Outbox,
        identity: Identity,
        transfers: Transfers,
        passing: Passing,
        negative_list: NegativeList,
        neighbours: Neighbours,
        originals: Originals,
    ) -> None:
        self._connection = connection
        self._outbox = outbox
        self._identity = identity
        self._transfers = transfers
        self._passing = passing
        self._negative_list = negative_list
        self._neighbours = neighbours
        self._originals = originals

    def known(self) -> HqKnown:
        """All of it in short."""
        row = self._connection.execute("select hq_epoch, heard_at_ms from hq").get
        hq_epoch, heard_at_ms = (0, None) if row is None else row
        held = _held(self.acknowledgement())
        return HqKnown(hq_epoch, self._last_directive(hq_epoch), held, heard_at_ms, self.is_revoked())

    @property
    def epoch(self) -> int:
        """The highest of HQ's epochs that was heard of; 0: none. Runs in the caller's transaction."""
        epoch = self._connection.execute("select hq_epoch from hq").get
        return 0 if epoch is None else int(epoch)

    def hear(self, now_ms: int) -> None:
        """Remember when HQ was heard."""
        with transaction(self._connection):
            self._hear(now_ms, 0)

    def keep(self, signed: Signed, said: Acknowledgement, now_ms: int) -> Doubt | None:
        """Keep an acknowledgement, which was seen to be genuine, if what HQ holds is what lies here.

        One that proves no more than the last one is not written: HQ has only posted since, and it would cost a sync; or
        HQ was put back from a copy, and the last one will prove that to it.
        """
        with transaction(self._connection):
            doubt = compare_acknowledgement(said, self.known().hq_epoch, self._record_hash)
            if doubt is None and _proves_more(said, self._last_said()):
                self._put("last", signed)
                if said.held >= _held(self.acknowledgement("furthest")):
                    self._put("furthest", signed)
                self._hear(now_ms, said.hq_epoch)
            return doubt

    def acknowledgement(self, which: str = "last") -> Signed | None:
        """The `last` acknowledgement, or the one that went `furthest`: bytes as they were signed."""
        row = self._connection.execute("select content, signature from acknowledgements where which = ?", (which,)).get
        return None if row is None else Signed(*row)

    def apply(self, given: Given, moment: Moment) -> Doubt | None:
        """Carry out a genuine directive, once: its effect and the record of it are one commit.

        What was drawn for a sale came too late, if it comes here: it goes home to HQ in the same commit, also what HQ
        relays: whoever gave that can't be reached.
        """
        with transaction(self._connection):
            return self.carry_out(given, moment, is_awaited=False)

    def carry_out(self, given: Given, moment: Moment, *, is_awaited: bool) -> Doubt | None:
        """The same in the caller's transaction. `is_awaited`: the sale that has drawn is decided in it too."""
        order = given.directive.order
        carried_out = self._carried_out(given.hq_epoch, given.directive.number)
        doubt = self._doubt_place(given, carried_out) or self._doubt_order(order) or self._doubt_book()
        if doubt is not None or carried_out is not None:
            return doubt
        brought = self._take(order, given.signed, moment)
        if isinstance(brought, Doubt):
            return brought
        row = (given.hq_epoch, given.directive.number, _kind(order), given.signed.hash)
        self._connection.execute("insert into orders values (?, ?, ?, ?)", row)
        self._hear(moment.now_ms, given.hq_epoch)
        mode = order.mode if isinstance(order, RunAs) else None
        self._record(RecordKind.APPLIED, Applied(given.signed), moment, mode)
        if brought is not None and brought.why is Why.DRAW and not is_awaited:
            self._transfers.send_back(brought, HEADQUARTERS, self.epoch, moment.now_ms)
        self._follow(order, moment)
        return None

    def has_carried_out(self, given: Given) -> bool:
        """Whether something was carried out under this directive's number. Runs in the caller's transaction."""
        return self._carried_out(given.hq_epoch, given.directive.number) is not None

    def is_revoked(self) -> bool:
        """Whether HQ has ordered this till to trade no more, and has not taken it in again.

        Runs in the caller's transaction.
        """
        query = "select kind from orders where kind in (?, ?) order by hq_epoch desc, number desc limit 1"
        last = self._connection.execute(query, (_kind(Enrol), _kind(Revoke))).get
        return last is not None and last == _kind(Revoke)

    def _doubt_place(self, given: Given, carried_out: bytes | None) -> Doubt | None:
        """Whether this directive comes next, or is the one that was carried out under its number."""
        if given.hq_epoch < self.epoch:
            return Doubt.OLDER_HQ
        if carried_out is not None:
            return None if carried_out == given.signed.hash else Doubt.ORDER_CHANGED
        return None if given.directive.number == self._last_directive(given.hq_epoch) + 1 else Doubt.ORDER_MISSING

    def _doubt_book(self) -> Doubt | None:
        """Whether this book is not, or not surely, the one to which something may be added."""
        return Doubt.AHEAD if self._outbox.is_closed else None

    def _doubt_order(self, order: Order) -> Doubt | None:
        match order:
            case Enrol(public_key=key):
                return None if key == self._identity.public_key else Doubt.OTHER_KEY
            case RunAs(mode=mode):
                return None if mode in MODES else Doubt.ORDER_UNKNOWN
            case _:
                return None

    def _take(self, order: Order, signed: SignedRecord, moment: Moment) -> Transfer | Doubt | None:
        """Take what an order brings, before the record that it was applied; None: nothing, or nothing new."""
        match order:
            case Transfer():
                return order if self._transfers.take(signed) else Doubt.TRANSFER_REFUSED
            case Relay():
                return self._take_relayed(order, moment)
            case Entrust():
                return None if self._originals.take(order, self._next_record()) else Doubt.TRANSFER_REFUSED
            case _:
                return None

    def _take_relayed(self, order: Relay, moment: Moment) -> Transfer | Doubt | None:
        """As a neighbour's gift is taken, unless it has come over the LAN after all."""
        gift = check_relay(order, self._identity.place, self._identity.epoch)
        if gift is None:
            return Doubt.TRANSFER_REFUSED
        if isinstance(gift, Passed):
            return None if self._passing.take(gift, moment) else Doubt.TRANSFER_REFUSED
        if self._transfers.has_taken(gift.passage.giver):
            return None
        is_taken = self._transfers.take_from_neighbour(gift.signed, moment.now_ms)
        return gift.passage.transfer if is_taken else Doubt.TRANSFER_REFUSED

    def _follow(self, order: Order, moment: Moment) -> None:
        """What an order brings about after the record that it was applied."""
        match order:
            case Recall():
                self._transfers.give_back(order, self.epoch, moment.now_ms)
            case Block(cards=cards):
                self._negative_list.block(cards)
            case Unblock(cards=cards):
                self._negative_list.unblock(cards)
            case Roster():
                self._neighbours.replace(order)
            case GiveRight(record=record):
                right = self._originals.give(record)
                if right is not None:
                    self._record(RecordKind.RIGHT_GIVEN, RightGiven(right), moment)
            case Entrust(given=given):
                self._passing.keep_promises(given.open().body_as(RightGiven).right.receipt_number, moment)
            case Enrol() | Revoke() | Transfer() | RunAs() | Relay() | NewEpoch():
                pass

    def _last_directive(self, hq_epoch: int) -> int:
        return self._connection.execute("select max(number) from orders where hq_epoch = ?", (hq_epoch,)).get or 0

    def _carried_out(self, hq_epoch: int, number: int) -> bytes | None:
        query = "select hash from orders where hq_epoch = ? and number = ?"
        found = self._connection.execute(query, (hq_epoch, number)).get
        assert found is None or isinstance(found, bytes)
        return found

    def _record(self, kind: RecordKind, body: Applied | RightGiven, moment: Moment, mode: str | None = None) -> None:
        """`mode`: another one is in force from this very record on."""
        head = self._head()
        stamp = Stamp(moment.now_ms, head.business_date, mode or head.mode)
        self._outbox.append(head, kind, body, stamp)

    def _next_record(self) -> RecordRef:
        return self._head().ref.next()

    def _head(self) -> Head:
        head = self._outbox.head()
        assert head is not None, "begin() comes first"
        return head

    def _record_hash(self, sequence: int) -> bytes | None:
        signed = self._outbox.record(sequence)
        return None if signed is None else signed.hash

    def _hear(self, now_ms: int, hq_epoch: int) -> None:
        self._connection.execute(
            "insert into hq values (1, ?, ?) on conflict (one)"
            " do update set hq_epoch = max(hq_epoch, excluded.hq_epoch), heard_at_ms = excluded.heard_at_ms",
            (hq_epoch, now_ms),
        )

    def _last_said(self) -> Acknowledgement | None:
        signed = self.acknowledgement()
        return None if signed is None else open_acknowledgement(signed)

    def _put(self, which: str, signed: Signed) -> None:
        row = (which, signed.content, signed.signature)
        self._connection.execute("insert or replace into acknowledgements values (?, ?, ?)", row)


def _proves_more(said: Acknowledgement, last: Acknowledgement | None) -> bool:
    """Whether an acknowledgement takes the last one's place: of a later epoch, or further and nowhere less far."""
    if last is None or said.hq_epoch != last.hq_epoch:
        return last is None or said.hq_epoch > last.hq_epoch
    before, now = (last.held, last.directive), (said.held, said.directive)
    return now != before and min(now[0] - before[0], now[1] - before[1]) >= 0


def _held(signed: Signed | None) -> int:
    return 0 if signed is None else open_acknowledgement(signed).held


def _kind(order: Order | type[Order]) -> str:
    """`enrol`, `revoke`: the order's name on the wire."""
    return str(order.__struct_config__.tag)
