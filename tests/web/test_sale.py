"""One sale as a table, without a till: what each input does, and what no order of inputs can do."""

import pytest

from tests.web.modules import Modules
from tests.web.table import (
    ABSENT,
    CARD,
    HELLO,
    LATE,
    MASKED,
    OTHER,
    PARTLY,
    REFUND,
    SILENT,
    SLIP,
    SWIPE,
    SWIPE_OTHER,
    VOID,
    Step,
    answered,
    play,
    sent,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_paying_is_swipe_amount_enter(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "2", "9", "enter")
    assert sale["state"] == "sending"
    assert [(one["kind"], one["amount"], one["presentation"]) for one in sent(sale)] == [("sale", 12900, "p-1")]


@pytest.mark.parametrize("keys", [("plus", "5", "0", "0", "enter", "1"), ("5", "0", "0", "plus", "1")])
async def test_loading_asks_for_its_tender_before_or_after_the_amount(modules: Modules, keys: tuple[str, ...]) -> None:
    sale = await play(modules, SWIPE, *keys)
    assert [(one["kind"], one["amount"], one["tender"]) for one in sent(sale)] == [("load", 50000, "cash")]


async def test_an_operation_has_its_id_from_the_first_key_of_its_amount(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "2", "erase", "3")
    assert sale["operation"]["operation_id"] == "op-1"


async def test_enter_twice_sends_once(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "enter", "enter", "enter")
    assert len(sent(sale)) == 1
    assert sale["note"]["key"] == "page.note.under_way"


async def test_enter_that_bounces_takes_no_result_away(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "enter", answered("op-1"), "enter", "enter")
    assert sale["state"] == "done"


async def test_esc_while_under_way_only_says_so(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "enter", "back")
    assert (sale["state"], sale["note"]["key"]) == ("sending", "page.note.under_way")


async def test_a_lost_answer_is_asked_for_until_it_is_known(modules: Modules) -> None:
    trail: list[Step] = [SWIPE, "1", "enter", SILENT, SILENT, SILENT]
    assert [(await play(modules, *trail[:length]))["state"] for length in (4, 5, 6)] == ["asking", "asking", "unknown"]
    sale = await play(modules, *trail, "back", "enter", answered("op-1"))
    assert sale["state"] == "done"
    assert len(sent(sale)) == 1


async def test_what_was_not_done_is_tried_again_under_the_same_id(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "enter", SILENT, ABSENT, "enter")
    first, second = sent(sale)
    assert first == second


async def test_what_was_not_done_keeps_its_id_even_when_the_amount_is_keyed_again(modules: Modules) -> None:
    """Were it done late after all, the till would see two contents under one id, and charge once."""
    sale = await play(modules, SWIPE, "1", "enter", SILENT, ABSENT, "back", "back", "2", "enter")
    assert [one["operation_id"] for one in sent(sale)] == ["op-1", "op-1"]
    assert [one["amount"] for one in sent(sale)] == [100, 200]


async def test_an_answer_to_an_operation_that_is_over_changes_nothing(modules: Modules) -> None:
    late = answered("op-1", "declined")
    sale = await play(modules, SWIPE, "1", "enter", answered("op-1"), SWIPE_OTHER, "2", "enter", late)
    assert (sale["state"], sale["operation"]["operation_id"]) == ("sending", "op-5")


async def test_a_swipe_opens_the_next_card_over_a_result(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "enter", answered("op-1"), SWIPE_OTHER)
    assert (sale["state"], sale["card"]["presentation"], sale["typed"]) == ("amount", "p-2", "")


async def test_a_swipe_in_mid_operation_waits_for_its_result(modules: Modules) -> None:
    waiting = await play(modules, SWIPE, "1", "enter", SWIPE_OTHER)
    assert (waiting["state"], waiting["waiting"]["presentation"]) == ("sending", "p-2")
    after = await play(modules, SWIPE, "1", "enter", SWIPE_OTHER, answered("op-1"), {"name": "enter", "after": LATE})
    assert (after["state"], after["card"]["presentation"]) == ("amount", "p-2")


@pytest.mark.parametrize("end", [answered("op-1"), answered("op-1", "declined"), SILENT])
async def test_a_card_that_waits_and_is_told_again_takes_no_result_away(modules: Modules, end: Step) -> None:
    """Whatever changes at the till, it tells the card that lies there as well."""
    ends = [end] if end != SILENT else [SILENT, ABSENT]
    before = await play(modules, SWIPE, "1", "enter", SWIPE_OTHER, *ends)
    told = {"name": "presented", "card": {**OTHER, "spendable": 7}}
    sale = await play(modules, SWIPE, "1", "enter", SWIPE_OTHER, *ends, told)
    assert sale == {**before, "waiting": told["card"]}


async def test_the_same_card_told_twice_keeps_what_is_typed(modules: Modules) -> None:
    assert (await play(modules, SWIPE, "1", SWIPE))["typed"] == "1"


async def test_esc_goes_back_one_step_at_a_time(modules: Modules) -> None:
    steps: list[Step] = [SWIPE, "plus", "5", "enter", "back", "back", "back", "back"]
    trail = [await play(modules, *steps[:length]) for length in range(4, 9)]
    assert [(one["state"], one["typed"], one["kind"]) for one in trail] == [
        ("tender", "5", "load"),
        ("amount", "5", "load"),
        ("amount", "", "load"),
        ("amount", "", "sale"),
        ("empty", "", "sale"),
    ]
    assert trail[-1]["errands"][-1] == {"name": "release", "presentation": "p-1"}


async def test_digits_without_a_card_are_a_card_number(modules: Modules) -> None:
    sale = await play(modules, *"62220", "erase", "enter")
    assert sale["state"] == "opening"
    assert sale["errands"] == [{"name": "look_up", "number": "6222"}]


async def test_a_number_that_is_refused_can_be_mended(modules: Modules) -> None:
    refused = {"name": "not_opened", "note": {"tone": "bad", "key": "x"}}
    sale = await play(modules, *"6223", "enter", refused, "erase", "2")
    assert (sale["state"], sale["number"]) == ("number", "6222")


async def test_no_amount_is_sent_that_is_zero_or_has_too_many_digits(modules: Modules) -> None:
    assert not sent(await play(modules, SWIPE, "0", "enter"))
    long = await play(modules, SWIPE, *"6222000000000017", "enter")
    assert not sent(long)
    assert long["note"]["key"] == "page.note.too_long"


async def test_cents_where_there_are_none_are_said_and_never_make_it_more(modules: Modules) -> None:
    cents = await play(modules, SWIPE, *"129", "point", *"5")
    assert (cents["typed"], cents["note"]["key"]) == ("129.", "page.note.no_decimals")
    none = await play(modules, SWIPE, *"129", "point", *"00", "enter")
    assert [operation["amount"] for operation in sent(none)] == [129_00]


async def test_a_card_whose_time_is_over_leaves_the_screen(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", {"name": "card_gone", "presentation": "p-1"})
    assert (sale["state"], sale["note"]["key"]) == ("empty", "page.note.card_gone")
    assert sale["errands"] == [{"name": "refresh", "presentation": "p-1", "after_ms": 180_500}]


async def test_a_result_outlives_its_card(modules: Modules) -> None:
    gone = {"name": "card_gone", "presentation": "p-1"}
    assert (await play(modules, SWIPE, "1", "enter", answered("op-1"), gone))["state"] == "done"


async def test_a_sale_of_the_pos_is_shown_to_an_idle_cashier_only(modules: Modules) -> None:
    pos = {**answered("pos-1"), "name": "announced"}
    assert (await play(modules, pos))["state"] == "done"
    assert (await play(modules, SWIPE, pos))["state"] == "done"
    assert (await play(modules, SWIPE, "1", pos))["state"] == "amount"
    assert (await play(modules, SWIPE, "1", "enter", pos))["state"] == "sending"


async def test_the_event_after_the_answer_brings_no_result_back(modules: Modules) -> None:
    event = {**answered("op-1"), "name": "announced"}
    paid: list[Step] = [SWIPE, "1", "enter", answered("op-1"), {"name": "enter", "after": LATE}]
    assert (await play(modules, *paid, event))["state"] == "amount"


@pytest.mark.parametrize(
    ("trail", "state"),
    [
        ([SWIPE, "1"], "amount"),
        ([SWIPE, "1", "plus"], "tender"),
        ([SWIPE, "1", "enter"], "asking"),
        ([SWIPE, "7", "0", "0", "split"], "split"),
        ([SWIPE, "7", "0", "0", "split", "enter", "enter"], "rest"),
        ([SWIPE, "7", "split", "enter"], "whole"),
        ([SWIPE, "7", "split", "enter", "enter"], "asking"),
        ([SWIPE, "erase"], "amount"),
        ([SWIPE, REFUND, "5"], "refund"),
        ([VOID], "void"),
        ([REFUND, "enter"], "asking"),
        ([VOID, "enter"], "asking"),
        ([SWIPE, "1", "enter", SILENT, ABSENT], "notdone"),
        ([SWIPE, "1", "enter", answered("op-1")], "done"),
        ([SWIPE, "1", "enter", answered("op-1", "declined")], "declined"),
        (["6", "2", "2", "2"], "empty"),
    ],
)
async def test_a_sale_outlives_a_reload(modules: Modules, trail: list[Step], state: str) -> None:
    before = await play(modules, *trail)
    after = await modules.run("reload", before)
    assert after["sale"]["state"] == state
    assert after["sale"]["operation"] == before["operation"]
    assert "622" not in after["kept"].replace(MASKED, "")
    asked = [("ask", before["operation"]["operation_id"])] if state == "asking" else []
    assert [(errand["name"], errand["operation_id"]) for errand in after["errands"]] == asked


@pytest.mark.parametrize("seed", range(8))
async def test_no_order_of_inputs_sends_twice_or_forgets_what_was_sent(modules: Modules, seed: int) -> None:
    walk = await modules.run("walk", 20_000, seed, HELLO, [CARD, OTHER], [SLIP, PARTLY])
    assert walk["faults"] == []
    assert walk["sends"] > 100
    everywhere = (
        "amount asking declined done empty history notdone number opening promised refund rest sending split tender "
        "unknown void whole"
    )
    assert walk["states"] == everywhere.split()
