"""A till that doubts its clock, on the cashier's page."""

import pytest
from playwright.async_api import Route

from tests.web.counter import Counter
from tests.web.looks import look

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def doubted(route: Route) -> None:
    """And HQ is not reached, as mostly then."""
    answer = await route.fetch()
    status = await answer.json()
    status["clock"] = {"doubt": "differs_from_hq", "off_ms": -3_600_000}
    status["hq"] |= {"state": "not_reached", "last_contact": f"{status['business_date']}T14:05:00+08:00"}
    await route.fulfill(response=answer, json=status)


async def test_a_doubted_clock_is_in_the_bar_and_a_sentence_says_why(counter: Counter) -> None:
    date = counter.ask("/v1/status")["business_date"]
    await counter.reads("business_date", date)
    await counter.has_tone("business_date", "none")
    await counter.meet("**/v1/status", doubted)
    await counter.page.reload()
    await counter.reads("business_date", f"{date[5:]} 時鐘待確認")
    await counter.has_tone("business_date", "warn")
    note = "收銀機的時間和總部對不上。有使用期限的餘額先停用；請把時鐘調準，總部確認後就會恢復。"
    await counter.reads("note", note)
    await look(counter, "empty")
    await counter.speak("zh-CN")
    await counter.reads("business_date", f"{date[5:]} 时钟待确认")
    await counter.speak("en")
    await counter.reads("business_date", f"{date[5:]} Check clock")
