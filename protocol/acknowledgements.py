"""Acknowledgements: HQ's signed word on what it holds of a keeper's chain, what it has posted, what it has ordered."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from protocol.errors import MALFORMED, NotAnAcknowledgement
from protocol.records import Hash, Keeper, Number
from protocol.signing import Context, Signed, Signer, sign

VERSION: Final = 1


class Acknowledgement(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Heads, as HQ knows them. Sequences are 0 and hashes 32 zero bytes where there is nothing yet.

    Whoever has it can prove that HQ had every record up to `held`, whose hash it names. `directive` is the number of
    the last directive to this keeper in HQ's epoch `hq_epoch`, `directive_hash` the hash of the record that gave it.
    """

    version: Literal[1]
    hq_epoch: Number
    keeper: Keeper
    epoch: Number
    held: Number
    held_hash: Hash
    posted: Number
    directive: Number
    directive_hash: Hash
    at_ms: Number


def seal_acknowledgement(acknowledgement: Acknowledgement, signer: Signer) -> Signed:
    """Encode and sign, once."""
    return sign(Context.ACKNOWLEDGEMENT, msgspec.msgpack.encode(acknowledgement), signer)


def open_acknowledgement(signed: Signed) -> Acknowledgement:
    """Read it; the signature is not looked at. Raises NotAnAcknowledgement."""
    try:
        return msgspec.msgpack.decode(signed.content, type=Acknowledgement)
    except MALFORMED as fault:
        raise NotAnAcknowledgement from fault
