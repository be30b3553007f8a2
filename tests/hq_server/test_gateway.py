"""The card communications server on real sockets: who comes in, what is said, and what one till can do to another."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest
from structlog.testing import capture_logs

from hq_server.gateway import door as door_module
from hq_server.gateway import wire as wire_module
from hq_server.news import ChainId
from protocol.bodies import Directive, Enrol, Revoke
from protocol.conversation import (
    FRAME_BYTES_MAX,
    NONCE_BYTES,
    Acknowledged,
    Challenge,
    Login,
    Ordered,
    Records,
    Rejected,
    Welcome,
    encode,
    log_in,
)
from protocol.records import SignedRecord
from protocol.signing import Signed
from tests.hq_server.forger import ALICE, Keeper, traded
from tests.hq_server.serving import Caller, Closed, Serving, serving, until

POLICY, PROTOCOL, TEXT, TOO_BIG, GOING, LATER, REPLACED = 1008, 1002, 1003, 1009, 1001, 1013, 4000


@pytest.fixture
async def hq(tmp_path: Path) -> AsyncIterator[Serving]:
    """HQ with till 07-2, whose chain it does not hold yet."""
    async with serving(tmp_path) as running:
        await running.enrol(traded())
        yield running


async def test_a_till_comes_in_hears_what_hq_holds_and_what_it_orders(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        await caller.log_in(keeper)
        said = await caller.acknowledgement()
        assert (said.keeper, said.epoch, said.held, said.posted, said.directive) == ("07-2", 1, 0, 0, 1)
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        (given,) = ordered.records
        assert given.open().body_as(Directive) == Directive("07-2", 1, 1, Enrol(keeper.raw_key))


async def test_a_batch_is_held_then_posted_and_both_are_acknowledged(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        held = await caller.acknowledgement()
        assert (held.held, held.held_hash) == (6, keeper.chain[-1].hash)
        assert (await caller.until_posted(6)).held == 6
    balances = await hq.get(f"/v1/members/{ALICE}/balances")
    assert balances["places"] == [{"place": "07-2", "principal": 15, "bonus": 0, "points": 0}]


async def test_a_till_that_comes_back_hears_where_it_stood(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 4))
        await caller.until_posted(4)
    async with hq.call() as caller:
        await caller.log_in(keeper)
        said = await caller.acknowledgement()
        assert (said.held, said.posted) == (4, 4)


async def test_acknowledgements_never_go_back_while_batches_are_under_way(hq: Serving) -> None:
    keeper = traded()
    for _ in range(300):
        keeper.load(ALICE, 1)
    async with hq.line(keeper) as caller:
        for first in range(1, 301, 6):
            await caller.say(keeper.batch(first, first + 5))
        heads = [(0, 0)]
        while heads[-1] != (300, 300):
            said = await caller.acknowledgement()
            heads.append((said.held, said.posted))
    assert heads == sorted(heads)
    assert all(posted <= held for held, posted in heads)


async def test_after_a_gap_hq_says_where_to_begin(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 2))
        await caller.until_posted(2)
        await caller.say(keeper.batch(5))
        assert await caller.rejection() == Rejected("gap", "07-2/1/5")
        assert (await caller.acknowledgement()).held == 2
        await caller.say(keeper.batch(3))
        assert (await caller.until_posted(6)).held == 6


async def test_records_may_come_over_another_keepers_line(hq: Serving) -> None:
    """A lead forwards its tills' chains, and whoever finds a memory stick brings it: the records prove themselves."""
    keeper, lead = traded(), traded(place="07-1", seed=8)
    await hq.enrol(lead)
    async with hq.line(lead) as caller:
        await caller.say(keeper.batch())
        said = await caller.acknowledgement()
        assert (said.keeper, said.held) == ("07-2", 6)
        stranger = traded(place="99-9")
        await caller.say(stranger.batch())
        assert (await caller.rejection()).code == "unknown_keeper"
        await caller.say(lead.batch())
        assert (await caller.acknowledgement()).keeper == "07-1"


async def test_who_says_nothing_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path, login_s_max=0.1) as hq, hq.call() as caller:
        await caller.challenge()
        assert await caller.hear() == Closed(POLICY, "no_login")


def strangers() -> list[tuple[str, Keeper]]:
    return [
        ("wrong proof", traded(seed=8)),
        ("unknown keeper", traded(epoch=2)),
        ("unknown keeper", traded(place="99-9")),
        ("unknown keeper", Keeper("hq")),
    ]


@pytest.mark.parametrize(("why", "stranger"), strangers())
async def test_a_stranger_is_turned_away_and_logged_once_until_it_has_come_in(
    hq: Serving, why: str, stranger: Keeper
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            async with hq.call() as caller:
                challenge = await caller.challenge()
                nonce = os.urandom(NONCE_BYTES)
                await caller.say(log_in(challenge, stranger.place, stranger.epoch, nonce, stranger.key.sign))
                assert await caller.hear() == Rejected("unknown_keeper", "")
                assert await caller.hear() == Closed(POLICY, "unknown_keeper")
    turned_away = [log for log in logs if log["event"] == "turned away"]
    assert [(log["why"], log["keeper"]) for log in turned_away] == [(why, stranger.place)]


async def test_a_login_that_was_overheard_opens_nothing(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        challenge = await caller.challenge()
        overheard = log_in(challenge, keeper.place, 1, os.urandom(NONCE_BYTES), keeper.key.sign)
        await caller.say(overheard)
        assert isinstance(await caller.hear(), Welcome)
    async with hq.call() as caller:
        await caller.challenge()
        await caller.say(overheard)
        assert isinstance(await caller.hear(), Rejected)


async def test_the_later_line_of_a_till_takes_the_place_of_the_earlier(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as earlier, hq.line(keeper) as later:
        assert await earlier.hear() == Closed(REPLACED, "replaced")
        await later.say(keeper.batch())
        assert (await later.acknowledgement()).held == 6
        assert (await hq.view(keeper)).held == 6
        assert (await hq.get("/v1/tills"))["tills"][0]["on_line"]


LOGIN = Login(traded().place, 1, bytes(32), bytes(64))
GARBAGE: list[tuple[bytes | str, int, str]] = [
    ("hello", TEXT, "text"),
    (b"", PROTOCOL, "not_a_message"),
    (b"\xc1", PROTOCOL, "not_a_message"),
    (os.urandom(1000), PROTOCOL, "not_a_message"),
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


async def test_records_before_a_login_are_not_looked_at(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        await caller.challenge()
        await caller.say(keeper.batch())
        assert await caller.hear() == Closed(PROTOCOL, "out_of_turn")
    assert (await hq.view(keeper)).held == 0


async def test_a_till_that_sends_records_nobody_can_read_only_hears_so(hq: Serving) -> None:
    """It is not cut off: what stands before the bad record is held, and the rest may come right."""
    keeper = traded()
    async with hq.line(keeper) as caller:
        garbage = SignedRecord(b"garbage", bytes(64))
        await caller.say(Records(keeper.place, 1, (*keeper.chain[:2], garbage)))
        assert await caller.rejection() == Rejected("not_a_record", "")
        assert (await caller.acknowledgement()).held == 2
        await caller.say(keeper.batch(3))
        assert (await caller.until_posted(6)).held == 6


async def test_a_till_that_says_the_same_nonsense_for_ever_is_logged_once(hq: Serving) -> None:
    keeper = traded()
    with capture_logs() as logs:
        async with hq.line(keeper) as caller:
            for _ in range(5):
                await caller.say(Records(keeper.place, 1, (SignedRecord(b"garbage", bytes(64)),)))
                await caller.rejection()
                await caller.acknowledgement()
    assert [log["code"] for log in logs if log["event"] == "batch rejected"] == ["not_a_record"]


async def test_a_revoked_till_hears_it_at_once_and_is_believed_no_more(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 4))
        await caller.until_posted(4)
        await hq.post("/v1/tills/07-2/revocations", {})
        assert (await caller.acknowledgement()).directive == 2
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        assert [one.open().body_as(Directive).order for one in ordered.records] == [Revoke(4)]
        await caller.say(keeper.batch(5))
        assert (await caller.rejection()).code == "fenced"
        assert (await caller.acknowledgement()).held == 4


async def test_a_till_that_was_revoked_while_it_was_away_hears_why(hq: Serving) -> None:
    keeper = traded()
    await hq.post("/v1/tills/07-2/revocations", {})
    async with hq.call() as caller:
        await caller.log_in(keeper)
        assert (await caller.acknowledgement()).directive == 2
        ordered = await caller.hear()
        assert isinstance(ordered, Ordered)
        orders = [one.open().body_as(Directive).order for one in ordered.records]
        assert orders == [Enrol(keeper.raw_key), Revoke(0)]


async def test_two_copies_of_a_till_convict_each_other(hq: Serving) -> None:
    keeper = traded(3)
    copy = keeper.copy()
    keeper.load(ALICE, 100)
    copy.load(ALICE, 200)
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
        await caller.until_posted(4)
        await caller.say(copy.batch())
        assert await caller.rejection() == Rejected("fork", "07-2/1/4")
    assert (await hq.get("/v1/tills"))["tills"][0]["fences"] == ["forked"]


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
            await hq.door.close(None)  # type: ignore[arg-type]  # what aiohttp hands over is not looked at


async def test_a_flood_of_pings_is_a_wait_for_its_sender_alone(hq: Serving) -> None:
    flood, other = traded(place="07-3", seed=8), traded()
    await hq.enrol(flood)
    async with hq.line(flood) as flooder, hq.line(other) as caller:
        for _ in range(2000):
            await flooder.socket.ping()
        await flooder.say(flood.batch())
        await caller.say(other.batch())
        assert (await caller.until_posted(6)).held == 6
        assert not flooder.socket._reader._buffer or True
        await hq.door.close(None)  # type: ignore[arg-type]  # what aiohttp hands over is not looked at


async def test_a_ping_gets_its_pong(hq: Serving) -> None:
    async with hq.http.ws_connect(hq.url + "/v1/line", autoping=False) as socket:
        await socket.ping(b"are you there?")
        frames = [await socket.receive(), await socket.receive()]
    assert (aiohttp.WSMsgType.PONG, b"are you there?") in [(frame.type, frame.data) for frame in frames]


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
            assert ears.transport is not None
            ears.transport.pause_reading()
            empty = encode(Records(deaf.place, 1, ()))
            async with asyncio.timeout(50):
                while hq.door.is_up(hq_chain(deaf)):
                    await caller.socket.send_bytes(empty)
                    await asyncio.sleep(0)
            await listener.say(other.batch())
            assert (await listener.until_posted(6)).held == 6
            ears.transport.abort()


def narrow(hq: Serving, keeper: Keeper) -> None:
    """The kernel keeps little for this line, so that it is full soon."""
    request = hq.door._lines[hq_chain(keeper)]._wire.socket._req
    assert request is not None
    assert request.transport is not None
    request.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)


def hq_chain(keeper: Keeper) -> ChainId:
    return ChainId(keeper.place, keeper.epoch)


async def test_hq_that_ends_says_so(tmp_path: Path) -> None:
    keeper = traded()
    async with serving(tmp_path) as hq:
        await hq.enrol(keeper)
        async with hq.line(keeper) as caller:
            await hq.door.close(None)  # type: ignore[arg-type]  # what aiohttp hands over is not looked at
            assert await caller.hear() == Closed(GOING, "hq_ends")


async def test_hq_has_room_for_so_many_tills(tmp_path: Path) -> None:
    first, second = traded(), traded(place="07-3", seed=8)
    async with serving(tmp_path, lines_max=1) as hq:
        await hq.enrol(first, second)
        async with hq.line(first):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with hq.line(second):
                    pass
            assert refused.value.status == 503
        await until(lambda: not hq.door.is_crowded)
        async with hq.line(second):
            assert hq.door.is_up(hq_chain(second))


async def test_a_crowd_of_strangers_leaves_the_tills_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_module, "STRANGERS_MAX", 2)
    keeper = traded()
    async with serving(tmp_path, login_s_max=1) as hq:
        await hq.enrol(keeper)
        async with hq.line(keeper) as line, hq.call() as one, hq.call() as two:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with hq.call():
                    pass
            assert refused.value.status == 503
            await line.say(keeper.batch())
            assert (await line.until_posted(6)).held == 6
            for stranger in (one, two):
                await stranger.challenge()
                assert await stranger.hear() == Closed(POLICY, "no_login")
            async with hq.call() as three:
                await three.challenge()


async def test_a_full_disk_ends_the_line_without_a_reproach(hq: Serving) -> None:
    """The till did nothing wrong: a Rejected would make it stop, a lost line makes it come again."""
    keeper = traded()
    book = hq.parts.store._store._connection
    async with hq.line(keeper) as caller:
        book.execute(f"pragma max_page_count = {book.execute('pragma page_count').get}")
        for _ in range(250):
            keeper.load(ALICE, 1)
        await caller.say(keeper.batch(1, 250))
        assert await caller.hear() == Closed(LATER, "disk_full")
    assert (await hq.view(keeper)).held == 0
    book.execute("pragma max_page_count = 1000000")
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch(1, 250))
        assert (await caller.until_posted(250)).held == 250


async def test_what_arrived_is_posted_though_its_line_is_gone(hq: Serving) -> None:
    keeper = traded()
    async with hq.line(keeper) as caller:
        await caller.say(keeper.batch())
    while (await hq.view(keeper)).posted < 6:
        assert (await hq.view(keeper)).held in (0, 6)


async def test_the_line_is_a_websocket_without_a_subprotocol(hq: Serving) -> None:
    assert (await hq.get("/v1/line"))["code"] == "bad_request"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await hq.http.ws_connect(hq.url + "/v1/line", protocols=("soap",))
    assert refused.value.status == 400
