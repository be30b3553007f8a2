"""HQ on a real socket in the test's own process, and a till's end of its lines made of the protocol's own functions."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeAlias

import aiohttp
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hq_server.api.app import make_app, make_runner
from hq_server.storage.showing import Showing
from hq_server.storage.sqlite import HqStore
from hq_server.views import KeeperView
from hq_server.wiring import Parts, build
from hq_server.world import World
from ledger.ids import HEADQUARTERS, ChainId
from offline_queue.gateway.door import Door
from offline_queue.gateway.login import LOGIN_S_MAX
from offline_queue.keys import signing_key
from protocol.acknowledgements import Acknowledgement, open_acknowledgement
from protocol.bodies import Directive
from protocol.conversation import (
    NONCE_BYTES,
    Acknowledged,
    AnyMessage,
    Challenge,
    Ordered,
    Rejected,
    Resume,
    Welcome,
    decode,
    encode,
)
from protocol.enrolment import parse_code
from protocol.handshake import log_in, welcome_is_true
from protocol.records import SignedRecord
from protocol.signing import Context, is_signed_by
from tests.hq_server.forger import Keeper

Json: TypeAlias = Any
PATIENCE_S = 20.0
LOOPBACK = "127.0.0.1"
ANEW = Resume(1, 0, 0, None)
"""What a till says that has carried out nothing yet."""
GOING, PROTOCOL, TEXT, POLICY, TOO_BIG, LATER, REPLACED = 1001, 1002, 1003, 1008, 1009, 1013, 4000
"""Close codes of a line, RFC 6455."""


PROGRAMME = """
version = "2026-11"

[currency]
code = "TWD"

[[card_kinds]]
name = "member"
prefix = "6222"
length = 16
"""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a line ended."""

    code: int | None
    reason: str


class Serving:
    """A running HQ. `http` is a client without a token; `admin` has it."""

    def __init__(self, parts: Parts, runner: web.AppRunner, door: Door, http: aiohttp.ClientSession) -> None:
        self.parts, self.runner, self.door, self.http = parts, runner, door, http
        self.url = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        self.token = {"Authorization": f"Bearer {parts.token}"}

    async def get(self, path: str) -> Json:
        async with self.http.get(self.url + path, headers=self.token) as answer:
            return await answer.json(content_type=None)

    async def post(self, path: str, body: object) -> Json:
        async with self.http.post(self.url + path, data=msgspec.json.encode(body), headers=self.token) as answer:
            return await answer.json(content_type=None)

    async def code_for(self, place: str) -> bytes:
        """The code that HQ shows for a new till."""
        code = parse_code((await self.post("/v1/tills", {"place": place}))["code"])
        assert code is not None
        return code

    async def enrol(self, *keepers: Keeper) -> None:
        """What happens at HQ when a till enrols."""
        for keeper in keepers:
            code, stamp = os.urandom(10), self.parts.desk.world.stamp(self.parts.desk.zone)
            await self.keeping("offer", keeper.place, keeper.place.partition("-")[0], code, stamp.now_ms)
            await self.keeping("enrol", keeper.place, keeper.raw_key, stamp)

    async def keeping(self, method: str, *arguments: object) -> object:
        return await self.parts.store.do(HqStore.keeping, lambda keepers: getattr(keepers, method)(*arguments))

    async def view(self, keeper: Keeper) -> KeeperView:
        views = await self.parts.store.do(HqStore.showing, Showing.keepers)
        return next(one for one in views if (one.keeper, one.epoch) == (keeper.place, keeper.epoch))

    async def end_lines(self) -> None:
        """What happens to lines when HQ ends."""
        await self.door.close(web.Application())

    @property
    def connections(self) -> int:
        """How many callers' sockets HQ has open."""
        assert self.runner.server is not None
        return len(self.runner.server.connections)

    def is_up(self, keeper: Keeper) -> bool:
        return self.door.is_up(ChainId(keeper.place, keeper.epoch))

    def call(self) -> AbstractAsyncContextManager[Caller]:
        """A line, not logged in."""
        return call(self.http, self.url, self.public_key)

    def line(self, keeper: Keeper, resume: Resume = ANEW) -> AbstractAsyncContextManager[Caller]:
        """A line on which both ends know each other."""
        return line(self.http, self.url, self.public_key, keeper, resume)

    @property
    def public_key(self) -> Ed25519PublicKey:
        return signing_key(self.parts.data / "hq.key").public_key()


class Caller:
    """The lower end of a line."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse[bool], hq_key: Ed25519PublicKey) -> None:
        self.socket, self._hq_key = socket, hq_key

    async def say(self, message: AnyMessage) -> Self:
        await self.socket.send_bytes(encode(message))
        return self

    async def hear(self) -> AnyMessage | Closed:
        frame = await self.socket.receive(PATIENCE_S)
        if frame.type is aiohttp.WSMsgType.BINARY:
            return decode(frame.data)
        reason = frame.extra if frame.type is aiohttp.WSMsgType.CLOSE else ""
        return Closed(self.socket.close_code, reason or "")

    async def challenge(self) -> Challenge:
        challenge = await self.hear()
        assert isinstance(challenge, Challenge)
        return challenge

    async def log_in(self, keeper: Keeper) -> None:
        challenge = await self.challenge()
        login = log_in(challenge, HEADQUARTERS, keeper.place, keeper.epoch, os.urandom(NONCE_BYTES), keeper.key.sign)
        await self.say(login)
        answer = await self.hear()
        assert isinstance(answer, Welcome), answer
        assert welcome_is_true(challenge, HEADQUARTERS, login, answer, self._hq_key)

    async def acknowledgement(self) -> Acknowledgement:
        """The next message, which is HQ's true word."""
        message = await self.hear()
        assert isinstance(message, Acknowledged), message
        assert is_signed_by(self._hq_key, Context.ACKNOWLEDGEMENT, message.acknowledgement)
        return open_acknowledgement(message.acknowledgement)

    async def until_posted(self, number: int) -> Acknowledgement:
        """The first acknowledgement that says so."""
        while True:
            said = await self.acknowledgement()
            if said.posted >= number:
                return said

    async def rejection(self) -> Rejected:
        """The next message, which is one."""
        message = await self.hear()
        assert isinstance(message, Rejected), message
        return message


class Till:
    """A till's end: what it was ordered and answered, whatever else is said on the line."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    async def hear(self, *kinds: type[AnyMessage]) -> AnyMessage:
        """The next message of these kinds."""
        while True:
            message = await self.caller.hear()
            assert not isinstance(message, Closed), message
            if isinstance(message, kinds):
                return message

    async def directive(self) -> tuple[SignedRecord, Directive]:
        """The next message of directives, which has one."""
        message = await self.hear(Ordered)
        assert isinstance(message, Ordered)
        (signed,) = message.records
        return signed, signed.open().body_as(Directive)

    async def posted(self, number: int) -> Acknowledgement:
        while True:
            message = await self.hear(Acknowledged)
            assert isinstance(message, Acknowledged)
            said = open_acknowledgement(message.acknowledgement)
            if said.posted >= number:
                return said


@asynccontextmanager
async def call(http: aiohttp.ClientSession, url: str, hq_key: Ed25519PublicKey) -> AsyncIterator[Caller]:
    """A line to HQ at this address, not logged in."""
    async with http.ws_connect(url + "/v1/line", max_msg_size=0) as socket:
        yield Caller(socket, hq_key)


@asynccontextmanager
async def line(
    http: aiohttp.ClientSession, url: str, hq_key: Ed25519PublicKey, keeper: Keeper, resume: Resume = ANEW
) -> AsyncIterator[Caller]:
    """A line on which both ends know each other, and HQ has said what it holds and what it orders, if that is anew."""
    async with call(http, url, hq_key) as caller:
        await caller.log_in(keeper)
        await caller.acknowledgement()
        await caller.say(resume)
        if resume.directive == 0:
            assert isinstance(await caller.hear(), Ordered)
        yield caller


@asynccontextmanager
async def serving(
    folder: Path, *, login_s_max: float = LOGIN_S_MAX, world: World | None = None, **settings: object
) -> AsyncIterator[Serving]:
    """HQ with its data in this folder, as its own program puts it together; settings as in HqSettings."""
    parts = build(settings_file(folder, **settings), world)
    door = Door(
        parts.desk,
        lines_max=parts.settings.lines_max,
        records_per_s=parts.settings.records_per_s,
        copies_s=parts.settings.copies_s,
        login_s_max=login_s_max,
    )
    runner = make_runner(make_app(parts.desk, door, parts.token))
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, 0).start()
    posting = asyncio.create_task(parts.desk.post_what_is_held())
    try:
        async with aiohttp.ClientSession() as http:
            yield Serving(parts, runner, door, http)
    finally:
        await runner.cleanup()
        posting.cancel()
        await asyncio.gather(posting, return_exceptions=True)
        await asyncio.to_thread(parts.store.close)


def settings_file(folder: Path, *, promotions: object = "", **settings: object) -> Path:
    """Settings of an HQ on any free port, and a chain's card keys beside them; promotions as in its programme."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {"token_key": b64encode(b"secret of the chain").decode(), "stripe_keys": {}}
    (folder / "chain-cards.key").write_text(json.dumps(keys), encoding="utf-8")
    (folder / "programme.toml").write_text(f"{PROGRAMME}{promotions}", encoding="utf-8")
    file = folder / "hq.toml"
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in {"port": 0, **settings}.items()]
    file.write_text("".join(lines), encoding="utf-8")
    return file


async def until(condition: Callable[[], object]) -> None:
    """Returns as soon as the condition holds; whatever it is about happens in this very loop."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - it is told by no event, and a turn of the loop is no wait
            await asyncio.sleep(0)
