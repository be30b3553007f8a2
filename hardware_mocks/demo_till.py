"""One till of a made-up chain as a real program, with its card reader, its cable to HQ, and a cashier's hands."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple, Self

from hardware_mocks.cable import Cable
from hardware_mocks.demo_store import DemoStore
from hardware_mocks.loopback import free_port
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import PROGRAM, TillProcess

SWIPES_MAX = 4
SWIPE_HEARD_S = 3.0
"""A swipe that the till does not hear, as while it opens the port, is made again."""


class TillManner(NamedTuple):
    """How a till of the chain is run."""

    mode: str = "transfer"
    draw_timeout_s: float = 3.0
    has_printer: bool = False
    exchange: str = ""
    program: Sequence[str] = PROGRAM


TRANSFER = TillManner()


class DemoTill:
    """Till `number` of a store. The card that was presented last lies before the cashier.

    `hq_url` says where HQ is now. It is not started yet, and its cable is out. What it says is its API's JSON
    (docs/local-api.md). `process`, `reader`, `printer` and `cable` may be used as well.
    """

    def __init__(self, store: DemoStore, number: str, hq_url: Callable[[], str], manner: TillManner) -> None:
        self.store = store
        self.number = number
        self.place = f"{store.number}-{number}"
        self.cable = Cable(patient=True)
        self.reader = VirtualMagstripeReader()
        self.printer = VirtualReceiptPrinter() if manner.has_printer else None
        self.lan_port = free_port()
        """Where it listens for the others of its store, when it is their lead."""
        self.settings = store.settings(
            till=number,
            reader_address=self.reader.address,
            printer_port=None if self.printer is None else self.printer.port,
            mode=manner.mode,
            draw_timeout_s=manner.draw_timeout_s,
            exchange=manner.exchange,
            lan_port=self.lan_port,
            enrols=True,
        )
        self.process = TillProcess(self.settings, store.folder / f"till-{number}.log", program=manner.program)
        self.card: dict[str, Any] = {}
        self._hq_url = hq_url
        self._is_cut = True
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.reader)
            if self.printer is not None:
                stack.enter_context(self.printer)
            stack.enter_context(self.cable)
            stack.push(self.process)  # it is started when it is enrolled, and ended in any case
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    # ------------------------------------------------------------ at the counter

    def swipe(self, member: int) -> dict[str, Any]:
        """Present a member's card; what the till shows of it."""
        before, masked = self._lying(), str(self.store.card(member))
        for _ in range(SWIPES_MAX):
            self.reader.wait_until_connected()
            self.reader.swipe(track2=self.store.track2(member))
            try:
                # What is shown of one card changes with time; another card has another name.
                wait_until(lambda: self._lying() not in (("", ""), before), timeout_s=SWIPE_HEARD_S)
            except TimeoutError:
                continue
            self.card = self._shown()
            if self.card.get("card") == masked:
                return self.card
        raise TimeoutError(f"till {self.place} heard no swipe")

    def key_in(self, member: int) -> dict[str, Any]:
        """Present a member's card by its number: it may load, not pay."""
        return self._lie_down({"number": self.store.card(member).digits})

    def search(self, phone: str) -> dict[str, Any]:
        """Who has this phone number."""
        said: dict[str, Any] = self.process.post("/v1/searches", {"phone": phone})
        return said

    def choose(self, candidate: str) -> dict[str, Any]:
        """Present the card of somebody whom a search has found: it may load, not pay."""
        return self._lie_down({"candidate": candidate})

    def look(self) -> dict[str, Any]:
        """The card before the cashier, as the till shows it now."""
        said: dict[str, Any] = self.process.get(f"/v1/presentations/{self.card['presentation']}")
        return said

    def charge(self, units: int, **more: object) -> dict[str, Any]:
        """The card pays."""
        return self._ask("/v1/charges", {"amount": units, **more})

    def load(self, units: int, **more: object) -> dict[str, Any]:
        """Cash goes on the card."""
        return self._ask("/v1/loads", {"amount": units, "tender": "cash", **more})

    def split(self, **parts: int) -> dict[str, Any]:
        """Goods for the sum of these parts, paid with them: `split(stored_value=60_55, cash=40_45)`."""
        paid = [{"tender": tender, "amount": units} for tender, units in parts.items()]
        return self._ask("/v1/sales", {"items": [{"article": "goods", "amount": sum(parts.values())}], "paid": paid})

    def refund(self, receipt_number: str, units: int, **more: object) -> dict[str, Any]:
        """Goods come back; no card is needed."""
        return self._undo("/v1/refunds", {"receipt_number": receipt_number, "amount": units, **more})

    def void(self, receipt_number: str) -> dict[str, Any]:
        """A sale or load of today is taken back whole."""
        return self._undo("/v1/voids", {"receipt_number": receipt_number})

    def sell(self, member: int, units: int, **more: object) -> dict[str, Any]:
        """Swipe a member's card and have it pay."""
        self.swipe(member)
        return self.charge(units, **more)

    def was_it_done(self, operation_id: str) -> dict[str, Any]:
        """What became of an operation; a problem `unknown_operation` when it was never done."""
        said: dict[str, Any] = self.process.get(f"/v1/operations/{operation_id}")
        return said

    def exchange(self) -> None:
        """Have it call HQ, if its line rests."""
        self.process.post("/v1/exchanges", {})

    def close_day(self) -> dict[str, Any]:
        """Move the business date on."""
        said: dict[str, Any] = self.process.post("/v1/day-closes", {})
        return said

    # ------------------------------------------------------------ its program and its line

    @property
    def status(self) -> dict[str, Any]:
        """All that its page shows."""
        said: dict[str, Any] = self.process.get("/v1/status")
        return said

    @property
    def lead(self) -> dict[str, Any] | None:
        """How it stands with its store's lead; None: the store has none."""
        said: dict[str, Any] | None = self.status["lead"]
        return said

    @property
    def hq(self) -> dict[str, Any]:
        """How it stands with HQ: `state`, `waiting`, `stopped`."""
        said: dict[str, Any] = self.status["hq"]
        return said

    def start(self) -> None:
        """Start it once more, where it was."""
        wait_until(lambda: not self.reader.connected)  # whoever comes finds the reader's line free
        self.process.start()

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()

    def cut(self) -> None:
        """The cable to HQ is out: both ends notice at once."""
        self._is_cut = True
        self.cable.unplug()

    def mend(self) -> None:
        """The cable is in, and holds nothing back; the till is through to HQ as soon as it is there."""
        self.cable.holds_down = self.cable.holds_up = False
        if self._is_cut:
            self._is_cut = False
            self.cable.lead_to(self._hq_url)

    @property
    def is_cut(self) -> bool:
        """Whether its cable is out."""
        return self._is_cut

    def _shown(self) -> dict[str, Any]:
        return self.status["presentation"] or {}

    def _lying(self) -> tuple[str, str]:
        shown = self._shown()
        return shown.get("presentation", ""), shown.get("card", "")

    def _lie_down(self, said: dict[str, str]) -> dict[str, Any]:
        self.card = self.process.post("/v1/presentations", said)
        return self.card

    def _undo(self, path: str, said: dict[str, object]) -> dict[str, Any]:
        named = {"operation_id": f"{self.place}-{secrets.token_hex(8)}", "cashier": "C02"}
        answer: dict[str, Any] = self.process.post(path, {**named, **said})
        return answer

    def _ask(self, path: str, said: dict[str, object]) -> dict[str, Any]:
        named = {"operation_id": f"{self.place}-{secrets.token_hex(8)}", "presentation": self.card["presentation"]}
        answer: dict[str, Any] = self.process.post(path, {**named, "cashier": "C01", **said})
        return answer
