"""The customer's screen: what it shows and when, and that it is nobody's till."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, Request, Route, expect

from tests.web.counter import Counter
from tests.web.faults import LANGUAGES, faults_of
from tests.web.looks import CHECK

pytestmark = pytest.mark.asyncio(loop_scope="session")

RESULT_STAYS_MS = 20_000


@pytest_asyncio.fixture(loop_scope="session")
async def customer(counter: Counter) -> AsyncIterator[Page]:
    """A second window of the same browser."""
    page = await counter.page.context.new_page()
    page.on("pageerror", lambda fault: counter.faults.append(str(fault)))
    await page.goto(f"{counter.till.url}/customer")
    await shows(page, "welcome")
    yield page
    await page.close()


async def shows(page: Page, face: str) -> None:
    await expect(page.locator("body")).to_have_attribute("data-face", face)


async def says(page: Page, *words: str) -> None:
    for word in words:
        await expect(page.locator("main:visible")).to_contain_text(word)


async def test_a_customer_sees_what_is_paid_and_what_is_left_and_then_a_welcome(
    counter: Counter, customer: Page
) -> None:
    await customer.clock.install()
    await customer.reload()
    await shows(customer, "welcome")
    await counter.load(500)
    await says(customer, "已儲值", "NT$500", "另贈", "NT$60.55", "謝謝光臨")
    await counter.swipe()
    await shows(customer, "card")
    await says(customer, "會員卡", "可用餘額", "NT$560.55")
    await counter.press("129")
    await says(customer, "應付", "NT$129")
    await counter.press("Enter")
    await shows(customer, "done")
    await says(customer, "已付款", "NT$129", "得到點數", "+1", "餘額", "NT$431.55")
    await customer.clock.fast_forward(RESULT_STAYS_MS + 1000)
    await shows(customer, "welcome")


async def test_a_card_that_leaves_takes_its_figures_with_it(counter: Counter, customer: Page) -> None:
    await counter.swipe()
    await shows(customer, "card")
    await counter.press("/")
    await shows(customer, "welcome")


@pytest.mark.thorough
async def test_a_card_that_was_told_is_not_taken_away_by_an_answer_from_before(counter: Counter) -> None:
    """The page asks what lies there, and hears of a swipe before it hears the answer."""
    asked, told = asyncio.Event(), asyncio.Event()

    async def hold_the_second(route: Route) -> None:
        answer = await route.fetch()
        if next(calls) == 2:
            asked.set()
            await told.wait()
        await route.fulfill(response=answer)

    calls = itertools.count(1)
    page = await counter.page.context.new_page()
    await page.route("**/v1/status", hold_the_second)
    await page.goto(f"{counter.till.url}/customer")
    await asked.wait()
    await counter.swipe()
    await shows(page, "card")
    async with page.expect_response("**/v1/status"):
        told.set()
    await page.wait_for_timeout(200)
    await shows(page, "card")
    await page.close()


async def test_a_decline_is_the_cashiers_to_explain(counter: Counter, customer: Page) -> None:
    await counter.swipe()
    await counter.press("129 Enter")
    await shows(customer, "declined")
    await says(customer, "這筆沒有完成")
    await expect(customer.locator("main:visible")).not_to_contain_text("NT$")


@pytest.mark.thorough
async def test_the_balance_before_payment_is_the_shops_to_show(counter: Counter) -> None:
    async def hide(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "customer_sees_balance": False})

    page = await counter.page.context.new_page()
    await page.route("**/v1/hello", hide)
    await page.goto(f"{counter.till.url}/customer")
    await counter.load(500)
    await counter.swipe()
    await shows(page, "card")
    await expect(page.locator("main:visible")).not_to_contain_text("NT$")
    await counter.press("129 Enter")
    await says(page, "餘額", "NT$431.55")


@pytest.mark.thorough
async def test_the_customers_screen_only_reads(counter: Counter, customer: Page) -> None:
    asked: list[Request] = []
    customer.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks what it calls
    await customer.reload()
    await shows(customer, "welcome")
    await counter.load(500)
    await shows(customer, "done")
    assert {request.method for request in asked} == {"GET", "HEAD"}
    parts = {request.url.rpartition("/")[2] for request in asked if "/page/" in request.url}
    assert "customer.js" in parts
    assert not parts & {"main.js", "sale.js", "errands.js", "keys.js"}
    assert await customer.locator("button, input, a").count() == 0


async def test_the_customers_screen_fits_in_every_language(counter: Counter) -> None:
    pages = [await counter.page.context.new_page() for _ in LANGUAGES]
    for page, language in zip(pages, LANGUAGES, strict=True):
        await page.goto(f"{counter.till.url}/customer?language={language}")

    async def look(face: str) -> None:
        for page in pages:
            await shows(page, face)
            for screen in counter.screens:
                await page.set_viewport_size(screen)
                faults = await faults_of(page, CHECK)
                assert not faults, (face, screen, faults)

    await look("welcome")
    await counter.load(10000)
    await counter.charge(8888)
    await counter.press("1200")
    await look("card")
    await counter.press("* 1000 Enter 10 Enter 1 100 Enter 2 50 Enter 3 Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await look("done")
    await counter.read_on("amount")
    await counter.press("9999 Enter")
    await look("declined")
