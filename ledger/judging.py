"""The rules of the book: a transaction is posted, or refused with one named reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntEnum

from ledger.amounts import UNITS_MAX
from ledger.slices import SliceKey
from ledger.transactions import Transaction


class Refusal(IntEnum):
    """Why the book refuses, in order of precedence: when several apply, the lowest number is said."""

    NO_LEGS = 1
    """A transaction moves something."""
    UNITS_OUT_OF_RANGE = 2
    """A leg of zero, or beyond UNITS_MAX."""
    LEG_REPEATED = 3
    """Two legs on the same side of the same lot: their sum must be one leg."""
    UNBALANCED = 4
    """The legs of a lot do not sum to zero."""
    LOT_ALREADY_OPEN = 5
    """A lot is opened once."""
    LOT_UNKNOWN = 6
    """A leg names a lot that this book has never seen."""
    BELOW_ZERO = 7
    """A slice would fall below zero: value that is not here cannot leave here."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The book took it. `held` are the slices that changed, with their new units."""

    held: Mapping[SliceKey, int]


@dataclass(frozen=True, slots=True)
class Refused:
    """The book did not take it and nothing changed."""

    reason: Refusal


def judge(transaction: Transaction, held: Mapping[SliceKey, int], open_lots: AbstractSet[SliceKey]) -> Posted | Refused:
    """Decide whether a book takes a transaction.

    `held` has the units of every slice that the transaction names and that lies here (absent means zero);
    `open_lots` has the lots, among those that it names, which the book knows.
    """
    after = {key: held.get(key, 0) + change for key, change in transaction.held_changes().items()}
    broken = next(_broken_rules(transaction, after, open_lots), None)
    return Posted(after) if broken is None else Refused(broken)


def _broken_rules(
    transaction: Transaction, after: Mapping[SliceKey, int], open_lots: AbstractSet[SliceKey]
) -> Iterator[Refusal]:
    """Every rule that the transaction breaks, in the order of Refusal; each is asked only when it comes to it."""
    legs, opens = transaction.legs, {lot.key for lot in transaction.opens}
    if not legs:
        yield Refusal.NO_LEGS
    if any(leg.units == 0 or abs(leg.units) > UNITS_MAX for leg in legs):
        yield Refusal.UNITS_OUT_OF_RANGE
    if len({(leg.key, leg.side) for leg in legs}) < len(legs):
        yield Refusal.LEG_REPEATED
    if transaction.imbalance():
        yield Refusal.UNBALANCED
    if opens & open_lots or len(opens) < len(transaction.opens):
        yield Refusal.LOT_ALREADY_OPEN
    if any(leg.key not in opens and leg.key not in open_lots for leg in legs):
        yield Refusal.LOT_UNKNOWN
    if any(units < 0 for units in after.values()):
        yield Refusal.BELOW_ZERO
