"""HQ's API as an aiohttp application: token and bounds outside, routes inside, problems for whatever is refused."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import msgspec
import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from hq_server.api.handlers import ENROLMENTS_BURST, ENROLMENTS_PER_S, Office
from hq_server.api.problems import Code, Flaw, HqProblem, Problems
from hq_server.api.routes import ROUTES, Route
from hq_server.desk import Desk
from hq_server.enrolling import NotEnrolled
from hq_server.members import NotKept
from hq_server.promotions import NotFunded
from hq_server.web.pages import add_pages
from offline_queue.book_thread import DiskFull
from offline_queue.gateway.door import Door
from offline_queue.http_log import http_logger
from offline_queue.media import MediumFlaw
from offline_queue.rate import TokenBucket
from receipts.wording import Wording

BODY_BYTES_MAX = 64 * 1024
BODY_S_MAX = 10.0
IDLE_S_MAX = 30.0
"""A connection on which nobody asks for anything, or asks so slowly, is closed."""
SHUTDOWN_S_MAX = 2.0

FAULTS: dict[type[web.HTTPException], HqProblem] = {
    web.HTTPNotFound: HqProblem.NOT_FOUND,
    web.HTTPMethodNotAllowed: HqProblem.METHOD_NOT_ALLOWED,
    web.HTTPRequestEntityTooLarge: HqProblem.TOO_LARGE,
}

_DIGITS = re.compile(r"[0-9]{5,}")
"""What is wrong with a body may quote it; a card's or a phone's number in a wrong place is not said again."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


def make_app(desk: Desk, door: Door, token: str) -> web.Application:
    """The server of this HQ: its API, its pages, its tills' lines. `token` is what its own people must have."""
    problems = Problems(Wording.load())
    app = web.Application(middlewares=[_faults_as_problems(problems)], client_max_size=BODY_BYTES_MAX)
    app.on_response_prepare.append(_say_that_nobody_keeps_it)
    app.on_shutdown.append(door.close)
    bucket = TokenBucket(ENROLMENTS_PER_S, ENROLMENTS_BURST, desk.world.monotonic_s())
    office = Office(desk, door, bucket)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route, office, problems, token))
    add_pages(app)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """What runs the application on a socket. No address that was asked for is logged: it may hold anything."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        logger=http_logger(),
        keepalive_timeout=IDLE_S_MAX,
        lingering_time=SHUTDOWN_S_MAX,
        shutdown_timeout=SHUTDOWN_S_MAX,
    )


def _handler(route: Route, office: Office, problems: Problems, token: str) -> Handler:
    decoder = None if route.body is None else msgspec.json.Decoder(route.body)
    turns = None if route.at_once_max is None else asyncio.Semaphore(route.at_once_max)

    async def ask(request: web.Request) -> object:
        if decoder is None:
            return await route.handler(office, request)
        body = await _read(request, decoder)
        return body if isinstance(body, Flaw) else await route.handler(office, request, body)

    async def handle(request: web.Request) -> web.StreamResponse:
        if not route.open_to_all and not _has_token(request, token):
            return problems.response(HqProblem.UNAUTHORIZED)
        if turns is not None and turns.locked():
            return problems.response(HqProblem.BUSY)
        async with turns or nullcontext():
            return _response(await ask(request), route, problems)

    return handle


def _has_token(request: web.Request, token: str) -> bool:
    scheme, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    right = hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.encode())
    return scheme.lower() == "bearer" and right


async def _read(request: web.Request, decoder: msgspec.json.Decoder[msgspec.Struct]) -> msgspec.Struct | Flaw:
    """The body as its type says, or what is wrong with it."""
    try:
        async with asyncio.timeout(BODY_S_MAX):
            content = await request.read()
        return decoder.decode(content)
    except TimeoutError:
        return Flaw(HqProblem.BAD_REQUEST, f"The body did not arrive within {BODY_S_MAX:g} s.")
    except (ConnectionError, web.RequestPayloadError):
        return Flaw(HqProblem.BAD_REQUEST, "The body did not arrive whole.")
    except msgspec.ValidationError as fault:
        return Flaw(HqProblem.BAD_REQUEST, f"{_DIGITS.sub('…', str(fault))}.")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Flaw(HqProblem.BAD_REQUEST, "The body is not JSON in UTF-8.")


def _response(reply: object, route: Route, problems: Problems) -> web.StreamResponse:
    match reply:
        case web.StreamResponse():
            return reply
        case Flaw(problem, detail, values):
            return problems.response(problem, detail, values=values)
        case HqProblem() | NotEnrolled() | NotFunded() | NotKept() | MediumFlaw():
            return problems.response(reply)
        case _:
            return web.Response(body=msgspec.json.encode(reply), status=route.status, content_type="application/json")


def _faults_as_problems(problems: Problems) -> Middleware:
    """Whatever goes wrong inside is said as a problem."""

    @web.middleware
    async def catch(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as fault:
            headers = {name: value for name, value in fault.headers.items() if name == hdrs.ALLOW}
            return problems.response(FAULTS.get(type(fault), HqProblem.BAD_REQUEST), headers=headers)
        except Exception as fault:  # noqa: BLE001 - the last one who can tell the client something
            return problems.response(_diagnose(request, fault))

    return catch


def _diagnose(request: web.Request, fault: Exception) -> Code:
    resource = request.match_info.route.resource
    route = resource.canonical if resource else None
    if isinstance(fault, DiskFull):
        log.error("disk full", method=request.method, route=route)
        return HqProblem.DISK_FULL
    if isinstance(fault, ConnectionError):  # while a file was on its way to whoever has gone
        log.info("caller has gone", method=request.method, route=route)
        return HqProblem.INTERNAL
    log.error("request failed", method=request.method, route=route, exc_info=fault)
    return HqProblem.INTERNAL


async def _say_that_nobody_keeps_it(_request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer: kept nowhere, taken for nothing else."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
