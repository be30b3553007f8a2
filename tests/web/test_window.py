"""Stories have a window in common, and see nothing of each other."""

import pytest
from playwright.async_api import Browser, Route

from tests.web.counter import SCREEN, SMALL_SCREEN
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

KEEPS = "sessionStorage.kept = localStorage.kept = 1"
STILL_AT_WORK = "setInterval(() => sessionStorage.setItem('late', 1), 1)"
ASKS = "Promise.race([fetch('/customer'), new Promise((gives_up) => setTimeout(gives_up, 100, 'no answer'))])"
KEPT = "Object.keys(sessionStorage).concat(Object.keys(localStorage))"


async def lose(route: Route) -> None:
    await route.abort()


async def test_a_story_sees_nothing_of_the_one_before_in_the_same_window(browser: Browser, parts_url: str) -> None:
    window = Window(browser, SCREEN)
    async with window.lent() as first:
        await first.goto(f"{parts_url}/icon.svg")
        await first.evaluate(KEEPS)
        await first.evaluate(STILL_AT_WORK)
        await first.context.new_page()
        await first.route("**/icon.svg", lose)
        await first.set_viewport_size(SMALL_SCREEN)
        await first.context.set_offline(offline=True)
    async with window.lent() as page:
        assert page is first
        assert page.context.pages == [page]
        assert page.viewport_size == SCREEN
        assert await page.evaluate(ASKS) == "no answer"
        await page.goto(f"{parts_url}/icon.svg")
        assert await page.evaluate(KEPT) == []
        assert await page.evaluate("navigator.onLine")
    await window.close()


async def test_a_clock_takes_the_window_with_it(browser: Browser, parts_url: str) -> None:
    window = Window(browser, SCREEN)
    async with window.lent() as page:
        await page.goto(f"{parts_url}/icon.svg")
        await page.clock.install()
    async with window.lent() as another:
        assert page.is_closed()
        await another.goto(f"{parts_url}/icon.svg")
        assert await another.evaluate("/native code/.test(setTimeout)")
    await window.close()


async def test_a_story_that_fails_takes_the_window_with_it(browser: Browser) -> None:
    window = Window(browser, SCREEN)
    with pytest.raises(ValueError, match="no"):
        async with window.lent() as page:
            raise ValueError("no")
    assert page.is_closed()
