"""The looks of the cashier's page, face by face: one walk through a day, in every language and on every screen."""

import asyncio

import pytest

from tests.web.counter import Counter
from tests.web.faults import faults_by_language
from tests.web.looks import CHECK, look
from tests.web.modules import script

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
    counter.printer.new_roll()
    await counter.swipe()
    await counter.press("9876")
    await look(counter, "amount")


async def test_the_faces_of_parts_and_slips_fit_every_screen_in_every_language(counter: Counter) -> None:
    await counter.load(10000)
    await counter.charge(5000)
    await counter.press("8888 Enter")
    await look(counter, "declined")
    await counter.read_on("split")
    await look(counter, "split")
    await counter.press("Enter 12")
    await look(counter, "split")  # points
    await counter.press("Enter")
    await look(counter, "rest")
    await counter.press("1 1000 Enter 2 700 Enter 3 Enter")
    await look(counter, "whole")
    await counter.press("Enter")
    await look(counter, "done")
    await counter.press("*")
    await counter.has_told("slip_text")
    await counter.press("3 777")
    await look(counter, "refund")
    await counter.press("/ /")
    await counter.press("*")
    await counter.has_told("slip_text")
    await counter.press("4")
    await look(counter, "void")
    await counter.press("Enter")
    await look(counter, "done")
    await counter.press("* 5 12")
    await look(counter, "slip_number")
    await counter.swipe()
    await counter.press("-")
    await counter.has_told("history")
    await look(counter, "history")


async def test_the_faces_of_trouble_fit_every_screen_in_every_language(counter: Counter) -> None:
    counter.printer.go_silent()
    await counter.load(500)
    await counter.page.locator("[data-slip='1']:visible").wait_for()
    await counter.swipe()
    await look(counter, "amount")  # and the slip's question
    await counter.press("*")
    await look(counter, "slip")
    await counter.press("* 900")
    await counter.meet_once("**/v1/charges", lambda route: route.abort())
    await counter.press("Enter")
    await look(counter, "notdone")
    await asyncio.to_thread(counter.till.kill)
    await look(counter, "gone")


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("h1 { font-size: 200px !important }", "cut_off"),
        (".hint { color: #aaaaaa !important }", "pale"),
        (".languages button { min-height: 30px !important }", "small"),
    ],
)
async def test_a_fault_in_the_looks_is_found_in_the_language_that_has_it(
    counter: Counter, css: str, found: str
) -> None:
    assert not await faults_by_language(counter.page, CHECK)
    await counter.page.evaluate(script("restyle"), f":lang(zh-CN) {css}")
    assert [(language, *faults) for language, faults in (await faults_by_language(counter.page, CHECK)).items()] == [
        ("zh-CN", found)
    ]
