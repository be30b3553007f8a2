"""One sale as a table, without a till: what each input does, and what no order of inputs can do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.modules import Modules

pytestmark = pytest.mark.asyncio(loop_scope="session")

TWD = {"code": "TWD", "minor_digits": 2, "shown_digits": 0, "charge_step": 100}
HELLO = {"currency": TWD, "redeeming": {"points": 10, "units": 100}}
BALANCE = {"principal": 50000, "bonus": 6055, "points": 1200}
MASKED = "6222****0017"
CARD = {
    "presentation": "p-1",
    "card": MASKED,
    "entry": "swiped",
    "spendable": 56055,
    "expires_in_s": 180,
    "blocked": False,
    "total": None,
    **BALANCE,
}
OTHER = {**CARD, "presentation": "p-2", "card": "6222****0025"}
Step = str | dict[str, Any]
SWIPE: Step = {"name": "presented", "card": CARD}
SWIPE_OTHER: Step = {"name": "presented", "card": OTHER}
SILENT: Step = {"name": "silent", "operation_id": "op-1"}
ABSENT: Step = {"name": "absent", "operation_id": "op-1"}
LATE = 5000
PAID = [{"tender": "stored_value", "units": 50000, "points": 0}, {"tender": "cash", "units": 20000, "points": 0}]
SLIP = {
    "receipt_number": "07-1-000007",
    "kind": "sale",
    "refundable": {"total": 70000, "left": 70000, "paid": PAID, "voidable": True},
}
REFUND: Step = {"name": "undo", "kind": "refund", "slip": SLIP}
PARTLY = {**SLIP, "refundable": {"total": 70000, "left": 30000, "paid": PAID[:1], "voidable": False}}
VOID: Step = {"name": "undo", "kind": "void", "slip": SLIP}


def key(word: str) -> dict[str, Any]:
    return {"name": "digit", "digit": word} if word.isdigit() else {"name": word}


def answered(operation_id: str, outcome: str = "done", **more: object) -> dict[str, Any]:
    answer = {"operation_id": operation_id, "outcome": outcome, "kind": "sale", "balance": BALANCE, **more}
    return {"name": "answered", "operation_id": operation_id, "answer": answer}


async def play(modules: Modules, *inputs: Step) -> dict[str, Any]:
    """Keys by name ("1", "enter") and what the till says; the sale as it stands then, with its errands."""
    steps = [key(one) if isinstance(one, str) else one for one in inputs]
    sale: dict[str, Any] = await modules.run("play", steps, HELLO)
    return sale


def sent(sale: dict[str, Any]) -> list[dict[str, Any]]:
    return [errand["operation"] for errand in sale["errands"] if errand["name"] == "send"]


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


def parts(sale: dict[str, Any]) -> list[tuple[str, int]]:
    """Of the payment that was sent."""
    (operation,) = sent(sale)
    return [(one["tender"], one["amount"]) for one in operation["paid"]]


async def test_a_payment_in_parts_takes_the_card_first_and_leaves_the_rest_in_coins(modules: Modules) -> None:
    trail: list[Step] = [SWIPE, *"700", "split", "enter", "enter", "1", "enter"]
    whole = await play(modules, *trail)
    assert (whole["state"], sent(whole)) == ("whole", [])
    sale = await play(modules, *trail, "enter")
    assert parts(sale) == [("stored_value", 56000), ("cash", 14000)]
    assert sent(sale)[0]["amount"] == 70000


async def test_points_pay_what_is_keyed_for_them(modules: Modules) -> None:
    sale = await play(modules, SWIPE, *"700", "split", *"500", "enter", *"50", "enter", "2", *"100", "enter", "3", "enter", "enter")
    assert parts(sale) == [("stored_value", 50000), ("points", 5000), ("bank_card", 10000), ("mobile", 5000)]


async def test_a_sale_may_take_nothing_from_the_card_and_earn(modules: Modules) -> None:
    sale = await play(modules, SWIPE, *"80", "split", "0", "enter", "enter", "1", "enter", "enter")
    assert parts(sale) == [("cash", 8000)]


async def test_a_card_that_was_not_swiped_may_only_earn(modules: Modules) -> None:
    keyed: Step = {"name": "presented", "card": {**CARD, "entry": "phone"}}
    assert parts(await play(modules, keyed, *"80", "split", "1", "enter", "enter")) == [("cash", 8000)]


async def test_no_part_is_more_than_what_is_left_and_no_tender_pays_twice(modules: Modules) -> None:
    over = await play(modules, SWIPE, *"100", "split", *"101", "enter")
    assert (over["state"], over["note"]["key"]) == ("split", "page.note.more_than_left")
    twice = await play(modules, SWIPE, *"100", "split", "0", "enter", "enter", "1", "5", "enter", "1")
    assert (twice["state"], twice["note"]["key"]) == ("rest", "page.note.choose_part")


async def test_esc_takes_the_parts_back_one_by_one_and_keeps_the_price(modules: Modules) -> None:
    steps: list[Step] = [SWIPE, *"700", "split", "enter", "enter", "1", "enter", *["back"] * 6]
    trail = [await play(modules, *steps[:length]) for length in range(9, 15)]
    assert [(one["state"], one["split"] and one["split"]["tender"]) for one in trail] == [
        ("whole", None),
        ("split", "cash"),
        ("rest", None),
        ("split", "points"),
        ("split", "stored_value"),
        ("amount", None),
    ]
    assert (trail[-1]["typed"], trail[-1]["card"]["presentation"]) == ("700", "p-1")


async def test_a_sale_for_which_the_money_is_not_enough_offers_its_parts(modules: Modules) -> None:
    declined = answered("op-1", "declined", decline="not_enough_here", amount=70000)
    read: Step = {"name": "enter", "after": LATE}
    sale = await play(modules, SWIPE, *"700", "enter", declined, read, "enter", "enter", "1", "enter", "enter")
    first, second = sent(sale)
    assert (first["amount"], second["amount"]) == (70000, 70000)
    assert first["operation_id"] != second["operation_id"]
    assert [one["tender"] for one in second["paid"]] == ["stored_value", "cash"]


async def test_a_sale_that_was_declined_for_another_reason_offers_the_card_again(modules: Modules) -> None:
    declined = answered("op-1", "declined", decline="above_charge_limit", amount=70000)
    assert (await play(modules, SWIPE, "7", "enter", declined, {"name": "enter", "after": LATE}))["state"] == "amount"


async def test_a_refund_gives_back_all_or_what_is_keyed_and_never_more(modules: Modules) -> None:
    assert [(one["kind"], one["amount"]) for one in sent(await play(modules, REFUND, "enter"))] == [("refund", 70000)]
    assert [one["amount"] for one in sent(await play(modules, REFUND, "5", "0", "enter"))] == [5000]
    over = await play(modules, REFUND, *"701", "enter")
    assert (sent(over), over["note"]["key"]) == ([], "page.note.more_than_left")


async def test_a_void_is_asked_once_more(modules: Modules) -> None:
    assert not sent(await play(modules, VOID))
    (operation,) = sent(await play(modules, VOID, "enter"))
    assert (operation["kind"], operation["receipt_number"]) == ("void", "07-1-000007")


async def test_esc_leaves_an_undo_to_the_card_that_lies_there(modules: Modules) -> None:
    sale = await play(modules, SWIPE, REFUND, "5", "back", "back")
    assert (sale["state"], sale["card"]["presentation"], sale["undo"]) == ("amount", "p-1", None)
    assert (await play(modules, VOID, "back"))["state"] == "empty"


async def test_an_undo_that_was_lost_is_asked_for_and_tried_again_under_its_id(modules: Modules) -> None:
    silent, absent = ({"name": name, "operation_id": "op-0"} for name in ("silent", "absent"))
    sale = await play(modules, REFUND, "5", "enter", silent, absent, "back", "enter")
    first, second = sent(sale)
    assert first == second


async def test_an_undo_says_nothing_of_the_card_that_lies_there_and_asks_for_it(modules: Modules) -> None:
    undone = answered("op-1", kind="refund", amount=70000)
    undone["answer"]["balance"] = {"principal": 1, "bonus": 0, "points": 0}
    sale = await play(modules, SWIPE, REFUND, "enter", undone)
    assert (sale["state"], sale["card"]["spendable"]) == ("done", 56055)
    assert sale["errands"][-1] == {"name": "refresh", "presentation": "p-1", "after_ms": 0}


async def test_a_slip_in_the_middle_of_a_payment_waits(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "split", REFUND)
    assert (sale["state"], sale["note"]["key"]) == ("split", "page.note.finish_first")


async def test_the_rubber_shows_what_moved_when_there_is_nothing_to_rub_out(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "1", "erase", "erase")
    assert (sale["state"], sale["errands"][-1]) == ("history", {"name": "movements", "presentation": "p-1"})
    assert (await play(modules, SWIPE, "erase", "7"))["typed"] == "7"
    held: Step = {"name": "erase", "held": True}
    assert (await play(modules, SWIPE, "1", held, held, held))["state"] == "amount"


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
        "amount asking declined done empty history notdone number opening refund rest sending split tender unknown "
        "void whole"
    )
    assert walk["states"] == everywhere.split()
