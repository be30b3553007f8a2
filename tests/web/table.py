"""Inputs for the sale's table, and what to ask of the sale that comes out."""

from __future__ import annotations

from typing import Any

from tests.web.modules import Modules

TWD = {"code": "TWD", "minor_digits": 2, "shown_digits": 0, "charge_step": 100}
HELLO = {"currency": TWD, "redeeming": {"points": 10, "units": 100}}
BALANCE = {"principal": 50000, "bonus": 6055, "points": 1200}
MASKED = "6222****0017"
RECORD = "07-1/1/57"
CARD: dict[str, Any] = {
    "presentation": "p-1",
    "card": MASKED,
    "entry": "swiped",
    "spendable": 56055,
    "expires_in_s": 180,
    "blocked": False,
    "total": None,
    "shares": [],
    **BALANCE,
}
OTHER: dict[str, Any] = {
    **CARD,
    "presentation": "p-2",
    "card": "6222****0025",
    "total": 56055,
    "shares": [{"place": "hq", **BALANCE}],
}
Step = str | dict[str, Any]
SWIPE: Step = {"name": "presented", "card": CARD}
SWIPE_OTHER: Step = {"name": "presented", "card": OTHER}
SILENT: Step = {"name": "silent", "operation_id": "op-1"}
ABSENT: Step = {"name": "absent", "operation_id": "op-1"}
LATE = 5000
PAID = [{"tender": "stored_value", "units": 50000, "points": 0}, {"tender": "cash", "units": 20000, "points": 0}]
SLIP = {
    "receipt_number": "07-1-000007",
    "kind": "sale",
    "refundable": {"total": 70000, "left": 70000, "paid": PAID, "voidable": True},
}
REFUND: Step = {"name": "undo", "kind": "refund", "slip": SLIP}
PARTLY = {**SLIP, "refundable": {"total": 70000, "left": 30000, "paid": PAID[:1], "voidable": False}}
VOID: Step = {"name": "undo", "kind": "void", "slip": SLIP}


def key(word: str) -> dict[str, Any]:
    return {"name": "digit", "digit": word} if word.isdigit() else {"name": word}


def answered(operation_id: str, outcome: str = "done", **more: object) -> dict[str, Any]:
    answer = {
        "operation_id": operation_id,
        "outcome": outcome,
        "kind": "sale",
        "record": RECORD,
        "balance": BALANCE,
        **more,
    }
    return {"name": "answered", "operation_id": operation_id, "answer": answer}


async def play(modules: Modules, *inputs: Step) -> dict[str, Any]:
    """Keys by name ("1", "enter") and what the till says; the sale as it stands then, with its errands."""
    steps = [key(one) if isinstance(one, str) else one for one in inputs]
    sale: dict[str, Any] = await modules.run("play", steps, HELLO)
    return sale


def sent(sale: dict[str, Any]) -> list[dict[str, Any]]:
    return [errand["operation"] for errand in sale["errands"] if errand["name"] == "send"]


def parts(sale: dict[str, Any]) -> list[tuple[str, int]]:
    """Of the payment that was sent."""
    (operation,) = sent(sale)
    return [(one["tender"], one["amount"]) for one in operation["paid"]]
