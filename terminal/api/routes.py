"""Every route of the local API, in one table; docs/local-api.md tells the same, and /openapi.json is made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

from terminal.answers import Answer, DayClose, HqStatus, MovementsView, Presentation, Search, SlipView, Status
from terminal.api import handlers, media_handlers
from terminal.bodies import (
    ChargeBody,
    DayCloseBody,
    EmptyBody,
    LoadBody,
    PresentBody,
    RefundBody,
    SaleBody,
    SearchBody,
    SlipAnswerBody,
    VoidBody,
)
from terminal.hello import Hello
from terminal.media import Brought
from terminal.undoable import PromiseView


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path; what is sent, what comes back when there is no problem. None: no body."""

    method: str
    path: str
    handler: Callable[..., Awaitable[object]]
    answer: Any
    body: type[msgspec.Struct] | None = None
    status: HTTPStatus = HTTPStatus.OK
    takes_file: bool = False
    """What is sent is a file, read piece by piece."""

    @property
    def summary(self) -> str:
        """The handler's docstring, its first line."""
        return (self.handler.__doc__ or "").partition("\n")[0]


class ServerSentEvents:
    """Stands for a body of type text/event-stream."""


class AFile:
    """Stands for a body of type application/octet-stream."""


ROUTES = (
    Route("GET", "/v1/hello", handlers.hello, Hello),
    Route("GET", "/v1/status", handlers.status, Status),
    Route("GET", "/v1/wording", handlers.wording, handlers.Words),
    Route("POST", "/v1/searches", handlers.search, Search, SearchBody),
    Route("POST", "/v1/presentations", handlers.present, Presentation, PresentBody, HTTPStatus.CREATED),
    Route("GET", "/v1/presentations/{presentation}", handlers.presentation, Presentation),
    Route("DELETE", "/v1/presentations/{presentation}", handlers.dismiss, None, status=HTTPStatus.NO_CONTENT),
    Route("GET", "/v1/presentations/{presentation}/movements", handlers.movements, MovementsView),
    Route("POST", "/v1/charges", handlers.charge, Answer, ChargeBody),
    Route("POST", "/v1/sales", handlers.sell, Answer, SaleBody),
    Route("POST", "/v1/refunds", handlers.refund, Answer, RefundBody),
    Route("POST", "/v1/voids", handlers.void, Answer, VoidBody),
    Route("POST", "/v1/loads", handlers.load, Answer, LoadBody),
    Route("GET", "/v1/operations/{operation_id}", handlers.operation, Answer),
    Route("GET", "/v1/operations", handlers.operations, list[Answer]),
    Route("GET", "/v1/promises", handlers.promises, list[PromiseView]),
    Route("GET", "/v1/slips/{receipt_number}", handlers.slip, SlipView),
    Route("POST", "/v1/slips/{receipt_number}/answers", handlers.answer_slip, SlipView, SlipAnswerBody),
    Route("POST", "/v1/slips/{receipt_number}/copies", handlers.copy_slip, SlipView, EmptyBody),
    Route("POST", "/v1/day-closes", handlers.close_day, DayClose, DayCloseBody),
    Route("POST", "/v1/exchanges", handlers.exchange, HqStatus, EmptyBody, HTTPStatus.ACCEPTED),
    Route("GET", "/v1/media", media_handlers.take_out, AFile),
    Route("POST", "/v1/media", media_handlers.bring_in, Brought, takes_file=True),
    Route("GET", "/v1/events", handlers.events, ServerSentEvents),
)
