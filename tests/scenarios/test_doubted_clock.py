"""A till's program is started with a clock that is an hour behind its book."""

import asyncio
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from hardware_mocks.demo_store import DemoStore
from hardware_mocks.magstripe_reader import VirtualMagstripeReader
from hardware_mocks.receipt_printer import VirtualReceiptPrinter
from hardware_mocks.till_process import TillProcess
from protocol.bodies import ClockBody, Transfer, TransferPart, Why
from protocol.records import RecordKind
from terminal.wiring import build
from terminal.world import World
from tests.chains.headquarters import Headquarters
from tests.scenarios.cashier import Cashier
from tests.scenarios.proof import prove

HOUR_MS = 3_600_000


async def keep_book_ahead(settings: Path, account: str) -> None:
    """A run whose clock is an hour ahead; it gets money that never expires, and a gift that does."""
    parts = build(settings, World(now_ms=lambda: time.time_ns() // 1_000_000 + HOUR_MS))
    await parts.till.begin()
    money = TransferPart("principal", "07-9/1/1", "07", "2026-11-01", None, 300_00)
    gift = TransferPart("bonus", "07-9/1/2", "07", "2026-11-01", "2999-12-31", 500_00)
    given = Headquarters().give(Transfer(Why.GRANT, "", account, (money, gift)))
    moment = parts.till.moment()
    assert await parts.store.do(lambda store: store.hq.apply(given, moment)) is None
    await asyncio.to_thread(parts.store.close)


@pytest.fixture
def cashier(store: DemoStore, reader: VirtualMagstripeReader, printer: VirtualReceiptPrinter) -> Iterator[Cashier]:
    """Till 2, whose book was begun by a run that was an hour ahead."""
    settings = store.settings(till="2", reader_address=reader.address, printer_port=printer.port)
    asyncio.run(keep_book_ahead(settings, store.scheme().card(store.card(1)).account))
    with TillProcess(settings, store.folder / "till.log") as till:
        yield Cashier(till, store, reader, printer)


def test_a_till_whose_clock_has_gone_back_sells_what_never_expires(cashier: Cashier) -> None:
    assert cashier.get("/v1/status")["clock"]["doubt"] == "went_back"
    shown = cashier.swipe(1)
    assert (shown["spendable"], shown["bonus"]) == (300_00, 500_00)
    declined = cashier.charge(400_00)
    assert (declined["decline"], declined["balance"]["bonus"]) == ("clock_doubted", 500_00)
    assert "時鐘" in declined["cashier_message"]["zh-TW"]
    assert cashier.charge(200_00)["principal"] == 200_00
    assert cashier.load(100_00)["outcome"] == "done"
    cashier.till.kill()
    cashier.restart_after_kill()
    assert cashier.swipe(1)["spendable"] == 200_00
    refused = cashier.post("/v1/day-closes")
    assert (refused["status"], refused["code"]) == (409, "clock_doubted")
    today = cashier.get("/v1/status")["business_date"]
    tomorrow = (date.fromisoformat(today) + timedelta(days=1)).isoformat()
    assert cashier.post("/v1/day-closes", opens=tomorrow)["opens"] == tomorrow
    assert cashier.get("/v1/status")["clock"]["doubt"] == "went_back"
    assert cashier.till.stop() == 0
    told = [one.body_as(ClockBody) for one in prove(cashier.store.data("2")) if one.kind is RecordKind.CLOCK]
    assert [(one.doubt, round((one.wall_ms - one.other_ms) / HOUR_MS)) for one in told] == [("went_back", -1)]
