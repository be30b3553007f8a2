"""`counterfoil-bench demo`: somebody who has never seen a till tries one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hardware_mocks.bench_commands import COMMANDS
from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import Json, ask

END_S_MAX = 15.0
SWIPES_MAX = 5
SWIPE_HEARD_S = 2.0


class Demo:
    """The demo's own process, with hands on its keyboard. It is killed, with its till, if a story breaks off."""

    def __init__(self, folder: Path, stdin: int = subprocess.PIPE) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hardware_mocks", "demo", "--folder", str(folder), "--port", "0"],
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.first_line = self.read_line()
        self.url = self.first_line.removeprefix("ready: ").rstrip("/\n")

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def type(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, path: str, body: object = None) -> Json:
        return ask(self.url + path, body)

    def presented(self) -> Json:
        """What lies on the counter; nothing while the till is away."""
        try:
            return self.ask("/v1/status")["presentation"]
        except OSError:
            return None

    def swipe(self, which: int) -> Json:
        """As often as it takes: a till that has just come back may still be opening the reader's line."""
        for _ in range(SWIPES_MAX):
            self.type(f"swipe {which}")
            with suppress(TimeoutError):
                wait_until(self.presented, timeout_s=SWIPE_HEARD_S)
                return self.presented()
        raise TimeoutError("the till heard no swipe")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(END_S_MAX)

    def runs(self) -> bool:
        """Whether anything of it is still there, its till too: they are one session."""
        pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return any(session(pid) == self.process.pid for pid in pids)

    def close(self) -> None:
        if self.runs():
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


@pytest.fixture
def demo(folder: Path) -> Iterator[Demo]:
    demo = Demo(folder)
    yield demo
    demo.close()


def sell(demo: Demo) -> Json:
    card = {"presentation": demo.swipe(1)["presentation"]}
    return demo.ask("/v1/loads", {"operation_id": "load-0001", "amount": 500_00, "tender": "cash", **card})


def test_the_first_line_names_the_page_and_a_card_that_is_swiped_lies_there(demo: Demo) -> None:
    assert demo.first_line.startswith("ready: http://127.0.0.1:")
    assert demo.ask("/v1/hello")["till"] == "07-1"
    assert demo.swipe(3)["card"] == "6222****0033"


def test_every_slip_is_kept_as_text_and_picture(demo: Demo, folder: Path) -> None:
    number = sell(demo)["receipt_number"]
    text = folder / "slips" / "0001.txt"
    wait_until(lambda: text.exists() and text.read_text("utf-8"))
    assert number in text.read_text("utf-8")
    assert text.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    demo.type("slip")
    said = [demo.read_line()]
    while not said[-1].endswith("0001.png\n"):
        said.append(demo.read_line())
    assert number in "".join(said)


def test_a_till_that_is_killed_comes_back_at_the_same_address_with_its_book(demo: Demo) -> None:
    loaded = sell(demo)
    demo.type("kill")
    while "is back" not in demo.read_line():
        assert demo.process.poll() is None
    assert demo.ask("/v1/operations/load-0001") == loaded


def test_devices_fail_and_mend_on_demand(demo: Demo) -> None:
    def states() -> dict[str, str]:
        return {device["name"]: device["state"] for device in demo.ask("/v1/status")["devices"]}

    demo.type("unplug", "paper-out")
    wait_until(lambda: states()["reader"] == "lost")
    sell_without_reader = {"number": "6222000000000017"}
    card = demo.ask("/v1/presentations", sell_without_reader)["presentation"]
    body = {"operation_id": "load-0001", "amount": 500_00, "tender": "cash", "presentation": card}
    number = demo.ask("/v1/loads", body)["receipt_number"]
    wait_until(lambda: states()["printer"] == "lost")
    demo.type("plug", "new-roll")
    wait_until(lambda: demo.ask(f"/v1/slips/{number}")["state"] == "printed", timeout_s=10)
    wait_until(lambda: states() == {"reader": "ready", "printer": "ready"})


def test_every_command_can_be_typed_and_no_nonsense_ends_it(demo: Demo) -> None:
    words = [command.word for command in COMMANDS if command.word != "quit"]
    demo.type(*words, "swipe", "swipe 12", "swipe x", "", "nonsense", "x" * 5000, "speak")
    assert demo.swipe(1)["card"] == "6222****0017"
    demo.type("quit")
    assert demo.process.wait(END_S_MAX) == 0
    assert not demo.runs()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_and_leaves_no_process(number: signal.Signals, demo: Demo) -> None:
    assert demo.end(number) == 0
    assert not demo.runs()


def test_without_a_keyboard_it_stays_until_it_is_told_to_end(folder: Path) -> None:
    demo = Demo(folder, stdin=subprocess.DEVNULL)
    try:
        assert demo.ask("/v1/hello")["product"] == "counterfoil"
        with pytest.raises(subprocess.TimeoutExpired):
            demo.process.wait(1.5)
        assert demo.end(signal.SIGTERM) == 0
        assert not demo.runs()
    finally:
        demo.close()


def test_what_was_sold_yesterday_is_there_today(demo: Demo, folder: Path) -> None:
    loaded = sell(demo)
    assert demo.end(signal.SIGTERM) == 0
    again = Demo(folder)
    try:
        assert again.ask("/v1/operations/load-0001") == loaded
    finally:
        again.close()


def test_a_second_demo_in_the_same_folder_is_told_so_and_disturbs_nothing(demo: Demo, folder: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "hardware_mocks", "demo", "--folder", str(folder), "--port", "0"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 1
    assert "already running" in second.stderr
    sell(demo)
    demo.type("kill")
    wait_until(lambda: "is back" in demo.read_line())
    assert demo.swipe(2)["card"] == "6222****0025"
