"""What people at HQ see, in a real browser, of an HQ that really runs."""

import asyncio

import msgspec
import pytest
from playwright.async_api import Route, expect

from checkout.slip_facts import SlipKind
from hq_server.storage.chains import LINES_MAX
from protocol.records import RecordKind
from tests.hq_server.forger import part
from tests.hq_server.people import account_of, number
from tests.web_hq.desk import Desk, member
from tests.web_hq.looks import looks_good
from tests.web_hq.till import TODAY, TOMORROW, Till

pytestmark = pytest.mark.asyncio(loop_scope="session")

MING = account_of(1)
PHONE = "0912-345-678"
HOSTILE = "<script>window.hacked = 1</script>"
EMPTY_LISTS = {"tills": 1, "doubts": 4, "conservation": 2, "day": 1, "promotions": 1, "placement": 2}


def sold(*, till: Till | None = None) -> Till:
    """Ming has loaded 5000 and bought from Ann for 300 and 125, and gave 25 back; Bo's 9900 were not there."""
    till = till or Till("07-1")
    lot = till.next_lot()
    till.load(MING, 5000_00)
    till.pay(lot, 300_00, account=MING, cashier="Ann", pos_ref="P-1001")
    till.pay(lot, 125_00, account=MING, cashier="Ann", pos_ref="P-1002")
    till.pay(lot, -25_00, account=MING, cashier="Ann", pos_ref="P-1003", kind=SlipKind.REFUND)
    till.pay(lot, 99_00, account=MING, cashier="Bo", pos_ref="P-1004")
    till.pay(lot, 9900_00, account=MING, cashier="Bo", pos_ref="P-1005")
    till.give(MING, part(lot, 2000_00))
    return till


async def chain_of(desk: Desk) -> Till:
    """A till that sold, one that HQ never heard, a member; signed in."""
    till = sold()
    await desk.enrol(till, Till("12-1"))
    desk.hq.post("/v1/members", member(number(1), "王小明", PHONE))
    till.end_day({})
    await desk.send(till, stays=True)
    await desk.open()
    await desk.sign_in()
    return till


async def test_nobody_sees_anything_without_the_token_and_an_empty_chain_says_so(desk: Desk) -> None:
    await desk.open("#/doubts")
    await expect(desk.page.locator("#sign_in")).to_be_visible()
    await expect(desk.page.locator("#page")).to_be_hidden()
    await desk.sign_in("a token that is wrong")
    await expect(desk.page.locator("#sign_in_note")).to_have_text("權杖不對，或已經換了。請再輸入一次。")
    await desk.sign_in()
    for page, lists in EMPTY_LISTS.items():
        await desk.go(page)
        await expect(desk.page.locator(".empty")).to_have_count(lists)
    assert desk.token not in desk.page.url
    assert await desk.page.evaluate("JSON.stringify(localStorage)") == "{}"
    await desk.page.reload()
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "placement")
    await desk.page.locator("[data-do=sign_out]").click()
    await expect(desk.page.locator("#sign_in input")).to_be_focused()
    assert await desk.page.evaluate("sessionStorage.length") == 0


async def test_tills_are_shown_with_what_is_placed_there_and_follow_what_happens(desk: Desk) -> None:
    await chain_of(desk)
    await desk.reads("07-1/1", "07-1", "連線中", "傳輸型", TOMORROW, "9", "9")
    await desk.reads("12-1/1", "12-1", "還沒連上過")
    placed = desk.row("07-1/1").locator("td").nth(7)
    await expect(placed).to_have_text("2,501.00")
    link = desk.row("07-1/1").locator("a")
    await link.focus()
    await desk.stack.aclose()  # the till's line
    await expect(desk.row("07-1/1").locator(".sign").first).to_have_attribute("data-tone", "warn")
    await expect(link).to_be_focused()
    desk.hq.post("/v1/tills/07-1/revocations", {})
    await expect(desk.row("07-1/1")).to_contain_text("已停用")
    await expect(link).to_be_focused()


async def test_a_till_that_was_not_heard_for_long_is_marked(desk: Desk) -> None:
    await chain_of(desk)
    await desk.stack.aclose()

    async def an_hour_later(route: Route) -> None:
        answer = await route.fetch()
        said = await answer.json()
        await route.fulfill(json={**said, "now_ms": said["now_ms"] + 3_600_000})

    await desk.page.route("**/v1/tills?**", an_hour_later)
    await desk.look_again()
    await expect(desk.row("07-1/1")).to_contain_text("很久沒有消息")
    await expect(desk.row("07-1/1")).to_have_attribute("data-tone", "bad")


async def test_a_member_is_found_by_phone_and_by_card_and_from_a_movement_one_comes_to_its_record(desk: Desk) -> None:
    till = await chain_of(desk)
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    for text in (PHONE, number(1)):
        await desk.go("members")
        await desk.page.locator("input[name=number]").fill(text)
        await desk.page.keyboard.press("Enter")
        await expect(desk.page.locator("h2").first).to_have_text("王○明")
        await desk.reads("07-1", "07-1", "2,501.00", "0.00", "0", inside='[data-key="balances"]')
        await desk.reads("hq", "總部", "2,000.00", inside='[data-key="balances"]')
        await desk.reads("total", "合計", "4,501.00", inside='[data-key="balances"]')
    assert not [url for url in asked if "912345678" in url or number(1) in url]
    assert "王小明" not in await desk.page.content()
    assert PHONE[-3:] not in await desk.page.locator("main").inner_text()
    # The load is Ming's money, and the sale that was not there has moved nothing.
    await desk.reads("07-1/1/3", "07-1/1/3", "銷貨", "07-1", TODAY, f"{TODAY} 12:03:00", "-300.00")
    await desk.reads("07-1/1/5", "07-1/1/5", "退貨", "07-1", TODAY, f"{TODAY} 12:05:00", "+25.00")
    await expect(desk.row("07-1/1/7", '[data-key="movements"]')).to_have_count(0)
    await desk.reads("07-1/1/7", "07-1/1/7", "餘額會低於零", inside='[data-key="suspense"]')
    await desk.row("07-1/1/3").locator("a").first.click()
    await expect(desk.page.locator("#signature")).to_have_text(till.chain[2].signature.hex())
    await expect(desk.page.locator("#fields")).to_contain_text('"pos_ref": "P-1001"')
    await desk.page.locator("input[name=name]").fill("07-1/1/4")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("#fields")).to_contain_text('"pos_ref": "P-1002"')


@pytest.mark.thorough
async def test_a_chain_is_read_from_its_end_page_by_page(desk: Desk) -> None:
    till = Till("07-1")
    while len(till.chain) < LINES_MAX + 3:
        till.load(MING, 100)
    await desk.enrol(till)
    await desk.send(till)
    await desk.open("#/records/07-1/1")
    await desk.sign_in()
    rows = desk.page.locator("tr[data-row]")
    await expect(rows).to_have_count(LINES_MAX)
    await expect(rows.first.locator("a").first).to_have_text(str(LINES_MAX + 3))
    await expect(rows.first.locator("code")).to_have_text(till.chain[-1].hash.hex()[:12])
    await desk.page.locator(".pager a").click()
    await expect(rows).to_have_count(3)
    await desk.reads("07-1/1/1", "1", "開帳", TODAY, f"{TODAY} 12:01:00")
    await desk.go("records/07-9/1")
    await expect(desk.page.locator("[data-key=problem]")).to_contain_text("總部沒有這台收銀機")


async def test_what_waits_what_is_set_aside_and_a_day_close_that_differs_are_in_sight(desk: Desk) -> None:
    giver, taker = sold(), Till("12-1")
    given = giver.give(MING, part("07-1/1/2", 100_00), to="12-1")
    giver.end_day({})
    taker.take(given)
    await desk.enrol(giver, taker)
    await desk.send(taker)
    await desk.open("#/doubts")
    await desk.sign_in()
    await desk.reads("12-1/1/2", "12-1/1/2", "07-1/1/9", inside='[data-key="waiting"]')
    await expect(desk.page.locator(".empty")).to_have_count(3)
    await desk.send(giver)
    await desk.look_again()
    await expect(desk.page.locator('[data-key="waiting"] .empty')).to_be_visible()
    await desk.reads("07-1/1/7 " + MING, "07-1/1/7", "餘額會低於零", inside='[data-key="suspense"]')
    await expect(desk.row("07-1/1/10", '[data-key="differences"]')).to_be_visible()


async def test_all_that_was_issued_is_explained_or_named(desk: Desk) -> None:
    await chain_of(desk)
    await desk.go("conservation")
    verdict = desk.page.locator(".verdict")
    await expect(verdict).to_have_text("1 批全部相符，沒有無法說明的項目。")
    await expect(verdict).to_have_attribute("data-tone", "good")
    await desk.reads("principal", "本金 (NT$)", "5,000.00", "0.00", "0.00", "4,501.00", "0.00", "499.00")

    async def missing(route: Route) -> None:
        answer = await route.fetch()
        lot = {"account": MING, "purse": "principal", "lot": "07-1/1/2", "doubts": ["not_zero"]}
        sums = {"issued": 500_00, "held": 400_00, "under_way": 0, "spent": 0, "owed": 0}
        await route.fulfill(json={**await answer.json(), "unexplained_total": 1, "unexplained": [{**lot, **sums}]})

    await desk.page.route("**/v1/conservation**", missing)
    await desk.look_again()
    await expect(verdict).to_have_attribute("data-tone", "bad")
    await expect(desk.row(f"{MING} principal 07-1/1/2")).to_contain_text("總和不是零")


async def test_the_three_totals_of_a_day_are_held_against_each_other(desk: Desk) -> None:
    await chain_of(desk)
    await desk.go(f"day/{TODAY}")
    await desk.reads("07-1 Ann", "07-1", "Ann", "未提供", "400.00", "", "400.00", "3", "缺 POS 總額")
    await expect(desk.row("07-1 Bo")).to_contain_text("總部未入帳 9,900.00")
    desk.hq.post("/v1/z-totals", {"keeper": "07-1", "business_date": TODAY, "cashier": "Ann", "units": 390_00})
    await desk.look_again()
    await expect(desk.row("07-1 Ann")).to_contain_text("POS 差 -10.00")
    await desk.row("07-1 Ann").locator("a").click()
    sales = desk.page.locator('[data-key="sales"]')
    await expect(sales.locator("tbody tr")).to_have_count(3)
    await desk.reads("07-1/1/5", "P-1003", "07-1/1/5", "12:05:00", "退貨", "07-1-000004", "-25.00", "", "-25.00")
    await desk.page.locator("input[name=amount]").fill("NT 400")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("[data-key=note]")).to_contain_text("這不是金額")
    await desk.page.locator("input[name=amount]").fill("400")
    await desk.page.keyboard.press("Enter")
    await desk.reads("07-1 Ann", "07-1", "Ann", "400.00", "400.00", "", "400.00", "3", "三方相符")
    await expect(desk.row("07-1 Ann")).to_have_attribute("aria-current", "true")
    await expect(desk.page.locator(".behind .facts")).to_contain_text("390.00")
    await desk.row("07-1 Bo").locator("a").click()
    await expect(desk.row("07-1/1/7")).to_contain_text("餘額會低於零")


async def test_what_a_till_may_write_is_text_and_breaks_no_page_in_any_language(desk: Desk) -> None:
    till = Till("07-1", mode="m" * 200)
    lot = till.next_lot()
    till.load(MING, 5000_00)
    till.pay(lot, 300_00, account=MING, cashier=HOSTILE, pos_ref="P" * 200)
    till.pay(lot, 9900_00, account=MING, cashier="長" * 200)
    strange = {"store": "S" * 200, HOSTILE: [2**60, b"\0", -1.5, None], "n": {"n": {"n": True}}}
    till.write(RecordKind.TRANSACTION, msgspec.Raw(msgspec.msgpack.encode(strange)))
    till.write(RecordKind.OPENED, msgspec.Raw(msgspec.msgpack.encode(strange)), mode="m" * 200, recorded_at_ms=2**62)
    till.end_day({})
    await desk.enrol(till)
    desk.hq.post("/v1/members", member(number(1), HOSTILE, PHONE, tier="gold"))
    await desk.send(till)
    await desk.open()
    await desk.sign_in()
    await desk.go(f"day/{TODAY}")
    await expect(desk.row(f"07-1 {HOSTILE}")).to_contain_text(HOSTILE)
    await desk.go("record/07-1/1/5")
    await expect(desk.page.locator("#fields")).to_contain_text(f'"{2**60}"')
    await expect(desk.page.locator("#page")).to_contain_text("讀不懂")
    for page in (
        *("tills", "members", f"members/{MING}", "records", "records/07-1/1", "record/07-1/1/5", "doubts"),
        *("conservation", f"day/{TODAY}", f"day/{TODAY}/sales/07-1/{'長' * 200}"),
    ):
        await desk.go(page)
        await looks_good(desk, page)
    assert await desk.page.evaluate("window.hacked") is None


async def test_the_pages_are_used_with_keys_alone_and_say_when_hq_is_gone(desk: Desk) -> None:
    await chain_of(desk)
    await desk.page.locator("body").click(position={"x": 5, "y": 700})
    for link in reversed(await desk.page.locator("nav a").all()):
        await desk.page.keyboard.press(await link.locator("kbd").inner_text())
        await expect(desk.page.locator("#page")).to_have_attribute(
            "data-shows", str(await link.get_attribute("data-page"))
        )
    await desk.row("07-1/1").locator("a").focus()
    await desk.page.keyboard.press("ArrowDown")
    await expect(desk.row("12-1/1").locator("a")).to_be_focused()
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.locator("#page")).to_have_attribute("data-shows", "records")
    await desk.go("tills")
    await asyncio.to_thread(desk.hq.kill)
    await desk.look_again()
    await expect(desk.page.locator("#line")).to_contain_text("總部沒有回應")
    await expect(desk.row("07-1/1")).to_be_visible()
