"""A hosted store, with real programs: HQ keeps its tills' places, and what a till in the shop keeps is a diary."""

import re
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import DemoTill, TillManner
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import HostProcess
from tests.scenarios.test_another_mode import run_store
from tests.scenarios.whole_chain import prove_whole

ALICE, BOB = 1, 2
WITH_PRINTER = TillManner(has_printer=True)
SOON_IN_DOUBT = TillManner(has_printer=True, draw_timeout_s=1.0)
RECEIPT = re.compile(r"07-1@hq-[0-9]{6}")
ASKED = "asked-and-never-answered"


def test_a_store_is_hosted_and_goes_back(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "07-2"), manner=WITH_PRINTER) as chain:
        till, other = chain.till("07-1"), chain.till("07-2")
        till.swipe(ALICE)
        till.load(400_00)
        own = till.charge(10_00)
        chain.wait_until_quiet()
        assert _prefixes(till) == ("07-1", None)
        _have_hosted(chain)
        chain.wait_until(lambda: chain.balances(ALICE).keys() == {"hq"})
        has = chain.money(ALICE)

        shown = _seen(chain, till, ALICE)
        assert (shown["spendable"], shown["total"]) == (has, has), "HQ sells for this till"
        sold = till.charge(120_37 - 37)
        assert (sold["outcome"], sold["receipt_number"]) == ("done", "07-1@hq-000001"), sold
        assert till.look()["spendable"] == has - 120_00, "the till knows what has moved before HQ says what lies where"
        assert other.sell(ALICE, 30_00)["receipt_number"] == "07-2@hq-000001"
        assert till.refund(sold["receipt_number"], 20_00)["outcome"] == "done"
        elsewhere = other.refund(sold["receipt_number"], 10_00)
        assert (elsewhere["outcome"], elsewhere["receipt_number"]) == ("done", "07-2@hq-000002"), elsewhere
        assert other.void("07-2@hq-000001")["outcome"] == "done"
        assert till.void(own["receipt_number"])["outcome"] == "done", "the till's own slip is the till's to undo"
        assert _prefixes(till) == ("07-1@hq", "07-1")
        till.swipe(BOB)
        assert till.load(200_00)["outcome"] == "done"
        chain.wait_until_quiet()
        assert chain.money(ALICE) == has - 120_00 + 20_00 + 10_00 + 10_00
        assert {"07-1", "07-2"} & chain.balances(ALICE).keys() == set()

        run_store(chain, "07", "transfer")
        chain.wait_until(lambda: till.status["mode"] == "transfer")
        again = till.sell(BOB, 5_00)
        assert again["outcome"] == "done", (again, chain.balances(BOB))
        assert again["receipt_number"].startswith("07-1-"), "it sells by itself again"
        assert _prefixes(till) == ("07-1", "07-1@hq")
        assert till.refund(sold["receipt_number"], 90_00)["outcome"] == "done", "HQ gives back what it has sold"
        assert till.refund(sold["receipt_number"], 1_00)["decline"] == "more_than_left"
        chain.wait_until_quiet()
        assert chain.money(ALICE) == has + 10_00
        prove_whole(chain)


def test_a_hosted_till_without_a_line_takes_what_needs_nothing_of_hq(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1",), manner=WITH_PRINTER) as chain:
        till = chain.till("07-1")
        _have_hosted(chain)
        till.swipe(ALICE)
        assert till.load(400_00)["outcome"] == "done"
        sold = till.charge(100_00)
        assert sold["outcome"] == "done", sold
        chain.wait_until_quiet()
        has = chain.money(ALICE)
        till.cut()
        chain.wait_until(lambda: till.hq["state"] == "not_reached")
        no = till.sell(ALICE, 50_00)
        assert (no["outcome"], no["decline"]) == ("declined", "lies_elsewhere"), no
        assert till.refund(sold["receipt_number"], 100_00)["code"] == "hq_not_reached"
        earned = till.split(cash=800_00)
        assert (earned["outcome"], earned["receipt_number"][:5], earned["points_in"] > 0) == ("done", "07-1-", True)
        till.mend()
        chain.wait_until(lambda: till.sell(ALICE, 50_00)["outcome"] == "done")
        chain.wait_until_quiet()
        assert chain.money(ALICE) == has - 50_00
        prove_whole(chain)


def test_what_hq_has_not_answered_is_done_or_called_off_and_until_then_nobody_says_so(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1",), manner=SOON_IN_DOUBT) as chain:
        till = chain.till("07-1")
        hosts = _have_hosted(chain)
        till.swipe(ALICE)
        till.load(400_00)
        chain.wait_until_quiet()
        has = chain.money(ALICE)

        till.cable.holds_down = True  # the answer stays away
        till.swipe(ALICE)
        assert till.charge(100_00, operation_id=ASKED)["code"] == "outcome_unknown"
        assert till.was_it_done(ASKED)["code"] == "outcome_unknown"
        assert till.charge(100_00, operation_id=ASKED)["code"] == "outcome_unknown", "it is not asked for twice"
        till.kill()
        till.start()
        assert till.was_it_done(ASKED)["code"] == "outcome_unknown", "it was stored before it was asked"
        till.mend()
        chain.wait_until(lambda: till.was_it_done(ASKED).get("outcome") == "done")
        assert till.was_it_done(ASKED)["receipt_number"] == "07-1@hq-000002"

        hosts.kill()
        till.swipe(ALICE)
        refused = till.charge(70_00, operation_id=f"{ASKED}-2")
        assert refused["code"] == "hq_not_reached", refused
        hosts.start()
        chain.wait_until(lambda: till.was_it_done(f"{ASKED}-2").get("decline") == "cancelled")
        assert till.sell(ALICE, 70_00)["outcome"] == "done"
        chain.wait_until_quiet()
        assert chain.money(ALICE) == has - 170_00
        assert till.printer is not None
        assert all("可用餘額" not in slip.text for slip in till.printer.wait_for_slips(3)), "it lies at HQ"
        assert _originals(till.printer, 3) == ["07-1@hq-000001", "07-1@hq-000002", "07-1@hq-000003"]
        prove_whole(chain)


@pytest.mark.thorough
def test_a_hosted_till_without_a_line_promises_what_another_store_has_sold(tmp_path: Path) -> None:
    with DemoChain(tmp_path, places=("07-1", "12-1"), manner=WITH_PRINTER) as chain:
        till, seller = chain.till("07-1"), chain.till("12-1")
        chain.host("07-1")
        run_store(chain, "07", "hosted")
        chain.wait_until(lambda: till.status["mode"] == "hosted" and chain.head("07-1@hq")["on_line"])
        seller.swipe(ALICE)
        seller.load(400_00)
        sold = seller.charge(100_00)
        chain.wait_until_quiet()
        till.cut()
        chain.wait_until(lambda: till.hq["state"] == "not_reached")
        promised = till.refund(sold["receipt_number"], 100_00, promise=True)
        assert (promised["outcome"], promised["receipt_number"]) == ("promised", "07-1-000001"), promised
        till.mend()
        chain.wait_until(lambda: chain.money(ALICE) == 400_00)  # a promise that is not kept yet could be taken back
        assert chain.hq.get("/v1/promises")["total"] == 0
        chain.wait_until(lambda: till.hq["waiting"] == 0)
        assert till.void(promised["receipt_number"])["decline"] == "already_undone"
        chain.wait_until_quiet()
        assert chain.money(ALICE) == 400_00
        prove_whole(chain)


def _have_hosted(chain: DemoChain) -> HostProcess:
    hosts = chain.host(*chain.tills)
    run_store(chain, "07", "hosted")
    chain.wait_until(lambda: {till.status["mode"] for till in chain.tills.values()} == {"hosted"})
    chain.wait_until(lambda: all(chain.head(f"{place}@hq")["on_line"] for place in chain.tills))
    return hosts


def _prefixes(till: DemoTill) -> tuple[str, str | None]:
    """What stands before the slips' numbers: of those that are made now, and of the others."""
    hello = till.process.get("/v1/hello")
    return hello["receipt_prefix"], hello["other_prefix"]


def _seen(chain: DemoChain, till: DemoTill, member: int) -> dict[str, Any]:
    """The card, as soon as HQ has said what lies where."""
    till.swipe(member)
    chain.wait_until(lambda: till.look()["total_is_fresh"])
    return till.look()


def _originals(printer: VirtualReceiptPrinter, number: int) -> list[str]:
    """The receipt numbers of the slips that do not say that they are copies, in the order of their printing."""
    slips = printer.wait_for_slips(number)
    return [number for slip in slips if "副本" not in slip.text for number in RECEIPT.findall(slip.text)]
