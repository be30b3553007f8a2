"""The rules of the book as a table: each is broken alone, and with every rule that comes after it."""

import pytest

from ledger.amounts import UNITS_MAX
from ledger.ids import AccountId, LotId, OperationId
from ledger.judging import Posted, Refusal, Refused, judge
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind

OLD = SliceKey(AccountId("alice"), Purse.PRINCIPAL, LotId("07-2/1/2"))
NEW = SliceKey(AccountId("alice"), Purse.PRINCIPAL, LotId("07-2/1/3"))
STRANGE = SliceKey(AccountId("alice"), Purse.BONUS, LotId("07-2/1/2"))
NEW_LOT = Lot(NEW, "07", "2026-11-22")
HELD = {OLD: 100}


def made(*legs: Leg, opens: tuple[Lot, ...] = ()) -> Transaction:
    return Transaction(TransactionKind.CHARGE, OperationId("operation-1"), legs, opens)


def moved(key: SliceKey, units: int, start: Side = Side.HELD, end: Side = Side.SPENT) -> tuple[Leg, Leg]:
    return Leg(*key, start, -units), Leg(*key, end, units)


LOAD = made(*moved(NEW, 500, Side.ISSUED, Side.HELD), opens=(NEW_LOT,))
OLD_LOT = Lot(OLD, "07", "2026-11-22")
BOBS = OLD._replace(account=AccountId("bob"))

BREAKING: dict[Refusal, list[Transaction]] = {
    Refusal.NO_LEGS: [made(), made(opens=(NEW_LOT,))],
    Refusal.UNITS_OUT_OF_RANGE: [
        made(*moved(OLD, 0)),
        made(*moved(NEW, UNITS_MAX + 1, Side.ISSUED, Side.HELD), opens=(NEW_LOT,)),
    ],
    Refusal.LEG_REPEATED: [made(*moved(OLD, 10), *moved(OLD, 5))],
    Refusal.UNBALANCED: [
        made(Leg(*OLD, Side.HELD, -10), Leg(*OLD, Side.SPENT, 9)),
        made(Leg(*OLD, Side.HELD, -10), Leg(*STRANGE, Side.SPENT, 10)),
        made(Leg(*OLD, Side.HELD, -10), Leg(*BOBS, Side.SPENT, 10)),
        made(Leg(*OLD, Side.HELD, 1)),
    ],
    Refusal.LOT_ALREADY_OPEN: [
        made(*moved(OLD, 10, Side.ISSUED, Side.HELD), opens=(OLD_LOT,)),
        made(*moved(NEW, 10, Side.ISSUED, Side.HELD), opens=(NEW_LOT, NEW_LOT)),
    ],
    Refusal.LOT_UNKNOWN: [made(*moved(STRANGE, 10, Side.ISSUED, Side.HELD)), made(*moved(BOBS, 10))],
    Refusal.BELOW_ZERO: [made(*moved(OLD, 101)), made(*moved(NEW, 1), opens=(NEW_LOT,))],
}


def test_a_load_opens_its_lot_and_holds_it() -> None:
    assert judge(LOAD, HELD, {OLD}) == Posted({NEW: 500})


def test_a_charge_lowers_what_is_held_to_zero_at_most() -> None:
    assert judge(made(*moved(OLD, 40)), HELD, {OLD}) == Posted({OLD: 60})
    assert judge(made(*moved(OLD, 100)), HELD, {OLD}) == Posted({OLD: 0})


def test_one_transaction_may_move_several_lots() -> None:
    both = made(*moved(OLD, 100), *moved(STRANGE, 7))
    assert judge(both, HELD | {STRANGE: 10}, {OLD, STRANGE}) == Posted({OLD: 0, STRANGE: 3})


@pytest.mark.parametrize(("reason", "transaction"), [(r, t) for r, ts in BREAKING.items() for t in ts])
def test_a_broken_rule_is_named(reason: Refusal, transaction: Transaction) -> None:
    assert judge(transaction, HELD, {OLD}) == Refused(reason)


def test_every_refusal_has_its_row() -> None:
    assert BREAKING.keys() == set(Refusal)


BREAKS: dict[Refusal, tuple[tuple[Leg, ...], tuple[Lot, ...]]] = {
    Refusal.UNITS_OUT_OF_RANGE: ((Leg(*OLD, Side.ISSUED, 0),), ()),
    Refusal.LEG_REPEATED: (moved(OLD, 1) + moved(OLD, 1), ()),
    Refusal.UNBALANCED: ((Leg(*OLD, Side.SPENT, 3),), ()),
    Refusal.LOT_ALREADY_OPEN: ((), (OLD_LOT,)),
    Refusal.LOT_UNKNOWN: (moved(STRANGE, 1, Side.ISSUED, Side.HELD), ()),
    Refusal.BELOW_ZERO: (moved(NEW, 1), (NEW_LOT,)),
}


@pytest.mark.parametrize("first", range(len(BREAKS)))
def test_of_several_broken_rules_the_lowest_number_is_said(first: int) -> None:
    broken = sorted(BREAKS)[first:]
    legs = tuple(leg for reason in broken for leg in BREAKS[reason][0])
    opens = tuple(lot for reason in broken for lot in BREAKS[reason][1])
    assert judge(made(*legs, opens=opens), HELD, {OLD}) == Refused(broken[0])


def test_a_transaction_tells_what_it_leaves_unbalanced_per_lot() -> None:
    legs = Leg(*OLD, Side.HELD, -10), Leg(*OLD, Side.SPENT, 9), Leg(*STRANGE, Side.HELD, 1)
    assert made(*legs).imbalance() == {OLD: -1, STRANGE: 1}
    assert LOAD.imbalance() == {}
    assert LOAD.held_changes() == {NEW: 500}
