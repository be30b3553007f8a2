"""Only this machine's own pages and programs come in; whatever is turned away changes nothing."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator

import pytest
from multidict import CIMultiDict, CIMultiDictProxy
from structlog.testing import capture_logs

from ledger.journal_sqlite import DiskFull
from terminal.answers import Problem
from terminal.api.app import UNDER_WAY_MAX
from terminal.api.guards import refusal, what_failed
from terminal.api.reading import BODY_BYTES_MAX
from terminal.store import TillStore
from tests.api.shop import ANSWER_S_MAX, Reply, Shop
from tests.chains.company import number

JSON = {"Content-Type": "application/json"}
KEY_IN = b'{"number": "%s"}' % number(417).digits.encode()
OWN = frozenset({"127.0.0.1:8370", "localhost:8370"})


def headers_of(**named: str) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict({name.replace("_", "-"): value for name, value in named.items()}))


async def in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    """Sent chunked: nobody says beforehand how much it is."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.:{port}", "0.0.0.0:{port}", ""),
        *("127.0.0.1.evil.example:{port}", "127.0.0.1:{port}@evil.example", "127.0.0.1:{port}, evil.example", " "),
        "[::1]:{port}",
    ],
)
async def test_another_host_name_is_refused(shop: Shop, host: str) -> None:
    """A page whose name was made to mean 127.0.0.1 still says its own name (DNS rebinding)."""
    book = await shop.book()
    named = {"Host": host.format(port=shop.port)}
    for path in ("/v1/hello", "/v1/status", "/nowhere"):
        reply = await shop.ask("GET", path, headers=named)
        assert (reply.status, reply.code) == (403, "foreign_host")
    reply = await shop.ask("POST", "/v1/day-closes", data=b"{}", headers={**JSON, **named})
    assert (reply.status, reply.code) == (403, "foreign_host")
    assert await shop.book() == book


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
async def test_each_of_its_own_names_will_do(shop: Shop, host: str) -> None:
    assert (await shop.ask("GET", "/v1/hello", headers={"Host": host.format(port=shop.port)})).status == 200


@pytest.mark.parametrize(
    "head",
    [
        "GET /v1/status HTTP/1.1\r\n",
        "GET /v1/status HTTP/1.0\r\n",
        "GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n",
        "GET http://127.0.0.1:{port}/v1/status HTTP/1.1\r\nHost: evil.example\r\n",
    ],
    ids=["none", "none in HTTP/1.0", "two", "in the request line only"],
)
async def test_a_request_that_does_not_name_one_host_is_refused(shop: Shop, head: str) -> None:
    answer = await shop.raw(head.format(port=shop.port).encode() + b"Connection: close\r\n\r\n")
    assert answer.split(b" ")[1] in {b"403", b"400"}
    assert b"business_date" not in answer


def test_the_scheme_s_own_port_is_left_out_of_a_name() -> None:
    assert refusal("GET", headers_of(Host="localhost"), {"localhost", "localhost:80"}) is None
    assert refusal("GET", headers_of(Host="localhost"), OWN) is Problem.FOREIGN_HOST


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "http://127.0.0.1", "null", "",
     "http://localhost.:{port}", "file://", "http://127.0.0.1:{port}.evil.example"],
)  # fmt: skip
async def test_a_page_of_another_origin_is_refused(shop: Shop, origin: str) -> None:
    card = await shop.swipe()
    book = await shop.book()
    foreign = {"Origin": origin.format(port=shop.port)}
    load = {"operation_id": "load-0001", "presentation": card, "amount": 100, "tender": "cash"}
    for method, path, body in (
        ("POST", "/v1/loads", json.dumps(load)),
        ("POST", "/v1/day-closes", "{}"),
        ("DELETE", f"/v1/presentations/{card}", None),
        ("GET", "/v1/status", None),
        ("OPTIONS", "/v1/loads", None),
    ):
        reply = await shop.ask(method, path, data=body, headers={**JSON, **foreign})
        assert (reply.status, reply.code) == (403, "foreign_origin")
        assert not any(name.lower().startswith("access-control") for name in reply.headers)
    assert await shop.book() == book
    assert (await shop.till.status()).presentation is not None


async def test_the_till_s_own_page_may_ask(shop: Shop) -> None:
    own = {**JSON, "Origin": f"http://127.0.0.1:{shop.port}", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert (await shop.ask("POST", "/v1/presentations", data=KEY_IN, headers=own)).status == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site", "something-new"])
async def test_a_browser_that_says_it_comes_from_elsewhere_is_refused(shop: Shop, site: str) -> None:
    """An image or a script tag sends no Origin; a page on another port of this machine is same-site."""
    asked = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    reply = await shop.ask("GET", "/v1/status", headers=asked)
    assert (reply.status, reply.code) == (403, "foreign_origin")


def test_a_link_to_the_till_s_page_is_let_be_and_nothing_else_from_there() -> None:
    link = {"Host": "localhost:8370", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert refusal("GET", headers_of(**link, Sec_Fetch_Dest="document"), OWN) is None
    assert refusal("GET", headers_of(**link, Sec_Fetch_Dest="iframe"), OWN) is Problem.FOREIGN_ORIGIN
    assert refusal("POST", headers_of(**link, Sec_Fetch_Dest="document"), OWN) is Problem.FOREIGN_ORIGIN


@pytest.mark.parametrize(
    "named",
    [{"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": ""},
     {"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "application/jsonp"},
     {"Content-Type": "text/plain; application/json"}, {**JSON, "Content-Encoding": "gzip"},
     {**JSON, "Content-Encoding": "br"}],
)  # fmt: skip
async def test_a_post_that_is_not_plain_json_is_refused(shop: Shop, named: dict[str, str]) -> None:
    """A form on any page can send the first ones without asking the till beforehand."""
    reply = await shop.ask("POST", "/v1/presentations", data=KEY_IN, headers=named)
    assert (reply.status, reply.code) == (415, "unsupported_media_type")
    assert (await shop.till.status()).presentation is None


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
)
async def test_json_may_say_its_charset(shop: Shop, media_type: str) -> None:
    reply = await shop.ask("POST", "/v1/presentations", data=KEY_IN, headers={"Content-Type": media_type})
    assert reply.status == 201


async def test_a_body_above_the_bound_is_refused_however_it_comes(shop: Shop) -> None:
    book = await shop.book()
    for size in (BODY_BYTES_MAX + 1, 10 * 1024 * 1024):
        for data in (io.BytesIO(b" " * size), in_pieces(b" " * size, 1024)):
            reply = await shop.ask("POST", "/v1/day-closes", data=data, headers=JSON)
            assert (reply.status, reply.code) == (413, "too_large")
    assert await shop.book() == book
    just_fits = b"{}" + b" " * (BODY_BYTES_MAX - 2)
    assert (await shop.ask("POST", "/v1/day-closes", data=just_fits, headers=JSON)).status == 200


async def test_a_body_may_come_in_pieces(shop: Shop) -> None:
    assert (await shop.ask("POST", "/v1/presentations", data=in_pieces(KEY_IN, 1), headers=JSON)).status == 201


@pytest.mark.parametrize(
    "rest",
    [b"Content-Length: 50\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
     b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"],
    ids=["too short", "no last chunk", "no chunk"],
)  # fmt: skip
async def test_half_a_request_does_nothing(shop: Shop, rest: bytes) -> None:
    """The connection breaks in the middle: the till's log has nothing to say of a fault."""
    book = await shop.book()
    head = f"POST /v1/day-closes HTTP/1.1\r\nHost: 127.0.0.1:{shop.port}\r\nContent-Type: application/json\r\n"
    with capture_logs() as logged:
        answer = await shop.raw(head.encode() + rest, hang_up=True)
    assert not answer or answer.split(b" ")[1] == b"400"
    assert await shop.book() == book
    assert not [entry for entry in logged if entry["event"] == "request failed"]


async def test_a_body_that_never_comes_is_not_waited_for_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.api.reading.BODY_TIMEOUT_S", 0.05)
    head = f"POST /v1/day-closes HTTP/1.1\r\nHost: 127.0.0.1:{shop.port}\r\nContent-Type: application/json\r\n"
    answer = await shop.raw(head.encode() + b"Content-Length: 2\r\n\r\n{", until=b"}}")
    assert answer.split(b" ")[1] == b"400"
    assert b"did not arrive within" in answer


async def test_a_get_with_a_body_is_a_get(shop: Shop) -> None:
    for data in (b"{}", b"not json", b"x" * BODY_BYTES_MAX):
        reply = await shop.ask("GET", "/v1/hello", data=data, headers=JSON)
        assert (reply.status, reply.body["product"]) == (200, "counterfoil")
    assert (await shop.ask("GET", "/v1/hello", data=b"x" * (BODY_BYTES_MAX + 1))).code == "too_large"


@pytest.mark.parametrize("path", ["/nowhere", "/v1", "/v1/", "/v1/hello/", "/v2/hello", "/v1/%68ello/x", "/%00"])
async def test_an_unknown_address_is_a_problem(shop: Shop, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        reply = await shop.ask(method, path, headers=JSON)
        assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/charges", {"POST"}),
        ("PUT", "/v1/charges", {"POST"}),
        ("PATCH", "/v1/loads", {"POST"}),
        ("DELETE", "/v1/operations/sale-0001", {"GET"}),
        ("POST", "/v1/hello", {"GET"}),
        ("OPTIONS", "/v1/charges", {"POST"}),
        ("PUT", "/v1/presentations/x", {"GET", "DELETE"}),
    ],
)
async def test_a_wrong_method_is_a_problem_that_names_the_right_ones(
    shop: Shop, method: str, path: str, allowed: set[str]
) -> None:
    reply = await shop.ask(method, path, headers=JSON)
    assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert set(reply.headers["Allow"].replace(" ", "").split(",")) == allowed


async def test_every_answer_is_kept_nowhere_and_taken_for_nothing_else(shop: Shop) -> None:
    for path, named in (("/v1/hello", {}), ("/nowhere", {}), ("/v1/hello", {"Host": "evil.example"})):
        headers = (await shop.ask("GET", path, headers=named)).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_a_fault_inside_is_one_problem_and_one_line_in_the_log(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    digits = number(417).digits

    def break_down(_store: TillStore, operation_id: str) -> None:
        raise RuntimeError(f"nobody thought of {operation_id}")

    monkeypatch.setattr(TillStore, "find", break_down)
    with capture_logs() as logged:
        reply = await shop.ask("GET", f"/v1/operations/{digits}")
    assert (reply.status, reply.code, reply.body["retryable"]) == (500, "internal", False)
    assert [entry["event"] for entry in logged] == ["request failed"]
    assert logged[0]["fault"] == "RuntimeError"
    assert logged[0]["route"] == "/v1/operations/{operation_id}"
    assert digits not in str(logged)
    assert digits not in str(reply.body)


async def test_whoever_goes_away_in_mid_answer_is_no_fault_of_the_till(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_line(_store: TillStore, _operation_id: str) -> None:
        raise ConnectionResetError("Cannot write to closing transport")

    monkeypatch.setattr(TillStore, "find", lose_the_line)
    with capture_logs() as logged:
        await shop.ask("GET", "/v1/operations/operation-1")
    assert [(entry["event"], entry["log_level"]) for entry in logged] == [("caller has gone", "info")]


async def test_a_full_disk_is_said_to_be_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await shop.swipe()
    book = await shop.book()

    def no_room(*_arguments: object) -> None:
        raise DiskFull

    with monkeypatch.context() as patched:
        patched.setattr(TillStore, "perform", no_room)
        load = {"operation_id": "load-0001", "presentation": card, "amount": 100, "tender": "cash"}
        full = await shop.ask("POST", "/v1/loads", load)
    assert (full.status, full.code, full.body["retryable"]) == (507, "disk_full", True)
    assert await shop.book() == book
    await shop.load(card, 100)


@pytest.mark.parametrize(
    "content",
    [b"%s\r\n\r\n", b"GET /%s HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost 6222: %s\r\n\r\n",
     b"BREW /%s HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00%s\r\n\r\n"],
    ids=["a number", "a version", "a header", "a method", "TLS"],
)  # fmt: skip
async def test_what_is_no_http_is_turned_away_and_not_quoted_in_the_log(
    shop: Shop, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    digits = number(417).digits
    with capture_logs() as logged:
        answer = await shop.raw(content % digits.encode())
    assert answer.split(b" ")[1] == b"400"
    assert digits not in str(logged) + caplog.text
    assert {entry["event"] for entry in logged} <= {"http fault"}


def test_a_fault_in_the_log_keeps_short_numbers_and_loses_long_ones() -> None:
    said = what_failed(ValueError("slip 42 of 6222 0000 0000 0417, or 6222-0000-0000-0417, or 62220000"))
    assert said["message"] == "slip 42 of ****, or ****, or ****"


async def test_a_crowd_is_told_to_come_again(shop: Shop) -> None:
    """The disk stands still: whoever comes after the bound is not kept waiting, and nobody's money moves twice."""
    card = await shop.swipe()
    load = {"operation_id": "load-0001", "presentation": card, "amount": 100, "tender": "cash"}
    disk_works = threading.Event()
    standing_still = asyncio.create_task(shop.store.do(lambda _store: disk_works.wait(ANSWER_S_MAX)))
    waiting = {asyncio.create_task(shop.ask("POST", "/v1/loads", load)) for _ in range(UNDER_WAY_MAX + 10)}
    sent_away: set[asyncio.Task[Reply]] = set()
    async with asyncio.timeout(ANSWER_S_MAX):
        while len(sent_away) < 10:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            sent_away |= done
        disk_works.set()
        await standing_still
        answered = await asyncio.gather(*waiting)
    for reply in (task.result() for task in sent_away):
        assert (reply.status, reply.code, reply.body["retryable"], reply.headers["Retry-After"]) == (
            503,
            "busy",
            True,
            "1",
        )
    assert [reply.status for reply in answered] == [200] * UNDER_WAY_MAX
    assert len({reply.body["record"] for reply in answered}) == 1
