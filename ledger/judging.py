"""The rules of the book: a transaction is posted, or refused with one named reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ledger.amounts import UNITS_MAX
from ledger.ids import promotion_of
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind


class Refusal(IntEnum):
    """Why the book refuses, in order of precedence: when several apply, the lowest number is said."""

    NO_LEGS = 1
    """A transaction moves something; but a sale, what undoes it and a promise may touch nothing that the card holds."""
    UNITS_OUT_OF_RANGE = 2
    """A leg of zero, or beyond UNITS_MAX."""
    LEG_REPEATED = 3
    """Two legs on the same side of the same lot: their sum must be one leg."""
    WRONG_SIDE = 4
    """A leg that its kind of transaction does not have: what lies in a purse is issued, held and spent in its own way.

    Quotas alone lie in promotions' accounts, and nowhere else.
    """
    UNBALANCED = 5
    """The legs of a lot do not sum to zero."""
    LOT_NOT_ISSUED = 6
    """A lot is opened by the transaction that issues it, and nothing is issued without a lot of its own."""
    LOT_ALREADY_OPEN = 7
    """A lot is opened once."""
    LOT_NOT_CARRIED = 8
    """A transfer, a netting or a write-off names the terms of every lot that it moves, a refund all or none; nothing
    else does."""
    LOT_DIFFERS = 9
    """A transfer, a netting or a write-off names other terms than this book knows of the lot."""
    LOT_UNKNOWN = 10
    """A leg names a lot that this book has never seen."""
    BELOW_ZERO = 11
    """A slice would fall below zero: value that is not here cannot leave here."""


_UNDOING = ((Side.SPENT, Side.HELD), (Side.HELD, Side.ISSUED), (Side.OWED, Side.ISSUED))
_MOVES: dict[TransactionKind, tuple[tuple[Side, Side], ...]] = {
    TransactionKind.SALE: ((Side.HELD, Side.SPENT), (Side.ISSUED, Side.HELD)),
    TransactionKind.LOAD: ((Side.ISSUED, Side.HELD),),
    TransactionKind.REFUND: _UNDOING,
    TransactionKind.VOID: _UNDOING,
    TransactionKind.PROMISE: (),
    TransactionKind.TRANSFER_OUT: ((Side.HELD, Side.IN_TRANSIT),),
    TransactionKind.TRANSFER_IN: ((Side.IN_TRANSIT, Side.HELD),),
    TransactionKind.READOPTION: ((Side.HELD, Side.IN_TRANSIT), (Side.OWED, Side.IN_TRANSIT)),
    TransactionKind.NETTING: ((Side.HELD, Side.OWED), (Side.HELD, Side.SPENT), (Side.SPENT, Side.OWED)),
    TransactionKind.FUNDING: (),
    TransactionKind.WRITE_OFF: ((Side.RISK, Side.HELD), (Side.HELD, Side.RISK)),
}
"""From which side to which a kind moves units: the first falls, the second rises."""
_USING = ((Side.HELD, Side.SPENT),)
_MOVES_OF_QUOTAS: dict[TransactionKind, tuple[tuple[Side, Side], ...]] = {
    **{kind: _MOVES[kind] for kind in TransactionKind if kind.carries},
    TransactionKind.NETTING: ((Side.HELD, Side.OWED),),
    TransactionKind.FUNDING: ((Side.ISSUED, Side.HELD),),
    TransactionKind.SALE: _USING,
    TransactionKind.LOAD: _USING,
    TransactionKind.VOID: ((Side.SPENT, Side.HELD),),
}
"""The same for what a promotion may still give. A refund brings nothing back of it, only a void does."""
_MAY_BE_EMPTY = (TransactionKind.SALE, TransactionKind.REFUND, TransactionKind.VOID, TransactionKind.PROMISE)
"""Paid in cash and too small to earn a point, and still the member's purchase; a promise moves nothing ever."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The book took it. `held` are the slices that changed, with their new units."""

    held: Mapping[SliceKey, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """The book did not take it and nothing changed."""

    reason: Refusal


def judge(transaction: Transaction, held: Mapping[SliceKey, int], known: Mapping[SliceKey, Lot]) -> Posted | Refused:
    """Decide whether a book takes a transaction.

    `held` has the units of every slice that the transaction names and that lies here (absent means zero); `known` has
    the lots, among those that it names, which the book knows.
    """
    after = {key: held.get(key, 0) + change for key, change in transaction.held_changes().items()}
    broken = next(_broken_rules(transaction, after, known), None)
    return Posted(after) if broken is None else Refused(broken)


def _broken_rules(
    transaction: Transaction, after: Mapping[SliceKey, int], known: Mapping[SliceKey, Lot]
) -> Iterator[Refusal]:
    """Every rule that the transaction breaks, in the order of Refusal; each is asked only when it comes to it."""
    legs = transaction.legs
    if not legs and transaction.kind not in _MAY_BE_EMPTY:
        yield Refusal.NO_LEGS
    if any(leg.units == 0 or abs(leg.units) > UNITS_MAX for leg in legs):
        yield Refusal.UNITS_OUT_OF_RANGE
    if len({(leg.key, leg.side) for leg in legs}) < len(legs):
        yield Refusal.LEG_REPEATED
    odd = any(not _has_its_side(transaction.kind, leg) for leg in legs)
    if odd or _owes_to_the_member(transaction) or _nets_by_spending(transaction):
        yield Refusal.WRONG_SIDE
    if transaction.imbalance():
        yield Refusal.UNBALANCED
    yield from _broken_lot_rules(transaction, known)
    if any(units < 0 for units in after.values()):
        yield Refusal.BELOW_ZERO


def _has_its_side(kind: TransactionKind, leg: Leg) -> bool:
    is_quota = leg.purse is Purse.QUOTA
    if is_quota != (promotion_of(leg.account) is not None):
        return False
    moves = _MOVES_OF_QUOTAS.get(kind, ()) if is_quota else _MOVES[kind]
    return any(leg.side is (falls if leg.units < 0 else rises) for falls, rises in moves)


def _owes_to_the_member(transaction: Transaction) -> bool:
    """Whether more is owed of a lot than is taken back of it, or goes on: the rest would come from nowhere."""
    goes = Side.IN_TRANSIT if transaction.kind is TransactionKind.READOPTION else Side.ISSUED
    goes_on = {leg.key: leg.units for leg in transaction.legs if leg.side is goes}
    return any(leg.side is Side.OWED and leg.units + goes_on.get(leg.key, 0) < 0 for leg in transaction.legs)


def _nets_by_spending(transaction: Transaction) -> bool:
    """Whether a netting spends anything, all in all: it only says which lot has paid for what was spent."""
    spent: Counter[tuple[str, str]] = Counter()
    for leg in transaction.legs if transaction.kind is TransactionKind.NETTING else ():
        if leg.side is Side.SPENT:
            spent[leg.account, leg.purse] += leg.units
    return any(spent.values())


def _broken_lot_rules(transaction: Transaction, known: Mapping[SliceKey, Lot]) -> Iterator[Refusal]:
    legs, opens, carries = transaction.legs, transaction.opens, transaction.carries
    moved, opened, carried = {leg.key for leg in legs}, {lot.key for lot in opens}, {lot.key for lot in carries}
    if opened != {leg.key for leg in legs if leg.side is Side.ISSUED and leg.units < 0}:
        yield Refusal.LOT_NOT_ISSUED
    if opened & known.keys() or len(opened) < len(opens):
        yield Refusal.LOT_ALREADY_OPEN
    may_carry = transaction.kind is TransactionKind.REFUND and bool(carries)
    if carried != (moved if transaction.kind.carries or may_carry else set()) or len(carried) < len(carries):
        yield Refusal.LOT_NOT_CARRIED
    if any(known.get(lot.key, lot) != lot for lot in carries):
        yield Refusal.LOT_DIFFERS
    # What leaves a place was there; what arrives, or was spent at another one, may be new to this book.
    told = set() if transaction.kind is TransactionKind.TRANSFER_OUT else carried
    if moved - opened - told - known.keys():
        yield Refusal.LOT_UNKNOWN
