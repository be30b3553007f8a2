"""A store is run in another way while its tills sell, with real programs: nothing is installed, nothing stops."""

import sys
from pathlib import Path

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.program import run_command
from tests.scenarios.whole_chain import prove_whole

ALICE = 1
PLACEMENT = """
[placement.transfer]
member_units = 50_000
till_units = 100_000_000
[placement.real_time]
member_units = 10_000
till_units = 100_000_000
"""


def run_store(chain: DemoChain, store: str, mode: str) -> str:
    """What `counterfoil-hq stores run` says."""
    command = [sys.executable, "-m", "hq_server", "stores", "run", str(chain.hq_settings), "--url", chain.hq.url]
    done = run_command(*command, store, mode)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_store_changes_its_way_in_the_middle_of_the_day(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1",), hq_settings=PLACEMENT) as chain:
        till = chain.till("07-1")
        till.swipe(ALICE)
        till.load(400_00)
        assert till.charge(50_00)["outcome"] == "done"
        chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (350_00, 0)})

        assert "has not said yet" in run_store(chain, "07", "real_time")
        chain.wait_until(lambda: till.status["mode"] == "real_time")
        chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (100_00, 0), "hq": (250_00, 0)})
        sold = till.charge(200_00)
        assert (sold["outcome"], sold["balance"]["principal"]) == ("done", 100_00), "HQ has funded it"

        till.cut()
        chain.wait_until(lambda: till.hq["state"] == "not_reached")
        assert till.charge(60_00)["outcome"] == "done"
        run_store(chain, "07", "transfer")
        assert till.charge(10_00)["outcome"] == "done", "it has not heard of it"
        assert till.status["mode"] == "real_time"
        till.mend()
        chain.wait_until(lambda: till.status["mode"] == "transfer")
        chain.wait_until(lambda: chain.head("07-1")["mode"] == "transfer")
        chain.wait_until_quiet()
        assert chain.money(ALICE) == 80_00
        prove_whole(chain)
