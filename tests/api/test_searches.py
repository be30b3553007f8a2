"""Members by phone number, at the door: whatever is sent, no number is kept, told or opened twice."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ledger.ids import Place
from ledger.journal_sqlite import transaction
from protocol.members import Share
from terminal.store import TillStore
from tests.api.shop import Shop
from tests.chains.company import ALICE, BOB, SCHEME, card
from tests.chains.till import NOON
from tests.terminal.stand_in_members import member_of

PHONE = "0912345678"
JSON = {"Content-Type": "application/json"}


async def know(shop: Shop, *serials: int) -> None:
    """The till remembers these members, all of one family."""
    lines = [member_of(SCHEME, card(serial), f"王○{serial}", PHONE) for serial in serials]

    def write(store: TillStore) -> None:
        with transaction(store._connection):
            store.members.learn(lines)

    await shop.store.do(write)


async def search(shop: Shop, phone: str = PHONE) -> Any:  # noqa: ANN401 - JSON
    reply = await shop.ask("POST", "/v1/searches", {"phone": phone})
    assert reply.status == 200, reply
    return reply.body


async def test_a_member_is_found_by_phone_and_may_load_and_not_spend(shop: Shop) -> None:
    await know(shop, 417)
    found = await search(shop, "+886 912-345-678")
    assert found["hq_answered"] is False
    (one,) = found["members"]
    assert one == {"candidate": one["candidate"], "name": "王○417", "card": ALICE.masked, "tier": "gold"}
    opened = await shop.ask("POST", "/v1/presentations", {"candidate": one["candidate"]})
    assert (opened.status, opened.body["entry"], opened.body["name"]) == (201, "phone", "王○417")
    assert opened.body["account"] == ALICE.account
    await shop.load(opened.body["presentation"], 50_000)
    words = {"operation_id": "sale-0001", "presentation": opened.body["presentation"], "amount": 100}
    assert (await shop.ask("POST", "/v1/charges", words)).body["decline"] == "swipe_needed"


async def test_nobody_is_an_answer(shop: Shop) -> None:
    assert await search(shop) == {"members": [], "hq_answered": False}


async def test_a_family_comes_whole(shop: Shop) -> None:
    await know(shop, 417, 418)
    assert {one["card"] for one in (await search(shop))["members"]} == {ALICE.masked, BOB.masked}


async def test_a_candidate_is_for_a_short_while(shop: Shop) -> None:
    await know(shop, 417)
    name = (await search(shop))["members"][0]["candidate"]
    shop.clock.now_s += 119
    assert (await shop.ask("POST", "/v1/presentations", {"candidate": name})).status == 201
    shop.clock.now_s += 1
    gone = await shop.ask("POST", "/v1/presentations", {"candidate": name})
    assert (gone.status, gone.code) == (410, "candidate_gone")


async def test_candidates_are_few(shop: Shop) -> None:
    await know(shop, 417)
    names = [(await search(shop))["members"][0]["candidate"] for _ in range(37)]
    assert len(set(names)) == 37
    first, last = names[0], names[-1]
    assert (await shop.ask("POST", "/v1/presentations", {"candidate": first})).code == "candidate_gone"
    assert (await shop.ask("POST", "/v1/presentations", {"candidate": last})).status == 201


@pytest.mark.parametrize("candidate", ["", "x", "../../etc", "\u2603", "6222", "0912345678"])
async def test_a_name_that_was_never_given_opens_nothing(shop: Shop, candidate: str) -> None:
    reply = await shop.ask("POST", "/v1/presentations", {"candidate": candidate})
    assert (reply.status, reply.code) == (410, "candidate_gone")
    assert (await shop.ask("GET", "/v1/status")).body["presentation"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"number": None},
        {"candidate": None},
        {"number": "1", "candidate": "x"},
        {"candidate": 1},
        {"candidate": "x" * 33},
        {"candidate": "a\nb"},
    ],
)
async def test_one_of_number_and_candidate_is_asked_for(shop: Shop, body: dict[str, object]) -> None:
    reply = await shop.ask("POST", "/v1/presentations", body)
    assert (reply.status, reply.code) == (400, "bad_request")


@pytest.mark.parametrize(
    "phone", ["", " ", "0812345678", "6222000000000417", "\u0660" * 10, "0912345678\n", "\0", "+" * 64]
)
async def test_what_is_no_phone_number_is_said_to_be_none_and_not_repeated(shop: Shop, phone: str) -> None:
    reply = await shop.ask("POST", "/v1/searches", {"phone": phone})
    assert (reply.status, reply.code) == (422, "not_a_phone")
    assert not phone.strip() or phone not in json.dumps(reply.body, ensure_ascii=False)


@pytest.mark.parametrize("phone", [None, 912345678, ["0912345678"], "0912345678" * 7, "9" * 60_000])
async def test_a_body_that_is_none_is_refused_without_its_words(shop: Shop, phone: object) -> None:
    reply = await shop.ask("POST", "/v1/searches", {"phone": phone})
    assert (reply.status, reply.code) == (400, "bad_request")
    assert "12345678" not in json.dumps(reply.body)
    assert "9999" not in json.dumps(reply.body)


async def test_a_phone_number_leaves_no_trace(shop: Shop, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    await know(shop, 417)
    await search(shop)
    for body in (b'{"phone": "0912345678", "more": 1}', b'{"phone": "0912345678"'):
        assert (await shop.ask("POST", "/v1/searches", data=body, headers=JSON)).status == 400
    said = capfd.readouterr()
    kept = await asyncio.to_thread(lambda: b"".join(file.read_bytes() for file in tmp_path.iterdir()))
    assert member_of(SCHEME, ALICE, "", PHONE).phone in kept
    assert b"12345678" not in said.out.encode() + said.err.encode() + kept


async def test_a_card_is_shown_with_its_member_and_what_lay_elsewhere(shop: Shop) -> None:
    await know(shop, 417)
    shares = (Share(Place("hq"), 300, 20, 7), Share(Place("07-2"), 9, 9, 9))
    await shop.store.do(lambda store: store.members.remember(ALICE.account, shares, NOON))
    shown = await shop.swipe(417)
    await shop.load(shown, 1_000)
    seen = (await shop.ask("GET", f"/v1/presentations/{shown}")).body
    assert (seen["name"], seen["tier"], seen["blocked"]) == ("王○417", "gold", False)
    assert (seen["principal"], seen["total"], seen["total_is_fresh"]) == (1_000, 1_320, False)
    assert seen["total_as_of"] == "2026-11-22T12:00:00+08:00"
    assert seen["shares"] == [
        {"place": "07-2", "principal": 1_000, "bonus": 0, "points": 0},
        {"place": "hq", "principal": 300, "bonus": 20, "points": 7},
    ]


async def test_a_card_of_which_hq_said_nothing_has_no_total(shop: Shop) -> None:
    seen = (await shop.ask("GET", f"/v1/presentations/{await shop.swipe(417)}")).body
    assert (seen["name"], seen["tier"], seen["total"], seen["total_as_of"], seen["shares"]) == (None,) * 4 + ([],)


async def test_a_blocked_card_says_so(shop: Shop) -> None:
    def block(store: TillStore) -> None:
        with transaction(store._connection):
            store.negative_list.block([ALICE.token])

    await shop.store.do(block)
    assert (await shop.ask("GET", f"/v1/presentations/{await shop.swipe(417)}")).body["blocked"] is True
    assert (await shop.ask("GET", f"/v1/presentations/{await shop.swipe(418)}")).body["blocked"] is False


async def test_a_decline_says_what_lies_elsewhere(shop: Shop) -> None:
    shares = (Share(Place("hq"), 30_000, 0, 0),)
    await shop.store.do(lambda store: store.members.remember(ALICE.account, shares, NOON))
    shown = await shop.swipe(417)
    words = {"operation_id": "sale-0001", "presentation": shown, "amount": 100}
    declined = (await shop.ask("POST", "/v1/charges", words)).body
    assert (declined["decline"], declined["elsewhere"]) == ("lies_elsewhere", 30_000)
    assert declined["elsewhere_as_of"] == "2026-11-22T12:00:00+08:00"
    assert "300.00" in declined["cashier_message"]["en"]
