"""Refunds in a chain: each by who has the right to it, and of an original no part and no lot beyond what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from checkout.requests import Original
from protocol.bodies import Applied, Directive, TransactionBody
from protocol.originals import original_in, original_of, right_of
from protocol.records import Record, RecordKind
from protocol.rights import Entrust, Right, RightGiven


class _Rights:
    """What this chain may undo, as it is walked along: what each original was, and what was undone of it since."""

    def __init__(self) -> None:
        self.bases: dict[str, Record | Right] = {}
        self.later: dict[str, list[Record]] = {}
        self.moves: dict[str, int] = {}

    def begin(self, name: str, base: Record | Right) -> None:
        self.bases[name], self.later[name] = base, []

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
                if body.undone is not None:
                    yield from _undone(rights, record, body.undone.original)
            case RecordKind.APPLIED:
                order = record.body_as(Applied).directive.open().body_as(Directive).order
                if isinstance(order, Entrust):
                    right = order.given.open().body_as(RightGiven).right
                    rights.begin(right.record, right)
                    rights.moves[right.record] = right.moves
            case RecordKind.RIGHT_GIVEN:
                yield from _given(rights, record.body_as(RightGiven).right)
            case _:
                pass


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
    if terms != {(leg.purse, leg.lot) for leg in (*left.spent, *left.issued)}:
        yield f"the right to {right.record} does not say the terms of its lots"
    del rights.bases[right.record]
