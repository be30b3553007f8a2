"""Write-offs: what lies at a lost place is its members' at HQ again, by a record of HQ's."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ledger.ids import AccountId, LotId, RecordRef
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from protocol.names import Day, LotName, Name, StoreName
from protocol.records import Keeper, Number

WRITTEN_OFF_PARTS_MAX = 140
"""So many of the longest names fit into a record; what is beyond has the next one."""
PEOPLE = 2
"""Who write off what lies at a place: different ones."""


class WrittenOffPart(msgspec.Struct, frozen=True):
    """Units of one lot in one purse of one account, and the terms under which the lot was opened.

    Below zero: it was written off before, and has come home by its keeper's own record.
    """

    account: Name
    purse: str
    lot: LotName
    store: StoreName
    opened_on: Day
    expires_on: Day | None
    units: int


class WrittenOff(msgspec.Struct, frozen=True):
    """What lay at the place of this keeper's epoch, by its chain as far as record `posted`, or was under way to it.

    It is HQ's to give again from here on. `by`: who have decided it.
    """

    keeper: Keeper
    epoch: Number
    posted: Number
    by: tuple[str, ...]
    parts: Annotated[tuple[WrittenOffPart, ...], msgspec.Meta(min_length=1, max_length=WRITTEN_OFF_PARTS_MAX)]


def part_of(lot: Lot, units: int) -> WrittenOffPart:
    """A part as it goes on the wire."""
    return WrittenOffPart(*lot.key, lot.store, lot.opened_on, lot.expires_on, units)


def key_of(part: WrittenOffPart) -> SliceKey:
    """The slice that a part is of. Raises ValueError for a purse that does not exist."""
    return SliceKey(AccountId(part.account), Purse(part.purse), LotId(part.lot))


def writing_off(body: WrittenOff, by: RecordRef) -> Transaction:
    """What HQ's book posts by its record `by`. Raises ValueError for a purse that does not exist."""
    keys = [key_of(part) for part in body.parts]
    legs = tuple(
        leg
        for key, part in zip(keys, body.parts, strict=True)
        for leg in (Leg(*key, Side.RISK, -part.units), Leg(*key, Side.HELD, part.units))
    )
    lots = tuple(
        Lot(key, part.store, part.opened_on, part.expires_on) for key, part in zip(keys, body.parts, strict=True)
    )
    return Transaction(TransactionKind.WRITE_OFF, by.written_off, legs, carries=lots)
