"""An HQ in the test's own process, on a real WebSocket: it holds chains as it should, and lies when it is told to."""

from __future__ import annotations

import asyncio
import os
import ssl
import time
from collections.abc import Awaitable, Callable
from typing import Self

import msgspec
from aiohttp import WSMsgType, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.ids import HEADQUARTERS, Place
from protocol.acknowledgements import VERSION, Acknowledgement, seal_acknowledgement
from protocol.bodies import Directive, Given, Order, Transfer, Why
from protocol.conversation import (
    BATCH_BYTES_MAX,
    BATCH_RECORDS_MAX,
    NONCE_BYTES,
    Acknowledged,
    AnyMessage,
    Challenge,
    Draw,
    Login,
    NoDraw,
    NotDrawn,
    Ordered,
    Records,
    Rejected,
    Resume,
    decode,
    encode,
)
from protocol.handshake import login_is_true, welcome
from protocol.records import FIRST_PREVIOUS, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.records import VERSION as RECORD_VERSION
from protocol.rejections import Rejection
from protocol.signing import Signed, public_key
from tests.chains.funds import Funds

Distort = Callable[[Acknowledgement], Acknowledgement]
OnDraw = Callable[[Draw], Awaitable[object]]
OnOther = Callable[[AnyMessage], Awaitable[object]]
LOOPBACK = "127.0.0.1"


def _as_it_is(acknowledgement: Acknowledgement) -> Acknowledgement:
    return acknowledgement


async def _say_nothing(_message: AnyMessage) -> None:
    pass


class StandInHq:
    """HQ for one keeper. What it holds, what it was sent, and how it lies are attributes."""

    def __init__(self, keeper: Place, epoch: int, keeper_key: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.keeper, self.epoch, self._keeper_key = keeper, epoch, public_key(keeper_key)
        self.key = self.true_key = Ed25519PrivateKey.generate()
        """`key` is what it signs with now; a test may give it another."""
        self.hq_epoch = 1
        self.held: list[SignedRecord] = []
        self.directives: list[SignedRecord] = []
        self.batches: list[Records] = []
        """Without the empty ones, which are probes."""
        self.probes = 0
        self.answers_probes = True
        self.resumes: list[Resume] = []
        self.draws: list[Draw] = []
        self.funds = Funds()
        self.given: dict[str, SignedRecord] = {}
        """The directive by which each draw was answered."""
        self.on_draw: OnDraw = self.answer_draw
        """What HQ makes of a draw. A lie, a delay or silence takes its place."""
        self.heard: list[AnyMessage] = []
        """What it does not answer by itself."""
        self.on_other: OnOther = _say_nothing
        """What it makes of such words: see stand_in_members.py."""
        self.calls = 0
        self.logins: list[Login] = []
        self.distort: Distort = _as_it_is
        self.turns_away: str | None = None
        self.rejects: str | None = None
        self.sheds = 0
        """So many batches are lost before it looks at them."""
        self.answers = asyncio.Event()
        """While it is not set, HQ takes what it is sent and says nothing of it."""
        self.answers.set()
        self.hangs_up_after: int | None = None
        """The line is cut after so many batches."""
        self.mute_from = ""
        """`challenge` or `login`: from there on it says nothing."""
        self.line: web.WebSocketResponse | None = None
        self.url = ""
        self._port = 0
        self._tls = tls
        self._runner: web.AppRunner | None = None

    @property
    def public_key(self) -> bytes:
        """By which its tills know it."""
        return self.true_key.public_key().public_bytes_raw()

    async def open(self) -> Self:
        """Be there; always at the same address."""
        app = web.Application()
        app.router.add_get("/v1/line", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port, reuse_address=True, ssl_context=self._tls).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"{'https' if self._tls else 'http'}://{LOOPBACK}:{self._port}"
        return self

    async def close(self) -> None:
        """Be gone."""
        if self._runner is not None:
            await self.cut()
            await self._runner.cleanup()
            self._runner = None

    async def cut(self) -> None:
        """The cable is out: no farewell."""
        line, self.line = self.line, None
        if line is not None and line._req is not None and line._req.transport is not None:
            line._req.transport.abort()

    async def say(self, message: AnyMessage) -> None:
        assert self.line is not None, "nobody is on the line"
        await self.line.send_bytes(encode(message))

    async def acknowledge(self) -> None:
        await self.say(Acknowledged(self.acknowledgement()))

    def acknowledgement(self) -> Signed:
        last = len(self.held)
        heads = Acknowledgement(
            version=VERSION,
            hq_epoch=self.hq_epoch,
            keeper=self.keeper,
            epoch=self.epoch,
            held=last,
            held_hash=self.held[-1].hash if last else FIRST_PREVIOUS,
            posted=0,
            directive=len(self.directives),
            directive_hash=self.directives[-1].hash if self.directives else FIRST_PREVIOUS,
            at_ms=time.time_ns() // 1_000_000,
        )
        return seal_acknowledgement(self.distort(heads), self.key.sign)

    def order(self, order: Order | msgspec.Struct, **otherwise: object) -> SignedRecord:
        """A directive, not said yet. `to`, `to_epoch`, `number`, `hq_epoch`, `keeper` and `kind` may be false."""
        said = {"to": self.keeper, "to_epoch": self.epoch, "number": len(self.directives) + 1, **otherwise}
        record = Record(
            version=RECORD_VERSION,
            keeper=Place(str(otherwise.get("keeper", HEADQUARTERS))),
            epoch=int(str(otherwise.get("hq_epoch", self.hq_epoch))),
            sequence=len(self.directives) + 2,
            recorded_at_ms=1,
            business_date="2026-11-22",
            mode="hq",
            kind=RecordKind(str(otherwise.get("kind", RecordKind.DIRECTIVE))),
            previous=FIRST_PREVIOUS,
            body=encode_body(_Said(str(said["to"]), int(str(said["to_epoch"])), int(str(said["number"])), order)),
        )
        return seal(record, self.key.sign)

    async def give(self, order: Order) -> SignedRecord:
        """A true directive, said at once if there is a line, and again on each new one."""
        signed = self.order(order)
        self.directives.append(signed)
        if self.line is not None:
            await self.say(Ordered((signed,)))
        return signed

    async def _serve(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        self.line = line
        self.calls += 1
        if await self._let_in(line):
            await self._talk(line)
        if self.line is line:
            self.line = None
        return line

    async def _let_in(self, line: web.WebSocketResponse) -> bool:
        challenge = Challenge(os.urandom(NONCE_BYTES))
        if self.mute_from != "challenge":
            await line.send_bytes(encode(challenge))
        frame = await line.receive()
        if frame.type is not WSMsgType.BINARY:
            return False
        login = decode(frame.data)
        assert isinstance(login, Login)
        self.logins.append(login)
        assert login_is_true(challenge, HEADQUARTERS, login, self._keeper_key)
        if self.turns_away is not None:
            await line.send_bytes(encode(Rejected(self.turns_away, "")))
            return False
        if self.mute_from != "login":
            await line.send_bytes(encode(welcome(challenge, HEADQUARTERS, login, self.key.sign)))
            await self.acknowledge()
        return True

    async def answer_draw(self, draw: Draw) -> None:
        """As HQ should: the same draw gets the same directive, and less than `least` is not given."""
        known = self.given.get(draw.operation_id)
        if known is not None:
            await self.say(Ordered((known,)))
        elif self.funds.units(draw.account, draw.asset) < max(draw.least, 1):
            shares = self.funds.shares(draw.account)
            await self.say(NotDrawn(draw.operation_id, NoDraw.NOT_ENOUGH, shares, 1))
        else:
            parts = self.funds.give(draw.account, draw.units, draw.asset)
            self.given[draw.operation_id] = await self.give(Transfer(Why.DRAW, draw.operation_id, draw.account, parts))

    async def grant(self, account: str, units: int) -> SignedRecord:
        """Place value ahead."""
        return await self.give(Transfer(Why.GRANT, "", account, self.funds.give(account, units)))

    def gifts(self) -> list[Given]:
        """What the till has given, as far as it has come up."""
        records = [signed.open() for signed in self.held]
        return [record.body_as(Given) for record in records if record.kind is RecordKind.GIVEN]

    async def _talk(self, line: web.WebSocketResponse) -> None:
        batches = 0
        async for frame in line:
            match decode(frame.data):
                case Resume() as resume:
                    await self._resume(resume)
                case Draw() as draw:
                    self.draws.append(draw)
                    await self.on_draw(draw)
                case Records(keeper=self.keeper, records=()):
                    self.probes += 1
                    if self.answers_probes:
                        await self.acknowledge()
                case Records(keeper=keeper) as copies if keeper != self.keeper:
                    self.heard.append(copies)
                case Records() as batch:
                    batches += 1
                    self._check_batch(batch)
                    await self.answers.wait()
                    if batches == self.hangs_up_after:
                        await self.cut()
                        return
                    await self._take(batch)
                case other:
                    self.heard.append(other)
                    await self.on_other(other)

    async def _resume(self, resume: Resume) -> None:
        self.resumes.append(resume)
        after = resume.directive if resume.hq_epoch == self.hq_epoch else 0
        if self.directives[after:]:
            await self.say(Ordered(tuple(self.directives[after:])))

    def _check_batch(self, batch: Records) -> None:
        assert self.resumes, "its first word was another"
        assert len(batch.records) <= BATCH_RECORDS_MAX
        assert sum(len(one.content) + 64 for one in batch.records) <= BATCH_BYTES_MAX
        self.batches.append(batch)

    async def _take(self, batch: Records) -> None:
        if self.sheds > 0:
            self.sheds -= 1
            return
        if self.rejects is not None:
            await self.say(Rejected(self.rejects, str(batch.records[0].open().ref)))
            await self.acknowledge()
            return
        for signed in batch.records:
            sequence = signed.open().sequence
            if sequence > len(self.held) + 1:
                await self.say(Rejected(Rejection.GAP, str(signed.open().ref)))
                await self.acknowledge()
                return
            if sequence == len(self.held) + 1:
                assert signed.open().previous == (self.held[-1].hash if self.held else FIRST_PREVIOUS)
                self.held.append(signed)
                if signed.open().kind is RecordKind.GIVEN:
                    self._come_home(signed.open().body_as(Given))
            assert self.held[sequence - 1] == signed, "one number, two records"
        await self.acknowledge()

    def _come_home(self, given: Given) -> None:
        if given.to == HEADQUARTERS:
            self.funds.take(given.transfer)


class _Said(msgspec.Struct):
    """A directive whose order may be one that nobody knows."""

    to: str
    to_epoch: int
    number: int
    order: object


assert _Said.__struct_fields__ == Directive.__struct_fields__
