"""A hosted store on HQ's pages: what its till asked and heard, and from there to what its place at HQ has booked."""

import pytest
from playwright.async_api import expect

from tests.hq_server.hosted_shop import ask, note, place_of, sell, till
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good_now

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.thorough
async def test_from_what_a_till_heard_one_comes_to_the_record_of_its_place_at_hq(desk: Desk) -> None:
    agent, host = till(), place_of(till())
    await desk.enrol(agent, host)
    ask(agent)
    note(agent, sell(host))
    await desk.send(host)
    await desk.send(agent)
    await desk.open()
    await desk.sign_in()
    await desk.go("records/05-1/1")
    await desk.reads("05-1/1/2", "2", "請總部辦理")
    await desk.reads("05-1/1/3", "3", "總部回覆")
    await looks_good_now(desk)
    await desk.row("05-1/1/3").get_by_text("05-1@hq/1/3").click()
    await expect(desk.page.locator("#page")).to_contain_text("銷貨")
    await expect(desk.page.locator("#fields")).to_contain_text("operation-a")
    await desk.page.locator("form[data-form=open] input").fill("05-1@hq/1")
    await desk.page.keyboard.press("Enter")
    await desk.reads("05-1@hq/1/3", "3", "銷貨")
    assert desk.faults == []
