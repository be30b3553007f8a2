"""Members at the counter: by name, by phone number, with what they have elsewhere, and those whose card was lost."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from hardware_mocks.patience import wait_until
from protocol.bodies import Block, Unblock
from protocol.conversation import AnyMessage, Draw, Found
from tests.terminal.stand_in_members import member_of
from tests.web.counter import Counter, open_counter
from tests.web.looks import look
from tests.web.modules import Modules
from tests.web.people import FAMILY, SHARES, card, open_counter_with_hq, remember
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")


def nine(truth: AnyMessage) -> tuple[AnyMessage]:
    """More than nine are too many for a line."""
    return (msgspec.structs.replace(truth, members=truth.members[-9:]) if isinstance(truth, Found) else truth,)


async def names(page: Page) -> list[str]:
    return await page.locator(".members button:visible b").all_inner_texts()


async def test_a_till_that_is_cut_off_finds_members_and_says_what_lay_elsewhere(tmp_path: Path, window: Window) -> None:
    async with open_counter(tmp_path, window, before=remember) as counter:
        await counter.press(FAMILY)
        await counter.reads("number", "0912 345 678")
        await look(counter, "number")
        await counter.press("Enter")
        await counter.shows("choosing")
        assert sorted(await names(counter.page)) == ["J*** L***", "王○明", "陳○○"]
        await counter.reads("note", "總部沒有回答，只找了這台收銀機記得的會員。")
        await look(counter, "choosing")
        await counter.press("9")
        await counter.reads("note", "請按會員前面的數字。")
        await counter.press("1")
        await counter.reads("holder", "王○明 · gold")
        await counter.reads("entry", "電話")
        await counter.press("50 Enter")
        await counter.reads("decline_words", "沒有刷卡不能扣款，這次沒有扣款。請刷會員卡。")
        await counter.load(500)
        await counter.swipe()
        await counter.reads("total", "NT$1,060.55")
        await expect(counter.page.locator("[data-value=total_as_of]")).to_have_text("總部 00:00 的數字")
        await counter.reads("where", "總部 NT$300 · 09-1 NT$200")
        await counter.press("700")
        await counter.reads("after", "可用餘額不夠，還差 NT$139.45；按 * 可分開付")
        await look(counter, "amount")
        await counter.press("Enter")
        why = (
            "這張卡在本機可用 NT$560.55，不夠付 NT$700，沒有扣款。另外有 NT$500 放在別處，現在拿不到。"
            "請改用其他方式付差額，或等連上總部再試。"
        )
        await counter.reads("decline_words", why)
        await counter.reads("elsewhere", "NT$500")
        await look(counter, "declined")


async def test_a_number_that_nobody_has_stays_to_be_mended_and_outlives_no_reload(counter: Counter) -> None:
    await counter.press("0987654321 Enter")
    await counter.reads("note", "總部沒有回答，本機也不認得這個號碼。請刷卡。")
    await counter.shows("number")
    await counter.reads("number", "0987 654 321")
    kept = await counter.page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    assert "0987654321" not in kept
    await counter.press("- 5 /")
    await counter.shows("empty")


async def test_a_till_on_the_line_asks_hq_and_says_so(tmp_path: Path, window: Window) -> None:
    async with open_counter_with_hq(tmp_path, window) as (counter, hq, people):
        alice = card(counter.store, 1)
        hq.funds.add(alice.account, 300_00)
        people.shares[alice.account] = SHARES
        await counter.load(500)
        await counter.swipe()
        await counter.reads("holder", "王○明 · gold")
        await counter.reads("total_as_of", "總部剛剛確認")
        await counter.press("700")
        await counter.reads("after", "本機還差 NT$139.45，扣款時會向總部調來")
        waits = asyncio.Event()

        async def think(draw: Draw) -> None:
            waits.set()
            await expect(counter.page.locator("[data-value=operation_words]")).to_have_text(
                "正在向總部調款，最多等 3 秒。"
            )
            await hq.answer_draw(draw)

        hq.on_draw = think
        await counter.press("Enter")
        await counter.shows("done")
        assert waits.is_set()
        await counter.press("/ 13812345678 Enter")
        await counter.reads("holder", "欧阳* · gold")
        await counter.reads("entry", "電話")
        await expect(counter.page.locator("[data-value=note]")).to_have_text("")


@pytest.mark.thorough
async def test_a_blocked_card_is_shown_as_such_at_once_and_opens_when_it_is_found(
    tmp_path: Path, window: Window
) -> None:
    async with open_counter_with_hq(tmp_path, window) as (counter, hq, people):
        alice = card(counter.store, 1)
        await hq.give(Block((alice.token,)))
        await asyncio.to_thread(wait_until, lambda: counter.ask("/v1/status")["hq"]["waiting"] == 0)
        await counter.slide(counter.track2())
        await look(counter, "blocked")
        await counter.press("1")
        await counter.shows("blocked")
        await hq.give(Unblock((alice.token,)))
        await asyncio.to_thread(wait_until, lambda: not counter.ask("/v1/status")["presentation"]["blocked"])
        await counter.press("Enter")
        await counter.shows("empty")
        await counter.swipe()
        for serial in range(200, 208):  # a full hand, with the widest names
            one = counter.store.scheme().card(counter.store.card(serial))
            name = "W*** W*** W*** W***" if serial % 2 else "歐陽○○·○○○○"
            people.know(member_of(counter.store.scheme(), one, name, FAMILY, tier="platinum"))
        people.lie = nine
        await counter.press("/")
        await counter.press(f"{FAMILY} Enter")
        await counter.shows("choosing")
        assert len(await names(counter.page)) == 9
        await look(counter, "choosing")


@pytest.mark.parametrize(
    ("number", "phone"),
    [
        ("0912345678", True),
        ("13812345678", True),
        ("091234567", False),
        ("12812345678", False),
        ("6222000000000417", False),
    ],
)
async def test_ten_or_eleven_digits_are_a_phone_number(modules: Modules, number: str, *, phone: bool) -> None:
    assert await modules.call("phones", "isPhone", number) is phone
