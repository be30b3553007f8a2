"""Refunds in a chain: each by who has the right to it, and of an original no part and no lot beyond what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from checkout.requests import Original
from checkout.sold import Undone
from protocol.bodies import Applied, Directive, TransactionBody
from protocol.originals import original_in, original_of, right_of
from protocol.records import Record, RecordKind, SignedRecord
from protocol.rights import Entrust, Right, RightTaken, right_in


class _Rights:
    """What this chain may undo, as it is walked along: what each original was, and what was undone of it since."""

    def __init__(self) -> None:
        self.bases: dict[str, Record | Right] = {}
        self.later: dict[str, list[Record]] = {}
        self.moves: dict[str, int] = {}
        self.promised: dict[str, int] = {}
        """What was promised and neither kept nor taken back, by its record."""

    def begin(self, name: str, base: Record | Right) -> None:
        self.bases[name], self.later[name] = base, []

    def come(self, given: SignedRecord) -> None:
        right = right_in(given.open())
        assert right is not None
        self.begin(right.record, right)
        self.moves[right.record] = right.moves

    def left(self, name: str) -> Original | None:
        base = self.bases.get(name)
        if base is None:
            return None
        return original_in(base, self.later[name]) if isinstance(base, Right) else original_of(base, self.later[name])


def undoing_faults(records: Iterable[Record]) -> Iterator[str]:
    """Of a chain, with the records at HQ of which it tells in the place of those that do."""
    rights = _Rights()
    for record in records:
        match record.kind:
            case RecordKind.TRANSACTION:
                body = record.body_as(TransactionBody)
                rights.begin(str(record.ref), record)
                if body.kind == "promise":
                    rights.promised[str(record.ref)] = body.slip.amount
                elif body.undone is not None and body.undone.original in rights.promised:
                    yield from _taken_back(rights, record, body)
                elif body.undone is not None:
                    yield from _kept(rights, record, body.undone)
                    yield from _undone(rights, record, body.undone.original)
            case RecordKind.APPLIED:
                order = record.body_as(Applied).directive.open().body_as(Directive).order
                if isinstance(order, Entrust):
                    rights.come(order.given)
            case RecordKind.RIGHT_TAKEN:
                rights.come(record.body_as(RightTaken).given)
            case RecordKind.RIGHT_GIVEN | RecordKind.RIGHT_PASSED:
                right = right_in(record)
                assert right is not None
                yield from _given(rights, right)
            case _:
                pass


def _taken_back(rights: _Rights, record: Record, body: TransactionBody) -> Iterator[str]:
    assert body.undone is not None
    units = rights.promised.pop(body.undone.original)
    if body.legs or (body.kind, body.undone.units, body.undone.paid) != ("void", units, ()):
        yield f"{record.ref}: a promise is taken back whole, and moves nothing"


def _kept(rights: _Rights, record: Record, undone: Undone) -> Iterator[str]:
    if undone.promise is not None and undone.units > rights.promised.pop(undone.promise, 0):
        yield f"{record.ref} keeps {undone.promise}, of which less was promised, or nothing any more"


def _undone(rights: _Rights, record: Record, name: str) -> Iterator[str]:
    left = rights.left(name)
    if left is None:
        yield f"{record.ref} undoes {name}, and has no right to"
        return
    rights.later[name].append(record)
    left = rights.left(name)
    assert left is not None
    if any(part.units < 0 or part.points < 0 for part in left.paid):
        yield f"{name}: more of a part was given back than it paid"
    elif any(leg.units < 0 for leg in left.spent) or any(leg.units > 0 for leg in left.issued):
        yield f"{name}: more of a lot was undone than it moved"
    elif not left.left and (left.spent or left.issued):
        yield f"{name}: all of it was undone, and not all of its legs"


def _given(rights: _Rights, right: Right) -> Iterator[str]:
    left = rights.left(right.record)
    if left is None:
        yield f"the right to {right.record} is given, and is not here"
        return
    rights.moves[right.record] = moves = rights.moves.get(right.record, 0) + 1
    terms = {(lot.purse, lot.lot) for lot in right.lots}
    if replace(right, lots=()) != right_of(left, (), moves):
        yield f"the right to {right.record} says other things than are left"
    # What has come may name lots of which nothing is left.
    if not {(leg.purse, leg.lot) for leg in (*left.spent, *left.issued)} <= terms:
        yield f"the right to {right.record} does not say the terms of its lots"
    del rights.bases[right.record]
