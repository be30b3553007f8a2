"""What one till can do to another: nothing, whatever it sends and however much of it."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from ledger.ids import ChainId
from offline_queue.gateway import socket_wire as wire_module
from offline_queue.gateway.socket_wire import SocketWire
from protocol.conversation import (
    FRAME_BYTES_MAX,
    Acknowledged,
    Challenge,
    Login,
    Ordered,
    Records,
    Rejected,
    Welcome,
    encode,
)
from protocol.records import SignedRecord
from protocol.signing import Signed
from tests.hq_server.forger import Keeper, traded
from tests.hq_server.serving import PROTOCOL, TEXT, TOO_BIG, Caller, Closed, Serving, serving, until

LOGIN = Login(traded().place, 1, bytes(32), bytes(64))
GARBAGE: list[tuple[bytes | str, int, str]] = [
    ("hello", TEXT, "text"),
    (b"", PROTOCOL, "not_a_message"),
    (b"\xc1", PROTOCOL, "not_a_message"),
    (bytes(range(256)) * 4, PROTOCOL, "not_a_message"),
    (b"\x91" * 10_000, PROTOCOL, "not_a_message"),
    (bytes(FRAME_BYTES_MAX), PROTOCOL, "not_a_message"),
    (bytes(FRAME_BYTES_MAX + 1), TOO_BIG, ""),
    (encode(LOGIN), PROTOCOL, "out_of_turn"),
    (encode(Challenge(bytes(32))), PROTOCOL, "out_of_turn"),
    (encode(Welcome(bytes(64))), PROTOCOL, "out_of_turn"),
    (encode(Acknowledged(Signed(b"", b""))), PROTOCOL, "out_of_turn"),
    (encode(Ordered(())), PROTOCOL, "out_of_turn"),
    (encode(Rejected("gap", "")), PROTOCOL, "out_of_turn"),
    (msgspec.msgpack.encode(["records", "07-2", 2**64 - 1, []]), PROTOCOL, "not_a_message"),
    (msgspec.msgpack.encode(["records", "07-2' or 1=1 --", 1, []]), PROTOCOL, "not_a_message"),
]


async def send(caller: Caller, frame: bytes | str) -> None:
    if isinstance(frame, str):
        await caller.socket.send_str(frame)
    else:
        await caller.socket.send_bytes(frame)


@pytest.mark.parametrize(("frame", "code", "reason"), GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage_ends_its_own_line_and_no_other(hq: Serving, frame: bytes | str, code: int, reason: str) -> None:
    good, bad = traded(), traded(place="07-3", seed=8)
    await hq.enrol(bad)
    with capture_logs() as logs:
        async with hq.line(good) as other, hq.line(bad) as caller:
            await send(caller, frame)
            assert await caller.hear() == Closed(code, reason)
            await other.say(good.batch())
            assert (await other.until_posted(6)).held == 6
    assert not [log for log in logs if log["log_level"] == "error"]


@pytest.mark.parametrize(("frame", "code", "reason"), GARBAGE[:7], ids=range(7))
async def test_garbage_in_place_of_a_login_ends_the_line(
    hq: Serving, frame: bytes | str, code: int, reason: str
) -> None:
    async with hq.call() as caller:
        await caller.challenge()
        await send(caller, frame)
        assert await caller.hear() == Closed(code, reason)


async def test_a_till_that_says_the_same_nonsense_for_ever_is_logged_once(hq: Serving) -> None:
    keeper = traded()
    with capture_logs() as logs:
        async with hq.line(keeper) as caller:
            for _ in range(5):
                await caller.say(Records(keeper.place, 1, (SignedRecord(b"garbage", bytes(64)),)))
                await caller.rejection()
                await caller.acknowledgement()
    assert [log["code"] for log in logs if log["event"] == "batch rejected"] == ["not_a_record"]


async def test_a_flooding_till_waits_for_itself_and_another_does_not(tmp_path: Path) -> None:
    """50 records a second: the flood's second batch is due after five seconds, and in them the other has its turn."""
    flood, other = traded(place="07-3", seed=8), traded()
    flood_batch = Records(flood.place, 1, tuple(flood.chain[:1]) * 250)
    async with serving(tmp_path, records_per_s=50) as hq:
        await hq.enrol(flood, other)
        async with hq.line(flood) as flooder, hq.line(other) as caller:
            for _ in range(10):
                await flooder.say(flood_batch)
            assert (await flooder.until_posted(1)).held == 1
            for number in range(1, 7):
                await caller.say(other.batch(number, number))
            async with asyncio.timeout(4):
                assert (await caller.until_posted(6)).held == 6
            assert flooder.socket._reader._size == 0, "the flood went on at once"
            await hq.end_lines()


async def test_a_flood_of_pings_is_a_wait_for_its_sender_alone(hq: Serving) -> None:
    flood, other = traded(place="07-3", seed=8), traded()
    await hq.enrol(flood)
    async with hq.line(flood) as flooder, hq.line(other) as caller:
        for _ in range(2000):
            await flooder.socket.ping()
        await flooder.say(flood.batch())
        await caller.say(other.batch())
        assert (await caller.until_posted(6)).held == 6
        assert (await hq.view(flood)).held == 0, "its records were taken before its pings"
        await hq.end_lines()


async def test_a_ping_gets_its_pong(hq: Serving) -> None:
    async with hq.http.ws_connect(hq.url + "/v1/line", autoping=False) as socket:
        await socket.ping(b"are you there?")
        frames = [await socket.receive(), await socket.receive()]
    assert (aiohttp.WSMsgType.PONG, b"are you there?") in [(frame.type, frame.data) for frame in frames]


@pytest.mark.thorough
async def test_who_takes_nothing_is_cut_off_and_the_others_hear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire_module, "SEND_S_MAX", 0.2)
    monkeypatch.setattr(wire_module, "CLOSE_S_MAX", 0.2)
    deaf, other = traded(place="07-3", seed=8), traded()
    async with serving(tmp_path, records_per_s=10_000_000) as hq:
        await hq.enrol(deaf, other)
        async with hq.line(deaf) as caller, hq.line(other) as listener:
            narrow(hq, deaf)
            ears = caller.socket._response.connection
            assert ears is not None
            transport = ears.transport  # it is forgotten there when HQ hangs up
            assert transport is not None
            transport.pause_reading()
            empty = encode(Records(deaf.place, 1, ()))
            with suppress(ConnectionError):  # it is cut off in mid-word
                async with asyncio.timeout(50):
                    while hq.is_up(deaf):
                        await caller.socket.send_bytes(empty)
                        await asyncio.sleep(0)
            await until(lambda: hq.connections == 1 and not hq.is_up(deaf))
            await listener.say(other.batch())
            assert (await listener.until_posted(6)).held == 6
            transport.abort()


def narrow(hq: Serving, keeper: Keeper) -> None:
    """The kernel keeps little for this line, so that it is full soon."""
    wire = hq.door._lines[ChainId(keeper.place, keeper.epoch)]._wire
    assert isinstance(wire, SocketWire)
    request = wire.socket._req
    assert request is not None
    assert request.transport is not None
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
