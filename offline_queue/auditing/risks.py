"""Floor limits: what a store let go at its own risk stays within what its record names, and no member pays for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from checkout.sold import Paid, PaidWith, Undone, at_risk
from ledger.ids import RecordRef
from ledger.slices import MONEY
from ledger.transactions import Leg, Side
from offline_queue.auditing.keys import ChainName
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind

_MARK = PaidWith.STORE_RISK.encode()
_TILL = ""


class RisksCheck:
    """Hears every record of an export: counts each chain's days anew, and what is open of each sale."""

    def __init__(self, report: Callable[[RecordRef, str], None]) -> None:
        self._report = report
        self._days: dict[ChainName, tuple[str, Counter[str]]] = {}
        self._open: dict[tuple[ChainName, str], int] = {}

    def take(self, record: Record) -> None:
        """Check a record; one that has to do with no floor limit is passed over."""
        if record.kind is not RecordKind.TRANSACTION or not (self._open or _MARK in bytes(record.body)):
            return
        with suppress(NotARecord):  # the replay says so
            body = record.body_as(TransactionBody)
            if body.undone is not None:
                self._check_undoing(record, body, body.undone)
            elif body.let_go:
                self._check_sale(record, body)

    def _check_sale(self, record: Record, body: TransactionBody) -> None:
        units, ref = body.let_go, record.ref
        today = self._today(record)
        today.update({body.account: units, _TILL: units})
        self._open[_chain(record), str(ref)] = units
        shown = {"sale": units, "agreed": units, "card": today[body.account], "till": today[_TILL]}
        named = {reason.rule: reason for reason in body.reasons}
        for name, seen in shown.items():
            reason = named.get(f"floor_limit_{name}")
            if reason is None:
                self._report(ref, f"it lets {units} units go at the store's own risk, and names no floor_limit_{name}")
            elif reason.seen != seen:
                self._report(ref, f"it says {reason.seen} units for floor_limit_{name}, and the chain shows {seen}")
            elif not 0 < seen <= reason.limit:
                self._report(ref, f"{seen} units are beyond the floor_limit_{name} of {reason.limit} that it names")
        self._check_card(ref, body.legs, () if body.sold is None else body.sold.paid, 1)

    def _check_undoing(self, record: Record, body: TransactionBody, undone: Undone) -> None:
        """It takes back of a sale of its own chain."""
        ref, original = record.ref, (_chain(record), undone.original)
        open_, back = self._open.get(original, 0), at_risk(undone.paid)
        if not open_ and not back:
            return
        left = open_ - back
        if left < 0 or back < 0:
            self._report(ref, f"it takes back {back} units at the store's risk, and {open_} are open")
        elif left and sum(part.units for part in undone.paid) > back:
            self._report(ref, f"it gives something back while {left} units are still at the store's risk")
        self._open[original] = max(left, 0)
        self._check_card(ref, body.legs, undone.paid, -1)

    def _check_card(self, ref: RecordRef, legs: Iterable[Leg], paid: Iterable[Paid], sign: int) -> None:
        """No leg of the member's bears what the store bears."""
        moved = sum(sign * leg.units for leg in legs if leg.side is Side.SPENT and leg.purse in MONEY)
        part = sum(part.units for part in paid if part.tender is PaidWith.STORED_VALUE)
        if moved != part:
            self._report(ref, f"{moved} units of the member's money moved, and the card's part of the price is {part}")

    def _today(self, record: Record) -> Counter[str]:
        date, counts = self._days.get(_chain(record), ("", Counter()))
        if date != record.business_date:
            counts = Counter()
            self._days[_chain(record)] = record.business_date, counts
        return counts


def _chain(record: Record) -> ChainName:
    return record.keeper, record.epoch
