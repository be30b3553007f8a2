"""A cashier's day at two stores of a real chain: loads, points, split payment, no HQ, refunds, voids, and the close.

The sums are told beside the programs by plain arithmetic; in the end all halves are audited.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

PLACEMENT = "[placement.transfer]\nmember_units = 30_000\ntill_units = 100_000_000\ntills = 2\n"
PLACES = ("07-1", "12-1")
ALICE = 1


@pytest.mark.timeout(120)
def test_a_day_from_the_first_load_to_the_close(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=PLACES, hq_settings=PLACEMENT) as chain:
        first, second = (chain.till(place) for place in PLACES)

        first.swipe(ALICE)
        loaded = first.load(500_00)
        assert (loaded["principal"], loaded["bonus"]) == (500_00, 60_55)
        assert first.load(100_00)["outcome"] == "done"
        money, points = 660_55, 0

        sold = first.split(stored_value=200_00, cash=150_00)
        assert (sold["outcome"], sold["points_in"], sold["balance"]["points"]) == ("done", 3, 3)
        small = first.charge(199_00)
        assert small["points_in"] == 1
        money, points = money - 399_00, points + 4
        chain.wait_until_quiet()
        assert chain.money(ALICE) == money

        odd = first.split(stored_value=60_55, points=3_45, cash=196_00)
        assert (odd["outcome"], odd["points_out"], odd["points_in"]) == ("done", 4, 2)
        money, points = money - 60_55, points - 4 + 2
        assert money == 201_00
        half_coins = first.split(stored_value=50, cash=50)
        assert half_coins["decline"] == "not_chargeable"

        assert second.sell(ALICE, 20_00)["outcome"] == "done"
        assert second.load(500_00)["bonus"] == 60_55
        money += 540_55
        chain.wait_until(lambda: {"07-1", "12-1"} <= chain.balances(ALICE).keys())
        everybody_on_line(chain)
        chain.hq.kill()
        chain.wait_until(lambda: {till.hq["state"] for till in (first, second)} == {"not_reached"})
        money -= sell_what_is_placed(chain, money)

        chain.hq.start()
        chain.wait_until_quiet()
        assert chain.money(ALICE) == money

        back = first.refund(odd["receipt_number"], 100_00)
        assert (back["outcome"], sum(part["units"] for part in back["paid"])) == ("done", 100_00)
        rest = first.refund(odd["receipt_number"], 160_00)
        given_back = [part for done in (back, rest) for part in done["paid"]]
        assert sums(given_back) == {"stored_value": 60_55, "points": 3_45, "cash": 196_00}
        assert first.refund(odd["receipt_number"], 1_00)["decline"] == "more_than_left"
        money, points = money + 60_55, points + 4 - 2

        assert second.refund(odd["receipt_number"], 1_00)["decline"] == "original_unknown"
        assert first.void(small["receipt_number"])["outcome"] == "done"
        assert first.void(small["receipt_number"])["decline"] == "already_undone"
        money, points = money + 199_00, points - 1

        chain.wait_until_quiet()
        assert chain.money(ALICE) == money
        chain.wait_until(lambda: chain.points(ALICE) == (points, 0))
        prove_whole(chain)


def sums(parts: list[dict[str, Any]]) -> dict[str, int]:
    """By tender, in units."""
    by_tender: Counter[str] = Counter()
    for part in parts:
        by_tender[part["tender"]] += part["units"]
    return dict(by_tender)


def sell_what_is_placed(chain: DemoChain, money: int) -> int:
    """Five sales at two tills from what lies there, a sixth that is refused and says where the rest was; what was paid.

    Sales below NT$100 earn no point.
    """
    first, second = (chain.till(place) for place in PLACES)
    here = {till.place: till.swipe(ALICE)["spendable"] for till in (first, second)}
    assert sum(here.values()) <= money
    paid = 0
    for till, units in ((first, 30_00), (second, 20_00), (first, 10_00), (second, 99_00), (first, 1_00)):
        assert till.sell(ALICE, units)["outcome"] == "done", (till.place, here)
        paid += units
    refused = second.sell(ALICE, here["12-1"] // 100 * 100)
    assert (refused["outcome"], refused["decline"]) == ("declined", "lies_elsewhere")
    assert refused["elsewhere"] >= here["07-1"] - 41_00
    assert refused["elsewhere_as_of"]
    return paid
