"""What the page says when the till's answer is lost, late, or the till is gone: the truth, and it never charges twice.

An event tells of each operation as well, sooner than anybody can ask; most pages here are deaf to events.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Route, expect

from tests.web.counter import Counter
from tests.web.modules import script

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHARGES = "**/v1/charges"
ARRIVES_S_MAX = 20
ASKS_AGAIN_MS, QUIET_MS = 2000, 5000
FORWARDS_MAX, FORWARD_AGAIN_S = 100, 0.05
OPERATIONS = "**/v1/operations/*"
Handler = Callable[[Route], Awaitable[None]]


async def lose(route: Route) -> None:
    """The question never reaches the till."""
    await route.abort()


async def lose_answer(route: Route) -> None:
    """The till does it; its answer never comes back."""
    await route.fetch()
    await route.abort()


async def forward_until(counter: Counter, face: str, ms: int) -> None:
    """Let so much time pass, again and again, until the page shows this."""
    for _ in range(FORWARDS_MAX):
        await counter.page.clock.fast_forward(ms)
        if await counter.page.locator(f"body[data-face={face}]").count():
            return
        await asyncio.sleep(FORWARD_AGAIN_S)
    await counter.shows(face)


async def with_amount(counter: Counter, *, deaf: bool = True) -> None:
    """A card with NT$560.55, NT$129 keyed, nothing sent, and from now on no event."""
    await counter.load(500)
    await counter.swipe()
    await counter.press("129")
    if deaf:
        await counter.go_deaf()


async def test_a_charge_whose_answer_was_lost_is_found_done(counter: Counter) -> None:
    await with_amount(counter)
    await counter.meet(CHARGES, lose_answer)
    await counter.press("Enter")
    await counter.shows("done")
    await counter.reads("result_title", "已扣款")
    assert counter.spendable() == 43155


async def test_a_charge_that_never_arrived_is_said_not_done_and_tried_again(counter: Counter) -> None:
    await with_amount(counter)
    await counter.meet_once(CHARGES, lose)
    await counter.press("Enter")
    await counter.shows("notdone")
    await counter.reads("operation_title", "沒有扣款")
    assert counter.spendable() == 56055
    await counter.press("Enter")
    await counter.shows("done")
    assert counter.spendable() == 43155


@pytest.mark.thorough
async def test_a_decline_whose_answer_was_lost_is_found_too(counter: Counter) -> None:
    await with_amount(counter)
    await counter.meet(CHARGES, lose_answer)
    await counter.press("0 Enter")
    await counter.shows("declined")
    await expect(counter.page.locator("[data-value=decline_words]")).to_contain_text("不夠付 NT$1,290")


@pytest.mark.thorough
async def test_an_answer_that_takes_too_long_is_asked_for(counter: Counter) -> None:
    """The time-out is 5 s, and the story says when they are over; the till has long done it."""
    await with_amount(counter)
    await counter.page.evaluate(script("patience"))
    ends = asyncio.Event()

    async def hold(route: Route) -> None:
        await route.fetch()
        await ends.wait()

    await counter.meet(CHARGES, hold)
    await counter.press("Enter")
    await counter.shows("sending")
    await counter.press("/ Enter")
    await counter.reads("note", "這筆還在進行，請等結果。")
    await counter.page.evaluate("wait_for(4999)")
    await counter.shows("sending")
    await counter.page.evaluate("wait_for(5000)")
    await counter.shows("done")
    assert counter.spendable() == 43155
    ends.set()


async def test_nobody_knows_is_said_as_such_until_somebody_does(counter: Counter) -> None:
    await with_amount(counter)
    await counter.page.clock.install()
    await counter.meet(CHARGES, lose_answer)
    await counter.meet(OPERATIONS, lose)
    await counter.press("Enter")
    await counter.shows("unknown")
    await counter.reads("operation_title", "還不知道有沒有扣款")
    await counter.has_tone("face", "unsure")
    await counter.press("/ Enter 5")
    await counter.reads("note", "這筆還在進行，請等結果。")
    await counter.shows("unknown")
    await counter.page.clock.fast_forward(ASKS_AGAIN_MS)
    await counter.shows("unknown")
    await counter.page.unroute(OPERATIONS)
    await forward_until(counter, "done", ASKS_AGAIN_MS)
    assert counter.spendable() == 43155


WAYS = {
    "sales": ("200 * 129 Enter Enter 1 Enter Enter", "扣款", "已扣款", 43155),
    "refunds": ("* 3 29 Enter", "退貨", "已退貨", 46055),
    "voids": ("* 4 Enter", "作廢", "已作廢", 56055),
}
"""What the till is asked for beside a charge: its keys, the page's words for it, and what lies on the card then."""
EACH_WAY = pytest.mark.parametrize(
    "path", ["refunds", *(pytest.param(way, marks=pytest.mark.thorough) for way in ("sales", "voids"))]
)
"""The page has one way with lost answers for all of them."""


async def with_slip(counter: Counter) -> None:
    """A card of whose NT$560.55 a sale took NT$129; from now on no event."""
    await counter.load(500)
    await counter.charge(129)
    await counter.go_deaf()


async def on_the_way(counter: Counter, path: str) -> str:
    """All keys but the last Enter; its word."""
    keys, word, _, _ = WAYS[path]
    if path == "sales":
        await counter.load(500)
        await counter.swipe()
        await counter.go_deaf()
        await counter.press(keys.removesuffix(" Enter"))
        await counter.shows("whole")
        return word
    await with_slip(counter)
    await counter.press("*")
    await counter.has_told("slip_text")
    await counter.press(keys.removeprefix("* ").removesuffix(" Enter"))
    await counter.shows(path.removesuffix("s"))
    return word


@EACH_WAY
async def test_what_was_done_and_whose_answer_was_lost_is_found_done(counter: Counter, path: str) -> None:
    await on_the_way(counter, path)
    await counter.meet(f"**/v1/{path}", lose_answer)
    await counter.press("Enter")
    await counter.reads("result_title", WAYS[path][2])
    assert counter.spendable() == WAYS[path][3]


@EACH_WAY
async def test_what_never_arrived_is_said_not_done_and_done_once_when_tried_again(counter: Counter, path: str) -> None:
    word = await on_the_way(counter, path)
    before = counter.spendable()
    await counter.meet_once(f"**/v1/{path}", lose)
    await counter.press("Enter")
    await counter.shows("notdone")
    await counter.reads("operation_title", f"沒有{word}")
    assert counter.spendable() == before
    await counter.press("Enter Enter Enter")
    await counter.reads("result_title", WAYS[path][2])
    assert counter.spendable() == WAYS[path][3]


@pytest.mark.thorough
async def test_a_reload_in_mid_refund_asks_what_became_of_it(counter: Counter) -> None:
    await on_the_way(counter, "refunds")
    done, ends = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        await route.fetch()
        done.set()
        await ends.wait()

    await counter.meet("**/v1/refunds", hold)
    await counter.press("Enter")
    await asyncio.wait_for(done.wait(), ARRIVES_S_MAX)
    await counter.page.reload()
    await counter.reads("result_title", "已退貨")
    assert counter.spendable() == WAYS["refunds"][3]
    ends.set()


@pytest.mark.thorough
async def test_a_till_that_dies_after_a_void_tells_the_truth_when_it_is_back(counter: Counter) -> None:
    await on_the_way(counter, "voids")

    async def die_after(route: Route) -> None:
        await route.fetch()
        counter.till.kill()
        await route.abort()

    await counter.meet("**/v1/voids", die_after)
    await counter.press("Enter")
    await counter.shows("gone")
    await expect(counter.page.locator("[data-value=gone_words]")).to_contain_text("作廢 NT$129 這一筆還不知道結果")
    counter.start_again()
    await counter.reads("result_title", "已作廢")


@pytest.mark.thorough
async def test_an_event_tells_the_answer_that_was_lost(counter: Counter) -> None:
    await with_amount(counter, deaf=False)
    await counter.meet(CHARGES, lose_answer)
    await counter.meet(OPERATIONS, lose)
    await counter.press("Enter")
    await counter.shows("done")
    assert counter.spendable() == 43155


async def test_a_reload_in_mid_charge_asks_what_became_of_it(counter: Counter) -> None:
    await with_amount(counter)
    done, ends = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        await route.fetch()
        done.set()
        await ends.wait()

    await counter.meet(CHARGES, hold)
    await counter.press("Enter")
    await asyncio.wait_for(done.wait(), ARRIVES_S_MAX)
    await counter.page.reload()
    await counter.shows("done")
    await counter.reads("result_title", "已扣款")
    assert counter.spendable() == 43155
    ends.set()


@pytest.mark.thorough
async def test_a_reload_after_a_charge_that_never_arrived_says_not_done(counter: Counter) -> None:
    await with_amount(counter)
    asked, ends = asyncio.Event(), asyncio.Event()

    async def hold(_route: Route) -> None:
        asked.set()
        await ends.wait()

    await counter.meet_once(CHARGES, hold)
    await counter.press("Enter")
    await asyncio.wait_for(asked.wait(), ARRIVES_S_MAX)
    await counter.page.reload()
    await counter.shows("notdone")
    await counter.press("Enter")
    await counter.shows("done")
    assert counter.spendable() == 43155
    ends.set()


@pytest.mark.thorough
async def test_a_reload_after_the_result_keeps_its_approval_code_in_the_strip(counter: Counter) -> None:
    await with_amount(counter)
    await counter.press("Enter")
    await counter.shows("done")
    code = await counter.page.locator("[data-value=approval_code]").inner_text()
    await counter.page.reload()
    await counter.reads("strip_sale", f"NT$129 · {code}")


async def test_a_till_that_is_gone_is_said_big_and_what_is_typed_goes_nowhere(counter: Counter) -> None:
    await with_amount(counter, deaf=False)
    counter.till.kill()
    await counter.shows("gone")
    await expect(counter.page.locator("h1:visible")).to_have_text("收銀程式沒有回應")
    await expect(counter.page.locator("[data-value=gone_words]")).to_contain_text("這個畫面沒有扣過款，也沒有儲值")
    await counter.press("Enter Enter")
    await counter.shows("gone")
    counter.start_again()
    await counter.shows("empty")
    await counter.swipe()
    assert counter.spendable() == 56055


async def test_a_till_that_dies_after_a_charge_tells_the_truth_when_it_is_back(counter: Counter) -> None:
    await with_amount(counter)

    async def die_after(route: Route) -> None:
        await route.fetch()
        counter.till.kill()
        await route.abort()

    await counter.meet(CHARGES, die_after)
    await counter.press("Enter")
    await counter.shows("gone")
    counter.start_again()
    await counter.shows("done")
    await counter.reads("result_title", "已扣款")


@pytest.mark.thorough
async def test_a_till_that_dies_before_a_charge_tells_the_truth_when_it_is_back(counter: Counter) -> None:
    await with_amount(counter)

    async def die_before(route: Route) -> None:
        counter.till.kill()
        await route.abort()

    await counter.meet_once(CHARGES, die_before)
    await counter.press("Enter")
    await counter.shows("gone")
    await expect(counter.page.locator("[data-value=gone_words]")).to_contain_text("扣款 NT$129 這一筆還不知道結果")
    counter.start_again()
    await counter.shows("notdone")
    await counter.reads("operation_title", "沒有扣款")


async def test_what_happened_while_the_line_to_the_page_was_cut_is_caught_up_with(counter: Counter) -> None:
    """A page that hears nothing for 5 s asks, and one that was told nothing asks again a second later."""
    await counter.page.clock.install()
    await counter.page.reload()
    await counter.shows("empty")
    await counter.page.context.set_offline(offline=True)
    await forward_until(counter, "gone", QUIET_MS)
    await counter.slide(counter.track2())
    await counter.page.context.set_offline(offline=False)
    await forward_until(counter, "amount", QUIET_MS)
    await counter.reads("card", counter.masked())
