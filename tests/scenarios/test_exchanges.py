"""A store in transfer mode whose line rests between exchanges: cards are funded at once all the same."""

from pathlib import Path

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import TillManner
from tests.scenarios.whole_chain import prove_whole

ALICE = 1
RESTING = TillManner(exchange="after_records = 5\nlinger_s = 0.3\n")
NOTHING_AHEAD = "[placement.transfer]\nmember_units = 0\ntill_units = 0\n"


def rests(*tills: str, chain: DemoChain) -> None:
    chain.wait_until(lambda: {chain.till(one).hq["state"] for one in tills} == {"resting"})


def test_value_comes_at_once_though_the_line_rests(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "12-1"), manner=RESTING, hq_settings=NOTHING_AHEAD) as chain:
        here, there = chain.till("07-1"), chain.till("12-1")
        rests("07-1", "12-1", chain=chain)
        here.swipe(ALICE)
        assert here.load(400_00)["outcome"] == "done"
        chain.wait_until(lambda: here.hq["waiting"] > 0)
        assert (here.hq["state"], chain.balances(ALICE)) == ("resting", {}), "a load is no reason to call"

        here.exchange()
        chain.wait_until(lambda: chain.balances(ALICE) == {"hq": (400_00, 0)})
        rests("07-1", chain=chain)
        assert there.sell(ALICE, 150_00)["outcome"] == "done", "HQ was called, and has given"
        rests("12-1", chain=chain)

        for _ in range(5):
            there.key_in(ALICE)
            there.load(100_00)
        chain.wait_until(lambda: sum(sum(one) for one in chain.balances(ALICE).values()) == 750_00)
        rests("12-1", chain=chain)

        there.cut()
        refused = there.sell(ALICE, 700_00)
        assert refused["outcome"] == "declined"
        there.cable.patient = False  # a call that nobody hears may take ten seconds
        chain.wait_until(lambda: there.hq["state"] == "not_reached")
        there.cable.patient = True
        there.mend()
        rests("12-1", chain=chain)
        assert there.sell(ALICE, 700_00)["outcome"] == "done"
        there.close_day()
        chain.wait_until(lambda: chain.head("12-1")["business_date"] == there.status["business_date"])
        chain.wait_until(lambda: chain.money(ALICE) == 50_00)
        prove_whole(chain)
