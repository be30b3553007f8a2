"""What lies at a place of the small chain: units of two lots. Each step is the product's own: judge, net, transfers."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from hq_server.netting import net
from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, Place, RecordRef
from ledger.judging import Posted, judge
from ledger.slices import Lot, Part, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from protocol.bodies import Transfer, Why
from protocol.recoveries import Shortage
from protocol.transfers import Passage, incoming, outgoing, readopting, transfer_of

MIA = AccountId("mia")
TODAY = "2026-11-22"
KEYS = (SliceKey(MIA, Purse.PRINCIPAL, LotId("07-1/1/2")), SliceKey(MIA, Purse.PRINCIPAL, LotId("07-2/1/2")))
LOTS = tuple(Lot(key, "07", TODAY, None) for key in KEYS)
Units = tuple[int, int]
"""Of each lot."""
NOTHING: Units = (0, 0)


class Gift(NamedTuple):
    """A giver's record that one unit of a lot leaves for a place. `number`: HQ's to that keeper in its epoch."""

    giver: Place
    epoch: int
    sequence: int
    to: Place
    to_epoch: int
    lot: int
    number: int = 0

    @property
    def ref(self) -> RecordRef:
        return RecordRef(self.giver, self.epoch, self.sequence)

    @property
    def passage(self) -> Passage:
        return Passage(self.ref, self.to, self.to_epoch, transfer(self.lot))


@lru_cache(None)
def transfer(lot: int) -> Transfer:
    return transfer_of(Why.DRAW, "", MIA, [Part(Slice(LOTS[lot], 1), 1)])


@lru_cache(None)
def load(held: Units, lot: int, units: int) -> Units:
    legs = (Leg(*KEYS[lot], Side.ISSUED, -units), Leg(*KEYS[lot], Side.HELD, units))
    made = Transaction(TransactionKind.LOAD, OperationId("operation-1"), legs, (LOTS[lot],))
    return _must(_posted(held, made, known=()))


@lru_cache(None)
def spend(held: Units, lot: int) -> Units | None:
    """None: the book refuses it."""
    legs = (Leg(*KEYS[lot], Side.HELD, -1), Leg(*KEYS[lot], Side.SPENT, 1))
    return _posted(held, Transaction(TransactionKind.SALE, OperationId("operation-2"), legs))


@lru_cache(None)
def give(held: Units, gift: Gift) -> Units | None:
    return _posted(held, outgoing(gift.passage))


@lru_cache(None)
def take(held: Units, gift: Gift) -> Units:
    return _must(_posted(held, incoming(gift.passage)))


@lru_cache(None)
def stand_by(held: Units, owed: Units, gift: Gift) -> tuple[Units, Units]:
    """HQ gives what it had given and lost; what its place does not have of that, it owes."""
    short = () if held[gift.lot] else (Shortage(Purse.PRINCIPAL, KEYS[gift.lot].lot, 1),)
    made = readopting(gift.passage, short, RecordRef(HEADQUARTERS, 9, 9))
    owes = {leg.key: -leg.units for leg in made.legs if leg.side is Side.OWED}
    return _must(_posted(held, made)), _plus(owed, owes)


@lru_cache(None)
def pay(held: Units, owed: Units) -> tuple[Units, Units]:
    """A lot pays its own debt."""
    debts = {key: units for key, units in zip(KEYS, owed, strict=True) if units}
    legs = net(debts, dict.fromkeys(debts, 0), slices(held))
    if not legs:
        return held, owed
    lots = tuple(lot for lot in LOTS if any(leg.key == lot.key for leg in legs))
    made = Transaction(TransactionKind.NETTING, OperationId("netted/hq/1/1"), legs, carries=lots)
    paid = {leg.key: -leg.units for leg in legs if leg.side is Side.OWED}
    return _must(_posted(held, made)), _plus(owed, paid)


def slices(held: Units) -> tuple[Slice, ...]:
    return tuple(Slice(lot, units) for lot, units in zip(LOTS, held, strict=True) if units)


def _posted(held: Units, made: Transaction, known: tuple[Lot, ...] = LOTS) -> Units | None:
    verdict = judge(made, dict(zip(KEYS, held, strict=True)), {lot.key: lot for lot in known})
    if not isinstance(verdict, Posted):
        return None
    after = [verdict.held.get(key, units) for key, units in zip(KEYS, held, strict=True)]
    return after[0], after[1]


def _must(held: Units | None) -> Units:
    assert held is not None, "the book refuses what must be so"
    return held


def _plus(units: Units, more: dict[SliceKey, int]) -> Units:
    added = [had + more.get(key, 0) for key, had in zip(KEYS, units, strict=True)]
    return added[0], added[1]
