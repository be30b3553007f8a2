"""What a record's body says, by kind. Field names are on the wire and in the file: they are never renamed."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from checkout.results import Reason
from checkout.slip_facts import SlipFacts
from ledger.transactions import Leg, Transaction
from protocol.records import RECORD_BYTES_MAX, SignedRecord


class LotOpened(msgspec.Struct, frozen=True):
    """A lot that this transaction brings in; `store` took the money and answers for it at settlement."""

    account: str
    purse: str
    lot: str
    store: str
    opened_on: str
    expires_on: str | None


class Opened(msgspec.Struct, frozen=True):
    """The first record of an epoch: whose book this is and the key (Ed25519, 32 bytes) that signs it."""

    place: str
    public_key: bytes
    software: str


class TransactionBody(msgspec.Struct, frozen=True):
    """A movement of value, the slip that was promised for it, and why it was allowed."""

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


class DeclinedBody(msgspec.Struct, frozen=True):
    """Someone asked for `units` and was told no. The card is named by its account."""

    kind: str
    operation_id: str
    account: str
    units: int
    decline: str
    reasons: tuple[Reason, ...]
    programme: str
    software: str


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


class Enrol(msgspec.Struct, frozen=True, tag="enrol"):
    """The addressee may keep its place with this key (Ed25519, 32 bytes). HQ holds the key itself when `hosted`."""

    public_key: bytes
    hosted: bool = False


class Revoke(msgspec.Struct, frozen=True, tag="revoke"):
    """The addressee's key is no longer trusted. What HQ held by then, up to record `held`, stands."""

    held: int


Order: TypeAlias = Enrol | Revoke

DIRECTIVE_BYTES_MAX = RECORD_BYTES_MAX - 1024
"""A directive's record lies whole in the record that says that it was applied, and that one has its bound too."""


class Directive(msgspec.Struct, frozen=True):
    """HQ to one keeper: number `number` for it in HQ's epoch. The record that carries it is signed like any other."""

    to: str
    to_epoch: int
    number: int
    order: Order


class Applied(msgspec.Struct, frozen=True):
    """A directive was carried out; HQ's record as it was signed, so that this chain proves what was ordered."""

    directive: SignedRecord


def lots_opened(transaction: Transaction) -> tuple[LotOpened, ...]:
    """The transaction's new lots as they go on the wire."""
    return tuple(LotOpened(*lot.key, lot.store, lot.opened_on, lot.expires_on) for lot in transaction.opens)
