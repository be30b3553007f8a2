"""A till's store with hands: it asks as a cashier would, and brings its own clock, key and operation ids."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkout.load import load
from checkout.requests import Entry, Load, PresentedCard, Sale, Tender, Undo
from checkout.sale import sale
from checkout.sold import Paid
from checkout.undo import refund, void
from ledger.cards import Card
from ledger.ids import OperationId
from loyalty.evaluation import Item
from loyalty.programme import Programme
from offline_queue.marker_file import Marker
from protocol.records import SignedRecord
from terminal.answering import balance_of
from terminal.answers import Answer, Balance, DayClose, HqState, HqStatus, Outcome, Problem
from terminal.asking import Asked, Identity, Moment, UseCase, fingerprint
from terminal.slip_job import SlipJob, SlipStep
from terminal.store import TillStore
from tests.chains.company import PROGRAMME, units

KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PUBLIC_KEY = KEY.public_key()
IDENTITY = Identity("07", "2", PUBLIC_KEY.public_bytes_raw(), "0.1.0")
STORE_CLOCK = timezone(timedelta(hours=8))
NOON = int(datetime(2026, 11, 22, 12, 0, tzinfo=STORE_CLOCK).timestamp() * 1000)
DAY_MS = 86_400_000
NO_HQ = HqStatus(HqState.NEVER, None)


def moment(now_ms: int = NOON) -> Moment:
    """What the store's clock, at +08:00, shows at this Unix time."""
    return Moment(now_ms, datetime.fromtimestamp(now_ms / 1000, STORE_CLOCK).isoformat(timespec="seconds"))


class Void(Undo, frozen=True):
    """An undoing that is asked for as a void."""


Request = Sale | Load | Undo
USE_CASES: dict[type[Request], UseCase] = {Sale: sale, Load: load, Undo: refund, Void: void}


def asked(request: Request, at: Moment) -> Asked:
    """The request as the till's API hands it to the store."""
    words = fingerprint(type(request).__name__, request)
    return Asked(request, USE_CASES[type(request)], words, at, NO_HQ)


class Till:
    """Till 2 of store 07, or whoever `identity` and `key` make it.

    Its clock moves a second at each thing it does; its operations are `operation-1` and on.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        vfs: str | None = None,
        programme: Programme = PROGRAMME,
        identity: Identity = IDENTITY,
        key: Ed25519PrivateKey = KEY,
        marker: Marker | None = None,
    ) -> None:
        self.path, self.vfs, self.marker = path, vfs, marker
        self.identity, self.key = identity, key
        self._programme = programme
        self.now_ms = NOON
        self.operations = 0
        self.start()

    def start(self) -> None:
        """Switch on: open the book and begin."""
        who, sign = self.identity, self.key.sign
        self.store = TillStore.open(self.path, who, sign, self._programme, vfs=self.vfs, marker=self.marker)
        self.store.begin(self.moment(), "transfer")

    def restart(self) -> None:
        self.store.close()
        self.start()

    def moment(self) -> Moment:
        self.now_ms += 1000
        return moment(self.now_ms)

    def charge_of(self, who: Card, amount: str, operation_id: str = "", pos_ref: str | None = None) -> Sale:
        """A charge as words, not asked yet."""
        return Sale.charge(self._id(operation_id), PresentedCard(who, Entry.SWIPED), units(amount), "C01", pos_ref)

    def load_of(self, who: Card, amount: str, operation_id: str = "", pos_ref: str | None = None) -> Load:
        """A load as words, not asked yet."""
        presented = PresentedCard(who, Entry.SWIPED)
        return Load(self._id(operation_id), presented, units(amount), Tender.CASH, "C01", pos_ref)

    def sale_of(self, who: Card, items: tuple[Item, ...], *paid: Paid, pos_ref: str | None = None) -> Sale:
        """A sale as words, not asked yet."""
        return Sale(self._id(""), PresentedCard(who, Entry.SWIPED), items, paid, "C01", pos_ref)

    def refund_of(self, receipt_number: str, units: int, pos_ref: str | None = None) -> Undo:
        """A refund as words, not asked yet."""
        return Undo(self._id(""), receipt_number, units, "C01", pos_ref)

    def void_of(self, receipt_number: str, pos_ref: str | None = None) -> Void:
        """A void as words, not asked yet; it undoes all of the original, as the till's API has it."""
        original = self.store.undoable.look(receipt_number)
        return Void(self._id(""), receipt_number, 0 if original is None else original.total, "C01", pos_ref)

    def ask(self, request: Request) -> Answer | Problem:
        return self.store.perform(asked(request, self.moment()))

    def charge(self, who: Card, amount: str, pos_ref: str | None = None) -> Answer:
        """A charge that the till takes."""
        return done(self.ask(self.charge_of(who, amount, pos_ref=pos_ref)))

    def load(self, who: Card, amount: str, pos_ref: str | None = None) -> Answer:
        """A load that the till takes."""
        return done(self.ask(self.load_of(who, amount, pos_ref=pos_ref)))

    def step(self, number: int, step: SlipStep, *reasons: str) -> SlipJob | None:
        return self.store.take_step(number, step, reasons, self.moment())

    def close_day(self) -> DayClose:
        closed = self.store.close_day(self.moment())
        assert isinstance(closed, DayClose)
        return closed

    def balance(self, who: Card) -> Balance:
        return balance_of(self.store.slices(who.account))

    def chain(self) -> list[SignedRecord]:
        return list(self.store.records())

    def _id(self, operation_id: str) -> OperationId:
        self.operations += not operation_id
        return OperationId(operation_id or f"operation-{self.operations}")


def left(answer: Answer) -> Balance:
    """What it left at the till."""
    assert answer.balance is not None, answer
    return answer.balance


def done(answer: Answer | Problem) -> Answer:
    assert isinstance(answer, Answer), answer
    assert answer.outcome is Outcome.DONE, answer
    return answer
