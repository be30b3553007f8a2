"""The right to undo a sale: whoever undoes a share of it has that right, and whoever gives it on says what is left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from msgspec.structs import replace

from checkout.requests import Original
from checkout.sold import Paid, Undone, at_risk
from ledger.ids import RecordRef
from ledger.slices import Lot, Purse, SliceKey
from ledger.transactions import Leg, Side, TransactionKind
from offline_queue.auditing.keys import ChainName, KeyRing, Vouched
from offline_queue.auditing.relays import directive_in, is_signed
from offline_queue.auditing.transfers import Take
from protocol.bodies import Applied, TransactionBody
from protocol.errors import NotARecord
from protocol.originals import original_in, original_of, right_of
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import RIGHT_LOTS_MAX, Entrust, Right, RightGiven, passed_to, right_in
from protocol.signing import Context, is_signed_by

UNDONE = (Side.SPENT, Side.ISSUED)
"""The sides on which an undoing takes from what is left of a sale."""


class Entrusted(NamedTuple):
    """A right that HQ's order, by its name and hash, gives to a till; `given` is the record that it quotes.

    Of one that was passed within a store the order is the record by which its taker takes it.
    """

    given: Take
    order: RecordRef
    order_hash: bytes


@dataclass(slots=True)
class Holding:
    """A right where it lies: the sale itself or the right as it came, and what its holder has undone since."""

    came: Record | Right
    undoings: list[Record] = field(default_factory=list)

    @property
    def moves(self) -> int:
        """How often it has left a till so far."""
        return self.came.moves if isinstance(self.came, Right) else 0

    def left(self) -> Original | None:
        """What of the sale nobody has undone; None: it is nothing that can be undone."""
        if isinstance(self.came, Right):
            return original_in(self.came, self.undoings)
        try:
            return original_of(self.came, self.undoings)
        except ValueError:  # of a kind, or paid with something, that there is not; the replay says what it has to
            return None


class RightsCheck:
    """Hears every record of an export that undoes something, or by which a right to do so moves.

    `moved` are the sales whose rights have left a till: of the others, their own tills have it. `lots_at` says what the
    book at a record's place knows of its lots.
    """

    def __init__(
        self,
        export: str,
        ring: KeyRing,
        moved: set[str],
        lots_at: Callable[[Record], Mapping[SliceKey, Lot]],
        report: Callable[[RecordRef, str], None],
    ) -> None:
        self.entrusted: list[Entrusted] = []
        """By HQ's orders, and once more by each record that says that one was carried out."""
        self.totals: dict[str, int] = {}
        """The price of each sale whose right was entrusted."""
        self.undone: defaultdict[str, dict[RecordRef, int]] = defaultdict(dict)
        """By the sales whose rights have moved, and the records that undo a share: how many units."""
        self.unchecked: set[str] = set()
        """Those whose keys nobody tells of, and whose rights were entrusted."""
        self._export = export
        self._ring = ring
        self._moved = moved
        self._lots_at = lots_at
        self._report = report
        self._held: dict[tuple[ChainName, str], Holding] = {}
        self._given: dict[tuple[ChainName, str], RecordRef] = {}
        """The records by which rights were last given on; what has come back is held."""

    def take(self, record: Record, record_hash: bytes) -> None:
        """Check a record, the next of its chain; one that has nothing to do with rights is passed over."""
        with suppress(NotARecord):  # the replay says so
            match record.kind:
                case RecordKind.TRANSACTION:
                    self._move(record, record.body_as(TransactionBody))
                case RecordKind.RIGHT_GIVEN | RecordKind.RIGHT_PASSED:
                    right = right_in(record)
                    assert right is not None, "a right leaves its till by such a record"
                    self._give(record, right)
                case RecordKind.RIGHT_TAKEN:
                    self._take(record, record_hash)
                case RecordKind.DIRECTIVE | RecordKind.APPLIED:
                    self._entrust(record, record_hash)
                case _:
                    pass

    def _move(self, record: Record, body: TransactionBody) -> None:
        name = str(record.ref)
        if name in self._moved and body.kind != TransactionKind.PROMISE:
            # Whoever says to have the right to another's promise puts that one in no wrong.
            self._held[_chain(record), name] = Holding(record)
        if body.undone is not None:
            self._undo(record, body, body.undone)

    def _undo(self, record: Record, body: TransactionBody, undone: Undone) -> None:
        name, ref = undone.original, record.ref
        right = _chain(record), name
        holding, is_own = self._held.get(right), _is_of(name, record)
        if name in self._moved or not is_own:
            self.undone[name][ref] = sum(part.units for part in undone.paid)
        if holding is not None:
            self._check_share(record, body, undone, holding)
            holding.undoings.append(record)
        elif right in self._given:
            self._report(ref, f"it undoes a share of {name}, and has given the right to on in {self._given[right]}")
        elif not is_own:
            self._report(ref, f"it undoes a share of {name}, and has no right to")

    def _check_share(self, record: Record, body: TransactionBody, undone: Undone, holding: Holding) -> None:
        """It is no more than is left, and in the lots that the right names."""
        name, left = undone.original, holding.left()
        if left is None or body.account != left.account or not _is_within(_share(body, undone), left):
            self._report(record.ref, f"it undoes more of {name} than is left of it")
        if body.kind == TransactionKind.VOID and not _is_of(name, record):
            self._report(record.ref, f"it voids {name}, and only the till that has sold can")
        if isinstance(holding.came, Right) and not set(body.carries) <= set(holding.came.lots):
            self._report(record.ref, f"it tells other terms of its lots than the right to undo {name} does")

    def _give(self, record: Record, right: Right) -> None:
        at = _chain(record), right.record
        holding = self._held.pop(at, None)
        wrong = "and does not have it" if holding is None else self._wrong(record, right, holding)
        if wrong is not None:
            self._report(record.ref, f"it gives on the right to undo {right.record}, {wrong}")
        if holding is not None:
            self._given[at] = record.ref

    def _wrong(self, record: Record, right: Right, holding: Holding) -> str | None:
        """What is wrong with a right as its holder gives it on; None: it says what is left by the holder's chain."""
        left, moves = holding.left(), holding.moves + 1
        if left is None or left.kind is not TransactionKind.SALE:
            return "which is no sale"
        if at_risk(left.paid):
            return "of which a part is at the store's own risk"
        if len(right.lots) > RIGHT_LOTS_MAX:
            return f"which has touched more than {RIGHT_LOTS_MAX} lots"
        if right.moves != moves:
            return f"as if it left a till for the {right.moves}. time, and it is the {moves}."
        lots = {lot.key: lot for lot in left.lots} if isinstance(holding.came, Right) else self._lots_at(record)
        needed = [lots[leg.key] for leg in (*left.spent, *left.issued) if leg.key in lots]
        expected = right_of(left, needed, moves)
        is_so = replace(right, lots=()) == replace(expected, lots=()) and set(expected.lots) <= set(right.lots)
        return None if is_so else "and what it says is left of that is not what its chain leaves"

    def _entrust(self, record: Record, record_hash: bytes) -> None:
        directive = directive_in(record)
        if directive is None or not isinstance(directive.order, Entrust):
            return
        try:
            given, right = _given_in(directive.order)
        except NotARecord:
            self._report(record.ref, "what it entrusts is no right that anybody gave on")
            return
        order, order_hash = record.ref, record_hash
        if record.kind is RecordKind.APPLIED:
            signed = record.body_as(Applied).directive
            order, order_hash = signed.open().ref, signed.hash
        vouched = self._note(record, directive.order.given, given, right, order, order_hash)
        if not is_signed(directive.order.given, directive.order.public_key, vouched):
            self._report(record.ref, f"the record {given.ref} that it entrusts is not signed by {given.keeper}")
        elif record.kind is RecordKind.APPLIED:
            self._held[_chain(record), right.record] = Holding(right)

    def _take(self, record: Record, record_hash: bytes) -> None:
        """What a neighbour has passed on, its taker has by its own record alone."""
        try:
            signed = passed_to(record)
            assert signed is not None, "a right is taken by such a record"
            given = signed.open()
            right = right_in(given)
            assert right is not None, "it was passed on"
            original_in(right, ())
        except NotARecord as fault:
            self._report(record.ref, f"what it takes is no right that was passed to it: {fault}")
            return
        vouched = self._note(record, signed, given, right, record.ref, record_hash)
        if vouched is not None and not is_signed_by(vouched.key, Context.RECORD, signed):
            self._report(record.ref, f"the record {given.ref} that it takes is not signed by {given.keeper}")
            return
        self._held[_chain(record), right.record] = Holding(right)

    def _note(  # noqa: PLR0913, PLR0917 - a right, where it comes from and where it goes
        self, by: Record, signed: SignedRecord, given: Record, right: Right, order: RecordRef, order_hash: bytes
    ) -> Vouched | None:
        """Who vouches for the key of the giver."""
        self.entrusted.append(Entrusted(Take(by.ref, by.kind, given.ref, signed.hash), order, order_hash))
        self.totals[right.record] = right.total
        vouched = self._ring.of(self._export, _chain(given))
        if vouched is None:
            self.unchecked.add(f"{given.keeper}/{given.epoch}")
        return vouched


def _given_in(entrust: Entrust) -> tuple[Record, Right]:
    """The record that an order quotes, and the right in it. Raises NotARecord."""
    given = entrust.given.open()
    if given.kind is not RecordKind.RIGHT_GIVEN:
        raise NotARecord
    right = given.body_as(RightGiven).right
    original_in(right, ())
    return given, right


def _chain(record: Record) -> ChainName:
    return record.keeper, record.epoch


def _is_of(name: str, record: Record) -> bool:
    """Whether a sale was recorded in the chain of this record: nobody else has the right to it without an order."""
    ref = RecordRef.parse(name)
    return ref is not None and (ref.keeper, ref.epoch) == _chain(record)


def _share(body: TransactionBody, undone: Undone) -> Counter[object]:
    """What promotions gave is no part of it (offline_queue.auditing.promotions)."""
    return _amounts(undone.paid, (leg for leg in body.legs if leg.side in UNDONE and leg.purse is not Purse.QUOTA))


def _is_within(share: Counter[object], left: Original) -> bool:
    """Whether no part of the payment and no leg gives back more than is left of it."""
    room = _amounts(left.paid, (*left.spent, *left.issued))
    return all(0 <= units <= room[what] for what, units in share.items())


def _amounts(paid: Iterable[Paid], legs: Iterable[Leg]) -> Counter[object]:
    amounts = Counter[object]()
    for part in paid:
        amounts.update({part.tender: part.units, (part.tender, "points"): part.points})
    for leg in legs:
        amounts[leg.key, leg.side] += abs(leg.units)
    return amounts
