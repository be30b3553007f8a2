"""What two neighbours in the tree of places say to each other over one long-lived line, and in which order.

    upper                                   lower
    Challenge(nonce)             ──▶
                                 ◀──        Login(keeper, epoch, nonce, proof)
    Welcome(proof), Acknowledged ──▶
                                 ◀──        Records(...)          any number under way; each names itself
    Acknowledged(...)            ──▶
    Ordered(directives)          ──▶

There are no request numbers: everything names itself (a record by its place in the chain, a directive by its number),
so whatever is said twice is recognised, and whatever was lost is said again after the next Welcome.

A caller who was never enrolled, or whose proof is false, gets Rejected in place of Welcome, and the line is closed. One
that is fenced is welcome: its records are rejected, but it must hear the directive that says why.
"""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import Place
from protocol.errors import MALFORMED, NotAMessage
from protocol.records import Keeper, Number, SignedRecord
from protocol.signing import Context, Signed, Signer, is_signed_by

NONCE_BYTES = 32
FRAME_BYTES_MAX = 1 << 20
BATCH_RECORDS_MAX = 250
"""So that a batch is a short step of the one writer at HQ, and real-time draws wait for little."""
BATCH_BYTES_MAX = 512 * 1024


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """One frame: a MessagePack array that begins with the message's name."""


class Challenge(Message, frozen=True, tag="challenge"):
    """The upper one speaks first. Whoever answers proves to be alive now."""

    nonce: bytes


class Login(Message, frozen=True, tag="login"):
    """Who calls. `proof` is the keeper's signature over both nonces, its name and its epoch."""

    keeper: Keeper
    epoch: Number
    nonce: bytes
    proof: bytes


class Welcome(Message, frozen=True, tag="welcome"):
    """The upper one proves to be who the lower one was enrolled with."""

    proof: bytes


class Records(Message, frozen=True, tag="records"):
    """A batch: a run of consecutive records of one keeper's chain, who need not be the one that calls."""

    keeper: Keeper
    epoch: Number
    records: tuple[SignedRecord, ...]


class Acknowledged(Message, frozen=True, tag="acknowledged"):
    """HQ's signed acknowledgement: what comes next begins after `held`, wherever the sender believed to be."""

    acknowledgement: Signed


class Ordered(Message, frozen=True, tag="ordered"):
    """Directives to a keeper, in their order: records of HQ's chain, as they were signed."""

    records: tuple[SignedRecord, ...]


class Rejected(Message, frozen=True, tag="rejected"):
    """Something was not taken, and nothing was changed by it. `code` is a Rejection; `at` names the record to blame."""

    code: str
    at: str


AnyMessage = Challenge | Login | Welcome | Records | Acknowledged | Ordered | Rejected


_DECODER: msgspec.msgpack.Decoder[AnyMessage] = msgspec.msgpack.Decoder(AnyMessage)


def encode(message: AnyMessage) -> bytes:
    """A message as one frame."""
    return msgspec.msgpack.encode(message)


def decode(frame: bytes) -> AnyMessage:
    """A frame as a message. Raises NotAMessage."""
    if len(frame) > FRAME_BYTES_MAX:
        raise NotAMessage
    try:
        return _DECODER.decode(frame)
    except MALFORMED as fault:
        raise NotAMessage from fault


def log_in(challenge: Challenge, keeper: Place, epoch: int, nonce: bytes, signer: Signer) -> Login:
    """The lower one's answer to a challenge. `nonce` is 32 bytes of chance."""
    words = _words(challenge.nonce, nonce, keeper, epoch)
    return Login(keeper, epoch, nonce, signer(Context.LOGIN.value + words))


def welcome(challenge: Challenge, login: Login, signer: Signer) -> Welcome:
    """The upper one's answer to a login that may come in."""
    words = _words(challenge.nonce, login.nonce, login.keeper, login.epoch)
    return Welcome(signer(Context.WELCOME.value + words))


def login_is_true(challenge: Challenge, login: Login, key: Ed25519PublicKey) -> bool:
    """Whether the caller has the key of the keeper that it claims to be."""
    words = _words(challenge.nonce, login.nonce, login.keeper, login.epoch)
    return len(login.nonce) == NONCE_BYTES and is_signed_by(key, Context.LOGIN, Signed(words, login.proof))


def welcome_is_true(challenge: Challenge, login: Login, answer: Welcome, key: Ed25519PublicKey) -> bool:
    """Whether it is HQ that answers."""
    words = _words(challenge.nonce, login.nonce, login.keeper, login.epoch)
    return is_signed_by(key, Context.WELCOME, Signed(words, answer.proof))


def _words(upper_nonce: bytes, lower_nonce: bytes, keeper: Place, epoch: int) -> bytes:
    return msgspec.msgpack.encode((upper_nonce, lower_nonce, keeper, epoch))
