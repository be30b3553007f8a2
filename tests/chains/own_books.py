"""What the keepers' books say, each of its own place, added up over the chain: DESIGN 10, invariants 1, 2, 4 and 6."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from hq_server.news import ChainId
from ledger.ids import AccountId, LotId
from ledger.journal_sqlite import Connection
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from offline_queue.outbox import Chain
from protocol.records import SignedRecord
from protocol.transfers import given_in, taken_in

Parts = dict[SliceKey, int]


@dataclass(slots=True)
class OwnBook:
    """One keeper's place in one epoch. `given` and `taken`: what each transfer moved, by the giver's record."""

    name: ChainId
    sides: Counter[tuple[SliceKey, Side]] = field(default_factory=Counter)
    held: Parts = field(default_factory=dict)
    given: dict[str, Parts] = field(default_factory=dict)
    taken: dict[str, Parts] = field(default_factory=dict)


def read_own(book: Connection, name: ChainId) -> OwnBook:
    """Read it; what is wrong in itself is an AssertionError."""
    own = OwnBook(name)
    legs, done = _legs(book, name), Counter[str]()
    for sequence, kind, operation_id in book.execute(
        "select sequence, kind, operation_id from transactions where keeper = ? and epoch = ?", name
    ):
        done[operation_id] += 1
        balance: Counter[SliceKey] = Counter()
        for key, side, units in legs[sequence]:
            own.sides[key, side] += units
            balance[key] += units
        assert not any(balance.values()), f"{name}/{sequence} does not balance"
        if TransactionKind(kind).is_transfer:
            which, _, giver = operation_id.partition("/")
            moved = {key: abs(units) for key, side, units in legs[sequence] if side is Side.IN_TRANSIT}
            (own.given if which == "given" else own.taken)[giver] = moved
            _check_transfer(book, name, sequence, kind, giver)
    assert all(times == 1 for times in done.values()), f"{name}: an operation has had its effect twice"
    own.held = _slices(book, name)
    rest = {key: units for (key, side), units in own.sides.items() if side is Side.HELD and units}
    assert rest == own.held, f"{name}: its slices are not what its entries add up to"
    assert all(units > 0 for units in own.held.values()), f"{name}: a slice is below zero"
    return own


def _legs(book: Connection, name: ChainId) -> dict[int, list[tuple[SliceKey, Side, int]]]:
    """The entries of each record."""
    legs: defaultdict[int, list[tuple[SliceKey, Side, int]]] = defaultdict(list)
    for sequence, account, purse, lot, side, units in book.execute(
        "select sequence, account, purse, lot, side, units from entries where keeper = ? and epoch = ?", name
    ):
        legs[sequence].append((_key(account, purse, lot), Side(side), units))
    return legs


def _slices(book: Connection, name: ChainId) -> Parts:
    rows = book.execute("select account, purse, lot, units from slices where place = ? and epoch = ?", name)
    return {_key(*lot): units for *lot, units in rows}


def _check_transfer(book: Connection, name: ChainId, sequence: int, kind: str, giver: str) -> None:
    """The keeper's record gives this, or takes what was given to it."""
    signed = Chain(book, *name).record(sequence)
    assert signed is not None, f"{name}/{sequence} was posted, and is no record"
    at, moved = _transfer_in(signed, kind)
    assert moved, f"{at} moves value to another place and is not a record of that"
    assert moved == giver, f"{at}: its operation is named after another transfer"


@lru_cache(10_000)
def _transfer_in(signed: SignedRecord, kind: str) -> tuple[str, str]:
    """A record's name, and that of the giver's record whose transfer it gives or takes; empty: none."""
    record = signed.open()
    passage = given_in(record) if kind == TransactionKind.TRANSFER_OUT else taken_in(record)
    return str(record.ref), "" if passage is None else str(passage.giver)


@dataclass(frozen=True, slots=True)
class Summed:
    """All places together. `under_way`: what left one place and is at no other, by account."""

    held: dict[AccountId, int]
    under_way: dict[AccountId, int]


def add_up(books: Iterable[OwnBook]) -> Summed:
    """Sum over all places; what contradicts itself between them is an AssertionError."""
    books = list(books)
    given = _once("given", ((giver, parts) for one in books for giver, parts in one.given.items()))
    taken = _once("taken", ((giver, parts) for one in books for giver, parts in one.taken.items()))
    for giver, parts in taken.items():
        assert giver in given, f"{giver} is taken, and its giver has not given it"
        assert given[giver] == parts, f"{giver} is not taken as it was given"
    _check_lots(books)
    held: Counter[AccountId] = Counter()
    for one in books:
        for key, units in one.held.items():
            held[key.account] += units
    under_way: Counter[AccountId] = Counter()
    for giver in given.keys() - taken.keys():
        for key, units in given[giver].items():
            under_way[key.account] += units
    return Summed(dict(held), dict(under_way))


def _once(how: str, moves: Iterator[tuple[str, Parts]]) -> dict[str, Parts]:
    found: dict[str, Parts] = {}
    for giver, parts in moves:
        assert giver not in found, f"{giver} is {how} twice"
        found[giver] = parts
    return found


def _check_lots(books: list[OwnBook]) -> None:
    """Per lot: issued = held + spent + under way; a later refund takes its part back out of spent."""
    lots: defaultdict[SliceKey, Counter[Side]] = defaultdict(Counter)
    for one in books:
        for (key, side), units in one.sides.items():
            lots[key][side] += units
    for key, sides in lots.items():
        assert sides.total() == 0, f"{key.lot}: it is not all accounted for: {dict(sides)}"
        assert sides[Side.ISSUED] <= 0 <= min(sides[Side.SPENT], sides[Side.IN_TRANSIT], sides[Side.HELD]), dict(sides)


def _key(account: str, purse: str, lot: str) -> SliceKey:
    return SliceKey(AccountId(account), Purse(purse), LotId(lot))
