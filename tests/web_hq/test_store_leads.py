"""Somebody at HQ names a store's lead, and takes the name back, on the page of the tills."""

from http import HTTPStatus

import pytest
from playwright.async_api import expect

from protocol.bodies import Directive, Lead, Roster, Witness
from protocol.records import SignedRecord
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good_now
from tests.web_hq.test_pages import chain_of
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")


def last_roster(desk: Desk) -> Roster:
    record = desk.hq.get("/v1/chains/hq/1/records")["lines"][0]
    assert record["summary"]["what"] == "roster"
    content = desk.hq.get(f"/v1/chains/{record['record'].replace('/1/', '/1/records/')}")["content"]
    order = SignedRecord(bytes.fromhex(content), b"").open().body_as(Directive).order
    assert isinstance(order, Roster)
    return order


async def test_a_store_gets_a_lead_and_loses_it_and_the_page_says_so(desk: Desk) -> None:
    await chain_of(desk)
    await desk.enrol(Till("12-2"))
    await desk.go("tills")
    form, note = desk.page.locator("form[data-form=lead]"), desk.page.locator("[data-key=note]")
    till, address, witness, witness_address = (
        form.locator(f"input[name={name}]") for name in ("till", "address", "witness", "witness_address")
    )
    await till.fill("12-9")
    await address.fill("http://192.168.1.10:8372")
    await form.locator("button").click()
    await expect(note).to_contain_text("總部沒有這台收銀機")
    await till.fill("12-1")
    await form.locator("button").click()
    await expect(note).to_contain_text("「12-1」設為門市主機，已通知 2 台")
    await expect(desk.page.locator("table small")).to_have_text(["主機"])
    roster = last_roster(desk)
    assert roster.lead == Lead("12-1", "http://192.168.1.10:8372")  # type: ignore[arg-type]  # a place
    assert roster.witness is None

    await till.fill("12-1")
    await address.fill("http://192.168.1.10:8372")
    await witness.fill("12-2")
    await form.locator("button").click()
    await expect(note).to_have_attribute("data-tone", "bad")
    await address.fill("")
    async with desk.page.expect_response("**/leads") as answered:
        await form.locator("button").click()
    assert (await answered.value).status == HTTPStatus.BAD_REQUEST
    assert last_roster(desk).lead is not None, "half a witness takes no lead's name away"
    await address.fill("http://192.168.1.10:8372")
    await witness_address.fill("http://192.168.1.11:8372")
    await form.locator("button").click()
    await expect(desk.page.locator("table small")).to_have_text(["主機", "副本"])
    assert last_roster(desk).witness == Witness("12-2", "http://192.168.1.11:8372")  # type: ignore[arg-type]  # a place
    await looks_good_now(desk)

    await till.fill("12-1")
    await form.locator("button").click()
    await expect(note).to_contain_text("不再有主機")
    assert last_roster(desk).lead is None
    assert desk.faults == []
