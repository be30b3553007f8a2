"""A store's lead: cut off from HQ, the tills of one store spend what lies with their lead, over the LAN."""

from pathlib import Path

from hardware_mocks.demo_chain import DemoChain
from tests.scenarios.whole_chain import prove_whole

ALICE, BOB = 1, 2


def test_cut_off_tills_of_a_store_spend_what_lies_with_their_lead(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "07-2", "12-1")) as chain:
        lead, till = chain.till("07-1"), chain.till("07-2")
        chain.name_lead("07-1")
        lead.key_in(ALICE)
        lead.load(400_00)
        chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (400_00, 0)})
        lead.cut()
        till.cut()
        chain.wait_until(lambda: {chain.head(one)["on_line"] for one in ("07-1", "07-2")} == {False})

        sold = till.sell(ALICE, 150_00)
        assert sold["outcome"] == "done"
        assert lead.sell(ALICE, 100_00)["outcome"] == "done"
        assert till.sell(ALICE, 160_00)["outcome"] == "declined"
        assert till.sell(ALICE, 150_00)["outcome"] == "done"
        assert lead.sell(ALICE, 1_00)["outcome"] == "declined"

        till.mend()
        lead.mend()
        chain.wait_until(lambda: chain.money(ALICE) == 0)
        prove_whole(chain)


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
        chain.wait_until(lambda: another.lead == {"place": "07-1", "state": "not_reached"})
        assert another.sell(BOB, 10_00)["outcome"] == "declined"
        assert chain.till("07-1").sell(BOB, 200_00)["outcome"] == "done"
        for till in chain.tills.values():
            till.mend()
        chain.wait_until(lambda: chain.money(BOB) == 0)
        prove_whole(chain)
