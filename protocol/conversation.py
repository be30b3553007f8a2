"""What two neighbours in the tree of places say to each other over one long-lived line, and in which order.

    upper                                   lower
    Challenge(nonce)             ──▶
                                 ◀──        Login(keeper, epoch, nonce, proof)
    Welcome(proof), Acknowledged ──▶
                                 ◀──        Resume(...)           how far it got with what the upper one says
    Ordered(directives)          ──▶
    Directory(members)           ──▶
                                 ◀──        Records(...)          any number under way; each names itself
    Acknowledged(...)            ──▶
                                 ◀──        Draw(...)             value is needed here now
    Ordered(transfer)            ──▶                              or NotDrawn(...), and why
                                 ◀──        Fetch(receipt)       the right to undo a sale of another till's
    Ordered(entrust)             ──▶                              or NotDrawn(...), and why
                                 ◀──        Look(account)
    Seen(account, ...)           ──▶
                                 ◀──        Find(phone)
    Found(phone, members)        ──▶
                                 ◀──        History(account)
    Movements(account, ...)      ──▶
    Wanted(keeper, epoch, after) ──▶                              copies of a neighbour's records that HQ lacks
                                 ◀──        Records(...)          the next of them; none: there are no more
    HandOn(keeper, epoch, ...)   ──▶                              HQ's directives to a neighbour whose line is not up
                                 ◀──        Ask(...)              a hosted store's till asks its place at HQ;
    Told(...)                    ──▶                              HQ passes both on, to and from that place's keeper

There are no request numbers: everything names itself (a record by its place in the chain, a directive by its number, a
draw by its operation), so whatever is said twice is recognised, and whatever was lost is said again after the next
Welcome.

A caller who was never enrolled, or whose proof is false, gets Rejected in place of Welcome, and the line is closed. One
that is fenced is welcome: its records are rejected, but it must hear the directive that says why.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from ledger.amounts import Count
from ledger.slices import Asset
from protocol.errors import MALFORMED, NotAMessage
from protocol.members import Member, Moved, Shares
from protocol.names import Label, Name, Operation
from protocol.records import Hash, Keeper, Number, SignedRecord
from protocol.signing import Signed

NONCE_BYTES = 32
FRAME_BYTES_MAX = 1 << 20
BATCH_RECORDS_MAX = 250
"""So that a batch is a short step of the one writer at HQ, and real-time draws wait for little."""
BATCH_BYTES_MAX = 512 * 1024
DIRECTORY_LINES_MAX = 500
"""In one message."""
FOUND_MAX = 9
"""Members on one phone number: a cashier picks one by a digit."""
MOVEMENTS_MAX = 10
"""What a customer who asks at the counter is told."""


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """One frame: a MessagePack array that begins with the message's name."""


class Challenge(Message, frozen=True, tag="challenge"):
    """The upper one speaks first. Whoever answers proves to be alive now."""

    nonce: bytes


class Login(Message, frozen=True, tag="login"):
    """Who calls. `proof` is the keeper's signature over whom it calls, both nonces, its name and its epoch."""

    keeper: Keeper
    epoch: Number
    nonce: bytes
    proof: bytes


class Welcome(Message, frozen=True, tag="welcome"):
    """The upper one proves to be who the lower one was enrolled with."""

    proof: bytes


class Resume(Message, frozen=True, tag="resume"):
    """The lower one's first word after Welcome: from where the upper one is to go on.

    `directive` is the last one that it has carried out in HQ's epoch `hq_epoch`, `directory` the version that it has.
    `acknowledgement` is the last that it has of the upper one: whoever signed that and has less now has lost it.
    """

    hq_epoch: Number
    directive: Number
    directory: Number
    acknowledgement: Signed | None


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


class Draw(Message, frozen=True, tag="draw"):
    """The lower one needs up to `units` of a member's asset for this operation; less than `least` is of no use to it.

    The answer is a directive with a transfer that names the operation, or NotDrawn. A repeated draw has one effect.
    """

    operation_id: Operation
    card: Name
    account: Name
    asset: Asset
    units: Count
    least: Number


class NoDraw(StrEnum):
    """Why a draw brings nothing."""

    NOT_ENOUGH = "not_enough"
    """Less than `least` lies at HQ, and what lies elsewhere did not come home in time."""
    BLOCKED = "blocked"
    """The card was lost or stolen."""
    FENCED = "fenced"
    """HQ places nothing with this keeper."""
    BUSY = "busy"
    """HQ could not look at it now."""
    RECOVERING = "recovering"
    """HQ may have lost records, and gives nothing out before it has heard of all keepers."""
    UNKNOWN = "unknown"
    """Of a right: HQ has posted no sale with this slip, or none that can be undone elsewhere."""
    NOT_REACHED = "not_reached"
    """Of a right: whoever has it can't be asked now, or has not given it in time."""


class NotDrawn(Message, frozen=True, tag="not_drawn"):
    """A draw brought nothing. `shares` says what lies where, as of `at_ms`."""

    operation_id: Operation
    code: NoDraw
    shares: Shares
    at_ms: Number


class Fetch(Message, frozen=True, tag="fetch"):
    """The right to undo the sale with this slip is needed here for this operation.

    The answer is a directive that entrusts it and names the operation, or NotDrawn. The same again has one effect.
    """

    operation_id: Operation
    receipt_number: Label


class Look(Message, frozen=True, tag="look"):
    """A member stands at the till: what has it where, and who is it?"""

    card: Name
    account: Name


class Seen(Message, frozen=True, tag="seen"):
    """What a member has, place by place, as of `at_ms`, and its line of the directory if it is known by name.

    `knows`: up to which record, epoch and sequence, of the place at HQ of the till that has asked; (0, 0): of none.
    None: some is under way to that place or till, and `shares` lack it.
    """

    account: Name
    shares: Shares
    member: Member | None
    at_ms: Number
    knows: tuple[Number, Number] | None


class Find(Message, frozen=True, tag="find"):
    """Who has this phone number? It travels as a keyed hash."""

    phone: Hash


class Found(Message, frozen=True, tag="found"):
    """The members with that phone number: none, one, or a family."""

    phone: Hash
    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=FOUND_MAX)]


class Directory(Message, frozen=True, tag="directory"):
    """News of the members whom the lower one's store knows, up to `version`."""

    members: Annotated[tuple[Member, ...], msgspec.Meta(max_length=DIRECTORY_LINES_MAX)]
    version: Number


class History(Message, frozen=True, tag="history"):
    """A member asks what has moved of late."""

    account: Name


class Movements(Message, frozen=True, tag="movements"):
    """The last movements of an account that HQ has posted, the latest first, as of `at_ms`."""

    account: Name
    movements: Annotated[tuple[Moved, ...], msgspec.Meta(max_length=MOVEMENTS_MAX)]
    at_ms: Number


class Wanted(Message, frozen=True, tag="wanted"):
    """HQ lacks what comes after record `after` of a neighbour's chain, and hears nothing of its keeper.

    The lower one answers with Records: the next of which it has copies, or none.
    """

    keeper: Keeper
    epoch: Number
    after: Number


class HandOn(Message, frozen=True, tag="hand_on"):
    """HQ's directives to a neighbour whose line is not up, in their order. The lower one says them on its own line."""

    keeper: Keeper
    epoch: Number
    records: tuple[SignedRecord, ...]


class Ask(Message, frozen=True, tag="ask"):
    """A till of a hosted store asks its place at HQ to do something: its own record `asked` says what.

    HQ passes it on. `or_cancel`: what was not done so far is to be recorded as cancelled, so that it never will be.
    """

    asked: SignedRecord
    or_cancel: bool


class Told(Message, frozen=True, tag="told"):
    """What came of an ask of this keeper: the record of its place at HQ that says so.

    `told` is None where nothing was decided now; `code` says why, and it may be asked again.
    """

    keeper: Keeper
    epoch: Number
    operation_id: Operation
    told: SignedRecord | None
    code: Label


class Vouched(Message, frozen=True, tag="vouched"):
    """On a medium: a message that a line makes true, signed by HQ together with whom it is for (protocol.vouching)."""

    words: Signed


AnyMessage = (
    Challenge
    | Login
    | Welcome
    | Resume
    | Records
    | Acknowledged
    | Ordered
    | Rejected
    | Draw
    | NotDrawn
    | Fetch
    | Look
    | Seen
    | Find
    | Found
    | Directory
    | History
    | Movements
    | Wanted
    | HandOn
    | Ask
    | Told
    | Vouched
)

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
