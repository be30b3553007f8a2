"""A till is lost with a member's money on it: two people write it off, and what the till did last comes late."""

import asyncio
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain, answers
from terminal.enrolling import enrol
from terminal.setting_aside import set_aside
from tests.scenarios.whole_chain import prove_whole

ALICE = 1
LOADED = 400_00
COPIED_S = 1.0
"""A copy goes over the LAN at once."""


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[DemoChain]:
    """07-1 leads its store, and copies its chain to 07-2."""
    with DemoChain(tmp_path, places=("07-1", "07-2", "12-1"), hq_settings="copies_s = 0.3\n") as chain:
        chain.name_lead("07-1", witness="07-2")
        yield chain


def view(chain: DemoChain, place: str, epoch: int = 1) -> dict[str, Any]:
    return next(one for one in chain.hq.get("/v1/tills")["tills"] if (one["keeper"], one["epoch"]) == (place, epoch))


def write_off(chain: DemoChain, by: str) -> subprocess.CompletedProcess[str]:
    """What the command says of the first machine at 07-1."""
    return chain.hq.command("tills", "write-off", "--by", by, place="07-1", epoch="1")


def loaded_at_the_lead(chain: DemoChain) -> None:
    chain.till("07-1").key_in(ALICE)
    chain.till("07-1").load(LOADED)
    chain.wait_until(lambda: chain.balances(ALICE) == {"07-1": (LOADED, 0)})


def another_machine(chain: DemoChain) -> None:
    """In the lead's place; what the old one's disk had is not in it."""
    lead = chain.till("07-1")
    set_aside(lead.settings, datetime.now().astimezone())
    lead.mend()
    asyncio.run(enrol(lead.settings, lead.cable.url, chain.pairing_code("07-1"), again=False))
    lead.start()
    chain.wait_until(lambda: lead.hq["state"] == "answered")


def test_money_on_a_lost_till_is_its_members_again_and_its_last_sale_comes_late(chain: DemoChain) -> None:
    lead, witness, far = (chain.till(place) for place in ("07-1", "07-2", "12-1"))
    loaded_at_the_lead(chain)
    lead.cut()
    witness.cut()
    chain.wait_until(lambda: lead.lead == {"place": "07-1", "state": "here", "witness": "answered"})
    assert lead.sell(ALICE, 150_00)["outcome"] == "done", "nobody hears of it but the till beside it"
    time.sleep(COPIED_S)
    lead.kill()
    refused = write_off(chain, "ann")
    assert (refused.returncode, view(chain, "07-1")["write_off"]) == (1, None), (
        "it might come back: nobody has replaced it"
    )
    another_machine(chain)
    assert chain.balances(ALICE) == {"07-1": (LOADED, 0)}
    assert far.sell(ALICE, 300_00)["outcome"] == "declined", "what lies at the lost till nobody has"

    for _ in range(2):
        said = write_off(chain, "ann")
        assert (said.returncode, "another person" in said.stdout) == (1, True)
    said = write_off(chain, "ben")
    assert (said.returncode, said.stderr) == (0, "")
    chain.wait_until(lambda: view(chain, "07-1")["write_off"]["is_done"])
    assert (chain.money(ALICE), view(chain, "07-1")["money"]) == (LOADED, 0)
    assert far.sell(ALICE, 300_00)["outcome"] == "done"
    chain.wait_until(lambda: chain.money(ALICE) == LOADED - 300_00)

    chain.hq.kill()
    chain.hq.start()
    witness.mend()
    chain.wait_until(lambda: view(chain, "07-1")["write_off"]["paid_money"] == 150_00)
    chain.wait_until_quiet()
    assert chain.money(ALICE) == LOADED - 300_00, "she has what she had; the company has paid the sale that came late"
    (principal,) = (one for one in chain.conservation()["purses"] if one["purse"] == "principal")
    assert (principal["issued"], principal["risk"]) == (LOADED, 150_00)
    assert principal["held"] + principal["spent"] == LOADED + 150_00
    assert chain.till("07-2").sell(ALICE, 100_00)["outcome"] == "done"
    chain.wait_until(lambda: witness.lead == answers("07-1"))
    prove_whole(chain)


def test_what_lay_at_a_revoked_till_is_its_members_again(chain: DemoChain) -> None:
    lead, far = chain.till("07-1"), chain.till("12-1")
    loaded_at_the_lead(chain)
    lead.kill()
    chain.revoke("07-1")
    assert [write_off(chain, by).returncode for by in ("ann", "ben")] == [1, 0]
    chain.wait_until(lambda: chain.balances(ALICE).keys() <= {"hq", "12-1", "07-2"})
    assert far.sell(ALICE, LOADED)["outcome"] == "done"
    chain.wait_until(lambda: chain.money(ALICE) == 0)
    assert view(chain, "07-1")["write_off"]["paid_money"] == 0


def test_what_a_lost_lead_had_lent_is_its_takers_and_the_company_pays_it(chain: DemoChain) -> None:
    """HQ is cut off, the lead lends and dies, is revoked and written off; then its taker's line comes back."""
    lead, taker = chain.till("07-1"), chain.till("07-2")
    loaded_at_the_lead(chain)
    lead.cut()
    taker.cut()
    chain.wait_until(lambda: taker.lead == answers("07-1"))
    assert taker.sell(ALICE, 150_00)["outcome"] == "done", "it has drawn from the lead"
    lead.kill()
    chain.revoke("07-1")
    assert [write_off(chain, by).returncode for by in ("ann", "ben")] == [1, 0]
    chain.wait_until(lambda: chain.money(ALICE) == LOADED and view(chain, "07-1")["write_off"]["is_done"])
    taker.mend()
    chain.wait_until(lambda: view(chain, "07-1")["write_off"]["paid_money"] >= 150_00)
    chain.wait_until_quiet()
    assert chain.hq.get("/v1/suspense")["total"] == 0
    assert chain.money(ALICE) - view(chain, "07-1")["write_off"]["paid_money"] == LOADED - 150_00
    assert chain.conservation()["unexplained_total"] == 0
    prove_whole(chain)
