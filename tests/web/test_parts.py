"""Payments in parts, refunds and voids in the table of a sale, without a till."""

import random
from typing import Any

import pytest

from checkout.sharing import Left, share_of, share_out
from checkout.sold import CARD as OF_THE_CARD
from checkout.sold import PaidWith
from ledger.amounts import UNITS_MAX
from loyalty.earning import RedeemingRate
from tests.web.modules import Modules
from tests.web.table import CARD, LATE, REFUND, SWIPE, VOID, Step, answered, parts, play, sent

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_payment_in_parts_takes_the_card_first_and_leaves_the_rest_in_coins(modules: Modules) -> None:
    trail: list[Step] = [SWIPE, *"700", "split", "enter", "enter", "1", "enter"]
    whole = await play(modules, *trail)
    assert (whole["state"], sent(whole)) == ("whole", [])
    sale = await play(modules, *trail, "enter")
    assert parts(sale) == [("stored_value", 56000), ("cash", 14000)]
    assert sent(sale)[0]["amount"] == 70000


async def test_points_pay_what_is_keyed_for_them(modules: Modules) -> None:
    keys: list[Step] = [*"700", "split", *"500", "enter", *"50", "enter", "2", *"100", "enter", "3", "enter", "enter"]
    sale = await play(modules, SWIPE, *keys)
    assert parts(sale) == [("stored_value", 50000), ("points", 5000), ("bank_card", 10000), ("mobile", 5000)]


async def test_a_sale_may_take_nothing_from_the_card_and_earn(modules: Modules) -> None:
    sale = await play(modules, SWIPE, *"80", "split", "0", "enter", "enter", "1", "enter", "enter")
    assert parts(sale) == [("cash", 8000)]


async def test_a_card_that_was_not_swiped_may_only_earn(modules: Modules) -> None:
    keyed: Step = {"name": "presented", "card": {**CARD, "entry": "phone"}}
    assert parts(await play(modules, keyed, *"80", "split", "1", "enter", "enter")) == [("cash", 8000)]


async def test_no_part_is_more_than_what_is_left_and_no_tender_pays_twice(modules: Modules) -> None:
    over = await play(modules, SWIPE, *"100", "split", *"101", "enter")
    assert (over["state"], over["note"]["key"]) == ("split", "page.note.more_than_left")
    twice = await play(modules, SWIPE, *"100", "split", "0", "enter", "enter", "1", "5", "enter", "1")
    assert (twice["state"], twice["note"]["key"]) == ("rest", "page.note.choose_part")


async def test_esc_takes_the_parts_back_one_by_one_and_keeps_the_price(modules: Modules) -> None:
    steps: list[Step] = [SWIPE, *"700", "split", "enter", "enter", "1", "enter", *["back"] * 6]
    trail = [await play(modules, *steps[:length]) for length in range(9, 15)]
    assert [(one["state"], one["split"] and one["split"]["tender"]) for one in trail] == [
        ("whole", None),
        ("split", "cash"),
        ("rest", None),
        ("split", "points"),
        ("split", "stored_value"),
        ("amount", None),
    ]
    assert (trail[-1]["typed"], trail[-1]["card"]["presentation"]) == ("700", "p-1")


async def test_a_sale_for_which_the_money_is_not_enough_offers_its_parts(modules: Modules) -> None:
    declined = answered("op-1", "declined", decline="not_enough_here", amount=70000)
    read: Step = {"name": "enter", "after": LATE}
    sale = await play(modules, SWIPE, *"700", "enter", declined, read, "enter", "enter", "1", "enter", "enter")
    first, second = sent(sale)
    assert (first["amount"], second["amount"]) == (70000, 70000)
    assert first["operation_id"] != second["operation_id"]
    assert [one["tender"] for one in second["paid"]] == ["stored_value", "cash"]


async def test_a_sale_that_was_declined_for_another_reason_offers_the_card_again(modules: Modules) -> None:
    declined = answered("op-1", "declined", decline="above_charge_limit", amount=70000)
    assert (await play(modules, SWIPE, "7", "enter", declined, {"name": "enter", "after": LATE}))["state"] == "amount"


async def test_a_refund_gives_back_all_or_what_is_keyed_and_never_more(modules: Modules) -> None:
    assert [(one["kind"], one["amount"]) for one in sent(await play(modules, REFUND, "enter"))] == [("refund", 70000)]
    assert [one["amount"] for one in sent(await play(modules, REFUND, "5", "0", "enter"))] == [5000]
    over = await play(modules, REFUND, *"701", "enter")
    assert (sent(over), over["note"]["key"]) == ([], "page.note.more_than_left")


async def test_a_void_is_asked_once_more(modules: Modules) -> None:
    assert not sent(await play(modules, VOID))
    (operation,) = sent(await play(modules, VOID, "enter"))
    assert (operation["kind"], operation["receipt_number"]) == ("void", "07-1-000007")


async def test_esc_leaves_an_undo_to_the_card_that_lies_there(modules: Modules) -> None:
    sale = await play(modules, SWIPE, REFUND, "5", "back", "back")
    assert (sale["state"], sale["card"]["presentation"], sale["undo"]) == ("amount", "p-1", None)
    assert (await play(modules, VOID, "back"))["state"] == "empty"


async def test_an_undo_that_was_lost_is_asked_for_and_tried_again_under_its_id(modules: Modules) -> None:
    silent, absent = ({"name": name, "operation_id": "op-0"} for name in ("silent", "absent"))
    sale = await play(modules, REFUND, "5", "enter", silent, absent, "back", "enter")
    first, second = sent(sale)
    assert first == second


async def test_an_undo_says_nothing_of_the_card_that_lies_there_and_asks_for_it(modules: Modules) -> None:
    undone = answered("op-1", kind="refund", amount=70000)
    undone["answer"]["balance"] = {"principal": 1, "bonus": 0, "points": 0}
    sale = await play(modules, SWIPE, REFUND, "enter", undone)
    assert (sale["state"], sale["card"]["spendable"]) == ("done", 56055)
    assert sale["errands"][-1] == {"name": "refresh", "presentation": "p-1", "after_ms": 0}


async def test_a_slip_in_the_middle_of_a_payment_waits(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "split", REFUND)
    assert (sale["state"], sale["note"]["key"]) == ("split", "page.note.finish_first")


async def test_the_rubber_shows_what_moved_when_there_is_nothing_to_rub_out(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "erase", "erase")
    assert (sale["state"], sale["errands"][-1]) == ("history", {"name": "movements", "presentation": "p-1"})
    assert (await play(modules, SWIPE, "erase", "7"))["typed"] == "7"
    held: Step = {"name": "erase", "held": True}
    assert (await play(modules, SWIPE, "1", held, held, held))["state"] == "amount"


@pytest.mark.parametrize("step", [1, 100])
async def test_what_a_refund_gives_back_is_said_as_the_till_will_decide_it(modules: Modules, step: int) -> None:
    """One test for two languages: sharing.js, and checkout/sharing.py as undo.py uses it."""
    chance = random.Random(step)
    calls = []
    for _ in range(100):
        paid = [_part(tender, chance, step) for tender in chance.sample(list(PaidWith), chance.randint(1, 5))]
        whole = sum(part["units"] for part in paid)
        units = whole if chance.random() < 0.2 else chance.randrange(whole // step + 1) * step
        calls.append((units, paid))
    said = await modules.call_each("sharing", "givenBack", [(*call, {"charge_step": step}) for call in calls])
    assert said == [_given_back(units, paid, step) for units, paid in calls]


RISK = PaidWith.STORE_RISK.value


def _part(tender: PaidWith, chance: random.Random, step: int) -> dict[str, Any]:
    cents = 1 if tender in OF_THE_CARD else step
    units = chance.randint(1, int(10 ** chance.uniform(1, 9))) * cents
    return {"tender": tender.value, "units": units, "points": units // 7 if tender is PaidWith.POINTS else 0}


def _given_back(units: int, paid: list[dict[str, Any]], step: int) -> list[dict[str, Any]]:
    risk = min(units, sum(part["units"] for part in paid if part["tender"] == RISK))
    left = [0 if part["tender"] == RISK else part["units"] for part in paid]
    steps = [1 if part["tender"] in OF_THE_CARD else step for part in paid]
    others = share_out(units - risk, list(map(Left, left, steps)))
    shares = [risk if part["tender"] == RISK else share for part, share in zip(paid, others, strict=True)]
    return [
        {"tender": part["tender"], "units": share, "points": share_of(part["points"], share, part["units"])}
        for part, share in zip(paid, shares, strict=True)
        if share
    ]


async def test_the_page_counts_points_as_the_programme_does(modules: Modules) -> None:
    chance = random.Random(9)
    calls = []
    for _ in range(50):
        rate, units = RedeemingRate(chance.randint(1, 300), chance.randint(1, 300)), chance.randint(1, UNITS_MAX)
        calls.append((units, rate))
    told = [(units, {"points": rate.points, "units": rate.units}) for units, rate in calls]
    assert await modules.call_each("parts", "pointsFor", told) == [rate.points_for(units) for units, rate in calls]
