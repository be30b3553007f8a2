"""The floor limit at the counter: the cashier reads how much the store would bear, and presses + or not."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.web.counter import Counter, open_counter, shop_of
from tests.web.looks import look
from tests.web.modules import Modules
from tests.web.table import LATE, SWIPE, SWIPE_OTHER, Step, answered, play, sent
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLOOR = """
[floor_limit]
modes = ["transfer"]
sale_units = 30_000
card_day_units = 50_000
till_day_units = 80_000
"""
"""NT$300 a sale, NT$500 a card and day, NT$800 a till and day."""

shop = shop_of(FLOOR)


async def agree(counter: Counter) -> None:
    """Press + once the result may go."""
    await counter.result_was_seen()
    await counter.press("+")


async def test_the_cashier_reads_how_much_the_store_would_bear_and_agrees_with_one_key(counter: Counter) -> None:
    customer: Page = await counter.page.context.new_page()
    await customer.goto(f"{counter.till.url}/customer")
    await counter.load(100)
    await counter.swipe()
    await counter.press("250 Enter")
    await counter.shows("declined")
    await counter.reads("floor_limit", "缺的 NT$150 可由本店墊付，不從卡片扣，收不回由本店承擔。同意請按 +。")
    await counter.reads("do_plus", "本店墊付")
    await look(counter, "declined")
    assert counter.spendable() == 100_00
    await agree(counter)
    await counter.shows("done")
    rows = counter.page.locator("[data-in=done] [data-rows=result_parts]")
    await expect(rows).to_contain_text("門市墊付（未扣卡）")
    await expect(rows).to_contain_text("NT$150")
    await look(counter, "done")
    assert counter.spendable() == 0
    await expect(customer.locator("main:visible")).to_contain_text("門市墊付（未扣卡）")

    await counter.press("*")
    await counter.has_told("slip_text")
    await counter.press("3 200")
    await expect(counter.page.locator("[data-rows=undo_parts]")).to_contain_text("沖銷門市墊付")
    await look(counter, "refund")
    await counter.press("Enter")
    await counter.shows("done")
    await expect(rows).to_contain_text("沖銷門市墊付")
    assert counter.spendable() == 50_00


async def test_a_key_that_comes_too_soon_agrees_to_nothing(counter: Counter) -> None:
    await counter.swipe()
    await counter.press("100 Enter")
    await counter.shows("declined")
    await counter.press("+ +")
    await counter.shows("declined")
    operation = counter.ask("/v1/status")["presentation"]
    assert operation["spendable"] == 0
    await agree(counter)
    await counter.shows("done")


@pytest.mark.thorough
async def test_a_budget_that_is_used_up_says_what_is_left_and_offers_nothing(tmp_path: Path, window: Window) -> None:
    words = (
        (1, 300, None),
        (1, 250, "這張卡今天由本店墊付的額度只剩 NT$200，不夠。"),
        (1, 301, "由本店墊付，每筆最多 NT$300。"),
        (2, 300, None),
        (3, 250, "這台收銀機今天由本店墊付的額度只剩 NT$200，不夠。"),
    )
    async with open_counter(tmp_path, window, rules=FLOOR) as counter:
        for which, amount, why in words:
            await counter.swipe(which)
            await counter.press(f"{amount} Enter")
            await counter.shows("declined")
            if why is not None:
                await counter.reads("floor_limit", why)
            await agree(counter)
            await counter.shows("done" if why is None else "declined")


@pytest.mark.thorough
async def test_a_payment_in_parts_is_let_go_too(counter: Counter) -> None:
    await counter.load(100)
    await counter.swipe()
    await counter.press("250 * 200 Enter 1 50 Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.shows("declined")
    await agree(counter)
    await counter.shows("done")
    rows = counter.page.locator("[data-in=done] [data-rows=result_parts]")
    for words in ("會員卡", "NT$100", "門市墊付（未扣卡）", "現金", "NT$50"):
        await expect(rows).to_contain_text(words)


# The sale's table


async def test_the_agreement_is_the_same_sale_under_an_id_of_its_own(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "0", "0", "enter")
    first = sent(sale)[0]
    decline = answered(first["operation_id"], "declined", decline="lies_elsewhere", amount=70000, floor_limit=13945)
    later: Step = {"name": "plus", "now": LATE}
    sale = await play(modules, SWIPE, "7", "0", "0", "enter", decline, later)
    again = sent(sale)[-1]
    assert (sale["state"], again["floor_limit"], again["amount"]) == ("sending", 13945, first["amount"])
    assert again["operation_id"] != first["operation_id"]
    assert again["presentation"] == first["presentation"]
    too_soon = await play(modules, SWIPE, "7", "0", "0", "enter", decline, "plus")
    assert too_soon["state"] == "declined"
    other_card = await play(modules, SWIPE, "7", "0", "0", "enter", decline, SWIPE_OTHER, later)
    assert len(sent(other_card)) == 1
    without = {**decline, "answer": {**decline["answer"], "floor_limit": None}}
    assert len(sent(await play(modules, SWIPE, "7", "0", "0", "enter", without, later))) == 1
