"""The line rests between two exchanges: that is said, it is no fault, and one press calls HQ."""

import pytest
from playwright.async_api import Route, expect

from tests.web.counter import Counter

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def resting(route: Route) -> None:
    answer = await route.fetch()
    status = await answer.json()
    status["hq"] |= {"state": "resting", "last_contact": f"{status['business_date']}T14:05:00+08:00"}
    await route.fulfill(response=answer, json=status)


async def test_a_line_that_rests_is_no_fault_and_one_press_calls_hq(counter: Counter) -> None:
    button = counter.page.locator("[data-exchange]")
    await expect(button).to_be_hidden()
    await counter.meet("**/v1/status", resting)
    await counter.ask_again()
    hq = counter.page.locator("dd[data-value=hq]")
    await expect(hq).to_have_text("上次交換 14:05")
    await expect(hq).to_have_attribute("data-tone", "good")
    await expect(button).to_have_text("立即交換")
    async with counter.page.expect_response("**/v1/exchanges") as asked:
        await button.click()
    answer = await asked.value
    assert (answer.status, answer.request.method) == (202, "POST")
