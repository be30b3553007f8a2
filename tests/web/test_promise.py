"""Nobody who may refund is reached: the cashier takes the goods and promises, and the refund follows by itself."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, Route, ViewportSize, expect

from hardware_mocks.demo_chain import DemoChain
from tests.web.counter import Counter
from tests.web.faults import faults_of
from tests.web.looks import CHECK, look
from tests.web.modules import Modules
from tests.web.table import LATE, SWIPE, SWIPE_OTHER, Step, answered, play, sent
from tests.web.two_stores import HERE, ask_for_number, at_counter_of, keys, open_two_stores, sold
from tests.web.window import Window

pytestmark = pytest.mark.asyncio(loop_scope="session")

REFUNDS = "**/v1/refunds"
OPERATIONS = "**/v1/operations/*"
FOLLOWS = (
    "款項還沒有退，現在不要付錢給顧客。連上原銷售紀錄後，本機會自動退回原卡，並印出退貨單；"
    "現金等其他付款，屆時憑待入帳單退還。請把待入帳單交給顧客。"
)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoChain]:
    with open_two_stores(tmp_path_factory.mktemp("two_stores")) as chain:
        yield chain


@pytest_asyncio.fixture(loop_scope="session")
async def counter(window: Window, chain: DemoChain, screens: tuple[ViewportSize, ...]) -> AsyncIterator[Counter]:
    async with at_counter_of(chain, window) as opened:
        opened.screens = screens
        yield opened


async def decline(counter: Counter, chain: DemoChain, slip: str) -> None:
    """Our cable is out, and 75 of the other store's sale is to be given back."""
    chain.till(HERE).cut()
    await asyncio.to_thread(chain.wait_until, lambda: chain.till(HERE).hq["state"] == "not_reached")
    await ask_for_number(counter)
    await counter.press(f"{keys(slip)} Enter 75 Enter")
    await counter.shows("declined")


async def drop(route: Route) -> None:
    await route.abort()


async def agree(counter: Counter) -> None:
    """Press + once the result may go."""
    await counter.result_was_seen()
    await counter.press("+")


async def promise(counter: Counter, chain: DemoChain, slip: str) -> str:
    """The number of the promise."""
    await decline(counter, chain, slip)
    await agree(counter)
    await counter.shows("promised")
    return await counter.page.locator("[data-value=receipt_number]:visible").inner_text()


async def kept(chain: DemoChain, member: int) -> None:
    """The cable is in, and the refund comes by itself."""
    await asyncio.to_thread(chain.mend_all)
    await asyncio.to_thread(chain.wait_until, lambda: chain.money(member) == 560_55 - 300_00 + 75_00)
    await asyncio.to_thread(chain.wait_until_quiet)


async def show_slip(counter: Counter) -> None:
    """The last one, as the till tells it now."""
    await counter.press("*")
    await counter.shows("slip")
    await counter.has_told("slip_text")


async def test_the_cashier_agrees_with_one_key_and_the_refund_follows_by_itself(
    counter: Counter, chain: DemoChain
) -> None:
    customer: Page = await counter.page.context.new_page()
    await customer.goto(f"{counter.till.url}/customer")
    slip = await asyncio.to_thread(sold, chain, 1)
    await decline(counter, chain, slip)
    await counter.reads(
        "promise_offer",
        f"也可以先收回商品：{slip} 的 NT$75 記為退款待入帳，現在不退錢，連上後自動退回原卡。同意請按 +。",
    )
    await counter.reads("do_plus", "收回商品")
    await counter.reads("do_enter", "結束")
    await look(counter, "declined")

    await agree(counter)
    await counter.shows("promised")
    await counter.reads("result_title", "商品已收回，退款待入帳")
    await counter.reads("result_amount", "75")
    await counter.reads("original", slip)
    stage = counter.page.locator("[data-in=promised]")
    await expect(stage).to_contain_text(FOLLOWS)
    number = await counter.page.locator("[data-value=receipt_number]:visible").inner_text()
    assert number.startswith(f"{HERE}-")
    await counter.reads("strip_number", number)
    await look(counter, "promised")
    shown = customer.locator("main:visible")
    for words in ("商品已收回", "退款待入帳", "NT$75", "請保留單據"):
        await expect(shown).to_contain_text(words)
    await expect(shown.locator("[data-value=balance_after]:visible")).to_have_count(0)
    for screen in counter.screens:
        await customer.set_viewport_size(screen)
        assert not await faults_of(customer, CHECK)
    assert chain.money(1) == 560_55 - 300_00

    await kept(chain, 1)
    await expect(counter.page.locator("[data-value=strip_number]")).not_to_have_text(number)
    await counter.reads("result_title", "商品已收回，退款待入帳")
    await counter.read_on("empty")
    await show_slip(counter)
    paper = counter.page.locator("[data-paper=slip_text]")
    for words in ("退貨", "待入帳單", number):
        await expect(paper).to_contain_text(words)
    await counter.press("/")
    await ask_for_number(counter)
    await counter.press(f"{int(number.rpartition('-')[2])} Enter")
    await counter.has_told("slip_text")
    await counter.reads("slip_left", "已退或作廢")
    await expect(counter.page.locator("[data-in=slip] button").nth(3)).to_be_disabled()
    await look(counter, "slip")


@pytest.mark.thorough
async def test_while_it_is_open_its_slip_can_be_voided_and_no_money_is_named(
    counter: Counter, chain: DemoChain
) -> None:
    customer: Page = await counter.page.context.new_page()
    await customer.goto(f"{counter.till.url}/customer")
    slip = await asyncio.to_thread(sold, chain, 2)
    number = await promise(counter, chain, slip)
    await counter.read_on("empty")
    await show_slip(counter)
    await expect(counter.page.locator("[data-paper=slip_text]")).to_contain_text("退款待入帳")
    keys_of_slip = counter.page.locator("[data-in=slip] button")
    await expect(keys_of_slip.nth(2)).to_be_disabled()
    await expect(keys_of_slip.nth(3)).to_be_enabled()
    await look(counter, "slip")
    await counter.press("3")
    await counter.shows("slip")
    await counter.press("4")
    await counter.shows("void")
    await counter.reads("undo_title", "作廢待入帳單")
    await counter.reads("undo_slip", number)
    await counter.reads("undo_words", "這張待入帳單要作廢：之後不再退款，商品還給顧客。確定請按 Enter。")
    await counter.reads("undo_amount", "75")
    await expect(counter.page.locator("[data-in='refund void'] dl > div:visible")).to_have_count(0)
    await look(counter, "void")
    await counter.press("Enter")
    await counter.shows("done")
    await counter.reads("result_title", "已作廢，不再退款，商品還給顧客")
    await expect(counter.page.locator("[data-value=balance_after]:visible")).to_have_count(0)
    await look(counter, "done")
    for words in ("商品還給您", "退款已取消", "NT$75"):
        await expect(customer.locator("main:visible")).to_contain_text(words)
    await asyncio.to_thread(chain.mend_all)
    await asyncio.to_thread(chain.wait_until_quiet)
    assert chain.money(2) == 560_55 - 300_00


async def test_nothing_is_sent_until_the_cashier_agrees(counter: Counter, chain: DemoChain) -> None:
    asked: list[str] = []

    async def hear(route: Route) -> None:
        asked.append(route.request.post_data or "")
        await route.continue_()

    slip = await asyncio.to_thread(sold, chain, 3)
    await counter.meet(REFUNDS, hear)
    await decline(counter, chain, slip)
    await counter.press("+ +")
    await counter.shows("declined")
    assert len(asked) == 1
    await counter.read_on("empty")
    await counter.press("+")
    await counter.reads("note", "請先刷卡。")
    assert len(asked) == 1


@pytest.mark.thorough
async def test_a_promise_whose_answer_was_lost_is_asked_for_and_shown(counter: Counter, chain: DemoChain) -> None:
    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    slip = await asyncio.to_thread(sold, chain, 4)
    await decline(counter, chain, slip)
    await counter.go_deaf()
    await counter.meet_once(REFUNDS, lose)
    await counter.meet(OPERATIONS, drop)
    await agree(counter)
    await counter.shows("unknown")
    await counter.reads("operation_title", "還不知道退款待入帳有沒有記下")
    await look(counter, "unknown")
    await counter.page.unroute(OPERATIONS)
    await counter.shows("promised")
    await counter.reads("original", slip)
    await kept(chain, 4)


@pytest.mark.thorough
async def test_a_promise_that_never_arrived_is_sent_again_and_a_reload_changes_nothing(
    counter: Counter, chain: DemoChain
) -> None:
    slip = await asyncio.to_thread(sold, chain, 5)
    await decline(counter, chain, slip)
    await counter.page.reload()
    await counter.shows("declined")
    await counter.meet_once(REFUNDS, drop)
    await agree(counter)
    await counter.shows("notdone")
    await counter.reads("operation_title", "沒有記下退款待入帳")
    await look(counter, "notdone")
    await counter.page.reload()
    await counter.shows("notdone")
    await counter.press("Enter")
    await counter.shows("promised")
    await counter.page.reload()
    await counter.shows("promised")
    await kept(chain, 5)


@pytest.mark.thorough
async def test_if_the_right_is_reached_after_all_it_is_a_refund_like_any_other(
    counter: Counter, chain: DemoChain
) -> None:
    slip = await asyncio.to_thread(sold, chain, 6)
    await decline(counter, chain, slip)
    await asyncio.to_thread(chain.mend_all)
    await asyncio.to_thread(chain.wait_until_quiet)
    await agree(counter)
    await counter.shows("done")
    await counter.reads("result_title", "已退貨")
    await asyncio.to_thread(chain.wait_until_quiet)
    assert chain.money(6) == 560_55 - 300_00 + 75_00


# The sale's table

UNDO: Step = {
    "name": "undo",
    "kind": "refund",
    "slip": {"receipt_number": "12-1-000031", "kind": "sale", "refundable": None},
}
LATER: Step = {"name": "plus", "now": LATE}


def declined(operation_id: str, *, can_promise: bool = True) -> dict[str, Any]:
    more = {"kind": "refund", "decline": "right_elsewhere", "can_promise": can_promise, "balance": None}
    return answered(operation_id, "declined", **more)


async def test_the_agreement_is_the_same_refund_under_an_id_of_its_own(modules: Modules) -> None:
    asked = (UNDO, "7", "5", "enter")
    first = sent(await play(modules, *asked))[0]
    no = declined(first["operation_id"])
    sale = await play(modules, *asked, no, LATER)
    again = sent(sale)[-1]
    assert (sale["state"], again["kind"]) == ("sending", "promise")
    assert (again["amount"], again["receipt_number"]) == (7500, "12-1-000031")
    assert again["operation_id"] != first["operation_id"]
    too_soon = await play(modules, *asked, no, "plus")
    assert (too_soon["state"], len(sent(too_soon))) == ("declined", 1)
    plain = await play(modules, *asked, declined(first["operation_id"], can_promise=False), LATER)
    assert (plain["state"], len(sent(plain))) == ("declined", 1)


async def test_a_card_that_lies_there_or_waits_is_not_in_the_way(modules: Modules) -> None:
    asked = (SWIPE, UNDO, "7", "5", "enter")
    first = sent(await play(modules, *asked))[0]
    sale = await play(modules, *asked, SWIPE_OTHER, declined(first["operation_id"]), LATER)
    assert (sale["state"], sent(sale)[-1]["kind"]) == ("sending", "promise")
    told = answered(sent(sale)[-1]["operation_id"], "promised", kind="promise", card="", balance=None)
    after = await play(modules, *asked, SWIPE_OTHER, declined(first["operation_id"]), LATER, told)
    assert (after["state"], after["card"], after["waiting"]) == ("promised", sale["card"], sale["waiting"])


async def test_who_goes_back_from_a_promise_that_was_not_made_is_at_the_refund_again(modules: Modules) -> None:
    asked = (UNDO, "7", "5", "enter")
    first = sent(await play(modules, *asked))[0]
    again = sent(await play(modules, *asked, declined(first["operation_id"]), LATER))[-1]
    problem: Step = {
        "name": "problem",
        "operation_id": again["operation_id"],
        "problem": {"code": "disk_full", "retryable": False},
    }
    sale = await play(modules, *asked, declined(first["operation_id"]), LATER, problem, "back")
    assert (sale["state"], sale["undo"]["receipt_number"]) == ("refund", "12-1-000031")


async def test_what_another_asked_for_is_not_this_cashiers_to_promise(modules: Modules) -> None:
    theirs: Step = {**declined("pos-1"), "name": "announced"}
    sale = await play(modules, theirs, LATER)
    assert (sale["state"], sent(sale)) == ("declined", [])
