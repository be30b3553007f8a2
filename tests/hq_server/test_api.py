"""HQ's API for people, commands and new tills: who may ask, what is answered, and what a bad request costs."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import msgspec
import pytest

from hq_server.api.app import BODY_BYTES_MAX
from hq_server.api.handlers import ENROLMENTS_BURST
from hq_server.api.routes import ROUTES, Route
from hq_server.world import World
from protocol.conversation import Acknowledged, Rejected
from protocol.enrolment import EnrolmentAnswer, EnrolmentRequest, ask, open_answer
from protocol.rejections import Rejection
from tests.hq_server.forger import ALICE, BOB, Keeper, traded
from tests.hq_server.serving import Serving, Till, serving

NONCE = bytes([5]) * 32
STANDING_STILL = World(monotonic_s=lambda: 1000.0)
"""A clock that gives nobody new tokens."""


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path, world=STANDING_STILL) as running:
        yield running


async def enrol(hq: Serving, request: EnrolmentRequest) -> tuple[int, bytes]:
    async with hq.http.post(hq.url + "/v1/enrolments", data=msgspec.json.encode(request)) as answer:
        return answer.status, await answer.read()


def request_of(keeper: Keeper, code: bytes) -> EnrolmentRequest:
    return ask(keeper.place, keeper.raw_key, NONCE, code)


def code_of(body: bytes) -> str:
    code = msgspec.json.decode(body)["code"]
    assert isinstance(code, str)
    return code


async def test_a_new_till_enrols_with_its_code_and_may_then_send(hq: Serving) -> None:
    keeper = traded()
    code = await hq.code_for("07-2")
    request = request_of(keeper, code)
    status, body = await enrol(hq, request)
    assert status == HTTPStatus.OK
    answered = msgspec.json.decode(body, type=EnrolmentAnswer)
    assert answered.hq_public_key.hex() == (await hq.get("/v1/hq"))["public_key"]
    keys = hq.parts.data.parent / "chain-cards.key"
    assert open_answer(request, answered, code) == keys.read_bytes()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        assert (await caller.until_posted(6)).held == 6


async def test_a_wrong_code_is_a_problem_in_plain_words(hq: Serving) -> None:
    keeper = traded()
    code = await hq.code_for("07-2")
    for request in (request_of(keeper, bytes(10)), request_of(traded(place="07-3"), code)):
        status, body = await enrol(hq, request)
        problem = msgspec.json.decode(body)
        assert (status, problem["status"], problem["code"]) == (
            HTTPStatus.FORBIDDEN,
            HTTPStatus.FORBIDDEN,
            "code_wrong",
        )
        assert set(problem["message"]) == {"zh-TW", "zh-CN", "en"}
        assert problem["detail"].startswith("The pairing code is wrong, too old, or used already")
    assert (await enrol(hq, request_of(keeper, code)))[0] == HTTPStatus.OK
    assert code_of((await enrol(hq, request_of(keeper, code)))[1]) == "code_wrong"


async def test_a_revoked_key_needs_to_be_another_one(hq: Serving) -> None:
    keeper = traded()
    await hq.enrol(keeper)
    await hq.post("/v1/tills/07-2/revocations", {})
    code = await hq.code_for("07-2")
    status, body = await enrol(hq, request_of(keeper, code))
    assert (status, code_of(body)) == (HTTPStatus.FORBIDDEN, "key_revoked")
    assert (await enrol(hq, request_of(traded(seed=8), code)))[0] == HTTPStatus.OK


async def test_a_flood_of_enrolments_is_told_to_come_again(hq: Serving) -> None:
    keeper = traded()
    statuses = [(await enrol(hq, request_of(keeper, bytes(10))))[0] for _ in range(ENROLMENTS_BURST + 5)]
    assert statuses == [HTTPStatus.FORBIDDEN] * ENROLMENTS_BURST + [HTTPStatus.SERVICE_UNAVAILABLE] * 5
    async with hq.http.post(hq.url + "/v1/enrolments", data=msgspec.json.encode(request_of(keeper, NONCE))) as answer:
        assert answer.headers["Retry-After"] == "1"
        assert (await answer.json(content_type=None))["retryable"]


BAD_BODIES = [
    b"",
    b"nonsense",
    b"[]",
    b"{}",
    b'{"place": 7}',
    b"\xff\xfe",
    b'{"place": "07-2", "public_key": "not base64!", "nonce": "", "proof": ""}',
    b'{"place": "07-2", "public_key": "", "nonce": "", "proof": "", "more": 1}',
    b"[" * 30_000,
]


@pytest.mark.parametrize("body", BAD_BODIES, ids=range(len(BAD_BODIES)))
@pytest.mark.parametrize("path", ["/v1/enrolments", "/v1/tills"])
@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_that_is_none_is_a_bad_request(steady_hq: Serving, path: str, body: bytes) -> None:
    async with steady_hq.http.post(steady_hq.url + path, data=body, headers=steady_hq.token) as answer:
        assert answer.status == HTTPStatus.BAD_REQUEST
        assert answer.content_type == "application/problem+json"
        assert (await answer.json(content_type=None))["code"] == "bad_request"


async def test_a_body_has_a_bound(hq: Serving) -> None:
    async with hq.http.post(hq.url + "/v1/enrolments", data=b" " * (BODY_BYTES_MAX + 1)) as answer:
        assert answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        assert (await answer.json(content_type=None))["code"] == "too_large"


@pytest.mark.parametrize("route", [route for route in ROUTES if not route.open_to_all], ids=lambda route: route.path)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic {token}"}],
    ids=["none", "empty", "wrong", "another scheme"],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_only_hqs_own_people_may_ask(steady_hq: Serving, route: Route, headers: dict[str, str]) -> None:
    said = {name: value.format(token=steady_hq.parts.token) for name, value in headers.items()}
    path = route.path.format(place="07-2", store="07", account=ALICE, epoch=1, sequence=1, name="first-100")
    async with steady_hq.http.request(route.method, steady_hq.url + path, headers=said, data=b"{}") as answer:
        assert answer.status == HTTPStatus.UNAUTHORIZED
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert (await answer.json(content_type=None))["code"] == "unauthorized"


async def test_what_is_open_to_all_is_what_proves_itself_or_is_no_secret(hq: Serving) -> None:
    proves_itself, no_secret = {"/v1/line", "/v1/enrolments"}, {"/v1/hello", "/v1/wording"}
    assert {route.path for route in ROUTES if route.open_to_all} == proves_itself | no_secret
    async with hq.http.get(hq.url + "/v1/hello") as answer:
        assert await answer.json() == {"product": "counterfoil-hq", "api": "1"}
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", HTTPStatus.NOT_FOUND, "not_found"),
        ("GET", "/page/index.html", HTTPStatus.NOT_FOUND, "not_found"),
        ("GET", "/v1/tills?limit=0", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/placement?days=0", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/placement?days=32", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/tills?after=07-2", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/accounts/nobody", HTTPStatus.NOT_FOUND, "member_unknown"),
        ("GET", "/v1/chains/99-9/1/records", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("GET", "/v1/chains/hq/01/records", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("GET", "/v1/chains/hq/1/records?before=x", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/chains/hq/1/records/999999999999999999", HTTPStatus.NOT_FOUND, "record_unknown"),
        ("GET", "/v1/chains/hq/1/records/x", HTTPStatus.NOT_FOUND, "record_unknown"),
        ("GET", "/v1/day-totals", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/day-totals?business_date=today", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("GET", "/v1/day-sales?business_date=2026-11-22&keeper=x", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("GET", "/v1/day-sales?business_date=2026-11-22&keeper=07-2&after=x", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("POST", "/v1/z-totals", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("POST", "/v1/account-searches", HTTPStatus.BAD_REQUEST, "bad_request"),
        ("DELETE", "/v1/tills", HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed"),
        ("POST", "/v1/tills/99-9/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("POST", "/v1/tills/hq/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("POST", "/v1/tills/no%20place/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("POST", "/v1/tills/99-9/1/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("POST", "/v1/tills/hq/1/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
        ("POST", "/v1/tills/07-2/x/revocations", HTTPStatus.NOT_FOUND, "place_unknown"),
    ],
)
@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_not_there_is_a_problem(
    steady_hq: Serving, method: str, path: str, status: int, code: str
) -> None:
    async with steady_hq.http.request(method, steady_hq.url + path, headers=steady_hq.token, data=b"{}") as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (status, code)


@pytest.mark.parametrize("place", ["hq", "07", "07-", "-2", "07-2-3", "07-2\n", "123456789-1", "07-12345", ""])
async def test_a_code_is_made_for_places_of_tills_only(hq: Serving, place: str) -> None:
    assert (await hq.post("/v1/tills", {"place": place}))["code"] == "bad_request"


async def test_the_store_of_a_place_is_what_it_says(hq: Serving) -> None:
    assert (await hq.post("/v1/tills", {"place": "07-2", "store": "08"}))["code"] == "bad_request"
    assert "valid_s" in await hq.post("/v1/tills", {"place": "07-2", "store": "07"})


async def test_tills_are_shown_with_their_heads_and_their_lines(hq: Serving) -> None:
    keeper, away = traded(), traded(place="12-1", seed=8)
    await hq.enrol(keeper, away)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(6)
        shown = {till["keeper"]: till for till in (await hq.get("/v1/tills"))["tills"]}
        assert {name: till["on_line"] for name, till in shown.items()} == {"07-2": True, "12-1": False}
        here = shown["07-2"]
        assert (here["held"], here["posted"], here["waits"], here["store"]) == (6, 6, 0, "07")
        assert here["public_key"] == keeper.raw_key.hex()
        assert here["heard_at_ms"] > 0
        assert shown["12-1"]["business_date"] is None


async def test_every_epoch_of_a_place_is_revoked_at_once_and_once(hq: Serving) -> None:
    await hq.enrol(traded(), traded(seed=8))
    for _ in range(2):
        shown = (await hq.post("/v1/tills/07-2/revocations", {}))["tills"]
        assert [(till["epoch"], till["fences"]) for till in shown] == [(1, ["revoked"]), (2, ["revoked"])]
    assert (await hq.get("/v1/hq"))["head"] == "hq/1/5", "the book's begin, two enrolments, two revocations"


async def test_a_machine_that_was_replaced_is_revoked_and_the_one_in_its_place_goes_on(hq: Serving) -> None:
    stolen, here = traded(), traded(epoch=2, seed=8)
    await hq.enrol(stolen, here)
    for _ in range(2):
        shown = (await hq.post("/v1/tills/07-2/1/revocations", {}))["tills"]
        assert [(till["epoch"], till["fences"], till["is_open"]) for till in shown] == [
            (1, ["revoked"], False),
            (2, [], True),
        ]
    assert (await hq.post("/v1/tills/07-2/3/revocations", {}))["code"] == "place_unknown"
    async with hq.line(stolen) as gone, hq.line(here) as line:
        await gone.say(stolen.batch())
        rejected = await Till(gone).hear(Rejected)
        assert isinstance(rejected, Rejected)
        assert rejected.code == Rejection.FENCED
        await line.say(here.batch())
        await Till(line).posted(len(here.chain))


async def test_what_is_wrong_is_shown(hq: Serving) -> None:
    keeper = Keeper()
    await hq.enrol(keeper)
    keeper.open()
    keeper.load(ALICE, 100)
    keeper.charge(ALICE, keeper.next_lot(), 1)
    keeper.close_day(bytes(32))
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(4)
    suspense = await hq.get("/v1/suspense")
    assert suspense == {"total": 1, "lines": [{"record": "07-2/1/3", "account": ALICE, "reason": "lot_unknown"}]}
    differences = await hq.get("/v1/differences")
    assert [(line["record"], line["said"]) for line in differences["lines"]] == [("07-2/1/4", bytes(32).hex())]
    assert (await hq.get(f"/v1/members/{BOB}/balances")) == {"account": BOB, "places": []}


async def test_hqs_key_and_head_are_shown_for_auditors(hq: Serving) -> None:
    shown = await hq.get("/v1/hq")
    assert (shown["epoch"], shown["head"], len(shown["head_hash"]), len(shown["public_key"])) == (1, "hq/1/1", 64, 64)


async def test_a_till_that_enrols_anew_while_its_line_is_up_hears_the_directive(hq: Serving) -> None:
    keeper = traded()
    await hq.enrol(keeper)
    async with hq.line(keeper) as caller:
        await enrol(hq, request_of(keeper, await hq.code_for("07-2")))
        assert isinstance(await caller.hear(), Acknowledged)


async def test_a_full_disk_is_a_problem_that_may_pass(hq: Serving) -> None:
    book = hq.parts.store._store._connection
    book.execute("create table ballast (bytes blob)")
    book.execute(f"pragma max_page_count = {book.execute('pragma page_count').get}")
    with pytest.raises(Exception, match="full"):
        book.execute("insert into ballast select randomblob(100000)")
    statuses = set()
    for number in range(400):
        async with hq.http.post(
            hq.url + "/v1/tills", data=msgspec.json.encode({"place": f"{number}-1"}), headers=hq.token
        ) as answer:
            statuses.add(answer.status)
            if answer.status != HTTPStatus.CREATED:
                assert (await answer.json(content_type=None))["code"] == "disk_full"
                break
    assert statuses == {HTTPStatus.CREATED, HTTPStatus.INSUFFICIENT_STORAGE}


async def test_a_request_that_never_ends_is_not_waited_for(hq: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hq_server.api.app.BODY_S_MAX", 0.1)

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await hq.parts.store.broken.wait()

    async with hq.http.post(hq.url + "/v1/enrolments", data=drip()) as answer:
        assert (await answer.json(content_type=None))["code"] == "bad_request"
