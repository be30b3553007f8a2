"""Vouching: what a line makes true by itself needs HQ's signature where it travels on a medium."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from ledger.ids import ChainId
from protocol.conversation import Directory, Rejected, Vouched, decode, encode
from protocol.errors import MALFORMED, NotAMessage
from protocol.records import Keeper, Number
from protocol.signing import Context, Signer, sign

Vouchable: TypeAlias = Directory | Rejected


class Words(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What is signed: whom it is for, and the message as one frame."""

    keeper: Keeper
    epoch: Number
    frame: bytes


def vouch(message: Vouchable, chain: ChainId, signer: Signer) -> Vouched:
    """HQ's word to one keeper."""
    words = msgspec.msgpack.encode(Words(chain.keeper, chain.epoch, encode(message)))
    return Vouched(sign(Context.MEDIUM, words, signer))


def open_words(vouched: Vouched) -> tuple[ChainId, Vouchable]:
    """Whom it is for, and what it says; the signature is not looked at. Raises NotAMessage."""
    try:
        words = msgspec.msgpack.decode(vouched.words.content, type=Words)
    except MALFORMED as fault:
        raise NotAMessage from fault
    message = decode(words.frame)
    if not isinstance(message, Directory | Rejected):
        raise NotAMessage
    return ChainId(words.keeper, words.epoch), message
