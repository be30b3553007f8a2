"""A chain in real time: HQ funds each sale, nobody waits for an HQ that is late, and a kill doubles or loses nothing.

One chain of real programs for all stories, each with members of its own; in the end all of it is audited.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain, begin
from hardware_mocks.demo_till import DemoTill, TillManner
from tests.scenarios import till_that_dies
from tests.scenarios.whole_chain import everybody_on_line, fresh, prove_whole

PLACEMENT = "[placement.real_time]\nmember_units = 30_000\ntill_units = 100_000_000\ntills = 2\n"
"""NT$300 of a member may lie ready at a till."""
DRAW_TIMEOUT_S = 3.0
MANNER = TillManner(mode="real_time", draw_timeout_s=DRAW_TIMEOUT_S)
DYING = MANNER._replace(program=(sys.executable, str(Path(till_that_dies.__file__))))


@pytest.fixture(scope="module")
def whole_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoChain]:
    places = ("07-1", "12-1", "12-2")
    with DemoChain(tmp_path_factory.mktemp("chain"), places=places, manner=MANNER, hq_settings=PLACEMENT) as chain:
        yield chain
        prove_whole(chain)


@pytest.fixture
def chain(whole_chain: DemoChain) -> DemoChain:
    return everybody_on_line(whole_chain)


def seconds_of(till: DemoTill, units: int) -> float:
    """How long the card before the cashier takes to pay."""
    start_s = time.monotonic()
    assert till.charge(units)["outcome"] == "done"
    return time.monotonic() - start_s


def test_each_sale_is_drawn_and_what_lies_ready_stays_for_when_the_line_is_down(chain: DemoChain) -> None:
    here, there = chain.till("07-1"), chain.till("12-1")
    here.swipe(1)
    here.load(1_000_00)
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "hq": (700_00, 150_00)})
    assert here.charge(100_00)["balance"]["principal"] == 300_00
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "hq": (600_00, 150_00)})
    assert there.sell(1, 200_00)["outcome"] == "done"
    chain.wait_until(lambda: chain.balances(1) == {"07-1": (300_00, 0), "12-1": (300_00, 0), "hq": (100_00, 150_00)})

    here.cut()
    chain.wait_until(lambda: here.hq["state"] == "not_reached")
    here.swipe(1)
    assert seconds_of(here, 250_00) < DRAW_TIMEOUT_S
    refused = here.charge(100_00)
    assert (refused["decline"], refused["balance"]["principal"]) == ("lies_elsewhere", 50_00)
    here.mend()
    chain.wait_until_quiet()
    assert chain.money(1) == 1_150_00 - 550_00


def test_an_hq_that_is_late_costs_one_customer_the_time_out_and_the_next_one_nothing(chain: DemoChain) -> None:
    till = chain.till("07-1")
    till.key_in(2)
    till.load(1_000_00)
    till.key_in(3)
    till.load(300_00)
    chain.wait_until(lambda: chain.balances(2) == {"07-1": (300_00, 0), "hq": (700_00, 150_00)})
    till.swipe(2)
    fresh(chain, till, 1_150_00)
    till.cable.holds_down = True
    assert seconds_of(till, 100_00) >= DRAW_TIMEOUT_S, "it waited for HQ, and was done from what lies ready"
    till.swipe(3)
    assert min(seconds_of(till, 50_00) for _ in range(3)) < DRAW_TIMEOUT_S / 3
    refused = till.sell(2, 250_00)
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 850_00)
    assert chain.under_way(2) == (100_00, 0), "HQ has given it, and nobody waits for it any more"

    till.mend()
    chain.wait_until(lambda: chain.balances(2) == {"07-1": (200_00, 0), "hq": (700_00, 150_00)})
    chain.wait_until(lambda: till.sell(2, 1_000_00)["outcome"] == "done")
    chain.wait_until_quiet()
    assert (chain.money(2), chain.money(3)) == (50_00, 150_00)


def test_a_load_in_the_time_out_of_a_sale_pays_it_and_the_rest_is_spent_elsewhere(chain: DemoChain) -> None:
    till = chain.till("07-1")
    chain.till("12-2").key_in(4)
    chain.till("12-2").load(500_00)
    chain.wait_until(lambda: chain.balances(4) == {"12-2": (300_00, 0), "hq": (200_00, 60_55)})
    till.swipe(4)
    till.cable.holds_down = True
    sale = begin(lambda: till.charge(100_00))
    chain.wait_until(lambda: chain.under_way(4) == (100_00, 0))
    assert till.load(500_00)["outcome"] == "done"
    assert sale.result()["outcome"] == "done"
    till.mend()
    chain.wait_until_quiet()
    assert chain.money(4) == 2 * 560_55 - 100_00
    assert chain.till("12-1").sell(4, 900_00)["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(4) == 2 * 560_55 - 1_000_00


def test_what_an_hq_gave_before_it_was_killed_comes_with_the_next_line_and_goes_home(chain: DemoChain) -> None:
    till = chain.till("12-1")
    chain.till("12-2").key_in(7)
    chain.till("12-2").load(500_00)
    chain.wait_until(lambda: chain.balances(7) == {"12-2": (300_00, 0), "hq": (200_00, 60_55)})
    till.swipe(7)
    fresh(chain, till, 560_55)
    till.cable.holds_down = True
    sale = begin(lambda: till.charge(200_00))
    chain.wait_until(lambda: chain.under_way(7) == (200_00, 0))
    chain.hq.kill()
    till.cut()
    refused = sale.result()
    assert (refused["decline"], refused["elsewhere"]) == ("lies_elsewhere", 560_55)

    chain.mend_all()
    chain.wait_until_quiet()
    assert chain.money(7) == 560_55
    assert till.sell(7, 500_00)["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(7) == 60_55


def test_a_till_killed_after_hqs_commit_and_before_its_own_has_not_sold(chain: DemoChain) -> None:
    till = chain.till("12-1")
    chain.till("12-2").key_in(5)
    chain.till("12-2").load(500_00)
    chain.wait_until(lambda: chain.balances(5) == {"12-2": (300_00, 0), "hq": (200_00, 60_55)})
    till.swipe(5)
    till.cable.holds_down = True
    sale = begin(lambda: till.charge(500_00, operation_id="killed-before"))
    chain.wait_until(lambda: chain.under_way(5) == (500_00, 0))
    till.kill()
    assert isinstance(sale.exception(), OSError)

    till.mend()
    till.start()
    assert till.was_it_done("killed-before")["code"] == "unknown_operation"
    chain.wait_until_quiet()
    assert chain.money(5) == 560_55
    assert max(sum(held) for held in chain.balances(5).values()) < 500_00, "what came too late went home"
    till.swipe(5)
    assert till.charge(500_00, operation_id="killed-before")["outcome"] == "done"
    chain.wait_until_quiet()
    assert chain.money(5) == 60_55


def test_a_till_killed_after_its_own_commit_and_before_its_answer_has_sold_once(chain: DemoChain) -> None:
    chain.add_tills("12-3", manner=DYING)
    till = chain.till("12-3")
    chain.till("12-2").key_in(6)
    chain.till("12-2").load(500_00)
    chain.wait_until(lambda: chain.balances(6) == {"12-2": (300_00, 0), "hq": (200_00, 60_55)})
    till.swipe(6)
    sale = begin(lambda: till.charge(200_00, operation_id="dies-after"))
    assert isinstance(sale.exception(), OSError)
    till.process.wait()

    till.start()
    done = till.was_it_done("dies-after")
    assert (done["outcome"], done["principal"]) == ("done", 200_00)
    chain.wait_until_quiet()
    assert chain.money(6) == 360_55
    assert till.charge(200_00, operation_id="dies-after") == {**done, "replayed": True}
    chain.wait_until_quiet()
    assert chain.money(6) == 360_55
