"""The floor limit by the API: a no that says what may be let go, a yes under a new id, and what comes back first."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from loyalty.programme import FloorLimit
from tests.api.shop import Reply, Shop, open_shop
from tests.chains.company import POINTS_TOO

FLOOR = FloorLimit(("transfer",), sale_units=300_00, card_day_units=500_00, till_day_units=800_00)
RULES = msgspec.structs.replace(POINTS_TOO, floor_limit=FLOOR)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, RULES) as opened:
        yield opened


async def charge(shop: Shop, presentation: str, operation_id: str, amount: int = 100_00, **more: object) -> Reply:
    words = {"operation_id": operation_id, "presentation": presentation, "amount": amount, "cashier": "C01", **more}
    return await shop.ask("POST", "/v1/charges", words)


async def test_the_first_answer_offers_and_the_second_request_agrees(shop: Shop) -> None:
    card = await shop.swipe()
    await shop.load(card, 70_00)
    first = (await charge(shop, card, "sale-0001", pos_ref="POS-1")).body
    assert (first["outcome"], first["decline"], first["floor_limit"]) == ("declined", "not_enough_here", 30_00)
    assert {one["rule"] for one in first["reasons"]} >= {"floor_limit_sale", "floor_limit_card", "floor_limit_till"}

    second = (await charge(shop, card, "sale-0002", pos_ref="POS-1", floor_limit=30_00)).body
    assert (second["outcome"], second["principal"], second["floor_limit"]) == ("done", 70_00, None)
    assert [(part["tender"], part["units"]) for part in second["paid"]] == [
        ("stored_value", 70_00),
        ("store_risk", 30_00),
    ]
    assert (second["points_in"], len(second["approval_code"])) == (21, 6)

    again = (await charge(shop, card, "sale-0002", pos_ref="POS-1", floor_limit=30_00)).body
    assert again == {**second, "replayed": True}
    assert (await charge(shop, card, "sale-0002", pos_ref="POS-1")).code == "operation_conflict"
    # The POS lost the answer and asks anew under its own number: it was done, however it is to be paid.
    anew = (await charge(shop, card, "sale-0003", pos_ref="POS-1")).body
    assert (anew["outcome"], anew["replayed"], anew["receipt_number"]) == ("done", True, second["receipt_number"])
    known = (await shop.ask("GET", "/v1/operations", params={"pos_ref": "POS-1"})).body
    assert [one["outcome"] for one in known] == ["declined", "done"]


async def test_the_declined_operation_stays_declined_whatever_was_agreed_later(shop: Shop) -> None:
    card = await shop.swipe()
    declined = (await charge(shop, card, "sale-0001")).body
    assert (await charge(shop, card, "sale-0001", floor_limit=100_00)).code == "operation_conflict"
    assert (await charge(shop, card, "sale-0002", floor_limit=100_00)).body["outcome"] == "done"
    assert (await charge(shop, card, "sale-0001")).body == {**declined, "replayed": True}


async def test_an_agreement_to_another_sum_does_nothing(shop: Shop) -> None:
    card = await shop.swipe()
    for number, agreed in enumerate((99_99, 100_01, 300_00), start=1):
        answer = (await charge(shop, card, f"sale-000{number}", floor_limit=agreed)).body
        assert (answer["outcome"], answer["floor_limit"]) == ("declined", 100_00)
    for nonsense in (0, -1, "100", 1.5):
        assert (await charge(shop, card, "sale-0009", floor_limit=nonsense)).code == "bad_request"


async def test_a_split_sale_a_refund_and_a_slip_tell_of_the_stores_risk(shop: Shop) -> None:
    card = await shop.swipe()
    await shop.load(card, 50_00)
    paid = {"stored_value": 100_00, "cash": 40_00}
    assert (await shop.sell(card, [140_00], paid)).body["floor_limit"] == 50_00
    named = (await shop.sell(card, [140_00], {"store_risk": 40_00, "cash": 100_00}, "sale-0008")).body
    assert (named["outcome"], named["decline"]) == ("declined", "parts_differ")
    words = {"operation_id": "sale-0002", "presentation": card, "items": [{"article": "tea", "amount": 140_00}]}
    parts = [{"tender": tender, "amount": amount} for tender, amount in paid.items()]
    sold = (await shop.ask("POST", "/v1/sales", {**words, "paid": parts, "floor_limit": 50_00})).body
    assert [(part["tender"], part["units"]) for part in sold["paid"]] == [
        ("stored_value", 50_00),
        ("store_risk", 50_00),
        ("cash", 40_00),
    ]
    slip = (await shop.ask("GET", f"/v1/slips/{sold['receipt_number']}")).body
    assert "門市墊付（未扣卡）" in slip["text"]["zh-TW"]
    assert "门店垫付（未扣卡）" in slip["text"]["zh-CN"]
    assert "At the store's risk" in slip["text"]["en"]
    assert [part["units"] for part in slip["refundable"]["paid"]] == [50_00, 50_00, 40_00]

    first = (await shop.refund(sold["receipt_number"], 60_00)).body
    assert [(part["tender"], part["units"]) for part in first["paid"]] == [
        ("stored_value", 5_56),
        ("store_risk", 50_00),
        ("cash", 4_44),
    ]
    rest = (await shop.refund(sold["receipt_number"], 80_00, "refund-0002")).body
    assert rest["balance"] == {"principal": 50_00, "bonus": 0, "points": 0}


async def test_a_budget_that_is_used_up_is_named_with_its_limit(shop: Shop) -> None:
    card = await shop.swipe()
    for number in (1, 2):
        assert (await charge(shop, card, f"sale-000{number}", 250_00, floor_limit=250_00)).body["outcome"] == "done"
    over = (await charge(shop, card, "sale-0003", 1_00)).body
    assert (over["outcome"], over["floor_limit"]) == ("declined", None)
    assert {"rule": "floor_limit_card", "limit": 500_00, "seen": 501_00} in over["reasons"]
    other = await shop.swipe(418)
    assert (await charge(shop, other, "sale-0004", 300_00, floor_limit=300_00)).body["outcome"] == "done"
    full = (await charge(shop, await shop.swipe(419), "sale-0005", 1_00)).body
    assert {"rule": "floor_limit_till", "limit": 800_00, "seen": 801_00} in full["reasons"]
