"""The sale's table in a hosted store: what HQ owes an answer, what it could not be asked, what is left on the card."""

from typing import Any

import pytest

from tests.web.modules import Modules
from tests.web.table import CARD, LATE, MASKED, SWIPE, Step, answered, play, sent

pytestmark = pytest.mark.asyncio(loop_scope="session")

AT_HQ: Step = {"name": "silent", "operation_id": "op-1", "atHq": True}
NOBODY_THERE: Step = {
    "name": "problem",
    "operation_id": "op-1",
    "problem": {"code": "hq_not_reached", "retryable": False},
}
SHARES = [
    {"place": "07-1", "principal": 100, "bonus": 0, "points": 0},
    {"place": "hq", "principal": 50000, "bonus": 6000, "points": 7},
    {"place": "07-1@hq", "principal": 0, "bonus": 55, "points": 5},
    {"place": "12-1", "principal": 9900, "bonus": 0, "points": 0},
]
CARD_AT_HQ = {**CARD, "principal": 50100, "points": 12, "spendable": 56155, "total": 66055, "shares": SHARES}
SWIPE_AT_HQ: Step = {"name": "presented", "card": CARD_AT_HQ}
NOTHING = {"principal": 0, "bonus": 0, "points": 0}


def at_hq(**more: object) -> dict[str, Any]:
    """What the till's place at HQ has done, which leaves nothing there."""
    said = {"record": "07-1@hq/1/9", "card": MASKED, "principal": 0, "bonus": 0, "points_in": 0, "points_out": 0}
    return {**said, "paid": [], "balance": NOTHING, **more}


async def test_what_hq_owes_an_answer_is_asked_for_and_never_sent_anew(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "enter", AT_HQ, AT_HQ, AT_HQ, "enter", "back", "7", "plus")
    assert (sale["state"], sale["asksHq"], len(sent(sale))) == ("unknown", True, 1)
    assert [errand["name"] for errand in sale["errands"][2:]] == ["ask", "ask", "ask"]


async def test_after_hq_could_not_be_asked_the_same_sale_has_another_id(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "enter", NOBODY_THERE, "enter", "enter")
    first, second = sent(sale)
    assert first["operation_id"] != second["operation_id"]
    assert first == second | {"operation_id": first["operation_id"]}


async def test_what_was_called_off_is_news_to_nobody_but_its_own_sale(modules: Modules) -> None:
    other = answered("op-9", "declined", **at_hq(decline="cancelled"))
    done = answered("op-1", **at_hq(principal=700))
    sale = await play(modules, SWIPE_AT_HQ, "7", "enter", done, {**other, "name": "announced"})
    assert (sale["state"], sale["answer"]["operation_id"]) == ("done", "op-1")
    own = answered("op-1", "declined", **at_hq(decline="cancelled"))
    assert (await play(modules, SWIPE_AT_HQ, "7", "enter", own))["state"] == "declined"


@pytest.mark.parametrize(
    ("answer", "after"),
    [
        (at_hq(principal=50000, bonus=700, points_in=3, points_out=12), (100, 5355, 3)),
        (at_hq(kind="load", principal=500, bonus=50), (50600, 6105, 12)),
        (at_hq(outcome="declined", decline="not_enough"), (50100, 6055, 12)),
    ],
)
async def test_what_hq_did_leaves_on_the_card_what_lay_within_its_reach(
    modules: Modules, answer: dict[str, Any], after: tuple[int, int, int]
) -> None:
    left = dict(zip(NOTHING, after, strict=True))
    told = answered("op-1", **{**answer, "balance": left})
    sale = await play(modules, SWIPE_AT_HQ, "7", "enter", told)
    assert sale["answer"]["balance"] == left
    card = sale["card"]
    assert {name: card[name] for name in NOTHING} == left
    assert card["spendable"] == left["principal"] + left["bonus"]
    assert card["total"] == card["spendable"] + 9900
    shares = {one["place"]: one for one in card["shares"]}
    assert shares.keys() == {"07-1", "hq", "12-1"}
    assert {name: shares["07-1"][name] + shares["hq"][name] for name in NOTHING} == left
    again = await play(modules, SWIPE_AT_HQ, "7", "enter", told, {"name": "enter", "now": LATE})
    assert again["card"] == card
    overtaken = await play(modules, SWIPE_AT_HQ, "7", "enter", {"name": "presented", "card": card}, told)
    assert (overtaken["state"], overtaken["answer"]["balance"], overtaken["card"]) == (sale["state"], left, card)


async def test_a_balance_that_nobody_knows_is_not_shown(modules: Modules) -> None:
    sale = await play(modules, SWIPE, "7", "enter", answered("op-1", **at_hq(principal=700, balance=None)))
    assert sale["answer"]["balance"] is None
    assert sale["card"] == CARD
