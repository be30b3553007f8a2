"""A till's whole day, in both countries: swipe, load, pay, be refused, print, end, begin again, be audited."""

import json

import pytest

from hardware_mocks.demo_store import MAINLAND, TAIWAN, Country
from hardware_mocks.wires import byte_by_byte
from protocol.records import RecordKind
from tests.scenarios.cashier import Cashier
from tests.scenarios.paper import words
from tests.scenarios.proof import kinds, prove

DECLINED = {
    "TWD": {
        "zh-TW": "這張卡在本機可用 NT$500.55，不夠付 NT$501，沒有扣款。請先儲值，或改用其他方式付款。",
        "zh-CN": "这张卡在本机可用 NT$500.55，不够付 NT$501，没有扣款。请先充值，或改用其他方式付款。",
        "en": "The card has NT$500.55 available here, not NT$501; nothing was charged. "
        "Load it first, or take another payment.",
    },
    "CNY": {
        "zh-TW": "這張卡在本機可用 RMB 500.55，不夠付 RMB 501.00，沒有扣款。請先儲值，或改用其他方式付款。",
        "zh-CN": "这张卡在本机可用 ￥500.55，不够付 ￥501.00，没有扣款。请先充值，或改用其他方式付款。",
        "en": "The card has RMB 500.55 available here, not RMB 501.00; nothing was charged. "
        "Load it first, or take another payment.",
    },
}
"""The sentence in each language, by the chain's currency."""

in_both_countries = pytest.mark.parametrize("country", [TAIWAN, MAINLAND], ids=["TWD", "CNY"])
thoroughly_in_both = pytest.mark.parametrize(
    "country", [TAIWAN, pytest.param(MAINLAND, marks=pytest.mark.thorough)], ids=["TWD", "CNY"]
)


@thoroughly_in_both
def test_a_card_is_loaded_pays_from_two_lots_and_is_refused_what_it_has_not(cashier: Cashier, country: Country) -> None:
    shown = cashier.swipe(1, wire=byte_by_byte)
    assert (shown["card"], shown["entry"], shown["spendable"]) == ("6222****0017", "swiped", 0)

    loaded = cashier.load(500_00)
    assert (loaded["principal"], loaded["bonus"]) == (500_00, 60_55)
    cashier.load(100_00)

    paid = cashier.charge(160_00, pos_ref="20261122-0815")
    assert (paid["amount"], paid["principal"], paid["bonus"]) == (160_00, 160_00, 0)
    assert paid["balance"] == {"principal": 440_00, "bonus": 60_55, "points": 1}
    assert cashier.charge(160_00, pos_ref="20261122-0815") | {"replayed": False} == paid

    refused = cashier.charge(501_00)
    assert (refused["outcome"], refused["decline"]) == ("declined", "not_enough_here")
    assert refused["cashier_message"] == DECLINED["TWD" if country is TAIWAN else "CNY"]
    assert refused["receipt_number"] is None

    across = cashier.charge(450_00)  # 340.00 and the bonus of the first lot, the rest of the second
    assert (across["principal"], across["bonus"]) == (389_45, 60_55)
    assert cashier.look()["spendable"] == 50_55

    cashier.printer.wait_for_slips(4)
    assert cashier.till.stop() == 0
    moved = [RecordKind.TRANSACTION] * 4
    assert [kind for kind in kinds(prove(cashier.store.data())) if kind is not RecordKind.PRINT] == [
        RecordKind.OPENED, *moved[:3], RecordKind.DECLINED, moved[3],
    ]  # fmt: skip


@pytest.mark.parametrize("country", [MAINLAND], ids=["CNY"])
def test_where_cents_are_paid_odd_ones_come_out_to_the_cent(cashier: Cashier) -> None:
    cashier.swipe(2)
    cashier.load(500_00)
    cashier.load(123_45)
    cashier.load(1_000_00)
    paid = [cashier.charge(units) for units in (12_37, 548_19, 1, 99, 122_51, 1_000_00)]
    assert [(one["principal"], one["bonus"]) for one in paid] == [
        (12_37, 0), (487_64, 60_55), (1, 0), (99, 0), (122_51, 0), (999_93, 7),
    ]  # fmt: skip
    assert cashier.look()["spendable"] == 149_93


@in_both_countries
def test_the_paper_says_what_the_screen_says(cashier: Cashier, country: Country) -> None:
    cashier.swipe(3)
    made = [cashier.load(500_00, pos_ref="20261122-1"), cashier.charge(123_00), cashier.charge(400_00)]
    for number, slip in zip((one["receipt_number"] for one in made), cashier.printer.wait_for_slips(3), strict=True):
        shown = cashier.wait_for_slip(number, "printed")
        assert words(slip.text) == words(shown["text"][country.language])
        assert slip.cut
        assert {language: number in text for language, text in shown["text"].items()} == {
            "zh-TW": True, "zh-CN": True, "en": True,
        }  # fmt: skip
    assert cashier.slips_waiting() == []


@thoroughly_in_both
def test_what_was_done_is_still_there_after_the_night(cashier: Cashier) -> None:
    cashier.swipe(4)
    done = [cashier.load(500_00), cashier.charge(99_00, pos_ref="20261122-7"), cashier.charge(999_00)]
    cashier.printer.wait_for_slips(2)
    for one in done[:2]:
        cashier.wait_for_slip(one["receipt_number"], "printed")
    slips = [cashier.slip(one["receipt_number"]) for one in done[:2]]

    assert cashier.till.stop() == 0
    cashier.till.start()

    assert [cashier.get(f"/v1/operations/{one['operation_id']}") for one in done] == done
    assert cashier.get("/v1/operations?pos_ref=20261122-7") == [done[1]]
    assert [cashier.slip(one["receipt_number"]) for one in done[:2]] == slips
    assert cashier.swipe(4)["spendable"] == 461_55
    assert cashier.charge(1_00)["receipt_number"] == "07-1-000003"
    assert len(cashier.printer.wait_for_slips(3)) == 3
    assert cashier.till.stop() == 0
    prove(cashier.store.data())


def test_the_business_date_moves_when_the_day_is_closed_and_not_before(cashier: Cashier) -> None:
    cashier.swipe(5)
    today = cashier.load(500_00)["business_date"]
    closed = cashier.post("/v1/day-closes")
    assert (closed["closed"], closed["opens"] > today) == (today, True)
    assert cashier.charge(100_00)["business_date"] == closed["opens"]
    cashier.till.stop()
    cashier.till.start()
    assert cashier.get("/v1/hello")["business_date"] == closed["opens"]


def test_a_card_on_the_counter_gives_way_to_the_next_and_leaves_when_told(cashier: Cashier) -> None:
    first = cashier.swipe(6)
    cashier.swipe(7)
    assert (
        cashier.post("/v1/charges", operation_id="late-000001", presentation=first["presentation"], amount=100_00)[
            "code"
        ]
        == "card_gone"
    )
    assert json.dumps(cashier.get("/v1/status")).count("6222****") == 1
