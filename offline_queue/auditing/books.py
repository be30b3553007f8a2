"""The book that a file keeps, held against the one that its chains prove."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, TypeVar

from ledger.audit import Book, Entry, Heading, compare
from ledger.audit import Finding as Difference
from ledger.ids import AccountId, LotId, OperationId, Place, RecordRef, life
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from offline_queue.auditing.chains import Report
from offline_queue.auditing.findings import FINDINGS_MAX, Sort
from offline_queue.auditing.keys import ChainName
from offline_queue.export_items import BookRow, EntryRow, LotRow, SliceRow, TransactionRow

Key = TypeVar("Key")
Value = TypeVar("Value")


class Odd(NamedTuple):
    """A line in which the kept book differs, and the keepers whose chains prove it."""

    keepers: tuple[str, ...]
    difference: Difference


class KeptBooks:
    """What an export says lies where: a book for each place and epoch, and the lots, which are all places' together."""

    def __init__(self, report: Report) -> None:
        self.books: defaultdict[ChainName, Book] = defaultdict(Book)
        self.lots: dict[SliceKey, Lot] = {}
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
                self._put(row, self.books[life(Place(row.keeper), row.epoch)].transactions, _ref(row), heading)
            case LotRow():
                _check_name(row.lot)
                lot = Lot(_key(row), row.store, row.opened_on, row.expires_on)
                self._put(row, self.lots, lot.key, lot)
            case EntryRow():
                entry = Entry(_ref(row), _key(row), Side(row.side))
                self._put(row, self.books[life(Place(row.keeper), row.epoch)].entries, entry, row.units)
            case SliceRow():
                self._put(row, self.books[row.place, row.epoch].slices, _key(row), row.units)

    def _put(self, row: BookRow, part: dict[Key, Value], key: Key, value: Value) -> None:
        if key in part:
            at, what = _named(row)
            self._report(Sort.BOOK_DIFFERS, at, f"{what} stands twice in the book")
        part[key] = value

    def totals(self) -> dict[str, dict[str, int]]:
        """Units by purse and side over all places; of each purse they sum to zero."""
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for book in self.books.values():
            for entry, units in book.entries.items():
                sums[entry.key.purse][entry.side] += units
        return {purse: {side: sides[side] for side in Side if side in sides} for purse, sides in sums.items()}

    def not_conserved(self) -> Iterator[tuple[SliceKey, int]]:
        """The lots whose entries do not sum to zero over all places, and to what they sum."""
        return ((key, units) for key, units in self._sums(*Side).items() if units)

    def overtaken(self) -> Iterator[tuple[SliceKey, int]]:
        """The lots of which more was taken than given over all places, and what is in transit then: below zero."""
        return ((key, units) for key, units in self._sums(Side.IN_TRANSIT).items() if units < 0)

    def overnetted(self) -> Iterator[tuple[SliceKey, int]]:
        """The lots of which HQ took more than was owed, and by how much."""
        return ((key, units) for key, units in self._sums(Side.OWED).items() if units > 0)

    def _sums(self, *sides: Side) -> Counter[SliceKey]:
        sums: Counter[SliceKey] = Counter()
        for book in self.books.values():
            for entry, units in book.entries.items():
                if entry.side in sides:
                    sums[entry.key] += units
        return sums


def differences(proved: Mapping[ChainName, Book], kept: KeptBooks) -> Iterator[Odd]:
    """Where the kept book is not the proved one, place by place and epoch by epoch; then the lots.

    A place that no chain tells of has nothing. A lot is proved by whatever chain opened or carried it.
    """
    for name in dict.fromkeys([*proved, *kept.books]):
        ours, theirs = proved.get(name) or Book(), kept.books.get(name) or Book()
        for difference in compare(_moved(ours), _moved(theirs)):
            yield Odd((name[0],), difference)
        for at, what in map(_words, compare(Book(slices=ours.slices), Book(slices=theirs.slices))):
            yield Odd((name[0],), Difference(at, f"at {name[0]}/{name[1]} {what}"))
    wrong = list(islice(compare(Book(lots=_lots(proved)), Book(lots=kept.lots)), FINDINGS_MAX))
    keepers = _keepers_of_lots([*proved.values(), *kept.books.values()]) if wrong else {}
    yield from (Odd(tuple(keepers.get(one.at, ())), one) for one in wrong)


def _moved(book: Book) -> Book:
    return replace(book, lots={}, slices={})


def _words(difference: Difference) -> tuple[str, str]:
    return difference.at, difference.what


def _lots(proved: Mapping[ChainName, Book]) -> dict[SliceKey, Lot]:
    """Every lot that a chain opened or carried. Other terms than its giver's book has are a broken rule."""
    lots: dict[SliceKey, Lot] = {}
    for book in proved.values():
        lots |= book.lots
    return lots


def _keepers_of_lots(books: Iterable[Book]) -> dict[str, dict[str, None]]:
    """By lot, whose records have moved it."""
    keepers: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for book in books:
        for entry in book.entries:
            keepers[entry.key.lot][entry.ref.keeper] = None
    return keepers


def _ref(row: TransactionRow | EntryRow) -> RecordRef:
    return RecordRef(Place(row.keeper), row.epoch, row.sequence)


def _key(row: LotRow | EntryRow | SliceRow) -> SliceKey:
    return SliceKey(AccountId(row.account), Purse(row.purse), LotId(row.lot))


def _check_name(lot: str) -> None:
    if RecordRef.parse(lot) is None:
        raise ValueError(f"{lot!r} is no record's name")


def _named(row: BookRow) -> tuple[str, str]:
    match row:
        case TransactionRow():
            return str(_ref(row)), "its transaction"
        case LotRow():
            return row.lot, f"the lot of account {row.account}, {row.purse}"
        case EntryRow():
            return str(_ref(row)), f"the entry {row.side} {row.purse} of account {row.account}, lot {row.lot}"
        case SliceRow():
            return row.lot, f"the slice of account {row.account}, {row.purse}, at {row.place}/{row.epoch}"
