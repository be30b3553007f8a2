"""How the page looks, measured: nothing is cut off, keys are large enough for a finger, text has contrast."""

import pytest
from playwright.async_api import ViewportSize

from tests.web.counter import Counter
from tests.web.modules import script

pytestmark = pytest.mark.asyncio(loop_scope="session")

LANGUAGES = ("zh-TW", "zh-CN", "en")
SCREENS = (
    ViewportSize(width=1024, height=768),
    ViewportSize(width=1366, height=768),
    ViewportSize(width=1024, height=640),  # a browser with its own bars
)


async def look(counter: Counter, face: str) -> None:
    """At this face, in every language and on every screen."""
    await counter.shows(face)
    for screen in SCREENS:
        await counter.page.set_viewport_size(screen)
        for language in LANGUAGES:
            await counter.speak(language)
            faults = {name: await counter.page.evaluate(script(name)) for name in ("cut_off", "pale", "small")}
            assert not any(faults.values()), (face, screen, language, faults)


async def test_the_faces_of_a_sale_fit_every_screen_in_every_language(counter: Counter) -> None:
    await look(counter, "empty")
    await counter.press(counter.digits())
    await look(counter, "number")
    await counter.press("Enter")
    await counter.shows("amount")
    await counter.press("123")
    await look(counter, "amount")  # keyed: it may not pay
    await counter.press("Enter")
    await look(counter, "declined")
    await counter.swipe()
    await counter.press("+ 10000 Enter")
    await look(counter, "tender")
    counter.printer.paper_out()
    await counter.press("2")
    await look(counter, "done")
    await counter.swipe()
    await counter.press("9876")
    await look(counter, "amount")


async def test_the_faces_of_trouble_fit_every_screen_in_every_language(lone_counter: Counter) -> None:
    lone_counter.printer.go_silent()
    await lone_counter.load(500)
    await lone_counter.page.locator("[data-slip='1']:visible").wait_for()
    await lone_counter.swipe()
    await look(lone_counter, "amount")  # and the slip's question
    await lone_counter.press("*")
    await look(lone_counter, "slip")
    await lone_counter.press("* 900")
    await lone_counter.meet_once("**/v1/charges", lambda route: route.abort())
    await lone_counter.press("Enter")
    await look(lone_counter, "notdone")
    lone_counter.till.kill()
    await look(lone_counter, "gone")


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("h1 { font-size: 200px !important }", "cut_off"),
        (".hint { color: #aaaaaa !important }", "pale"),
        (".languages button { min-height: 30px !important }", "small"),
    ],
)
async def test_a_fault_in_the_looks_is_found(counter: Counter, css: str, found: str) -> None:
    assert not await counter.page.evaluate(script(found))
    await counter.page.evaluate(script("restyle"), css)
    assert await counter.page.evaluate(script(found))
