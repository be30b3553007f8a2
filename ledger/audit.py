"""The audit: replays a keeper's postings into a book of its own, and says where a kept book differs from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

from ledger.digest import digest
from ledger.ids import OperationId, RecordRef
from ledger.judging import Refusal, Refused, judge
from ledger.slices import Lot, SliceKey
from ledger.transactions import Side, Transaction, TransactionKind

Key = TypeVar("Key", bound="RecordRef | SliceKey | Entry")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in plain words: `07-2/1/31: takes value that is not there`."""

    at: str
    """The record that is wrong, or whose trace in the book is; for a lot or a slice, the record that opened the lot."""
    what: str

    def __str__(self) -> str:
        return f"{self.at}: {self.what}"


@dataclass(frozen=True, slots=True)
class Posting:
    """A transaction as its record tells it; `receipt` is the number of its slip, counted from 1, if it has one."""

    ref: RecordRef
    business_date: str
    receipt: int | None
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class Closing:
    """A day close as its record tells it: the digest of everything that lay at the place."""

    ref: RecordRef
    digest: bytes


Line: TypeAlias = Posting | Closing
"""What an audit reads of a chain."""


class Heading(NamedTuple):
    """What a book says of a transaction beside its entries."""

    kind: TransactionKind
    operation_id: OperationId
    business_date: str


class Entry(NamedTuple):
    """The name of one entry: a record moves one side of one lot at most once."""

    ref: RecordRef
    key: SliceKey
    side: Side


@dataclass(frozen=True, slots=True)
class Book:
    """The book of one place as values: what was replayed from its chain, or what was read from its file."""

    transactions: dict[RecordRef, Heading] = field(default_factory=dict)
    lots: dict[SliceKey, Lot] = field(default_factory=dict)
    entries: dict[Entry, int] = field(default_factory=dict)
    slices: dict[SliceKey, int] = field(default_factory=dict)
    """Units held, never zero."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a chain proves: the book that follows from it, and what is wrong with the chain itself."""

    book: Book
    findings: tuple[Finding, ...]


def replay(lines: Iterable[Line]) -> Replayed:
    """Post a place's transactions again, in the order of its chain and from its first record on.

    Each must keep the rules of the book; receipt numbers run on from 1, an operation has one effect, and a day close
    has the digest of what lay there. What breaks a rule is reported and posted all the same, because it was signed.
    """
    replaying = Replay()
    findings = [finding for line in lines for finding in replaying.take(line)]
    return Replayed(replaying.book, tuple(findings))


class Replay:
    """The same a line at a time, for whoever reads several chains at once."""

    def __init__(self) -> None:
        self.book = Book()
        self._receipt = 0
        self._effects: dict[OperationId, RecordRef] = {}

    def take(self, line: Line) -> Iterator[Finding]:
        """Post the next line of the chain; what is wrong with it."""
        wrong = list(self._close(line) if isinstance(line, Closing) else self._post(line))
        return (Finding(str(line.ref), what) for what in wrong)

    def _close(self, closing: Closing) -> Iterator[str]:
        if closing.digest != digest(self.book.slices):
            yield "its digest is not that of what lay here"

    def _post(self, posting: Posting) -> Iterator[str]:
        first = self._effects.setdefault(posting.transaction.operation_id, posting.ref)
        yield from _broken_rules(posting, self.book)
        yield from _broken_order(posting, self._receipt, first)
        enter(posting, self.book)
        self._receipt = posting.receipt or self._receipt


def compare(replayed: Book, kept: Book) -> Iterator[Finding]:
    """Every line in which a kept book differs from the one that its chain proves; nothing when the book is true.

    A book that is not the chain's own differs in every line: take no more findings than you can show.
    """
    yield from _differences(replayed.transactions, kept.transactions)
    yield from _differences(replayed.lots, kept.lots)
    yield from _differences(replayed.entries, kept.entries)
    yield from _differences(replayed.slices, kept.slices)


def _broken_rules(posting: Posting, book: Book) -> Iterator[str]:
    verdict = judge(posting.transaction, book.slices, book.lots)
    if isinstance(verdict, Refused):
        yield REFUSED[verdict.reason]
    if any(lot.key.lot != posting.ref.lot for lot in posting.transaction.opens):
        yield "it opens a lot under the name of another record"
    if posting.ref in book.transactions:
        yield "this record was posted before"


def _broken_order(posting: Posting, last_receipt: int, first_effect: RecordRef) -> Iterator[str]:
    if posting.receipt not in (None, last_receipt + 1):
        yield f"its receipt has number {posting.receipt}, expected {last_receipt + 1}"
    if first_effect != posting.ref:
        yield f"operation {posting.transaction.operation_id} had its effect in {first_effect}"


def enter(posting: Posting, book: Book) -> None:
    """Put a posting into a book, whatever its rules say of it."""
    ref, made = posting.ref, posting.transaction
    book.transactions[ref] = Heading(made.kind, made.operation_id, posting.business_date)
    for lot in (*made.opens, *made.carries):
        book.lots.setdefault(lot.key, lot)
    for leg in made.legs:
        entry = Entry(ref, leg.key, leg.side)
        book.entries[entry] = book.entries.get(entry, 0) + leg.units
    for key, change in made.held_changes().items():
        units = book.slices.pop(key, 0) + change
        if units:
            book.slices[key] = units


def _differences(replayed: Mapping[Key, object], kept: Mapping[Key, object]) -> Iterator[Finding]:
    for key in [*replayed, *(key for key in kept if key not in replayed)]:
        ours, theirs = replayed.get(key), kept.get(key)
        if ours != theirs:
            at, what = _named(key)
            yield Finding(at, f"the book has {_shown(theirs)} as {what}, and the chain proves {_shown(ours)}")


def _named(key: RecordRef | SliceKey | Entry) -> tuple[str, str]:
    match key:
        case RecordRef():
            return str(key), "its transaction"
        case SliceKey():
            return key.lot, f"the {key.purse} that account {key.account} has of it"
        case Entry():
            return str(key.ref), f"the {key.side} {key.key.purse} of account {key.key.account}, lot {key.key.lot}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case Heading():
            return f"{value.kind} {value.operation_id} on {value.business_date}"
        case Lot():
            return f"a lot of store {value.store} from {value.opened_on} to {value.expires_on or 'for ever'}"
        case _:
            return f"{value} units"


REFUSED: dict[Refusal, str] = {
    Refusal.NO_LEGS: "it moves nothing",
    Refusal.UNITS_OUT_OF_RANGE: "it moves zero units, or more than any amount may have",
    Refusal.LEG_REPEATED: "it moves the same side of the same lot twice",
    Refusal.WRONG_SIDE: "it moves units to or from where its kind of transaction does not move them",
    Refusal.UNBALANCED: "what it moves does not sum to zero",
    Refusal.LOT_NOT_ISSUED: "it opens a lot that it does not issue, or issues value without opening a lot for it",
    Refusal.LOT_ALREADY_OPEN: "it opens a lot that was open already",
    Refusal.LOT_NOT_CARRIED: "the lots whose terms it names are not those that it moves",
    Refusal.LOT_DIFFERS: "it names other terms of a lot than those under which the lot was opened",
    Refusal.LOT_UNKNOWN: "it moves value of a lot that no record before it has opened",
    Refusal.BELOW_ZERO: "it takes value that was not there",
}
"""What a broken rule means to an auditor."""
