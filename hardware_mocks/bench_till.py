"""One till of the bench: its program, and the reader, printer and cable that it hangs on."""

from __future__ import annotations

import subprocess
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from hardware_mocks.bench_album import SlipAlbum
from hardware_mocks.bench_keeping import Kept
from hardware_mocks.cable import Cable
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.program import ANSWER_S_MAX, DidNotStart
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import PROGRAM, TillProcess
from terminal.hq_file import read_hq_file, write_hq_file


@dataclass(frozen=True, slots=True)
class TillPlan:
    """Till `till` of store `store`, how it is run, and the port of its page that is wished for."""

    store: str
    till: str
    store_name: str
    mode: str
    port: int

    @property
    def place(self) -> str:
        """Its name in the chain, such as 07-1."""
        return f"{self.store}-{self.till}"


class BenchTill:
    """A till with everything that it hangs on, from `with` to its end; `kept` starts its program.

    What is done to a device is done here, so that `condition` can tell.
    """

    def __init__(self, plan: TillPlan, store: DemoStore, port: int, hq_url: str) -> None:
        self.plan = plan
        self.store = store
        self.reader = VirtualMagstripeReader()
        self.printer = VirtualReceiptPrinter()
        self.cable = Cable(patient=True)
        self.album = SlipAlbum(self.printer, store.folder.parent / "slips" / plan.place)
        self.port = port
        self._hq_url = hq_url
        self.condition = {"reader": "plug", "paper": "new-roll", "printer": "speak", "line": "mend"}
        """The word that was said last of each of them."""
        self.process = TillProcess(self._write_settings(), store.folder / f"till-{plan.till}.log")
        self.kept = Kept(f"Till {plan.place}", self.process, self._prepare)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for part in (self.reader, self.printer, self.cable, self.album):
                stack.enter_context(part)
            self.mend()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Of its page."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_enrolled(self) -> bool:
        """Whether HQ and this till know each other."""
        return read_hq_file(self.store.data(self.plan.till)) is not None

    def cut(self) -> None:
        """The line to HQ is out: both ends notice at once."""
        self.cable.unplug()
        self.cable.holds_down = False

    def hold(self) -> None:
        """The line is in, and what HQ says stays in it."""
        self.cable.holds_down = True
        self.cable.lead_to(self._hq_url)

    def mend(self) -> None:
        """The line is in, and what it held comes through."""
        self.cable.lead_to(self._hq_url)
        self.cable.holds_down = False

    def enrol(self, code: str) -> None:
        """Make HQ and this till known to each other, by its own command. Raises DidNotStart."""
        command = [*PROGRAM, "enrol", str(self._write_settings()), "--hq", self.cable.url, "--code", code]
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, text=True, timeout=ANSWER_S_MAX, check=False
        )
        if done.returncode:
            raise DidNotStart(done.returncode, done.stderr)

    def clear_counter(self, presentation: str) -> None:
        """The customer leaves."""
        url = f"{self.url}/v1/presentations/{presentation}"
        leaves = urllib.request.Request(url, method="DELETE")  # noqa: S310 - our own address
        urllib.request.urlopen(leaves, timeout=ANSWER_S_MAX).close()  # noqa: S310 - our own address

    def _prepare(self) -> None:
        """Each time anew: another bench in this folder may have written its own over it, and cables change ports."""
        self._write_settings()
        data = self.store.data(self.plan.till)
        known = read_hq_file(data)
        if known is not None:
            write_hq_file(data, msgspec.structs.replace(known, url=self.cable.url))

    def _write_settings(self) -> Path:
        return self.store.settings(
            till=self.plan.till,
            port=self.port,
            reader_address=self.reader.address,
            printer_port=self.printer.port,
            mode=self.plan.mode,
            enrols=True,
        )
