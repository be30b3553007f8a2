"""HQ and tills made by hand: each has a file, signs whatever its story wants, and posts it as an honest one would."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from checkout.slip_facts import SlipFacts, SlipKind
from hq_server.exporting import TABLES as HQ_TABLES
from ledger.ids import HEADQUARTERS, AccountId, LotId, OperationId, Place, RecordRef, life
from ledger.journal_sqlite import SqliteJournal, open_book
from ledger.judging import Posted
from ledger.slices import Lot, Part, Purse, SliceKey
from ledger.transactions import Leg, Side, TransactionKind
from offline_queue.auditing.audit import audit
from offline_queue.auditing.report import Report
from offline_queue.book_rows import Table, read_rows
from offline_queue.exporting import heading, save_export
from offline_queue.outbox import Chain, Outbox, Stamp
from protocol.bodies import (
    Applied,
    Directive,
    Enrol,
    Given,
    Opened,
    Order,
    Predecessor,
    Taken,
    TransactionBody,
    Transfer,
    Why,
    lots_told,
)
from protocol.receipt_numbers import Numbering
from protocol.records import Record, RecordKind, SignedRecord, encode_body, seal
from protocol.replaying import posting_of
from protocol.signing import Signer
from protocol.transfers import transfer_of
from terminal.exporting import TABLES as TILL_TABLES
from tests.audit.halves import HQ_KEY, HQ_PUBLIC_KEY, tamper_open

MIA = AccountId("0123456789abcdef01234567")
DATE = "2026-11-22"
A, B, C = Place("07-2"), Place("08-1"), Place("09-1")
LOAD, GIVEN, APPLIED = "07-2/1/3", "07-2/1/4", "08-1/1/3"
"""Records of with_value_moved(): the load at A, what A gave home, what B carried out ..."""
TAKEN, ORDER = "hq/1/5", "hq/1/6"
"""... and HQ's own: it takes from A, and gives to B."""


class Keeper:
    """One keeper in one epoch: `sign` writes a record, `post` enters in the book what a record moves."""

    def __init__(
        self,
        file: Path,
        place: Place,
        key: Ed25519PrivateKey,
        schema: str,
        tables: Sequence[Table],
        *,
        epoch: int = 1,
    ) -> None:
        self.place, self.key, self.tables = place, key, tables
        self.book = open_book(file, "ledger", "offline_queue", schema)
        self.begin(epoch)

    def begin(self, epoch: int) -> None:
        """A new chain, and an empty book; HQ's goes on."""
        before = Outbox(self.book, self.place, epoch - 1, self.key.sign).head() if self.place == HEADQUARTERS else None
        after = None if before is None else Predecessor(str(before.ref), before.hash)
        self.epoch, self.receipts = epoch, 0
        self.outbox = Outbox(self.book, self.place, epoch, self.key.sign)
        self.journal = SqliteJournal(self.book, *life(self.place, epoch))
        self.sign(RecordKind.OPENED, Opened(self.place, self.public_key, "0.1.0", after))

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def sign(self, kind: RecordKind, body: msgspec.Struct) -> SignedRecord:
        """A record, and nothing in the book."""
        head = self.outbox.append(self.outbox.head(), kind, body, Stamp(0, DATE, "transfer"))
        signed = self.outbox.record(head.ref.sequence)
        assert signed is not None
        return signed

    def post(self, signed: SignedRecord) -> SignedRecord:
        enter(self.journal, signed)
        return signed

    def do(self, kind: RecordKind, body: msgspec.Struct) -> SignedRecord:
        return self.post(self.sign(kind, body))

    def load(self, units: int) -> SignedRecord:
        head = self.outbox.head()
        assert head is not None
        ref = head.ref.next()
        key = SliceKey(MIA, Purse.PRINCIPAL, ref.lot)
        legs = (Leg(*key, Side.ISSUED, -units), Leg(*key, Side.HELD, units))
        opens = (Lot(key, self.place.partition("-")[0], DATE, None),)
        return self._move(TransactionKind.LOAD, ref, legs, opens)

    def charge(self, lot: LotId, units: int) -> SignedRecord:
        head = self.outbox.head()
        assert head is not None
        key = SliceKey(MIA, Purse.PRINCIPAL, lot)
        legs = (Leg(*key, Side.HELD, -units), Leg(*key, Side.SPENT, units))
        return self._move(TransactionKind.SALE, head.ref.next(), legs)

    def transfer(self, units: int, why: Why = Why.RETURN) -> Transfer:
        (one,) = self.journal.slices(MIA)
        return transfer_of(why, "", MIA, [Part(one, units)])

    def export(self, folder: Path, at_ms: int) -> Path:
        out = folder / f"{self.place}-{self.epoch}-{at_ms}.counterfoil"
        save_export(out, heading(self.place, at_ms), read_rows(self.book, self.tables))
        return out

    def tamper(self, *statements: str) -> None:
        tamper_open(self.book, *statements)

    def _move(
        self, kind: TransactionKind, ref: RecordRef, legs: tuple[Leg, ...], opens: tuple[Lot, ...] = ()
    ) -> SignedRecord:
        self.receipts += 1
        operation = OperationId(f"operation-{ref.epoch}-{ref.sequence}")
        facts = SlipFacts(SlipKind(kind), "6222****0417", False, 0, 0, 0, 0, 0, 0, "C01")  # noqa: FBT003 - a row
        opened = lots_told(opens)
        receipt = Numbering(self.place, self.epoch).text(self.receipts)
        body = TransactionBody(kind, operation, MIA, receipt, legs, opened, facts, (), "2026-11", "0.1.0")
        return self.do(RecordKind.TRANSACTION, body)


class Company:
    """HQ and three tills, all enrolled. Values move as the story says; nothing is checked but by the books."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ms = 1_795_320_000_000
        self.hq = Keeper(folder / "hq.db", HEADQUARTERS, HQ_KEY, "hq_server", HQ_TABLES)
        self.orders: dict[tuple[Place, int, int], int] = {}
        self.tills: dict[Place, Keeper] = {}
        for number, place in enumerate((A, B, C), start=20):
            self.tills[place] = self._till(place, number, folder / f"{place}.db")
            self.enrol(place)
        self.a, self.b, self.c = (self.tills[place] for place in (A, B, C))

    def order(self, to: Place, order: Order) -> SignedRecord:
        """HQ signs it; what it gives, it gives."""
        line = to, self.tills[to].epoch, self.hq.epoch
        self.orders[line] = self.orders.get(line, 0) + 1
        return self.hq.do(RecordKind.DIRECTIVE, Directive(to, self.tills[to].epoch, self.orders[line], order))

    def give(self, to: Place, units: int) -> SignedRecord:
        return self.order(to, self.hq.transfer(units, Why.GRANT))

    def send(self, place: Place, *, takes: bool = True, posts: int = 1_000) -> None:
        """HQ holds the till's chain, posts it so far, and takes what is given to it."""
        epoch = self.tills[place].epoch
        mirror, held = SqliteJournal(self.hq.book, place, epoch), Chain(self.hq.book, place, epoch)
        head = held.head()
        for signed in self.tills[place].outbox.records(0 if head is None else head.ref.sequence):
            record = held.keep(signed)
            if record.sequence > posts:
                continue
            enter(mirror, signed)
            self.progress(place, record.sequence)
            if takes and record.kind is RecordKind.GIVEN and record.body_as(Given).to == HEADQUARTERS:
                self.hq.do(RecordKind.TAKEN, Taken(signed))

    def send_set_aside(self, place: Place, last: SignedRecord, reason: str) -> None:
        """The same, and the last record is one that HQ sets aside."""
        sequence = last.open().sequence
        self.send(place, posts=sequence - 1)
        self.progress(place, sequence)
        ref = last.open().ref
        row = (ref.keeper, ref.epoch, ref.sequence, "", reason)
        columns = "(keeper, epoch, sequence, account, reason)"
        self.hq.book.execute(f"insert into suspense {columns} values (?, ?, ?, ?, ?)", row)  # noqa: S608 - our names

    def send_late(self, giver: Place, given: SignedRecord, taker: Place) -> None:
        """The same with the taker's chain, and what a fenced keeper gave by a record that only the taker brings."""
        enter(SqliteJournal(self.hq.book, giver, self.tills[giver].epoch), given)
        self.send(taker)

    def progress(self, place: Place, posted: int) -> None:
        row = (posted, place, self.tills[place].epoch)
        self.hq.book.execute("update progress set posted = ? where keeper = ? and epoch = ?", row)

    def export(self, *keepers: Keeper) -> list[Path]:
        """Of these keepers, or of all."""
        self.now_ms += 1000
        return [one.export(self.folder, self.now_ms) for one in keepers or (self.hq, *self.tills.values())]

    def report(self, *keepers: Keeper) -> Report:
        return audit(self.export(*keepers), HQ_PUBLIC_KEY).report

    def found(self, *keepers: Keeper) -> list[tuple[str, str, str]]:
        found = self.report(*keepers).found
        return [(one.finding.sort, one.finding.at, one.finding.what) for one in found]

    def enrol(self, place: Place) -> None:
        """HQ takes the till in, in the epoch in which it is."""
        till = self.tills[place]
        order = self.order(place, Enrol(till.public_key))
        row = (place, till.epoch, place.partition("-")[0], till.public_key)
        self.hq.book.execute("insert into keepers (keeper, epoch, store, public_key) values (?, ?, ?, ?)", row)
        progress = "insert into progress (keeper, epoch, posted, heard_at_ms) values (?, ?, 0, 0)"
        self.hq.book.execute(progress, (place, till.epoch))
        till.sign(RecordKind.APPLIED, Applied(order))

    def replace(self, place: Place) -> Keeper:
        """A new till takes the old one's place: a new key, a new file, the next epoch."""
        epoch = self.tills[place].epoch + 1
        till = self.tills[place] = self._till(place, 40 + epoch, self.folder / f"{place}-{epoch}.db", epoch)
        self.enrol(place)
        return till

    def _till(self, place: Place, number: int, file: Path, epoch: int = 1) -> Keeper:
        key = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        return Keeper(file, place, key, "terminal", TILL_TABLES, epoch=epoch)


def enter(journal: SqliteJournal, signed: SignedRecord) -> None:
    """What a record moves is posted; the book must take it."""
    record = signed.open()
    posting = posting_of(record)
    if posting is not None:
        verdict = journal.post(posting.transaction, record.ref, record.business_date)
        assert isinstance(verdict, Posted), verdict


def with_value_moved(folder: Path) -> Company:
    """500 were loaded at till A; 300 of them went home, and 200 of those to till B."""
    company = Company(folder)
    company.a.load(500)
    company.a.do(RecordKind.GIVEN, Given(HEADQUARTERS, 1, company.a.transfer(300)))
    company.send(A)
    company.b.do(RecordKind.APPLIED, Applied(company.give(B, 200)))
    company.send(B)
    assert company.found() == []
    return company


def changed(signed: SignedRecord, units: int, signer: Signer) -> SignedRecord:
    """The giver's record with other units, signed again by someone."""
    record = signed.open()
    given = record.body_as(Given)
    return seal(replace(record, body=encode_body(replace(given, transfer=with_units(given.transfer, units)))), signer)


def with_units(transfer: Transfer, units: int) -> Transfer:
    return replace(transfer, parts=(replace(transfer.parts[0], units=units),))


def never_made(company: Company, units: int = 5) -> SignedRecord:
    """A record of till A's that is in nobody's chain, though A's key signed it."""
    head = company.a.outbox.head()
    assert head is not None
    given = Given(B, 1, company.a.transfer(units, Why.GRANT))
    record = Record(1, A, 1, head.ref.sequence + 7, 0, "2026-11-22", "transfer", RecordKind.GIVEN, head.hash,
                    encode_body(given))  # fmt: skip
    return seal(record, company.a.key.sign)


def ref(signed: SignedRecord) -> RecordRef:
    return signed.open().ref


def sorts(found: list[tuple[str, str, str]]) -> set[tuple[str, str]]:
    return {(sort, at) for sort, at, _ in found}
