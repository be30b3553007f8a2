"""HQ is cut off and a member's value lies elsewhere: the store lets goods go at its own risk, within its budgets.

Real programs; in the end all halves are audited.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_store import TAIWAN
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

FLOOR = """
[floor_limit]
modes = ["transfer"]
sale_units = 25_000
card_day_units = 30_000
till_day_units = 40_000
"""
"""NT$250 a sale, NT$300 a card and day, NT$400 a till and day."""
PLACEMENT = "[placement.transfer]\nmember_units = 10_000\ntill_units = 100_000_000\ntills = 2\n"
"""NT$100 of a member may lie ready at a till; the rest is at HQ."""
PLACES = ("07-1", "12-1")
ALICE, BOB = 1, 2


def why(answer: dict[str, Any]) -> list[tuple[str, int, int]]:
    """The budgets that were asked, with their limit and what it would come to."""
    return [
        (one["rule"], one["limit"], one["seen"])
        for one in answer["reasons"]
        if one["rule"].startswith("floor_limit_") and one["seen"] > one["limit"]
    ]


def hq_shows_what_the_store_bears(chain: DemoChain, paid: int) -> None:
    """By till, by card and by day; `paid` is what the members' value paid at till 12-1."""
    assert chain.head("12-1")["at_risk"] == 400_00
    shown = chain.hq.get("/v1/exposure")
    assert {(one["store"], one["keeper"], one["account"], one["open"]) for one in shown["lines"]} == {
        ("12", "12-1", chain.account(ALICE), 200_00),
        ("12", "12-1", chain.account(BOB), 200_00),
    }
    claims = chain.hq.get(f"/v1/accounts/{chain.account(BOB)}")["claims"]
    assert claims == [{"store": "12", "units": 200_00}]
    days = chain.hq.get(f"/v1/day-totals?business_date={shown['lines'][0]['business_date']}")["lines"]
    (day,) = [one for one in days if (one["keeper"], one["cashier"]) == ("12-1", "C01")]
    assert (day["till"], day["hq"], day["at_risk"]) == (paid, paid, 400_00)


@pytest.mark.timeout(120)
def test_a_cut_off_store_lets_goods_go_within_its_budgets_and_no_member_pays_for_it(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=PLACES, hq_settings=PLACEMENT, country=replace(TAIWAN, rules=FLOOR)) as chain:
        home, till = (chain.till(place) for place in PLACES)
        home.swipe(ALICE)
        home.load(450_00)
        chain.wait_until_quiet()
        assert till.sell(ALICE, 50_00)["outcome"] == "done", "while HQ answers, value comes and nothing is let go"
        everybody_on_line(chain)
        here = till.swipe(ALICE)["spendable"]

        chain.hq.kill()
        chain.wait_until(lambda: till.hq["state"] == "not_reached")
        price = here + 200_00
        till.swipe(ALICE)
        first = till.charge(price, pos_ref="POS-7")
        assert (first["outcome"], first["decline"], first["floor_limit"]) == ("declined", "lies_elsewhere", 200_00)
        sold = till.charge(price, pos_ref="POS-7", floor_limit=200_00)
        assert sold["outcome"] == "done"
        tenders = {part["tender"]: part["units"] for part in sold["paid"]}
        assert tenders == {"store_risk": 200_00, **({"stored_value": here} if here else {})}

        of_card = till.sell(ALICE, 150_00)
        assert (of_card["outcome"], of_card["floor_limit"]) == ("declined", None)
        assert why(of_card) == [("floor_limit_card", 300_00, 350_00)]
        of_till = till.sell(BOB, 250_00)
        assert (of_till["floor_limit"], why(of_till)) == (None, [("floor_limit_till", 400_00, 450_00)])
        till.kill()
        till.start()
        again = till.sell(BOB, 250_00)
        assert why(again) == [("floor_limit_till", 400_00, 450_00)], "a restart brings no new budget"
        till.swipe(BOB)
        assert till.charge(200_00, floor_limit=200_00)["outcome"] == "done"

        chain.hq.start()
        chain.wait_until_quiet()
        assert chain.money(ALICE) == 450_00 - 50_00 - here
        assert chain.money(BOB) == 0
        hq_shows_what_the_store_bears(chain, paid=50_00 + here)

        back = till.refund(sold["receipt_number"], 100_00)
        assert [(part["tender"], part["units"]) for part in back["paid"]] == [("store_risk", 100_00)]
        rest = till.refund(sold["receipt_number"], price - 100_00)
        assert rest["outcome"] == "done"
        chain.wait_until_quiet()
        assert chain.money(ALICE) == 450_00 - 50_00
        assert (chain.head("12-1")["at_risk"], chain.hq.get("/v1/exposure")["open"]) == (200_00, 200_00)
        prove_whole(chain)
