"""Signatures: what each kind of message has in front of its bytes, so that none can pass for another."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SIGNATURE_BYTES = 64
PUBLIC_KEY_BYTES = 32

Signer = Callable[[bytes], bytes]
"""Message to 64 bytes of Ed25519 signature (RFC 8032)."""


class Context(Enum):
    """What a signature is for; the value stands in front of the signed bytes."""

    RECORD = b"counterfoil record 1\0"
    ACKNOWLEDGEMENT = b"counterfoil acknowledgement 1\0"
    LOGIN = b"counterfoil login 1\0"
    WELCOME = b"counterfoil welcome 1\0"
    MEDIUM = b"counterfoil medium 1\0"


class Signed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Bytes and their signature: kept, sent and checked as they are, and never encoded again."""

    content: bytes
    signature: bytes


def sign(context: Context, content: bytes, signer: Signer) -> Signed:
    """Sign some bytes for a purpose."""
    return Signed(content, signer(context.value + content))


def is_signed_by(key: Ed25519PublicKey, context: Context, signed: Signed) -> bool:
    """Whether the key's owner signed these bytes for this purpose."""
    try:
        key.verify(signed.signature, context.value + signed.content)
    except InvalidSignature:
        return False
    return True


def public_key(raw: bytes) -> Ed25519PublicKey:
    """A key from its 32 bytes. Raises ValueError when they are not that many."""
    return Ed25519PublicKey.from_public_bytes(raw)
