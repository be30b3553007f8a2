"""Posting: what a held record does to HQ's mirror of its keeper's place."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.digest import digest
from ledger.journal_sqlite import SqliteJournal
from ledger.judging import Refused
from protocol.bodies import DayClosedBody, TransactionBody
from protocol.errors import NotARecord
from protocol.records import Record, RecordKind
from protocol.replaying import posting_of


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


def _post_transaction(record: Record, mirror: SqliteJournal) -> SetAside | None:
    try:
        posting = posting_of(record)
    except NotARecord:
        return SetAside((_account_of(record),), "not_understood")
    made = posting.transaction
    accounts = tuple(sorted({leg.account for leg in made.legs}))
    if mirror.knows_operation(made.operation_id):
        return SetAside(accounts, "operation_repeated")
    verdict = mirror.post(made, record.ref, record.business_date)
    return SetAside(accounts, verdict.reason.name.lower()) if isinstance(verdict, Refused) else None


def _compare(record: Record, mirror: SqliteJournal) -> SetAside | Different | None:
    try:
        said = record.body_as(DayClosedBody).digest
    except NotARecord:
        return SetAside(("",), "not_understood")
    found = digest(mirror.everything())
    return None if said == found else Different(said.hex(), found.hex())


def _account_of(record: Record) -> str:
    try:
        return record.body_as(TransactionBody).account
    except NotARecord:
        return ""
