"""A store without a line: one press takes the till's file out, and HQ's answer is chosen and brought in."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.web.counter import Counter

pytestmark = pytest.mark.asyncio(loop_scope="session")

BROUGHT = {"held": 431, "waiting": 12, "carried_out": 3, "members": 0, "rejected": None}


async def by_medium(route: Route) -> None:
    answer = await route.fetch()
    status = await answer.json()
    status["hq"] |= {"state": "by_medium", "last_contact": None}
    await route.fulfill(response=answer, json=status)


async def file_out(route: Route) -> None:
    await route.fulfill(body=b"counterfoil medium 1 till\n", content_type="application/octet-stream")


def answering(said: dict[str, object], status: int) -> Callable[[Route], Awaitable[None]]:
    async def answer(route: Route) -> None:
        await route.fulfill(json=said, status=status)

    return answer


async def test_one_press_takes_the_tills_file_out(counter: Counter) -> None:
    page = counter.page
    take_out, bring_in = page.locator("[data-take-out]"), page.locator("[data-bring-in]")
    await expect(take_out).to_be_hidden()
    await counter.meet("**/v1/status", by_medium)
    await counter.ask_again()
    await expect(page.locator("dd[data-value=hq]")).to_have_text("檔案交換，上次 –")
    await expect(take_out).to_have_text("取出檔案")
    await expect(bring_in).to_have_text("放入回覆")
    await expect(page.locator("[data-exchange]")).to_be_hidden()

    await page.route("**/v1/media", file_out)
    await take_out.focus()
    async with page.expect_download() as taking:
        await page.keyboard.press("Enter")
    assert (await taking.value).url.endswith("/v1/media")
    await page.unroute("**/v1/media")


async def test_an_answer_is_chosen_by_keyboard_and_what_it_brings_is_said(counter: Counter, tmp_path: Path) -> None:
    page, bring_in = counter.page, counter.page.locator("[data-bring-in]")
    await counter.meet("**/v1/status", by_medium)
    await counter.ask_again()
    await expect(bring_in).to_be_visible()
    answer = tmp_path / "hq-to-07-2.medium"
    answer.write_bytes(b"an answer")
    good: dict[str, object] = {**BROUGHT, "wrong": None, "cashier_message": None}
    wrong: dict[str, object] = {
        "wrong": "medium.cut",
        "cashier_message": {one: f"cut {one}" for one in ("zh-TW", "zh-CN", "en")},
    }
    for said, status, sentence in (
        (good, 200, "總部已收到第 431 筆，還有 12 筆沒送；執行了 3 項指令。"),
        ({**good, "carried_out": 0}, 200, "這份回覆沒有新的內容"),
        ({**BROUGHT, **wrong}, 200, "cut zh-TW"),
        (wrong, 422, "cut zh-TW"),
    ):
        await page.unroute("**/v1/media")
        await page.route("**/v1/media", answering(said, status))
        async with page.expect_file_chooser() as choosing:
            await bring_in.press("Enter")
        async with page.expect_request("**/v1/media") as sending:
            await (await choosing.value).set_files(answer)
        sent = await sending.value
        assert (sent.method, sent.headers["content-type"]) == ("POST", "application/octet-stream")
        await expect(page.locator("[data-value=note]")).to_contain_text(sentence)
    await page.unroute("**/v1/media")


async def test_what_the_till_itself_says_of_a_file_is_shown(counter: Counter, tmp_path: Path) -> None:
    page = counter.page
    await counter.meet("**/v1/status", by_medium)
    await counter.ask_again()
    await expect(page.locator("[data-bring-in]")).to_be_visible()
    (tmp_path / "song").write_bytes(b"la la la")
    await page.locator("[data-medium]").set_input_files(tmp_path / "song")
    await expect(page.locator("[data-value=note]")).to_contain_text("這台收銀機還沒在總部登錄")
