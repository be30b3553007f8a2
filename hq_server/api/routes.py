"""Every route of HQ's API, in one table; docs/hq-api.md tells the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from hq_server.api import handlers
from hq_server.api.bodies import Empty, NewTill
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
    Route("GET", "/v1/tills", handlers.tills),
    Route("POST", "/v1/tills", handlers.add_till, NewTill, HTTPStatus.CREATED),
    Route("POST", "/v1/tills/{place}/revocations", handlers.revoke_till, Empty),
    Route("GET", "/v1/suspense", handlers.suspense),
    Route("GET", "/v1/differences", handlers.differences),
    Route("GET", "/v1/members/{account}/balances", handlers.balances),
)
