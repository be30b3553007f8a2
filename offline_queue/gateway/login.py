"""Who calls: the upper one challenges, the caller proves that it has an enrolled key, and gets the same proof back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from aiohttp import WSCloseCode

from ledger.ids import ChainId
from offline_queue.gateway.host import Host
from offline_queue.gateway.wire import LineOver, Wire
from protocol.conversation import NONCE_BYTES, Challenge, Login, Rejected
from protocol.handshake import login_is_true, welcome
from protocol.rejections import Rejection

LOGIN_S_MAX = 5.0
COMPLAINTS_MAX = 1000

log = structlog.get_logger()


@dataclass(slots=True)
class Complaints:
    """Who was turned away since it last came in: each is logged once, however often it calls."""

    _known: set[tuple[str, int]] = field(default_factory=set)

    def is_first(self, login: Login) -> bool:
        """Whether to log this one. Names are the callers' own invention, so no more than COMPLAINTS_MAX are kept."""
        who = (login.keeper, login.epoch)
        if who in self._known or len(self._known) >= COMPLAINTS_MAX:
            return False
        self._known.add(who)
        return True

    def forget(self, chain: ChainId) -> None:
        """It has come in."""
        self._known.discard((chain.keeper, chain.epoch))


async def let_in(wire: Wire, host: Host, complaints: Complaints, *, login_s_max: float = LOGIN_S_MAX) -> ChainId:
    """The chain whose keeper calls. Raises LineOver for everybody else."""
    challenge = Challenge(host.world.chance(NONCE_BYTES))
    await wire.say(challenge)
    login = await _login(wire, login_s_max)
    chain = ChainId(login.keeper, login.epoch)
    key = await host.key_of(chain)
    if key is None or not login_is_true(challenge, host.place, login, key):
        if complaints.is_first(login):
            why = "unknown keeper" if key is None else "wrong proof"
            log.warning("turned away", why=why, keeper=login.keeper, epoch=login.epoch)
        await wire.say(Rejected(Rejection.UNKNOWN_KEEPER, ""))
        raise LineOver(WSCloseCode.POLICY_VIOLATION, Rejection.UNKNOWN_KEEPER)
    complaints.forget(chain)
    await wire.say(welcome(challenge, host.place, login, host.sign))
    await host.heard(chain)
    return chain


async def _login(wire: Wire, login_s_max: float) -> Login:
    try:
        async with asyncio.timeout(login_s_max):
            login = await wire.hear()
    except TimeoutError as fault:
        raise LineOver(WSCloseCode.POLICY_VIOLATION, "no_login") from fault
    if not isinstance(login, Login):
        raise LineOver(WSCloseCode.PROTOCOL_ERROR, "out_of_turn")
    return login
