"""Placement on HQ's pages: what was refused though funded, what is stranded, what stands exposed."""

import pytest
from playwright.async_api import expect

from checkout.results import Decline
from tests.hq_server.people import account_of
from tests.hq_server.test_refused_though_funded import earn
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

MING, MEI = account_of(1), account_of(2)


async def test_hq_sees_how_well_value_is_placed(desk: Desk) -> None:
    today = desk.ask("/v1/about")["today"]
    far, near, lost = Till("12-1"), Till("07-1"), Till("09-1")
    for till in (far, near, lost):
        till.date = today
    far.load(MING, 500_00)
    lost.load(MEI, 1_234_00)
    near.load(MING, 100_00)
    near.pay(near.next_lot(), 0, account=MEI, at_risk=30_00)
    for _ in range(3):
        near.decline(MING, 300_00, 100_00, pos_ref="P-1", decline=Decline.LIES_ELSEWHERE)
    near.decline(MEI, 1_000_00)
    near.decline(MEI, 9_000_00)
    earn(far, MING, 120)
    near.decline(MING, 0, 20, points=100, decline=Decline.NOT_ENOUGH_POINTS)
    await desk.enrol(far, near, lost)
    await desk.send(far, stays=True)
    await desk.send(lost)
    await desk.send(near, stays=True)
    await desk.open("#/placement")
    await desk.sign_in()
    await desk.reads("07", "07", "3", "1,300.00100 點", "1,200.0080 點", "", "", "", "100.00", "30.00")
    await desk.reads("12", "12", "", "", "", "", "", "", "500.00120 點", "")
    await desk.reads(today, today, "3", "1,300.00100 點", "1,200.0080 點")
    summary = desk.page.locator('[data-key="summary"]')
    await expect(summary).to_contain_text("2 筆，共 NT$1,300.00，缺 NT$1,200.00")
    await expect(summary).to_contain_text("用點數 1 筆，缺 80 點")
    await expect(summary).to_contain_text("放在收銀機 NT$1,834.00，門市墊付 NT$30.00")

    desk.hq.post("/v1/tills/09-1/revocations", {})
    await desk.look_again()
    await desk.reads("09", "09", "", "", "", "", "1,234.00", "", "1,234.00", "")
    await expect(summary.locator('[data-tone="warn"]')).to_have_text(
        [f"{desk.ask('/v1/placement')['since']} 起 2 筆，共 NT$1,300.00，缺 NT$1,200.00", "NT$1,234.00"]
    )
    await looks_good(desk, "placement")


@pytest.mark.thorough
async def test_the_page_is_opened_with_its_key_and_says_when_all_is_well(desk: Desk) -> None:
    await desk.open()
    await desk.sign_in()
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "tills")
    await desk.page.locator("body").click(position={"x": 5, "y": 700})
    await desk.page.keyboard.press("7")
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "placement")
    await expect(desk.page.locator(".empty")).to_have_text(
        ["還沒有任何收銀機帳上有餘額。", "這幾天沒有人有餘額卻被拒。"]
    )
    await expect(desk.page.locator('[data-tone="warn"]')).to_have_count(0)
    await looks_good(desk, "placement")
