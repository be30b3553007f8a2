"""Floor limit: what a store lets go at its own risk, when the card is to pay more than can be had of it now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from checkout.requests import BookView
from checkout.results import Decline, Declined
from checkout.rules import Rule, ask
from ledger.slices import MONEY, total
from loyalty.programme import FloorLimit
from loyalty.reasons import Reason


class Risk(NamedTuple):
    """`units` are let go, or so many `offered` for the cashier to agree; the last of `reasons` may be a no."""

    units: int = 0
    offered: int = 0
    reasons: tuple[Reason, ...] = ()


def let_go(agreed: int, units: int, here: int, view: BookView, floor: FloorLimit | None) -> Risk:
    """What is missing `here` of `units`: all of it, or nothing.

    `agreed`: to so many units the cashier has agreed, to no more and no fewer.
    """
    missing = units - here
    if floor is None or missing <= 0:
        return Risk()
    reasons = ask(_rules(missing, _spendable(view) - here, view, floor))
    if isinstance(reasons, Declined):
        return Risk(reasons=reasons.reasons)
    trail = (*reasons, Reason("floor_limit_agreed", agreed, missing))
    return Risk(missing, 0, trail) if missing == agreed else Risk(0, missing, trail)


def _spendable(view: BookView) -> int:
    """All of the member's money that lies here and has not expired, in however many lots."""
    return total((one for one in view.usable if one.spendable_on(view.business_date)), *MONEY)


def _rules(missing: int, beyond: int, view: BookView, floor: FloorLimit) -> Iterator[Rule]:
    today = view.let_go
    yield _is_so("floor_limit_mode", so=view.mode in floor.modes)
    yield _is_so("floor_limit_reported", so=today is not None)
    # Of which day's budget it would be, nobody can say.
    yield _is_so("floor_limit_clock", so=not view.clock_doubted)
    # More lots than one record takes: the rest lies here, and pays in a second sale.
    yield _at_most("floor_limit_lots", 0, beyond)
    if view.elsewhere is not None:
        yield _at_most("floor_limit_elsewhere", view.elsewhere.units, missing)
    yield _at_most("floor_limit_sale", floor.sale_units, missing)
    if today is not None:
        yield _at_most("floor_limit_card", floor.card_day_units, today.of_card + missing)
        yield _at_most("floor_limit_till", floor.till_day_units, today.at_till + missing)


def _is_so(name: str, *, so: bool) -> Rule:
    return Rule(Reason(name, 1, int(so)), so, Decline.NOT_ENOUGH_HERE)


def _at_most(name: str, limit: int, units: int) -> Rule:
    return Rule(Reason(name, limit, units), units <= limit, Decline.NOT_ENOUGH_HERE)
