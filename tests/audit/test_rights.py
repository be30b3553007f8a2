"""The right to undo a sale, which moves from till to till: clean when one at a time has it, and named when not."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from checkout.slip_facts import SlipKind
from checkout.sold import Paid, PaidWith
from offline_queue.auditing.findings import Sort
from protocol.bodies import Applied, NewEpoch
from protocol.records import RecordKind, SignedRecord, encode_body, seal
from protocol.recoveries import Recovered
from protocol.rights import RIGHT_LOTS_MAX, Entrust, Right, RightGiven
from tests.audit.by_hand import A, Keeper, ref
from tests.audit.halves import STRANGER
from tests.audit.rights_by_hand import PRICE, Shops, at, body, other_terms

WRONG = Sort.WRONG_RIGHT


@pytest.fixture
def shops(tmp_path: Path) -> Shops:
    return Shops(tmp_path)


def there_and_back(shops: Shops) -> None:
    """A part is refunded at A, a part at B, and the rest at A."""
    shops.undo(shops.a, 2_500)
    shops.move(shops.a, shops.b)
    shops.undo(shops.b, 3_001)
    shops.move(shops.b, shops.a)
    shops.undo(shops.a, PRICE - 5_501)
    shops.send()


def entrusting(shops: Shops, given: SignedRecord) -> Entrust:
    """An order with a right that till A has given on."""
    return Entrust("operation-any", shops.a.public_key, given)


def of_nobody(shops: Shops) -> SignedRecord:
    """A right that names no record, signed by till A."""
    given = RightGiven(replace(shops.right(shops.a), record="nothing"))
    return seal(replace(shops.give(shops.a).open(), body=encode_body(given)), shops.a.key.sign)


def of_another_kind(shops: Shops) -> SignedRecord:
    """The words of a right in a record that gives none."""
    return shops.a.sign(RecordKind.PRINT, RightGiven(shops.right(shops.a)))


def forged(shops: Shops, till: Keeper, tampered: str) -> SignedRecord:
    """The till refunds half of what is left, and then more than that, or something else."""
    good = body(shops.undo(till, shops.left(till).left // 2))
    assert good.undone is not None
    paid, legs = good.undone.paid, good.legs
    changed: dict[str, dict[str, Any]] = {
        "units": {"undone": replace(good.undone, paid=tuple(replace(part, units=2 * part.units) for part in paid))},
        "tender": {"undone": replace(good.undone, paid=(*paid, Paid(PaidWith.BANK_CARD, 1)))},
        "points": {"undone": replace(good.undone, paid=(replace(paid[0], points=1), *paid[1:]))},
        "leg": {"legs": tuple(leg._replace(units=2 * leg.units) for leg in legs)},
        "lot": {"legs": tuple(leg._replace(lot=shops.lots[1]) for leg in legs)},
        "account": {"account": "another"},
    }
    return till.sign(RecordKind.TRANSACTION, replace(good, **changed[tampered]))


# All as it should be


def test_a_right_that_goes_to_another_till_and_back_is_clean_in_every_file_and_in_all_together(shops: Shops) -> None:
    there_and_back(shops)
    for count in range(1, 5):
        for keepers in combinations(shops.all, count):
            assert shops.found(*keepers) == []
    assert shops.notes() == []


def test_a_right_that_waits_at_hq_or_on_its_way_is_clean(shops: Shops) -> None:
    shops.undo(shops.a, 2_500)
    given = shops.give(shops.a)
    assert shops.found() == []
    shops.entrust(given, shops.a, shops.b)
    for keepers in (shops.all, (shops.hq,), (shops.b,)):
        assert shops.found(*keepers) == []


def test_where_nobody_tells_the_key_of_who_gave_it_on_the_report_says_so(shops: Shops) -> None:
    there_and_back(shops)
    [note] = shops.notes(shops.b)
    assert "the key of 07-2/1 is not known" in note
    assert shops.notes(shops.b, shops.a) == shops.notes(shops.hq) == []


def test_what_nobody_carried_out_in_an_earlier_epoch_hq_may_entrust_anew(shops: Shops) -> None:
    given = shops.give(shops.a)
    shops.company.order(shops.b.place, entrusting(shops, given))
    shops.hq.begin(2)
    for till in (shops.a, shops.b, shops.c):
        till.sign(RecordKind.APPLIED, Applied(shops.company.order(till.place, NewEpoch())))
    shops.send()
    shops.hq.sign(RecordKind.RECOVERED, Recovered(("ann",), (), 0))
    shops.entrust(given, shops.a, shops.c)
    assert shops.found() == []


def test_what_is_missing_from_a_chain_is_named_by_that_alone(shops: Shops) -> None:
    there_and_back(shops)
    shops.b.tamper("delete from records where kind = 'applied' and sequence > 2")
    assert WRONG not in {sort for sort, _, _ in shops.found(shops.b)}


# Who has no right


def test_a_refund_of_what_was_given_on_is_named_and_so_is_what_comes_of_both(shops: Shops) -> None:
    given = shops.give(shops.a)
    shops.entrust(given, shops.a, shops.b)
    second = shops.undo(shops.a, 4_000)
    what = f"it undoes a share of {at(shops.sale)}, and has given the right to on in {at(given)}"
    assert shops.found(shops.a) == [(WRONG, at(second), what)]
    first = shops.undo(shops.b, 7_000)
    shops.send()
    sum_ = f"11000 units of its 10000 were undone, by {at(second)}, {at(first)}"
    for keepers in ((shops.a, shops.b), (shops.hq,), shops.all):
        assert set(shops.found(*keepers)) == {(WRONG, at(second), what), (WRONG, at(shops.sale), sum_)}


def test_a_refund_before_the_right_has_come_and_one_after_it_has_gone_are_named(shops: Shops) -> None:
    shops.came[shops.b] = shops.right(shops.a), []
    early = shops.undo(shops.b, 100)
    del shops.came[shops.b]
    shops.move(shops.a, shops.b)
    shops.undo(shops.b, 100)
    given = shops.give(shops.b)
    late = shops.undo(shops.b, 100)
    shops.send()
    for keepers in ((shops.b,), (shops.hq,), shops.all):
        assert set(shops.found(*keepers)) == {
            (WRONG, at(early), f"it undoes a share of {at(shops.sale)}, and has no right to"),
            (WRONG, at(late), f"it undoes a share of {at(shops.sale)}, and has given the right to on in {at(given)}"),
        }


def test_a_till_that_replaces_another_has_no_right_to_what_that_one_has_sold(shops: Shops) -> None:
    shops.send()
    till = shops.company.replace(A)
    shops.came[till] = shops.right(shops.a), []
    refund = shops.undo(till, 100)
    assert shops.found(till) == [(WRONG, at(refund), f"it undoes a share of {at(shops.sale)}, and has no right to")]


def test_whoever_has_no_right_gives_none_on(shops: Shops) -> None:
    right = shops.right(shops.a)
    never = shops.b.sign(RecordKind.RIGHT_GIVEN, RightGiven(right))
    shops.give(shops.a)
    twice = shops.give(shops.a)
    what = f"it gives on the right to undo {at(shops.sale)}, and does not have it"
    assert shops.found(shops.a, shops.b) == [(WRONG, at(twice), what), (WRONG, at(never), what)]


def test_another_till_voids_nothing(shops: Shops) -> None:
    shops.move(shops.a, shops.b)
    whole = body(shops.undo(shops.b, PRICE))
    voided = shops.b.sign(RecordKind.TRANSACTION, replace(whole, kind=SlipKind.VOID, carries=()))
    what = f"it voids {at(shops.sale)}, and only the till that has sold can"
    assert (WRONG, at(voided), what) in shops.found(shops.b)


# What a right says


TAMPERED: dict[str, Callable[[Right], dict[str, Any]]] = {
    "paid": lambda right: {"paid": (replace(right.paid[0], units=right.paid[0].units + 1), *right.paid[1:])},
    "spent": lambda right: {"spent": (right.spent[0]._replace(units=right.spent[0].units + 1), *right.spent[1:])},
    "issued": lambda _: {"issued": ()},
    "lots": lambda right: {"lots": other_terms(right.lots)},
    "no lots": lambda _: {"lots": ()},
    "total": lambda right: {"total": right.total + 1},
    "account": lambda _: {"account": "another", "spent": (), "issued": (), "lots": ()},
    "receipt_number": lambda _: {"receipt_number": "07-2-000009"},
}


@pytest.mark.parametrize("tampered", TAMPERED)
@pytest.mark.parametrize("moved", [0, 1])
def test_a_right_that_says_more_or_else_than_is_left_is_named(shops: Shops, tampered: str, moved: int) -> None:
    till = (shops.a, shops.b)[moved]
    shops.undo(shops.a, 2_500)
    if moved:
        shops.move(shops.a, shops.b)
        shops.undo(shops.b, 100)
    given = shops.give(till, **TAMPERED[tampered](shops.right(till)))
    says = "and what it says is left of that is not what its chain leaves"
    what = f"it gives on the right to undo {at(shops.sale)}, {says}"
    for keepers in ((till,), (shops.hq,), shops.all):
        assert set(shops.found(*keepers)) == {(WRONG, at(given), what)}


def test_a_right_that_forgets_a_refund_is_named(shops: Shops) -> None:
    whole = shops.right(shops.a)
    shops.undo(shops.a, 2_500)
    given = shops.give(shops.a, paid=whole.paid, spent=whole.spent, issued=whole.issued)
    assert [(sort, where) for sort, where, _ in shops.found(shops.a)] == [(WRONG, at(given))]


def test_a_right_that_miscounts_how_often_it_moved_is_named(shops: Shops) -> None:
    shops.move(shops.a, shops.b)
    given = shops.give(shops.b, moves=1)
    what = f"it gives on the right to undo {at(shops.sale)}, as if it left a till for the 1. time, and it is the 2."
    assert shops.found(shops.b) == [(WRONG, at(given), what)]


def test_what_is_no_sale_or_has_too_many_lots_or_a_part_at_the_stores_risk_does_not_move(shops: Shops) -> None:
    right = shops.right(shops.a)
    load = shops.a.sign(RecordKind.RIGHT_GIVEN, RightGiven(replace(right, record=shops.lots[0])))
    many = shops.give(shops.a, lots=right.lots * (RIGHT_LOTS_MAX // len(right.lots) + 1))
    found = {where: what for sort, where, what in shops.found(shops.a) if sort is WRONG}
    assert found[at(load)] == f"it gives on the right to undo {shops.lots[0]}, which is no sale"
    assert found[at(many)].endswith("which has touched more than 100 lots")


@pytest.mark.parametrize("changes", [{"kind": "nonsense"}, {"slip": "bananas"}])
def test_what_can_be_read_and_not_understood_does_not_move_either(shops: Shops, changes: dict[str, Any]) -> None:
    made = body(shops.a.load(5))
    if "slip" in changes:
        changes = {"slip": replace(made.slip, tender=changes["slip"])}
    odd = shops.a.sign(RecordKind.TRANSACTION, replace(made, operation_id="operation-odd", **changes))
    given = shops.a.sign(RecordKind.RIGHT_GIVEN, RightGiven(replace(shops.right(shops.a), record=at(odd))))
    assert (WRONG, at(given), f"it gives on the right to undo {at(odd)}, which is no sale") in shops.found(shops.a)


def test_a_sale_that_was_let_go_in_part_at_its_stores_risk_does_not_move(shops: Shops) -> None:
    shops.sale = shops.sell((Paid(PaidWith.STORED_VALUE, 9_000), Paid(PaidWith.STORE_RISK, 1_000)))
    given = shops.give(shops.a)
    what = f"it gives on the right to undo {at(shops.sale)}, of which a part is at the store's own risk"
    assert (WRONG, at(given), what) in shops.found(shops.a)


# What HQ entrusts


def test_an_order_that_entrusts_what_gives_no_right_is_named_at_hq_and_at_the_till(shops: Shops) -> None:
    shops.send()
    what = "what it entrusts is no right that anybody gave on"
    for quoted in (shops.sale, SignedRecord(b"nothing", bytes(64)), of_nobody(shops), of_another_kind(shops)):
        order = shops.entrust(quoted, shops.a, shops.c)
        carried_out = shops.c.outbox.head()
        assert carried_out is not None
        assert (WRONG, at(order), what) in shops.found(shops.hq)
        assert (WRONG, str(carried_out.ref), what) in shops.found(shops.c)


@pytest.mark.parametrize("key", ["its keeper's", "the stranger's"])
def test_a_right_that_its_keeper_did_not_sign_is_named_and_gives_none(shops: Shops, key: str) -> None:
    forged = seal(shops.give(shops.a).open(), STRANGER.sign)
    named = shops.a.public_key if key == "its keeper's" else STRANGER.public_key().public_bytes_raw()
    order = shops.entrust(forged, shops.a, shops.b, named)
    refund = shops.undo(shops.b, 100)
    shops.send()
    what = f"the record {at(forged)} that it entrusts is not signed by 07-2"
    none = f"it undoes a share of {at(shops.sale)}, and has no right to"
    assert {(WRONG, at(order), what), (WRONG, at(refund), none)} <= set(shops.found(shops.hq))
    assert {what, none} <= {what for _, _, what in shops.found(shops.a, shops.b)}


def test_a_right_that_is_not_in_its_keepers_chain_is_named(shops: Shops) -> None:
    """Its key has signed it."""
    given = shops.give(shops.a)
    other = replace(given.open(), sequence=ref(given).sequence + 7)
    order = shops.entrust(seal(other, shops.a.key.sign), shops.a, shops.b)
    changed = replace(given.open(), recorded_at_ms=1)
    second = shops.entrust(seal(changed, shops.a.key.sign), shops.a, shops.c)
    assert set(shops.found(shops.hq)) == {
        (WRONG, at(order), f"the record {other.ref} that it entrusts is not in its keeper's chain"),
        (WRONG, at(second), f"what it entrusts as {at(given)} is not what its keeper's chain has there"),
    }


def test_a_right_that_was_entrusted_twice_is_named_whoever_shows_it(shops: Shops) -> None:
    given = shops.give(shops.a)
    first, second = (shops.entrust(given, shops.a, till) for till in (shops.b, shops.c))
    named = (WRONG, at(second), f"it entrusts the right in {at(given)}, and {at(first)} has done that")
    shops.send()
    for keepers in ((shops.hq,), (shops.b, shops.c), shops.all):
        assert shops.found(*keepers) == [named]
    assert shops.found(shops.b) == shops.found(shops.c) == []


def test_a_right_that_was_had_before_hq_lost_its_records_is_not_entrusted_again(shops: Shops) -> None:
    given = shops.give(shops.a)
    first = shops.entrust(given, shops.a, shops.b)
    shops.hq.begin(2)
    shops.hq.sign(RecordKind.RECOVERED, Recovered(("ann",), (), 0))
    second = shops.company.order(shops.c.place, entrusting(shops, given))
    shops.send()
    named = (WRONG, at(second), f"it entrusts the right in {at(given)}, and {at(first)} has done that")
    assert named in shops.found()


def test_hq_entrusts_nothing_before_its_recovery_is_over(shops: Shops) -> None:
    given = shops.give(shops.a)
    shops.hq.begin(2)
    order = shops.company.order(shops.c.place, entrusting(shops, given))
    assert (Sort.RULE_BROKEN, at(order)) in {(sort, where) for sort, where, _ in shops.found(shops.hq)}


# What the holder does with it


@pytest.mark.parametrize("tampered", ["units", "tender", "points", "leg", "lot", "account"])
@pytest.mark.parametrize("moved", [0, 1])
def test_a_refund_of_more_or_else_than_is_left_is_named(shops: Shops, tampered: str, moved: int) -> None:
    till = (shops.a, shops.b)[moved]
    if moved:
        shops.move(shops.a, shops.b)
    shops.undo(till, 9_000)
    made = forged(shops, till, tampered)
    what = f"it undoes more of {at(shops.sale)} than is left of it"
    if not moved:
        shops.a.sign(RecordKind.RIGHT_GIVEN, RightGiven(shops.right(till)))
    assert (WRONG, at(made), what) in shops.found(till)


def test_a_refund_that_tells_other_terms_than_the_right_is_named(shops: Shops) -> None:
    shops.move(shops.a, shops.b)
    refund = shops.undo(shops.b, 100, carries=other_terms(shops.right(shops.a).lots[-1:]))
    what = f"it tells other terms of its lots than the right to undo {at(shops.sale)} does"
    assert shops.found(shops.b) == [(WRONG, at(refund), what)]
