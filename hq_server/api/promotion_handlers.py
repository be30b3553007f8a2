"""What the routes about promotions ask of HQ."""

from __future__ import annotations

from aiohttp import web

from hq_server.api.bodies import Funding
from hq_server.api.handlers import Office
from hq_server.promotions import NotFunded, PromotionList
from protocol.promotions import Funded


async def promotions(office: Office, _request: web.Request) -> PromotionList:
    """The programme's promotions, what they may give and where that lies."""
    return PromotionList(await office.desk.promotions())


async def fund(office: Office, request: web.Request, body: Funding) -> PromotionList | NotFunded:
    """Let a promotion give so many times, or so much, more."""
    refused = await office.desk.fund(Funded(request.match_info["name"], body.units, body.expires_on, body.by))
    return PromotionList(await office.desk.promotions()) if refused is None else refused
