"""Somebody at HQ runs a store in another way, on the page of the tills."""

import pytest
from playwright.async_api import expect

from protocol.bodies import Directive, RunAs
from protocol.records import SignedRecord
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good_now
from tests.web_hq.test_pages import chain_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_store_is_told_to_run_in_another_way_and_the_page_says_what_comes_of_it(desk: Desk) -> None:
    await chain_of(desk)
    await desk.go("tills")
    form = desk.page.locator("form[data-form=run]")
    await form.locator("input").fill("99")
    await form.locator("button").click()
    await expect(desk.page.locator("[data-key=note]")).to_contain_text("總部沒有這家門市的收銀機")
    await form.locator("input").fill("12")
    await form.locator("select").select_option("hosted")
    await form.locator("button").click()
    await expect(desk.page.locator("[data-key=note]")).to_contain_text("總部還沒有這些託管位置：12-1@hq。")
    await form.locator("select").select_option("real_time")
    await form.locator("button").click()
    await expect(desk.page.locator("[data-key=note]")).to_contain_text("已通知 1 台改為「即時型」")
    await looks_good_now(desk)
    assert desk.faults == []
    record = desk.hq.get("/v1/chains/hq/1/records")["lines"][0]
    assert record["summary"]["what"] == "run_as"
    content = desk.hq.get(f"/v1/chains/{record['record'].replace('/1/', '/1/records/')}")["content"]
    assert SignedRecord(bytes.fromhex(content), b"").open().body_as(Directive).order == RunAs("real_time")
