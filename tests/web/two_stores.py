"""Two stores of a chain as real programs: at the counter of one a customer brings the slip of the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import TillManner
from tests.web.counter import Counter, Shop, at_counter
from tests.web.window import Window

HERE, SELLER = "07-1", "12-1"


@contextmanager
def open_two_stores(folder: Path) -> Iterator[DemoChain]:
    """HQ, a till of each store, and their printers."""
    with DemoChain(folder, places=(HERE, SELLER), manner=TillManner(has_printer=True)) as chain:
        yield chain


@asynccontextmanager
async def at_counter_of(chain: DemoChain, window: Window) -> AsyncIterator[Counter]:
    """Page open at the till that has not sold; all cables are in."""
    till = chain.till(HERE)
    assert till.printer is not None
    shop = Shop(till.store, till.process, till.reader, till.printer)
    await asyncio.to_thread(chain.mend_all)
    async with window.lent() as page, at_counter(shop, page) as opened:
        yield opened


def sold(chain: DemoChain, member: int) -> str:
    """The number of a sale of 300.00 at the other store, as it is keyed."""
    seller = chain.till(SELLER)
    seller.swipe(member)
    seller.load(500_00)
    slip = str(seller.sell(member, 300_00)["receipt_number"])
    chain.wait_until_quiet()
    return slip


def keys(slip: str) -> str:
    """`12-1-000031` as `12 . 1 . 31`."""
    store, till, number = slip.split("-")
    return f"{store} . {till} . {int(number)}"


async def ask_for_number(counter: Counter) -> None:
    """Of an older slip, whether there is a later one or none."""
    await counter.press("*")
    if await counter.page.locator("body").get_attribute("data-face") != "slip_number":
        await counter.press("5")
    await counter.shows("slip_number")
