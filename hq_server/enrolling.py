"""Enrolment at HQ: whether a caller who wants to keep a place may, and what he is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hq_server.storage.keepers import Keepers
from ledger.ids import HEADQUARTERS, parse_place
from offline_queue.outbox import Stamp
from protocol.bodies import Directive
from protocol.conversation import NONCE_BYTES
from protocol.enrolment import EnrolmentAnswer, EnrolmentRequest, answer, request_is_true
from protocol.signing import PUBLIC_KEY_BYTES


class NotEnrolled(StrEnum):
    """Why somebody was not enrolled."""

    CODE_WRONG = "code_wrong"
    """The pairing code is wrong, old, worn out or used, or none was made for this place."""
    KEY_REVOKED = "key_revoked"
    """This place's till had that key before, and it was revoked. A till needs a new key to be trusted again."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """What HQ tells a till that it takes in: its public key, 32 bytes, and the chain's card secrets."""

    public_key: bytes
    card_keys: bytes = field(repr=False)


def enrol(
    keepers: Keepers, request: EnrolmentRequest, disclosed: Disclosed, stamp: Stamp
) -> EnrolmentAnswer | NotEnrolled:
    """Take a till in if it knows the code of its place. Each try counts, so it all is one commit of the caller's."""
    place = parse_place(request.place)
    if place is None or place == HEADQUARTERS or not _is_well_formed(request):
        return NotEnrolled.CODE_WRONG
    code = keepers.try_code(place, stamp.now_ms)
    if code is None or not request_is_true(request, code):
        return NotEnrolled.CODE_WRONG
    if keepers.is_revoked(place, request.public_key):
        return NotEnrolled.KEY_REVOKED
    epoch = keepers.enrol(place, request.public_key, stamp).open().body_as(Directive).to_epoch
    return answer(request, disclosed.public_key, epoch, disclosed.card_keys, code)


def _is_well_formed(request: EnrolmentRequest) -> bool:
    return len(request.public_key) == PUBLIC_KEY_BYTES and len(request.nonce) == NONCE_BYTES
