"""Till and HQ as two real programs: the till sells whatever the line does, and in the end both have the same."""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkout.requests import Tender
from hardware_mocks.patience import wait_until
from offline_queue.forwarding import Patience
from protocol.bodies import Applied, Directive, Revoke
from protocol.records import RecordKind
from terminal.answers import Presentation
from terminal.bodies import LoadBody
from terminal.wiring import Parts, build
from tests.scenarios.proof import prove
from tests.scenarios.two_halves import ARRIVES_S_MAX, TwoHalves, told_in_log

HASTE = Patience(least_s=0.01, most_s=0.1)
CUTS = 30
CUTS_THOROUGHLY = 300


@pytest.fixture
def halves(tmp_path: Path) -> Iterator[TwoHalves]:
    with TwoHalves(tmp_path) as halves:
        yield halves


def test_what_was_sold_while_hq_was_away_is_posted_there_when_it_is_back(halves: TwoHalves) -> None:
    halves.pair()
    halves.hq.stop()
    for member in (1, 2, 3):
        halves.load(member)
    assert halves.charge(1, 123_00)["outcome"] == "done"
    assert halves.charge(2, 9_999_00)["outcome"] == "declined"
    assert halves.charge(3, 560_00)["balance"]["bonus"] == 55
    wait_until(lambda: halves.hq_state()["waiting"] >= 7)
    assert halves.hq_state()["state"] == "never"

    halves.start_hq()
    halves.all_arrived()
    halves.assert_equal()
    assert halves.balances()[1][1] == {"principal": 377_00, "bonus": 60_55, "points": 1}
    assert halves.hq_state()["state"] == "answered"

    halves.charge(1, 77_00)
    halves.load(4)
    halves.all_arrived()
    halves.assert_equal()
    prove(halves.store.data())


def test_a_day_that_is_closed_has_the_same_digest_on_both_sides(halves: TwoHalves) -> None:
    halves.pair()
    halves.sell(7)
    first = halves.till.post("/v1/day-closes", {})
    halves.cable.lead_to(halves.hq.url)
    halves.charge(1, 50_00)
    halves.till.post("/v1/day-closes", {})
    halves.all_arrived()
    halves.assert_equal()
    closed = [one.open() for one in halves.chain_at_hq() if one.open().kind is RecordKind.DAY_CLOSED]
    assert [one.business_date for one in closed] == [first["opens"], halves.head()["business_date"]]
    assert halves.hq.get("/v1/differences") == {"total": 0, "lines": []}


def test_a_till_learns_that_it_is_enrolled_and_its_chain_says_so(halves: TwoHalves) -> None:
    halves.pair()
    halves.cable.lead_to(halves.hq.url)
    halves.all_arrived()
    wait_until(lambda: RecordKind.APPLIED in [one.open().kind for one in halves.chain_at_hq()])
    halves.assert_equal()


def test_a_wrong_code_a_used_one_and_an_hq_that_is_away_are_told_in_plain_words(halves: TwoHalves) -> None:
    halves.start_hq()
    code = halves.pairing_code()
    wrong = halves.enrol("0000-0000-0000-0000")
    assert (wrong.returncode, "does not know this code for till 07-1" in wrong.stderr) == (1, True)
    assert halves.enrol(code.lower()).returncode == 0
    again = halves.enrol(code)
    assert "already" in again.stderr
    used = halves.enrol(code, "--again")
    assert "does not know this code" in used.stderr
    halves.cable.unplug()
    away = halves.enrol(halves.pairing_code(), "--again")
    assert "cannot be reached" in away.stderr
    assert not any("Traceback" in said.stderr for said in (wrong, again, used, away))
    assert code not in (halves.store.folder / "hq.log").read_text("utf-8")


def test_a_till_that_is_paired_anew_goes_on_in_its_chain(halves: TwoHalves) -> None:
    halves.pair()
    halves.cable.lead_to(halves.hq.url)
    halves.sell(3)
    halves.all_arrived()
    halves.till.stop()
    assert halves.enrol(halves.pairing_code(), "--again").returncode == 0
    halves.till.start()
    halves.sell(3)
    halves.all_arrived()
    halves.assert_equal()
    assert len(halves.hq.get("/v1/tills")["tills"]) == 1


def test_a_new_machine_in_a_lost_one_s_place_gives_out_no_slip_s_number_again(halves: TwoHalves) -> None:
    """Or what it takes for its own slip would be another member's sale."""
    halves.pair()
    halves.cable.lead_to(halves.hq.url)
    assert halves.load(1)["receipt_number"] == "07-1-000001"
    assert halves.charge(1, 30_00)["receipt_number"] == "07-1-000002"
    halves.all_arrived()
    halves.till.stop()
    data = halves.store.data()
    data.rename(data.with_name("lost"))
    assert halves.enrol(halves.pairing_code()).returncode == 0
    halves.till.start()

    assert halves.till.get("/v1/hello")["receipt_prefix"] == "07-1.2"
    assert halves.load(2)["receipt_number"] == "07-1.2-000001"
    sold = halves.charge(2, 20_00)["receipt_number"]
    assert (sold, halves.refund(sold)["outcome"]) == ("07-1.2-000002", "done")
    assert halves.till.get(f"/v1/slips/{sold}")["refundable"]["left"] == 0
    assert halves.refund("07-1-000002")["decline"] == "right_elsewhere", "the lost one has the right to undo its sales"
    wait_until(lambda: halves.of_tills("held", "posted")[1] == (len(halves.chain_at_till()),) * 2)
    assert halves.hq.get("/v1/suspense")["total"] == 0


def test_a_revoked_till_says_so_and_what_hq_held_before_stays(halves: TwoHalves) -> None:
    halves.pair()
    halves.cable.lead_to(halves.hq.url)
    halves.sell(5)
    halves.all_arrived()
    before = halves.balances()
    halves.cable.unplug()
    wait_until(lambda: not halves.head()["on_line"], timeout_s=ARRIVES_S_MAX)
    halves.hq.post("/v1/tills/07-1/revocations", {})
    assert halves.load(1)["outcome"] == "done", "it has not heard of it yet"

    halves.cable.lead_to(halves.hq.url)
    wait_until(lambda: halves.hq_state()["stopped"] == "revoked", timeout_s=ARRIVES_S_MAX)
    refused = halves.load(2)
    assert (refused["code"], refused["retryable"], len(refused["cashier_message"])) == ("till_revoked", False, 3)
    assert halves.charge(1, 1_00)["code"] == "till_revoked"
    assert {member: there for member, (_, there) in halves.balances().items()} == {
        member: there for member, (_, there) in before.items()
    }
    assert halves.chain_at_hq() == halves.chain_at_till()[: halves.head()["held"]]
    assert halves.hq_state()["waiting"] > 0
    last = halves.chain_at_till()[-1].open()
    order = last.body_as(Applied).directive.open().body_as(Directive).order
    assert order == Revoke(halves.head()["held"])

    halves.till.stop()
    halves.till.start()
    assert halves.load(2)["code"] == "till_revoked"


def carry(halves: TwoHalves, more_bytes: int) -> None:
    """Until the cable has carried so many more bytes; then it carries nothing more."""
    halves.cable.carries = more_bytes
    wait_until(lambda: halves.cable.carries == 0, timeout_s=ARRIVES_S_MAX)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.thorough)])
def test_kill_minus_nine_on_either_side_in_mid_transfer_loses_nothing(seed: int, halves: TwoHalves) -> None:
    """Each time the cable carries a part of the batch, and stands still until the kill."""
    chance = random.Random(seed)
    halves.pair()
    halves.sell(150)
    halves.cable.carries = 0
    halves.cable.patient = True  # a till that was turned away calls again ever later
    halves.cable.lead_to(halves.hq.url)
    for side in chance.sample(["till", "hq"] * 2, 4):
        carry(halves, chance.randrange(1_000, 40_000))
        assert halves.head()["held"] < 150, "it is not in mid-transfer"
        if side == "till":
            halves.till.kill()
            halves.till.start()
        else:
            halves.hq.kill()
            halves.start_hq()
    halves.cable.carries = None
    halves.sell(2)
    halves.all_arrived()
    halves.assert_equal()
    prove(halves.store.data())


LONG = (pytest.mark.thorough, pytest.mark.timeout(1_200))


@pytest.mark.parametrize("cuts", [CUTS, pytest.param(CUTS_THOROUGHLY, marks=LONG)])
async def test_a_cable_that_is_out_again_and_again_costs_nothing(halves: TwoHalves, cuts: int) -> None:
    """The till runs in here, so that it is less patient; HQ, the cable and the line are real."""
    chance = random.Random(11)
    await asyncio.to_thread(halves.pair)
    await asyncio.to_thread(halves.till.stop)
    parts = build(halves.settings)
    assert parts.uplink is not None
    await parts.till.begin()
    await parts.uplink.begin(HASTE)
    uplink = asyncio.create_task(parts.uplink.run())
    sales = asyncio.create_task(_sell_on(parts, halves))
    halves.cable.lead_to(halves.hq.url)
    while halves.cable.breaks < cuts:
        halves.cable.breaks_after = chance.choice([chance.randrange(1, 900), chance.randrange(1, 60_000)])
        await asyncio.sleep(chance.uniform(0, 0.03))
        if chance.random() < 0.2:
            halves.cable.unplug()
            halves.cable.lead_to(halves.hq.url)
    halves.cable.breaks_after = None
    sales.cancel()
    await asyncio.gather(sales, return_exceptions=True)
    assert not uplink.done()
    uplink.cancel()
    await asyncio.gather(uplink, return_exceptions=True)
    await asyncio.to_thread(parts.store.close)
    await asyncio.to_thread(_compare, halves)


async def _sell_on(parts: Parts, halves: TwoHalves) -> None:
    for sale in range(10**6):
        shown = await parts.till.reception.key_in(halves.store.card(1 + sale % 5).digits)
        assert isinstance(shown, Presentation)
        await parts.till.load(LoadBody(f"operation-{sale:08d}", shown.presentation, 500_00, Tender.CASH))
        await asyncio.sleep(0.005)


def _compare(halves: TwoHalves) -> None:
    halves.till.start()
    halves.all_arrived()
    halves.assert_equal()
    assert len(halves.chain_at_till()) > CUTS
    failed = [line for line in told_in_log(halves.store.folder, "hq.log") if line["level"] == "error"]
    assert not failed, failed[0]
