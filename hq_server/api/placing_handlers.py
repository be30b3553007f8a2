"""What the route about placement asks of HQ."""

from __future__ import annotations

import re
from datetime import date, timedelta

from aiohttp import web

from hq_server.api.handlers import Office
from hq_server.api.problems import Flaw, HqProblem
from hq_server.placing_figures import DAYS_DEFAULT, DAYS_MAX, PlacementPage, together
from hq_server.views import LINES_SHOWN_MAX

_HOUR_MS = 3_600_000


async def placement(office: Office, request: web.Request) -> PlacementPage | Flaw:
    """How well value is placed now, and over the last `days` dates of HQ's calendar."""
    asked = request.query.get("days", str(DAYS_DEFAULT))
    if not re.fullmatch(r"[1-9][0-9]?", asked) or int(asked) > DAYS_MAX:
        return Flaw(HqProblem.BAD_REQUEST, f"`days` is 1 to {DAYS_MAX}.")
    desk, is_up = office.desk, office.door.is_up
    stamp, bound_h = desk.world.stamp(desk.zone), desk.stranded_after_h
    since = (date.fromisoformat(stamp.business_date) - timedelta(days=int(asked) - 1)).isoformat()
    before_ms = max(stamp.now_ms - int(bound_h * _HOUR_MS), 0)
    figures = await desk.showing(lambda showing: showing.placing(since, before_ms, is_up))
    stores = figures.by_store()
    shown = stores[:LINES_SHOWN_MAX]
    return PlacementPage(stamp.now_ms, since, bound_h, together(stores), len(stores), shown, figures.days)
