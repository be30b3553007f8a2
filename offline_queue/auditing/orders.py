"""HQ's orders: numbered on from 1 for each keeper, and carried out only as HQ signed them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from ledger.ids import HEADQUARTERS, RecordRef
from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from protocol.bodies import Applied, Directive
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind
from protocol.signing import Context, is_signed_by


class Order(NamedTuple):
    """An order by its number: for whom, in which epoch of HQ."""

    to: ChainName
    hq_epoch: int
    number: int


class Carried(NamedTuple):
    """An order that a keeper says it carried out."""

    at: RecordRef
    given_in: RecordRef
    hash: bytes


class OrdersCheck:
    """Hears every record of an export that gives an order or says that one was carried out."""

    def __init__(self, ring: KeyRing, report: Report) -> None:
        self.given: defaultdict[Order, set[bytes]] = defaultdict(set)
        """The hash of each order in HQ's own chain, or handed back to it."""
        self.carried: list[Carried] = []
        self._ring = ring
        self._report = report
        self._given_last: Counter[tuple[ChainName, int]] = Counter()
        self._carried_last: Counter[tuple[ChainName, int]] = Counter()

    def take(self, record: Record, record_hash: bytes) -> None:
        """Check a record; one that has nothing to do with orders is passed over."""
        try:
            if record.kind is RecordKind.DIRECTIVE:
                self._give(record, record.body_as(Directive), record_hash)
            elif record.kind is RecordKind.APPLIED:
                self._carry_out(record, record.body_as(Applied))
        except NotARecord:
            self._report(Sort.WRONG_ORDER, record.ref, "its order is not understood")

    def _give(self, record: Record, directive: Directive, record_hash: bytes) -> None:
        if record.keeper != HEADQUARTERS:
            self._report(Sort.WRONG_ORDER, record.ref, "only HQ gives orders")
            return
        order = Order((directive.to, directive.to_epoch), record.epoch, directive.number)
        self._check_number(self._given_last, order, record.ref, "gives")
        self.given[order].add(record_hash)

    def _carry_out(self, record: Record, applied: Applied) -> None:
        given, hq = applied.directive.open(), self._ring.hq
        directive = given.body_as(Directive)
        order = Order((directive.to, directive.to_epoch), given.epoch, directive.number)
        if hq is not None and not is_signed_by(hq.key, Context.RECORD, applied.directive):
            self._report(Sort.WRONG_ORDER, record.ref, f"the order {given.ref} that it carried out is not signed by HQ")
        if given.keeper != HEADQUARTERS or order.to != (record.keeper, record.epoch):
            self._report(
                Sort.WRONG_ORDER, record.ref, f"the order {given.ref} that it carried out was for {order.to[0]}"
            )
        self._check_number(self._carried_last, order, record.ref, "carries out")
        self.carried.append(Carried(record.ref, given.ref, applied.directive.hash))

    def _check_number(self, last: Counter[tuple[ChainName, int]], order: Order, at: RecordRef, does: str) -> None:
        line = order.to, order.hq_epoch
        if order.number != last[line] + 1:
            what = f"it {does} order {order.number} for {order.to[0]}, expected {last[line] + 1}"
            self._report(Sort.WRONG_ORDER, at, what)
        last[line] = order.number
