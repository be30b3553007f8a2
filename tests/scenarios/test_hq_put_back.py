"""HQ's disk fails, and a copy takes its place: nothing is given twice, and when its tills have called, HQ knows all."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import TillManner
from terminal.enrolling import enrol
from tests.scenarios.whole_chain import prove_whole

ALICE, BEN, LOST = 1, 2, 3
LOADED = 500_00


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[DemoChain]:
    """Two stores in real time, in which HQ is asked for each sale."""
    with DemoChain(tmp_path, places=("07-1", "12-1"), manner=TillManner(mode="real_time")) as chain:
        yield chain


def copied(chain: DemoChain) -> Path:
    """Alice has loaded at 07-1, and all of it lies at HQ; then IT ends HQ, copies its folder, and starts it again."""
    chain.till("07-1").key_in(ALICE)
    chain.till("07-1").load(LOADED)
    chain.wait_until_quiet()
    chain.hq.stop()
    copy = chain.folder / "saved"
    shutil.copytree(chain.folder / "hq", copy)
    chain.hq.start()
    chain.wait_until(lambda: all(till.hq["state"] == "answered" for till in chain.tills.values()))
    return copy


def put_back(chain: DemoChain, copy: Path, *, with_marker: bool = False) -> None:
    """HQ is killed, its disk is gone, and the copy is put in its place; HQ is not started yet."""
    chain.hq.kill()
    kept = (chain.folder / "hq" / "hq.head").read_bytes()
    shutil.rmtree(chain.folder / "hq")
    shutil.copytree(copy, chain.folder / "hq")
    if not with_marker:
        (chain.folder / "hq" / "hq.head").write_bytes(kept)


def recovery(chain: DemoChain) -> dict[str, object] | None:
    said: dict[str, object] | None = chain.hq.get("/v1/recovery")["recovery"]
    return said


def end(chain: DemoChain, by: str) -> subprocess.CompletedProcess[str]:
    """What the command says."""
    return chain.hq.command("recovery", "end", "--by", by)


def home(chain: DemoChain) -> tuple[object, object] | None:
    """How many tills are home, and how many are not; None: HQ does not recover."""
    view = recovery(chain)
    return None if view is None else (view["home"], view["silent_total"])


def test_what_hq_gave_after_the_copy_is_not_given_again(chain: DemoChain) -> None:
    near, far = chain.till("07-1"), chain.till("12-1")
    copy = copied(chain)
    assert far.sell(ALICE, 400_00)["outcome"] == "done", "HQ gives it for this sale"
    chain.block(LOST)
    chain.wait_until_quiet()
    far.cut()
    put_back(chain, copy)
    chain.hq.start()
    view = recovery(chain)
    assert view is not None
    assert (view["hq_epoch"], view["why"]) == (2, "marker")
    chain.wait_until(lambda: home(chain) == (1, 1))

    declined = near.sell(ALICE, 400_00)
    assert (declined["outcome"], declined["decline"]) == ("declined", "lies_elsewhere"), "HQ does not know of 12-1 yet"
    assert near.key_in(BEN)
    assert near.load(100_00)["outcome"] == "done", "loads, and what lies here, are as always"
    said = end(chain, "ann")
    assert (said.returncode, "another person" in said.stdout, "12-1/1" in said.stdout) == (1, True, True)

    far.mend()
    chain.wait_until(lambda: home(chain) == (2, 0))
    said = end(chain, "ben")
    assert (said.returncode, said.stderr) == (0, "")
    chain.wait_until_quiet()
    assert near.sell(ALICE, 400_00)["outcome"] == "declined", "and now it knows"
    assert chain.money(ALICE) == LOADED + 60_55 - 400_00
    assert near.sell(ALICE, 160_00)["outcome"] == "done", "all but the last cents"
    assert far.swipe(LOST)["blocked"], "the card that was lost after the copy is refused still"
    chain.wait_until_quiet()
    prove_whole(chain)


def test_a_whole_disk_that_was_put_back_is_found_out_by_the_first_till_that_calls(chain: DemoChain) -> None:
    far = chain.till("12-1")
    copy = copied(chain)
    assert far.sell(ALICE, 400_00)["outcome"] == "done"
    chain.wait_until_quiet()
    put_back(chain, copy, with_marker=True)
    chain.hq.start()
    chain.wait_until(lambda: home(chain) == (2, 0))
    view = recovery(chain)
    assert view is not None
    assert view["why"] == "keeper"
    assert end(chain, "ann").returncode == 0
    chain.wait_until_quiet()
    assert chain.money(ALICE) == LOADED + 60_55 - 400_00
    prove_whole(chain)


@pytest.mark.thorough
def test_whoever_starts_hq_says_that_its_disk_was_put_back(chain: DemoChain) -> None:
    copy = copied(chain)
    put_back(chain, copy, with_marker=True)
    chain.hq.start("--restored")
    view = recovery(chain)
    assert view is not None
    assert view["why"] == "person"
    chain.wait_until(lambda: home(chain) == (2, 0))
    assert end(chain, "ann").returncode == 0
    assert chain.till("12-1").sell(ALICE, 400_00)["outcome"] == "done"
    chain.wait_until_quiet()
    prove_whole(chain)


@pytest.mark.thorough
def test_a_till_that_was_paired_after_the_copy_is_paired_anew_and_keeps_its_book(chain: DemoChain) -> None:
    copy = copied(chain)
    chain.add_tills("13-1")
    late = chain.till("13-1")
    assert late.sell(ALICE, 400_00)["outcome"] == "done"
    chain.wait_until_quiet()
    put_back(chain, copy)
    chain.hq.start()
    chain.wait_until(lambda: late.hq["stopped"] == "unknown_keeper")
    late.process.stop()
    asyncio.run(enrol(late.settings, late.cable.url, chain.pairing_code("13-1"), again=True))
    late.start()
    chain.wait_until(lambda: home(chain) == (3, 0))
    assert end(chain, "ann").returncode == 0
    chain.wait_until_quiet()
    assert chain.money(ALICE) == LOADED + 60_55 - 400_00
    assert late.key_in(ALICE)
    assert late.load(100_00)["receipt_number"] == "13-1-000002", "it is the same book"
    chain.wait_until_quiet()
    prove_whole(chain)
