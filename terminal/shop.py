"""Where a till stands, and how it says who it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from loyalty.programme import Programme
from protocol.chain import Head
from receipts.wording import Language
from terminal.answers import CurrencyView, Hello
from terminal.asking import Identity
from terminal.drawing import DRAW_TIMEOUT_S

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


def hello_of(shop: Shop, programme: Programme, head: Head, symbol: str, prefix: str | None) -> Hello:
    """Who answers at this till. `prefix` is that of its slips, where they are not its own."""
    currency, identity = programme.currency, shop.identity
    view = CurrencyView(currency.code, currency.minor_digits, currency.shown_digits, currency.charge_step, symbol)
    return Hello(
        product="counterfoil",
        api=API_VERSION,
        till=identity.place,
        store=identity.store,
        receipt_prefix=prefix or identity.numbering.prefix,
        currency=view,
        language=shop.language,
        mode=head.mode,
        business_date=head.business_date,
        redeeming=programme.redeeming,
        customer_sees_balance=shop.customer_sees_balance,
    )
