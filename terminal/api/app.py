"""The local API as an aiohttp application: guards outside, routes inside, problems for whatever is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web

from ledger.cards import CardFault
from offline_queue.http_log import http_logger
from offline_queue.media import MediumFlaw
from receipts.wording import Wording
from terminal.answers import Problem
from terminal.api.event_stream import EventStreams
from terminal.api.guards import Handler, faults_as_problems, only_own_pages, say_who_may_read
from terminal.api.handlers import Door
from terminal.api.openapi import describe
from terminal.api.problems import Problems
from terminal.api.reading import BODY_BYTES_MAX, Flaw, read_body
from terminal.api.routes import ROUTES, Route
from terminal.media import Media, NotBelieved
from terminal.till import Till

UNDER_WAY_MAX = 128
"""Requests of one route that wait for the till, or streams that are open. Whoever comes then is told to come again."""
SHUTDOWN_TIMEOUT_S = 2.0
LINGERING_S = 2.0
"""How long the rest of a body that was refused is still taken, so that its sender gets to read why."""


def make_app(till: Till, wording: Wording, *, own_hosts: Sequence[str], media: Media | None = None) -> web.Application:
    """The API of this till. `own_hosts` are the names it answers to, without a port: 127.0.0.1, localhost.

    `media` is None before it is enrolled.
    """
    problems = Problems(wording)
    streams = EventStreams(till.events)
    files = {route.path for route in ROUTES if route.takes_file}
    app = web.Application(
        middlewares=[faults_as_problems(problems), only_own_pages(problems, own_hosts, files)],
        client_max_size=BODY_BYTES_MAX,
    )
    app.on_response_prepare.append(say_who_may_read)
    app.on_shutdown.append(streams.close)
    door = Door(till, wording, streams, media)
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route, door, problems))

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(body=describe(ROUTES), content_type="application/json")

    app.router.add_route("GET", "/openapi.json", openapi)
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """What runs the application on a socket. No address that was asked for is logged: it may hold anything."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        logger=http_logger(),
        lingering_time=LINGERING_S,
        shutdown_timeout=SHUTDOWN_TIMEOUT_S,
    )


def _handler(route: Route, door: Door, problems: Problems) -> Handler:
    decoder = None if route.body is None else msgspec.json.Decoder(route.body)
    turns = asyncio.Semaphore(UNDER_WAY_MAX)

    async def ask(request: web.Request) -> object:
        if decoder is None:
            return await route.handler(door, request)
        body = await read_body(request, decoder)
        return body if isinstance(body, Flaw) else await route.handler(door, request, body)

    async def handle(request: web.Request) -> web.StreamResponse:
        if turns.locked():
            return problems.response(Problem.BUSY)
        async with turns:
            return _response(await ask(request), route.status, problems)

    return handle


def _response(reply: object, status: HTTPStatus, problems: Problems) -> web.StreamResponse:
    match reply:
        case web.StreamResponse():
            return reply
        case Flaw(problem, detail):
            return problems.response(problem, detail)
        case Problem() | CardFault() | MediumFlaw() | NotBelieved():
            return problems.response(reply)
        case None:
            return web.Response(status=status)
        case _:
            return web.Response(body=msgspec.json.encode(reply), status=status, content_type="application/json")
