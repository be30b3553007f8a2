"""A keeper's key in hands that write whatever a test wants: every record is genuine, and what it says need not be."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from checkout.results import Decline
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import Paid, PaidWith, Sold, Undone
from ledger.ids import AccountId, ChainId, LotId, Place
from ledger.slices import Lot, Purse
from ledger.transactions import Leg, Side
from loyalty.evaluation import Item
from loyalty.reasons import Reason
from protocol.bodies import (
    Applied,
    DayClosedBody,
    DeclinedBody,
    Given,
    LotOpened,
    Opened,
    Taken,
    TransactionBody,
    Transfer,
    TransferPart,
    Why,
)
from protocol.conversation import Records
from protocol.originals import original_of, right_of
from protocol.receipt_numbers import Numbering
from protocol.records import FIRST_PREVIOUS, VERSION, Record, RecordKind, SignedRecord, encode_body, seal
from protocol.rights import Right, RightGiven, RightPassed, RightTaken

ALICE, BOB = AccountId("a1" * 12), AccountId("b0" * 12)
DATE = "2026-11-22"
FACTS = SlipFacts(SlipKind.LOAD, "6222****0417", False, 100, 100, 0, 100, 0, 0, "C01")  # noqa: FBT003 - swiped

EARNING = ((Side.HELD, 1), (Side.ISSUED, -1))


NOBODY = AccountId("")


class Keeper:
    """Till 07-2 unless told otherwise. `chain` is what it has signed so far; each record continues the one before."""

    def __init__(self, place: str = "07-2", epoch: int = 1, seed: int = 7, mode: str = "transfer") -> None:
        self.place, self.epoch, self.mode = Place(place), epoch, mode
        self.key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.chain: list[SignedRecord] = []
        self.receipts = 0
        self.now_ms = 1
        self.loaded: list[LotId] = []

    @property
    def public_key(self) -> Ed25519PublicKey:
        return self.key.public_key()

    @property
    def raw_key(self) -> bytes:
        return self.public_key.public_bytes_raw()

    def write(self, kind: RecordKind, body: msgspec.Struct | msgspec.Raw, **otherwise: object) -> SignedRecord:
        """Sign the next record; fields of Record may be given other values than the true ones."""
        record = Record(
            version=VERSION,
            keeper=self.place,
            epoch=self.epoch,
            sequence=len(self.chain) + 1,
            recorded_at_ms=self.now_ms,
            business_date=DATE,
            mode=self.mode,
            kind=kind,
            previous=self.chain[-1].hash if self.chain else FIRST_PREVIOUS,
            body=body if isinstance(body, msgspec.Raw) else encode_body(body),
        )
        signed = seal(msgspec.structs.replace(record, **otherwise), self.key.sign)
        self.chain.append(signed)
        return signed

    def open(self) -> SignedRecord:
        return self.write(RecordKind.OPENED, Opened(self.place, self.raw_key, "0.1.0"))

    def load(self, account: AccountId, units: int, operation: str = "") -> SignedRecord:
        """Bring in a lot of principal."""
        lot = self.next_lot()
        self.loaded.append(lot)
        opens = (LotOpened(account, Purse.PRINCIPAL, lot, self.place.partition("-")[0], DATE, None),)
        return self.move((held(account, lot, units), issued(account, lot, -units)), opens=opens, operation=operation)

    def charge(self, account: AccountId, lot: LotId, units: int, operation: str = "") -> SignedRecord:
        return self.move((held(account, lot, -units), spent(account, lot, units)), kind="sale", operation=operation)

    def sell(self, account: AccountId, lot: LotId, units: int, *others: Paid, earned: int = 0) -> SignedRecord:
        """Sell something, paid from this lot and with what the shop took beside it; it earns points."""
        legs: tuple[Leg, ...] = (held(account, lot, -units), spent(account, lot, units))
        opens: tuple[LotOpened, ...] = ()
        if earned:
            new, store = self.next_lot(), ChainId(self.place, self.epoch).store
            opens = (LotOpened(account, Purse.POINTS, new, store, DATE, None),)
            points = (Leg(account, Purse.POINTS, new, side, sign * earned) for side, sign in EARNING)
            legs = (*legs, *points)
        price = units + sum(part.units for part in others)
        sold = Sold((Item("", price),), (Paid(PaidWith.STORED_VALUE, units), *others))
        slip = msgspec.structs.replace(FACTS, kind=SlipKind.SALE, amount=price)
        return self.move(legs, opens=opens, kind="sale", sold=sold, slip=slip)

    def refund(self, sale: SignedRecord, units: int, *others: Paid, kind: str = "refund") -> SignedRecord:
        """Give back units of what a sale, this till's or another's, took from its first lot."""
        lot = next(leg for leg in sale.open().body_as(TransactionBody).legs if leg.side is Side.SPENT)
        legs = (lot._replace(units=-units), lot._replace(side=Side.HELD, units=units))
        paid = (Paid(PaidWith.STORED_VALUE, units), *others)
        undone = Undone(str(sale.open().ref), sum(part.units for part in paid), paid)
        return self.move(legs, kind=kind, undone=undone)

    def promise(self, original: str, units: int, operation: str = "") -> SignedRecord:
        """Take goods of the sale with this slip back, and promise to refund them."""
        slip = _uncarded(SlipKind.PROMISE, units, original)
        return self.move((), kind="promise", slip=slip, account=NOBODY, operation=operation)

    def keep(self, promise: SignedRecord, sale: SignedRecord, units: int) -> SignedRecord:
        """Refund what was promised; the right has come."""
        given, ref = promise.open().body_as(TransactionBody), promise.open().ref
        sold = sale.open().body_as(TransactionBody)
        lot = next(leg for leg in sold.legs if leg.side is Side.SPENT)
        legs = (lot._replace(units=-units), lot._replace(side=Side.HELD, units=units))
        slip = _uncarded(SlipKind.REFUND, units, sold.receipt_number)
        slip = msgspec.structs.replace(slip, principal=units, promise=given.receipt_number)
        undone = Undone(str(sale.open().ref), units, (Paid(PaidWith.STORED_VALUE, units),), str(ref))
        return self.move(legs, kind="refund", operation=ref.kept, slip=slip, undone=undone)

    def take_back(self, promise: SignedRecord) -> SignedRecord:
        """The customer keeps the goods."""
        given = promise.open().body_as(TransactionBody)
        slip = _uncarded(SlipKind.VOID, given.slip.amount, given.receipt_number)
        undone = Undone(str(promise.open().ref), given.slip.amount, ())
        return self.move((), kind="void", slip=slip, undone=undone, account=NOBODY)

    def give_right(self, sale: SignedRecord, *undoings: SignedRecord, moves: int = 1, **lies: object) -> SignedRecord:
        """Give HQ the right to what these, wherever they were done, have left of a sale; fields may say otherwise."""
        return self.write(RecordKind.RIGHT_GIVEN, RightGiven(_right(sale, undoings, moves, lies)))

    def pass_right(
        self, sale: SignedRecord, *undoings: SignedRecord, to: str, moves: int = 1, **lies: object
    ) -> SignedRecord:
        """Pass it to a neighbour in its first epoch."""
        body = RightPassed(Place(to), 1, _right(sale, undoings, moves, lies))
        return self.write(RecordKind.RIGHT_PASSED, body)

    def take_right(self, passed: SignedRecord) -> SignedRecord:
        """Take a right that a neighbour has passed on, or seems to have."""
        return self.write(RecordKind.RIGHT_TAKEN, RightTaken(passed))

    def give(
        self, account: AccountId, *parts: TransferPart, to: str = "hq", to_epoch: int = 1, drawn: str = ""
    ) -> SignedRecord:
        """Give parts of what an account has back to another place, HQ unless told otherwise, or for a draw."""
        why = Why.DRAW if drawn else Why.RETURN
        return self.write(RecordKind.GIVEN, Given(to, to_epoch, Transfer(why, drawn, account, parts)))

    def apply(self, directive: SignedRecord) -> SignedRecord:
        """Carry out what HQ has ordered, or seems to have."""
        return self.write(RecordKind.APPLIED, Applied(directive))

    def take(self, given: SignedRecord) -> SignedRecord:
        """Take what another place has given."""
        return self.write(RecordKind.TAKEN, Taken(given))

    def move(
        self,
        legs: tuple[Leg, ...],
        *,
        opens: tuple[LotOpened, ...] = (),
        kind: str = "load",
        operation: str = "",
        receipt: str = "",
        slip: SlipFacts = FACTS,
        sold: Sold | None = None,
        undone: Undone | None = None,
        account: AccountId = ALICE,
    ) -> SignedRecord:
        """Move value by these legs."""
        self.receipts += 1
        body = TransactionBody(
            kind=kind,
            operation_id=operation or f"operation-{len(self.chain)}",
            account=account,
            receipt_number=receipt or Numbering(self.place, self.epoch).text(self.receipts),
            legs=legs,
            opens=opens,
            slip=slip,
            reasons=(),
            programme="2026-11",
            software="0.1.0",
            sold=sold,
            undone=undone,
        )
        return self.write(RecordKind.TRANSACTION, body)

    def decline(
        self,
        account: AccountId,
        asked: int,
        here: int = 0,
        *,
        decline: str = Decline.NOT_ENOUGH_HERE,
        pos_ref: str | None = None,
        points: int = 0,
        rule: str = "",
        **otherwise: object,
    ) -> SignedRecord:
        """Decline a sale for want of money, or, where it has `points`, of those: so much lay `here`."""
        money = () if asked == 0 else (Paid(PaidWith.STORED_VALUE, asked),)
        paid = (*money, Paid(PaidWith.POINTS, points, points)) if points else money
        says = rule or ("points_here" if points else "spendable_here")
        body = DeclinedBody(
            kind="sale",
            operation_id=f"operation-{len(self.chain)}",
            account=account,
            units=asked + points,
            entry="swiped",
            cashier="C01",
            pos_ref=pos_ref,
            decline=decline,
            reasons=(Reason("not_blocked", 1, 1), Reason(says, here, points or asked)),
            programme="2026-11",
            software="0.1.0",
            sold=Sold((Item("", asked + points),), paid),
        )
        return self.write(RecordKind.DECLINED, body, **otherwise)

    def close_day(self, digest: bytes) -> SignedRecord:
        return self.write(RecordKind.DAY_CLOSED, DayClosedBody(DATE, "2026-11-23", digest, 0, 0))

    def next_lot(self) -> LotId:
        """The lot that the next record may open."""
        return LotId(f"{self.place}/{self.epoch}/{len(self.chain) + 1}")

    def batch(self, first: int = 1, last: int | None = None) -> Records:
        """The records from `first` to `last` as one batch."""
        return Records(self.place, self.epoch, tuple(self.chain[first - 1 : last]))

    def copy(self) -> "Keeper":
        """The same till restored from a copy of its disk: what it signs from here on, the first does not know."""
        other = Keeper(self.place, self.epoch)
        other.key, other.chain, other.receipts = self.key, list(self.chain), self.receipts
        return other


def held(account: AccountId, lot: LotId, units: int) -> Leg:
    return Leg(account, Purse.PRINCIPAL, lot, Side.HELD, units)


def issued(account: AccountId, lot: LotId, units: int) -> Leg:
    return Leg(account, Purse.PRINCIPAL, lot, Side.ISSUED, units)


def spent(account: AccountId, lot: LotId, units: int) -> Leg:
    return Leg(account, Purse.PRINCIPAL, lot, Side.SPENT, units)


def part(lot: str, units: int, purse: Purse = Purse.PRINCIPAL) -> TransferPart:
    """Units of a lot that was opened as load() opens it."""
    return TransferPart(purse, lot, lot.partition("-")[0], DATE, None, units)


def traded(records: int = 6, place: str = "07-2", epoch: int = 1, seed: int = 7) -> Keeper:
    """A keeper that has opened its book and loaded the rest, 1 unit the first time, 2 the second, and so on."""
    keeper = Keeper(place, epoch, seed)
    keeper.open()
    for number in range(1, records):
        keeper.load(ALICE, number)
    return keeper


def _uncarded(kind: SlipKind, units: int, original: str) -> SlipFacts:
    """Of a card that nobody knows there."""
    return SlipFacts(kind, "", False, units, 0, 0, 0, 0, 0, "C01", original=original)  # noqa: FBT003 - not keyed


def _right(sale: SignedRecord, undoings: tuple[SignedRecord, ...], moves: int, lies: dict[str, object]) -> Right:
    left = original_of(sale.open(), [one.open() for one in undoings])
    assert left is not None, "a sale can be undone"
    keys = {leg.key: None for leg in (*left.spent, *left.issued)}
    lots = [Lot(key, key.lot.partition("-")[0], DATE, None) for key in keys]
    return msgspec.structs.replace(right_of(left, lots, moves), **lies)
