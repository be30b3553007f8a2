"""A till whose disk was put back from a copy: it sells nothing, as what it sold since then would lie there twice."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hardware_mocks.demo_chain import DemoChain, answers
from hardware_mocks.demo_till import DemoTill
from hardware_mocks.program import DidNotStart
from terminal.enrolling import enrol
from terminal.setting_aside import set_aside
from terminal.wiring import BOOK_FILE, MARKER_FILE
from tests.scenarios.whole_chain import prove_whole

ALICE = 1
LOADED = 500_00


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[DemoChain]:
    with DemoChain(tmp_path, places=("07-1", "07-2")) as chain:
        yield chain


def saved(till: DemoTill, chain: DemoChain) -> Path:
    """Alice has loaded; then store IT ends the till, copies its folder, and starts it again."""
    till.key_in(ALICE)
    till.load(LOADED)
    chain.wait_until_quiet()
    till.process.stop()
    copy = folder_of(till).with_name("saved")
    shutil.copytree(folder_of(till), copy)
    till.start()
    return copy


def folder_of(till: DemoTill) -> Path:
    return till.store.data(till.place.partition("-")[2])


def put_back(till: DemoTill, copy: Path, *names: str) -> None:
    """The till's disk breaks down, and these files of the copy are put back; all of them, if none is named."""
    till.kill()
    for left in folder_of(till).iterdir():
        if not names or left.name.startswith(names):
            left.unlink()
    for name in names or [one.name for one in copy.iterdir()]:
        shutil.copy(copy / name, folder_of(till) / name)
    till.start()


def is_closed(till: DemoTill, code: str) -> bool:
    """Whether the till says so to whoever asks for anything that would move value."""
    till.swipe(ALICE)
    for said in (till.charge(1_00), till.load(100_00), till.close_day()):
        assert (said["code"], len(said["cashier_message"])) == (code, 3), said
    return True


def denies(till: DemoTill, sold: dict[str, Any]) -> bool:
    """Whether the till says that it never did this, or that there is no such slip: the customer would pay twice."""
    asked = [
        till.was_it_done(sold["operation_id"]),
        till.process.get("/v1/operations?pos_ref=2026-11-27-0001"),
        till.process.get(f"/v1/slips/{sold['receipt_number']}"),
    ]
    return not all(isinstance(said, dict) and said["code"] == "book_behind" for said in asked)


def test_a_book_that_was_put_back_sells_nothing_though_nobody_can_be_asked(chain: DemoChain) -> None:
    till = chain.till("07-2")
    copy = saved(till, chain)
    till.cut()
    sold = till.sell(ALICE, 400_00)
    assert sold["outcome"] == "done"
    put_back(till, copy, BOOK_FILE)
    assert (till.status["book"], is_closed(till, "book_behind")) == ("behind", True)
    assert not denies(till, sold)

    till.process.stop()
    till.mend()
    set_aside(till.settings, datetime.now().astimezone())
    asyncio.run(enrol(till.settings, till.cable.url, chain.pairing_code("07-2"), again=False))
    till.start()
    chain.wait_until(lambda: till.hq["state"] == "answered")
    before = chain.money(ALICE)
    till.key_in(ALICE)
    assert till.load(100_00)["receipt_number"] == "07-2.2-000001"
    chain.wait_until(lambda: chain.money(ALICE) == before + 100_00)
    assert till.sell(ALICE, 101_00)["outcome"] == "declined", "what lay with the old copy stays where it is"
    assert till.sell(ALICE, 100_00)["outcome"] == "done"


def test_a_disk_that_was_put_back_whole_is_found_out_by_the_lead_while_hq_can_not_be_reached(chain: DemoChain) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    chain.name_lead("07-1")
    copy = saved(till, chain)
    till.cut()
    chain.wait_until(lambda: till.lead == answers("07-1"))
    assert till.sell(ALICE, 400_00)["outcome"] == "done"
    chain.wait_until(lambda: till.hq["state"] == "not_reached")
    put_back(till, copy)
    chain.wait_until(lambda: till.status["book"] == "behind")
    assert is_closed(till, "book_behind")
    till.kill()
    lead.kill()
    till.start()
    assert (till.status["book"], is_closed(till, "book_behind")) == ("behind", True)


def test_a_lead_that_was_put_back_whole_is_found_out_by_its_witness(chain: DemoChain) -> None:
    lead, till = chain.till("07-1"), chain.till("07-2")
    chain.name_lead("07-1", witness="07-2")
    copy = saved(lead, chain)
    for one in (lead, till):
        one.cut()
    chain.wait_until(lambda: till.lead == answers("07-1"))
    assert till.sell(ALICE, 400_00)["outcome"] == "done", "the lead had it"
    put_back(lead, copy)
    chain.wait_until(lambda: lead.status["book"] == "behind")
    assert is_closed(lead, "book_behind")
    assert till.sell(ALICE, 400_00)["outcome"] == "declined"


def test_a_book_without_its_marker_waits_for_hqs_word_and_goes_on(chain: DemoChain) -> None:
    till = chain.till("07-2")
    saved(till, chain)
    till.cut()
    till.process.stop()
    (folder_of(till) / MARKER_FILE).unlink()
    till.start()
    assert (till.status["book"], is_closed(till, "book_unconfirmed")) == ("unconfirmed", True)
    till.mend()
    chain.wait_until(lambda: till.status["book"] == "sure")
    assert till.sell(ALICE, 400_00)["outcome"] == "done"
    prove_whole(chain)


def test_a_till_that_has_lost_its_book_does_not_begin_a_second_one(chain: DemoChain) -> None:
    till = chain.till("07-2")
    saved(till, chain)
    till.process.stop()
    (folder_of(till) / BOOK_FILE).unlink()
    with pytest.raises(DidNotStart, match="its book is empty"):
        till.start()
