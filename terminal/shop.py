"""Where a till stands, and how it says who it is."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ledger.ids import hosted_place
from loyalty.programme import Programme
from protocol.chain import Head
from protocol.receipt_numbers import FIRST_EPOCH, Numbering
from receipts.wording import Language
from terminal.asking import Identity
from terminal.drawing import DRAW_TIMEOUT_S
from terminal.hello import CurrencyView, Hello, PromotionTitle

API_VERSION = "1"


class Shop(msgspec.Struct, frozen=True):
    """What a till knows of where it stands. `mode` is that of a new book; afterwards the book knows."""

    identity: Identity
    chain_name: str
    store_name: str
    language: Language
    zone: ZoneInfo
    mode: str
    draw_timeout_s: float = DRAW_TIMEOUT_S
    customer_sees_balance: bool = True


class Prefixes(NamedTuple):
    """What stands before the last hyphen of a till's slips, of those that are made `now` and of the `other` ones.

    While its store is hosted the others are those that it makes by itself, and else those of its place at HQ, if any.
    """

    now: str
    other: str | None


def prefixes_of(shop: Shop, at_hq: str | None, *, is_hosted: bool) -> Prefixes:
    """How this till's slips are called. `at_hq` is the prefix of its place at HQ, as far as a slip tells."""
    own = shop.identity.numbering.prefix
    if not is_hosted:
        return Prefixes(own, at_hq)
    return Prefixes(at_hq or Numbering(hosted_place(shop.identity.place), FIRST_EPOCH).prefix, own)


def hello_of(shop: Shop, programme: Programme, head: Head, symbol: str, prefixes: Prefixes) -> Hello:
    """Who answers at this till."""
    currency, identity = programme.currency, shop.identity
    view = CurrencyView(currency.code, currency.minor_digits, currency.shown_digits, currency.charge_step, symbol)
    return Hello(
        product="counterfoil",
        api=API_VERSION,
        till=identity.place,
        store=identity.store,
        receipt_prefix=prefixes.now,
        other_prefix=prefixes.other,
        currency=view,
        language=shop.language,
        mode=head.mode,
        business_date=head.business_date,
        redeeming=programme.redeeming,
        customer_sees_balance=shop.customer_sees_balance,
        promotions=tuple(PromotionTitle(one.name, one.title) for one in programme.promotions),
    )
