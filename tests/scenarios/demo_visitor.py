"""Somebody at the demo: a keyboard, what can be asked of its tills, and whoever has a port before it."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

from hardware_mocks.patience import wait_until
from hardware_mocks.till_process import Json, ask

END_S_MAX = 15.0
SWIPES_MAX = 15
"""What was typed before it may take long: programs are killed and started by it."""
SWIPE_HEARD_S = 2.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:[0-9]+")
ALL_TOLD = {"state": "answered", "last_contact": "", "waiting": 0, "stopped": None}


class Demo:
    """The demo's own process, with hands on its keyboard. It is killed, with its programs, if a story breaks off."""

    def __init__(self, folder: Path, *arguments: str, stdin: int = subprocess.PIPE) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hardware_mocks", "demo", "--folder", str(folder), *(arguments or ["--any-ports"])],
            stdin=stdin,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.first_line = self.read_line()
        self.bench, self.url, self.other_url, self.hq = ADDRESS.findall(self.first_line) or [""] * 4

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def read_until(self, words: str) -> str:
        """What it says, up to the line with these words."""
        said = [self.read_line()]
        while words not in said[-1]:
            assert said[-1], "it ended"
            said.append(self.read_line())
        return "".join(said)

    def type(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def ask(self, path: str, body: object = None) -> Json:
        return ask(self.url + path, body)

    def presented(self, url: str) -> Json:
        """What lies on the counter; nothing while the till is away."""
        try:
            return ask(f"{url}/v1/status")["presentation"]
        except OSError:
            return None

    def swipe(self, which: int, till: str = "07-1") -> Json:
        """As often as it takes: a till that has just come back may still be opening the reader's line."""
        url = {"07-1": self.url, "12-1": self.other_url}[till]
        before = self.presented(url)
        for _ in range(SWIPES_MAX):
            self.type(f"{till} swipe {which}")
            with suppress(TimeoutError):
                wait_until(lambda: self.presented(url) not in (None, before), timeout_s=SWIPE_HEARD_S)
                return self.presented(url)
        raise TimeoutError("the till heard no swipe")

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(END_S_MAX)

    def runs(self) -> bool:
        """Whether anything of it is still there, HQ and tills too: they are one session."""
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


def devices(demo: Demo) -> dict[str, str]:
    return {device["name"]: device["state"] for device in demo.ask("/v1/status")["devices"]}


def load(demo: Demo) -> Json:
    """Somebody's card is keyed in and loaded."""
    card = demo.ask("/v1/presentations", {"number": "6222000000000066"})["presentation"]
    body = {"operation_id": f"load-{card}", "amount": 500_00, "tender": "cash", "presentation": card}
    return demo.ask("/v1/loads", body)


def hq_state(url: str) -> Json:
    return ask(f"{url}/v1/status")["hq"] | {"last_contact": ""}


def post_line(demo: Demo, line: str, **headers: str) -> int:
    """The status that the bench answers with."""
    address = demo.bench.removeprefix("http://")
    with closing(http.client.HTTPConnection(address, timeout=END_S_MAX)) as connection:
        body = f'{{"line": "{line}"}}'
        connection.request("POST", "/v1/lines", body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status


def taken(port: int) -> socket.socket:
    """Somebody else has this port, or the next that is free."""
    while True:
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port))
        port += 1
