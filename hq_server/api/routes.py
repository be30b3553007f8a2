"""Every route of HQ's API, in one table; docs/hq-api.md tells the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from hq_server.api import book_handlers, handlers, media_handlers, member_handlers, placing_handlers, promotion_handlers
from hq_server.api.bodies import (
    CardNumber,
    Empty,
    Funding,
    MemberSearch,
    NewMember,
    NewTill,
    Person,
    StoreLead,
    StoreMode,
)
from hq_server.day_totals import ZTotal
from hq_server.members import Changes
from protocol.enrolment import EnrolmentRequest


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, and what is sent. What is `open_to_all` needs no token: its callers prove themselves."""

    method: str
    path: str
    handler: Callable[..., Awaitable[object]]
    body: type[msgspec.Struct] | None = None
    status: HTTPStatus = HTTPStatus.OK
    open_to_all: bool = False
    at_once_max: int | None = 128
    """Requests under way; whoever comes then is told to come again. None: the handler has a bound of its own."""


ROUTES = (
    Route("GET", "/v1/hello", handlers.hello, open_to_all=True),
    Route("GET", "/v1/line", handlers.line, open_to_all=True, at_once_max=None),
    Route("POST", "/v1/enrolments", handlers.enrol, EnrolmentRequest, open_to_all=True),
    Route("GET", "/v1/hq", handlers.headquarters),
    Route("GET", "/v1/recovery", handlers.recovery),
    Route("POST", "/v1/recovery/ends", handlers.end_recovery, Person),
    Route("GET", "/v1/tills", handlers.tills),
    Route("POST", "/v1/tills", handlers.add_till, NewTill, HTTPStatus.CREATED),
    Route("POST", "/v1/tills/{place}/revocations", handlers.revoke_till, Empty),
    Route("POST", "/v1/tills/{place}/{epoch}/revocations", handlers.revoke_machine, Empty),
    Route("POST", "/v1/tills/{place}/{epoch}/write-offs", handlers.write_off, Person),
    Route("POST", "/v1/stores/{store}/modes", handlers.run_store, StoreMode),
    Route("POST", "/v1/stores/{store}/leads", handlers.lead_store, StoreLead),
    Route("POST", "/v1/media", media_handlers.take_in, at_once_max=2),
    Route("GET", "/v1/suspense", handlers.suspense),
    Route("GET", "/v1/differences", handlers.differences),
    Route("GET", "/v1/waiting", handlers.waiting),
    Route("GET", "/v1/promises", handlers.promises, at_once_max=1),
    Route("GET", "/v1/exposure", handlers.exposure, at_once_max=1),
    Route("GET", "/v1/placement", placing_handlers.placement, at_once_max=1),
    Route("GET", "/v1/promotions", promotion_handlers.promotions, at_once_max=1),
    Route("POST", "/v1/promotions/{name}/fundings", promotion_handlers.fund, Funding, HTTPStatus.CREATED),
    Route("GET", "/v1/conservation", handlers.conservation, at_once_max=1),
    Route("POST", "/v1/members", member_handlers.join, NewMember, HTTPStatus.CREATED),
    Route("POST", "/v1/member-searches", member_handlers.search, MemberSearch),
    Route("GET", "/v1/members/{account}", member_handlers.account),
    Route("GET", "/v1/members/{account}/balances", handlers.balances),
    Route("POST", "/v1/members/{account}/changes", member_handlers.change, Changes),
    Route("POST", "/v1/members/{account}/erasures", member_handlers.erase, Empty),
    Route("GET", "/v1/blocks", member_handlers.blocks),
    Route("POST", "/v1/blocks", member_handlers.block, CardNumber),
    Route("POST", "/v1/unblocks", member_handlers.unblock, CardNumber),
    Route("GET", "/v1/about", book_handlers.about),
    Route("GET", "/v1/wording", book_handlers.wording, open_to_all=True),
    Route("POST", "/v1/account-searches", book_handlers.search, MemberSearch),
    Route("GET", "/v1/accounts/{account}", book_handlers.account, at_once_max=4),
    Route("GET", "/v1/chains/{place}/{epoch}/records", book_handlers.records, at_once_max=4),
    Route("GET", "/v1/chains/{place}/{epoch}/records/{sequence}", book_handlers.record),
    Route("GET", "/v1/day-totals", book_handlers.day_totals, at_once_max=1),
    Route("GET", "/v1/day-sales", book_handlers.day_sales, at_once_max=1),
    Route("POST", "/v1/z-totals", book_handlers.give_total, ZTotal, HTTPStatus.CREATED),
)
