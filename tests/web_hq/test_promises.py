"""Promised refunds on HQ's page: for what each waits, which ones a person has to see to, and their records."""

from typing import Any

import msgspec
import pytest
from playwright.async_api import Route, expect

from checkout.sold import Paid, PaidWith, Undone
from hq_server.views import Stands
from protocol.bodies import TransactionBody
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good
from tests.web_hq.till import TODAY, TOMORROW, Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIST = '[data-key="promises"]'
FOR_A_PERSON = [Stands.TILL_LOST, Stands.NO_SALE, Stands.NOTHING_LEFT, Stands.STAYS, Stands.HOLDER_LOST]
SIDES = "(row) => [...row.cells].map((cell) => getComputedStyle(cell).textAlign)"
LINES = """(cells) => cells.map((cell) => {
  const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const tops = new Set();
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    for (const one of range.getClientRects()) tops.add(Math.round(one.top));
  }
  return tops.size;
})"""
"""How many lines the text of each cell takes."""


def slip_of(signed: SignedRecord) -> str:
    return signed.open().body_as(TransactionBody).receipt_number


async def promised_for_every_reason(desk: Desk) -> None:
    """Each promise waits for something else, one to each Stands; the first date is that of who needs nobody."""
    seller, lost, away = Till("07-1"), Till("09-1"), Till("09-2")
    lots = [till.next_lot() for till in (seller, lost)]
    for till in (seller, lost):
        till.load(ALICE, 5000_00)
    whole, part, risky = (seller.sell(ALICE, lots[0], 100_00, *more) for more in ((), (), (_at_risk(),)))
    seller.refund(part, 100_00)
    here = Till("12-1")
    here.promise(slip_of(whole), 100_00)
    here.promise("09-2-000001", 1_234_567_00)
    here.date = TOMORROW
    here.promise(slip_of(seller.chain[1]), 55_00)
    here.promise(slip_of(part), 100_00)
    here.promise(slip_of(risky), 30_00)
    here.promise(slip_of(lost.sell(ALICE, lots[1], 80_00)), 80_00)
    seller.promise(slip_of(whole), 20_00)
    gone = Till("12-2")
    gone.promise(slip_of(whole), 45_00)
    await desk.enrol(seller, lost, away, here, gone)
    for till in (seller, lost, here, gone):
        await desk.send(till)
    for place in ("09-1", "12-2"):
        desk.hq.post(f"/v1/tills/{place}/revocations", {})


def _at_risk() -> Paid:
    return Paid(PaidWith.STORE_RISK, 30_00)


async def test_whoever_promised_a_refund_and_for_what_it_waits_is_in_sight_and_who_has_to_act_first(desk: Desk) -> None:
    await promised_for_every_reason(desk)
    assert {one["stands"] for one in desk.ask("/v1/promises")["lines"]} == {*Stands}
    await desk.open("#/doubts")
    await desk.sign_in()
    rows = desk.page.locator(f"{LIST} tbody tr")
    await expect(rows.locator("td:last-child")).to_have_text(
        [
            "開待入帳單的收銀機已停用，請在別台退原單據",
            "沒有這張銷售單據，請在開待入帳單的收銀機作廢它",
            "原單據已全部退完，請在開待入帳單的收銀機作廢它",
            "只有 07-1 能退，請在那台退款，再作廢待入帳單",
            "退貨權在已停用的 09-1，請由人處理",
            "退貨權已送出",
            "等 07-1 連線",
            "原銷售還沒傳到總部",
        ]
    )
    await desk.reads("12-1/1/2", "12-1/1/2", "12-1-000001", "07-1-000002", "100.00", TODAY, inside=LIST)
    await desk.reads("12-1/1/3", "12-1/1/3", "12-1-000002", "09-2-000001", "1,234,567.00", TODAY, inside=LIST)
    await expect(desk.page.locator(f"{LIST} th").nth(3)).to_have_text("金額 (NT$)")
    await expect(desk.page.locator('[data-count="promises"]')).to_have_text("第 1 到 8 筆，共 8")
    await expect(desk.page.locator('[data-count="promises for_a_person"]')).to_have_text("5 筆要由人處理")
    tones = ["bad"] * len(FOR_A_PERSON) + ["work"] * (len(Stands) - len(FOR_A_PERSON))
    assert await rows.locator(".sign").evaluate_all("(all) => all.map((one) => one.dataset.tone)") == tones
    assert await rows.evaluate_all("(all) => all.map((one) => one.dataset.tone ?? 'work')") == tones
    await looks_good(desk, "doubts")


@pytest.mark.thorough
async def test_the_list_of_promises_is_read_in_every_language_on_the_smallest_screen(desk: Desk) -> None:
    await promised_for_every_reason(desk)
    await desk.open("#/doubts")
    await desk.sign_in()
    await desk.page.set_viewport_size(desk.screens[-1])
    rows = desk.page.locator(f"{LIST} tbody tr")
    await expect(rows).to_have_count(len(Stands))
    for language in ("zh-TW", "zh-CN", "en"):
        await desk.speak(language)
        assert await rows.first.evaluate(SIDES) == ["left", "left", "left", "right", "left", "left"]
        for each in await rows.all():
            *short, sentence = await each.locator("td").evaluate_all(LINES)
            assert short == [1] * 5, (language, await each.inner_text(), "numbers and dates are not torn")
            assert sentence <= 2, (language, await each.inner_text())
        texts = await rows.locator("td:last-child").all_inner_texts()
        assert len(set(texts)) == len(Stands)
        assert not [text for text in texts if "hq_page" in text or "{" in text], language
    await desk.speak("zh-TW")


@pytest.mark.thorough
async def test_where_nobody_has_to_act_nothing_says_so(desk: Desk) -> None:
    here = Till("12-1")
    here.promise("09-2-000001", 50_00)
    await desk.enrol(here, Till("09-2"))
    await desk.send(here)
    await desk.open("#/doubts")
    await desk.sign_in()
    await expect(desk.row("12-1/1/2", LIST)).to_contain_text("原銷售還沒傳到總部")
    await expect(desk.page.locator('[data-count="promises for_a_person"]')).to_have_count(0)
    await expect(desk.page.locator(f'{LIST} [data-tone="bad"]')).to_have_count(0)


@pytest.mark.thorough
async def test_lists_of_many_pages_keep_their_pages_apart_and_one_that_shrinks_shows_its_last(desk: Desk) -> None:
    many = {"promises": 120, "waiting": 60}

    async def long_list(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        lines = [_line(name, number) for number in range(1, many[name] + 1)]
        await route.fulfill(json={"total": many[name], "lines": lines})

    for name in many:
        await desk.page.route(f"**/v1/{name}", long_list)
    await desk.open("#/doubts")
    await desk.sign_in()
    said = desk.page.locator('[data-count="promises"]')
    pagers = desk.page.locator(".pager a")
    for total in (120, 121, 122):
        many["promises"] = total
        await desk.look_again()
        await expect(said).to_have_text(f"第 1 到 50 筆，共 {total}")
        await expect(pagers).to_have_text(["下一頁", "下一頁"])
    await desk.go("doubts/promises/100")
    await expect(said).to_have_text("第 101 到 122 筆，共 122")
    await expect(pagers).to_have_text(["下一頁", "回到最前"])
    many["promises"] = 60
    await desk.look_again()
    await expect(said).to_have_text("第 51 到 60 筆，共 60")
    await expect(desk.page.locator(f"{LIST} tbody tr")).to_have_count(10)
    await desk.go("doubts")
    first = desk.page.locator(f"{LIST} tbody tr").first
    await expect(first.locator("td").first).to_have_text("12-1/1/60")
    await expect(first).to_have_attribute("data-tone", "bad")


def _line(name: str, number: int) -> dict[str, Any]:
    """The last promise is the only one that needs somebody."""
    if name == "waiting":
        return {"record": f"12-{number}/1/2", "giver": "07-1/1/9"}
    slips = {"receipt_number": f"12-1-{number:06d}", "original": "07-1-000001"}
    stands = Stands.STAYS if number == 60 else Stands.WITH_HOLDER
    said = {"keeper": "12-1", "units": 100, "business_date": TODAY, "stands": stands, "holder": "07-1"}
    return {"record": f"12-1/1/{number}", **slips, **said}


async def test_the_records_of_a_promise_say_what_was_promised_kept_and_taken_back(desk: Desk) -> None:
    till = Till("07-1")
    lot = till.next_lot()
    till.load(ALICE, 5000_00)
    sale = till.sell(ALICE, lot, 300_00)
    promised, another = till.promise(slip_of(sale), 100_00), till.promise(slip_of(sale), 20_00)
    till.keep(promised, sale, 100_00)
    till.take_back(another)
    await desk.enrol(till)
    await desk.send(till)
    assert desk.ask("/v1/suspense")["total"] == desk.ask("/v1/promises")["total"] == 0
    await desk.open("#/records/07-1/1")
    await desk.sign_in()
    summaries = {
        4: ("退款待入帳", "100.00 · 07-1-000003 · C01 · 原單據 07-1-000002"),
        6: ("退貨", f"+100.00 · 07-1-000005 · C01 · 原單據 07-1-000002 · 待入帳單 07-1/1/4 · {ALICE[:8]}…"),
        7: ("作廢", "20.00 · 07-1-000006 · C01 · 原單據 07-1-000004 · 待入帳單 07-1/1/5"),
    }
    for number, (what, says) in summaries.items():
        cells = desk.row(f"07-1/1/{number}").locator("td")
        await expect(cells.nth(1)).to_have_text(what)
        await expect(cells.nth(4)).to_have_text(says)
    await looks_good(desk, "records")
    await desk.row("07-1/1/6").get_by_text("07-1/1/4").click()
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "record")
    await expect(desk.page.locator("#page h2")).to_contain_text("07-1/1/4")
    await expect(desk.page.locator(".facts")).to_contain_text("退款待入帳")
    await expect(desk.page.locator(".facts dt", has_text="帳戶")).to_have_count(0)
    await looks_good(desk, "record")


@pytest.mark.thorough
async def test_a_till_that_lies_about_promises_breaks_no_page(desk: Desk) -> None:
    till = Till("07-1")
    till.promise("S" * 200, 2**62)
    lie = till.promise("07-1-000001", 100)
    till.chain.pop()
    body = lie.open().body_as(TransactionBody)
    undone = Undone("07-1/1/2", 100, (), promise="07-1/1/" + "9" * 200)
    till.write(RecordKind.TRANSACTION, msgspec.structs.replace(body, kind="refund", undone=undone))
    await desk.enrol(till)
    await desk.send(till)
    await desk.open("#/records/07-1/1")
    await desk.sign_in()
    await expect(desk.row("07-1/1/2")).to_contain_text("SSS")
    await expect(desk.row("07-1/1/3")).to_contain_text("999")
    await looks_good(desk, "records")
    await desk.go("doubts")
    await expect(desk.page.locator(f"{LIST} .empty")).to_be_visible()
    await looks_good(desk, "doubts")
