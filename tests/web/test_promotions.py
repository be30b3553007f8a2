"""Promotions at the counter: what each gave, and a calm word where one has nothing left to give here."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from receipts.wording import Language, Wording
from tests.receipts.slips import LONGEST_TITLE
from tests.web.counter import SMALL_SCREEN, Counter, shop_of
from tests.web.faults import faults_of
from tests.web.looks import CHECK, look
from tests.web.modules import Modules
from tests.web.table import HELLO

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROMOTIONS = f"""
[[promotions]]
name = "opening"
title = "開幕禮"
on = "load"
from_units = 50_000
gives = 10_000

[[promotions]]
name = "first-hundred"
title = "{LONGEST_TITLE}"
on = "load"
from_units = 50_000
gives = 5_000
limited_by = "number"

[[promotions]]
name = "tea-week"
title = "{LONGEST_TITLE}"
on = "sale"
from_units = 10_000
gives = 50

[[promotions]]
name = "spent"
title = "好禮"
on = "sale"
from_units = 10_000
gives = 20
limited_by = "sum"
"""
NOTHING_LEFT = "在這裡沒有可以送的了：已經送完，或剩下的在別處，現在調不到。"

shop = shop_of(PROMOTIONS)
"""At its till lies nothing of those that are limited."""


async def test_cashier_and_customer_see_what_promotions_gave_and_the_cashier_which_has_nothing_left(
    counter: Counter,
) -> None:
    customer: Page = await counter.page.context.new_page()
    await customer.goto(f"{counter.till.url}/customer")
    rows = counter.page.locator("[data-in=done] [data-rows=result_parts] tr")
    given = customer.locator("main:visible")
    await counter.swipe()
    await counter.press("+ 500 Enter 1")
    await counter.shows("done")
    await expect(rows).to_have_text(["其中 開幕禮NT$100"])
    await counter.reads("missed", f"「{LONGEST_TITLE}」{NOTHING_LEFT}")
    await expect(given).to_contain_text("另贈NT$160.55")
    await expect(given).to_contain_text("其中 開幕禮NT$100")
    await expect(given).not_to_contain_text(LONGEST_TITLE)
    await look(counter, "done")
    await counter.read_on("amount")

    await counter.press("300 * 200 Enter Enter 1 60 Enter 2 40 Enter")
    await counter.shows("whole")
    await counter.press("Enter")
    await counter.shows("done")
    await expect(rows.last).to_have_text(f"其中 {LONGEST_TITLE}+50 點")
    await counter.reads("missed", f"「好禮」{NOTHING_LEFT}")
    await expect(given).to_contain_text(f"其中 {LONGEST_TITLE}+50 點")
    await look(counter, "done")
    await customer.set_viewport_size(SMALL_SCREEN)
    assert not await faults_of(customer, CHECK)

    await counter.read_on("amount")
    await counter.press("-")
    await counter.has_told("history")
    await expect(counter.page.locator("[data-rows=history] tr")).to_have_count(2)
    await expect(counter.page.locator("[data-rows=history] tr").last).to_contain_text("+660.55")


async def test_what_many_promotions_gave_is_summed_up_and_one_that_has_no_title_here_is_called_by_its_name(
    modules: Modules,
) -> None:
    words = Wording.load().starting("", Language.ENGLISH)
    hello = {**HELLO, "promotions": [{"name": "tea", "title": "Tea week"}]}
    gave: list[dict[str, Any]] = [{"title": f"T{number}", "units": number * 100} for number in range(1, 6)]
    answers = [
        {"kind": "load", "promotions": gave[:3], "missed": ["tea"]},
        {"kind": "sale", "promotions": gave, "missed": ["new", "tea", "old"]},
        {"kind": "sale"},
    ]
    assert await modules.run("promotions", hello, words, answers) == [
        [
            [["of which T1", "", "NT$1"], ["of which T2", "", "NT$2"], ["of which T3", "", "NT$3"]],
            "Nothing of “Tea week” is left to give here: it is used up, or the rest lies elsewhere.",
        ],
        [
            [
                ["of which T1", "", "+100 points"],
                ["of which T2", "", "+200 points"],
                ["of which 3 other promotions", "", "+1,200 points"],
            ],
            "Nothing of “new” and 2 other promotions is left to give here: it is used up, or the rest lies elsewhere.",
        ],
        [[], ""],
    ]
