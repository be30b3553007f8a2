"""What somebody at the counter of a walk's till wants, and what is said to it."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import msgspec

from terminal.answers import Answer, Problem
from terminal.bodies import ChargeBody, LoadBody, RefundBody, VoidBody
from terminal.till import Till

Body = LoadBody | ChargeBody | RefundBody | VoidBody
KINDS: dict[type[Body], str] = {LoadBody: "load", ChargeBody: "sale", RefundBody: "refund", VoidBody: "void"}
NOTHING_WAS_DONE = (Problem.HQ_NOT_REACHED, Problem.CARD_GONE, Problem.NO_CARD, Problem.POS_REF_CONFLICT)


@dataclass
class Wish:
    """What somebody at the counter wants, and what was said to it."""

    body: Body
    serial: int = 0
    """Of the card that is swiped for it; 0: none is."""
    said: list[Answer | Problem] = field(default_factory=list)
    under_way: int = 0
    was_nothing: bool = False
    """By the last word nothing was done, and nobody has asked since."""

    @property
    def pos_ref(self) -> str | None:
        return self.body.pos_ref

    @property
    def kind(self) -> str:
        return KINDS[type(self.body)]

    @property
    def is_open(self) -> bool:
        """Whether nobody has said what came of it."""
        return not any(isinstance(said, Answer) for said in self.said)

    def once_more(self, operation_id: str, presentation: str | None) -> Wish:
        """A POS asks again for its sale, by another id, and the card is swiped again."""
        changes = {"operation_id": operation_id} | ({"presentation": presentation} if presentation else {})
        return Wish(msgspec.structs.replace(self.body, **changes), self.serial)


def asking(till: Till, body: Body) -> Coroutine[Any, Any, Answer | Problem]:
    match body:
        case LoadBody():
            return till.load(body)
        case ChargeBody():
            return till.charge(body)
        case RefundBody():
            return till.refund(body)
        case VoidBody():
            return till.void(body)


def sign(one: Answer, loads: set[str | None]) -> int:
    """Whether it brought value in, or took it away."""
    adds = one.kind in ("load", "refund") or (one.kind == "void" and one.original not in loads)
    return 1 if adds else -1
