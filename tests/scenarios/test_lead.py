"""A store's lead: cut off from HQ, the tills of one store spend what lies with their lead, over the LAN."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.cable import Cable
from hardware_mocks.demo_chain import DemoChain, answers, begin
from hardware_mocks.demo_till import DemoTill, TillManner
from tests.scenarios import lead_that_dies
from tests.scenarios.whole_chain import prove_whole

ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4
DYING = TillManner(program=(sys.executable, str(Path(lead_that_dies.__file__))))
REAL_TIME = TillManner(mode="real_time")
PLACEMENT = "[placement.real_time]\nmember_units = 30_000\ntill_units = 100_000_000\ntills = 2\n"
"""NT$300 of a member may lie ready."""


@pytest.fixture(scope="module")
def chain(module_path: Path) -> Iterator[DemoChain]:
    """07-1 is to lead, and dies when it is told to."""
    with DemoChain(module_path, places=("07-2", "12-1", "12-2", "12-3")) as chain:
        chain.add_tills("07-1", manner=DYING)
        yield chain
        prove_whole(chain)


@pytest.fixture(scope="module")
def lan(chain: DemoChain) -> Cable:
    """The cable to 07-1, which leads."""
    return chain.name_lead("07-1")


def put_in(chain: DemoChain, member: int, units: int, place: str = "07-1") -> None:
    """A member loads at a till, and HQ knows."""
    chain.till(place).key_in(member)
    chain.till(place).load(units)
    chain.wait_until(lambda: chain.balances(member).get(place) == (units, 0))


def cut(chain: DemoChain, *tills: DemoTill) -> None:
    for till in tills:
        till.cut()
    chain.wait_until(lambda: not any(chain.head(till.place)["on_line"] for till in tills))


@pytest.mark.usefixtures("lan")
def test_cut_off_tills_of_a_store_spend_what_lies_with_their_lead(chain: DemoChain) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    put_in(chain, ALICE, 400_00)
    cut(chain, lead, till)

    assert till.sell(ALICE, 150_00)["outcome"] == "done"
    assert lead.sell(ALICE, 100_00)["outcome"] == "done"
    assert till.sell(ALICE, 160_00)["outcome"] == "declined"
    assert till.sell(ALICE, 150_00)["outcome"] == "done"
    assert lead.sell(ALICE, 1_00)["outcome"] == "declined"

    till.mend()
    lead.mend()
    chain.wait_until(lambda: chain.money(ALICE) == 0)


@pytest.mark.usefixtures("lan")
def test_a_lead_killed_between_its_commit_and_its_answer_has_lent_once_and_gets_it_back(chain: DemoChain) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    put_in(chain, BOB, 400_00)
    cut(chain, lead, till)
    till.swipe(BOB)
    assert till.charge(150_00, operation_id="dies-once")["outcome"] == "declined"
    lead.process.wait()

    lead.start()
    chain.wait_until(lambda: till.lead == answers("07-1"))
    lead.swipe(BOB)
    chain.wait_until(lambda: lead.look()["principal"] == 400_00)
    assert till.sell(BOB, 400_00)["outcome"] == "done"

    till.mend()
    lead.mend()
    chain.wait_until(lambda: chain.money(BOB) == 0)


def test_a_lan_that_breaks_in_mid_draw_costs_one_sale_and_no_money(chain: DemoChain, lan: Cable) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    put_in(chain, CAROL, 400_00)
    cut(chain, lead, till)
    lan.holds_down = True
    till.swipe(CAROL)
    sale = begin(lambda: till.charge(150_00))
    lead.swipe(CAROL)
    chain.wait_until(lambda: lead.look()["principal"] == 250_00)
    lan.unplug()
    assert sale.result()["outcome"] == "declined"
    chain.wait_until(lambda: till.lead == answers("07-1") | {"state": "not_reached"})
    assert till.sell(CAROL, 1_00)["outcome"] == "declined"

    lan.holds_down = False
    lan.lead_to(f"http://127.0.0.1:{lead.lan_port}")
    chain.wait_until(lambda: till.lead == answers("07-1"))
    chain.wait_until(lambda: lead.look()["principal"] == 400_00)
    assert till.sell(CAROL, 400_00)["outcome"] == "done"

    till.mend()
    lead.mend()
    chain.wait_until(lambda: chain.money(CAROL) == 0)


def test_another_lead_is_named_while_the_line_to_the_old_one_is_up(chain: DemoChain) -> None:
    old, new, till = (chain.till(place) for place in ("12-1", "12-2", "12-3"))
    chain.name_lead("12-1")
    put_in(chain, DAVE, 100_00, "12-1")
    assert till.sell(DAVE, 10_00)["outcome"] == "done"
    chain.name_lead("12-2")
    chain.wait_until(lambda: chain.balances(DAVE) == {"12-2": (90_00, 0)})
    cut(chain, old, new, till)
    assert till.sell(DAVE, 40_00)["outcome"] == "done"
    assert old.sell(DAVE, 50_00)["outcome"] == "done"
    assert new.sell(DAVE, 1_00)["outcome"] == "declined"

    chain.mend_all()
    chain.wait_until(lambda: chain.money(DAVE) == 0)


@pytest.mark.thorough
def test_in_real_time_a_store_without_hq_draws_from_its_lead(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "07-2"), manner=REAL_TIME, hq_settings=PLACEMENT) as chain:
        lead, till = chain.till("07-1"), chain.till("07-2")
        chain.name_lead("07-1")
        till.key_in(ALICE)
        till.load(400_00)
        chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (300_00, 0), "hq": (100_00, 0)})
        assert till.sell(ALICE, 50_00)["outcome"] == "done"
        cut(chain, lead, till)
        assert till.sell(ALICE, 250_00)["outcome"] == "done"
        assert till.sell(ALICE, 100_00)["outcome"] == "declined"
        chain.mend_all()
        chain.wait_until(lambda: chain.money(ALICE) == 100_00)
        chain.wait_until(lambda: till.hq["state"] == "answered")  # the lead may have told it all
        assert till.sell(ALICE, 100_00)["outcome"] == "done"
        prove_whole(chain)


@pytest.mark.thorough
def test_what_is_loaded_at_any_till_of_the_store_lies_ready_at_its_lead(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "07-2", "07-3")) as chain:
        one, another = chain.till("07-2"), chain.till("07-3")
        one.key_in(BOB)
        one.load(400_00)
        chain.wait_until(lambda: chain.balances(BOB) == {"07-2": (400_00, 0)})
        lan = chain.name_lead("07-1")
        chain.wait_until(lambda: chain.balances(BOB) == {"07-1": (400_00, 0)})
        for till in chain.tills.values():
            till.cut()
        assert another.sell(BOB, 100_00)["outcome"] == "done"
        assert one.sell(BOB, 100_00)["outcome"] == "done"

        lan.unplug()
        chain.wait_until(lambda: another.lead == answers("07-1") | {"state": "not_reached"})
        assert another.sell(BOB, 10_00)["outcome"] == "declined"
        assert chain.till("07-1").sell(BOB, 200_00)["outcome"] == "done"
        for till in chain.tills.values():
            till.mend()
        chain.wait_until(lambda: chain.money(BOB) == 0)
        prove_whole(chain)


@pytest.mark.thorough
def test_what_is_under_way_when_another_lead_is_named_arrives_by_hq(tmp_path: Path) -> None:
    """The LAN breaks when the lead has given and the till has nothing; and when the till has given it back."""
    with DemoChain(tmp_path, places=("07-1", "07-2", "07-3")) as chain:
        one, till, three = (chain.till(place) for place in ("07-1", "07-2", "07-3"))
        lan = chain.name_lead("07-1")
        put_in(chain, CAROL, 400_00)
        cut(chain, one, till)
        draw_in_vain(chain, lan, one)
        lan.unplug()
        one.mend()
        till.mend()
        chain.wait_until(lambda: chain.under_way(CAROL) == (150_00, 0))

        lan = chain.name_lead("07-3")
        chain.wait_until(lambda: chain.balances(CAROL) == {"07-3": (400_00, 0)})
        assert done(chain, "07-2").count("relay") == 1

        cut(chain, three, till)
        draw_in_vain(chain, lan, three)
        before = till.hq["waiting"]
        lan.holds_up, lan.holds_down = True, False
        chain.wait_until(lambda: till.hq["waiting"] >= before + 2)
        lan.unplug()
        three.mend()
        till.mend()
        chain.wait_until(lambda: chain.under_way(CAROL) == (150_00, 0))

        chain.name_lead("07-1")
        chain.wait_until(lambda: chain.balances(CAROL) == {"07-1": (400_00, 0)})
        assert done(chain, "07-3").count("relay") == 1
        for one_of_them in chain.tills.values():
            one_of_them.cut()
        assert till.sell(CAROL, 400_00)["outcome"] == "done"
        chain.mend_all()
        chain.wait_until(lambda: chain.money(CAROL) == 0)
        prove_whole(chain)


def draw_in_vain(chain: DemoChain, lan: Cable, lead: DemoTill) -> None:
    """Till 2 asks the lead for 150.00 of Carol's, which gives it; nothing of that comes in time."""
    lan.holds_down = True
    chain.till("07-2").swipe(CAROL)
    sale = begin(lambda: chain.till("07-2").charge(150_00))
    lead.swipe(CAROL)
    chain.wait_until(lambda: lead.look()["principal"] == 250_00)
    assert sale.result()["outcome"] == "declined"


def done(chain: DemoChain, place: str) -> list[str]:
    """What a till's last records say, as HQ names it."""
    lines = chain.hq.get(f"/v1/chains/{place}/1/records")["lines"]
    return [line["summary"]["what"] for line in lines]
