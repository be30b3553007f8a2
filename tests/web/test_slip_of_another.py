"""A customer brings the slip of another store: its number is keyed whole, and the right to give back is fetched."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import ViewportSize

from hardware_mocks.demo_chain import DemoChain
from tests.web.counter import Counter
from tests.web.looks import look
from tests.web.modules import Modules
from tests.web.table import play
from tests.web.two_stores import HERE, SELLER, ask_for_number, at_counter_of, keys, open_two_stores, sold
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS = "請鍵入要退的金額；還能退多少，由總部查"
FRONTS = {"till": "07-1", "receipt_prefix": "07-1", "other_prefix": None}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoChain]:
    with open_two_stores(tmp_path_factory.mktemp("two_stores")) as chain:
        yield chain


@pytest_asyncio.fixture(loop_scope="session")
async def counter(window: Window, chain: DemoChain, screens: tuple[ViewportSize, ...]) -> AsyncIterator[Counter]:
    async with at_counter_of(chain, window) as opened:
        opened.screens = screens
        yield opened


async def test_a_part_is_given_back_here_and_then_the_rest_is_known(counter: Counter, chain: DemoChain) -> None:
    slip = await asyncio.to_thread(sold, chain, 1)
    await ask_for_number(counter)
    await counter.press(keys(slip))
    await counter.reads("slip_number", slip)
    await counter.press("Enter")
    await counter.shows("refund")
    await counter.reads("undo_slip", slip)
    await counter.reads("undo_words", WORDS)
    await counter.press("Enter")
    await counter.reads("note", "請輸入要退的金額。")
    await counter.press("75")
    await look(counter, "refund")
    await counter.press("Enter")
    await counter.reads("result_title", "已退貨")
    await counter.reads("result_amount", "75")
    await asyncio.to_thread(chain.wait_until_quiet)
    assert chain.balances(1)[HERE] == (75_00, 0)
    assert chain.money(1) == 560_55 - 300_00 + 75_00


@pytest.mark.thorough
async def test_its_own_slip_whose_right_is_elsewhere_by_now_is_given_back_too(
    counter: Counter, chain: DemoChain
) -> None:
    """How much is left the till does not know any more."""
    await counter.load(500)
    await counter.swipe()
    await counter.press("300 Enter")
    await counter.shows("done")
    slip = await counter.page.locator("[data-value=receipt_number]:visible").inner_text()
    await asyncio.to_thread(chain.wait_until_quiet)
    there = await asyncio.to_thread(chain.till(SELLER).refund, slip, 100_00)
    assert there["outcome"] == "done", there
    await asyncio.to_thread(chain.wait_until_quiet)
    await counter.press("*")
    await counter.has_told("slip_text")
    await counter.press("3")
    await counter.shows("refund")
    await counter.reads("undo_words", WORDS)
    await counter.press("200 Enter")
    await counter.reads("result_title", "已退貨")
    await counter.press("/")


async def test_while_the_other_till_is_cut_off_the_cashier_reads_what_to_do(counter: Counter, chain: DemoChain) -> None:
    slip = await asyncio.to_thread(sold, chain, 2)
    seller = chain.till(SELLER)
    seller.cut()
    await asyncio.to_thread(chain.wait_until, lambda: not chain.head(SELLER)["on_line"])
    await ask_for_number(counter)
    await counter.press(f"{keys(slip)} Enter 75 Enter")
    await counter.shows("declined")
    await counter.reads(
        "decline_words",
        "這張單據要由另一台收銀機退，現在連不到它，沒有退任何款。請稍後再試，或請顧客到開單或上次退貨的門市辦理。",
    )
    await look(counter, "declined")


@pytest.mark.parametrize(
    ("typed", "front", "name"),
    [
        ("31", "usual", "07-1-000031"),
        ("12.", "usual", "12-"),
        ("12.1", "usual", "12-1"),
        ("12.1.", "usual", "12-1-000000"),
        ("12.1.000031", "usual", "12-1-000031"),
        ("12.1.31", "other", "12-1@hq-000031"),
    ],
)
async def test_what_is_keyed_is_called_as_it_stands_on_the_slip(
    modules: Modules, typed: str, front: str, name: str
) -> None:
    assert await modules.call("slips", "receiptOf", FRONTS, typed, front == "other") == name


@pytest.mark.parametrize(
    ("typed", "whose"),
    [("31", "ours"), ("07.1.31", "ours"), ("12.1", "nobody's"), ("12.1.", "nobody's"), ("12.1.3", "another's")],
)
async def test_whose_slip_it_is(modules: Modules, typed: str, whose: str) -> None:
    assert await modules.call("slips", "isForeign", typed, FRONTS) is (whose == "another's")


async def test_points_stand_between_store_till_and_number_only(modules: Modules) -> None:
    slips: dict[str, object] = {"known": [], "shown": None, "number": "", "other": False}
    for key in (".", "1", "2", ".", ".", "1", ".", "3", "."):
        word = {"name": "point"} if key == "." else {"name": "digit", "digit": key}
        slips = (await modules.call("slips", "press", slips, word, None))["slips"]
    assert slips["number"] == "12.1.3"


async def test_what_is_left_of_it_is_not_known_here_and_not_guessed(modules: Modules) -> None:
    undo = {
        "name": "undo",
        "kind": "refund",
        "slip": {"receipt_number": "12-1-000031", "kind": "sale", "refundable": None},
    }
    assert (await play(modules, undo, "enter"))["note"]["key"] == "page.note.type_refund"
    sale = await play(modules, undo, "9", "9", "9", "9", "enter")
    [sent] = [one["operation"] for one in sale["errands"] if one["name"] == "send"]
    assert (sent["kind"], sent["amount"], sent["receipt_number"]) == ("refund", 999_900, "12-1-000031")
