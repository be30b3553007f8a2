"""The line to HQ is cut, and a purchase comes back to another till of its store: its right moves over the LAN."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain, answers, at_once
from hardware_mocks.demo_till import TillManner
from tests.scenarios import lead_that_dies
from tests.scenarios.whole_chain import everybody_on_line, prove_whole

LEAD, SELLER, OTHER = "07-1", "07-2", "07-3"
DYING = TillManner(program=(sys.executable, str(Path(lead_that_dies.__file__))))


@pytest.fixture(scope="module")
def whole_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoChain]:
    """In the end it is audited."""
    with DemoChain(tmp_path_factory.mktemp("chain"), places=(SELLER, OTHER)) as chain:
        chain.add_tills(LEAD, manner=DYING)
        chain.name_lead(LEAD)
        yield chain
        prove_whole(chain)


@pytest.fixture
def chain(whole_chain: DemoChain) -> DemoChain:
    return everybody_on_line(whole_chain)


def sold_and_cut(chain: DemoChain, member: int) -> str:
    """The slip of a sale for 300.00 to a member who had 500.00 and its bonus; from then on nobody reaches HQ."""
    seller = chain.till(SELLER)
    seller.swipe(member)
    seller.load(500_00)
    slip = str(seller.sell(member, 300_00)["receipt_number"])
    chain.wait_until_quiet()
    for till in chain.tills.values():
        till.cut()
    chain.wait_until(lambda: not any(chain.head(place)["on_line"] for place in chain.tills))
    return slip


def test_each_till_of_the_store_gives_back_its_share_without_hq(chain: DemoChain) -> None:
    slip = sold_and_cut(chain, 1)
    told = [chain.till(place).refund(slip, 75_00) for place in (OTHER, LEAD, SELLER)]
    assert [(one["outcome"], one["original"], one["principal"]) for one in told] == [("done", slip, 75_00)] * 3
    assert chain.till(OTHER).refund(slip, 76_00)["decline"] == "more_than_left"
    chain.mend_all()
    chain.wait_until(lambda: all(chain.head(place)["on_line"] for place in chain.tills))
    chain.wait_until_quiet()
    assert chain.till(SELLER).refund(slip, 75_00)["outcome"] == "done", "HQ knows who has it by now"
    chain.wait_until_quiet()
    assert chain.money(1) == 560_55


def test_of_three_that_give_back_all_of_it_at_once_one_does(chain: DemoChain) -> None:
    slip = sold_and_cut(chain, 2)
    told = at_once(*(lambda till=till: till.refund(slip, 300_00) for till in chain.tills.values()))
    assert sorted(one["outcome"] for one in told) == ["declined", "declined", "done"]
    chain.mend_all()
    chain.wait_until_quiet()
    assert chain.money(2) == 560_55


@pytest.mark.thorough
def test_a_lead_killed_when_it_has_passed_it_on_and_a_seller_killed_meanwhile(chain: DemoChain) -> None:
    slip, other = sold_and_cut(chain, 3), chain.till(OTHER)
    assert other.refund(slip, 100_00, operation_id="dies-once")["decline"] == "right_elsewhere"
    chain.till(LEAD).process.wait()
    chain.till(SELLER).kill()
    promised = other.refund(slip, 100_00, promise=True)
    assert promised["outcome"] == "promised"

    chain.till(LEAD).start()
    chain.wait_until(lambda: other.lead == answers(LEAD))
    chain.wait_until(lambda: other.void(promised["receipt_number"])["decline"] == "already_undone")
    chain.till(SELLER).start()
    chain.wait_until(lambda: chain.till(SELLER).lead == answers(LEAD))
    assert chain.till(SELLER).refund(slip, 200_00)["outcome"] == "done"
    assert other.refund(slip, 1_00)["decline"] == "more_than_left"
    chain.mend_all()
    chain.wait_until(lambda: chain.hq.get("/v1/promises")["total"] == 0)
    chain.wait_until_quiet()
    assert chain.money(3) == 560_55
