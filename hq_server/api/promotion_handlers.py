"""What the routes about promotions ask of HQ."""

from __future__ import annotations

from datetime import date

import msgspec
from aiohttp import web

from hq_server.api.bodies import Funding
from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.promotions import IsFunded, NotFunded, PromotionList
from protocol.promotions import Funded


async def promotions(office: Office, _request: web.Request) -> PromotionList:
    """The programme's promotions, what they may give and where that lies."""
    return PromotionList(await office.desk.promotions())


async def fund(office: Office, request: web.Request, body: Funding) -> PromotionList | web.Response | NotFunded | Flaw:
    """Let a promotion give so many times, or so much, more; what is sent again is answered with 200."""
    if body.expires_on is not None and not _is_date(body.expires_on):
        return Flaw(HqProblem.BAD_REQUEST, "`expires_on` is a date (ISO 8601).")
    wanted = Funded(body.operation_id, request.match_info["name"], body.units, body.expires_on, body.by)
    outcome = await office.desk.fund(wanted)
    if isinstance(outcome, NotFunded):
        return outcome
    page = PromotionList(await office.desk.promotions())
    is_new = outcome is IsFunded.NOW
    return page if is_new else web.Response(body=msgspec.json.encode(page), content_type="application/json")


def _is_date(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return False
    return True
