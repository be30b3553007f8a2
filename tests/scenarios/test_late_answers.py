"""A till asks for value, and the answer is late or never comes: nothing is doubled or lost, and nobody waits twice.

HQ or the store's lead gives it, or the till's place at HQ sells. The stories of all of them are told once; who gives is
a parameter, and tests/scenarios/givers.py has what differs. Real time is in every run, with stories of its own: there
each sale is HQ's to fund. A proxy-run store without a lead asks nobody, so nothing can be late. A lead that is killed
is in test_lead.py, kills at any moment are in test_killed_chain.py.

One chain of real programs for all stories of a giver, each with members of its own; in the end all of it is audited.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from hardware_mocks.demo_chain import DemoChain, begin
from hardware_mocks.demo_till import DemoTill
from tests.scenarios.givers import GIVERS, LOADED, Bench, bench_of, on_line, said
from tests.scenarios.whole_chain import fresh

DRAW_TIMEOUT_S = 3.0
IN_EVERY_RUN = ("real time",)
THOROUGH = [pytest.param(name, marks=pytest.mark.thorough) for name in GIVERS if name not in IN_EVERY_RUN]
HOSTED = [name for name in GIVERS if name.startswith("hosted")]
in_real_time = pytest.mark.parametrize("whole_bench", ["real time"], indirect=True, scope="module")


@pytest.fixture(scope="module", params=[*IN_EVERY_RUN, *THOROUGH])
def whole_bench(request: pytest.FixtureRequest, module_path: Path) -> Iterator[Bench]:
    with bench_of(GIVERS[request.param], Path(mkdtemp(dir=module_path))) as bench:
        yield bench


@pytest.fixture
def bench(whole_bench: Bench) -> Bench:
    return on_line(whole_bench)


@pytest.fixture
def chain(bench: Bench) -> DemoChain:
    return bench.chain


@pytest.mark.thorough
def test_an_answer_that_comes_too_late_charges_nobody_twice(bench: Bench) -> None:
    """In real time one more story tells of it, in every run."""
    bench.put_in(11)
    bench.hold()
    sale = begin(lambda: bench.till.charge(200_00, operation_id="answered-late"))
    bench.giver.wait_until_given(bench.chain, 11, 200_00)
    assert said(sale.result()) == bench.giver.unanswered
    bench.mend()
    done = bench.wait_until_said("answered-late", bench.giver.comes_late)
    left = LOADED - (200_00 if done["outcome"] == "done" else 0)
    assert bench.money(11) == left
    bench.sell(bench.till, 11, 300_00)
    assert bench.money(11) == left - 300_00
    bench.sell(bench.elsewhere, 11, (left - 300_00) // 100 * 100)
    assert bench.money(11) == 55


def test_a_load_in_the_time_out_of_a_sale_pays_it_and_the_rest_is_spent_elsewhere(bench: Bench) -> None:
    """Where nobody knows what came of the sale, nobody knows of the load; both are done."""
    bench.put_in(4)
    bench.hold()
    sale = begin(lambda: bench.till.charge(100_00, operation_id="sale-in-time-out"))
    bench.giver.wait_until_given(bench.chain, 4, 100_00)
    loaded = bench.till.load(500_00, operation_id="load-in-time-out")
    assert said(loaded) == bench.giver.load_meanwhile
    assert said(sale.result()) == bench.giver.load_meanwhile
    bench.mend()
    for operation in ("sale-in-time-out", "load-in-time-out"):
        bench.wait_until_said(operation, "done")
    assert bench.money(4) == 2 * LOADED - 100_00
    bench.sell(bench.elsewhere, 4, 900_00)
    assert bench.money(4) == 2 * LOADED - 1_000_00


def test_a_till_killed_between_what_was_given_and_its_own_commit_has_not_sold(bench: Bench) -> None:
    """A place at HQ had sold it by then, and the till hears so when it is back."""
    bench.put_in(5)
    sale = begin(lambda: bench.till.charge(500_00, operation_id="till-dies-before"))
    assert isinstance(sale.exception(), OSError)
    bench.till.process.wait()
    bench.till.start()
    was = bench.wait_until_said("till-dies-before", bench.giver.killed_before)
    bench.mend()
    sold = 500_00 if was.get("outcome") == "done" else 0
    assert bench.money(5) == LOADED - sold
    assert sum(bench.chain.balances(5).get(bench.till.place, (0, 0))) <= 300_00, "what came too late went home"
    if not sold:
        bench.till.swipe(5)
    again = bench.till.charge(500_00, operation_id="till-dies-before")
    assert (said(again), again.get("replayed")) == ("done", bool(sold)), again
    assert bench.money(5) == LOADED - 500_00


def test_a_till_killed_after_its_own_commit_and_before_its_answer_has_sold_once(bench: Bench) -> None:
    bench.put_in(6)
    sale = begin(lambda: bench.till.charge(200_00, operation_id="till-dies-after"))
    assert isinstance(sale.exception(), OSError)
    bench.till.process.wait()
    bench.till.start()
    done = bench.wait_until_said("till-dies-after", "done")
    assert done["principal"] == 200_00
    bench.mend()
    assert bench.money(6) == LOADED - 200_00
    assert bench.till.charge(200_00, operation_id="till-dies-after") == {**done, "replayed": True}
    assert bench.money(6) == LOADED - 200_00


@pytest.mark.thorough
@pytest.mark.parametrize("whole_bench", HOSTED, indirect=True, scope="module")
@pytest.mark.parametrize(("moment", "becomes"), [("before", "cancelled"), ("after", "done")])
def test_a_place_at_hq_killed_about_its_commit_has_sold_once_or_calls_it_off(
    moment: str, becomes: str, bench: Bench
) -> None:
    member, operation = {"before": (7, "host-dies-before"), "after": (8, "host-dies-after")}[moment]
    bench.put_in(member)
    assert said(bench.till.charge(200_00, operation_id=operation)) == "outcome_unknown"
    assert bench.chain.hosts is not None
    bench.chain.hosts.wait()
    assert said(bench.till.was_it_done(operation)) == "outcome_unknown"
    bench.chain.hosts.start()
    done = bench.wait_until_said(operation, becomes)
    left = LOADED - (200_00 if done["outcome"] == "done" else 0)
    assert bench.money(member) == left
    bench.sell(bench.elsewhere, member, 300_00)
    assert bench.money(member) == left - 300_00


def seconds_of(till: DemoTill, units: int) -> float:
    """How long the card before the cashier takes to pay."""
    start_s = time.monotonic()
    assert till.charge(units)["outcome"] == "done"
    return time.monotonic() - start_s


@in_real_time
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


@in_real_time
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


@in_real_time
@pytest.mark.thorough
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
