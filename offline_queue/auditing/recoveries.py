"""HQ's recoveries: each epoch begins where the one before ends, and what HQ says to have lost is what keepers had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress

from ledger.ids import HEADQUARTERS, RecordRef
from ledger.slices import SliceKey
from offline_queue.auditing.chains import ChainCheck, Report
from offline_queue.auditing.findings import Sort
from offline_queue.auditing.keys import ChainName, KeyRing
from offline_queue.auditing.orders import Order, OrdersCheck
from protocol.bodies import Directive, Opened, Predecessor, Recall, Revoke, Transfer
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.recoveries import Readopted, Reclaimed, Recovered
from protocol.rights import Entrust
from protocol.signing import Context, is_signed_by
from protocol.transfers import given_in, outgoing

GIVES_OUT = "HQ gives out, calls home or nets before it has said that its recovery is over"


class RecoveriesCheck:
    """Hears every record of HQ's own chain; `orders` has heard the same before."""

    def __init__(self, ring: KeyRing, orders: OrdersCheck, report: Report) -> None:
        self.readopted: set[bytes] = set()
        """The hashes of the orders that HQ had lost and stands by."""
        self.revoked: set[ChainName] = set()
        """Whose revocation HQ had lost."""
        self.unheard: set[str] = set()
        """The keepers that HQ went on without, by its own word: `08-1/1`."""
        self.owed: Counter[str] = Counter()
        """Units that HQ gave and did not have, by purse."""
        self.has_recovered = True
        self._begun: dict[RecordRef, Predecessor | None] = {}
        self._ring = ring
        self._orders = orders
        self._report = report

    def take(self, record: Record) -> None:
        """Check a record; one that has nothing to do with a recovery is passed over."""
        if record.keeper != HEADQUARTERS:
            return
        with suppress(NotARecord):  # the replay says so
            match record.kind:
                case RecordKind.OPENED:
                    self._begun[record.ref] = record.body_as(Opened).after
                    self.has_recovered = record.epoch == 1
                case RecordKind.RECOVERED:
                    self.has_recovered = True
                    self.unheard.update(record.body_as(Recovered).unheard)
                case RecordKind.DIRECTIVE if not self.has_recovered:
                    self._give_out(record, record.body_as(Directive))
                case RecordKind.NETTED | RecordKind.FUNDED if not self.has_recovered:
                    self._report(Sort.RULE_BROKEN, record.ref, GIVES_OUT)
                case RecordKind.READOPTED:
                    self._readopt(record, record.body_as(Readopted).directive)
                case RecordKind.RECLAIMED:
                    self._reclaim(record, record.body_as(Reclaimed).directive)
                case _:
                    pass

    def is_lost(self, ref: RecordRef) -> bool:
        """Whether HQ says that it has lost a record of this number, or may have: it is behind where an epoch ends."""
        ends = {end.epoch: end.sequence for end in self._ends()}
        return ref.keeper == HEADQUARTERS and ref.sequence > ends.get(ref.epoch, ref.sequence)

    def has_ended(self, hq_epoch: int) -> bool:
        """Whether HQ has begun another epoch behind this one."""
        return any(end.epoch == hq_epoch for end in self._ends())

    def notes(self) -> Iterator[str]:
        """What an auditor should know of them."""
        for end in self._ends():
            yield f"HQ may have lost what it had signed behind {end}, and has begun another epoch."
        if self.owed:
            owed = ", ".join(f"{purse} {units}" for purse, units in sorted(self.owed.items()))
            yield f"Of what HQ stands by it did not have and owes, until it came: {owed}. See what is owed still."
        if self.readopted:
            yield f"{len(self.readopted)} orders that HQ had lost were handed back by their keepers."

    def end(self, chains: Mapping[ChainName, ChainCheck]) -> None:
        """All is read."""
        for ref, after in sorted(self._begun.items()):
            earlier = [epoch for keeper, epoch in chains if keeper == ref.keeper and epoch < ref.epoch]
            before = max(earlier, default=None)
            if before is None and after is None:
                continue
            last = None if before is None else chains[ref.keeper, before].last
            if after is None or last is None or (after.record, after.hash) != (str(last[0]), last[1]):
                says = "nothing" if after is None else after.record
                has = "there is none" if last is None else f"that ends with {last[0]}"
                self._report(Sort.MISSING, ref, f"this epoch goes on behind {says}; of the one before, {has}")

    def _ends(self) -> Iterator[RecordRef]:
        for after in self._begun.values():
            end = None if after is None else RecordRef.parse(after.record)
            if end is not None:
                yield end

    def _give_out(self, record: Record, directive: Directive) -> None:
        if isinstance(directive.order, Transfer | Recall | Entrust):
            self._report(Sort.RULE_BROKEN, record.ref, GIVES_OUT)

    def short(self, record: Record, held: Mapping[SliceKey, int]) -> None:
        """What HQ says to lack of what it stands by is what its place lacks; before that record is replayed."""
        with suppress(NotARecord, ValueError):  # the replay says so
            body, passage = record.body_as(Readopted), given_in(record)
            lacks = {} if passage is None else outgoing(passage).held_changes()
            lacking = {key: -units - held.get(key, 0) for key, units in lacks.items()}
            said = {(one.purse, one.lot): one.units for one in body.short}
            if said != {(key.purse, key.lot): units for key, units in lacking.items() if units > 0}:
                self._report(Sort.RULE_BROKEN, record.ref, "what it says to be short is not what HQ's place lacks")
            for one in body.short:
                self.owed[one.purse] += one.units

    def _readopt(self, record: Record, directive: SignedRecord) -> None:
        given, hq = directive.open(), self._ring.hq
        self.readopted.add(directive.hash)
        order = _order(given)
        if hq is not None and not is_signed_by(hq.key, Context.RECORD, directive):
            self._report(Sort.WRONG_ORDER, record.ref, f"the order {given.ref} that it stands by is not signed by HQ")
        elif given.epoch >= record.epoch or directive.hash in self._orders.given[order]:
            self._report(Sort.WRONG_ORDER, record.ref, f"the order {given.ref} that it stands by was not lost")
        self._orders.given[order].add(directive.hash)
        if isinstance(given.body_as(Directive).order, Revoke):
            self.revoked.add(order.to)

    def _reclaim(self, record: Record, directive: SignedRecord) -> None:
        given = directive.open()
        if directive.hash not in self._orders.given[_order(given)] or given.epoch >= record.epoch:
            what = f"it has back what {given.ref} gave, and that is no order of an earlier epoch of HQ's"
            self._report(Sort.WRONG_TAKE, record.ref, what)


def _order(given: Record) -> Order:
    directive = given.body_as(Directive)
    return Order((directive.to, directive.to_epoch), given.epoch, directive.number)
