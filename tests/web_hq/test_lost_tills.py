"""Lost tills on HQ's page: what lies there, who would write it off, and what the company has paid, in money."""

import pytest
from playwright.async_api import expect

from tests.hq_server.people import account_of
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

MING = account_of(1)
LOST = "lost 07-1/1"


async def test_two_people_write_off_a_lost_till_and_see_what_the_company_pays(desk: Desk) -> None:
    till = Till("07-1")
    lot = till.next_lot()
    till.load(MING, 1_500_00)
    await desk.enrol(till)
    await desk.send(till)
    await desk.open("#/tills")
    await desk.sign_in()
    await desk.reads("07-1/1", "07-1")
    await expect(desk.page.locator('[data-key="lost"]')).to_have_count(0)

    another = Till("07-1")
    another.chain.clear()
    another.epoch, another.key = 2, Till("12-1").key
    await desk.enrol(another)
    await desk.look_again()
    await desk.reads(LOST, "07-1/1", "1,500.00", "", "", "還沒有人提出")
    await looks_good(desk, "tills")
    for by, tone, says in (
        ("陳店長", "warn", "陳店長 已提出"),
        ("陳店長", "warn", "陳店長 已提出"),
        ("林會計", "good", "已沖銷"),
    ):
        name = desk.page.locator('form[data-form="write_off"] input')
        await name.fill(by)
        await desk.page.locator('form[data-form="write_off"] button').click()
        note = desk.page.locator('[data-key="note"]')
        await expect(note).to_have_attribute("data-tone", tone)
        await expect(note).to_contain_text(says)
        if tone == "warn":
            await expect(name, "it is answered, also when the same is said again").to_have_value("")
    await desk.reads(LOST, "07-1/1", "0.00", "1,500.00", "", "陳店長 與 林會計 沖銷")
    await expect(desk.page.locator('form[data-form="write_off"]')).to_have_count(0)

    till.pay(lot, 320_00, account=MING)
    await desk.send(till)
    await desk.look_again()
    await desk.reads(LOST, "07-1/1", "0.00", "1,500.00", "320.00")
    await looks_good(desk, "tills")
    await desk.go("conservation")
    await desk.reads("principal", "本金 (NT$)", "1,500.00", "0.00", "320.00", "1,500.00", "0.00", "320.00")
    await looks_good(desk, "conservation")
    await desk.go(f"members/{MING}")
    await desk.reads("total", "合計", "1,500.00", inside='[data-key="balances"]')
    await desk.go("records/hq/1")
    await expect(desk.page.locator("#page")).to_contain_text("沖銷遺失收銀機的金額")
    await looks_good(desk, "records")
