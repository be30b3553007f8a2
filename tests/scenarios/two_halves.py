"""A till and HQ as two real programs, a cable between them, and somebody who sells here and looks there."""

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw

from drivers.profiles import GENERIC_READER
from hardware_mocks.cable import Cable
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.hq_process import HqProcess
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.program import run_command
from hardware_mocks.till_process import TillProcess
from protocol.records import SignedRecord

Said = dict[str, Any]

PLACE = "07-1"
MEMBERS = range(1, 6)
HQ_SETTINGS = """\
card_keys = "chain-cards.key"
data = "hq"
port = 0

[placement.transfer]  # everything stays where it is: how value moves is a story of its own
member_units = 1_000_000_000
till_units = 1_000_000_000
"""
SWIPES_MAX, SWIPE_HEARD_S = 3, 4.0
ARRIVES_S_MAX = 90.0
"""Longer than the longest pause that a till makes between two calls."""


class TwoHalves:
    """`till` and `hq` are not started yet, the till is not enrolled, and the cable is out."""

    def __init__(self, folder: Path) -> None:
        self.store = DemoStore(folder)
        self.reader = VirtualMagstripeReader(GENERIC_READER)
        self.settings = self.store.settings(reader_address=self.reader.address, enrols=True)
        hq_settings = folder / "hq.toml"
        hq_settings.write_text(HQ_SETTINGS, "utf-8")
        self.till = TillProcess(self.settings, folder / "till.log")
        self.hq = HqProcess(hq_settings, folder / "hq.log")
        self.cable = Cable()
        self._operations = itertools.count(1)

    def __enter__(self) -> Self:
        self.reader.__enter__()
        self.cable.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.till.__exit__(kind, value, traceback)
        self.hq.__exit__(kind, value, traceback)
        self.cable.__exit__(kind, value, traceback)
        self.reader.__exit__(kind, value, traceback)

    def start_hq(self) -> None:
        """HQ is up, and the cable leads to it."""
        self.hq.start()
        self.cable.lead_to(self.hq.url)

    def pairing_code(self) -> str:
        said = self.hq.post("/v1/tills", {"place": PLACE})
        return str(said["code"])

    def enrol(self, code: str, *words: str) -> subprocess.CompletedProcess[str]:
        """What `counterfoil-till enrol` says."""
        command = [sys.executable, "-m", "terminal", "enrol", str(self.settings), "--hq", self.cable.url]
        return run_command(*command, "--code", code, *words)

    def pair(self) -> None:
        """HQ is up, the till is enrolled and started, and the cable is out again."""
        self.start_hq()
        done = self.enrol(self.pairing_code())
        assert done.returncode == 0, done.stderr
        self.cable.unplug()
        self.till.start()

    def load(self, member: int, units: int = 500_00) -> Said:
        return self._ask("/v1/loads", self._present(member)["presentation"], amount=units, tender="cash")

    def charge(self, member: int, units: int) -> Said:
        """Swipe the card and pay."""
        presentation = self._swipe(member)["presentation"]
        return self._ask("/v1/charges", presentation, amount=units)

    def refund(self, receipt_number: str, units: int = 20_00) -> Said:
        operation = {"operation_id": self._operation(), "receipt_number": receipt_number, "amount": units}
        said: Said = self.till.post("/v1/refunds", operation)
        return said

    def sell(self, times: int) -> None:
        """So many loads, member after member."""
        for _, member in zip(range(times), itertools.cycle(MEMBERS), strict=False):
            assert self.load(member)["outcome"] == "done"

    def hq_state(self) -> Said:
        said: Said = self.till.get("/v1/status")["hq"]
        return said

    def head(self) -> Said:
        """HQ's view of the till."""
        said: Said = self.hq.get("/v1/tills")["tills"][0]
        return said

    def of_tills(self, *what: str) -> list[tuple[Any, ...]]:
        """What HQ says of each epoch of the place, the first first."""
        return [tuple(line[word] for word in what) for line in self.hq.get("/v1/tills")["tills"]]

    def all_arrived(self) -> None:
        """The till says that nothing waits, and HQ has posted all that there is."""
        wait_until(self._is_quiet, timeout_s=ARRIVES_S_MAX)

    def balances(self) -> dict[int, tuple[Said, Said]]:
        """What each member has, as the till says and as HQ says."""
        return {member: (self._here(member), self._there(member)) for member in MEMBERS}

    def assert_equal(self) -> None:
        """HQ's book says of this place what the till's says, and its chain is the till's, byte for byte."""
        for member, (here, there) in self.balances().items():
            assert here == there, f"member {member}"
        assert self.hq.get("/v1/suspense")["total"] == 0
        assert self.hq.get("/v1/differences")["total"] == 0
        assert self.chain_at_hq() == self.chain_at_till()

    def chain_at_till(self) -> list[SignedRecord]:
        return _chain(self.store.data(), "till.db")

    def chain_at_hq(self) -> list[SignedRecord]:
        return _chain(self.store.folder / "hq", "hq.db")

    def _is_quiet(self) -> bool:
        if self.hq_state()["waiting"] or self.head()["waits"]:
            return False
        return bool(self.head()["held"] == len(self.chain_at_till()))

    def _here(self, member: int) -> Said:
        shown = self._present(member)
        return {purse: shown[purse] for purse in ("principal", "bonus", "points")}

    def _there(self, member: int) -> Said:
        account = self._present(member)["account"]
        found: list[Said] = self.hq.get(f"/v1/members/{account}/balances")["places"]
        assert [one.pop("place") for one in found] in ([], [PLACE])
        return found[0] if found else {"principal": 0, "bonus": 0, "points": 0}

    def _present(self, member: int) -> Said:
        shown: Said = self.till.post("/v1/presentations", {"number": self.store.card(member).digits})
        assert "presentation" in shown, shown
        return shown

    def _swipe(self, member: int) -> Said:
        """A swipe that the till does not hear, as while it opens the port, is made again."""
        before = self._lying().get("presentation")
        for _ in range(SWIPES_MAX):
            self.reader.wait_until_connected()
            self.reader.swipe(track2=self.store.track2(member))
            with suppress(TimeoutError):
                # What is shown of one card changes with HQ's word; another card has another name.
                wait_until(lambda: self._lying().get("presentation") not in (None, before), timeout_s=SWIPE_HEARD_S)
                return self._lying()
        raise TimeoutError("the till heard no swipe")

    def _lying(self) -> Said:
        """The card before the cashier; nothing when there is none."""
        return self.till.get("/v1/status")["presentation"] or {}

    def _operation(self) -> str:
        return f"operation-{next(self._operations):06d}"

    def _ask(self, path: str, presentation: str, **words: object) -> Said:
        operation = {"operation_id": self._operation(), "presentation": presentation}
        said: Said = self.till.post(path, {**operation, **words})
        return said


def _chain(data: Path, book: str) -> list[SignedRecord]:
    """The till's records in a book that may be open: read from a copy."""
    with tempfile.TemporaryDirectory() as folder:
        for file in data.glob(f"{book}*"):
            shutil.copy(file, folder)
        with closing(apsw.Connection(f"{folder}/{book}")) as connection:
            rows = connection.execute(
                "select content, signature from records where keeper = ? order by sequence", (PLACE,)
            )
            return [SignedRecord(*row) for row in rows]


def told_in_log(folder: Path, log: str) -> list[Said]:
    """The lines of a program's log."""
    return [json.loads(line) for line in (folder / log).read_text("utf-8").splitlines() if line.startswith("{")]
