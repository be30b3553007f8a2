"""The store's lead in the cashier's bar, beside a line that rests: what is so, and that it fits every screen."""

import pytest
from playwright.async_api import Route

from tests.web.counter import Counter
from tests.web.looks import look

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEADS = [
    ({"place": "07-2", "state": "answered", "witness": None}, "07-2", "good"),
    ({"place": "07-2", "state": "not_reached", "witness": None}, "07-2, off", "warn"),
    ({"place": "07-1", "state": "here", "witness": None}, "This till", "good"),
    ({"place": "07-1", "state": "here", "witness": "answered"}, "This till", "good"),
    ({"place": "07-1", "state": "here", "witness": "not_reached"}, "This till, no copy", "warn"),
    ({"place": "07-1", "state": "shut", "witness": "not_reached"}, "This till, shut", "bad"),
]

LONGEST = {"07-2, off", "This till, no copy"}
"""What needs the most room of its kind."""


async def test_the_bar_says_how_it_stands_with_the_lead_while_the_line_to_hq_rests(counter: Counter) -> None:
    now = LEADS[0]

    async def answer(route: Route) -> None:
        fetched = await route.fetch()
        status = await fetched.json()
        rests = {"state": "resting", "last_contact": f"{status['business_date']}T14:05:00+08:00"}
        await route.fulfill(response=fetched, json=status | {"lead": now[0], "hq": status["hq"] | rests})

    await counter.meet("**/v1/status", answer)
    for now in LEADS:
        await counter.ask_again()
        await counter.speak("en")
        await counter.reads("lead", now[1])
        await counter.has_tone("lead", now[2])
        await counter.reads("exchange", "Exchange now")
        if now[1] in LONGEST:
            await look(counter, "empty")


@pytest.mark.thorough
async def test_the_bar_of_a_store_without_a_line_has_room_for_its_lead_and_both_files(counter: Counter) -> None:
    async def answer(route: Route) -> None:
        fetched = await route.fetch()
        status = await fetched.json()
        by_medium = {"state": "by_medium", "last_contact": f"{status['business_date']}T14:05:00+08:00"}
        await route.fulfill(
            response=fetched,
            json=status | {"mode": "proxy_run", "lead": LEADS[1][0], "hq": status["hq"] | by_medium},
        )

    await counter.meet("**/v1/status", answer)
    for language, hq in (
        ("zh-TW", "檔案交換，上次 14:05"),
        ("zh-CN", "文件交换，上次 14:05"),
        ("en", "By file, last 14:05"),
    ):
        await counter.ask_again()
        await counter.speak(language)
        await counter.reads("hq", hq)
        await look(counter, "empty")
