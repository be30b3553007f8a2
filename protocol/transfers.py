"""Transfers: one record of the giver, and from it the transactions of both places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, RecordRef
from ledger.slices import Lot, Part, Purse, SliceKey
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from protocol.bodies import (
    DIRECTIVE_BYTES_MAX,
    GIVEN_BYTES_MAX,
    Applied,
    Directive,
    Given,
    Taken,
    Transfer,
    TransferPart,
    Why,
)
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.recoveries import Readopted, Reclaimed, Shortage

HEADING_BYTES_MAX = 2 * 1024
"""What a record says beside its transfer."""


class Passage(NamedTuple):
    """A transfer between its two places: `giver` is the record that gave it, `to` the keeper who alone may take it."""

    giver: RecordRef
    to: str
    to_epoch: int
    transfer: Transfer


def transfer_of(why: Why, operation_id: str, account: AccountId, parts: Iterable[Part]) -> Transfer:
    """A transfer of these parts, all of one account."""
    parts = tuple(parts)
    assert all(one.key.account == account for one, _ in parts), "a transfer moves what one member has"
    return Transfer(
        why,
        operation_id,
        account,
        tuple(
            TransferPart(one.key.purse, one.key.lot, one.lot.store, one.lot.opened_on, one.lot.expires_on, units)
            for one, units in parts
        ),
    )


def fitting_transfer(why: Why, operation_id: str, account: AccountId, parts: Iterable[Part]) -> Transfer:
    """A transfer of these parts, or of the first of them that one record has room for."""
    whole = transfer_of(why, operation_id, account, parts)
    return msgspec.structs.replace(whole, parts=tuple(_fitting(whole)))


def units_of(given: Transfer) -> int:
    """All units that a transfer moves."""
    return sum(part.units for part in given.parts)


def _fitting(whole: Transfer) -> Iterator[TransferPart]:
    # A lot's terms are its till's words, and nothing but the size of a record bounds them.
    room = DIRECTIVE_BYTES_MAX - HEADING_BYTES_MAX - len(whole.account.encode())
    for part in whole.parts:
        room -= len(msgspec.msgpack.encode(part))
        if room < 0:
            return
        yield part


def given_in(record: Record) -> Passage | None:
    """The transfer that this record gives away; None when it gives nothing. Raises NotARecord."""
    match record.kind:
        case RecordKind.GIVEN:
            # Its keeper alone bounds what it signs, and its taker must be able to sign a record around it.
            if len(msgspec.msgpack.encode(record)) > GIVEN_BYTES_MAX:
                raise NotARecord(f"{record.ref}: no record of its taker could hold it")
            given = record.body_as(Given)
            return Passage(record.ref, given.to, given.to_epoch, given.transfer)
        case RecordKind.DIRECTIVE if record.keeper == HEADQUARTERS:
            directive = record.body_as(Directive)
            if isinstance(directive.order, Transfer):
                return Passage(record.ref, directive.to, directive.to_epoch, directive.order)
        case RecordKind.READOPTED if record.keeper == HEADQUARTERS:
            return given_in(_of_kind(RecordKind.DIRECTIVE, record.body_as(Readopted).directive, record.ref).open())
        case _:
            pass
    return None


def giver_of(record: Record) -> SignedRecord | None:
    """The giver's record, when this one takes what that one gave; None when it takes nothing. Raises NotARecord.

    What HQ gives is taken by applying its directive, and in no other way: or one could be had without its number.
    """
    match record.kind:
        case RecordKind.TAKEN:
            signed = record.body_as(Taken).given
            return _of_kind(RecordKind.GIVEN, signed, record.ref)
        case RecordKind.APPLIED:
            signed = _of_kind(RecordKind.DIRECTIVE, record.body_as(Applied).directive, record.ref)
            return None if given_in(signed.open()) is None else signed
        case RecordKind.RECLAIMED if record.keeper == HEADQUARTERS:
            return _of_kind(RecordKind.DIRECTIVE, record.body_as(Reclaimed).directive, record.ref)
        case _:
            return None


def _of_kind(kind: RecordKind, signed: SignedRecord, taker: RecordRef) -> SignedRecord:
    if signed.open().kind is not kind:
        raise NotARecord(f"{taker}: the record in it is not of kind {kind}")
    return signed


def taken_in(record: Record) -> Passage | None:
    """The transfer that this record takes; None when it takes nothing. Raises NotARecord, also for another's transfer.

    What a till has given to HQ, HQ may take in a later epoch of its own, and what HQ gave in an earlier one it may
    have back.
    """
    signed = giver_of(record)
    if signed is None:
        return None
    passage = given_in(signed.open())
    if passage is None:
        raise NotARecord(f"{record.ref}: what it takes was not given")
    if record.kind is RecordKind.RECLAIMED and passage.giver.epoch < record.epoch:
        return passage
    in_time = passage.to_epoch == record.epoch or (record.keeper == HEADQUARTERS and passage.to_epoch < record.epoch)
    if passage.to != record.keeper or not in_time:
        raise NotARecord(f"{record.ref}: it takes what was given to {passage.to}/{passage.to_epoch}")
    return passage


def outgoing(passage: Passage) -> Transaction:
    """What the giver's book posts. Raises ValueError for a purse that does not exist."""
    return _transaction(TransactionKind.TRANSFER_OUT, passage, passage.giver.given)


def readopting(passage: Passage, short: Iterable[Shortage], by: RecordRef) -> Transaction:
    """What HQ's book posts when HQ stands by a transfer that it had lost, by its record `by`. Raises ValueError.

    The operation is that record's: another may have been given under the lost one's number.
    """
    account, legs = AccountId(passage.transfer.account), Counter[tuple[SliceKey, Side]]()
    for leg in outgoing(passage).legs:
        legs[leg.key, leg.side] += leg.units
    for one in short:
        key = SliceKey(account, Purse(one.purse), LotId(one.lot))
        legs[key, Side.HELD] += one.units
        legs[key, Side.OWED] -= one.units
    moved = tuple(Leg(*key, side, units) for (key, side), units in legs.items() if units)
    return Transaction(TransactionKind.READOPTION, by.readopted, moved, carries=outgoing(passage).carries)


def incoming(passage: Passage) -> Transaction:
    """What the taker's book posts: once, as its operation is named after the giver's record. Raises ValueError."""
    return _transaction(TransactionKind.TRANSFER_IN, passage, passage.giver.taken)


def _transaction(kind: TransactionKind, passage: Passage, operation_id: OperationId) -> Transaction:
    goes = kind is TransactionKind.TRANSFER_OUT
    parts = [(_lot(passage.transfer.account, part), part.units) for part in passage.transfer.parts]
    falls, rises = (Side.HELD, Side.IN_TRANSIT) if goes else (Side.IN_TRANSIT, Side.HELD)
    legs = tuple(leg for lot, units in parts for leg in (Leg(*lot.key, falls, -units), Leg(*lot.key, rises, units)))
    return Transaction(kind, operation_id, legs, carries=tuple(lot for lot, _ in parts))


def _lot(account: str, part: TransferPart) -> Lot:
    key = SliceKey(AccountId(account), Purse(part.purse), LotId(part.lot))
    return Lot(key, part.store, part.opened_on, part.expires_on)
