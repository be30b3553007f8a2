"""What a keeper's book says of its own place, read on again and again: DESIGN 10, invariants 1, 2, 6 and 10."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ledger.ids import HEADQUARTERS, AccountId, ChainId, LotId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from offline_queue.outbox import Chain
from protocol.records import SignedRecord
from protocol.transfers import given_in, giver_of, taken_in
from simulation.checks.chain import Running

Parts = dict[SliceKey, int]


@dataclass(slots=True)
class OwnBook:
    """One keeper's place in one epoch. `given` and `taken`: what each transfer moved, by the giver's record.

    `takers` are to whom, by the same name.
    `netted` is what of `sides` was moved by nettings: no customer has spent that, and no till.
    """

    name: ChainId
    is_mirror: bool = False
    """HQ's, of a till: what was set aside is not in it."""
    sides: Counter[tuple[SliceKey, Side]] = field(default_factory=Counter)
    netted: Counter[tuple[SliceKey, Side]] = field(default_factory=Counter)
    held: Parts = field(default_factory=dict)
    given: dict[str, Parts] = field(default_factory=dict)
    taken: dict[str, Parts] = field(default_factory=dict)
    takers: dict[str, ChainId] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    read: dict[int, int] = field(default_factory=dict)
    """Up to which record of each epoch: HQ's place goes on over all of its epochs."""


class OwnBooks:
    """Reads keepers' books in the file of a machine again and again, each on from where it was."""

    def __init__(self, *, are_mirrors: bool = False) -> None:
        self._are_mirrors = are_mirrors
        self._books: dict[ChainId, tuple[int, OwnBook]] = {}

    def read(self, machine: Running[Any], name: ChainId) -> OwnBook:
        """What a keeper's book says by now; what is wrong in itself is an AssertionError."""
        starts, own = self._books.get(name, (0, OwnBook(name, self._are_mirrors)))
        if starts != machine.starts:
            # What was not synced is gone since then, and may be written once more.
            own = OwnBook(name, self._are_mirrors)
        self._books[name] = machine.starts, own
        _read_on(own, machine.store._connection)
        return own


def _read_on(own: OwnBook, book: Connection) -> None:
    for chain in _chains(book, own.name):
        _read_chain(own, book, chain)
    own.held = _slices(book, own.name)
    rest = {key: units for (key, side), units in own.sides.items() if side is Side.HELD and units}
    assert rest == own.held, f"{own.name}: its slices are not what its entries add up to"
    assert all(units > 0 for units in own.held.values()), f"{own.name}: a slice is below zero"


def _chains(book: Connection, name: ChainId) -> list[ChainId]:
    if name.keeper != HEADQUARTERS:
        return [name]
    rows = book.execute("select distinct epoch from records where keeper = ? order by epoch", (HEADQUARTERS,))
    return [ChainId(HEADQUARTERS, epoch) for (epoch,) in rows]


def _read_chain(own: OwnBook, book: Connection, name: ChainId) -> None:
    read = own.read.get(name.epoch, 0)
    rows = list(_transactions(book, name, read))
    if own.is_mirror and read and not _is_held(book, name, read):
        # Late gifts lie behind the chain, and are posted in any order.
        rows = [row for row in _transactions(book, name, 0) if row[2] not in own.done]
        read = 0
    legs = _legs(book, name, read) if rows else {}
    for sequence, kind, operation_id in rows:
        own.read[name.epoch] = max(sequence, own.read.get(name.epoch, 0))
        assert operation_id not in own.done, f"{name}: an operation has had its effect twice"
        own.done.add(operation_id)
        _enter(own, sequence, legs.get(sequence, []))
        if kind == TransactionKind.NETTING:
            own.netted.update({(key, side): units for key, side, units in legs[sequence]})
        elif TransactionKind(kind).is_transfer:
            # What HQ gives and does not have is owed by no customer, and a netting pays it.
            own.netted.update({(key, side): units for key, side, units in legs[sequence] if side is Side.OWED})
            moved = {key: abs(units) for key, side, units in legs[sequence] if side is Side.IN_TRANSIT}
            giver, taker = _check_transfer(book, name, sequence, kind, operation_id)
            own.takers[giver] = taker
            (own.taken if kind == TransactionKind.TRANSFER_IN else own.given)[giver] = moved


def _is_held(book: Connection, name: ChainId, sequence: int) -> bool:
    query = "select 1 from records where keeper = ? and epoch = ? and sequence = ?"
    return book.execute(query, (*name, sequence)).get is not None


def _enter(own: OwnBook, sequence: int, legs: list[tuple[SliceKey, Side, int]]) -> None:
    """What one record moves is in balance, and owes nothing of what lies here."""
    balance: Counter[SliceKey] = Counter()
    for key, side, units in legs:
        own.sides[key, side] += units
        balance[key] += units
    assert not any(balance.values()), f"{own.name}/{sequence} does not balance"
    for key, side, units in legs:
        is_here = not own.is_mirror and side is Side.OWED and units < 0 and own.sides[key, Side.HELD] > 0
        assert not is_here, f"{own.name}/{sequence} leaves owed of {key.lot} what lies here"


def _transactions(book: Connection, name: ChainId, after: int) -> Iterator[tuple[int, str, str]]:
    query = (
        "select sequence, kind, operation_id from transactions where keeper = ? and epoch = ? and sequence > ?"
        " order by sequence"
    )
    yield from book.execute(query, (*name, after))


def _legs(book: Connection, name: ChainId, after: int) -> dict[int, list[tuple[SliceKey, Side, int]]]:
    """The entries of each record."""
    legs: defaultdict[int, list[tuple[SliceKey, Side, int]]] = defaultdict(list)
    for sequence, account, purse, lot, side, units in book.execute(
        "select sequence, account, purse, lot, side, units from entries"
        " where keeper = ? and epoch = ? and sequence > ?",
        (*name, after),
    ):
        legs[sequence].append((_key(account, purse, lot), Side(side), units))
    return legs


def _slices(book: Connection, name: ChainId) -> Parts:
    rows = book.execute("select account, purse, lot, units from slices where place = ? and epoch = ?", name)
    return {_key(*lot): units for *lot, units in rows}


def _check_transfer(
    book: Connection, name: ChainId, sequence: int, kind: str, operation_id: str
) -> tuple[str, ChainId]:
    """The keeper's record gives this, or takes what was given to it; the giver's record by its name, and the taker."""
    signed = Chain(book, *name).record(sequence) or late_gift(book, name, sequence)
    assert signed is not None, f"{name}/{sequence} was posted, and is no record"
    at, moved, taker = _transfer_in(signed, kind)
    assert moved, f"{at} moves value to another place and is not a record of that"
    how = "taken" if kind == TransactionKind.TRANSFER_IN else "given" if moved == at else "readopted"
    of = at if how == "readopted" else moved
    assert operation_id == f"{how}/{of}", f"{at}: its operation is named after another transfer"
    return moved, taker


def late_gift(book: Connection, name: ChainId, sequence: int) -> SignedRecord | None:
    """What a fenced till gave by a record that HQ does not hold: its taker's record has it (decision 33)."""
    if book.execute("select 1 from fences where keeper = ? and epoch = ?", name).get is None:
        return None
    operation = f"taken/{RecordRef(*name, sequence)}"
    query = "select keeper, epoch, sequence from transactions where operation_id = ?"
    takers = [
        Chain(book, Place(keeper), epoch).record(number) for keeper, epoch, number in book.execute(query, (operation,))
    ]
    return None if not takers or takers[0] is None else giver_of(takers[0].open())


@lru_cache(10_000)
def _transfer_in(signed: SignedRecord, kind: str) -> tuple[str, str, ChainId]:
    """A record's name, and that of the giver's record whose transfer it gives or takes; empty: none; and its taker."""
    record = signed.open()
    passage = taken_in(record) if kind == TransactionKind.TRANSFER_IN else given_in(record)
    if passage is None:
        return str(record.ref), "", ChainId(record.keeper, record.epoch)
    return str(record.ref), str(passage.giver), ChainId(Place(passage.to), passage.to_epoch)


def _key(account: str, purse: str, lot: str) -> SliceKey:
    return SliceKey(AccountId(account), Purse(purse), LotId(lot))
