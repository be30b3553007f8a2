"""A till whose own line to HQ is down, or that is gone for good: who speaks for it, and what HQ shows of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain, answers
from tests.scenarios.whole_chain import lists, prove_whole

ALICE, BOB = 1, 2
OFTEN = "copies_s = 0.3\n"


@pytest.fixture
def chain(module_path: Path) -> Iterator[DemoChain]:
    """07-1 leads, and copies its chain to 07-2."""
    folder = module_path
    with DemoChain(folder, places=("07-1", "07-2"), hq_settings=OFTEN) as chain:
        chain.name_lead("07-1", witness="07-2")
        yield chain


def test_the_records_of_a_till_that_is_silent_or_dead_come_by_the_other(chain: DemoChain) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    lead.cut()
    lead.key_in(ALICE)
    lead.load(400_00)
    chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (400_00, 0)})
    assert not chain.head("07-1")["on_line"], "its witness has told"

    lead.mend()
    till.cut()
    assert till.sell(ALICE, 150_00)["outcome"] == "done", "the lead had it"
    chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (250_00, 0)})
    assert not chain.head("07-2")["on_line"], "the lead has told"

    chain.block(BOB)
    chain.wait_until(lambda: till.sell(BOB, 1_00)["decline"] == "card_blocked")
    chain.unblock(BOB)
    chain.wait_until(lambda: till.sell(BOB, 1_00)["decline"] != "card_blocked")
    assert not chain.head("07-2")["on_line"], "what HQ orders comes by the lead, too"

    till.mend()
    lead.cut()
    chain.wait_until(lambda: till.lead == answers("07-1"))
    assert till.sell(ALICE, 100_00)["outcome"] == "done"
    lead.kill()
    chain.wait_until(lambda: (chain.money(ALICE), lists(chain)["waiting"]) == (150_00, 0))

    lead.start()
    lead.mend()
    prove_whole(chain)


@pytest.mark.thorough
def test_hq_sees_what_a_cut_off_till_refused_though_funded_and_what_a_silent_one_strands(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "12-1"), hq_settings=f"stranded_after_h = {2 / 3600}\n") as chain:
        here, there = chain.till("07-1"), chain.till("12-1")
        there.key_in(ALICE)
        there.load(400_00)
        chain.wait_until(lambda: chain.balances(ALICE) == {"12-1": (400_00, 0)})
        assert stores(chain)["12"]["placed"] == {"money": 400_00, "points": 0}

        here.cut()
        for _ in range(3):
            assert here.sell(ALICE, 150_00, pos_ref="P-1")["decline"] == "not_enough_here"
        assert here.sell(BOB, 150_00)["outcome"] == "declined"
        assert refused(chain) == {}, "HQ has not heard of it"
        here.mend()
        chain.wait_until(lambda: refused(chain) == {"07": {"sales": 1, "asked": 150_00, "missing": 150_00}})
        assert chain.hq.get("/v1/placement")["total"]["silent"]["money"] == 0, "lines are up, however quiet"

        there.cut()
        chain.wait_until(lambda: stores(chain)["12"]["silent"] == {"money": 400_00, "points": 0})
        said = chain.hq.command("placement")
        assert "07\trefused 1: 15000, missing 15000\tpoints refused 0: 0, missing 0\tstranded 0," in said.stdout
        assert "stranded 40000, points 0\tplaced 40000, points 0\tat risk 0" in said.stderr
        there.mend()
        chain.wait_until(lambda: stores(chain)["12"]["silent"] == {"money": 0, "points": 0})
        assert here.sell(ALICE, 150_00)["outcome"] == "done"
        chain.wait_until_quiet()
        assert sum(one["sales"] for one in refused(chain).values()) == 1, "what was refused stays so"
        prove_whole(chain)


def stores(chain: DemoChain) -> dict[str, Any]:
    return {one["store"]: one for one in chain.hq.get("/v1/placement")["stores"]}


def refused(chain: DemoChain) -> dict[str, Any]:
    """What was refused though funded, by store."""
    return {store: one["refused"] for store, one in stores(chain).items() if one["refused"]["sales"]}
