"""The journal keeps places and epochs apart, and a lot under one set of terms wherever it goes and however often."""

from collections.abc import Iterator

import apsw
import pytest

from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, Place, RecordRef
from ledger.journal_sqlite import SqliteJournal, open_book
from ledger.judging import Posted, Refusal, Refused
from ledger.slices import Lot, Purse, Slice, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind

TILL, DATE = Place("07-2"), "2026-11-22"
ALICE = AccountId("alice")
KEY = SliceKey(ALICE, Purse.BONUS, LotId("07-2/1/2"))
LOT = Lot(KEY, "07", DATE, "2027-11-22")
COUNTS = [f"select count(*) from {table}" for table in ("transactions", "lots", "entries")]  # noqa: S608 - named here
SIDES = {
    TransactionKind.SALE: (Side.HELD, Side.SPENT),
    TransactionKind.LOAD: (Side.ISSUED, Side.HELD),
    TransactionKind.TRANSFER_OUT: (Side.HELD, Side.IN_TRANSIT),
    TransactionKind.TRANSFER_IN: (Side.IN_TRANSIT, Side.HELD),
}


class Keeper:
    """A keeper of one place in one epoch: it numbers its records, and names an operation after each."""

    def __init__(self, book: apsw.Connection, place: Place, epoch: int = 1) -> None:
        self.journal = SqliteJournal(book, place, epoch)
        self.last = RecordRef(place, epoch, 1)

    def post(self, kind: TransactionKind, lot: Lot, units: int, operation: str = "") -> Posted | Refused:
        self.last = self.last.next()
        falls, rises = SIDES[kind]
        made = Transaction(
            kind,
            OperationId(operation or f"operation-{self.last}"),
            (Leg(*lot.key, falls, -units), Leg(*lot.key, rises, units)),
            (lot,) if kind is TransactionKind.LOAD else (),
            (lot,) if kind.carries else (),
        )
        return self.journal.post(made, self.last, DATE)

    def load(self, units: int, lot: Lot = LOT) -> Posted | Refused:
        return self.post(TransactionKind.LOAD, lot, units)

    def give(self, units: int, lot: Lot = LOT) -> Posted | Refused:
        return self.post(TransactionKind.TRANSFER_OUT, lot, units)

    def take(self, units: int, lot: Lot = LOT) -> Posted | Refused:
        return self.post(TransactionKind.TRANSFER_IN, lot, units)

    def sell(self, units: int) -> Posted | Refused:
        return self.post(TransactionKind.SALE, LOT, units)

    @property
    def slices(self) -> tuple[Slice, ...]:
        return self.journal.slices(ALICE)


@pytest.fixture
def book() -> Iterator[apsw.Connection]:
    connection = open_book(":memory:", "ledger")
    yield connection
    connection.close()


@pytest.fixture
def till(book: apsw.Connection) -> Keeper:
    return Keeper(book, TILL)


@pytest.fixture
def hq(book: apsw.Connection) -> Keeper:
    """In one file with the till's mirror, as at HQ."""
    return Keeper(book, HEADQUARTERS)


def test_value_that_leaves_one_place_and_arrives_at_another_keeps_its_terms(till: Keeper, hq: Keeper) -> None:
    till.load(500)
    assert till.give(200) == Posted({KEY: 300})
    assert hq.take(200) == Posted({KEY: 200})
    assert till.slices == (Slice(LOT, 300),)
    assert hq.slices == (Slice(LOT, 200),)


def test_a_lot_that_comes_to_a_book_of_its_own_brings_its_expiry_along(hq: Keeper) -> None:
    other = Keeper(open_book(":memory:", "ledger"), Place("12-1"))
    assert other.take(200) == Posted({KEY: 200})
    (arrived,) = other.slices
    assert arrived == Slice(LOT, 200)
    assert arrived.spendable_on("2027-11-22")
    assert not arrived.spendable_on("2027-11-23")
    assert hq.slices == ()


def test_a_lot_that_arrives_twice_on_the_same_terms_is_one_slice(till: Keeper, book: apsw.Connection) -> None:
    till.take(200)
    assert till.take(50) == Posted({KEY: 250})
    assert till.slices == (Slice(LOT, 250),)
    assert book.execute("select count(*) from lots").get == 1


@pytest.mark.parametrize(
    "other",
    [
        Lot(KEY, "08", DATE, "2027-11-22"),
        Lot(KEY, "07", "2026-11-23", "2027-11-22"),
        Lot(KEY, "07", DATE, "2099-01-01"),
        Lot(KEY, "07", DATE),
    ],
)
def test_a_lot_on_other_terms_neither_arrives_nor_leaves(till: Keeper, book: apsw.Connection, other: Lot) -> None:
    """Else whoever passes value on could make it last for ever, or let another store answer for it."""
    till.take(200)
    entries = book.execute("select count(*) from entries").get
    assert till.take(1, other) == till.give(1, other) == Refused(Refusal.LOT_DIFFERS)
    assert till.slices == (Slice(LOT, 200),)
    assert book.execute("select count(*) from entries").get == entries


def test_a_lot_without_expiry_does_not_get_one_on_its_way(till: Keeper) -> None:
    till.load(500, Lot(KEY, "07", DATE))
    assert till.take(1, LOT) == Refused(Refusal.LOT_DIFFERS)
    assert till.take(1, Lot(KEY, "07", DATE)) == Posted({KEY: 501})


def test_a_slice_that_went_home_may_come_again_and_go_again(till: Keeper, hq: Keeper) -> None:
    till.load(500)
    for _ in range(3):
        assert till.give(500) == Posted({KEY: 0})
        assert till.slices == ()
        assert hq.take(500) == Posted({KEY: 500})
        assert hq.give(500) == Posted({KEY: 0})
        assert till.take(500) == Posted({KEY: 500})
    assert till.sell(500) == Posted({KEY: 0})
    assert till.give(1) == till.sell(1) == Refused(Refusal.BELOW_ZERO)


def test_what_is_known_of_a_lot_elsewhere_in_the_file_is_not_held_here(till: Keeper, hq: Keeper) -> None:
    till.load(500)
    assert hq.give(1) == hq.sell(1) == Refused(Refusal.BELOW_ZERO)


def test_a_lot_that_came_from_elsewhere_is_not_opened_once_more(till: Keeper) -> None:
    till.take(10)
    assert till.load(500) == Refused(Refusal.LOT_ALREADY_OPEN)


def test_what_a_lost_till_held_is_not_what_its_successor_holds(book: apsw.Connection) -> None:
    lost, next_one = Keeper(book, TILL, 1), Keeper(book, TILL, 2)
    lost.load(500)
    assert next_one.slices == ()
    assert next_one.sell(1) == next_one.give(1) == Refused(Refusal.BELOW_ZERO)
    next_one.take(20)
    assert (lost.journal.everything(), next_one.journal.everything()) == ({KEY: 500}, {KEY: 20})
    lost.sell(500)
    assert (lost.journal.everything(), next_one.journal.everything()) == ({}, {KEY: 20})


def test_a_keeper_takes_what_was_given_once_in_all_its_epochs(book: apsw.Connection) -> None:
    taken = RecordRef(TILL, 1, 9).taken
    first, second = Keeper(book, HEADQUARTERS, 1), Keeper(book, HEADQUARTERS, 2)
    assert isinstance(first.post(TransactionKind.TRANSFER_IN, LOT, 5, taken), Posted)
    assert second.journal.knows_operation(taken)
    assert not Keeper(book, TILL).journal.knows_operation(taken)
    with pytest.raises(apsw.ConstraintError):
        second.post(TransactionKind.TRANSFER_IN, LOT, 5, taken)


def test_what_is_refused_leaves_no_trace(till: Keeper, book: apsw.Connection) -> None:
    assert till.give(1) == Refused(Refusal.LOT_UNKNOWN)
    assert [book.execute(query).get for query in COUNTS] == [0, 0, 0]


def test_a_lot_is_opened_behind_a_refund_elsewhere_that_was_heard_before(book: apsw.Connection) -> None:
    """As when HQ's book was put back: the refund has taken back a part of what the sale brought, and comes first."""
    seller, other = (SqliteJournal(book, place, 1, is_mirror=True) for place in (TILL, Place("12-1")))
    gone = Leg(*KEY, Side.ISSUED, 20), Leg(*KEY, Side.OWED, -20)
    refund = Transaction(TransactionKind.REFUND, OperationId("operation-2"), gone, carries=(LOT,))
    assert isinstance(other.post(refund, RecordRef(Place("12-1"), 1, 2), DATE), Posted)
    brought = Leg(*KEY, Side.ISSUED, -100), Leg(*KEY, Side.HELD, 100)
    sale = Transaction(TransactionKind.SALE, OperationId("operation-1"), brought, opens=(LOT,))
    assert seller.post(sale, RecordRef(TILL, 1, 2), DATE) == Posted({KEY: 100})
    assert seller.post(sale, RecordRef(TILL, 1, 3), DATE) == Refused(Refusal.LOT_ALREADY_OPEN)
