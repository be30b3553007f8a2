"""A sale at till A, and the right to undo it, which moves between A, B and C; all sign whatever a story wants."""

from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from checkout.requests import BookView, Original, Undo
from checkout.results import Done
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith, Sold
from checkout.undo import refund, void
from ledger.ids import LotId, OperationId
from ledger.slices import Purse, SliceKey
from ledger.transactions import Leg, Side
from loyalty.evaluation import Item
from protocol.bodies import Applied, LotOpened, TransactionBody, terms_told
from protocol.errors import NotARecord
from protocol.originals import original_in, original_of, right_of
from protocol.receipt_numbers import Numbering
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import Entrust, LotTerms, Right, RightGiven, RightPassed, RightTaken
from tests.audit.by_hand import DATE, MIA, Company, Keeper, ref
from tests.audit.halves import RULES

PRICE, POINTS = 10_000, 30
PAID = (Paid(PaidWith.STORED_VALUE, 9_000), Paid(PaidWith.CASH, 1_000))


class Shops:
    """HQ and the tills A, B and C. Mia has paid 100.00 at A, 90.00 of it from two lots, and has earned 30 points."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder)
        self.hq, self.a, self.b, self.c = self.company.hq, self.company.a, self.company.b, self.company.c
        self.came: dict[Keeper, tuple[Record | Right, list[Record]]] = {}
        """Where the right has come to, by what, and what was undone there since."""
        self.lots = [ref(self.a.load(units)).lot for units in (6_000, 50_000)]
        self.sale = self.sell()

    @property
    def all(self) -> tuple[Keeper, ...]:
        return self.hq, self.a, self.b, self.c

    def sell(self, paid: tuple[Paid, ...] = PAID, **otherwise: object) -> SignedRecord:
        """Till A sells for 100.00."""
        spent = zip(self.lots, (3_000, 6_000), strict=True)
        legs = [leg for lot, units in spent for leg in _legs(Purse.PRINCIPAL, lot, Side.HELD, Side.SPENT, units)]
        head = self.a.outbox.head()
        assert head is not None
        earned = head.ref.next().lot
        legs += _legs(Purse.POINTS, earned, Side.ISSUED, Side.HELD, POINTS)
        opens = (LotOpened(MIA, Purse.POINTS, earned, "07", DATE, "2027-11-22"),)
        words: dict[str, object] = {"sold": Sold((Item("tea", PRICE),), paid), "opens": opens, **otherwise}
        sale = self.book(self.a, "sale", tuple(legs), **words)
        self.came[self.a] = sale.open(), []
        return sale

    def left(self, till: Keeper) -> Original:
        """What is left of the sale, by what this till knows."""
        came, undoings = self.came[till]
        original = original_in(came, undoings) if isinstance(came, Right) else original_of(came, undoings)
        assert original is not None
        return original

    def undo(self, till: Keeper, units: int, kind: SlipKind = SlipKind.REFUND, **otherwise: object) -> SignedRecord:
        """The till gives back so much, as our tills do; fields of the body may be given other values."""
        head = till.outbox.head()
        assert head is not None
        store = till.place.partition("-")[0]
        left = self.left(till)
        view = BookView(head.ref.next(), store, DATE, till.journal.slices(MIA), original=left)
        asked = Undo(OperationId("operation-any"), left.receipt_number, units, "C01")
        done = (refund if kind is SlipKind.REFUND else void)(asked, view, RULES.programme)
        assert isinstance(done, Done), done
        words: dict[str, object] = {"undone": done.undone, "carries": terms_told(done.transaction.carries), **otherwise}
        undoing = self.book(till, kind, done.transaction.legs, **words)
        self.came[till][1].append(undoing.open())
        return undoing

    def right(self, till: Keeper) -> Right:
        """What the till is to give on."""
        left, (came, _) = self.left(till), self.came[till]
        lots = left.lots or tuple(till.journal.lots(leg.key for leg in (*left.spent, *left.issued)))
        return right_of(left, lots, came.moves + 1 if isinstance(came, Right) else 1)

    def give(self, till: Keeper, **otherwise: object) -> SignedRecord:
        """The till gives the right to HQ, which holds that; fields of it may be given other values."""
        given = till.sign(RecordKind.RIGHT_GIVEN, RightGiven(replace(self.right(till), **otherwise)))
        self.company.send(till.place)
        return given

    def entrust(self, given: SignedRecord, by: Keeper, to: Keeper, key: bytes | None = None) -> SignedRecord:
        """HQ entrusts what a till has given, and the other one carries that out; HQ's order."""
        order = self.company.order(to.place, Entrust("operation-any", key or by.public_key, given))
        to.sign(RecordKind.APPLIED, Applied(order))
        with suppress(NotARecord):  # a story may entrust anything
            self.came[to] = given.open().body_as(RightGiven).right, []
        return order

    def pass_on(self, by: Keeper, to: Keeper, **otherwise: object) -> SignedRecord:
        """The till passes the right to a neighbour, of whom HQ has not heard yet; fields of it may be others."""
        passed = by.sign(RecordKind.RIGHT_PASSED, RightPassed(to.place, to.epoch, replace(self.right(by), **otherwise)))
        del self.came[by]
        return passed

    def take(self, passed: SignedRecord, to: Keeper) -> SignedRecord:
        """The neighbour takes it, or what seems to be one."""
        self.came[to] = passed.open().body_as(RightPassed).right, []
        return to.sign(RecordKind.RIGHT_TAKEN, RightTaken(passed))

    def move(self, by: Keeper, to: Keeper) -> SignedRecord:
        """The right goes from one till to another; HQ's order."""
        return self.entrust(self.give(by), by, to)

    def book(self, till: Keeper, kind: str, legs: tuple[Leg, ...], **otherwise: object) -> SignedRecord:
        """A movement that the till signs and posts; fields of the body may be given other values."""
        head = till.outbox.head()
        assert head is not None
        till.receipts += 1
        number = Numbering(till.place, till.epoch).text(till.receipts)
        facts = SlipFacts(SlipKind(kind), "6222****0417", False, PRICE, 0, 0, 0, 0, 0, "C01")  # noqa: FBT003 - a row
        operation = f"operation-{till.epoch}-{head.ref.sequence + 1}"
        body = TransactionBody(kind, operation, MIA, number, legs, (), facts, (), "2026-11", "0.1.0")
        return till.do(RecordKind.TRANSACTION, replace(body, **otherwise))

    def send(self) -> None:
        """HQ holds and posts what all tills have signed."""
        for till in (self.a, self.b, self.c):
            self.company.send(till.place)

    def found(self, *keepers: Keeper) -> list[tuple[str, str, str]]:
        return self.company.found(*(keepers or self.all))

    def notes(self, *keepers: Keeper) -> list[str]:
        return [note for note in self.company.report(*keepers).notes if "gave on the right" in note]


def other_terms(terms: tuple[LotTerms, ...]) -> tuple[LotTerms, ...]:
    """The same lots, and the first belongs to another store."""
    return (replace(terms[0], store="99"), *terms[1:])


def at(signed: SignedRecord) -> str:
    """A record by its name."""
    return str(ref(signed))


def body(signed: SignedRecord) -> TransactionBody:
    return signed.open().body_as(TransactionBody)


def _legs(purse: Purse, lot: LotId, falls: Side, rises: Side, units: int) -> list[Leg]:
    key = SliceKey(MIA, purse, lot)
    return [Leg(*key, falls, -units), Leg(*key, rises, units)]
