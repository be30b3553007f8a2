"""What HQ books at a hosted store's place: its till asked for it, and heard of it; whatever is not so is named."""

from pathlib import Path

import pytest

from checkout.sold import Paid, PaidWith, Sold, Undone
from ledger.ids import HEADQUARTERS
from loyalty.evaluation import Item
from loyalty.reasons import Reason
from offline_queue.auditing.audit import audit
from offline_queue.auditing.findings import Sort
from protocol.bodies import Applied, Given
from protocol.records import RecordKind
from tests.audit.by_hand import MIA
from tests.audit.halves import HQ_PUBLIC_KEY
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
    shop.ask("operation-2", "refund", 10, original=receipt(sale))
    shop.told("operation-2", shop.undo("operation-2", "refund", sale, 10))
    shop.ask("operation-3", units=70, floor_limit=20)
    items = (Item("A1", 70),)
    parts = (Paid(PaidWith.STORED_VALUE, 50), Paid(PaidWith.STORE_RISK, 20))
    shop.book("sale", "operation-3", shop.spend(50), sold=Sold(items, parts), reasons=RISKS)
    voided = shop.sell("operation-4", 30)
    shop.ask("operation-5", "void", 30, original=receipt(voided))
    shop.told("operation-5", shop.undo("operation-5", "void", voided, 30))
    shop.ask("operation-6")
    shop.told("operation-6", shop.decline("operation-6"))


def test_a_day_of_a_hosted_store_is_clean_in_every_file_and_in_all_together(shop: Shop) -> None:
    day(shop)
    shop.send()
    for keepers in (shop.all, (shop.company.hq,), (shop.agent,), (shop.host,), (shop.agent, shop.host)):
        assert shop.found(*keepers) == []
    assert shop.notes(*shop.all) == []


# What HQ books at the place


def test_a_sale_that_no_till_asked_for_is_named_by_what_the_till_heard_later(shop: Shop) -> None:
    """HQ holds the key, and all it has of the till is what came up its line; the till has heard of a later sale."""
    forged = shop.sell(OPERATION, asked=False)
    after = shop.sell("operation-2")
    shop.told("operation-2", after)
    shop.send()
    what = f"it books {deed(40)}, and 05-1 has not asked for operation {OPERATION}"
    for keepers in ((shop.company.hq,), shop.all, (shop.agent, shop.host)):
        assert shop.found(*keepers) == [(Sort.NOT_ASKED, at(forged), what)]


def test_a_sale_at_the_end_that_no_till_asked_for_is_named_by_the_tills_own_file(shop: Shop) -> None:
    forged = shop.sell(OPERATION, asked=False)
    shop.send()
    assert shop.found(shop.company.hq) == shop.found(shop.host) == []
    (note,) = shop.notes(shop.company.hq)
    assert note == (
        "whether 05-1 has asked for 1 records that HQ booked at its place there, nothing here tells"
        f" (the first is {at(forged)}): its own export does, made after theirs."
    )
    assert [(sort, where) for sort, where, _ in shop.found(shop.company.hq, shop.agent)] == [
        (Sort.NOT_ASKED, at(forged))
    ]


def test_a_tills_file_that_was_exported_before_need_not_have_the_ask(shop: Shop) -> None:
    (early,) = shop.company.export(shop.agent)
    shop.sell(OPERATION)
    (late,) = shop.company.export(shop.host)
    report = audit([early, late], HQ_PUBLIC_KEY).report
    assert report.found == ()
    assert any("whether 05-1 has asked for 1 records" in note for note in report.notes)


def test_where_nothing_of_the_till_is_here_the_report_says_so(shop: Shop) -> None:
    day(shop)
    assert shop.found(shop.host) == []
    (note,) = shop.notes(shop.host)
    assert note.startswith("whether 05-1 has asked for 6 records that HQ booked at its place there, nothing here tells")


@pytest.mark.parametrize("kind", ["load", "refund", "void"])
def test_whatever_moves_a_members_value_there_has_to_be_asked_for(shop: Shop, kind: str) -> None:
    sale = shop.sell("operation-2")
    forged = shop.load(OPERATION, 40, asked=False) if kind == "load" else shop.undo(OPERATION, kind, sale, 40)
    shop.send()
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(forged))]


def test_what_the_place_draws_and_gives_back_needs_no_ask(shop: Shop) -> None:
    shop.host.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, shop.host.transfer(100)))
    shop.send()
    shop.host.do(RecordKind.APPLIED, Applied(shop.company.give(HOST, 60)))
    shop.send()
    assert shop.found() == []


# What is asked for and booked otherwise


def test_a_sale_at_another_price_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, units=40)
    booked = shop.sell(OPERATION, 90, asked=False)
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), f"it books {deed(90)}, and {at(asked)} asks for {deed(40)}")]


def test_a_sale_that_takes_from_the_card_what_was_to_be_paid_in_cash_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, sold=Sold((Item("A1", 40),), (Paid(PaidWith.CASH, 40),)))
    booked = shop.sell(OPERATION, 40, asked=False)
    what = f"it books {deed(40)}, and {at(asked)} asks for {deed(40, 'cash 40')}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_sale_whose_legs_take_more_than_its_words_say_is_named(shop: Shop) -> None:
    asked = shop.ask(OPERATION, units=40)
    sold = Sold((Item("A1", 40),), (Paid(PaidWith.STORED_VALUE, 40),))
    booked = shop.book("sale", OPERATION, shop.spend(45), sold=sold)
    what = f"it books {deed(40, 'stored_value 45')}, and {at(asked)} asks for {deed(40)}"
    assert shop.found() == [(Sort.NOT_ASKED, at(booked), what)]


def test_a_sale_to_another_account_is_named(shop: Shop) -> None:
    shop.ask(OPERATION, account="another")
    booked = shop.sell(OPERATION, asked=False)
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


def test_another_movement_than_was_asked_for_is_named(shop: Shop) -> None:
    sale = shop.sell("operation-2")
    asked = shop.ask(OPERATION, "void", original=receipt(sale))
    booked = shop.undo(OPERATION, "refund", sale, 40)
    slip = f"of 40 units of slip {receipt(sale)}"
    assert shop.found() == [
        (Sort.NOT_ASKED, at(booked), f"it books refund {slip}, and {at(asked)} asks for void {slip}")
    ]


@pytest.mark.parametrize("tampered", ["units", "tender"])
def test_a_load_of_other_units_or_by_another_tender_is_named(shop: Shop, tampered: str) -> None:
    asked = {"units": (39, "cash"), "tender": (40, "bank_card")}[tampered]
    shop.ask(OPERATION, "load", units=asked[0], tender=asked[1])
    booked = shop.load(OPERATION, 40, asked=False)
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


@pytest.mark.parametrize("tampered", ["units", "slip", "account", "original"])
def test_a_refund_of_other_units_of_another_slip_or_to_another_account_is_named(shop: Shop, tampered: str) -> None:
    sale, other = shop.sell("operation-2"), shop.sell("operation-3")
    shop.ask(OPERATION, "refund", 10, original=receipt(sale))
    parts = (Paid(PaidWith.STORED_VALUE, 10),)
    booked = {
        "units": lambda: shop.undo(OPERATION, "refund", sale, 11),
        "slip": lambda: shop.undo(OPERATION, "refund", other, 10),
        "account": lambda: shop.undo(OPERATION, "refund", sale, 10, account="another"),
        "original": lambda: shop.undo(OPERATION, "refund", sale, 10, undone=Undone("05-1@hq/1/2", 10, parts)),
    }[tampered]()
    assert [(sort, where) for sort, where, _ in shop.found()] == [(Sort.NOT_ASKED, at(booked))]


def test_an_ask_that_its_till_did_not_sign_counts_for_nothing(shop: Shop) -> None:
    """HQ writes into its copy of the till's chain what it would have liked to be asked."""
    booked = shop.sell(OPERATION)
    shop.send()
    shop.company.hq.tamper("update records set signature = zeroblob(64) where keeper = '05-1' and sequence = 5")
    assert [(sort, where) for sort, where, _ in shop.found(shop.company.hq)] == [(Sort.NOT_SIGNED, "05-1/1/5")]
    (note,) = shop.notes(shop.company.hq)
    assert f"the first is {at(booked)}" in note
    shop.told(OPERATION, booked)
    shop.company.send(AGENT)
    assert (Sort.NOT_ASKED, at(booked)) in {one[:2] for one in shop.found(shop.company.hq)}


# A till that was replaced


def test_what_a_lost_till_may_have_asked_is_no_finding(shop: Shop) -> None:
    """Its last asks went up its line before its records did, and with its disk they are gone."""
    shop.send()
    lost = shop.sell(OPERATION)
    shop.company.replace(AGENT)
    shop.told("operation-2", shop.sell("operation-2"))
    shop.send()
    assert shop.found(shop.company.hq, shop.agent, shop.host) == []
    (note,) = shop.notes(shop.company.hq)
    assert f"for 1 records that HQ booked at its place there, nothing here tells (the first is {at(lost)})" in note


def test_behind_what_its_successor_has_heard_a_lost_till_asked_nothing(shop: Shop) -> None:
    shop.send()
    shop.company.replace(AGENT)
    shop.told("operation-2", shop.sell("operation-2"))
    forged = shop.sell(OPERATION, asked=False)
    shop.told("operation-3", shop.sell("operation-3"))
    shop.send()
    assert [(sort, where) for sort, where, _ in shop.found(shop.company.hq)] == [(Sort.NOT_ASKED, at(forged))]


def test_what_was_asked_in_an_epoch_that_is_not_here_is_no_finding(shop: Shop) -> None:
    asked = shop.sell(OPERATION)
    shop.told(OPERATION, asked)
    shop.company.replace(AGENT)
    shop.told("operation-2", shop.sell("operation-2"))
    assert shop.found(shop.host, shop.agent) == []
    (note,) = shop.notes(shop.host, shop.agent)
    assert (
        f"for 2 records that HQ booked at its place there, nothing here tells (the first is {at(shop.loaded)})" in note
    )


def test_what_a_successor_may_have_asked_of_whom_hq_holds_nothing_yet_is_no_finding(shop: Shop) -> None:
    """Nor is it the lost till's: its file was saved, and is whole."""
    shop.send()
    saved = shop.agent
    shop.company.replace(AGENT)
    shop.sell(OPERATION)
    shop.company.send(HOST)
    assert shop.found(shop.company.hq, saved) == []
    assert len(shop.notes(shop.company.hq, saved)) == 1
    assert shop.found(shop.company.hq, saved, shop.agent) == []
    assert shop.notes(shop.company.hq, saved, shop.agent) == []
