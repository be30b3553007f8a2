"""The book that a file keeps, held against the one that its chains prove."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeVar

from ledger.audit import Book, Entry, Heading, compare
from ledger.audit import Finding as Difference
from ledger.ids import AccountId, LotId, OperationId, Place, RecordRef
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import Sort
from offline_queue.export_items import BookRow, EntryRow, LotRow, SliceRow, TransactionRow

Key = TypeVar("Key")
Value = TypeVar("Value")


class KeptBooks:
    """What an export says lies where, place by place."""

    def __init__(self, report: Report) -> None:
        self.books: defaultdict[str, Book] = defaultdict(Book)
        self.rows = 0
        self._report = report

    def take(self, row: BookRow) -> None:
        """Take a row of the book; one that no book can have is reported."""
        self.rows += 1
        try:
            self._take(row)
        except ValueError as fault:
            at, what = _named(row)
            self._report(Sort.BOOK_DIFFERS, at, f"{what} is none that a book can have: {fault}")

    def _take(self, row: BookRow) -> None:
        match row:
            case TransactionRow():
                heading = Heading(TransactionKind(row.kind), OperationId(row.operation_id), row.business_date)
                self._put(row, self.books[row.keeper].transactions, _ref(row), heading)
            case LotRow():
                lot = Lot(_key(row), row.store, row.opened_on, row.expires_on)
                self._put(row, self.books[_opener(row)].lots, lot.key, lot)
            case EntryRow():
                entry = Entry(_ref(row), _key(row), Side(row.side))
                self._put(row, self.books[row.keeper].entries, entry, row.units)
            case SliceRow():
                self._put(row, self.books[row.place].slices, _key(row), row.units)

    def _put(self, row: BookRow, part: dict[Key, Value], key: Key, value: Value) -> None:
        if key in part:
            at, what = _named(row)
            self._report(Sort.BOOK_DIFFERS, at, f"{what} stands twice in the book")
        part[key] = value

    def totals(self) -> dict[str, dict[str, int]]:
        """Units by purse and side over all places: issued + held + spent is zero."""
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for book in self.books.values():
            for entry, units in book.entries.items():
                sums[entry.key.purse][entry.side] += units
        return {purse: dict(sides) for purse, sides in sums.items()}

    def not_conserved(self) -> Iterator[tuple[SliceKey, int]]:
        """The lots whose entries do not sum to zero over all places, and to what they sum."""
        sums: Counter[SliceKey] = Counter()
        for book in self.books.values():
            for entry, units in book.entries.items():
                sums[entry.key] += units
        return ((key, units) for key, units in sums.items() if units)


def differences(proved: Mapping[str, Book], kept: KeptBooks) -> Iterator[tuple[str, Difference]]:
    """Place by place, where the kept book is not the proved one; a place that no chain tells of has nothing."""
    for place in dict.fromkeys([*proved, *kept.books]):
        for difference in compare(proved.get(place) or Book(), kept.books.get(place) or Book()):
            yield place, difference


def _ref(row: TransactionRow | EntryRow) -> RecordRef:
    return RecordRef(Place(row.keeper), row.epoch, row.sequence)


def _key(row: LotRow | EntryRow | SliceRow) -> SliceKey:
    return SliceKey(AccountId(row.account), Purse(row.purse), LotId(row.lot))


def _opener(row: LotRow) -> str:
    """The keeper whose record opened the lot."""
    ref = RecordRef.parse(row.lot)
    if ref is None:
        raise ValueError(f"{row.lot!r} is no record's name")
    return ref.keeper


def _named(row: BookRow) -> tuple[str, str]:
    match row:
        case TransactionRow():
            return str(_ref(row)), "its transaction"
        case LotRow():
            return row.lot, f"the lot of account {row.account}, {row.purse}"
        case EntryRow():
            return str(_ref(row)), f"the entry {row.side} {row.purse} of account {row.account}, lot {row.lot}"
        case SliceRow():
            return row.lot, f"the slice of account {row.account}, {row.purse}, at {row.place}"
