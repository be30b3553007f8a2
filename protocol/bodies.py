"""What a record's body says, by kind. Field names are on the wire and in the file: they are never renamed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, TypeAlias

import msgspec

from checkout.slip_facts import SlipFacts
from checkout.sold import Sold, Undone, at_risk
from ledger.slices import Asset, Lot
from ledger.transactions import Leg
from loyalty.reasons import Reason
from protocol.names import Address, Day, LotName, ModeLabel, Name, StoreName
from protocol.records import RECORD_BYTES_MAX, Hash, Keeper, Number, SignedRecord
from protocol.rights import Entrust, GiveRight, LotTerms

ROSTER_TILLS_MAX = 200
"""Tills of one store. Of the longest names they fit into a directive."""


class LotOpened(msgspec.Struct, frozen=True):
    """A lot that this transaction brings in; `store` took the money and answers for it at settlement."""

    account: Name
    purse: str
    lot: LotName
    store: StoreName
    opened_on: Day
    expires_on: Day | None


class Predecessor(msgspec.Struct, frozen=True):
    """The last record of the epoch before, as far as its keeper has it: `hq/1/240` and its hash."""

    record: str
    hash: Hash


class Opened(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first record of an epoch: whose book this is and the key (Ed25519, 32 bytes) that signs it.

    `after`: HQ's place goes on, and what it may have signed beyond that record is lost.
    """

    place: str
    public_key: bytes
    software: str
    after: Predecessor | None = None


class TransactionBody(msgspec.Struct, frozen=True):
    """A movement of value, the slip that was promised for it, and why it was allowed.

    A sale says what was sold, a refund or void what it has undone; the refund of a sale at another place the terms of
    the lots that it moves, which this book may never have seen (`carries`).
    """

    kind: str
    operation_id: str
    account: str
    receipt_number: str
    legs: tuple[Leg, ...]
    opens: tuple[LotOpened, ...]
    slip: SlipFacts
    reasons: tuple[Reason, ...]
    programme: str
    software: str
    sold: Sold | None = None
    undone: Undone | None = None
    carries: tuple[LotTerms, ...] = ()

    @property
    def let_go(self) -> int:
        """Units that were let go at the store's own risk; below zero: taken back of what an earlier sale let go."""
        if self.undone is not None:
            return -at_risk(self.undone.paid)
        return 0 if self.sold is None else at_risk(self.sold.paid)


class DeclinedBody(msgspec.Struct, frozen=True):
    """Someone asked for `units` and was told no: by which cashier, with which sale, the card swiped or keyed.

    The card is named by its account. `sold` is what was to be sold, `original` the slip that was to be undone.
    """

    kind: str
    operation_id: str
    account: str
    units: int
    entry: str
    cashier: str
    pos_ref: str | None
    decline: str
    reasons: tuple[Reason, ...]
    programme: str
    software: str
    sold: Sold | None = None
    original: str | None = None


class PrintBody(msgspec.Struct, frozen=True):
    """A step of a slip's printing. Run 1 is the original; every later run says 副本 on its paper."""

    receipt_number: str
    run: int
    step: str
    reasons: tuple[str, ...] = ()


class DayClosedBody(msgspec.Struct, frozen=True):
    """The store's business date moves from `closed` to `opens`; this record is the first that carries `opens`.

    `digest` is that of everything that lies at the place (ledger.digest): HQ makes its own at this record, and a
    difference is shown. `slices` and `units` are what it was made of.
    """

    closed: str
    opens: str
    digest: bytes
    slices: int
    units: int


class ClockBody(msgspec.Struct, frozen=True):
    """The till's clock is not believed from here on, for the reason `doubt`; or it is again, by the word of `by`.

    One of the two is None. `wall_ms` is what the clock showed, `other_ms` what it was held against (Unix time in ms).
    """

    doubt: str | None
    by: str | None
    wall_ms: Number
    other_ms: Number


class Enrol(msgspec.Struct, frozen=True, tag="enrol"):
    """The addressee may keep its place with this key (Ed25519, 32 bytes). HQ holds the key itself when `hosted`."""

    public_key: bytes
    hosted: bool = False


class Revoke(msgspec.Struct, frozen=True, tag="revoke"):
    """The addressee's key is no longer trusted. What HQ held by then, up to record `held`, stands."""

    held: int


class TransferPart(msgspec.Struct, frozen=True):
    """Units of one lot in one purse, and the terms under which the lot was opened."""

    purse: str
    lot: LotName
    store: StoreName
    opened_on: Day
    expires_on: Day | None
    units: int


class Why(StrEnum):
    """What moves value to another place."""

    DRAW = "draw"
    """The taker has asked for it."""
    GRANT = "grant"
    """It is placed ahead, where its member is expected."""
    RETURN = "return"
    """It goes home: it was recalled, or came too late for its sale."""


class Transfer(msgspec.Struct, frozen=True, tag="transfer"):
    """A part of what one member has, given to another place. In a directive: HQ gives it to the addressee.

    `operation_id` is that of the draw which it answers; empty when nobody has asked.
    """

    why: Why
    operation_id: str
    account: Name
    parts: tuple[TransferPart, ...]


class Recall(msgspec.Struct, frozen=True, tag="recall"):
    """The addressee is to give back what it has of a member's asset (`money`, `points`) beyond `keep` units."""

    account: Name
    asset: Asset
    keep: Number


class Block(msgspec.Struct, frozen=True, tag="block"):
    """These cards were lost or stolen, and are refused from now on. A card is named by its token."""

    cards: tuple[str, ...]


class Unblock(msgspec.Struct, frozen=True, tag="unblock"):
    """These cards were found, and are good again."""

    cards: tuple[str, ...]


class RunAs(msgspec.Struct, frozen=True, tag="run_as"):
    """The addressee's store is run in this way from now on; the record that says it was applied is the first in it."""

    mode: ModeLabel


class Neighbour(msgspec.Struct, frozen=True):
    """A till of the addressee's store, and the key (Ed25519, 32 bytes) that signs for it in this epoch."""

    place: Keeper
    epoch: Number
    public_key: bytes


class Lead(msgspec.Struct, frozen=True):
    """The till from which the others of its store draw, and where it listens on their LAN: `http://192.168.1.10:8472`.

    Places, and so their keepers, are named by the roster.
    """

    place: Keeper
    address: Address


class Witness(msgspec.Struct, frozen=True):
    """The till that keeps a copy of the lead's own chain, and where it listens for the lead."""

    place: Keeper
    address: Address


class Roster(msgspec.Struct, frozen=True, tag="roster"):
    """Who keeps the places of the addressee's store, and which of them is its lead, if any. A newer one replaces it.

    The others copy their chains to the lead; the lead copies its own to the witness, where there is one.
    """

    lead: Lead | None
    tills: Annotated[tuple[Neighbour, ...], msgspec.Meta(max_length=ROSTER_TILLS_MAX)]
    witness: Witness | None = None


class Relay(msgspec.Struct, frozen=True, tag="relay"):
    """What another till gave to the addressee and no line brings: its record `given`, and the key that signs for it."""

    public_key: bytes
    given: SignedRecord


class NewEpoch(msgspec.Struct, frozen=True, tag="new_epoch"):
    """HQ may have lost records, and has begun this epoch: the addressee carries out nothing more of an earlier one."""


BLOCKED_CARDS_MAX = 1000
"""In one directive."""

Order: TypeAlias = (
    Enrol | Revoke | Transfer | Recall | Block | Unblock | RunAs | Roster | Relay | NewEpoch | GiveRight | Entrust
)

DIRECTIVE_BYTES_MAX = RECORD_BYTES_MAX - 1024
"""A directive's record lies whole in the record that says that it was applied, and that one has its bound too."""
GIVEN_BYTES_MAX = DIRECTIVE_BYTES_MAX
"""So does a giver's in the record of its taker."""
RELAYED_BYTES_MAX = DIRECTIVE_BYTES_MAX - 1024
"""And in the directive that relays it."""


class Directive(msgspec.Struct, frozen=True):
    """HQ to one keeper: number `number` for it in HQ's epoch. The record that carries it is signed like any other."""

    to: str
    to_epoch: int
    number: Number
    order: Order


class Applied(msgspec.Struct, frozen=True):
    """A directive was carried out; HQ's record as it was signed, so that this chain proves what was ordered."""

    directive: SignedRecord


class Given(msgspec.Struct, frozen=True):
    """Value leaves this place for the place `to`, whose keeper takes it in its epoch `to_epoch`."""

    to: str
    to_epoch: int
    transfer: Transfer


class Taken(msgspec.Struct, frozen=True):
    """Value has come; the giver's record as it was signed, so that this chain proves where from."""

    given: SignedRecord


class Netted(msgspec.Struct, frozen=True):
    """HQ takes what a member owes from what the member has at HQ; by which lots, the legs say.

    `lots` are all of them with their terms: some were spent elsewhere, and never lay at HQ.
    """

    account: Name
    legs: tuple[Leg, ...]
    lots: tuple[LotOpened, ...]


def terms_told(lots: Iterable[Lot]) -> tuple[LotTerms, ...]:
    """Terms of lots of one account as they go on the wire."""
    return tuple(LotTerms(lot.key.purse, lot.key.lot, lot.store, lot.opened_on, lot.expires_on) for lot in lots)


def lots_told(lots: Iterable[Lot]) -> tuple[LotOpened, ...]:
    """Lots as they go on the wire."""
    return tuple(LotOpened(*lot.key, lot.store, lot.opened_on, lot.expires_on) for lot in lots)
