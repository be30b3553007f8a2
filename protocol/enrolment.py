"""Enrolment: a new till and HQ come to know each other's keys over a line that neither trusts, by a pairing code.

The code is 80 bits of chance, read from HQ's screen and keyed into the till once. Both prove to the other that they
know it by a MAC over everything that was said, so a stranger in the middle cannot slip in a key of his own; the chain's
card secrets travel encrypted under it. HQ forgets it after one use, five wrong tries, or a day.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.ids import Place
from protocol.check_code import CROCKFORD
from protocol.records import Number

CODE_BYTES = 10
TRIES_MAX = 5
CODE_VALID_S = 24 * 3600
_NONCE = bytes(12)  # each key encrypts one message only: it is derived from what both sides said in this enrolment


class EnrolmentRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The till's half: who it will be, its public key, chance of its own, and the proof that it knows the code."""

    place: Place
    public_key: bytes
    nonce: bytes
    proof: bytes


class EnrolmentAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HQ's half: its public key, the till's epoch, the proof that it knows the code, and the card secrets, encrypted.

    The epoch is the till's last one if it had this key (an answer was lost, or it is paired anew), otherwise the next.
    """

    hq_public_key: bytes
    epoch: Number
    proof: bytes
    sealed: bytes


def code_text(code: bytes) -> str:
    """Ten bytes as a person reads them out: `7K2M-9XQD-0C4V-HZ31`."""
    assert len(code) == CODE_BYTES
    bits = int.from_bytes(code, "big")
    text = "".join(CROCKFORD[bits >> shift & 31] for shift in range(75, -5, -5))
    return "-".join(text[start : start + 4] for start in range(0, 16, 4))


def parse_code(text: str) -> bytes | None:
    """What was keyed in; small letters, blanks and O, I, L for 0, 1, 1 are forgiven. None when it is no code."""
    plain = text.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    if len(plain) != CODE_BYTES * 8 // 5 or any(letter not in CROCKFORD for letter in plain):
        return None
    bits = 0
    for letter in plain:
        bits = bits << 5 | CROCKFORD.index(letter)
    return bits.to_bytes(CODE_BYTES, "big")


def ask(place: Place, public_key: bytes, nonce: bytes, code: bytes) -> EnrolmentRequest:
    """The till asks. `nonce` is 32 bytes of chance."""
    return EnrolmentRequest(place, public_key, nonce, _mac(code, b"till", place.encode(), public_key, nonce))


def request_is_true(request: EnrolmentRequest, code: bytes) -> bool:
    """Whether the caller knows the code."""
    expected = _mac(code, b"till", request.place.encode(), request.public_key, request.nonce)
    return hmac.compare_digest(expected, request.proof)


def answer(request: EnrolmentRequest, hq_public_key: bytes, epoch: int, secrets: bytes, code: bytes) -> EnrolmentAnswer:
    """HQ answers a true request."""
    sealed = ChaCha20Poly1305(_key(code, request)).encrypt(_NONCE, secrets, hq_public_key)
    proof = _hq_proof(request, hq_public_key, epoch, sealed, code)
    return EnrolmentAnswer(hq_public_key, epoch, proof, sealed)


def open_answer(request: EnrolmentRequest, answered: EnrolmentAnswer, code: bytes) -> bytes | None:
    """The card secrets; None when it was not HQ that answered."""
    expected = _hq_proof(request, answered.hq_public_key, answered.epoch, answered.sealed, code)
    if not hmac.compare_digest(expected, answered.proof):
        return None
    try:
        return ChaCha20Poly1305(_key(code, request)).decrypt(_NONCE, answered.sealed, answered.hq_public_key)
    except InvalidTag:
        return None


def _hq_proof(request: EnrolmentRequest, hq_public_key: bytes, epoch: int, sealed: bytes, code: bytes) -> bytes:
    return _mac(code, b"hq", request.proof, hq_public_key, epoch.to_bytes(8, "big"), sealed)


def _mac(code: bytes, who: bytes, *parts: bytes) -> bytes:
    words = msgspec.msgpack.encode((b"counterfoil enrolment 1", who, parts))
    return hmac.digest(code, words, hashlib.sha256)


def _key(code: bytes, request: EnrolmentRequest) -> bytes:
    return HKDF(SHA256(), 32, salt=request.nonce, info=b"counterfoil enrolment key 1").derive(code)
