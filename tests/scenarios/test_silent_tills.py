"""A till whose own line to HQ is down, or that is gone for good: the lead and its witness speak for it, and to it."""

from collections.abc import Iterator

import pytest

from hardware_mocks.demo_chain import DemoChain, answers
from tests.scenarios.whole_chain import lists, prove_whole

ALICE, BOB = 1, 2
OFTEN = "copies_s = 0.3\n"


@pytest.fixture
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoChain]:
    """07-1 leads, and copies its chain to 07-2."""
    folder = tmp_path_factory.mktemp("chain")
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
