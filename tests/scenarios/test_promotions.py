"""A promotion that is limited is given so often, or for so much, and never once more, whichever stores are cut off."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_store import TAIWAN
from hardware_mocks.demo_till import DemoTill
from tests.scenarios.whole_chain import prove_whole

PLACES = ("07-1", "07-2", "12-1")
RULES = """
[[promotions]]
name = "first-12"
title = "開幕禮"
on = "load"
from_units = 20_000
gives = 2_000
limited_by = "number"

[[promotions]]
name = "one"
title = "頭一位"
on = "load"
from_units = 30_000
gives = 3_000
limited_by = "number"

[[promotions]]
name = "autumn"
title = "秋日加點"
on = "sale"
from_units = 5_000
gives = 40
limited_by = "sum"
"""


@pytest.fixture(scope="module")
def whole_chain(module_path: Path) -> Iterator[DemoChain]:
    with DemoChain(module_path, places=PLACES, country=replace(TAIWAN, rules=RULES)) as chain:
        yield chain
        prove_whole(chain)


def fund(chain: DemoChain, name: str, units: int) -> None:
    chain.hq.post(f"/v1/promotions/{name}/fundings", {"operation_id": f"fund-{name}", "units": units, "by": "ann"})


def promotion(chain: DemoChain, name: str) -> dict[str, Any]:
    page = chain.hq.get("/v1/promotions")["promotions"]
    return next(one for one in page if one["promotion"]["name"] == name)


def lies(chain: DemoChain, name: str) -> dict[str, int]:
    seen = promotion(chain, name)
    return {"hq": seen["at_hq"], **{one["place"]: one["units"] for one in seen["places"]}}


def bonus(till: DemoTill, member: int, units: int = 200_00) -> int:
    """What a load of NT$200 or 300 brings on top: the programme's tiers bring nothing for so little."""
    till.key_in(member)
    return int(till.load(units)["bonus"])


def points(till: DemoTill, member: int) -> int:
    """What a purchase of NT$50 brings: without a promotion nothing."""
    till.key_in(member)
    return int(till.split(cash=50_00)["points_in"])


def test_twelve_get_it_and_no_thirteenth_whoever_is_cut_off(whole_chain: DemoChain) -> None:
    chain = whole_chain
    first, second, third = (chain.till(place) for place in PLACES)
    assert bonus(first, 1) == 0, "nothing is funded"
    fund(chain, "first-12", 12)
    chain.wait_until(lambda: lies(chain, "first-12") == {"hq": 6, "07-1": 2, "07-2": 2, "12-1": 2})

    first.cut()
    third.cut()
    chain.wait_until(lambda: {first.hq["state"], third.hq["state"]} == {"not_reached"})
    assert [bonus(first, 1) for _ in range(3)] == [20_00, 20_00, 0], "what lies here, and HQ can't be asked"
    assert [bonus(second, 2) for _ in range(9)] == [20_00] * 8 + [0], "what lies here and at HQ, and no more is reached"
    chain.wait_until(lambda: promotion(chain, "first-12")["used"] == 8)

    first.mend()
    third.mend()
    chain.wait_until_quiet()
    assert promotion(chain, "first-12")["used"] == 10
    assert bonus(first, 2) == 20_00, "it comes from the third till"
    assert bonus(first, 2) == 20_00
    assert [bonus(till, 3) for till in (first, second, third)] == [0, 0, 0]
    chain.wait_until_quiet()
    seen = promotion(chain, "first-12")
    assert (seen["funded"], seen["used"], lies(chain, "first-12")) == (12, 12, {"hq": 0})


def test_what_is_void_was_never_given_and_somebody_else_gets_it(whole_chain: DemoChain) -> None:
    chain = whole_chain
    first, second, third = (chain.till(place) for place in PLACES)
    fund(chain, "one", 1)
    first.key_in(4)
    loaded = first.load(300_00)
    assert loaded["bonus"] == 30_00
    assert bonus(second, 4, 300_00) == 0
    assert first.void(loaded["receipt_number"])["outcome"] == "done"
    chain.wait_until_quiet()
    assert bonus(third, 4, 300_00) == 30_00
    chain.wait_until_quiet()
    seen = promotion(chain, "one")
    assert (seen["funded"], seen["used"]) == (1, 1)


@pytest.mark.thorough
def test_a_sum_stops_before_it_is_exceeded_and_a_refund_brings_nothing_back(whole_chain: DemoChain) -> None:
    chain = whole_chain
    second, third = chain.till("07-2"), chain.till("12-1")
    fund(chain, "autumn", 100)
    chain.wait_until(lambda: lies(chain, "autumn") == {"hq": 52, "07-1": 16, "07-2": 16, "12-1": 16})
    assert points(second, 5) == 40, "sixteen lie here, and HQ gives the rest"
    third.key_in(6)
    sold = third.split(cash=50_00)
    assert sold["points_in"] == 40
    assert (points(second, 5), points(third, 6)) == (0, 0), "twenty are left"
    back = third.refund(sold["receipt_number"], 50_00)
    assert (back["outcome"], back["points_out"]) == ("done", 40)
    chain.wait_until_quiet()
    assert points(second, 5) == 0
    chain.wait_until_quiet()
    seen = promotion(chain, "autumn")
    assert (seen["used"], sum(lies(chain, "autumn").values()), chain.points(6)) == (80, 20, (0, 0))
