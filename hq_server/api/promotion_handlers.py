"""What the routes about promotions ask of HQ."""

from __future__ import annotations

from datetime import date

from aiohttp import web

from hq_server.api.bodies import Funding
from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.promotions import NotFunded, PromotionList
from protocol.promotions import Funded


async def promotions(office: Office, _request: web.Request) -> PromotionList:
    """The programme's promotions, what they may give and where that lies."""
    return PromotionList(await office.desk.promotions())


async def fund(office: Office, request: web.Request, body: Funding) -> PromotionList | NotFunded | Flaw:
    """Let a promotion give so many times, or so much, more."""
    if body.expires_on is not None and not _is_to_come(body.expires_on, office):
        return Flaw(HqProblem.BAD_REQUEST, "`expires_on` is a date (ISO 8601), today or later.")
    refused = await office.desk.fund(Funded(request.match_info["name"], body.units, body.expires_on, body.by))
    return PromotionList(await office.desk.promotions()) if refused is None else refused


def _is_to_come(day: str, office: Office) -> bool:
    """Whether it is a date on which something may still be given."""
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return day >= office.desk.world.stamp(office.desk.zone).business_date
