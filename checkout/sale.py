"""Sale: what is bought, paid with any mix of stored value, points and the shop's other tenders, and what it earns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from checkout.floor_limit import let_go
from checkout.promoting import Promotions, promote
from checkout.requests import BookView, Entry, Sale
from checkout.results import Decline, Declined, Done
from checkout.rules import Rule, ask, enough_here, not_blocked
from checkout.slip_facts import SlipFacts, SlipKind
from checkout.sold import CARD, Paid, PaidWith, Sold, at_risk
from ledger.slices import MEMBERS_ASSETS, Asset, Lot, Part, Purse, Slice, SliceKey, take, total
from ledger.transactions import Leg, Side, Transaction, TransactionKind
from loyalty.evaluation import Basket, Buyer, evaluate
from loyalty.programme import PARTS_MAX, Programme
from loyalty.reasons import Reason


class Need(NamedTuple):
    """What a sale takes from the card of one asset, and how much of the member's that may be spent lies `here`."""

    asset: Asset
    units: int
    here: int

    @property
    def missing(self) -> int:
        """Units that do not lie here."""
        return max(self.units - self.here, 0)


def needs(request: Sale, view: BookView, programme: Programme) -> tuple[Need, ...]:
    """What a sale needs of the card, money before points; assets that it does not touch are left out."""
    paid = [_counted(part, programme) for part in request.paid]
    units = {Asset.MONEY: _units(paid, PaidWith.STORED_VALUE), Asset.POINTS: _points(paid)}
    payable = _payable(paid, view, programme)
    here = {asset: total(payable[asset], *asset.purses) for asset in MEMBERS_ASSETS}
    return tuple(Need(asset, units[asset], here[asset]) for asset in MEMBERS_ASSETS if units[asset] > 0)


def sale(request: Sale, view: BookView, programme: Programme) -> Done | Declined:
    """Take the card's parts of the price in the programme's order, and put the points that it earns on the card.

    What is missing of its money is let go at the store's own risk, where the floor limit and the cashier allow it.
    """
    paid = tuple(_counted(part, programme) for part in request.paid)
    payable = _payable(paid, view, programme)
    money, points = payable[Asset.MONEY], payable[Asset.POINTS]
    here = {asset: total(payable[asset], *asset.purses) for asset in MEMBERS_ASSETS}
    reasons = ask(_rules(request, paid, view, programme, here))
    if isinstance(reasons, Declined):
        return reasons
    units = _units(paid, PaidWith.STORED_VALUE)
    risk = let_go(request.floor_limit, units, here[Asset.MONEY], view, programme.floor_limit)
    enough = ask(enough_here(view, here[Asset.MONEY], units - risk.units)) if units else ()
    if isinstance(enough, Declined):
        return Declined(enough.decline, (*reasons, *risk.reasons, *enough.reasons), risk.offered)
    paid = tuple(_beside_risk(paid, risk.units))
    parts = [*take(money, units - risk.units), *take(points, _points(paid))]
    basket = Basket(request.items, _units(paid, PaidWith.POINTS), at_risk(paid))
    earned = evaluate(basket, Buyer(request.presented.card.kind), programme, view.business_date)
    promotions = promote(request, view, programme, unpaid=risk.units)
    points_in = earned.points + promotions.units
    opens = (_lot(request, view, programme),) if points_in else ()
    legs = (*_spend(parts), *(leg for lot in opens for leg in _issue(lot, points_in)), *promotions.legs)
    transaction = Transaction(TransactionKind.SALE, request.operation_id, legs, opens)
    facts = _facts(request, view, parts, paid, promotions, points_in)
    trail = (*reasons, *risk.reasons, *enough, *earned.trail, *promotions.reasons)
    return Done(transaction, facts, trail, sold=Sold(request.items, paid))


def _payable(paid: Iterable[Paid], view: BookView, programme: Programme) -> dict[Asset, list[Slice]]:
    """What may pay, in the order in which it pays. Its record keeps its bound: two assets share PARTS_MAX."""
    card = [part.tender for part in paid if part.tender in CARD]
    most = PARTS_MAX // max(len(card), 1)
    return {
        asset: programme.in_spending_order(view.usable, view.business_date, asset)[:most] for asset in MEMBERS_ASSETS
    }


def _rules(
    request: Sale, paid: tuple[Paid, ...], view: BookView, programme: Programme, here: dict[Asset, int]
) -> Iterator[Rule]:
    kind, sum_of_parts = request.presented.card.kind, sum(part.units for part in paid)
    yield not_blocked(view)
    coins = [request.units, *(part.units for part in paid if part.tender not in CARD)]
    payable = all(programme.currency.can_charge(units) for units in coins)
    yield Rule(Reason("charge_step", programme.currency.charge_step, request.units), payable, Decline.NOT_CHARGEABLE)
    is_one_each = len({part.tender for part in paid}) == len(paid)
    are_tenders = all(part.units > 0 and part.tender is not PaidWith.STORE_RISK for part in paid)
    adds_up = sum_of_parts == request.units and is_one_each and are_tenders
    yield Rule(Reason("parts", request.units, sum_of_parts), adds_up, Decline.PARTS_DIFFER)
    if _units(paid, PaidWith.STORED_VALUE) or _points(paid) or _units(paid, PaidWith.POINTS):
        swiped = request.presented.entry is Entry.SWIPED
        yield Rule(Reason("card_present", 1, int(swiped)), swiped, Decline.SWIPE_NEEDED)
    if _units(paid, PaidWith.POINTS):
        takes = kind.points and programme.redeeming is not None
        yield Rule(Reason("points", 1, int(takes)), takes, Decline.NO_POINTS)
        yield from _clock_rule(view, programme, Need(Asset.POINTS, _points(paid), here[Asset.POINTS]))
        enough = _points(paid) <= here[Asset.POINTS]
        yield Rule(Reason("points_here", here[Asset.POINTS], _points(paid)), enough, Decline.NOT_ENOUGH_POINTS)
    units = _units(paid, PaidWith.STORED_VALUE)
    if units:
        yield Rule(Reason("stored_value", 1, int(kind.stored_value)), kind.stored_value, Decline.NO_STORED_VALUE)
        most = programme.charge_max_units
        yield Rule(Reason("charge_max", most, units), units <= most, Decline.ABOVE_CHARGE_LIMIT)
        yield from _clock_rule(view, programme, Need(Asset.MONEY, units, here[Asset.MONEY]))


def _clock_rule(view: BookView, programme: Programme, need: Need) -> Iterator[Rule]:
    """The no of a doubted clock: with what has stopped it would be enough."""
    if view.clock_doubted:
        all_here = total(programme.in_spending_order(view.slices, view.business_date, need.asset), *need.asset.purses)
        yield Rule(Reason("clock_trusted", 1, 0), not 0 < need.missing <= all_here - need.here, Decline.CLOCK_DOUBTED)


def _counted(part: Paid, programme: Programme) -> Paid:
    """The part with the points that it costs, as the programme counts them."""
    rate = programme.redeeming
    counts = part.tender is PaidWith.POINTS and rate is not None
    return msgspec.structs.replace(part, points=rate.points_for(part.units) if counts and rate else 0)


def _beside_risk(paid: Iterable[Paid], units: int) -> Iterator[Paid]:
    """The parts, with `units` of the stored value's as one of its own, that the store bears."""
    for part in paid:
        rest = part.units - units if part.tender is PaidWith.STORED_VALUE else part.units
        if rest:
            yield msgspec.structs.replace(part, units=rest)
        if rest < part.units:
            yield Paid(PaidWith.STORE_RISK, units)


def _units(paid: Iterable[Paid], tender: PaidWith) -> int:
    return sum(part.units for part in paid if part.tender is tender)


def _points(paid: Iterable[Paid]) -> int:
    return sum(part.points for part in paid)


def _lot(request: Sale, view: BookView, programme: Programme) -> Lot:
    key = SliceKey(request.presented.card.account, Purse.POINTS, view.next_record.lot)
    return Lot(key, view.store, view.business_date, programme.validity.last_day(key.purse, view.business_date))


def _spend(parts: list[Part]) -> Iterator[Leg]:
    for one, units in parts:
        yield Leg(*one.key, Side.HELD, -units)
        yield Leg(*one.key, Side.SPENT, units)


def _issue(lot: Lot, units: int) -> tuple[Leg, Leg]:
    return Leg(*lot.key, Side.ISSUED, -units), Leg(*lot.key, Side.HELD, units)


def _facts(  # noqa: PLR0913, PLR0917 - all that a sale's slip tells
    request: Sale, view: BookView, parts: list[Part], paid: tuple[Paid, ...], promotions: Promotions, points_in: int
) -> SlipFacts:
    taken = {purse: sum(units for one, units in parts if one.key.purse is purse) for purse in Purse}
    left = {purse: total(view.slices, purse) - taken[purse] for purse in Purse}
    return SlipFacts(
        kind=SlipKind.SALE,
        card=request.presented.card.masked,
        keyed=request.presented.entry is not Entry.SWIPED,
        amount=request.units,
        principal=taken[Purse.PRINCIPAL],
        bonus=taken[Purse.BONUS],
        principal_after=left[Purse.PRINCIPAL],
        bonus_after=left[Purse.BONUS],
        points_after=left[Purse.POINTS] + points_in,
        cashier=request.cashier,
        pos_ref=request.pos_ref,
        paid=paid,
        points_in=points_in,
        points_out=taken[Purse.POINTS],
        promotions=promotions.given,
    )
