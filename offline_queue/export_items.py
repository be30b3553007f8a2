"""What an export is made of: rows of a book as the file had them, however odd. To judge them is the audit's part."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from protocol.records import SignedRecord
from protocol.signing import Signed


class Item(msgspec.Struct, frozen=True, array_like=True, tag=True, forbid_unknown_fields=True):
    """One item: a MessagePack array that begins with the item's name. Fields are columns, in this order for ever."""


class Exported(Item, frozen=True, tag="export"):
    """The first item: what this is, whose file it was made of, when (Unix time), by whom and with what."""

    kind: Literal["book", "fork"]
    place: str
    at_ms: int
    by: str
    software: str


class RecordRow(Item, frozen=True, tag="record"):
    """A record as it was signed, and the name that it is kept under."""

    keeper: str
    epoch: int
    sequence: int
    kind: str
    content: bytes
    signature: bytes

    @property
    def signed(self) -> SignedRecord:
        """The record."""
        return SignedRecord(self.content, self.signature)


class AcknowledgementRow(Item, frozen=True, tag="acknowledgement"):
    """HQ's signed word on a chain, as its keeper has it: the `last`, and the one that went `furthest`."""

    which: str
    content: bytes
    signature: bytes

    @property
    def signed(self) -> Signed:
        """The acknowledgement."""
        return Signed(self.content, self.signature)


class TransactionRow(Item, frozen=True, tag="transaction"):
    """The book: a transaction."""

    keeper: str
    epoch: int
    sequence: int
    kind: str
    operation_id: str
    business_date: str


class LotRow(Item, frozen=True, tag="lot"):
    """The book: a lot."""

    account: str
    purse: str
    lot: str
    store: str
    opened_on: str
    expires_on: str | None


class EntryRow(Item, frozen=True, tag="entry"):
    """The book: an entry."""

    account: str
    purse: str
    lot: str
    side: str
    keeper: str
    epoch: int
    sequence: int
    units: int


class SliceRow(Item, frozen=True, tag="slice"):
    """The book: what lies where, in which epoch of the place's keeper."""

    account: str
    purse: str
    lot: str
    place: str
    epoch: int
    units: int


class KeeperRow(Item, frozen=True, tag="keeper"):
    """At HQ: who may sign. At a till: the key by which it knows HQ, epoch 0. In a proof: the key that it convicts."""

    keeper: str
    epoch: int
    store: str
    public_key: bytes


class ProgressRow(Item, frozen=True, tag="progress"):
    """At HQ: how far a chain is posted."""

    keeper: str
    epoch: int
    posted: int


class SetAsideRow(Item, frozen=True, tag="set_aside"):
    """At HQ: a genuine record that is not posted, and why."""

    keeper: str
    epoch: int
    sequence: int
    account: str
    reason: str


class ForkRow(Item, frozen=True, tag="fork"):
    """At HQ: a second record with a number that another has."""

    keeper: str
    epoch: int
    sequence: int
    content: bytes
    signature: bytes

    @property
    def signed(self) -> SignedRecord:
        """The record."""
        return SignedRecord(self.content, self.signature)


class Damage(Item, frozen=True, tag="damage"):
    """Something that could not be read when the export was made."""

    where: str
    what: str


class End(Item, frozen=True, tag="end"):
    """The last item: how many came before it, and SHA-256 over every byte before it."""

    items: int
    digest: bytes


BookRow: TypeAlias = TransactionRow | LotRow | EntryRow | SliceRow
HqRow: TypeAlias = KeeperRow | ProgressRow | SetAsideRow | ForkRow
Row: TypeAlias = RecordRow | AcknowledgementRow | BookRow | HqRow
Content: TypeAlias = Row | Damage
"""What stands between the first item and the last."""
AnyItem: TypeAlias = Exported | Content | End
