"""The bench: one store with virtual devices and a real till on this machine, to be tried by hand."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware_mocks.bench_album import SlipAlbum
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.loopback import IS_WINDOWS, LOOPBACK
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess

TILL = "1"
PORTS_TRIED_MAX = 50


class Bench:
    """A demo store in `folder`, with a reader, a printer and till 1, from `with` to its end.

    The till's page is on `port`, or on the next free one; 0 means any. Raises DidNotStart where the till cannot run.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.store = DemoStore(folder)
        self.reader = VirtualMagstripeReader()
        self.printer = VirtualReceiptPrinter()
        self.album = SlipAlbum(self.printer, folder / "slips")
        self._port = free_port(port) if port else 0
        self._stack = ExitStack()
        self.till = TillProcess(self._write_settings(), folder / "till-1.log")

    def restart_till(self) -> None:
        """Start the till again where it was; what a service manager does. Raises DidNotStart."""
        self._write_settings()
        self.till.start()

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # undone here when the till does not start
            stack.enter_context(self.reader)
            stack.enter_context(self.printer)
            stack.enter_context(self.album)
            stack.enter_context(self.till)
            self.reader.wait_until_connected()
            self._stack = stack.pop_all()
        self._port = int(self.till.url.rpartition(":")[2])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def _write_settings(self) -> Path:
        """Each time anew: another bench in this folder may have written its own over them."""
        return self.store.settings(
            till=TILL, port=self._port, reader_address=self.reader.address, printer_port=self.printer.port
        )


def free_port(first: int) -> int:
    """The first port from `first` on that nobody has; `first` itself when all that were tried are taken."""
    return next((port for port in range(first, first + PORTS_TRIED_MAX) if _is_free(port)), first)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if not IS_WINDOWS:  # there it would let us have a port that somebody listens on
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
