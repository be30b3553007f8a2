"""Posting: what a held record does to HQ's mirror of its keeper's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ledger.audit import Posting
from ledger.digest import digest
from ledger.ids import RecordRef
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Refused
from protocol.bodies import DayClosedBody, TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind, SignedRecord
from protocol.replaying import posting_of
from protocol.rights import passed_to, right_in
from protocol.transfers import given_in, giver_of


class Doubt(StrEnum):
    """Why a genuine record is set aside, beside the rules of the book (ledger.judging.Refusal, in small letters)."""

    NOT_UNDERSTOOD = "not_understood"
    """Its body is not of the form that its kind has, or it takes what was given to another."""
    OPERATION_REPEATED = "operation_repeated"
    """This keeper has posted an operation of that name before; or it takes a second time what was given once."""
    FOREIGN_LOT = "foreign_lot"
    """It opens a lot under the name of another record, which would then be refused its own."""
    NOT_STORABLE = "not_storable"
    """The book's file does not take it: a sum beyond what it can hold, or a line that is there already."""
    GIVER_DIFFERS = "giver_differs"
    """The giver's record that it quotes is not the giver's: its keeper did not sign it, or has signed another."""
    GIVER_SET_ASIDE = "giver_set_aside"
    """The giver's record is genuine and was itself set aside: what it gave was not there."""
    GIVER_FENCED = "giver_fenced"
    """The giver's record is genuine, HQ takes nothing more from its keeper, and does not have what it gave."""
    HQ_CANNOT_TAKE = "hq_cannot_take"
    """It gives to an epoch of HQ that has not begun, or more than one record of HQ's can quote."""
    RIGHT_NOT_THEIRS = "right_not_theirs"
    """It gives the right to undo a sale, and another has that."""
    RIGHT_DIFFERS = "right_differs"
    """It gives the right to undo a sale, and says something else of it than its till's own records do."""


class GiverStands(StrEnum):
    """How the giver's record that a taker quotes stands at HQ."""

    POSTED = "posted"
    NOT_YET = "not_yet"
    """It is genuine, and not held or not posted so far."""
    DIFFERS = "differs"
    SET_ASIDE = "set_aside"
    FENCED = "fenced"
    """It is genuine, and not held when its keeper was fenced: what it gave has to be there by what HQ has posted."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A genuine record that the book cannot take. It is kept in plain sight; the records after it flow."""

    accounts: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Different:
    """A day close whose digest is not that of the mirror at the same record."""

    said: str
    found: str


@dataclass(frozen=True, slots=True)
class Waits:
    """It takes what `giver` has given, and that record is not posted: this record and those after it wait for it."""

    giver: RecordRef


Outcome: TypeAlias = Posting | SetAside | Different | Waits | None
"""What became of a record: Posting when it moved value at its keeper's place, None when there was nothing to move."""

Givers = Callable[[SignedRecord], GiverStands]
"""How a giver's record stands, that a taker quotes."""


def post_record(record: Record, mirror: SqliteJournal, givers: Givers) -> Outcome:
    """Post one record to the mirror of its keeper's place, inside the caller's transaction.

    What a till signed within its place is fact: it is posted as it stands, and only what the book cannot hold (the
    unbalanced, the unknown, the below-zero, what nobody gave) is set aside.
    """
    try:
        if record.kind is RecordKind.DAY_CLOSED:
            return _compare(record, mirror)
        posting = posting_of(record)
        signed = giver_of(record)
    except NotARecord:
        return set_aside(record, Doubt.NOT_UNDERSTOOD)
    if posting is None:
        return None
    if signed is not None:
        kept = kept_from(signed, record, givers(signed))
        if kept is not None:
            return kept
    return _post(posting, record, mirror)


def set_aside(record: Record, reason: str) -> SetAside:
    """The record beside every account that it names; beside none when it cannot be read."""
    try:
        return SetAside(tuple(sorted(_accounts(record))) or ("",), reason)
    except NotARecord:
        return SetAside(("",), reason)


def _accounts(record: Record) -> set[str]:
    if record.kind is RecordKind.TRANSACTION:
        body = record.body_as(TransactionBody)
        return {body.account, *(leg.account for leg in body.legs)}
    taken = passed_to(record)
    right = right_in(record if taken is None else taken.open())
    if right is not None:
        return {right.account}
    signed = giver_of(record)
    passage = given_in(record if signed is None else signed.open())
    return set() if passage is None else {passage.transfer.account}


def kept_from(signed: SignedRecord, record: Record, stands: GiverStands) -> SetAside | Waits | None:
    """What keeps a taker's record from being posted."""
    match stands:
        case GiverStands.POSTED:
            return None
        case GiverStands.NOT_YET:
            return Waits(signed.open().ref)
        case GiverStands.DIFFERS:
            return set_aside(record, Doubt.GIVER_DIFFERS)
        case GiverStands.SET_ASIDE:
            return set_aside(record, Doubt.GIVER_SET_ASIDE)
        case GiverStands.FENCED:
            return set_aside(record, Doubt.GIVER_FENCED)


def _post(posting: Posting, record: Record, mirror: SqliteJournal) -> Posting | SetAside:
    made = posting.transaction
    if mirror.knows_operation(made.operation_id):
        return set_aside(record, Doubt.OPERATION_REPEATED)
    if any(lot.key.lot != record.ref.lot for lot in made.opens):
        return set_aside(record, Doubt.FOREIGN_LOT)
    verdict = mirror.post(made, record.ref, record.business_date)
    return set_aside(record, verdict.reason.name.lower()) if isinstance(verdict, Refused) else posting


def _compare(record: Record, mirror: SqliteJournal) -> Different | None:
    said = record.body_as(DayClosedBody).digest
    found = digest(mirror.everything())
    return None if said == found else Different(said.hex(), found.hex())
