"""HQ's recovery on its page: why nothing is given out, who is not home yet, and how it ends."""

import asyncio

import pytest
from playwright.async_api import expect

from tests.hq_server.people import account_of
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_recovery_is_seen_and_two_people_end_it(desk: Desk) -> None:
    till = Till("07-1")
    till.load(account_of(1), 5000_00)
    await desk.enrol(till, Till("12-1"))
    await desk.send(till)
    await asyncio.to_thread(desk.hq.stop)
    await asyncio.to_thread(desk.hq.start, "--restored")
    await desk.open("#/tills")
    await desk.sign_in()
    section = desk.page.locator("[data-key=recovery]")
    await expect(section).to_contain_text("總部復原中")
    await expect(section).to_contain_text("有人啟動總部時說明")
    await desk.reads("silent 07-1/1", "07-1", "復原後還沒連上", "5,000.00")
    await desk.reads("silent 12-1/1", "12-1", "復原後還沒連上", "0.00")
    await looks_good(desk, "tills")

    await desk.page.locator("[data-key=recovery_form] input").fill("王主任")
    await desk.page.keyboard.press("Enter")
    await expect(section.locator("[data-key=agreed]")).to_contain_text("王主任")
    await desk.page.locator("[data-key=recovery_form] input").fill("王主任")
    await desk.page.keyboard.press("Enter")
    await expect(section.locator("[data-key=agreed]")).to_contain_text("還需要另一個人")
    await looks_good(desk, "agreed")
    await desk.page.locator("[data-key=recovery_form] input").fill("李經理")
    await desk.page.keyboard.press("Enter")
    await expect(section).to_be_hidden()
    await expect(desk.page.locator("[data-key=note]")).to_contain_text("總部恢復放出金額與點數")
    await desk.go("records/hq/2")
    await expect(desk.page.locator("#page")).to_contain_text("總部復原完成")
    await expect(desk.page.locator("#page")).to_contain_text("王主任")
