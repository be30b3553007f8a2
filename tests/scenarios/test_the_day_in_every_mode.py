"""A cashier's day at two tills of a real chain: loads, points, split payment, no HQ, refunds, voids, and the close.

It is told once, and run in each way of running a store; tests/scenarios/ways.py has what differs by it.
The sums are told beside the programs by plain arithmetic; in the end all halves are audited, and once more after
each was touched by hand. Transfer is in every run.

All are run with a store's lead and without one. A line that rests makes no sense but in transfer mode: who
funds each sale has to be reached, and a proxy-run store has no line.
"""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain, Held
from tests.scenarios.touched import each_touch_is_named
from tests.scenarios.ways import PLACEMENT, WAYS, Way
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

ALICE = 1
IN_EVERY_RUN = {"transfer"}
THOROUGH = [
    pytest.param(way, id=name, marks=pytest.mark.thorough) for name, way in WAYS.items() if name not in IN_EVERY_RUN
]


class Day:
    """What is done at the tills, and what Alice must have by it."""

    def __init__(self, chain: DemoChain, way: Way) -> None:
        self.chain, self.way = chain, way
        self.first, self.second = (chain.till(place) for place in way.places)
        self.money = self.points = 0

    def load_and_buy(self) -> tuple[str, str]:
        """At the first till; the slips of a sale that was paid in three ways, and of one that was paid by card."""
        self.first.swipe(ALICE)
        loaded = self.first.load(500_00)
        assert (loaded["principal"], loaded["bonus"]) == (500_00, 60_55)
        assert self.first.load(100_00)["outcome"] == "done"
        self.money = 660_55

        sold = self.first.split(stored_value=200_00, cash=150_00)
        assert (sold["outcome"], sold["points_in"], sold["balance"]["points"]) == ("done", 3, 3)
        small = self.first.charge(199_00)
        assert small["points_in"] == 1
        self.money, self.points = self.money - 399_00, 4
        self.is_known()

        odd = self.first.split(stored_value=60_55, points=3_45, cash=196_00)
        assert (odd["outcome"], odd["points_out"], odd["points_in"]) == ("done", 4, 2), odd
        self.money, self.points = self.money - 60_55, self.points - 4 + 2
        assert self.money == 201_00
        half_coins = self.first.split(stored_value=50, cash=50)
        assert half_coins["decline"] == "not_chargeable"
        return str(odd["receipt_number"]), str(small["receipt_number"])

    def go_to_the_second_till(self) -> None:
        self.money += self.way.sell_at_the_second(self.chain, ALICE)
        assert self.second.load(500_00)["bonus"] == 60_55
        self.money += 560_55
        everybody_on_line(self.chain, self.way.hears)
        self.chain.wait_until(lambda: self.chain.balances(ALICE).keys() - {"hq"} == self.way.homes)

    def is_known(self) -> None:
        """HQ has heard of it, and has the sum that is told here."""
        self.way.hears(self.chain)
        assert self.chain.money(ALICE) == self.money

    def halves_agree(self) -> None:
        """Each till says of what it can spend what HQ says of it."""
        self.is_known()
        self.chain.wait_until(lambda: self.chain.points(ALICE) == (self.points, 0))
        for till in (self.first, self.second):
            at_the_till, at_hq = self.way.shown(self.chain, till, ALICE)
            assert at_the_till == at_hq, till.place

    def sell_what_is_placed(self, known: dict[str, Held]) -> None:
        """Five sales at two tills from what lies there, a sixth that is refused and says where the rest was.

        Sales below NT$100 earn no point.
        """
        self.money += self.way.load_without_hq(self.chain, ALICE, self.money)
        here = int(self.second.swipe(ALICE)["spendable"])
        for till, units in zip((self.first, self.second) * 3, (30_00, 20_00, 10_00, 99_00, 1_00), strict=False):
            sold = till.sell(ALICE, units)
            assert sold["outcome"] == "done", (till.place, sold)
            self.money -= units
        reach = self.way.within_reach(self.chain, self.second, ALICE)
        refused = self.second.sell(ALICE, reach // 100 * 100 + 1_00)
        assert (refused["outcome"], refused["decline"]) == ("declined", self.way.refused), refused
        elsewhere = self.way.told(known, self.second, max(20_00 + 99_00 - here, 0))
        assert (refused["elsewhere"] or 0) == sum(elsewhere.values())
        shares = {one["place"]: one["principal"] + one["bonus"] for one in self.second.look()["shares"]}
        assert {place: units for place, units in shares.items() if place != self.second.place} == elsewhere

    def undo(self, odd: str, small: str) -> None:
        """A sale in two steps and no further, and another one whole."""
        back = self.first.refund(odd, 100_00)
        assert (back["outcome"], sum(part["units"] for part in back["paid"])) == ("done", 100_00)
        rest = self.first.refund(odd, 160_00)
        given_back = [part for done in (back, rest) for part in done["paid"]]
        assert sums(given_back) == {"stored_value": 60_55, "points": 3_45, "cash": 196_00}
        assert self.first.refund(odd, 1_00)["decline"] == "more_than_left"
        self.money, self.points = self.money + 60_55, self.points + 4 - 2

        no = self.second.refund(odd, 1_00)
        assert no["decline"] == self.way.refused_elsewhere, no
        assert self.first.void(small)["outcome"] == "done"
        assert self.first.void(small)["decline"] == "already_undone"
        self.money, self.points = self.money + 199_00, self.points - 1


@pytest.mark.parametrize("way", [pytest.param(WAYS[name], id=name) for name in IN_EVERY_RUN] + THOROUGH)
@pytest.mark.timeout(180)
def test_a_day_from_the_first_load_to_the_close(way: Way, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    with DemoChain(tmp_path, places=way.places, manner=way.manner, hq_settings=PLACEMENT) as chain:
        way.open(chain)
        day = Day(chain, way)
        odd, small = day.load_and_buy()
        day.go_to_the_second_till()
        day.halves_agree()
        known = chain.balances(ALICE)
        way.lose_hq(chain)
        day.sell_what_is_placed(known)
        chain.hq.start()
        day.is_known()
        day.undo(odd, small)
        day.halves_agree()
        key = chain.hq.get("/v1/hq")["public_key"]
        prove_whole(chain, way.hears)
        each_touch_is_named(chain, key, all_of_them=request.config.getoption("--thorough"))


def sums(parts: list[dict[str, Any]]) -> dict[str, int]:
    """By tender, in units."""
    by_tender: Counter[str] = Counter()
    for part in parts:
        by_tender[part["tender"]] += part["units"]
    return dict(by_tender)
