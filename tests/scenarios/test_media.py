"""A store without a line, with real programs: its tills sell, and files on a stick go to HQ and back each evening."""

from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import TillManner
from tests.scenarios.stick import Stick
from tests.scenarios.test_another_mode import run_store
from tests.scenarios.whole_chain import prove_whole

ALICE, BOB = 1, 2
LEAD, TILL = "07-1", "07-2"
PROXY_RUN = TillManner(mode="proxy_run")


def test_a_store_without_a_line_sells_and_closes_its_days_by_stick(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=(LEAD, TILL), manner=PROXY_RUN) as chain:
        lead, till, stick = chain.till(LEAD), chain.till(TILL), Stick(chain, tmp_path / "stick")
        lead.cut()
        till.cut()
        assert {one.hq["state"] for one in (lead, till)} == {"by_medium"}
        chain.order_lead(LEAD)
        first = stick.evening()
        chain.wait_until_led(LEAD)

        till.swipe(ALICE)
        till.load(400_00)
        assert till.charge(100_00)["outcome"] == "done"
        lead.swipe(BOB)
        lead.load(100_00)
        assert till.sell(BOB, 60_00)["outcome"] == "done", "the lead has lent it"
        assert lead.sell(ALICE, 10_00)["outcome"] == "declined", "it lies at the other till, and HQ was not asked"
        closed = [one.close_day()["opens"] for one in (lead, till)]
        second = stick.evening()
        assert chain.balances(ALICE) == {TILL: (300_00, 0)}
        assert [chain.head(place)["business_date"] for place in (LEAD, TILL)] == closed

        third = stick.evening()
        assert chain.balances(ALICE) == {}, "it came home, and is on its way to the lead"
        fourth = stick.evening()
        assert chain.balances(ALICE) == {LEAD: (300_00, 0)}
        assert till.sell(ALICE, 250_00)["outcome"] == "done"
        assert till.sell(ALICE, 60_00)["outcome"] == "declined"

        old = [files for evening in (fourth, first, third, second) for files in evening.items()]
        before = chain.balances(ALICE), chain.balances(BOB), chain.hq.get("/v1/hq")["head"]
        shown = [till.swipe(BOB)["spendable"], till.swipe(ALICE)["spendable"]]
        for place, (file, answer) in old:
            assert " 0 of them new" in stick.take_in(file)[1]
            said = stick.bring_in(place, answer)
            assert (said["carried_out"], said["wrong"]) == (0, None)
        assert stick.bring_in(LEAD, second[TILL][1])["code"] == "medium.not_ours"
        assert stick.bring_in(TILL, second[TILL][0])["code"] == "medium.other_way"
        assert (chain.balances(ALICE), chain.balances(BOB), chain.hq.get("/v1/hq")["head"]) == before
        assert [till.swipe(BOB)["spendable"], till.swipe(ALICE)["spendable"]] == shown

        stick.take_out(TILL).unlink()  # that stick is lost
        assert not any(chain.head(place)["on_line"] for place in (LEAD, TILL))
        assert "has not said yet" in run_store(chain, "07", "transfer")
        stick.evening()
        assert {one.status["mode"] for one in (lead, till)} == {"transfer"}
        chain.mend_all()
        chain.wait_until(lambda: {one.hq["state"] for one in (lead, till)} == {"answered"})
        chain.wait_until(lambda: (chain.money(ALICE), chain.money(BOB)) == (50_00, 40_00))
        prove_whole(chain)


@pytest.mark.thorough
def test_a_promised_refund_is_kept_by_stick(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=(LEAD, TILL), manner=PROXY_RUN) as chain:
        lead, till, stick = chain.till(LEAD), chain.till(TILL), Stick(chain, tmp_path / "stick")
        lead.cut()
        till.cut()
        stick.evening()
        till.swipe(ALICE)
        till.load(400_00)
        sold = till.charge(100_00)
        promised = lead.refund(sold["receipt_number"], 100_00, promise=True)
        assert promised["outcome"] == "promised", promised
        for _ in range(3):  # to HQ; from there to who has sold; back, and to who has promised
            assert lead.was_it_done(promised["operation_id"])["outcome"] == "promised"
            stick.evening()
        assert lead.void(promised["receipt_number"])["decline"] == "already_undone"
        stick.evening()
        assert chain.hq.get("/v1/promises")["total"] == 0
        run_store(chain, "07", "transfer")
        stick.evening()
        chain.mend_all()
        chain.wait_until(lambda: chain.money(ALICE) == 400_00)
        prove_whole(chain)
