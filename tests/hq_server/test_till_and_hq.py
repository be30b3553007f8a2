"""The two programs, as they are: a till is enrolled, sells, and HQ has its half of the book, whatever is killed."""

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.hq_process import HqProcess
from hardware_mocks.patience import wait_until
from hardware_mocks.program import run_command
from hardware_mocks.till_process import Json, TillProcess
from terminal.answers import DayClose
from terminal.wiring import build
from terminal.world import World

CATCHES_UP_S = 30.0


@pytest.fixture
def store(tmp_path: Path) -> DemoStore:
    return DemoStore(tmp_path / "shop")


@pytest.fixture
def till_settings(store: DemoStore) -> Path:
    return store.settings()


@pytest.fixture
def hq(till_settings: Path, tmp_path: Path) -> Iterator[HqProcess]:
    """HQ of the demo's chain, always at one address."""
    settings = till_settings.with_name("hq.toml")
    settings.write_text('data = "hq"\nport = 0\n', encoding="utf-8")
    hq = HqProcess(settings, tmp_path / "hq.log")
    with hq:
        port = hq.url.rpartition(":")[2]
        settings.write_text(f'data = "hq"\nport = {port}\n', encoding="utf-8")
        yield hq


@pytest.fixture
def till(till_settings: Path, hq: HqProcess, tmp_path: Path) -> Iterator[TillProcess]:
    """Till 07-1, enrolled by its own command with the code that HQ's command shows."""
    code = hq.command("tills", "add", place="07-1").stdout.splitlines()[0].removeprefix("pairing code: ")
    command = [sys.executable, "-m", "terminal", "enrol", str(till_settings), "--hq", hq.url, "--code", code]
    enrolled = run_command(*command)
    assert enrolled.returncode == 0, enrolled.stderr
    assert hq.get("/v1/hq")["public_key"] in enrolled.stdout
    with TillProcess(till_settings, tmp_path / "till.log") as till:
        yield till


class Member:
    """Card 1 of the demo, keyed in: it may load."""

    def __init__(self, till: TillProcess, store: DemoStore) -> None:
        self.till, self.number = till, store.card(1).digits
        self.loads = 0

    def presented(self) -> Json:
        return self.till.post("/v1/presentations", {"number": self.number})

    def load(self) -> None:
        self.loads += 1
        body = {"operation_id": f"operation-{self.loads}", "presentation": self.presented()["presentation"]}
        answer = self.till.post("/v1/loads", {**body, "amount": 50_000, "tender": "cash"})
        assert answer["outcome"] == "done"


def seen_by(hq: HqProcess) -> Json:
    """The till's line in HQ's list."""
    (till,) = hq.get("/v1/tills")["tills"]
    return till


def records_of(till: TillProcess) -> int:
    """How many records the till has not had acknowledged."""
    waiting = till.get("/v1/status")["hq"]["waiting"]
    assert isinstance(waiting, int)
    return waiting


def wait_until_hq_has_all(hq: HqProcess, till: TillProcess, held_before: int) -> Json:
    def has_all() -> bool:
        line = seen_by(hq)
        return bool(records_of(till) == 0 and line["waits"] == 0 and line["held"] > held_before)

    wait_until(has_all, timeout_s=CATCHES_UP_S)
    return seen_by(hq)


def test_what_a_till_sells_is_in_hqs_book_though_either_is_killed(
    till: TillProcess, hq: HqProcess, store: DemoStore
) -> None:
    member = Member(till, store)
    member.load()
    line = wait_until_hq_has_all(hq, till, 0)
    assert (line["keeper"], line["epoch"], line["on_line"], line["fences"]) == ("07-1", 1, True, [])

    hq.kill()
    member.load()
    hq.start()
    line = wait_until_hq_has_all(hq, till, line["held"])

    till.kill()
    till.start()
    member.load()
    till.post("/v1/day-closes", {})
    line = wait_until_hq_has_all(hq, till, line["held"])

    here = member.presented()
    assert here["principal"] == 150_000
    assert hq.get(f"/v1/members/{here['account']}/balances")["places"] == [
        {"place": "07-1", "principal": 150_000, "bonus": here["bonus"], "points": 0}
    ]
    assert hq.get("/v1/differences")["total"] == hq.get("/v1/suspense")["total"] == 0


async def close_a_day_ahead(settings: Path) -> None:
    """A run of the till whose clock is an hour ahead."""
    parts = build(settings, World(now_ms=lambda: time.time_ns() // 1_000_000 + 3_600_000))
    await parts.till.begin()
    assert isinstance(await parts.till.close_day(), DayClose)
    await asyncio.to_thread(parts.store.close)


def test_a_clock_that_was_set_back_is_doubted_until_hq_answers_and_hq_shows_both(
    till: TillProcess, hq: HqProcess, till_settings: Path
) -> None:
    till.stop()
    asyncio.run(close_a_day_ahead(till_settings))
    till.start()
    line = wait_until_hq_has_all(hq, till, 0)
    wait_until(lambda: till.get("/v1/status")["clock"] is None, timeout_s=CATCHES_UP_S)
    line = wait_until_hq_has_all(hq, till, line["held"] - 1)
    told = [one["summary"] for one in hq.get("/v1/chains/07-1/1/records")["lines"] if one["kind"] == "clock"]
    assert [one["why"] for one in told] == ["trusted_by_hq", "went_back"]
    (seconds,) = told[1]["told"]
    assert -3600 <= int(seconds.removesuffix(" s")) <= -3600 + CATCHES_UP_S, "the next start takes its time"
    assert hq.get("/v1/differences")["total"] == hq.get("/v1/suspense")["total"] == 0


def test_a_till_that_hq_revokes_hears_it_and_is_believed_no_more(
    till: TillProcess, hq: HqProcess, store: DemoStore
) -> None:
    member = Member(till, store)
    member.load()
    held = wait_until_hq_has_all(hq, till, 0)["held"]
    assert "revoked" in hq.command("tills", "revoke", place="07-1").stdout
    wait_until(lambda: till.get("/v1/status")["hq"]["stopped"] == "revoked", timeout_s=CATCHES_UP_S)
    assert (seen_by(hq)["held"], seen_by(hq)["posted"]) == (held, held)
