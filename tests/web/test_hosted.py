"""A hosted store at the counter, with the real programs: HQ keeps the till's place, and the cashier knows what is so.

An answer that HQ owes is never said not to be, nor asked for twice; without a line what HQ alone can do is said before
anybody keys it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Page, ViewportSize, expect

from hardware_mocks.demo_chain import DemoChain
from hardware_mocks.demo_till import DemoTill, TillManner
from tests.web.counter import Counter, Shop, at_counter
from tests.web.looks import look
from tests.web.modules import script
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACE = "07-1"
MANNER = TillManner(has_printer=True, draw_timeout_s=0.5)
HOLDS_S = 0.2
"""By then a cable holds what it is to hold."""
SETTLES_S = 3.5
"""By then what was left open is settled, and everybody has heard of it."""
NO_CARD_PAYS = "連不到總部，卡裡的錢和點數現在不能付款；儲值和得點照常"
NOT_REACHED = "連不到總部，這筆要總部才能做，沒有做任何交易。請改用其他方式，或等連上總部再試。"
WAITS_FOR_HQ = "已送到總部，還沒有回答。會一直自動查，查到就顯示；在那之前請不要重收這筆，商品先保留。"


@dataclass
class HostedShop:
    """A chain of one till, whose store is hosted."""

    chain: DemoChain
    shop: Shop

    @property
    def till(self) -> DemoTill:
        return self.chain.till(PLACE)

    def tidy(self) -> None:
        """As a story expects it: every program runs, and HQ reaches both ends."""
        self.chain.mend_all()
        self.chain.wait_until(self.is_reached)
        self.shop.tidy()

    def is_reached(self) -> bool:
        heads = {one["keeper"]: one for one in self.chain.hq.get("/v1/tills")["tills"]}
        return self.till.hq["state"] == "answered" and bool(heads[f"{PLACE}@hq"]["on_line"])

    def bring_hosts_back(self) -> None:
        assert self.chain.hosts is not None
        self.chain.hosts.start()
        self.chain.wait_until(self.is_reached)

    def kill_hosts(self) -> None:
        assert self.chain.hosts is not None
        self.chain.hosts.kill()

    async def hold(self, *, down: bool) -> None:
        """What HQ says stays in the cable, or what the till says."""
        cable = self.till.cable
        cable.holds_down, cable.holds_up = down, not down
        await asyncio.sleep(HOLDS_S)

    def cut(self) -> None:
        self.till.cut()
        self.chain.wait_until(lambda: self.till.hq["state"] == "not_reached")


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostedShop]:
    """One for all stories of a worker."""
    with DemoChain(tmp_path_factory.mktemp("hosted"), places=(PLACE,), manner=MANNER) as chain:
        chain.host(PLACE)
        chain.hq.post("/v1/stores/07/modes", {"mode": "hosted"})
        till = chain.till(PLACE)
        chain.wait_until(lambda: till.status["mode"] == "hosted")
        assert till.printer is not None
        yield HostedShop(chain, Shop(till.store, till.process, till.reader, till.printer))


@pytest_asyncio.fixture(loop_scope="session")
async def counter(window: Window, hosted: HostedShop, screens: tuple[ViewportSize, ...]) -> AsyncIterator[Counter]:
    await asyncio.to_thread(hosted.tidy)
    async with window.lent() as page, at_counter(hosted.shop, page) as opened:
        opened.screens = screens
        yield opened


@asynccontextmanager
async def customers_screen(counter: Counter) -> AsyncIterator[Page]:
    page = await counter.page.context.new_page()
    await page.goto(f"{counter.till.url}/customer")
    await expect(page.locator("body")).to_have_attribute("data-face", "welcome")
    yield page
    await page.close()


async def diary_of(counter: Counter) -> dict[str, list[str]]:
    """What has been shown since `diary` was begun."""
    shown: dict[str, list[str]] = await counter.page.evaluate("window.diary")
    return shown


async def parts(counter: Counter, keys: str) -> None:
    """Pay in parts, to the end of it."""
    await counter.press(keys)
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.shows("done")


async def test_hq_sells_for_the_till_and_page_and_customer_see_what_is_left(counter: Counter) -> None:
    async with customers_screen(counter) as customer:
        await counter.load(500)
        await counter.swipe()
        await counter.reads("mode", "託管型")
        await counter.has_tone("hq", "good")
        await counter.reads("spendable", "560.55")
        await counter.page.evaluate(script("diary"), ["spendable", "balance_after", "total"])
        await counter.press("129 Enter")
        await counter.reads("result_title", "已扣款")
        await counter.reads("balance_after", "NT$431.55 · 1 點")
        await expect(customer.locator("main:visible")).to_contain_text("NT$431.55")
        await counter.read_on("amount")
        await counter.reads("spendable", "431.55")
        await counter.reads("where", "總部 NT$431.55")
        await counter.press("31 Enter")
        await counter.reads("balance_after", "NT$400.55 · 1 點")
        assert await diary_of(counter) == {
            "spendable": ["560.55", "431.55"],
            "balance_after": ["NT$431.55 · 1 點", "NT$400.55 · 1 點"],
            "total": ["NT$560.55", "NT$431.55"],
        }
        await look(counter, "done")
        await counter.press("*")
        await counter.has_told("slip_text")
        await counter.press("3 Enter")
        await counter.reads("result_title", "已退貨")
        await expect(customer.locator("main:visible")).to_contain_text("NT$431.55")
        await counter.press("/")


async def test_what_hq_has_not_answered_is_not_known_until_it_is_known_to_be_done(
    counter: Counter, hosted: HostedShop
) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("129")
    await hosted.hold(down=True)
    await counter.press("Enter")
    await counter.shows("unknown")
    await counter.reads("operation_title", "還不知道有沒有扣款")
    await counter.reads("operation_words", WAITS_FOR_HQ)
    await look(counter, "unknown")
    await counter.press("/ Enter 5 +")
    await counter.reads("note", "這筆還在進行，請等結果。")
    await counter.page.reload()
    await counter.shows("unknown")
    await counter.slide(counter.track2(2))
    await counter.reads("note", "又刷了一張卡，這筆結束後就換它。")
    await asyncio.to_thread(hosted.till.mend)
    await counter.reads("result_title", "已扣款")
    await counter.reads("result_amount", "129")
    await counter.read_on("amount")
    await counter.reads("card", counter.masked(2))
    await asyncio.to_thread(hosted.chain.wait_until_quiet)
    assert hosted.chain.money(counter.first_card + 1) == 431_55


@pytest.mark.thorough
async def test_what_hq_never_heard_of_is_called_off_and_then_it_is_done_once(
    counter: Counter, hosted: HostedShop
) -> None:
    await counter.load(500)
    await counter.swipe()
    await counter.press("129")
    await hosted.hold(down=False)
    await counter.press("Enter")
    await counter.shows("unknown")
    await asyncio.to_thread(hosted.cut)  # what the cable held is lost
    await counter.shows("unknown")
    await asyncio.to_thread(hosted.till.mend)
    await counter.shows("declined")
    await counter.reads("decline_words", "總部沒有做這筆，已經取消，沒有做任何交易。要做的話，請重新操作一次。")
    await counter.read_on("amount")
    await counter.reads("spendable", "560.55")
    await counter.press("129 Enter")
    await counter.reads("result_title", "已扣款")
    await asyncio.to_thread(hosted.chain.wait_until_quiet)
    assert hosted.chain.money(counter.first_card + 1) == 431_55


@pytest.mark.thorough
async def test_what_hq_could_not_be_asked_for_is_not_done_and_begins_anew(counter: Counter, hosted: HostedShop) -> None:
    await counter.load(500)
    await counter.swipe()
    await asyncio.to_thread(hosted.kill_hosts)
    await counter.press("129 Enter")
    await counter.shows("notdone")
    await counter.reads("operation_title", "沒有扣款")
    await counter.reads("operation_words", NOT_REACHED)
    await counter.press("Enter")
    await counter.shows("amount")
    await counter.reads("typed", "129")
    await counter.reads("after", NO_CARD_PAYS)
    await asyncio.to_thread(hosted.bring_hosts_back)
    await counter.reads("spendable", "560.55")
    await counter.press("Enter")  # were it the same operation again, nobody would know of it
    await counter.reads("result_title", "已扣款")
    await asyncio.to_thread(hosted.chain.wait_until_quiet)
    await asyncio.sleep(SETTLES_S)
    await counter.reads("result_title", "已扣款")
    assert hosted.chain.money(counter.first_card + 1) == 431_55


@pytest.mark.thorough
async def test_while_hq_owes_an_answer_no_card_is_said_to_pay(counter: Counter, hosted: HostedShop) -> None:
    await counter.load(500)
    await counter.swipe()
    await hosted.hold(down=True)
    presentation = counter.ask("/v1/status")["presentation"]["presentation"]
    charge = {"operation_id": f"pos-{counter.digits()[-6:]}", "presentation": presentation, "amount": 129_00}
    assert (await asyncio.to_thread(counter.till.post, "/v1/charges", charge))["code"] == "outcome_unknown"
    await counter.reads("spendable", "0")
    await counter.reads("after", NO_CARD_PAYS)
    await asyncio.to_thread(hosted.till.mend)
    await counter.reads("result_title", "已扣款")
    await counter.reads("balance_after", "NT$431.55 · 1 點")
    await counter.read_on("amount")
    await counter.reads("spendable", "431.55")


async def test_without_a_line_the_cashier_reads_that_no_card_pays_and_takes_cash(
    counter: Counter, hosted: HostedShop
) -> None:
    await counter.load(500)
    await counter.charge(129)
    sold = await counter.last_slip()
    await asyncio.to_thread(hosted.cut)
    await counter.has_tone("hq", "warn")
    await counter.reads("note", NO_CARD_PAYS)
    await counter.reads("after", NO_CARD_PAYS)
    await counter.reads("spendable", "0")
    await counter.press("129")
    await counter.reads("after", NO_CARD_PAYS)
    await look(counter, "amount")
    await counter.press("Enter")
    await expect(counter.page.locator("[data-value=decline_words]:visible")).to_contain_text(
        "另外有 NT$431.55 放在別處，現在拿不到"
    )
    await look(counter, "declined")
    await counter.read_on("rest")
    await parts(counter, "1 Enter")
    await counter.reads("result_title", "已記錄")
    own = await counter.last_slip()
    assert (sold[:-6], own[:-6]) == ("07-1@hq-", "07-1-")

    await counter.press(f"* 5 {int(sold[-6:])}")
    await counter.reads("slip_number", sold)
    await look(counter, "slip_number")
    await counter.press("Enter")
    await counter.has_told("slip_text")
    await counter.press("3 Enter")
    await counter.shows("notdone")
    await counter.reads("operation_words", NOT_REACHED)
    await look(counter, "notdone")
    await asyncio.to_thread(hosted.till.mend)
    await counter.has_tone("hq", "good")
    await counter.press("Enter Enter")
    await counter.reads("result_title", "已退貨")

    await counter.press(f"* 5 {int(own[-6:])} +")
    await counter.reads("slip_number", own)
    await counter.press("Enter")
    await counter.has_told("slip_text")
    await counter.press("3 Enter")
    await counter.reads("result_title", "已退貨")
    await counter.press("* 5 +")
    await counter.press(f"{int(sold[-6:]) + 1} Enter")
    await counter.has_told("slip_text")
    await expect(counter.page.locator("[data-paper=slip_text]")).to_contain_text("07-1@hq-")
