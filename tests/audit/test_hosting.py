"""What HQ books at a hosted store's place: its till asked for it, and heard of it; whatever is not so is named."""

from pathlib import Path

import pytest

from checkout.sold import Paid, PaidWith, Sold, Undone
from ledger.ids import HEADQUARTERS
from loyalty.evaluation import Item
from loyalty.reasons import Reason
from offline_queue.auditing.findings import Sort
from protocol.bodies import Applied, Given
from protocol.hosting import AskedBody, WarrantBody
from protocol.records import RecordKind, SignedRecord, seal
from protocol.rights import Entrust, LotTerms, Right, RightGiven
from tests.audit.by_hand import DATE, MIA, ref
from tests.audit.halves import STRANGER
from tests.audit.hosted_by_hand import AGENT, HOST, Shop, at, receipt

OPERATION = "operation-1"
RISKS = tuple(Reason(f"floor_limit_{name}", 100, 20) for name in ("sale", "card", "till", "agreed"))
"""What the record of a sale names that lets 20 units go at the store's risk."""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def deed(units: int, paid: str = "") -> str:
    return f"sale of {units} units of account {MIA} ({paid or f'stored_value {units}'})"


# All as it should be


def day(shop: Shop) -> None:
    """A sale, one at the store's risk, a refund, a void, and a no; all asked for, and heard of."""
    sale = shop.sell(OPERATION)
    shop.told(OPERATION, sale)
    shop.told("operation-2", shop.undo("operation-2", "refund", sale, 10))
    risky = shop.ask("operation-3", units=70, floor_limit=20)
    items = (Item("A1", 70),)
    parts = (Paid(PaidWith.STORED_VALUE, 50), Paid(PaidWith.STORE_RISK, 20))
    shop.book("sale", "operation-3", shop.spend(50), risky, sold=Sold(items, parts), reasons=RISKS)
    voided = shop.sell("operation-4", 30)
    shop.told("operation-5", shop.undo("operation-5", "void", voided, 30))
    shop.ask("operation-6")
    shop.told("operation-6", shop.decline("operation-6"))


def test_a_day_of_a_hosted_store_is_clean_in_every_file_and_in_all_together(shop: Shop) -> None:
    day(shop)
    shop.send()
    for keepers in (shop.all, (shop.company.hq,), (shop.agent,), (shop.host,), (shop.agent, shop.host)):
        assert shop.found(*keepers) == []
    assert shop.notes(*shop.all) == []


def test_the_tills_key_proves_its_asks_and_where_nobody_tells_it_the_report_says_so(shop: Shop) -> None:
    day(shop)
    [note] = shop.notes(shop.host)
    assert note.endswith("the key of 05-1/1 is not known: what it asked or told was not checked by its signature.")
    assert shop.notes(shop.host, shop.agent) == shop.notes(shop.host, shop.company.hq) == []


def test_a_file_that_ends_between_a_movement_and_its_warrant_shows_nothing_wrong(shop: Shop) -> None:
    """HQ holds what has come up the line, and the two need not have come at once."""
    shop.sell(OPERATION, asked=False)
    shop.send()
    assert shop.found() == []


# What HQ books at the place


@pytest.mark.parametrize("kind", ["sale", "load", "refund", "void"])
def test_whatever_moves_a_members_value_there_without_its_tills_word_is_named(shop: Shop, kind: str) -> None:
    sale = shop.sell("operation-2")
    forged = {
        "sale": lambda: shop.sell(OPERATION, asked=False),
        "load": lambda: shop.load(OPERATION, 40, asked=False),
    }.get(kind, lambda: shop.undo(OPERATION, kind, sale, 40, asked=False))()
    shop.sell("operation-3", 1)
    shop.send()
    for keepers in ((shop.host,), (shop.company.hq,), shop.all):
        [(sort, where, what)] = set(shop.found(*keepers))
        assert (sort, where) == (Sort.NOT_ASKED, at(forged))
        assert what.startswith(f"it books {kind} of ")
        assert what.endswith(", and no warrant follows")


def test_what_the_place_draws_and_gives_back_needs_no_ask(shop: Shop) -> None:
    shop.host.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, shop.host.transfer(100)))
    shop.send()
    shop.host.do(RecordKind.APPLIED, Applied(shop.company.give(HOST, 60)))
    shop.send()
    assert shop.found() == []


def test_a_warrant_behind_anything_else_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION)
    shop.decline(OPERATION)
    loose = shop.host.sign(RecordKind.WARRANT, WarrantBody(asked))
    assert shop.found(shop.host) == [
        (Sort.NOT_ASKED, at(loose), "the record before it is nothing that a warrant is for")
    ]


def test_what_is_missing_between_a_movement_and_what_follows_is_named_by_that_alone(shop: Shop) -> None:
    sale = shop.sell(OPERATION)
    shop.sell("operation-2", 1)
    assert ref(sale).sequence == 5
    shop.host.tamper("delete from records where sequence = 6")
    assert Sort.NOT_ASKED not in {sort for sort, _, _ in shop.found(shop.host)}


# By whose word


def test_a_word_that_the_till_did_not_sign_is_none(shop: Shop) -> None:
    """HQ writes itself what it would have liked to be asked."""
    asked = shop.ask(OPERATION)
    forged = shop.sell(OPERATION, asked=seal(asked.open(), STRANGER.sign))
    what = f"it books {deed(40)}, and the record {at(asked)} that its warrant quotes is not signed by 05-1"
    shop.send()
    for keepers in ((shop.company.hq,), shop.all, (shop.agent, shop.host)):
        assert set(shop.found(*keepers)) == {(Sort.NOT_ASKED, at(forged), what)}


def test_a_word_of_another_kind_or_of_another_keeper_is_none(shop: Shop) -> None:
    told, elsewhere = shop.told("operation-load", shop.loaded), shop.company.a.sign(RecordKind.ASKED, wish(shop))
    for number, quoted in enumerate((told, elsewhere)):
        forged = shop.sell(f"operation-1{number}", asked=quoted)
        what = f"it books {deed(40)}, and the record {at(quoted)} that its warrant quotes is no ask of its till"
        assert (Sort.NOT_ASKED, at(forged), what) in shop.found(shop.agent, shop.host)


def wish(shop: Shop) -> AskedBody:
    return shop.ask("operation-9").open().body_as(AskedBody)


def test_a_word_that_cant_be_read_is_none(shop: Shop) -> None:
    forged = shop.sell(OPERATION, asked=SignedRecord(b"?", bytes(64)))
    what = f"it books {deed(40)}, and what its warrant quotes is not a record"
    assert shop.found(shop.host) == [(Sort.NOT_ASKED, at(forged), what)]


def test_one_ask_has_one_effect(shop: Shop) -> None:
    """Another machine has taken the place over, and does again what the one before it had done."""
    asked = shop.ask(OPERATION)
    first = shop.sell(OPERATION, asked=asked)
    shop.send()
    shop.company.replace(HOST)
    shop.lot = ref(shop.load("operation-2", 100)).lot
    again = shop.sell(OPERATION, asked=asked)
    what = f"it books {deed(40)}, and {at(first)} has done that for the same ask"
    for keepers in ((shop.company.hq, shop.host), (shop.host, shop.company.hq)):
        assert shop.found(*keepers) == [(Sort.NOT_ASKED, at(again), what)]


# What is asked for and booked otherwise


def test_a_sale_at_another_price_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, units=40)
    booked = shop.sell(OPERATION, 90, asked=asked)
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), f"it books {deed(90)}, and {at(asked)} asks for {deed(40)}")]


def test_another_operation_for_the_same_word_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION)
    booked = shop.sell("operation-2", asked=asked)
    what = f"it books {deed(40)}, and {at(asked)} asks for {deed(40)} as {OPERATION}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_sale_that_takes_from_the_card_what_was_to_be_paid_in_cash_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, sold=Sold((Item("A1", 40),), (Paid(PaidWith.CASH, 40),)))
    booked = shop.sell(OPERATION, 40, asked=asked)
    what = f"it books {deed(40)}, and {at(asked)} asks for {deed(40, 'cash 40')}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_sale_whose_legs_take_more_than_its_words_say_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, units=40)
    sold = Sold((Item("A1", 40),), (Paid(PaidWith.STORED_VALUE, 40),))
    booked = shop.book("sale", OPERATION, shop.spend(45), asked, sold=sold)
    what = f"it books {deed(40, 'stored_value 45')}, and {at(asked)} asks for {deed(40)}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_sale_to_another_account_is_named(shop: Shop) -> None:
    booked = shop.sell(OPERATION, asked=shop.ask(OPERATION, account="another"))
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


def test_another_movement_than_was_asked_for_is_named(shop: Shop) -> None:
    sale = shop.sell("operation-2")
    asked = shop.ask(OPERATION, "void", original=receipt(sale))
    booked = shop.undo(OPERATION, "refund", sale, 40, asked=asked)
    slip = f"of slip {receipt(sale)}"
    what = f"it books refund of 40 units {slip}, and {at(asked)} asks for void {slip}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_void_undoes_all_whatever_its_till_believed_it_was(shop: Shop) -> None:
    """A till that has replaced another does not know how much that one had sold."""
    sale = shop.sell("operation-2")
    asked = shop.ask(OPERATION, "void", 0, original=receipt(sale))
    shop.undo(OPERATION, "void", sale, 40, asked=asked)
    assert shop.found() == []


@pytest.mark.parametrize("tampered", ["units", "tender"])
def test_a_load_of_other_units_or_by_another_tender_is_named(shop: Shop, tampered: str) -> None:
    asked = {"units": (39, "cash"), "tender": (40, "bank_card")}[tampered]
    booked = shop.load(OPERATION, 40, asked=shop.ask(OPERATION, "load", units=asked[0], tender=asked[1]))
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


@pytest.mark.parametrize("tampered", ["units", "slip", "account", "original"])
def test_a_refund_of_other_units_of_another_slip_or_to_another_account_is_named(shop: Shop, tampered: str) -> None:
    sale, other = shop.sell("operation-2"), shop.sell("operation-3")
    asked = shop.ask(OPERATION, "refund", 10, original=receipt(sale))
    parts = (Paid(PaidWith.STORED_VALUE, 10),)
    undone = Undone("05-1@hq/1/2", 10, parts)
    booked = {
        "units": lambda: shop.undo(OPERATION, "refund", sale, 11, asked=asked),
        "slip": lambda: shop.undo(OPERATION, "refund", other, 10, asked=asked),
        "account": lambda: shop.undo(OPERATION, "refund", sale, 10, asked=asked, account="another"),
        "original": lambda: shop.undo(OPERATION, "refund", sale, 10, asked=asked, undone=undone),
    }[tampered]()
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


def test_a_refund_of_another_stores_sale_is_known_by_the_slip_that_the_till_has_asked_for(shop: Shop) -> None:
    paid, slip = (Paid(PaidWith.STORED_VALUE, 40),), "07-2-000002"
    _, spent = shop.spend(40)
    terms = (LotTerms(spent.purse, spent.lot, "05", DATE, None),)
    right = Right("07-2/1/4", slip, DATE, MIA, "6222****0417", 40, paid, (spent,), (), terms, 1)
    given = shop.company.a.sign(RecordKind.RIGHT_GIVEN, RightGiven(right))
    order = shop.company.order(HOST, Entrust(OPERATION, shop.company.a.public_key, given))
    shop.host.sign(RecordKind.APPLIED, Applied(order))
    undone = Undone(right.record, 10, (Paid(PaidWith.STORED_VALUE, 10),))
    shop.undo(OPERATION, "refund", given, 10, asked=shop.ask(OPERATION, "refund", 10, original=slip), undone=undone)
    assert shop.found(shop.host) == []


# A till that was lost


def test_what_a_lost_till_has_asked_for_is_proved_without_its_disk(shop: Shop) -> None:
    """Its last asks went up its line before its records did; its place at HQ has them."""
    shop.send()
    shop.sell(OPERATION)
    shop.company.replace(AGENT)
    shop.told("operation-2", shop.sell("operation-2"))
    shop.send()
    for keepers in ((shop.company.hq,), (shop.host, shop.company.hq)):
        assert shop.found(*keepers) == []
        assert shop.notes(*keepers) == []
