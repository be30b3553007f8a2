"""Store 05, run hosted, made by hand: its till asks, its place at HQ books; both sign whatever a story wants."""

from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from checkout.results import Decline
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith, Sold, Undone
from ledger.ids import LotId, Place, hosted_place
from ledger.slices import Purse, SliceKey
from ledger.transactions import Leg, Side
from loyalty.evaluation import Item
from protocol.bodies import DeclinedBody, LotOpened, TransactionBody
from protocol.hosting import AskedBody, ToldBody, WarrantBody
from protocol.receipt_numbers import Numbering
from protocol.records import RecordKind, SignedRecord, encode_body, seal
from tests.audit.by_hand import DATE, MIA, Company, Keeper, ref

AGENT = Place("05-1")
HOST = hosted_place(AGENT)
Warrant = SignedRecord | bool
"""What a place says that its till has asked for; True: whatever it is, it has asked for that; False: nothing."""


class Shop:
    """HQ, the till 05-1, and its place 05-1@hq, where Mia has loaded 500."""

    def __init__(self, folder: Path) -> None:
        self.company = Company(folder)
        for number, place in enumerate((AGENT, HOST), start=30):
            self.company.tills[place] = self.company._till(place, number, folder / f"{place}.db")
            self.company.enrol(place)
        self.loaded = self.load("operation-load", 500)
        self.told("operation-load", self.loaded)
        self.lot = ref(self.loaded).lot

    @property
    def agent(self) -> Keeper:
        return self.company.tills[AGENT]

    @property
    def host(self) -> Keeper:
        return self.company.tills[HOST]

    @property
    def all(self) -> tuple[Keeper, ...]:
        return self.company.hq, self.agent, self.host

    def ask(self, operation: str, kind: str = "sale", units: int = 40, **otherwise: object) -> SignedRecord:
        """The till asks; fields of the body may be given other values."""
        sold = _sold(units) if kind == "sale" else None
        body = AskedBody(kind, operation, MIA, "6222****0417", "member", "swiped", "C01", None, sold=sold)
        if kind == "load":
            body = replace(body, units=units, tender="cash")
        if kind in {"refund", "void"}:
            body = replace(body, account="", masked="", card_kind="", entry="", units=units)
        return self.agent.sign(RecordKind.ASKED, replace(body, **otherwise))

    def load(self, operation: str, units: int, *, asked: Warrant = True) -> SignedRecord:
        """The place books a load, which the till has asked for unless told otherwise."""
        warrant = self.ask(operation, "load", units) if asked is True else asked
        head = self.host.outbox.head()
        assert head is not None
        key = SliceKey(MIA, Purse.PRINCIPAL, head.ref.next().lot)
        legs = (Leg(*key, Side.ISSUED, -units), Leg(*key, Side.HELD, units))
        lots = (LotOpened(*key, "05", DATE, None),)
        return self.book("load", operation, legs, warrant, opens=lots, tender="cash")

    def sell(self, operation: str, units: int = 40, *, asked: Warrant = True, **otherwise: object) -> SignedRecord:
        """The place books a sale, which the till has asked for unless told otherwise."""
        warrant = self.ask(operation, units=units) if asked is True else asked
        words: dict[str, object] = {"sold": _sold(units), **otherwise}
        return self.book("sale", operation, self.spend(units), warrant, "", **words)

    def undo(
        self,
        operation: str,
        kind: str,
        original: SignedRecord,
        units: int,
        *,
        asked: Warrant = True,
        **otherwise: object,
    ) -> SignedRecord:
        """The place books that some of a sale is given back, which the till has asked for unless told otherwise."""
        undone = Undone(str(ref(original)), units, (Paid(PaidWith.STORED_VALUE, units),))
        words: dict[str, object] = {"undone": undone, **otherwise}
        warrant = self.ask(operation, kind, units, original=receipt(original)) if asked is True else asked
        return self.book(kind, operation, self.spend(-units), warrant, "", **words)

    def spend(self, units: int) -> tuple[Leg, ...]:
        key = SliceKey(MIA, Purse.PRINCIPAL, LotId(self.lot))
        return Leg(*key, Side.HELD, -units), Leg(*key, Side.SPENT, units)

    def book(
        self, kind: str, operation: str, legs: tuple[Leg, ...], warrant: Warrant, tender: str = "", **otherwise: object
    ) -> SignedRecord:
        """The place books this, with its warrant, if any; fields of the body may be given other values."""
        self.host.receipts += 1
        number = Numbering(HOST, self.host.epoch).text(self.host.receipts)
        facts = SlipFacts(SlipKind(kind), "6222****0417", False, 0, 0, 0, 0, 0, 0, "C01", tender or None)  # noqa: FBT003 - a row
        body = TransactionBody(kind, operation, MIA, number, legs, (), facts, (), "2026-11", "0.1.0")
        booked = self.host.do(RecordKind.TRANSACTION, replace(body, **otherwise))
        if isinstance(warrant, SignedRecord):
            self.host.sign(RecordKind.WARRANT, WarrantBody(warrant))
        return booked

    def decline(self, operation: str, kind: str = "sale") -> SignedRecord:
        no = DeclinedBody(
            kind, operation, MIA, 40, "swiped", "C01", None, Decline.NOT_ENOUGH, (), "2026-11", "0.1.0", _sold(40)
        )
        return self.host.sign(RecordKind.DECLINED, no)

    def told(self, operation: str, record: SignedRecord) -> SignedRecord:
        """The till says that it has heard this."""
        return self.agent.sign(RecordKind.TOLD, ToldBody(operation, record))

    def send(self) -> None:
        """All that both have signed is held and posted by HQ."""
        for place in (AGENT, HOST):
            self.company.send(place)

    def found(self, *keepers: Keeper) -> list[tuple[str, str, str]]:
        return self.company.found(*(keepers or self.all))

    def notes(self, *keepers: Keeper) -> list[str]:
        return [note for note in self.company.report(*keepers).notes if "asked or told" in note]


def at(signed: SignedRecord) -> str:
    """A record by its name."""
    return str(ref(signed))


def receipt(signed: SignedRecord) -> str:
    """The number of the slip that a record has promised."""
    return signed.open().body_as(TransactionBody).receipt_number


def changed(signed: SignedRecord, signer: Ed25519PrivateKey, **otherwise: object) -> SignedRecord:
    """The same movement with other words, signed by someone."""
    record = signed.open()
    body: msgspec.Struct = replace(record.body_as(TransactionBody), **otherwise)
    return seal(replace(record, body=encode_body(body)), signer.sign)


def _sold(units: int) -> Sold:
    return Sold((Item("A1", units),), (Paid(PaidWith.STORED_VALUE, units),))
