"""The rules of the book as a table: each is broken alone, and with every rule that comes after it."""

import pytest

from ledger.amounts import UNITS_MAX
from ledger.ids import AccountId, LotId, OperationId
from ledger.judging import Posted, Refusal, Refused, judge
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind

SALE, LOAD, OUT, IN = (
    TransactionKind.SALE,
    TransactionKind.LOAD,
    TransactionKind.TRANSFER_OUT,
    TransactionKind.TRANSFER_IN,
)
SIDES = {
    SALE: (Side.HELD, Side.SPENT),
    LOAD: (Side.ISSUED, Side.HELD),
    OUT: (Side.HELD, Side.IN_TRANSIT),
    IN: (Side.IN_TRANSIT, Side.HELD),
}
"""From where to where each kind moves units, and nothing else (docs/wire-protocol.md, section 7)."""

OLD = SliceKey(AccountId("alice"), Purse.PRINCIPAL, LotId("07-2/1/2"))
NEW = SliceKey(AccountId("alice"), Purse.PRINCIPAL, LotId("07-2/1/3"))
STRANGE = SliceKey(AccountId("alice"), Purse.BONUS, LotId("07-2/1/2"))
BOBS = OLD._replace(account=AccountId("bob"))
OLD_LOT, NEW_LOT, BOBS_LOT, STRANGE_LOT = (Lot(key, "07", "2026-11-22") for key in (OLD, NEW, BOBS, STRANGE))
OTHER_TERMS = [
    Lot(OLD, "08", "2026-11-22"),
    Lot(OLD, "07", "2026-11-23"),
    Lot(OLD, "07", "2026-11-22", "2027-11-22"),
]
HELD = {OLD: 100}
KNOWN = {OLD: OLD_LOT}


def made(kind: TransactionKind, *legs: Leg, opens: tuple[Lot, ...] = (), carries: tuple[Lot, ...] = ()) -> Transaction:
    return Transaction(kind, OperationId("operation-1"), legs, opens, carries)


def moved(kind: TransactionKind, key: SliceKey, units: int) -> tuple[Leg, Leg]:
    falls, rises = SIDES[kind]
    return Leg(*key, falls, -units), Leg(*key, rises, units)


def sale(key: SliceKey, units: int) -> Transaction:
    return made(SALE, *moved(SALE, key, units))


def load(lot: Lot, units: int) -> Transaction:
    return made(LOAD, *moved(LOAD, lot.key, units), opens=(lot,))


def transfer(kind: TransactionKind, lot: Lot, units: int) -> Transaction:
    return made(kind, *moved(kind, lot.key, units), carries=(lot,))


BREAKING: dict[Refusal, list[Transaction]] = {
    Refusal.NO_LEGS: [made(LOAD, opens=(NEW_LOT,)), made(OUT), made(IN, carries=(OLD_LOT,))],
    Refusal.UNITS_OUT_OF_RANGE: [
        sale(OLD, 0),
        load(NEW_LOT, UNITS_MAX + 1),
        transfer(OUT, OLD_LOT, 0),
        transfer(IN, OLD_LOT, UNITS_MAX + 1),
        transfer(IN, OLD_LOT, 2**63),
        transfer(IN, OLD_LOT, -(2**64)),
    ],
    Refusal.LEG_REPEATED: [
        made(SALE, *moved(SALE, OLD, 10), *moved(SALE, OLD, 5)),
        made(OUT, *moved(OUT, OLD, 10), *moved(OUT, OLD, 5), carries=(OLD_LOT,)),
        made(IN, *moved(IN, OLD, 10), *moved(IN, OLD, 10), carries=(OLD_LOT, OLD_LOT)),
    ],
    Refusal.WRONG_SIDE: [sale(OLD, -10), transfer(OUT, OLD_LOT, -10), transfer(IN, OLD_LOT, -10)],
    Refusal.UNBALANCED: [
        made(SALE, Leg(*OLD, Side.HELD, -10), Leg(*OLD, Side.SPENT, 9)),
        made(SALE, Leg(*OLD, Side.HELD, -10), Leg(*STRANGE, Side.SPENT, 10)),
        made(SALE, Leg(*OLD, Side.HELD, -10), Leg(*BOBS, Side.SPENT, 10)),
        made(LOAD, Leg(*OLD, Side.HELD, 1)),
        made(IN, Leg(*OLD, Side.HELD, 10), carries=(OLD_LOT,)),
        made(IN, Leg(*OLD, Side.IN_TRANSIT, -10), Leg(*BOBS, Side.HELD, 10), carries=(OLD_LOT, BOBS_LOT)),
    ],
    Refusal.LOT_NOT_ISSUED: [
        made(LOAD, *moved(LOAD, NEW, 10)),
        made(LOAD, *moved(LOAD, NEW, 10), opens=(NEW_LOT, STRANGE_LOT)),
        made(LOAD, *moved(LOAD, NEW, 10), opens=(BOBS_LOT,)),
        made(LOAD, *moved(LOAD, STRANGE, 10)),
        made(SALE, *moved(SALE, OLD, 10), opens=(OLD_LOT,)),
        made(IN, *moved(IN, NEW, 10), opens=(NEW_LOT,), carries=(NEW_LOT,)),
    ],
    Refusal.LOT_ALREADY_OPEN: [
        load(OLD_LOT, 10),
        made(LOAD, *moved(LOAD, NEW, 10), opens=(NEW_LOT, NEW_LOT)),
    ],
    Refusal.LOT_NOT_CARRIED: [
        made(OUT, *moved(OUT, OLD, 10)),
        made(IN, *moved(IN, NEW, 10)),
        made(IN, *moved(IN, NEW, 10), carries=(NEW_LOT, NEW_LOT)),
        made(IN, *moved(IN, NEW, 10), carries=(NEW_LOT, STRANGE_LOT)),
        made(SALE, *moved(SALE, OLD, 10), carries=(OLD_LOT,)),
        made(LOAD, *moved(LOAD, NEW, 10), opens=(NEW_LOT,), carries=(NEW_LOT,)),
    ],
    Refusal.LOT_DIFFERS: [transfer(kind, lot, 10) for kind in (OUT, IN) for lot in OTHER_TERMS],
    Refusal.LOT_UNKNOWN: [sale(BOBS, 10), sale(STRANGE, 10), transfer(OUT, NEW_LOT, 10)],
    Refusal.BELOW_ZERO: [sale(OLD, 101), transfer(OUT, OLD_LOT, 101)],
}


def test_a_load_opens_its_lot_and_holds_it() -> None:
    assert judge(load(NEW_LOT, 500), HELD, KNOWN) == Posted({NEW: 500})


def test_a_sale_lowers_what_is_held_to_zero_at_most() -> None:
    assert judge(sale(OLD, 40), HELD, KNOWN) == Posted({OLD: 60})
    assert judge(sale(OLD, 100), HELD, KNOWN) == Posted({OLD: 0})


def test_value_leaves_for_another_place_to_the_last_unit() -> None:
    assert judge(transfer(OUT, OLD_LOT, 40), HELD, KNOWN) == Posted({OLD: 60})
    assert judge(transfer(OUT, OLD_LOT, 100), HELD, KNOWN) == Posted({OLD: 0})


def test_value_arrives_with_a_lot_that_is_known_here_or_is_not() -> None:
    assert judge(transfer(IN, OLD_LOT, 40), HELD, KNOWN) == Posted({OLD: 140})
    assert judge(transfer(IN, OLD_LOT, 40), {}, KNOWN) == Posted({OLD: 40})
    assert judge(transfer(IN, NEW_LOT, 40), HELD, KNOWN) == Posted({NEW: 40})
    expiring = OTHER_TERMS[2]
    assert judge(transfer(IN, expiring, 40), {}, {}) == Posted({OLD: 40})
    assert judge(transfer(IN, expiring, 40), {}, {OLD: expiring}) == Posted({OLD: 40})


def test_one_transaction_may_move_several_lots() -> None:
    both = made(SALE, *moved(SALE, OLD, 100), *moved(SALE, STRANGE, 7))
    assert judge(both, HELD | {STRANGE: 10}, KNOWN | {STRANGE: STRANGE_LOT}) == Posted({OLD: 0, STRANGE: 3})
    brought = made(IN, *moved(IN, OLD, 1), *moved(IN, NEW, 2), carries=(NEW_LOT, OLD_LOT))
    assert judge(brought, HELD, KNOWN) == Posted({OLD: 101, NEW: 2})


@pytest.mark.parametrize(("reason", "transaction"), [(r, t) for r, ts in BREAKING.items() for t in ts])
def test_a_broken_rule_is_named(reason: Refusal, transaction: Transaction) -> None:
    assert judge(transaction, HELD, KNOWN) == Refused(reason)


def test_every_refusal_has_its_row() -> None:
    assert BREAKING.keys() == set(Refusal)


@pytest.mark.parametrize("kind", SIDES)
@pytest.mark.parametrize("falls", Side)
@pytest.mark.parametrize("rises", Side)
def test_a_kind_moves_units_between_its_two_sides_and_no_others(
    kind: TransactionKind, falls: Side, rises: Side
) -> None:
    key = NEW if kind is LOAD else OLD
    lot = NEW_LOT if kind is LOAD else OLD_LOT
    opens, carries = (lot,) if kind is LOAD else (), (lot,) if kind.is_transfer else ()
    verdict = judge(made(kind, Leg(*key, falls, -10), Leg(*key, rises, 10), opens=opens, carries=carries), HELD, KNOWN)
    if (falls, rises) == SIDES[kind]:
        assert isinstance(verdict, Posted)
    else:
        # A sale issues points, too: of a lot that is new.
        issues = kind is SALE and falls is Side.ISSUED and rises in (Side.HELD, Side.SPENT)
        wrong = Refusal.LOT_NOT_ISSUED if issues else Refusal.WRONG_SIDE
        assert verdict == Refused(Refusal.LEG_REPEATED if falls is rises else wrong)


@pytest.mark.parametrize("kind", [TransactionKind.REFUND, TransactionKind.VOID])
def test_what_is_owed_is_taken_back_and_never_becomes_the_members(kind: TransactionKind) -> None:
    """Each leg is one of its kind's; together they would make value out of a debt."""
    minted = Leg(*OLD, Side.OWED, -10), Leg(*OLD, Side.HELD, 10)
    in_part = Leg(*OLD, Side.OWED, -10), Leg(*OLD, Side.ISSUED, 4), Leg(*OLD, Side.HELD, 6)
    for legs in (minted, in_part):
        assert judge(made(kind, *legs), HELD, KNOWN) == Refused(Refusal.WRONG_SIDE)
    rightly = Leg(*OLD, Side.OWED, -10), Leg(*OLD, Side.HELD, -100), Leg(*OLD, Side.ISSUED, 110)
    assert judge(made(kind, *rightly), HELD, KNOWN) == Posted({OLD: 0})


def test_a_netting_takes_what_is_owed_and_spends_nothing() -> None:
    """Which lot has paid for what was spent may change; how much was spent may not."""
    other = OLD._replace(lot=LotId("07-2/1/1"))
    known, held = KNOWN | {other: Lot(other, "07", "2026-11-22")}, {**HELD, other: 10}
    own = Leg(*OLD, Side.HELD, -10), Leg(*OLD, Side.OWED, 10)
    swap = (
        Leg(*other, Side.HELD, -10),
        Leg(*other, Side.SPENT, 10),
        Leg(*OLD, Side.SPENT, -10),
        Leg(*OLD, Side.OWED, 10),
    )
    assert judge(netting(*own, lots=(OLD,)), held, known) == Posted({OLD: 90})
    assert judge(netting(*swap, lots=(OLD, other)), held, known) == Posted({other: 0})
    never_here = {lot: terms for lot, terms in known.items() if lot != OLD}
    assert judge(netting(*swap, lots=(OLD, other)), {other: 10}, never_here) == Posted({other: 0})
    assert judge(netting(*swap, lots=(other,)), held, known) == Refused(Refusal.LOT_NOT_CARRIED)
    spends = Leg(*other, Side.HELD, -10), Leg(*other, Side.SPENT, 10)
    revives = Leg(*OLD, Side.SPENT, -10), Leg(*OLD, Side.OWED, 10)
    owes = Leg(*OLD, Side.OWED, -10), Leg(*OLD, Side.HELD, 10)
    for legs in (spends, revives, owes):
        assert judge(netting(*legs, lots=(OLD, other)), held, known) == Refused(Refusal.WRONG_SIDE)


def netting(*legs: Leg, lots: tuple[SliceKey, ...]) -> Transaction:
    return made(TransactionKind.NETTING, *legs, carries=tuple(Lot(lot, "07", "2026-11-22") for lot in lots))


def test_a_transfer_has_another_half_and_nothing_else_has() -> None:
    assert [kind for kind in TransactionKind if kind.is_transfer] == [OUT, IN, TransactionKind.READOPTION]


EMPTY = OLD._replace(lot=LotId("07-2/1/1"))
EMPTY_LOT = Lot(EMPTY, "07", "2026-11-22")
"""Known here, and nothing of it is left."""

BREAKS: dict[Refusal, Transaction] = {
    Refusal.UNITS_OUT_OF_RANGE: made(OUT, Leg(*OLD, Side.ISSUED, 0)),
    Refusal.LEG_REPEATED: made(OUT, *moved(OUT, NEW, 1)),
    Refusal.WRONG_SIDE: made(OUT, *moved(SALE, BOBS, 1)),
    Refusal.UNBALANCED: made(OUT, Leg(*BOBS, Side.IN_TRANSIT, 3)),
    Refusal.LOT_NOT_ISSUED: made(OUT, opens=(STRANGE_LOT,)),
    Refusal.LOT_NOT_CARRIED: made(OUT, carries=(STRANGE_LOT,)),
    Refusal.LOT_DIFFERS: made(OUT, *moved(OUT, OLD, 1), carries=(OTHER_TERMS[0],)),
    Refusal.LOT_UNKNOWN: made(OUT, *moved(OUT, NEW, 1), carries=(NEW_LOT,)),
    Refusal.BELOW_ZERO: made(OUT, *moved(OUT, EMPTY, 1), carries=(EMPTY_LOT,)),
}
"""Each breaks its own rule beside those that follow. LOT_ALREADY_OPEN needs a lot that is issued: the next table."""


@pytest.mark.parametrize("first", range(len(BREAKS)))
def test_of_several_broken_rules_the_lowest_number_is_said(first: int) -> None:
    broken = sorted(BREAKS)[first:]
    several = [BREAKS[reason] for reason in broken]
    legs = [leg for one in several for leg in one.legs]
    opens, carries = ([lot for one in several for lot in one.opens], [lot for one in several for lot in one.carries])
    transaction = made(OUT, *legs, opens=tuple(opens), carries=tuple(carries))
    assert judge(transaction, HELD, KNOWN | {EMPTY: EMPTY_LOT}) == Refused(broken[0])


@pytest.mark.parametrize(
    ("transaction", "reason"),
    [
        (made(LOAD, *moved(LOAD, OLD, 10), opens=(OLD_LOT, NEW_LOT), carries=(OLD_LOT,)), Refusal.LOT_NOT_ISSUED),
        (made(LOAD, *moved(LOAD, OLD, 10), opens=(OLD_LOT,), carries=(OTHER_TERMS[0],)), Refusal.LOT_ALREADY_OPEN),
        (made(LOAD, *moved(LOAD, NEW, 10), opens=(NEW_LOT,), carries=(OTHER_TERMS[0],)), Refusal.LOT_NOT_CARRIED),
    ],
)
def test_a_lot_that_is_open_already_comes_between_issued_and_carried(transaction: Transaction, reason: Refusal) -> None:
    assert judge(transaction, HELD, KNOWN) == Refused(reason)


def test_a_transaction_tells_what_it_leaves_unbalanced_per_lot() -> None:
    legs = Leg(*OLD, Side.HELD, -10), Leg(*OLD, Side.SPENT, 9), Leg(*STRANGE, Side.HELD, 1)
    assert made(SALE, *legs).imbalance() == {OLD: -1, STRANGE: 1}
    assert load(NEW_LOT, 500).imbalance() == {}
    assert load(NEW_LOT, 500).held_changes() == {NEW: 500}


def test_a_transaction_names_every_lot_of_which_it_speaks() -> None:
    assert made(OUT, *moved(OUT, OLD, 1), opens=(NEW_LOT,), carries=(BOBS_LOT,)).names() == {OLD, NEW, BOBS}


@pytest.mark.parametrize(("units", "lot", "left"), [(10, OLD_LOT, 110), (-100, OLD_LOT, 0), (5, NEW_LOT, 5)])
def test_a_write_off_gives_back_what_was_lost_and_is_undone_by_the_same_sides(units: int, lot: Lot, left: int) -> None:
    legs = Leg(*lot.key, Side.RISK, -units), Leg(*lot.key, Side.HELD, units)
    assert judge(made(TransactionKind.WRITE_OFF, *legs, carries=(lot,)), HELD, KNOWN) == Posted({lot.key: left})


@pytest.mark.parametrize("kind", [kind for kind in TransactionKind if kind is not TransactionKind.WRITE_OFF])
def test_nothing_else_is_at_the_companys_risk(kind: TransactionKind) -> None:
    legs = Leg(*OLD, Side.RISK, -10), Leg(*OLD, Side.HELD, 10)
    assert judge(made(kind, *legs, carries=(OLD_LOT,) if kind.carries else ()), HELD, KNOWN) == Refused(
        Refusal.WRONG_SIDE
    )


def test_a_write_off_takes_back_no_more_than_lies_here() -> None:
    legs = Leg(*OLD, Side.RISK, 101), Leg(*OLD, Side.HELD, -101)
    refused = judge(made(TransactionKind.WRITE_OFF, *legs, carries=(OLD_LOT,)), HELD, KNOWN)
    assert refused == Refused(Refusal.BELOW_ZERO)
