"""Who answers at this till, and what a page or a POS needs to know of it."""

from __future__ import annotations

import msgspec

from loyalty.earning import RedeemingRate


class CurrencyView(msgspec.Struct, frozen=True):
    """How to read and show the amounts."""

    code: str
    minor_digits: int
    shown_digits: int
    charge_step: int
    symbol: str


class PromotionTitle(msgspec.Struct, frozen=True):
    """What a slip calls the promotion of this name."""

    name: str
    title: str


class Hello(msgspec.Struct, frozen=True):
    """Who answers here. `receipt_prefix`: what stands before the last hyphen of its slips' numbers.

    `other_prefix`: the same of those that its place at HQ has made, or that it makes itself where that one does; None:
    there are no such slips.

    `redeeming`: what points are worth; None where they do not pay.

    `customer_sees_balance`: whether the second screen shows a balance before payment.

    `promotions`: all of the programme, those that are over too.
    """

    product: str
    api: str
    till: str
    store: str
    receipt_prefix: str
    other_prefix: str | None
    currency: CurrencyView
    language: str
    mode: str
    business_date: str
    redeeming: RedeemingRate | None = None
    customer_sees_balance: bool = True
    promotions: tuple[PromotionTitle, ...] = ()
