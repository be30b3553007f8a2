"""The audit finds every fault that a chain or a book can have, and names the record."""

from dataclasses import replace

import msgspec
import pytest

from ledger.audit import REFUSED, Book, Closing, Entry, Finding, Heading, Line, Posting, Replayed, compare, replay
from ledger.digest import digest
from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, Place, RecordRef
from ledger.judging import Refusal
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind

TILL = Place("07-2")
ALICE = AccountId("alice")
KEY = SliceKey(ALICE, Purse.PRINCIPAL, LotId("07-2/1/2"))
BONUS = SliceKey(ALICE, Purse.BONUS, LotId("07-2/1/2"))


def ref(sequence: int) -> RecordRef:
    return RecordRef(TILL, 1, sequence)


def posting(sequence: int, receipt: int, *legs: Leg, opens: tuple[Lot, ...] = (), operation: str = "") -> Posting:
    kind = TransactionKind.LOAD if opens else TransactionKind.SALE
    made = Transaction(kind, OperationId(operation or f"operation-{sequence}"), legs, opens)
    return Posting(ref(sequence), "2026-11-22", receipt, made)


def moved(key: SliceKey, units: int, start: Side = Side.HELD, end: Side = Side.SPENT) -> tuple[Leg, Leg]:
    return Leg(*key, start, -units), Leg(*key, end, units)


LOT, BONUS_LOT = Lot(KEY, "07", "2026-11-22"), Lot(BONUS, "07", "2026-11-22")
LOAD = posting(
    2,
    1,
    *moved(KEY, 500, Side.ISSUED, Side.HELD),
    *moved(BONUS, 60, Side.ISSUED, Side.HELD),
    opens=(LOT, BONUS_LOT),
)
SALE = posting(3, 2, *moved(KEY, 200))
EMPTY_LOAD = Transaction(TransactionKind.LOAD, OperationId("operation-3"), ())
CLOSING = Closing(ref(4), digest({KEY: 300, BONUS: 60}))
DAY: tuple[Line, ...] = (LOAD, SALE, CLOSING)


def said(*lines: Line) -> list[str]:
    return [str(finding) for finding in replay(lines).findings]


def test_a_good_day_is_replayed_without_a_word() -> None:
    replayed = replay(DAY)
    assert replayed.findings == ()
    assert replayed.book.slices == {KEY: 300, BONUS: 60}
    assert replayed.book.lots == {KEY: LOT, BONUS: BONUS_LOT}
    assert replayed.book.entries[Entry(ref(3), KEY, Side.SPENT)] == 200
    assert replayed.book.transactions[ref(2)] == Heading(TransactionKind.LOAD, OperationId("operation-2"), "2026-11-22")


def test_a_slice_that_is_spent_to_the_last_is_gone() -> None:
    assert replay([LOAD, posting(3, 2, *moved(KEY, 500))]).book.slices == {BONUS: 60}


def test_an_empty_chain_proves_an_empty_book() -> None:
    assert replay([]).book == Book()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (posting(3, 2, *moved(KEY, 501)), "07-2/1/3: it takes value that was not there"),
        (posting(3, 2, Leg(*KEY, Side.HELD, -5)), "07-2/1/3: what it moves does not sum to zero"),
        (posting(3, 2, *moved(KEY, 1), *moved(KEY, 1)), "07-2/1/3: it moves the same side of the same lot twice"),
        (Posting(ref(3), "2026-11-22", 2, EMPTY_LOAD), "07-2/1/3: it moves nothing"),
        (
            posting(3, 2, *moved(KEY._replace(lot=LotId("07-2/1/9")), 1)),
            "07-2/1/3: it moves value of a lot that no record before it has opened",
        ),
        (posting(3, 3, *moved(KEY, 1)), "07-2/1/3: its receipt has number 3, expected 2"),
        (posting(3, 1, *moved(KEY, 1)), "07-2/1/3: its receipt has number 1, expected 2"),
        (
            posting(3, 2, *moved(KEY, 1), operation="operation-2"),
            "07-2/1/3: operation operation-2 had its effect in 07-2/1/2",
        ),
        (Closing(ref(3), digest({KEY: 500})), "07-2/1/3: its digest is not that of what lay here"),
    ],
)
def test_a_fault_of_the_chain_is_found_and_named(fault: Line, words: str) -> None:
    assert said(LOAD, fault) == [words]


def test_a_lot_is_opened_by_the_record_that_it_is_named_after() -> None:
    elsewhere = msgspec.structs.replace(LOT, key=KEY._replace(lot=LotId("07-2/1/9")))
    odd = posting(2, 1, *moved(elsewhere.key, 5, Side.ISSUED, Side.HELD), opens=(elsewhere,))
    assert said(odd) == ["07-2/1/2: it opens a lot under the name of another record"]


def test_a_lot_that_is_opened_twice_is_found() -> None:
    again = posting(3, 2, *moved(KEY, 5, Side.ISSUED, Side.HELD), opens=(LOT,))
    assert "07-2/1/3: it opens a lot that was open already" in said(LOAD, again)


def transferred(
    sequence: int, kind: TransactionKind, units: int, lot: Lot = LOT, giver: RecordRef | None = None
) -> Posting:
    """A transfer has no slip, hence no receipt number; taken, it is named after the record that gave it."""
    out = kind is TransactionKind.TRANSFER_OUT
    falls, rises = (Side.HELD, Side.IN_TRANSIT) if out else (Side.IN_TRANSIT, Side.HELD)
    operation = ref(sequence).given if out else (giver or RecordRef(HEADQUARTERS, 1, sequence)).taken
    made = Transaction(kind, operation, moved(lot.key, units, falls, rises), carries=(lot,))
    return Posting(ref(sequence), "2026-11-22", None, made)


OUT, IN = TransactionKind.TRANSFER_OUT, TransactionKind.TRANSFER_IN


def test_what_goes_to_another_place_and_comes_again_is_replayed_without_a_word() -> None:
    day = LOAD, transferred(3, OUT, 500), transferred(4, IN, 200), posting(5, 2, *moved(KEY, 150))
    replayed = replay([*day, Closing(ref(6), digest({KEY: 50, BONUS: 60}))])
    assert replayed.findings == ()
    assert replayed.book.entries[Entry(ref(3), KEY, Side.IN_TRANSIT)] == 500
    assert replayed.book.entries[Entry(ref(4), KEY, Side.IN_TRANSIT)] == -200
    assert replayed.book.transactions[ref(4)] == Heading(IN, OperationId("taken/hq/1/4"), "2026-11-22")


def test_a_lot_that_came_from_elsewhere_is_in_the_book_on_the_terms_that_came_with_it() -> None:
    foreign = Lot(KEY._replace(lot=LotId("12-1/3/9")), "12", "2026-10-01", "2027-10-01")
    replayed = replay([transferred(2, IN, 70, foreign), posting(3, 1, *moved(foreign.key, 70))])
    assert replayed == Replayed(replayed.book, ())
    assert replayed.book.lots == {foreign.key: foreign}
    assert replayed.book.slices == {}


def test_a_transfer_takes_no_receipt_number_away() -> None:
    assert said(LOAD, transferred(3, OUT, 5), posting(4, 2, *moved(KEY, 1))) == []
    assert said(LOAD, transferred(3, OUT, 5), posting(4, 3, *moved(KEY, 1))) == [
        "07-2/1/4: its receipt has number 3, expected 2"
    ]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (transferred(3, OUT, 501), "it takes value that was not there"),
        (
            transferred(3, OUT, 5, msgspec.structs.replace(LOT, expires_on="2099-01-01")),
            "it names other terms of a lot",
        ),
        (transferred(3, IN, 5, msgspec.structs.replace(LOT, store="08")), "it names other terms of a lot"),
        (
            transferred(3, OUT, 5, msgspec.structs.replace(LOT, key=KEY._replace(lot=LotId("07-2/1/9")))),
            "it moves value of a lot that no record before it has opened",
        ),
        (transferred(3, IN, -5), "it moves units to or from where its kind of transaction does not move them"),
    ],
)
def test_a_fault_of_a_transfer_is_found_and_named(fault: Posting, words: str) -> None:
    (found,) = said(LOAD, fault)
    assert found.startswith(f"07-2/1/3: {words}")


def test_a_transfer_whose_lots_are_not_those_that_it_names_is_found() -> None:
    fault = transferred(3, IN, 5)
    for carries in ((), (LOT, LOT), (LOT, BONUS_LOT)):
        made = Transaction(IN, fault.transaction.operation_id, fault.transaction.legs, carries=carries)
        (found,) = said(LOAD, replace(fault, transaction=made))
        assert found.startswith("07-2/1/3: the lots whose terms it names are not those that it moves")


def test_what_was_given_once_and_is_taken_twice_is_found() -> None:
    giver = RecordRef(HEADQUARTERS, 1, 40)
    assert said(transferred(2, IN, 5, giver=giver), transferred(3, IN, 5, giver=giver)) == [
        "07-2/1/3: operation taken/hq/1/40 had its effect in 07-2/1/2"
    ]


def test_a_record_that_comes_twice_is_found() -> None:
    assert "07-2/1/3: this record was posted before" in said(LOAD, SALE, SALE)


def test_what_was_below_zero_in_between_is_found_even_if_the_end_is_right() -> None:
    early, late = posting(3, 2, *moved(KEY, 501)), transferred(4, TransactionKind.TRANSFER_IN, 100)
    replayed = replay([LOAD, early, late])
    assert [str(finding) for finding in replayed.findings] == ["07-2/1/3: it takes value that was not there"]
    assert replayed.book.slices[KEY] == 99


def test_after_a_fault_the_audit_goes_on_with_what_was_signed() -> None:
    replayed = replay([LOAD, posting(3, 2, *moved(KEY, 501)), posting(4, 4, *moved(BONUS, 1))])
    assert [finding.at for finding in replayed.findings] == ["07-2/1/3", "07-2/1/4"]
    assert replayed.book.slices == {KEY: -1, BONUS: 59}


def test_every_refusal_of_the_book_has_words() -> None:
    assert REFUSED.keys() == set(Refusal)


def book() -> Book:
    return replay(DAY).book


def differences(kept: Book) -> list[str]:
    return [str(finding) for finding in compare(book(), kept)]


def test_a_true_book_has_no_difference() -> None:
    assert differences(book()) == []


def test_a_balance_that_was_changed_by_hand_is_found() -> None:
    kept = book()
    kept.slices[KEY] = 999
    assert differences(kept) == [
        "07-2/1/2: the book has 999 units as the principal that account alice has of it, and the chain proves 300 units"
    ]


def test_a_slice_that_is_gone_or_invented_is_found() -> None:
    kept, stranger = book(), SliceKey(AccountId("mallory"), Purse.PRINCIPAL, LotId("07-2/1/2"))
    del kept.slices[BONUS]
    kept.slices[stranger] = 5
    assert differences(kept) == [
        "07-2/1/2: the book has nothing as the bonus that account alice has of it, and the chain proves 60 units",
        "07-2/1/2: the book has 5 units as the principal that account mallory has of it, and the chain proves nothing",
    ]


def test_a_changed_entry_is_found_by_its_record() -> None:
    kept = book()
    kept.entries[Entry(ref(3), KEY, Side.SPENT)] = 2
    del kept.entries[Entry(ref(3), KEY, Side.HELD)]
    assert differences(kept) == [
        (
            "07-2/1/3: the book has nothing as the held principal of account alice, lot 07-2/1/2,"
            " and the chain proves -200 units"
        ),
        (
            "07-2/1/3: the book has 2 units as the spent principal of account alice, lot 07-2/1/2,"
            " and the chain proves 200 units"
        ),
    ]


def test_a_changed_lot_or_transaction_is_found() -> None:
    kept = book()
    kept.lots[KEY] = msgspec.structs.replace(LOT, expires_on="2026-11-23")
    kept.transactions[ref(3)] = kept.transactions[ref(3)]._replace(business_date="2026-11-21")
    del kept.transactions[ref(2)]
    found = differences(kept)
    assert len(found) == 3
    assert "07-2/1/2: the book has nothing as its transaction, and the chain proves load operation-2" in found[0]
    assert "07-2/1/3: the book has sale operation-3 on 2026-11-21 as its transaction" in found[1]
    assert "a lot of store 07 from 2026-11-22 to 2026-11-23" in found[2]


def test_a_finding_says_where_and_what() -> None:
    assert str(Finding("07-2/1/31", "it moves nothing")) == "07-2/1/31: it moves nothing"
