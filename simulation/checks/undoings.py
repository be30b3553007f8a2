"""What the records of all tills have undone of each original: never more than it was. Invariant 10.

A promise moves nothing. Its till keeps it, by a refund, or takes it back, by a void: one of them, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from checkout.sold import Paid
from ledger.ids import ChainId
from ledger.slices import Purse, SliceKey
from ledger.transactions import Side, TransactionKind
from protocol.bodies import TransactionBody
from protocol.records import Record, RecordKind
from simulation.checks.chain import Keeper

LIFE = (Side.ISSUED, Side.SPENT)
"""The sides that a refund moves back; what it moves on the others lies here or is owed."""


class Left:
    """What refunds and voids have left of one original."""

    def __init__(self, made: TransactionBody) -> None:
        self.total = made.slip.amount
        self.units: Counter[str] = Counter()
        self.points = 0
        if made.sold is None:
            self.units[str(made.slip.tender)] += made.slip.amount
        else:
            self._pay(made.sold.paid, 1)
        self.legs: Counter[tuple[SliceKey, Side]] = Counter()
        self._move(made)

    def undo(self, undoing: TransactionBody) -> None:
        """Take out what one of them has undone. Raises AssertionError where that is more than is left."""
        assert undoing.undone is not None
        self.total -= undoing.undone.units
        self._pay(undoing.undone.paid, -1)
        moved = self._move(undoing)
        assert undoing.undone.units == sum(part.units for part in undoing.undone.paid), "its parts are not its sum"
        assert min(self.total, self.points, *self.units.values()) >= 0, "more is given back than was paid"
        for key, side in moved:
            units = self.legs[key, side]
            assert units <= 0 if side is Side.ISSUED else units >= 0, f"more of {key.lot} is undone than it moved"
        if not self.total:
            assert not any((*self.units.values(), self.points, *self.legs.values())), "all is undone, and not all of it"

    def _pay(self, paid: tuple[Paid, ...], sign: int) -> None:
        for part in paid:
            self.units[part.tender.value] += sign * part.units
            self.points += sign * part.points

    def _move(self, body: TransactionBody) -> list[tuple[SliceKey, Side]]:
        lives = [leg for leg in body.legs if leg.side in LIFE and leg.purse is not Purse.QUOTA]
        moved = [(leg.key, leg.side, leg.units) for leg in lives]
        for key, side, units in moved:
            self.legs[key, side] += units
        return [(key, side) for key, side, _ in moved]


class Undoings:
    """Looks at the chain of each till again and again, and reads on from where it was."""

    def __init__(self) -> None:
        self._read: dict[ChainId, tuple[int, int]] = {}
        self._made: dict[ChainId, dict[str, TransactionBody]] = {}
        """What each till has made, by its records."""
        self._undone: dict[ChainId, dict[str, list[TransactionBody]]] = {}
        """What each till has undone, whoever made that, by the originals' records."""
        self._settled: dict[ChainId, set[str]] = {}
        """The promises that each till has kept or taken back, by their records."""

    def check(self, tills: Iterable[Keeper]) -> None:
        """Look at these, of which something may have changed. Raises AssertionError."""
        for record in [one for till in tills for one in self._read_on(till)]:
            self._judge(record)

    def _read_on(self, till: Keeper) -> Iterator[Record]:
        """What a till has undone since the last look; what it has made is known then."""
        starts, after = self._read.get(till.name, (0, 0))
        if starts != till.machine.starts:
            # What was not synced is gone since then; what was synced is found once more.
            after, self._made[till.name], self._undone[till.name], self._settled[till.name] = 0, {}, {}, set()
        for signed in till.machine.store.records(after):
            record = signed.open()
            after = record.sequence
            if record.kind is not RecordKind.TRANSACTION:
                continue
            body = record.body_as(TransactionBody)
            if body.undone is None:
                self._made[till.name][str(record.ref)] = body
                continue
            self._undone[till.name].setdefault(body.undone.original, []).append(body)
            yield record
        self._read[till.name] = till.machine.starts, after

    def _judge(self, record: Record) -> None:
        body = record.body_as(TransactionBody)
        assert body.undone is not None
        name, till = body.undone.original, ChainId(record.keeper, record.epoch)
        if body.undone.promise is not None:
            promise = self._settle(body.undone.promise, body, till)
            assert (body.kind, promise.slip.original) == (TransactionKind.REFUND, body.slip.original)
            assert body.undone.units <= promise.slip.amount, f"{record.ref} gives more than was promised"
        elif self._is_promise(name, till):
            promise = self._settle(name, body, till)
            assert (body.kind, body.undone.units) == (TransactionKind.VOID, promise.slip.amount)
            assert not body.legs, f"{record.ref} takes a promise back, and moves something"
            return
        made = next((made[name] for made in self._made.values() if name in made), None)
        assert made is not None, f"{record.ref} undoes {name}, which nobody ever made before"
        left = Left(made)
        for undone in self._undone.values():
            for one in undone.get(name, ()):
                left.undo(one)

    def _is_promise(self, name: str, till: ChainId) -> bool:
        made = self._made[till].get(name)
        return made is not None and made.kind == TransactionKind.PROMISE

    def _settle(self, name: str, by: TransactionBody, till: ChainId) -> TransactionBody:
        """The promise of this till's record `name`, which is kept or taken back now."""
        assert self._is_promise(name, till), f"{by.receipt_number} of {till} settles {name}, which it has not promised"
        assert name not in self._settled[till], f"{by.receipt_number} of {till} settles {name} once more"
        self._settled[till].add(name)
        return self._made[till][name]
