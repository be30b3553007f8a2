"""Days of a cashier: a number pad, a card, a slip, and the real till behind the page."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from hardware_mocks.patience import wait_until
from tests.web.counter import Counter, open_counter
from tests.web.modules import script
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_card_is_loaded_and_pays_on_the_number_pad_alone(counter: Counter) -> None:
    await counter.swipe()
    await counter.reads("card", counter.masked())
    await counter.reads("spendable", "0")
    await counter.press("+ 500 Enter")
    await counter.shows("tender")
    await counter.press("1")
    await counter.shows("done")
    await counter.reads("result_title", "已儲值")
    await counter.swipe()
    await counter.reads("spendable", "560.55")
    await counter.press("129")
    await counter.reads("typed", "129")
    await counter.reads("after", "完成後餘額 NT$431.55")
    await counter.press("Enter")
    await counter.reads("result_title", "已扣款")
    await counter.reads("balance_after", "NT$431.55 · 1 點")
    assert counter.spendable() == 43155
    await counter.slips(2)


async def test_the_approval_code_on_the_screen_is_the_till_s(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    async with counter.page.expect_response("**/v1/charges") as charging:
        await counter.press("129 Enter")
    answer = await (await charging.value).json()
    code = answer["approval_code"]
    await counter.reads("approval_code", f"{code[:3]} {code[3:]}")
    assert counter.ask(f"/v1/operations/{answer['operation_id']}")["amount"] == 12900


async def test_a_load_has_no_approval_code_and_the_next_card_opens(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("+ 500 Enter 1")
    await counter.shows("done")
    await expect(counter.page.locator(".approval")).to_be_hidden()
    await counter.reads("strip_sale", "NT$500")
    await counter.swipe(2)
    await counter.shows("amount")


async def test_a_cashier_with_a_bouncing_enter_charges_once(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("129 Enter Enter Enter")
    await counter.shows("done")
    await counter.press("Enter")
    await counter.shows("done")
    assert counter.spendable() == 43155


async def test_the_next_swipe_opens_the_next_card_over_the_result(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("129 Enter")
    await counter.shows("done")
    await counter.swipe(2)
    await counter.reads("card", counter.masked(2))
    await counter.reads("spendable", "0")


async def test_a_decline_says_why_and_moves_nothing(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("900")
    await counter.reads("after", "可用餘額不夠，還差 NT$339.45；按 * 可分開付")
    await counter.press("Enter")
    await counter.shows("declined")
    why = "這張卡在本機可用 NT$560.55，不夠付 NT$900，沒有扣款。請先儲值，或改用其他方式付款。"
    await counter.reads("decline_words", why)
    await counter.has_tone("face", "bad")
    assert counter.spendable() == 56055


async def test_a_keyed_number_opens_a_card_that_may_load_and_not_pay(counter: Counter) -> None:
    await counter.press(counter.digits())
    await counter.shows("number")
    await counter.press("Enter")
    await counter.reads("entry", "手動輸入")
    await counter.press("50 Enter")
    await counter.shows("declined")
    await counter.reads("decline_words", "沒有刷卡不能扣款，這次沒有扣款。請刷會員卡。")
    await counter.swipe()
    await counter.reads("entry", "刷卡")


async def test_a_card_number_that_is_not_ours_is_refused_and_can_be_mended(counter: Counter) -> None:
    await counter.press("4111111111111111 Enter")
    await counter.reads("note", "這不是我們的會員卡，卡號沒有留下。請客人出示會員卡。")
    await counter.shows("number")
    await counter.press("/")
    await counter.shows("empty")


async def test_a_bad_swipe_is_explained_and_the_next_good_one_opens_the_card(counter: Counter) -> None:
    forged = counter.track2()[:-1] + ("1" if counter.track2()[-1] == "0" else "0")
    await counter.slide(forged)
    await expect(counter.page.locator("[data-value=note]")).to_contain_text("這張卡可能是偽卡")
    await counter.shows("empty")
    await counter.swipe()


async def test_esc_puts_the_card_away_at_the_till_too(counter: Counter) -> None:
    await counter.swipe()
    await counter.press("/")
    await counter.shows("empty")
    await asyncio.to_thread(wait_until, lambda: counter.ask("/v1/status")["presentation"] is None)


async def test_a_page_that_is_opened_anew_finds_the_card_on_the_counter(counter: Counter) -> None:
    await counter.swipe()
    await counter.page.reload()
    await counter.shows("amount")
    await counter.reads("card", counter.masked())


async def test_everything_can_be_touched_and_nothing_keeps_the_focus(counter: Counter) -> None:
    press = counter.page.locator
    await counter.swipe()
    for name in ("plus", "5", "0", "0", "enter"):
        await press(f".pad [data-press='{name}']").click()
    await press("main [data-press='2']:visible").click()
    await counter.shows("done")
    assert await counter.page.evaluate("document.activeElement === document.body")
    assert counter.spendable() == 56055


async def test_a_reader_of_the_keyboard_type_types_nothing_into_the_amount(counter: Counter) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.page.evaluate(script("stripe"), [*f";{counter.track2()}?", "Enter"])
    await expect(counter.page.locator("[data-value=note]")).to_contain_text("有讀卡機像鍵盤一樣打字")
    await counter.shows("amount")
    await counter.reads("typed", "0")


async def test_the_slip_that_came_out_is_on_the_screen_too(counter: Counter) -> None:
    await counter.load(500)
    (slip,) = await counter.slips(1)
    await counter.reads("strip_words", "已列印")
    await counter.press("*")
    await counter.shows("slip")
    paper = counter.page.locator("pre")
    await expect(paper).to_contain_text("儲值金額")
    assert _words(await paper.inner_text()) == _words("\n".join(slip.lines))
    await counter.press("*")
    await counter.shows("empty")


async def test_a_slip_in_doubt_is_one_question_and_no_prints_a_copy(counter: Counter) -> None:
    counter.printer.go_silent()
    await counter.load(500)
    await expect(counter.page.locator("[data-value=strip_words]")).to_contain_text("單據印出來了嗎？")
    counter.printer.speak()
    await counter.press("* 2")
    await counter.reads("strip_words", "已列印")
    slips = await counter.slips(2)
    assert any("副本" in line for line in slips[-1].lines)


async def test_a_slip_in_doubt_that_came_out_is_settled_by_touch(counter: Counter) -> None:
    counter.printer.go_silent()
    await counter.load(500)
    await counter.page.locator("[data-slip='1']").click()
    await counter.reads("strip_words", "已確認印出")
    assert counter.ask(f"/v1/slips/{await counter.last_slip()}")["state"] == "settled"


async def test_the_question_waits_while_the_next_customer_pays(counter: Counter) -> None:
    counter.printer.go_silent()
    await counter.load(500)
    await expect(counter.page.locator("[data-slip='1']")).to_be_visible()
    slip = await counter.last_slip()
    await counter.swipe()
    await counter.press("12")
    await counter.reads("typed", "12")
    await counter.page.locator("[data-slip='1']").click()
    await counter.shows("amount")
    await counter.reads("typed", "12")
    await asyncio.to_thread(wait_until, lambda: counter.ask(f"/v1/slips/{slip}")["state"] == "settled")
    await counter.press("/ * /")
    await counter.shows("amount")


async def test_a_slip_without_paper_waits_and_says_so(counter: Counter) -> None:
    counter.printer.paper_out()
    await counter.load(500)
    await expect(counter.page.locator("[data-value=strip_words]")).to_contain_text("等待列印。 印表機沒有紙了")
    await counter.reads("printer", "不能印")
    await counter.has_tone("strip", "warn")
    counter.printer.new_roll()
    await counter.reads("strip_words", "已列印")
    await counter.reads("printer", "就緒")


async def test_a_reader_that_is_pulled_out_and_put_back_is_seen(counter: Counter) -> None:
    await counter.reads("reader", "就緒")
    counter.reader.unplug()
    await counter.reads("reader", "斷線")
    await counter.has_tone("reader", "bad")
    await expect(counter.page.locator("[data-value=note]")).to_contain_text("讀卡機斷線了")
    counter.reader.plug()
    await counter.reads("reader", "就緒")


async def test_the_bar_says_where_one_is(counter: Counter) -> None:
    await counter.reads("till", "07-1")
    await counter.reads("mode", "傳輸型")
    await counter.reads("hq", "未連過")
    await counter.reads("business_date", counter.ask("/v1/hello")["business_date"])


async def test_the_language_is_the_cashier_s_and_is_remembered(counter: Counter) -> None:
    await counter.speak("zh-CN")
    await expect(counter.page.locator("h1:visible")).to_have_text("请刷卡")
    await counter.page.reload()
    await expect(counter.page.locator("h1:visible")).to_have_text("请刷卡")
    await counter.speak("en")
    await expect(counter.page.locator("html")).to_have_attribute("lang", "en")
    await expect(counter.page.locator("h1:visible")).to_have_text("Swipe a card")


async def test_a_shop_whose_name_is_markup_is_shown_as_it_is_written(tmp_path: Path, window: Window) -> None:
    async with open_counter(tmp_path, window, store_name="<img src=x onerror=alert(1)>") as counter:
        await counter.load(500)
        await counter.last_slip()
        await counter.press("*")
        await expect(counter.page.locator("pre")).to_contain_text("<img src=x onerror=alert(1)>")
        assert await counter.page.locator("pre img").count() == 0


async def test_who_cannot_see_the_screen_hears_the_result(counter: Counter) -> None:
    await counter.speak("en")
    await counter.swipe()
    await counter.press("+ 500 Enter 1")
    said = counter.page.locator("[aria-live]")
    await expect(said).to_contain_text("Loaded NT$500")


def _words(slip: str) -> list[str]:
    """Without the rules, which are as wide as the paper."""
    return [word for word in slip.split() if word.strip("-")]
