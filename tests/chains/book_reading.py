"""Reads the book of one place from its tables, as values for the audit; it changes nothing."""

from __future__ import annotations

from ledger.audit import Book, Entry, Heading
from ledger.ids import AccountId, LotId, OperationId, Place, RecordRef
from ledger.journal_sqlite import Connection
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Side, TransactionKind


def read_book(book: Connection, place: Place) -> Book:
    """The book that `place` keeps, whole; run it inside one transaction, or where nobody writes.

    Of the lots it reads those that the place opened or moved. Raises ValueError when a row names a purse, side or kind
    that this version does not know.
    """
    return Book(_transactions(book, place), _lots(book, place), _entries(book, place), _slices(book, place))


def _transactions(book: Connection, place: Place) -> dict[RecordRef, Heading]:
    rows = book.execute(
        "select epoch, sequence, kind, operation_id, business_date from transactions where keeper = ?", (place,)
    )
    return {
        RecordRef(place, epoch, sequence): Heading(TransactionKind(kind), OperationId(operation_id), business_date)
        for epoch, sequence, kind, operation_id, business_date in rows
    }


def _lots(book: Connection, place: Place) -> dict[SliceKey, Lot]:
    rows = book.execute(
        "select account, purse, lot, store, opened_on, expires_on from lots where lot glob ?1 || '/*'"
        " or exists (select 1 from entries as e where e.keeper = ?1"
        " and e.account = lots.account and e.purse = lots.purse and e.lot = lots.lot)",
        (place,),
    )
    lots = (Lot(_key(*name), store, opened_on, expires_on) for *name, store, opened_on, expires_on in rows)
    return {lot.key: lot for lot in lots}


def _entries(book: Connection, place: Place) -> dict[Entry, int]:
    rows = book.execute(
        "select epoch, sequence, account, purse, lot, side, units from entries where keeper = ?", (place,)
    )
    return {
        Entry(RecordRef(place, epoch, sequence), _key(account, purse, lot), Side(side)): units
        for epoch, sequence, account, purse, lot, side, units in rows
    }


def _slices(book: Connection, place: Place) -> dict[SliceKey, int]:
    rows = book.execute("select account, purse, lot, units from slices where place = ?", (place,))
    return {_key(account, purse, lot): units for account, purse, lot, units in rows}


def _key(account: str, purse: str, lot: str) -> SliceKey:
    return SliceKey(AccountId(account), Purse(purse), LotId(lot))
