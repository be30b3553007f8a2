"""The lower one's half of a login: nobody is told anything before it has proved to be HQ."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import HEADQUARTERS, Place
from protocol.conversation import NONCE_BYTES, Challenge, Rejected, Welcome
from protocol.handshake import log_in, welcome_is_true
from protocol.signing import Signer
from protocol.upstream import LineLost, Session, Stranger, TurnedAway


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls whom: a keeper, its epoch, what signs for it, and the place of whoever is to answer.

    `chance` gives so many bytes that nobody can guess.
    """

    keeper: Place
    epoch: int
    sign: Signer = field(repr=False)
    upper: Place = HEADQUARTERS
    chance: Callable[[int], bytes] = os.urandom


async def log_in_over(session: Session, caller: Caller, upper_key: Ed25519PublicKey) -> None:
    """Prove who we are, and have the upper one prove itself. Raises LineLost, TurnedAway, Stranger."""
    challenge = await session.receive()
    if not isinstance(challenge, Challenge) or len(challenge.nonce) != NONCE_BYTES:
        raise LineLost("it began with other words than a challenge")
    login = log_in(challenge, caller.upper, caller.keeper, caller.epoch, caller.chance(NONCE_BYTES), caller.sign)
    await session.send(login)
    match await session.receive():
        case Welcome() as answer if welcome_is_true(challenge, caller.upper, login, answer, upper_key):
            return
        case Welcome():
            raise Stranger
        case Rejected(code=code):
            raise TurnedAway(code)
        case _:
            raise LineLost("it answered the login with other words")
