"""Somebody at the till: swipes cards, asks, reads what the screen says. Everything that the till answers is kept."""

import itertools
import json

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.patience import wait_until
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import Json, TillProcess
from hardware_mocks.wires import Wire, whole
from tests.scenarios.paper import Paper

SWIPES_MAX = 3
SWIPE_HEARD_S = 4.0


class Cashier:
    """Cashier C01 with everything in reach. A card that was presented stays in the hand until the next one is."""

    def __init__(
        self, till: TillProcess, store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter
    ) -> None:
        self.till = till
        self.store = store
        self.reader = reader
        self.printer = printer
        self.paper = Paper(printer, store.country)
        self.heard: list[str] = []
        self.presented: Json = {}
        self._operations = itertools.count(1)

    def get(self, path: str) -> Json:
        return self._hear(self.till.get(path))

    def post(self, path: str, **body: object) -> Json:
        return self._hear(self.till.post(path, body))

    def swipe(self, which: int, wire: Wire = whole) -> Json:
        """The presentation. A swipe that nobody hears, as while the till opens its port, is made again."""
        before = self._shown()
        for _ in range(SWIPES_MAX):
            self.reader.wait_until_connected()
            self.reader.swipe(track2=self.store.track2(which), wire=wire)
            try:
                wait_until(lambda: self._shown() not in (None, before), timeout_s=SWIPE_HEARD_S)
            except TimeoutError:
                continue
            self.presented = self.get("/v1/status")["presentation"]
            return self.presented
        raise TimeoutError("the till heard no swipe")

    def key_in(self, digits: str) -> Json:
        answer = self.post("/v1/presentations", number=digits)
        if "presentation" in answer:
            self.presented = answer
        return answer

    def load(self, units: int, **more: object) -> Json:
        return self._ask("/v1/loads", "load", {"amount": units, "tender": "cash", **more})

    def charge(self, units: int, **more: object) -> Json:
        return self._ask("/v1/charges", "charge", {"amount": units, **more})

    def look(self) -> Json:
        """The card in the hand and what it may spend now."""
        return self.get(f"/v1/presentations/{self.presented['presentation']}")

    def slip(self, receipt_number: str) -> Json:
        return self.get(f"/v1/slips/{receipt_number}")

    def wait_for_slip(self, receipt_number: str, state: str, timeout_s: float = 30.0) -> Json:
        wait_until(lambda: self.slip(receipt_number)["state"] == state, timeout_s=timeout_s)
        return self.slip(receipt_number)

    def say_of_slip(self, receipt_number: str, *, came_out: bool) -> Json:
        return self.post(f"/v1/slips/{receipt_number}/answers", came_out=came_out)

    def slips_waiting(self) -> Json:
        return self.get("/v1/status")["slips_waiting"]

    def device(self, name: str) -> Json:
        """How a device is; one that the till has not looked at yet is not listed."""
        devices = {device["name"]: device for device in self.get("/v1/status")["devices"]}
        return devices.get(name, {"state": "not listed", "reasons": []})

    def restart_after_kill(self) -> None:
        """Whoever comes next finds the reader's line free."""
        wait_until(lambda: not self.reader.connected)
        self.till.start()

    def _ask(self, path: str, kind: str, body: dict[str, object]) -> Json:
        operation = {"operation_id": f"{kind}-{next(self._operations):06d}"}
        return self.post(
            path, **{**operation, "presentation": self.presented["presentation"], "cashier": "C01", **body}
        )

    def _shown(self) -> Json:
        presentation = self.get("/v1/status")["presentation"]
        return presentation and presentation["presentation"]

    def _hear(self, answer: Json) -> Json:
        self.heard.append(json.dumps(answer, ensure_ascii=False))
        return answer
