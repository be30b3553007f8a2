"""Who comes in on HQ's line, who does not, and how many."""

import os
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from ledger.ids import HEADQUARTERS, Place
from offline_queue.gateway import door as door_module
from protocol.conversation import NONCE_BYTES, Rejected, Welcome
from protocol.handshake import log_in
from tests.hq_server.forger import Keeper, traded
from tests.hq_server.serving import POLICY, PROTOCOL, Closed, Serving, serving, until


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
                await caller.say(
                    log_in(challenge, HEADQUARTERS, stranger.place, stranger.epoch, nonce, stranger.key.sign)
                )
                assert await caller.hear() == Rejected("unknown_keeper", "")
                assert await caller.hear() == Closed(POLICY, "unknown_keeper")
    turned_away = [log for log in logs if log["event"] == "turned away"]
    assert [(log["why"], log["keeper"]) for log in turned_away] == [(why, stranger.place)]


async def test_a_login_that_was_overheard_opens_nothing(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        challenge = await caller.challenge()
        overheard = log_in(challenge, HEADQUARTERS, keeper.place, 1, os.urandom(NONCE_BYTES), keeper.key.sign)
        await caller.say(overheard)
        assert isinstance(await caller.hear(), Welcome)
    async with hq.call() as caller:
        await caller.challenge()
        await caller.say(overheard)
        assert isinstance(await caller.hear(), Rejected)


async def test_a_login_that_was_meant_for_a_lead_opens_no_line_to_hq(hq: Serving) -> None:
    """A lead, or whoever stands at its address, may pass on HQ's challenge as its own: it is not answered to HQ."""
    keeper = traded()
    async with hq.call() as caller:
        challenge = await caller.challenge()
        await caller.say(log_in(challenge, Place("07-1"), keeper.place, 1, os.urandom(NONCE_BYTES), keeper.key.sign))
        assert await caller.hear() == Rejected("unknown_keeper", "")


async def test_records_before_a_login_are_not_looked_at(hq: Serving) -> None:
    keeper = traded()
    async with hq.call() as caller:
        await caller.challenge()
        await caller.say(keeper.batch())
        assert await caller.hear() == Closed(PROTOCOL, "out_of_turn")
    assert (await hq.view(keeper)).held == 0


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
            assert hq.is_up(second)


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


async def test_the_line_is_a_websocket_without_a_subprotocol(hq: Serving) -> None:
    assert (await hq.get("/v1/line"))["code"] == "bad_request"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await hq.http.ws_connect(hq.url + "/v1/line", protocols=("soap",))
    assert refused.value.status == 400
