"""How both ends of a line prove who they are, once, over the words of Challenge, Login and Welcome."""

from __future__ import annotations

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.ids import Place
from protocol.conversation import NONCE_BYTES, Challenge, Login, Welcome
from protocol.signing import Context, Signed, Signer, is_signed_by


def log_in(challenge: Challenge, upper: Place, keeper: Place, epoch: int, nonce: bytes, signer: Signer) -> Login:  # noqa: PLR0913, PLR0917 - what is signed, and by whom
    """The lower one's answer to a challenge, good for `upper` alone. `nonce` is 32 bytes of chance."""
    words = _words(upper, challenge.nonce, nonce, keeper, epoch)
    return Login(keeper, epoch, nonce, signer(Context.LOGIN.value + words))


def welcome(challenge: Challenge, upper: Place, login: Login, signer: Signer) -> Welcome:
    """The upper one's answer to a login that may come in."""
    words = _words(upper, challenge.nonce, login.nonce, login.keeper, login.epoch)
    return Welcome(signer(Context.WELCOME.value + words))


def login_is_true(challenge: Challenge, upper: Place, login: Login, key: Ed25519PublicKey) -> bool:
    """Whether the caller has the key of the keeper that it claims to be, and means to call `upper`."""
    words = _words(upper, challenge.nonce, login.nonce, login.keeper, login.epoch)
    return len(login.nonce) == NONCE_BYTES and is_signed_by(key, Context.LOGIN, Signed(words, login.proof))


def welcome_is_true(challenge: Challenge, upper: Place, login: Login, answer: Welcome, key: Ed25519PublicKey) -> bool:
    """Whether it is `upper` that answers."""
    words = _words(upper, challenge.nonce, login.nonce, login.keeper, login.epoch)
    return is_signed_by(key, Context.WELCOME, Signed(words, answer.proof))


def _words(upper: Place, upper_nonce: bytes, lower_nonce: bytes, keeper: Place, epoch: int) -> bytes:
    # Whom it is for: otherwise a lead could pass on HQ's challenge, and speak with HQ in its caller's name.
    return msgspec.msgpack.encode((upper, upper_nonce, lower_nonce, keeper, epoch))
