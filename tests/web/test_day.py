"""A cashier's whole day on the number pad: parts, points, refunds, voids, what moved before, and the POS beside."""

import pytest
from playwright.async_api import Page, expect

from tests.web.counter import Counter

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def rows(page: Page, name: str) -> list[str]:
    """The lines of a table that the page shows, their cells apart by one blank."""
    lines = await page.locator(f"[data-rows={name}] tr").all_inner_texts()
    return [" ".join(line.split()) for line in lines]


async def open_slip(counter: Counter) -> None:
    await counter.press("*")
    await counter.has_told("slip_text")


@pytest.mark.thorough
async def test_money_that_is_not_enough_pays_what_it_can_and_the_rest_is_cash(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("700 Enter")
    await counter.reads("split_offer", "本機有 NT$560.55，其餘用別的方式付嗎？按 Enter 分開付。")
    await counter.read_on("split")
    await counter.reads("part", "560")
    await counter.press("Enter")
    await counter.shows("rest")
    await counter.reads("rest_title", "其餘 NT$140 怎麼付？")
    await counter.press("1")
    await counter.reads("part", "140")
    await counter.press("100 Enter 3 Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.reads("result_title", "已扣款")
    assert await rows(counter.page, "result_parts") == [
        "會員卡 NT$560",
        "現金 NT$100",
        "行動支付 NT$40",
        "得到點數 +7",
    ]
    await counter.reads("balance_after", "NT$0.55 · 7 點")
    paper = [" ".join(line.split()) for line in (await counter.slips(2))[-1].lines]
    assert {"現金 NT$100", "行動支付 NT$40"} <= set(paper)


async def test_points_pay_a_part_and_the_rest_comes_from_the_card(counter: Counter) -> None:
    await counter.load(10000)
    await counter.charge(5000)
    await counter.reads("points", "50")
    await counter.press("100 *")
    await counter.shows("split")
    await counter.press("70 Enter")
    await counter.reads("part_title", "點數折抵")
    await counter.reads("part", "0")
    await counter.press("30")
    await counter.reads("part_words", "要用 30 點，卡上有 50 點")
    await counter.press("Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.shows("done")
    assert await rows(counter.page, "result_parts") == ["會員卡 NT$70", "點數折抵 30 點 NT$30", "用掉點數 −30"]
    await counter.reads("balance_after", "NT$5,080 · 20 點")


async def test_a_sale_that_the_pos_sends_shows_its_points_without_a_key(counter: Counter) -> None:
    await counter.swipe()
    sale = {
        "operation_id": f"pos-{counter.digits()[-6:]}",
        "presentation": counter.ask("/v1/status")["presentation"]["presentation"],
        "items": [{"article": "tea", "amount": 35000, "quantity": 2}],
        "paid": [{"tender": "cash", "amount": 35000}],
    }
    counter.till.post("/v1/sales", sale)
    await counter.shows("done")
    await counter.reads("result_title", "已記錄")
    assert await rows(counter.page, "result_parts") == ["現金 NT$350", "得到點數 +3"]
    await expect(counter.page.locator(".approval")).to_be_hidden()


async def test_a_slip_is_refunded_in_part_and_then_it_cannot_be_voided(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("200 * 100 Enter 1 Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.shows("done")
    await open_slip(counter)
    await counter.press("3")
    await counter.reads("undo_amount", "200")
    await counter.press("50")
    assert await rows(counter.page, "undo_parts") == ["會員卡 NT$25", "現金 NT$25"]
    await counter.press("Enter")
    await counter.reads("result_title", "已退貨")
    assert (await rows(counter.page, "result_parts"))[:2] == ["會員卡 NT$25", "現金 NT$25"]
    assert counter.spendable() == 48555
    slip = counter.ask(f"/v1/operations/{await counter.last_operation()}")["original"]
    await counter.press(f"* 5 {int(slip[-6:])} Enter")
    await counter.reads("slip_left", "還可以退 NT$150")
    await expect(counter.page.locator(".pad [data-press='4']")).to_be_disabled()
    await counter.press("3 151 Enter")
    await counter.reads("note", "超過剩下的金額，請檢查後重打。")
    await counter.press("/ Enter")
    await counter.reads("result_title", "已退貨")
    await counter.press(f"* 5 {int(slip[-6:])} Enter")
    await counter.reads("slip_left", "已經全部退回")


@pytest.mark.thorough
async def test_a_void_that_came_too_late_says_why_and_moves_nothing(counter: Counter) -> None:
    await counter.load(500)
    await counter.charge(129)
    await open_slip(counter)
    await counter.press("4")
    await counter.shows("void")
    assert await rows(counter.page, "undo_parts") == ["會員卡 NT$129"]
    number = await counter.page.locator("[data-value=undo_slip]").inner_text()
    counter.till.post("/v1/refunds", {"operation_id": f"pos-{number}", "receipt_number": number, "amount": 2900})
    await counter.press("Enter")
    await counter.shows("declined")
    await expect(counter.page.locator("[data-value=decline_words]")).to_contain_text("不能再作廢")
    assert counter.spendable() == 46055


async def test_a_load_is_voided_and_a_slip_that_is_not_here_is_said_so(counter: Counter) -> None:
    await counter.load(500)
    await open_slip(counter)
    await expect(counter.page.locator(".pad [data-press='3']")).to_be_disabled()
    await counter.press("4 Enter")
    await counter.reads("result_title", "已作廢")
    await counter.press("* 5 999999 Enter")
    await counter.reads("note", "本機沒有這張單據，請核對單號。別台開的，請鍵入 店.機.單號。")
    await counter.press("/ /")
    await counter.shows("empty")


async def test_what_moved_before_is_one_key_away(counter: Counter) -> None:
    await counter.load(500)
    await counter.charge(129)
    await counter.press("-")
    await counter.shows("history")
    await counter.has_told("history")
    told = [line.split(" ", 1)[1] for line in await rows(counter.page, "history")]
    assert told == ["消費 −129 +1 07-1", "儲值 +560.55 07-1"]
    await counter.reads("history_source", "只有本機的紀錄")
    await counter.press("5")
    await counter.shows("amount")
    await counter.reads("typed", "5")
