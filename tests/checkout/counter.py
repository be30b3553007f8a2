"""A till's book in memory, on which use cases are tried: the real rules, no file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import msgspec

from checkout.requests import BookView, Original
from checkout.results import Declined, Done
from checkout.sold import Paid, PaidWith
from ledger.cards import Card
from ledger.ids import Place, RecordRef
from ledger.judging import Posted, judge
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side
from tests.chains.company import ALICE

TODAY = "2026-11-22"


@dataclass
class Book:
    """What ALICE has at till 07-2, and every leg that was ever posted."""

    held: dict[SliceKey, int] = field(default_factory=dict)
    lots: dict[SliceKey, Lot] = field(default_factory=dict)
    sides: Counter[tuple[SliceKey, Side]] = field(default_factory=Counter)
    sequence: int = 30

    def put(self, lot: str, purse: Purse, units: int, expires_on: str | None = None) -> None:
        """Let `units` lie here."""
        key = SliceKey(ALICE.account, purse, RecordRef(Place("07-2"), 1, int(lot)).lot)
        self.lots[key] = Lot(key, "07", "2026-11-01", expires_on)
        self.held[key] = units

    def view(self, original: Original | None = None) -> BookView:
        slices = tuple(Slice(self.lots[key], units) for key, units in sorted(self.held.items()) if units)
        return BookView(self._next(), "07", TODAY, slices, original=original)

    def post(self, done: Done | Declined) -> Done:
        """Do what a use case made, as the book's own rules allow it."""
        assert isinstance(done, Done), done
        verdict = judge(done.transaction, self.held, self.lots)
        assert isinstance(verdict, Posted), verdict
        self.held |= verdict.held
        self.lots |= {lot.key: lot for lot in done.transaction.opens}
        for leg in done.transaction.legs:
            self.sides[leg.key, leg.side] += leg.units
        self.sequence += 1
        return done

    def total(self, purse: Purse) -> int:
        return sum(units for key, units in self.held.items() if key.purse is purse)

    def owed(self) -> int:
        return -sum(units for (_, side), units in self.sides.items() if side is Side.OWED)

    def _next(self) -> RecordRef:
        return RecordRef(Place("07-2"), 1, self.sequence + 1)


def original_of(done: Done, book: Book, *undone: Done, card: Card = ALICE, on: str = TODAY) -> Original:
    """A movement as a till would find it again, with what earlier refunds have left of it."""
    made, sold = done.transaction, done.sold
    paid = sold.paid if sold else (Paid(PaidWith.CASH, done.facts.amount),)
    left = Counter({(leg.key, leg.side): leg.units for leg in made.legs})
    for earlier in undone:
        assert earlier.undone is not None
        paid = tuple(_less(part, earlier.undone.paid) for part in paid)
        left.update({(leg.key, leg.side): leg.units for leg in earlier.transaction.legs})
    return Original(
        record=RecordRef(Place("07-2"), 1, book.sequence),
        receipt_number="07-2-000001",
        kind=made.kind,
        business_date=on,
        account=card.account,
        card=card.masked,
        total=done.facts.amount,
        paid=paid,
        spent=tuple(_legs(made.legs, Side.SPENT, left)),
        issued=tuple(_legs(made.legs, Side.ISSUED, left)),
    )


def _less(part: Paid, undone: tuple[Paid, ...]) -> Paid:
    same = [other for other in undone if other.tender is part.tender]
    return msgspec.structs.replace(
        part,
        units=part.units - sum(other.units for other in same),
        points=part.points - sum(other.points for other in same),
    )


def _legs(legs: tuple[Leg, ...], side: Side, left: Counter[tuple[SliceKey, Side]]) -> list[Leg]:
    return [leg._replace(units=left[leg.key, side]) for leg in legs if leg.side is side and left[leg.key, side]]
