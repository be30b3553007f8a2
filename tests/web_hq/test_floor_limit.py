"""What stores bear, on HQ's pages: by till and store, in the columns of a day, beside a member's balance."""

import pytest
from playwright.async_api import expect

from tests.hq_server.people import account_of, number
from tests.web_hq.desk import Desk, member
from tests.web_hq.looks import looks_good
from tests.web_hq.till import TODAY, Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

MING = account_of(1)


async def test_hq_sees_in_money_what_stores_bear_now(desk: Desk) -> None:
    till = Till("07-1")
    lot = till.next_lot()
    till.load(MING, 500_00)
    till.pay(lot, 70_00, account=MING, cashier="Ann", at_risk=30_00)
    till.pay(lot, 0, account=MING, cashier="Ann", at_risk=1_234_00)
    await desk.enrol(till, Till("12-1"))
    desk.hq.post("/v1/members", member(number(1), "王小明", "0912-345-678"))
    till.end_day({})
    await desk.send(till, stays=True)
    desk.hq.post("/v1/z-totals", {"keeper": "07-1", "business_date": TODAY, "cashier": "Ann", "units": 1_334_00})
    await desk.open("#/tills")
    await desk.sign_in()
    await expect(desk.row("07-1/1").locator("td").nth(8)).to_have_text("1,264.00")
    await expect(desk.row("12-1/1").locator("td").nth(8)).to_have_text("")
    await expect(desk.page.locator('tr[data-key="store 07"]')).to_contain_text("門市墊付")
    await expect(desk.page.locator('tr[data-key="store 12"]')).not_to_contain_text("門市墊付")
    await looks_good(desk, "tills")

    await desk.go(f"day/{TODAY}")
    await desk.reads("07-1 Ann", "07-1", "Ann", "1,334.00", "70.00", "1,264.00", "70.00", "2", "三方相符")
    await looks_good(desk, "day")
    await desk.go(f"day/{TODAY}/sales/07-1/Ann")
    await expect(desk.row("07-1/1/3").locator("td").nth(6)).to_have_text("30.00")
    await looks_good(desk, "sales")

    await desk.go(f"members/{MING}")
    await desk.reads("07", "07", "1,264.00", inside='[data-key="claims"]')
    await desk.reads("total", "合計", "430.00", inside='[data-key="balances"]')
    await looks_good(desk, "member")
