"""Files go out and come in over the local API: to this machine's own pages and programs only."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from offline_queue.media import END, Sender, framed, opening
from protocol.conversation import Acknowledged
from receipts.wording import Wording
from terminal.api import media_handlers
from terminal.api.app import make_app, make_runner
from tests.api.shop import Shop
from tests.chains.till import IDENTITY
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import TillOnLine, Ways

PROXY_RUN = Ways(mode="proxy_run")
FILE = {"Content-Type": "application/octet-stream"}


@asynccontextmanager
async def served(folder: Path, hq: StandInHq) -> AsyncIterator[ClientSession]:
    """A till that is enrolled, and a client of its API."""
    till = await TillOnLine(folder, hq, PROXY_RUN).start()
    runner = make_runner(make_app(till.till, Wording.load(), own_hosts=("127.0.0.1",), media=till.media))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:
            yield http
    finally:
        await runner.cleanup()
        await till.stop()


@pytest.fixture
def hq() -> StandInHq:
    """It is not on line."""
    return StandInHq(IDENTITY.place, IDENTITY.epoch, IDENTITY.public_key)


def answer(hq: StandInHq, *, end: bytes = END) -> bytes:
    return opening(Sender.HQ) + framed(Acknowledged(hq.acknowledgement())) + end


async def test_before_it_is_enrolled_a_till_has_nothing_to_exchange(shop: Shop) -> None:
    assert (await shop.ask("GET", "/v1/media")).code == "not_enrolled"
    assert (await shop.ask("POST", "/v1/media", data=b"", headers=FILE)).code == "not_enrolled"


async def test_a_file_goes_out_and_an_answer_comes_in(tmp_path: Path, hq: StandInHq) -> None:
    async with served(tmp_path, hq) as http:
        async with http.get("/v1/media") as said:
            assert said.headers["Content-Disposition"] == 'attachment; filename="07-2-to-hq.medium"'
            assert (await said.read()).startswith(opening(Sender.TILL))
        async with http.post("/v1/media", data=answer(hq), headers=FILE) as said:
            assert (said.status, (await said.json())["wrong"]) == (HTTPStatus.OK, None)
        async with http.post("/v1/media", data=answer(hq, end=b""), headers=FILE) as said:
            brought = await said.json()
            assert (said.status, brought["wrong"]) == (HTTPStatus.OK, "medium.cut")
            assert set(brought["cashier_message"]) == {"zh-TW", "zh-CN", "en"}
        async with http.post("/v1/media", data=b"a song", headers=FILE) as said:
            problem = await said.json(content_type=None)
            assert (said.status, problem["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "medium.foreign")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Content-Type": "application/json"}, "unsupported_media_type"),
        ({"Content-Type": "text/plain"}, "unsupported_media_type"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "unsupported_media_type"),
        ({**FILE, "Content-Encoding": "gzip"}, "unsupported_media_type"),
        ({**FILE, "Origin": "http://evil.example"}, "foreign_origin"),
        ({**FILE, "Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
        ({**FILE, "Host": "evil.example"}, "foreign_host"),
    ],
)
async def test_no_page_from_elsewhere_brings_a_file_in(
    headers: Mapping[str, str], code: str, tmp_path: Path, hq: StandInHq
) -> None:
    async with served(tmp_path, hq) as http, http.post("/v1/media", data=answer(hq), headers=headers) as said:
        assert (await said.json(content_type=None))["code"] == code


async def test_a_file_is_no_body_for_any_other_route(shop: Shop) -> None:
    assert (await shop.ask("POST", "/v1/day-closes", data=b"{}", headers=FILE)).code == "unsupported_media_type"


async def test_an_answer_has_a_bound(tmp_path: Path, hq: StandInHq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_handlers, "MEDIUM_BYTES_MAX", 100)
    async with served(tmp_path, hq) as http, http.post("/v1/media", data=answer(hq), headers=FILE) as said:
        assert (await said.json(content_type=None))["code"] == "too_large"
