"""Members through HQ's API: what is taken, what is shown, what is refused, and that no number leaks on the way."""

from http import HTTPStatus
from pathlib import Path

import pytest
import structlog

from hq_server.api.app import BODY_BYTES_MAX
from hq_server.reception import Reception
from ledger.ids import AccountId
from protocol.conversation import FOUND_MAX, Directory, Find, Found, Look, Seen
from protocol.phones import phone_hash
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.people import (
    MING_DIGITS,
    MING_PHONE,
    TOKEN_KEY,
    account_of,
    ask,
    calling,
    hear,
    ming,
    number,
    seen_at,
)
from tests.hq_server.serving import Serving

MING = account_of(1)
HASH = phone_hash(TOKEN_KEY, f"+886{MING_DIGITS}")
CREATED, OK, BAD, MISSING, CONFLICT = (
    *(HTTPStatus.CREATED, HTTPStatus.OK, HTTPStatus.BAD_REQUEST),
    *(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)


async def test_who_joins_is_shown_with_a_masked_card(hq: Serving) -> None:
    status, said = await ask(hq, "POST", "/v1/members", ming())
    assert status == CREATED
    assert said.pop("joined_at_ms") > 0
    assert said == {
        "account": MING,
        "card": "6222****" + number(1)[-4:],
        "kind": "member",
        "name": "王小明",
        "phone": "+886912345678",
        "birth_month": 3,
        "tier": "gold",
        "store": "07",
        "language": "zh-TW",
    }


async def test_a_member_is_found_by_phone_and_by_card(hq: Serving) -> None:
    _, joined = await ask(hq, "POST", "/v1/members", ming())
    for search in ({"phone": "+886 912 345 678"}, {"phone": MING_PHONE}, {"card": number(1)}):
        assert await ask(hq, "POST", "/v1/member-searches", search) == (OK, {"members": [joined]})
    for search in ({"phone": "0987654321"}, {"card": number(2)}):
        assert await ask(hq, "POST", "/v1/member-searches", search) == (OK, {"members": []})


@pytest.mark.parametrize(
    ("search", "code"),
    [
        ({}, "bad_request"),
        ({"phone": MING_PHONE, "card": number(1)}, "bad_request"),
        ({"phone": "12"}, "phone_wrong"),
        ({"card": "4111111111111111"}, "card_wrong"),
    ],
)
async def test_a_search_for_nothing_is_refused(hq: Serving, search: object, code: str) -> None:
    status, said = await ask(hq, "POST", "/v1/member-searches", search)
    assert (status, said["code"]) == (BAD, code)


async def test_a_card_opens_one_file(hq: Serving) -> None:
    await ask(hq, "POST", "/v1/members", ming())
    status, said = await ask(hq, "POST", "/v1/members", ming(name="李大同"))
    assert (status, said["code"]) == (CONFLICT, "card_taken")
    assert set(said["message"]) == {"zh-TW", "zh-CN", "en"}
    _, found = await ask(hq, "POST", "/v1/member-searches", {"card": number(1)})
    assert [one["name"] for one in found["members"]] == ["王小明"]


async def test_a_family_has_one_phone_until_a_till_could_not_show_it(hq: Serving) -> None:
    for serial in range(FOUND_MAX):
        assert (await ask(hq, "POST", "/v1/members", ming(serial)))[0] == CREATED
    status, said = await ask(hq, "POST", "/v1/members", ming(FOUND_MAX))
    assert (status, said["code"]) == (CONFLICT, "phone_crowded")
    assert (await ask(hq, "POST", "/v1/members", ming(FOUND_MAX, phone="0987654321")))[0] == CREATED
    path = f"/v1/members/{account_of(FOUND_MAX)}/changes"
    assert (await ask(hq, "POST", path, {"phone": MING_PHONE}))[1]["code"] == "phone_crowded"
    assert (await ask(hq, "POST", f"/v1/members/{MING}/changes", {"phone": MING_PHONE, "tier": "vip"}))[0] == OK


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"number": "6222"}, "card_wrong"),
        ({"number": number(1)[:-1] + str((int(number(1)[-1]) + 1) % 10)}, "card_wrong"),
        ({"number": "4111111111111111"}, "card_wrong"),
        ({"number": "٦٢٢٢" * 4}, "card_wrong"),
        ({"name": ""}, "name_wrong"),
        ({"name": "x" * 61}, "name_wrong"),
        ({"name": "王\x07"}, "name_wrong"),
        ({"phone": "911"}, "phone_wrong"),
        ({"number": 6222}, "bad_request"),
        ({"name": None}, "bad_request"),
        ({"phone": 912345678}, "bad_request"),
        ({"birth_month": 13}, "bad_request"),
        ({"birth_month": "3"}, "bad_request"),
        ({"tier": "gold card"}, "bad_request"),
        ({"tier": "x" * 21}, "bad_request"),
        ({"store": "07-2"}, "bad_request"),
        ({"store": ""}, "bad_request"),
        ({"language": "fr"}, "bad_request"),
        ({"pin": "1234"}, "bad_request"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_cannot_be_kept_is_refused(steady_hq: Serving, wrong: dict[str, object], code: str) -> None:
    status, said = await ask(steady_hq, "POST", "/v1/members", ming() | wrong)
    assert (status, said["code"]) == (BAD, code)
    assert await ask(steady_hq, "POST", "/v1/member-searches", {"phone": MING_PHONE}) == (OK, {"members": []})


PATHS = [
    "/v1/members",
    "/v1/member-searches",
    f"/v1/members/{MING}/changes",
    f"/v1/members/{MING}/erasures",
    "/v1/blocks",
    "/v1/unblocks",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'"6222"', b"\xff", b'{"x": 1}', b"[" * 30_000])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_that_is_none_is_a_bad_request(steady_hq: Serving, path: str, body: bytes) -> None:
    status, said = await ask(steady_hq, "POST", path, body)
    assert (status, said["code"]) == (BAD, "bad_request")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_huge_body_is_not_read(steady_hq: Serving, path: str) -> None:
    status, said = await ask(steady_hq, "POST", path, b" " * (BODY_BYTES_MAX + 1))
    assert (status, said["code"]) == (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large")


async def test_an_account_shows_whose_it_is_and_what_lies_where(hq: Serving) -> None:
    assert (await ask(hq, "GET", f"/v1/members/{MING}"))[1]["code"] == "member_unknown"
    _, joined = await ask(hq, "POST", "/v1/members", ming())
    nothing = {"principal": 0, "bonus": 0, "points": 0}
    said = {"account": MING, "member": joined, "places": [], "under_way": nothing}
    assert await ask(hq, "GET", f"/v1/members/{MING}") == (OK, said)


async def test_an_account_of_nobody_known_shows_its_value(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(6)
    _, said = await ask(hq, "GET", f"/v1/members/{ALICE}")
    assert said["member"] is None
    assert sum(place["principal"] for place in said["places"]) + said["under_way"]["principal"] == 15


async def test_a_file_is_changed_by_what_is_said(hq: Serving) -> None:
    _, joined = await ask(hq, "POST", "/v1/members", ming())
    changes = {"name": "王大明", "phone": "", "language": "zh-CN"}
    _, changed = await ask(hq, "POST", f"/v1/members/{MING}/changes", changes)
    assert changed == joined | changes
    assert await ask(hq, "POST", f"/v1/members/{MING}/changes", {}) == (OK, changed)
    assert await ask(hq, "POST", "/v1/member-searches", {"phone": MING_PHONE}) == (OK, {"members": []})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "1"}, "phone_wrong"),
        ({"name": " "}, "name_wrong"),
        ({"name": None}, "bad_request"),
        ({"birth_month": -1}, "bad_request"),
        ({"number": number(2)}, "bad_request"),
    ],
)
async def test_a_change_that_cannot_be_kept_changes_nothing(hq: Serving, changes: object, code: str) -> None:
    _, joined = await ask(hq, "POST", "/v1/members", ming())
    status, said = await ask(hq, "POST", f"/v1/members/{MING}/changes", changes)
    assert (status, said["code"]) == (BAD, code)
    assert (await ask(hq, "GET", f"/v1/members/{MING}"))[1]["member"] == joined


@pytest.mark.parametrize("path", ["", "/changes", "/erasures"])
@pytest.mark.parametrize("account", [MING, "nobody", "%00", "x" * 500, "王"])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_member_whom_nobody_knows_is_a_problem(steady_hq: Serving, account: str, path: str) -> None:
    status, said = await ask(steady_hq, "POST" if path else "GET", f"/v1/members/{account}{path}", {} if path else None)
    assert (status, said["code"]) == (MISSING, "member_unknown")


async def test_an_erased_member_leaves_its_value(hq: Serving) -> None:
    """The account is the card's token; HQ forgets who has the card, and the value lies where it lay."""
    keeper = Keeper()
    keeper.open()
    keeper.load(MING, 500)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(2)
    await ask(hq, "POST", "/v1/members", ming())
    _, before = await ask(hq, "GET", f"/v1/members/{MING}")
    status, after = await ask(hq, "POST", f"/v1/members/{MING}/erasures", {})
    assert status == OK
    assert after == before | {"member": None}
    assert (await ask(hq, "POST", f"/v1/members/{MING}/erasures", {}))[0] == MISSING
    assert await ask(hq, "GET", f"/v1/members/{MING}") == (OK, after)
    assert await ask(hq, "POST", "/v1/member-searches", {"phone": MING_PHONE}) == (OK, {"members": []})


async def test_a_till_that_looks_is_told_who_it_is_masked(hq: Serving) -> None:
    await ask(hq, "POST", "/v1/members", ming())
    async with calling(hq, traded()) as caller:
        seen = await hear(await caller.say(Look(MING, MING)), Seen)
        assert seen.account == MING
        assert (seen.member.name, seen.member.phone, seen.member.tier) == ("王○明", HASH, "gold")
        assert (await hear(await caller.say(Look(ALICE, ALICE)), Seen)).member is None


async def test_a_till_that_finds_by_phone_says_and_hears_a_hash_only(hq: Serving) -> None:
    for serial in (1, 2):
        await ask(hq, "POST", "/v1/members", ming(serial))
    async with calling(hq, traded()) as caller:
        found = await hear(await caller.say(Find(HASH)), Found)
        assert [one.account for one in found.members] == [account_of(1), account_of(2)]
        assert (await hear(await caller.say(Find(bytes(32))), Found)).members == ()


async def test_the_news_of_a_store_reach_its_tills_and_no_others(hq: Serving) -> None:
    other = traded(place="12-1", seed=8)
    await hq.enrol(other)
    async with calling(hq, traded()) as here, calling(hq, other) as there:
        await ask(hq, "POST", "/v1/members", ming())
        told = await hear(here, Directory)
        assert ([one.name for one in told.members], told.version) == (["王○明"], 1)
        assert await seen_at(hq, "12", MING)
        assert [one.account for one in (await hear(there, Directory)).members] == [MING]
        await ask(hq, "POST", f"/v1/members/{MING}/changes", {"name": "王大同"})
        for caller in (here, there):
            told = await hear(caller, Directory)
            assert ([one.name for one in told.members], told.version) == (["王○同"], 2)


async def test_a_till_that_was_away_goes_on_where_it_was(hq: Serving) -> None:
    for serial in (1, 2, 3):
        await ask(hq, "POST", "/v1/members", ming(serial))
    for version, accounts in ((0, [1, 2, 3]), (2, [3]), (99, [1, 2, 3])):
        async with calling(hq, traded(), directory=version) as caller:
            told = await hear(caller, Directory)
            assert [one.account for one in told.members] == [account_of(serial) for serial in accounts]
            assert told.version == 3


async def test_a_long_directory_comes_in_parts(hq: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq_server.reception.DIRECTORY_LINES_MAX", 2)
    for serial in range(5):
        await ask(hq, "POST", "/v1/members", ming(serial))
    async with calling(hq, traded()) as caller:
        parts = [await hear(caller, Directory) for _ in range(3)]
    assert [(len(part.members), part.version) for part in parts] == [(2, 2), (2, 4), (1, 5)]


async def test_an_erasure_reaches_the_tills(hq: Serving) -> None:
    other = traded(place="12-1", seed=8)
    await hq.enrol(other)
    await ask(hq, "POST", "/v1/members", ming())
    async with calling(hq, traded(), directory=1) as here, calling(hq, other) as there:
        await ask(hq, "POST", f"/v1/members/{MING}/erasures", {})
        for caller in (here, there):
            (line,) = (await hear(caller, Directory)).members
            assert (line.account, line.gone, line.name, line.phone) == (MING, True, "", b"")


async def test_a_visit_that_is_posted_makes_the_member_known_there(hq: Serving) -> None:
    keeper = Keeper("12-1", seed=8)
    await hq.enrol(keeper)
    keeper.open()
    keeper.load(MING, 500)
    await ask(hq, "POST", "/v1/members", ming())
    async with calling(hq, keeper) as caller:
        await caller.say(keeper.batch())
        assert [one.account for one in (await hear(caller, Directory)).members] == [MING]


def flattened(said: object) -> str:
    return repr(said)


async def test_no_number_is_said_again_in_a_wrong_place(hq: Serving) -> None:
    """A form with its fields mixed up: what is wrong is told without what was keyed in."""
    for wrong in ({"language": number(1)}, {"store": number(1)}, {"tier": MING_DIGITS}, {number(1): 1}):
        _, said = await ask(hq, "POST", "/v1/members", ming() | wrong)
        assert said["code"] == "bad_request"
        assert number(1) not in flattened(said)
        assert MING_DIGITS not in flattened(said)


async def test_nothing_private_is_logged_whatever_fails(hq: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    with structlog.testing.capture_logs() as lines:
        await ask(hq, "POST", "/v1/members", ming())
        await ask(hq, "POST", "/v1/members", ming())
        await ask(hq, "POST", "/v1/member-searches", {"phone": MING_PHONE})
        await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
        await ask(hq, "POST", f"/v1/members/{MING}/changes", {"name": "王大同"})
        await ask(hq, "GET", f"/v1/members/{MING_PHONE}")

        async def fail(_self: Reception, *_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(Reception, "join", fail)
        status, said = await ask(hq, "POST", "/v1/members", ming(2))
        assert (status, said["code"]) == (HTTPStatus.INTERNAL_SERVER_ERROR, "internal")
        monkeypatch.undo()
        await ask(hq, "POST", f"/v1/members/{MING}/erasures", {})
    logged = repr(lines)
    assert "member joined" in logged
    assert "request failed" in logged
    for private in (number(1), number(2), MING_DIGITS, "345-678", "小明", "大同"):
        assert private not in logged


async def test_nothing_private_is_in_hqs_records(hq: Serving, tmp_path: Path) -> None:
    await ask(hq, "POST", "/v1/members", ming())
    await ask(hq, "POST", "/v1/blocks", {"number": number(1)})
    await ask(hq, "POST", f"/v1/members/{MING}/erasures", {})
    book = hq.parts.store._store._connection
    contents = b"".join(bytes(content) for (content,) in book.execute("select content from records"))
    assert MING.encode() in contents, "the block names the card by its token"
    for name in ("hq.db", "hq.db-wal"):
        on_disk = (tmp_path / "data" / name).read_bytes()
        for private in (number(1), MING_DIGITS, "王小明"):
            assert private.encode() not in contents + on_disk


def test_an_account_is_the_token_of_its_card() -> None:
    assert account_of(1) == AccountId(MING)
    assert len({account_of(serial) for serial in range(100)}) == 100
