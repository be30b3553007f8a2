"""What a POS does all day, and what it must be able to rely on when it has heard nothing."""

import asyncio
from typing import Any

from terminal.answers import ClockStatus, Status
from terminal.slip_job import SlipStep
from tests.api.shop import Shop
from tests.chains.company import number

ALICE, BOB = 417, 418


def charge_of(presentation: str, amount: int, operation_id: str = "sale-0001", **more: str) -> dict[str, Any]:
    return {"operation_id": operation_id, "presentation": presentation, "amount": amount, **more}


async def test_the_till_says_who_it_is(shop: Shop) -> None:
    hello = (await shop.ask("GET", "/v1/hello")).body
    assert (hello["product"], hello["api"], hello["till"], hello["mode"]) == ("counterfoil", "1", "07-2", "transfer")
    assert hello["currency"]["code"] == "CNY"
    status = (await shop.ask("GET", "/v1/status")).body
    assert (status["till"], status["presentation"], status["slips_waiting"]) == ("07-2", None, [])


async def test_the_page_gets_its_words_in_three_languages(shop: Shop) -> None:
    words = (await shop.ask("GET", "/v1/wording")).body
    assert set(words) == {"zh-TW", "zh-CN", "en"}
    assert words["zh-TW"].keys() == words["en"].keys()
    assert words["en"]["slip.copy"] == "COPY"


async def test_a_swiped_card_is_loaded_and_pays(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 50_000)
    paid = (await shop.ask("POST", "/v1/charges", charge_of(card, 12_900, cashier="C01", pos_ref="20261122-0815"))).body
    assert (paid["outcome"], paid["kind"], paid["replayed"]) == ("done", "sale", False)
    assert (paid["receipt_number"], paid["record"]) == ("07-2-000002", "07-2/1/3")
    assert paid["balance"] == {"principal": 37_100, "bonus": 6_055, "points": 0}
    assert len(paid["approval_code"]) == 6
    seen = (await shop.ask("GET", f"/v1/presentations/{card}")).body
    assert (seen["spendable"], seen["principal"], seen["bonus"]) == (43_155, 37_100, 6_055)


async def test_a_keyed_number_may_load_and_look_but_not_spend(shop: Shop) -> None:
    keyed = await shop.ask("POST", "/v1/presentations", {"number": number(ALICE).digits})
    assert (keyed.status, keyed.body["entry"], keyed.body["card"]) == (201, "keyed", str(number(ALICE)))
    await shop.load(keyed.body["presentation"], 50_000)
    declined = await shop.ask("POST", "/v1/charges", charge_of(keyed.body["presentation"], 100))
    assert (declined.status, declined.body["decline"]) == (200, "swipe_needed")


async def test_a_decline_is_an_answer_with_its_reasons_and_a_sentence(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    declined = await shop.ask("POST", "/v1/charges", charge_of(card, 100))
    assert (declined.status, declined.body["outcome"], declined.body["decline"]) == (200, "declined", "not_enough_here")
    assert declined.body["reasons"][-1] == {"rule": "spendable_here", "limit": 0, "seen": 100}
    assert declined.body["receipt_number"] is None
    assert "nothing was charged" in declined.body["cashier_message"]["en"]
    assert (await shop.ask("GET", "/v1/operations/sale-0001")).body == declined.body


async def test_a_number_that_is_no_card_of_ours_is_refused_by_its_code(shop: Shop) -> None:
    good = number(ALICE).digits
    last = str((int(good[-1]) + 1) % 10)
    for text, code in (
        ("4111111111111111", "card.not_ours"),
        (good[:-1], "card.wrong_length"),
        (good[:-1] + last, "card.wrong_check_digit"),
        ("", "card.not_ours"),
    ):
        refused = await shop.ask("POST", "/v1/presentations", {"number": text})
        assert (refused.status, refused.code) == (422, code)
        assert text not in str(refused.body) or not text
    assert (await shop.ask("GET", "/v1/status")).body["presentation"] is None


async def test_the_same_words_again_get_the_first_answer_and_move_nothing(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 50_000)
    first = await shop.ask("POST", "/v1/charges", charge_of(card, 100))
    book = await shop.book()
    again = await shop.ask("POST", "/v1/charges", charge_of(card, 100))
    assert again.body == {**first.body, "replayed": True}
    assert await shop.book() == book


async def test_the_same_id_with_other_words_is_a_conflict(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 50_000)
    await shop.ask("POST", "/v1/charges", charge_of(card, 100))
    book = await shop.book()
    for path, words in (
        ("/v1/charges", charge_of(card, 200)),
        ("/v1/charges", charge_of(card, 100, cashier="C02")),
        ("/v1/charges", charge_of(card, 100, pos_ref="20261122-0815")),
        ("/v1/loads", charge_of(card, 100, tender="cash")),
    ):
        refused = await shop.ask("POST", path, words)
        assert (refused.status, refused.code, refused.body["retryable"]) == (409, "operation_conflict", False)
    assert await shop.book() == book


async def test_a_card_number_in_a_field_that_is_printed_is_refused(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 1_000)
    misplaced = number(ALICE).digits
    for field in ("operation_id", "cashier", "pos_ref"):
        refused = await shop.ask("POST", "/v1/charges", charge_of(card, 700) | {field: misplaced})
        assert (refused.status, refused.body["code"]) == (422, "card_number_misplaced")
        assert misplaced not in str(refused.body)


async def test_a_pos_ref_names_one_done_charge(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    declined = await shop.ask("POST", "/v1/charges", charge_of(card, 700, "sale-0001", pos_ref="0815"))
    await shop.load(card, 50_000)
    done = await shop.ask("POST", "/v1/charges", charge_of(card, 700, "sale-0002", pos_ref="0815"))
    assert [declined.body["outcome"], done.body["outcome"]] == ["declined", "done"]
    book = await shop.book()
    again = await shop.ask("POST", "/v1/charges", charge_of(card, 700, "sale-0003", pos_ref="0815"))
    assert again.body == {**done.body, "replayed": True}
    other = await shop.ask("POST", "/v1/charges", charge_of(card, 800, "sale-0004", pos_ref="0815"))
    assert (other.status, other.code) == (409, "pos_ref_conflict")
    assert await shop.book() == book
    sale = await shop.ask("GET", "/v1/operations", params={"pos_ref": "0815"})
    assert sale.body == [declined.body, done.body]


async def test_a_hundred_tries_at_once_have_one_effect(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 50_000)
    words = charge_of(card, 12_900, pos_ref="20261122-0815")
    replies = await asyncio.gather(*(shop.ask("POST", "/v1/charges", words) for _ in range(100)))
    assert [reply.status for reply in replies] == [200] * 100
    assert sorted(reply.body["replayed"] for reply in replies) == [False] + [True] * 99
    assert len({reply.body["record"] for reply in replies}) == 1
    assert (await shop.ask("GET", f"/v1/presentations/{card}")).body["principal"] == 37_100


async def test_an_operation_that_never_came_is_told_from_one_that_did(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    loaded = await shop.load(card, 100)
    assert (await shop.ask("GET", "/v1/operations/load-0001")).body == loaded.body
    for unknown in ("sale-9999", "x", "%00", "%F0%9F%92%A9", "a" * 4000, "..%2F..%2Fetc"):
        reply = await shop.ask("GET", f"/v1/operations/{unknown}")
        assert (reply.status, reply.code) == (404, "unknown_operation")
    assert (await shop.ask("GET", "/v1/operations", params={"pos_ref": "none"})).body == []


async def test_a_charge_without_its_card_is_refused_and_a_repeat_of_a_done_one_is_not(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    await shop.load(card, 50_000)
    done = await shop.ask("POST", "/v1/charges", charge_of(card, 100))
    assert (await shop.ask("DELETE", f"/v1/presentations/{card}")).status == 204
    book = await shop.book()
    refused = await shop.ask("POST", "/v1/charges", charge_of(card, 100, "sale-0002"))
    assert (refused.status, refused.code) == (409, "no_card")
    await shop.swipe(BOB)
    refused = await shop.ask("POST", "/v1/charges", charge_of(card, 100, "sale-0002"))
    assert (refused.status, refused.code) == (410, "card_gone")
    assert (await shop.ask("POST", "/v1/charges", charge_of(card, 100))).body == {**done.body, "replayed": True}
    conflict = await shop.ask("POST", "/v1/charges", charge_of(card, 200))
    assert (conflict.status, conflict.code) == (409, "operation_conflict")
    assert await shop.book() == book


async def test_a_card_that_lies_too_long_is_gone(shop: Shop) -> None:
    card = await shop.swipe(ALICE)
    shop.clock.now_s += 179
    assert (await shop.ask("GET", f"/v1/presentations/{card}")).body["expires_in_s"] == 1
    shop.clock.now_s += 1
    for method in ("GET", "DELETE"):
        gone = await shop.ask(method, f"/v1/presentations/{card}")
        assert (gone.status, gone.code) == (410, "card_gone")


async def test_a_slip_is_read_asked_about_and_printed_again(shop: Shop) -> None:
    receipt = (await shop.load(await shop.swipe(ALICE), 100)).body["receipt_number"]
    slip = (await shop.ask("GET", f"/v1/slips/{receipt}")).body
    assert (slip["state"], slip["run"], slip["copy"], set(slip["text"])) == (
        "created",
        1,
        False,
        {"zh-TW", "zh-CN", "en"},
    )
    early = await shop.ask("POST", f"/v1/slips/{receipt}/answers", {"came_out": True})
    assert (early.status, early.code) == (409, "slip_not_waiting")
    await shop.till.slips.step(1, SlipStep.STARTED)
    await shop.till.slips.step(1, SlipStep.UNKNOWN, "no_answer")
    assert (await shop.ask("GET", "/v1/status")).body["slips_waiting"] == [
        {"receipt_number": receipt, "state": "unknown", "run": 1, "reasons": ["no_answer"]}
    ]
    settled = await shop.ask("POST", f"/v1/slips/{receipt}/answers", {"came_out": True})
    assert (settled.status, settled.body["state"]) == (200, "settled")
    copy = await shop.ask("POST", f"/v1/slips/{receipt}/copies", {})
    assert (copy.body["state"], copy.body["run"], copy.body["copy"]) == ("created", 2, True)
    assert "COPY" in copy.body["text"]["en"]


async def test_a_slip_that_does_not_exist_is_said_to_be_unknown(shop: Shop) -> None:
    await shop.load(await shop.swipe(ALICE), 100)
    book = await shop.book()
    for receipt in (
        "07-2-000002",
        "07-3-000001",
        "x",
        "07-2-",
        "07-2-" + "9" * 30,
        "07-2-" + "9" * 5000,
        "07-2-%C2%B2",
    ):
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/answers", {"came_out": False}),
            ("POST", "/copies", {}),
        ):
            reply = await shop.ask(method, f"/v1/slips/{receipt}{path}", body)
            assert (reply.status, reply.code) == (404, "slip_unknown"), receipt[:40]
    assert await shop.book() == book


async def test_a_slip_has_one_name(shop: Shop) -> None:
    await shop.load(await shop.swipe(ALICE), 100)
    assert (await shop.ask("GET", "/v1/slips/07-2-1")).status == 404
    assert (await shop.ask("GET", "/v1/slips/07-2-000001")).status == 200


async def test_the_day_is_closed(shop: Shop) -> None:
    closed = (await shop.ask("POST", "/v1/day-closes", {})).body
    assert (closed["closed"], closed["opens"]) == ("2026-11-22", "2026-11-23")
    assert (await shop.ask("GET", "/v1/hello")).body["business_date"] == "2026-11-23"


async def test_a_day_that_is_named_is_closed_once(shop: Shop) -> None:
    named = {"business_date": "2026-11-22"}
    closed = await shop.ask("POST", "/v1/day-closes", named)
    assert (await shop.ask("POST", "/v1/day-closes", named)).body == closed.body
    assert (await shop.ask("GET", "/v1/hello")).body["business_date"] == "2026-11-23"
    other = await shop.ask("POST", "/v1/day-closes", {"business_date": "2026-11-30"})
    assert (other.status, other.body["code"]) == (409, "day_not_open")


async def test_a_clock_that_has_jumped_is_told_and_closes_no_day(shop: Shop) -> None:
    assert (await shop.ask("GET", "/v1/status")).body["clock"] is None
    shop.clock.set_ms = -3_600_000
    await shop.load(await shop.swipe(ALICE), 100)
    told = [one.data.clock for one in shop.till.events._missed(0) if isinstance(one.data, Status)]
    assert told == [ClockStatus("jumped", -3_600_000)]
    refused = await shop.ask("POST", "/v1/day-closes", {})
    assert (refused.status, refused.code) == (409, "clock_doubted")
    assert "opens" in refused.body["cashier_message"]["en"]
    assert (await shop.ask("GET", "/v1/status")).body["clock"] == {"doubt": "jumped", "off_ms": -3_600_000}
    assert (await shop.ask("POST", "/v1/day-closes", {"opens": "2026-11-22"})).code == "date_not_possible"
    assert (await shop.ask("POST", "/v1/day-closes", {"opens": "2026-11-24"})).body["opens"] == "2026-11-24"
