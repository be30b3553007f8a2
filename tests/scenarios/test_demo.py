"""`counterfoil-bench demo`: somebody who has never seen a till tries a chain."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from hardware_mocks.bench import TILLS
from hardware_mocks.bench_commands import BENCH_COMMANDS, HQ_COMMANDS, TILL_COMMANDS
from hardware_mocks.bench_members import FIRST_LOADS, MEMBERS
from hardware_mocks.bench_page.server import PORT
from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import Json, ask
from tests.scenarios.demo_visitor import (
    ADDRESS,
    ALL_TOLD,
    END_S_MAX,
    Demo,
    devices,
    hq_state,
    load,
    post_line,
    session,
    taken,
)


@pytest.fixture(scope="module")
def demo(module_path: Path) -> Iterator[Demo]:
    """One for most stories: each leaves all programs up and all devices whole. At its end nothing of it is left."""
    demo = Demo(module_path)
    yield demo
    try:
        demo.type("quit")
        assert demo.process.wait(END_S_MAX) == 0
        assert not demo.runs()
    finally:
        demo.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(demo: Demo, browser: Browser) -> AsyncIterator[Page]:
    """The bench's page is open."""
    page = await (await browser.new_context(locale="zh-TW")).new_page()
    await page.goto(demo.bench)
    yield page
    await page.context.close()


def test_the_first_line_names_every_page_and_what_is_to_be_seen_is_there(demo: Demo) -> None:
    """Two tills that HQ knows, its members, and money on some of their cards."""
    form = r"ready: bench {}/  till 07-1 {}/  till 12-1 {}/  HQ {}/\n".replace("{}", ADDRESS.pattern)
    assert re.fullmatch(form, demo.first_line)
    greeting = demo.read_until("Slips are kept")
    assert f"{demo.url}/customer" in greeting
    token = re.search(r"of this demo only: (\S+)", greeting)
    assert token is not None
    headers = {"Authorization": f"Bearer {token[1]}"}
    wait_until(lambda: all(till["on_line"] for till in ask(f"{demo.hq}/v1/tills", headers=headers)["tills"]))
    family = ask(f"{demo.hq}/v1/member-searches", {"phone": MEMBERS[0].phone}, headers=headers)["members"]
    assert [member["name"] for member in family] == [member.name for member in MEMBERS[:2]]
    shown = demo.swipe(3)
    loaded = next(one.units for one in FIRST_LOADS if one.which == 3)
    assert (shown["card"], shown["name"], shown["principal"]) == ("6222****0033", MEMBERS[2].masked, loaded)
    assert demo.swipe(4, "12-1")["card"] == "6222****0041"


@pytest.mark.asyncio(loop_scope="session")
async def test_the_page_swipes_cuts_and_takes_the_paper_away(demo: Demo, page: Page) -> None:
    till = await page.context.new_page()
    await till.goto(demo.url)
    mine = page.get_by_role("region", name="Till 07-1")
    await mine.get_by_role("button", name="王○明").click()
    await expect(till.get_by_role("main")).to_contain_text("王○明", use_inner_text=True)
    await mine.get_by_role("button", name="cut").click()
    await expect(till.get_by_role("banner")).to_contain_text("斷線", use_inner_text=True)
    await expect(mine.get_by_role("button", name="cut")).to_have_attribute("aria-pressed", "true")
    await mine.get_by_role("button", name="out", exact=True).click()
    load(demo)
    wait_until(lambda: devices(demo)["printer"] == "lost")
    slips = mine.get_by_role("img")
    before = await slips.first.get_attribute("src")
    await mine.get_by_role("button", name="new roll").click()
    await expect(slips.first).not_to_have_attribute("src", str(before))
    assert await slips.first.evaluate("picture => picture.decode().then(() => picture.naturalWidth > 0)")
    await expect(page.get_by_role("log")).to_contain_text("> 07-1 new-roll\n07-1: the printer has paper.")
    await mine.get_by_role("button", name="whole").click()
    await expect(till.get_by_role("banner")).not_to_contain_text("斷線", use_inner_text=True)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.thorough
async def test_the_page_shows_what_is_down_and_starts_it_again(demo: Demo, page: Page) -> None:
    hq = page.get_by_role("region", name="HQ")
    await expect(hq.get_by_role("status")).to_contain_text("up")
    await hq.get_by_role("button", name="Kill").click()
    await expect(hq.get_by_role("status")).to_have_text("down")
    await expect(hq.get_by_role("button", name="Kill")).to_be_disabled()
    await hq.get_by_role("button", name="Start").click()
    await expect(hq.get_by_role("status")).to_contain_text("up")
    wait_until(lambda: hq_state(demo.url)["state"] == "answered")
    till = page.get_by_role("region", name="Till 12-1")
    before = await till.get_by_role("status").inner_text()
    await till.get_by_role("button", name="kill -9").click()
    await expect(till.get_by_role("status")).not_to_have_text(before)
    await expect(till.get_by_role("status")).to_contain_text("up")


def test_only_the_page_itself_may_kill(demo: Demo) -> None:
    other = {"Origin": "http://evil.example"}
    assert post_line(demo, "look") == 403
    assert post_line(demo, "look", **other) == 403
    assert post_line(demo, "look", **other, Host="evil.example") == 403
    assert post_line(demo, "look", Origin="http://evil.example", Host="evil.example") == 403
    own = {"Origin": demo.bench}
    assert post_line(demo, "look", **{**own, "Content-Type": "text/plain"}) == 400
    assert post_line(demo, "x" * 5000, **own) == 400
    assert post_line(demo, "look", **own) == 200


def test_every_slip_is_kept_as_text_and_picture(demo: Demo) -> None:
    number = load(demo)["receipt_number"]
    texts = demo.folder / "slips" / "07-1"
    wait_until(lambda: any(number in text.read_text("utf-8") for text in texts.glob("*.txt")))
    text = next(text for text in texts.glob("*.txt") if number in text.read_text("utf-8"))
    assert text.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    demo.type("slip")
    assert number in demo.read_until(f"{text.stem}.png\n")


def test_a_till_that_is_killed_comes_back_at_the_same_address_with_its_book(demo: Demo) -> None:
    loaded = load(demo)
    demo.type("kill")
    demo.read_until("is back")
    assert demo.ask(f"/v1/operations/{loaded['operation_id']}") == loaded


@pytest.mark.thorough
def test_a_program_that_ends_by_itself_is_started_again_and_one_that_was_killed_here_stays_away(demo: Demo) -> None:
    demo.type("hq kill")
    pid = int(demo.read_until("HQ was killed").rpartition("process ")[2].split(")")[0])
    assert session(pid) is None
    demo.type("12-1 kill")
    pid = int(demo.read_until("is back").rpartition("process ")[2].split(")")[0])
    os.kill(pid, signal.SIGTERM)
    demo.read_until("Till 12-1 ended by itself with 0. Till 12-1 is up")
    demo.type("look")
    assert demo.read_until("Till 12-1").splitlines()[-3:] == ["HQ: down", "Till 07-1: up", "Till 12-1: up"]
    demo.type("hq start")
    demo.read_until("HQ is up")
    wait_until(lambda: hq_state(demo.url)["state"] == "answered")


def test_devices_and_line_fail_and_mend_on_demand(demo: Demo) -> None:
    demo.type("unplug", "paper-out", "cut")
    wait_until(lambda: devices(demo)["reader"] == "lost")
    wait_until(lambda: hq_state(demo.url)["state"] == "not_reached")
    number = load(demo)["receipt_number"]
    wait_until(lambda: devices(demo)["printer"] == "lost")
    demo.type("plug", "new-roll", "mend")
    wait_until(lambda: demo.ask(f"/v1/slips/{number}")["state"] == "printed")
    wait_until(lambda: devices(demo) == {"reader": "ready", "printer": "ready"})
    wait_until(lambda: hq_state(demo.url) == ALL_TOLD)


def test_a_sale_that_needs_more_than_lies_here_does_not_wait_for_ever_for_a_late_answer(demo: Demo) -> None:
    """Card 4 has its money at till 12-1."""
    wait_until(lambda: hq_state(demo.other_url) == ALL_TOLD)
    demo.type("hold")
    demo.read_until("what HQ says stays in the line")
    card = demo.swipe(4)["presentation"]
    body = {"operation_id": "late-0001", "presentation": card, "amount": 100_00}
    assert demo.ask("/v1/charges", body)["outcome"] == "declined"
    demo.type("mend")
    wait_until(lambda: hq_state(demo.url) == ALL_TOLD)
    card = demo.swipe(4)["presentation"]
    body = {"operation_id": "late-0002", "presentation": card, "amount": 100_00}
    assert demo.ask("/v1/charges", body)["outcome"] == "done"


@pytest.mark.thorough
def test_every_command_can_be_typed_and_no_nonsense_ends_it(demo: Demo) -> None:
    at_tills = [f"{before}{command.word}" for before in ("", "12-1 ") for command in TILL_COMMANDS]
    at_hq = [f"hq {command.word}" for command in HQ_COMMANDS]
    at_the_bench = [command.word for command in BENCH_COMMANDS if command.word != "quit"]
    nonsense = ("swipe", "swipe 12", "swipe x", "", "nonsense", "hq", "hq swipe 1", "12-1", "13-1 swipe 1", "x" * 5000)
    demo.type(*at_tills, *at_hq, *at_the_bench, *nonsense, "plug", "speak", "mend")
    assert demo.swipe(1)["card"] == "6222****0017"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.mark.thorough
def test_a_second_one_in_its_folder_disturbs_nothing(demo: Demo) -> None:
    command = [sys.executable, "-m", "hardware_mocks", "demo", "--folder", str(demo.folder), "--any-ports"]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, stdin=subprocess.DEVNULL)
    assert second.returncode == 1
    assert "already running" in second.stderr
    wait_until(lambda: hq_state(demo.url) == ALL_TOLD)


@pytest.mark.thorough
def test_without_a_keyboard_it_stays_and_all_is_there_the_next_day(folder: Path) -> None:
    demo = Demo(folder, stdin=subprocess.DEVNULL)
    try:
        assert post_line(demo, "kill", Origin=demo.bench) == 200
        assert post_line(demo, "swipe 2", Origin=demo.bench) == 200
        wait_until(lambda: hq_state(demo.url) == ALL_TOLD)
        loaded = load(demo)
        assert demo.end(signal.SIGINT) == 0
        assert not demo.runs()
    finally:
        demo.close()
    _see_the_next_day(folder, loaded)


def _see_the_next_day(folder: Path, loaded: Json) -> None:
    """Ports that somebody has are left to him."""
    (folder / "seeded").unlink()  # as if the first start had broken off just before its end
    with taken(PORT) as bench, taken(TILLS[0].port) as till:
        again = Demo(folder, "--folder", str(folder))
        try:
            ports = [int(address.rpartition(":")[2]) for address in ADDRESS.findall(again.first_line)]
            assert len(set(ports)) == 4
            assert not {one.getsockname()[1] for one in (bench, till)} & set(ports)
            assert again.ask(f"/v1/operations/{loaded['operation_id']}") == loaded
            first = next(one.units for one in FIRST_LOADS if (one.place, one.which) == ("07-1", 1))
            assert again.swipe(1)["principal"] == first, "what was given at the first start is not given twice"
            wait_until(lambda: hq_state(again.url) == hq_state(again.other_url) == ALL_TOLD)
            assert again.end(signal.SIGTERM) == 0
            assert not again.runs()
        finally:
            again.close()
