"""Posting: what a held record does to HQ's mirror of its keeper's place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.digest import digest
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Refused
from protocol.bodies import DayClosedBody, TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind
from protocol.replaying import posting_of


class Doubt(StrEnum):
    """Why a genuine record is set aside, beside the rules of the book (ledger.judging.Refusal, in small letters)."""

    NOT_UNDERSTOOD = "not_understood"
    """Its body is not of the form that its kind has."""
    OPERATION_REPEATED = "operation_repeated"
    """This keeper has posted an operation of that name before."""
    FOREIGN_LOT = "foreign_lot"
    """It opens a lot under the name of another record, which would then be refused its own."""
    NOT_STORABLE = "not_storable"
    """The book's file does not take it: a sum beyond what it can hold, or a line that is there already."""


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


def post_record(record: Record, mirror: SqliteJournal) -> SetAside | Different | None:
    """Post one record to the mirror of its keeper's place, inside the caller's transaction; None when all is well.

    What a till signed within its place is fact: it is posted as it stands, and only what the book cannot hold (the
    unbalanced, the unknown, the below-zero) is set aside.
    """
    match record.kind:
        case RecordKind.TRANSACTION:
            return _post_transaction(record, mirror)
        case RecordKind.DAY_CLOSED:
            return _compare(record, mirror)
        case _:
            return None


def set_aside(record: Record, reason: str) -> SetAside:
    """The record beside every account that it names; beside none when it cannot be read."""
    try:
        body = record.body_as(TransactionBody)
    except NotARecord:
        return SetAside(("",), reason)
    return SetAside(tuple(sorted({body.account, *(leg.account for leg in body.legs)})), reason)


def _post_transaction(record: Record, mirror: SqliteJournal) -> SetAside | None:
    try:
        made = posting_of(record).transaction
    except NotARecord:
        return set_aside(record, Doubt.NOT_UNDERSTOOD)
    if mirror.knows_operation(made.operation_id):
        return set_aside(record, Doubt.OPERATION_REPEATED)
    if any(lot.key.lot != record.ref.lot for lot in made.opens):
        return set_aside(record, Doubt.FOREIGN_LOT)
    verdict = mirror.post(made, record.ref, record.business_date)
    return set_aside(record, verdict.reason.name.lower()) if isinstance(verdict, Refused) else None


def _compare(record: Record, mirror: SqliteJournal) -> SetAside | Different | None:
    try:
        said = record.body_as(DayClosedBody).digest
    except NotARecord:
        return SetAside(("",), Doubt.NOT_UNDERSTOOD)
    found = digest(mirror.everything())
    return None if said == found else Different(said.hex(), found.hex())
