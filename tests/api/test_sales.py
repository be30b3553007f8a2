"""A sale with its lines and a split payment, given back in parts, voided, and shown among the last movements."""

from terminal.store import TillStore
from tests.api.shop import Shop

ALICE, BOB = 417, 418


async def sold(shop: Shop, paid: dict[str, int] | None = None, **more: str) -> str:
    """A done sale of 300.00 to Alice, who has 1 000.00 and 150.00 of bonus; the number of its slip."""
    card = await shop.swipe(ALICE)
    await shop.load(card, 100_000, f"load-{more.get('operation_id', 'first')}")
    reply = await shop.sell(card, [20_000, 10_000], paid or {"stored_value": 30_000}, **more)
    assert (reply.status, reply.body["outcome"]) == (200, "done"), reply
    return str(reply.body["receipt_number"])


async def test_a_sale_is_paid_with_a_mix_and_earns_points(points_shop: Shop) -> None:
    card = await points_shop.swipe(ALICE)
    await points_shop.load(card, 50_000)
    first = (await points_shop.sell(card, [90_000, 0, 10_000], {"cash": 60_000, "stored_value": 40_000})).body
    assert (first["kind"], first["amount"], first["principal"], first["bonus"]) == ("sale", 100_000, 40_000, 0)
    assert (first["points_in"], first["balance"]) == (300, {"principal": 10_000, "bonus": 6_055, "points": 300})
    assert len(first["approval_code"]) == 6
    second = (await points_shop.sell(card, [5_050], {"points": 4_000, "mobile": 1_050}, "sale-0002")).body
    assert second["paid"] == [
        {"tender": "points", "units": 4_000, "points": 280},
        {"tender": "mobile", "units": 1_050, "points": 0},
    ]
    assert (second["points_out"], second["points_in"], second["balance"]["points"]) == (280, 3, 23)


async def test_who_is_no_more_than_keyed_in_earns_and_pays_in_cash(points_shop: Shop) -> None:
    card = (await points_shop.ask("POST", "/v1/presentations", {"number": "6222000000004175"})).body["presentation"]
    done = (await points_shop.sell(card, [10_000], {"cash": 10_000})).body
    assert (done["outcome"], done["points_in"], done["approval_code"]) == ("done", 30, None)
    for tender in ("stored_value", "points"):
        declined = (await points_shop.sell(card, [100], {tender: 100}, f"sale-{tender}")).body
        assert (declined["outcome"], declined["decline"]) == ("declined", "swipe_needed")


async def test_a_sale_is_declined_by_its_own_rules(points_shop: Shop) -> None:
    card = await points_shop.swipe(ALICE)
    for number, (items, paid, decline) in enumerate(
        [
            ([100], {"cash": 99}, "parts_differ"),
            ([100], {"cash": 100, "stored_value": 1}, "parts_differ"),
            ([0], {"cash": 1}, "not_chargeable"),
            ([100], {"points": 100}, "not_enough_points"),
            ([100], {"stored_value": 100}, "not_enough_here"),
            ([400_000], {"stored_value": 400_000}, "above_charge_limit"),
            ([10**12, 10**12], {"cash": 10**12, "mobile": 10**12}, "not_chargeable"),
        ]
    ):
        answer = (await points_shop.sell(card, items, paid, f"sale-000{number}")).body
        assert (answer["outcome"], answer["decline"]) == ("declined", decline)
        assert answer["receipt_number"] is None
        assert "nothing was" in answer["cashier_message"]["en"]


async def test_a_sale_is_given_back_in_parts_to_the_cent(points_shop: Shop) -> None:
    receipt = await sold(points_shop, {"cash": 10_000, "stored_value": 20_000})
    refundable = (await points_shop.ask("GET", f"/v1/slips/{receipt}")).body["refundable"]
    assert (refundable["total"], refundable["left"], refundable["voidable"]) == (30_000, 30_000, True)
    first = (await points_shop.refund(receipt, 10_000)).body
    assert (first["kind"], first["original"], first["card"]) == ("refund", receipt, "6222****4175")
    assert [(part["tender"], part["units"]) for part in first["paid"]] == [("cash", 3_334), ("stored_value", 6_666)]
    assert (first["points_out"], first["balance"]["points"]) == (30, 60)
    refundable = (await points_shop.ask("GET", f"/v1/slips/{receipt}")).body["refundable"]
    assert (refundable["left"], refundable["voidable"]) == (20_000, False)
    assert [part["units"] for part in refundable["paid"]] == [6_666, 13_334]
    rest = (await points_shop.refund(receipt, 20_000, "refund-0002")).body
    assert (rest["outcome"], rest["balance"]) == ("done", {"principal": 100_000, "bonus": 15_000, "points": 0})
    more = (await points_shop.refund(receipt, 1, "refund-0003")).body
    assert (more["decline"], more["reasons"][-1]) == (
        "more_than_left",
        {"rule": "left_of_original", "limit": 0, "seen": 1},
    )


async def test_a_void_undoes_a_sale_and_a_load_on_their_day(points_shop: Shop) -> None:
    receipt = await sold(points_shop)
    used = (await points_shop.void("07-2-000001")).body
    assert (used["outcome"], used["decline"]) == ("declined", "load_was_used")
    voided = (await points_shop.void(receipt, "void-0002")).body
    assert (voided["kind"], voided["amount"], voided["original"]) == ("void", 30_000, receipt)
    assert voided["balance"] == {"principal": 100_000, "bonus": 15_000, "points": 0}
    twice = (await points_shop.void(receipt, "void-0003")).body
    assert (twice["decline"], twice["amount"]) == ("already_undone", 30_000)
    assert (await points_shop.refund(receipt, 1, "refund-0001")).body["decline"] == "more_than_left"
    load = (await points_shop.void("07-2-000001", "void-0004")).body
    assert load["balance"] == {"principal": 0, "bonus": 0, "points": 0}


async def test_what_is_of_yesterday_is_refunded_and_not_voided(points_shop: Shop) -> None:
    receipt = await sold(points_shop)
    await points_shop.ask("POST", "/v1/day-closes", {})
    assert (await points_shop.ask("GET", f"/v1/slips/{receipt}")).body["refundable"]["voidable"] is False
    assert (await points_shop.void(receipt)).body["decline"] == "day_is_over"
    assert (await points_shop.refund(receipt, 30_000)).body["outcome"] == "done"


async def test_what_is_no_sale_of_this_till_cannot_be_given_back(points_shop: Shop) -> None:
    """Another till's, a load, a decline, a refund, a void, and what nobody ever printed."""
    receipt = await sold(points_shop)
    refund = (await points_shop.refund(receipt, 1_000)).body["receipt_number"]
    card = await points_shop.swipe(ALICE)
    await points_shop.sell(card, [100], {"points": 100 * 100 * 100}, "sale-declined")
    slips = ("07-3-000001", "08-2-000002", "07-2-000001", refund, "07-2-000009", "07-2-2", "07-2-0000002", "7-2-000002")
    for number, odd in enumerate(slips):
        answer = (await points_shop.refund(odd, 100, f"refund-odd-{number}")).body
        assert (answer["outcome"], answer["decline"], answer["receipt_number"]) == (
            "declined",
            "original_unknown",
            None,
        )
        if odd != "07-2-000001":
            answer = (await points_shop.void(odd, f"void-odd-{number}")).body
            assert (answer["decline"], answer["card"]) == ("original_unknown", "")
    assert (await points_shop.ask("GET", f"/v1/slips/{refund}")).body["refundable"] is None


async def test_a_refund_that_comes_again_is_done_once(points_shop: Shop) -> None:
    receipt = await sold(points_shop)
    first = await points_shop.refund(receipt, 1_000, pos_ref="back-1", cashier="C01")
    book = await points_shop.book()
    for again in (
        await points_shop.refund(receipt, 1_000, pos_ref="back-1", cashier="C01"),
        await points_shop.refund(receipt, 1_000, "refund-0002", pos_ref="back-1"),
    ):
        assert again.body == {**first.body, "replayed": True}
    other = await points_shop.refund(receipt, 999, pos_ref="back-1", cashier="C01")
    assert (other.status, other.code) == (409, "operation_conflict")
    other = await points_shop.refund(receipt, 999, "refund-0003", pos_ref="back-1")
    assert (other.status, other.code) == (409, "pos_ref_conflict")
    assert await points_shop.book() == book


async def test_a_pos_ref_stands_for_the_lines_and_the_payment_too(points_shop: Shop) -> None:
    card = await points_shop.swipe(ALICE)
    first = await points_shop.sell(card, [600, 400], {"cash": 1_000}, pos_ref="0815")
    again = await points_shop.sell(card, [600, 400], {"cash": 1_000}, "sale-0002", pos_ref="0815")
    assert again.body == {**first.body, "replayed": True}
    for number, (items, paid) in enumerate([([400, 600], {"cash": 1_000}), ([600, 400], {"mobile": 1_000})]):
        other = await points_shop.sell(card, items, paid, f"sale-other-{number}", pos_ref="0815")
        assert (other.status, other.code) == (409, "pos_ref_conflict")


async def test_points_that_were_spent_since_are_owed(points_shop: Shop) -> None:
    receipt = await sold(points_shop)
    card = await points_shop.swipe(ALICE)
    assert (await points_shop.sell(card, [1_000], {"points": 1_000}, "sale-0002")).body["points_out"] == 70
    refund = (await points_shop.refund(receipt, 30_000)).body
    assert (refund["points_out"], refund["points_owed"], refund["balance"]["points"]) == (20, 70, 0)


async def test_the_last_ten_movements_are_shown_the_latest_first(points_shop: Shop) -> None:
    receipt = await sold(points_shop, {"cash": 10_000, "stored_value": 20_000})
    await points_shop.refund(receipt, 3_000)
    for number in range(8):
        await points_shop.sell(await points_shop.swipe(BOB), [100], {"cash": 100}, f"sale-bob-{number}")
    card = await points_shop.swipe(ALICE)
    shown = (await points_shop.ask("GET", f"/v1/presentations/{card}/movements")).body
    assert (shown["hq"], shown["hq_as_of"]) == (None, None)
    assert [(one["kind"], one["amount"], one["stored_value"]) for one in shown["here"]] == [
        ("refund", 3_000, 2_000),
        ("sale", 30_000, -20_000),
        ("load", 100_000, 115_000),
    ]
    assert (shown["here"][1]["receipt_number"], shown["here"][1]["till"]) == (receipt, "07-2")
    assert (shown["here"][0]["points_out"], shown["here"][1]["points_in"]) == (9, 90)
    for number in range(11):
        await points_shop.sell(card, [number + 1], {"cash": number + 1}, f"sale-many-{number}")
    shown = (await points_shop.ask("GET", f"/v1/presentations/{card}/movements")).body
    assert [one["amount"] for one in shown["here"]] == list(range(11, 1, -1))
    await points_shop.ask("DELETE", f"/v1/presentations/{card}")
    assert (await points_shop.ask("GET", f"/v1/presentations/{card}/movements")).code == "card_gone"


async def test_a_revoked_till_gives_nothing_back(points_shop: Shop) -> None:
    receipt = await sold(points_shop)
    await points_shop.store.do(revoke)
    for reply in (await points_shop.refund(receipt, 100), await points_shop.void(receipt)):
        assert (reply.status, reply.code) == (403, "till_revoked")


def revoke(store: TillStore) -> None:
    store._connection.execute("insert into orders values (1, 1, 'revoke', zeroblob(32))")
