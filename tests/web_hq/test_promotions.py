"""Promotions on HQ's page: what each may give and where that lies, and the form that lets one give more."""

import pytest
from playwright.async_api import Route, expect

from tests.hq_server.promotions import PROMOTIONS
from tests.web_hq.desk import Desk
from tests.web_hq.looks import looks_good
from tests.web_hq.till import Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

OPENING = "儲值滿 NT$500.00 送 NT$100.002026-01-01 起 到 2099-12-31 限次數"
THIRTY = "儲值滿 NT$1,000.00 送 NT$150.00不限日期限總額限卡別：member"
TEA = "消費滿 NT$100.00 送 50 點到 2026-01-07 限總額"
NOTES = {"ended": 3_00, "unfunded": 4_00}
PLACES = [{"place": f"07-{number}", "units": number * 1_000_00} for number in range(1, 6)]


@pytest.fixture
def promotions() -> str:
    return PROMOTIONS


async def fund(desk: Desk, **words: str) -> None:
    form = desk.page.locator('form[data-form="fund"]')
    await form.locator("select").select_option(words.pop("promotion"))
    for name, text in words.items():
        await form.locator(f"[name={name}]").fill(text)
    await form.locator("button").click()


async def says(desk: Desk, tone: str, words: str) -> None:
    note = desk.page.locator('[data-key="note"]')
    await expect(note).to_contain_text(words)
    await expect(note).to_have_attribute("data-tone", tone)


async def is_done_once(desk: Desk) -> None:
    """Whatever becomes of the answers, and however often somebody presses."""

    async def unheard(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await desk.page.route("**/fundings", unheard)
    await fund(desk, promotion="tea-week", amount="500", by="林經理")
    await says(desk, "bad", "不知道額度有沒有增加")
    await desk.page.unroute("**/fundings")
    await fund(desk, promotion="tea-week", amount="50", by="林經理")
    await says(desk, "bad", "那一次已經做了，這一次沒有做")
    await desk.page.route("**/fundings", unheard)
    await fund(desk, promotion="tea-week", amount="40", by="林經理")
    await says(desk, "bad", "不知道額度有沒有增加")
    await desk.page.unroute("**/fundings")
    await fund(desk, promotion="tea-week", amount="40", by="林經理")
    await says(desk, "good", "「Tea week」的額度增加 40 點。")
    await desk.reads("tea-week", "Tea weektea-week已結束", TEA, "540 點")

    sent: list[str] = []
    desk.page.on("request", lambda request: sent.append(request.method) if "fundings" in request.url else None)
    await desk.page.locator("[name=amount]").fill("1")
    await desk.page.locator("[name=by]").fill("林經理")
    await desk.page.evaluate("""() => {
        const form = document.querySelector('form[data-form="fund"]');
        form.requestSubmit();
        form.requestSubmit();
    }""")
    await says(desk, "good", "「開幕禮」的額度增加 1 次。")
    assert sent == ["POST"], "two quick presses are one"
    await desk.speak("en")
    await says(desk, "good", "“開幕禮” may give 1 times more.")
    await desk.speak("zh-TW")


async def lies_at_five(desk: Desk) -> None:
    """The rest of a promotion lies at five tills; some of it has ended, and some more was given than HQ has funded."""

    async def told(route: Route) -> None:
        said = await (answer := await route.fetch()).json()
        said["promotions"][1] |= {"used": 5_000_50, "at_hq": 0, "places": PLACES, **NOTES}
        await route.fulfill(response=answer, json=said)

    await desk.page.route("**/v1/promotions", told)
    await desk.look_again()
    await expect(desk.row("thirty").locator("summary")).to_have_text("5 台")
    notes = ["額度中 NT$3.00 已過最後一天", "額度之外 NT$4.00 是總部還原前給出的"]
    for line, note in enumerate(notes, 3):
        await expect(desk.row("thirty").locator("td").nth(1).locator("small").nth(line)).to_have_text(note)
    await desk.row("thirty").locator("summary").click()
    await expect(desk.row("thirty").locator("details small").last).to_have_text("07-5 NT$5,000.00")


async def test_somebody_at_hq_sees_the_promotions_and_lets_them_give_more(desk: Desk) -> None:
    till = Till("07-1")
    await desk.enrol(till)
    await desk.send(till)
    await desk.open()
    await desk.sign_in()
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "tills")
    await desk.page.locator("body").click(position={"x": 5, "y": 700})
    await desk.page.keyboard.press("8")
    await desk.reads("opening", "開幕禮opening還沒有額度", OPENING, "0 次", "0 次", "0 次", "0 次", "")
    await expect(desk.row("thirty").locator("td").nth(1)).to_have_text(THIRTY)
    await desk.reads("tea-week", "Tea weektea-week已結束", TEA, "0 點")
    await desk.reads("always", "天天有禮always還沒開始", "消費滿 NT$200.00 送 5 點2098-01-01 起 不限量", "", "")
    await expect(desk.page.locator("option")).to_have_text(
        ["開幕禮 (次數)", f"{await desk.row('thirty').locator('.long').inner_text()} (NT$)", "Tea week (點數)"]
    )

    await fund(desk, promotion="opening", amount="1,000", expires_on="2098-12-31", by="林經理")
    await says(desk, "good", "「開幕禮」的額度增加 1,000 次。")
    await desk.reads("opening", "開幕禮opening進行中", OPENING, "1,000 次", "0 次")
    await fund(desk, promotion="thirty", amount="20,000.50", by="林經理")
    await says(desk, "good", "的額度增加 NT$20,000.50。")
    assert [one["funded"] for one in desk.ask("/v1/promotions")["promotions"]] == [1000, 20_000_50, 0, 0]

    await fund(desk, promotion="tea-week", amount="0.5", by="林經理")
    await says(desk, "bad", "請輸入要增加多少")
    await desk.page.route("**/fundings", lambda route: route.continue_(url=f"{desk.hq.url}/v1/promotions/x/fundings"))
    await fund(desk, promotion="tea-week", amount="500", by="林經理")
    await says(desk, "bad", "總部沒有這個優惠活動")
    await desk.page.unroute("**/fundings")
    await is_done_once(desk)
    await desk.page.locator("[name=promotion]").select_option("tea-week")
    await desk.page.locator("[name=amount]").fill("500")

    await lies_at_five(desk)
    await expect(desk.page.locator("[name=amount]"), "what is typed stays").to_have_value("500")
    await expect(desk.page.locator("[name=promotion]")).to_have_value("tea-week")
    await looks_good(desk, "promotions")

    await desk.page.unroute("**/v1/promotions")
    own = [one["summary"] for one in desk.ask("/v1/chains/hq/1/records")["lines"]]
    assert [one["told"] for one in own if one["what"] == "funded"] == [
        ["opening", "1", "林經理"],
        ["tea-week", "40", "林經理"],
        ["tea-week", "500", "林經理"],
        ["thirty", "2000050", "林經理"],
        ["opening", "1000", "2098-12-31", "林經理"],
    ]
    await desk.go("records")
    await expect(desk.page.locator("#page")).to_contain_text("增加活動額度")
    await looks_good(desk, "records")
