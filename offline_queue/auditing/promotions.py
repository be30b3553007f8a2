"""Promotions: what one has given was taken of its quota in the same record, and only a void brings that back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from ledger.ids import AccountId, RecordRef, quota_of
from ledger.slices import Purse
from ledger.transactions import Side, TransactionKind
from protocol.bodies import TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind

_QUOTA = Purse.QUOTA.encode()
_NO_PROMOTIONS = b"\xaapromotions\x90"
"""The field in MessagePack, empty: so it is in nearly all records."""
_GIVING = (TransactionKind.SALE, TransactionKind.LOAD)


class PromotionsCheck:
    """Hears every record of an export."""

    def __init__(self, report: Callable[[RecordRef, str], None]) -> None:
        self._report = report
        self._used: dict[str, Counter[AccountId]] = {}
        """What a movement took of quotas, by its record."""

    def take(self, record: Record) -> None:
        """Check a record; one that has to do with no promotion is passed over."""
        if record.kind is not RecordKind.TRANSACTION:
            return
        with suppress(NotARecord):  # the replay says so
            raw = bytes(record.body)
            if _QUOTA in raw or _NO_PROMOTIONS not in raw or self._used:
                self._move(record.ref, record.body_as(TransactionBody))

    def _move(self, ref: RecordRef, body: TransactionBody) -> None:
        used: Counter[AccountId] = Counter()
        for leg in body.legs:
            if leg.purse is Purse.QUOTA and leg.side is Side.SPENT:
                used[leg.account] += leg.units
        if body.kind in _GIVING:
            self._give(ref, body, used)
        elif body.undone is not None:
            self._undo(ref, body, used)

    def _give(self, ref: RecordRef, body: TransactionBody, used: Counter[AccountId]) -> None:
        named: Counter[AccountId] = Counter()
        for one in body.slip.promotions:
            named[quota_of(one.name)] += one.used
        for account in sorted(used.keys() | named.keys()):
            if used[account] != named[account]:
                what = f"its slip says that {named[account]} were taken of {account}, and it takes {used[account]}"
                self._report(ref, what)
        purse = Purse.BONUS if body.kind == TransactionKind.LOAD else Purse.POINTS
        brought = -sum(leg.units for leg in body.legs if leg.side is Side.ISSUED and leg.purse is purse)
        given = sum(one.units for one in body.slip.promotions)
        if given > brought:
            self._report(ref, f"its slip says that promotions gave {given} units of {purse}, and it brings {brought}")
        if used:
            self._used[str(ref)] = used

    def _undo(self, ref: RecordRef, body: TransactionBody, used: Counter[AccountId]) -> None:
        """A void brings back all of it, once; of a refund the rules of the book say that it brings back nothing."""
        assert body.undone is not None, "only what undoes something comes here"
        was = self._used.pop(body.undone.original, Counter()) if body.kind == TransactionKind.VOID else Counter()
        for account in sorted(used.keys() | was.keys()):
            if used[account] + was[account]:
                what = f"it brings back {-used[account]} of {account}, and what it undoes took {was[account]}"
                self._report(ref, what)
