"""Who may ask: this machine's own pages and programs. What fails is a problem, and is logged once."""

from __future__ import annotations

import re
import traceback
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import structlog
from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from multidict import CIMultiDictProxy

from terminal.answers import Problem
from terminal.api.problems import Problems
from terminal.api.reading import BODY_BYTES_MAX
from terminal.store_thread import DiskFull

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

JSON, FILE = "application/json", "application/octet-stream"
"""What a POST may be. No form of a web page can send either of them."""
HTTP_PORT = 80
"""A client leaves the scheme's own port out of Host and Origin (RFC 9110, 7.2)."""

FAULTS: dict[type[web.HTTPException], Problem] = {
    web.HTTPNotFound: Problem.NOT_FOUND,
    web.HTTPMethodNotAllowed: Problem.METHOD_NOT_ALLOWED,
    web.HTTPRequestEntityTooLarge: Problem.TOO_LARGE,
}

log = structlog.get_logger()


def refusal(
    method: str, headers: CIMultiDictProxy[str], hosts: Collection[str], media_type: str = JSON
) -> Problem | None:
    """Why a request is not taken at the door; None when it may come in.

    The name that was asked for must be ours (DNS rebinding), no page of another origin may ask (cross-site requests),
    and a POST must be what no HTML form can send.
    """
    named = headers.getall(hdrs.HOST, [])
    if len(named) != 1 or named[0].lower() not in hosts:
        return Problem.FOREIGN_HOST
    origins = {f"http://{host}" for host in hosts}
    if not origins.issuperset(headers.getall(hdrs.ORIGIN, [])) or _comes_from_another_site(method, headers):
        return Problem.FOREIGN_ORIGIN
    if method == hdrs.METH_POST and not _is_plain(media_type, headers):
        return Problem.UNSUPPORTED_MEDIA_TYPE
    return None


def _is_plain(media_type: str, headers: CIMultiDictProxy[str]) -> bool:
    """Of this type, and not compressed: a small body can't grow."""
    said = headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
    return said == media_type and hdrs.CONTENT_ENCODING not in headers


def _comes_from_another_site(method: str, headers: CIMultiDictProxy[str]) -> bool:
    """What the browser says of who asks (W3C Fetch Metadata). A link to the till's page from elsewhere is let be."""
    if headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}:
        return False
    follows_a_link = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    return not (follows_a_link and method == hdrs.METH_GET)


def only_own_pages(problems: Problems, names: Collection[str], files: Collection[str]) -> Middleware:
    """Turn away what `refusal` names, before any body is read. `names` are the till's own, without a port.

    What is sent to the routes `files` is a file; whoever reads it bounds it.
    """

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        is_file = request.path in files
        problem = refusal(request.method, request.headers, _hosts(request, names), FILE if is_file else JSON)
        if problem is None and not is_file and (request.content_length or 0) > BODY_BYTES_MAX:
            problem = Problem.TOO_LARGE
        return await handler(request) if problem is None else problems.response(problem)

    return guard


def _hosts(request: web.Request, names: Collection[str]) -> frozenset[str]:
    """What the Host header may say: our names with the port to which this very connection came."""
    address = request.get_extra_info("sockname")
    port = address[1] if address else 0
    bare = names if port == HTTP_PORT else ()
    return frozenset((*(f"{name}:{port}" for name in names), *bare))


def faults_as_problems(problems: Problems) -> Middleware:
    """Whatever goes wrong inside is said as a problem."""

    @web.middleware
    async def catch(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as fault:
            headers = {name: value for name, value in fault.headers.items() if name == hdrs.ALLOW}
            return problems.response(FAULTS.get(type(fault), Problem.BAD_REQUEST), headers=headers)
        except Exception as fault:  # noqa: BLE001 - the last one who can tell the client something
            return problems.response(_diagnose(request, fault))

    return catch


def _diagnose(request: web.Request, fault: Exception) -> Problem:
    if isinstance(fault, DiskFull):
        log.error("disk full", **_asked(request))
        return Problem.DISK_FULL
    if isinstance(fault, ConnectionError):  # while a file was on its way to whoever has gone
        log.info("caller has gone", **_asked(request))
        return Problem.INTERNAL
    log.error("request failed", **_asked(request), **what_failed(fault))
    return Problem.INTERNAL


def what_failed(fault: BaseException) -> dict[str, Any]:
    """An exception for the log: no local variables, no long runs of digits. They could be a card number."""
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(fault.__traceback__)]
    return {"fault": type(fault).__name__, "message": _DIGITS.sub("****", str(fault)), "where": where}


def _asked(request: web.Request) -> dict[str, Any]:
    """The route and not the address: whatever a client wrote into it stays out of the log."""
    resource = request.match_info.route.resource
    return {"method": request.method, "route": resource.canonical if resource else None}


_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){7,}")


async def say_who_may_read(_request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer: kept nowhere, taken for nothing else, embedded by no other page."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
