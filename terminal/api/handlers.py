"""What each route asks of the till."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from aiohttp import web

from ledger.cards import CardFault
from receipts.wording import Language, Wording
from terminal.answers import (
    Answer,
    DayClose,
    HqStatus,
    MovementsView,
    Presentation,
    Problem,
    Search,
    SlipView,
    Status,
)
from terminal.api.event_stream import EventStreams
from terminal.api.reading import Flaw
from terminal.bodies import (
    ChargeBody,
    DayCloseBody,
    EmptyBody,
    LoadBody,
    PosRef,
    PresentBody,
    RefundBody,
    SaleBody,
    SearchBody,
    SlipAnswerBody,
    VoidBody,
)
from terminal.exchanges import Occasion
from terminal.hello import Hello
from terminal.media import Media
from terminal.till import Till
from terminal.undoable import PromiseView

Words = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Door:
    """What lies behind the API."""

    till: Till
    wording: Wording
    streams: EventStreams
    media: Media | None = None
    """None before the till is enrolled."""


async def hello(door: Door, _request: web.Request) -> Hello:
    """Who answers here; cheap."""
    return door.till.hello()


async def status(door: Door, _request: web.Request) -> Status:
    """Devices, mode, HQ, the card before the cashier, slips that wait."""
    return await door.till.status()


async def wording(door: Door, _request: web.Request) -> Words:
    """The page's words: text by language and key, placeholders unfilled."""
    return {language.value: door.wording.starting("", language) for language in Language}


async def search(door: Door, _request: web.Request, body: SearchBody) -> Search | Problem:
    """Find members by phone number."""
    return await door.till.reception.search(body.phone)


async def present(door: Door, _request: web.Request, body: PresentBody) -> Presentation | CardFault | Problem:
    """Key a card number in, or open a member whom a search has found."""
    if body.candidate is not None:
        return await door.till.reception.open_candidate(body.candidate)
    return await door.till.reception.key_in(body.number or "")


async def presentation(door: Door, request: web.Request) -> Presentation | Problem:
    """The card before the cashier, and its balance now."""
    found = await door.till.reception.presentation(request.match_info["presentation"])
    return found or Problem.CARD_GONE


async def dismiss(door: Door, request: web.Request) -> Problem | None:
    """The customer leaves."""
    return None if door.till.reception.dismiss(request.match_info["presentation"]) else Problem.CARD_GONE


async def charge(door: Door, _request: web.Request, body: ChargeBody) -> Answer | Problem:
    """Pay from stored value."""
    return await door.till.charge(body)


async def load(door: Door, _request: web.Request, body: LoadBody) -> Answer | Problem:
    """Load stored value."""
    return await door.till.load(body)


async def operation(door: Door, request: web.Request) -> Answer | Problem:
    """What became of an operation."""
    return await door.till.inquiries.operation(request.match_info["operation_id"])


async def sell(door: Door, _request: web.Request, body: SaleBody) -> Answer | Problem:
    """Sell, paid with any mix of tenders."""
    return await door.till.sell(body)


async def refund(door: Door, _request: web.Request, body: RefundBody) -> Answer | Problem:
    """Give back a part of a sale, or what is left of it."""
    return await door.till.refund(body)


async def void(door: Door, _request: web.Request, body: VoidBody) -> Answer | Problem:
    """Undo a sale or a load on its own business date."""
    return await door.till.void(body)


async def movements(door: Door, request: web.Request) -> MovementsView | Problem:
    """The last movements of the card on the counter."""
    return await door.till.reception.movements(request.match_info["presentation"]) or Problem.CARD_GONE


async def operations(door: Door, request: web.Request) -> list[Answer] | Problem | Flaw:
    """What became of the operations under a POS's own number."""
    try:
        pos_ref = msgspec.convert(request.query.get("pos_ref"), PosRef)
    except msgspec.ValidationError:
        return Flaw(Problem.BAD_REQUEST, "Ask with ?pos_ref= and 1 to 64 visible ASCII characters.")
    return await door.till.inquiries.by_pos_ref(pos_ref)


async def promises(door: Door, _request: web.Request) -> list[PromiseView]:
    """The refunds that were promised here, and neither given nor taken back; the first of them first."""
    return await door.till.slips.promises()


async def slip(door: Door, request: web.Request) -> SlipView | Problem:
    """A slip as text, and where its printing stands."""
    return await door.till.slips.view(request.match_info["receipt_number"])


async def answer_slip(door: Door, request: web.Request, body: SlipAnswerBody) -> SlipView | Problem:
    """The cashier says whether the slip came out."""
    return await door.till.slips.answer(request.match_info["receipt_number"], came_out=body.came_out)


async def copy_slip(door: Door, request: web.Request, _body: EmptyBody) -> SlipView | Problem:
    """Print a slip again, marked as a copy."""
    return await door.till.slips.copy(request.match_info["receipt_number"])


async def close_day(door: Door, _request: web.Request, body: DayCloseBody) -> DayClose | Problem:
    """Close the business date."""
    return await door.till.close_day(body.business_date, body.opens)


async def exchange(door: Door, _request: web.Request, _body: EmptyBody) -> HqStatus:
    """Call HQ now, if the line rests; the event `status` says what comes of it."""
    door.till.exchange(Occasion.KEY)
    return (await door.till.status()).hq


async def events(door: Door, request: web.Request) -> web.StreamResponse | Flaw:
    """Server-sent events; see docs/local-api.md for their names."""
    return await door.streams.serve(request)
