"""Routes that serve the cashier's page and the customer's; both are clients of the till's API and of nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from importlib import resources
from pathlib import Path

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.Response]]

CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
DIGEST_CHARACTERS = 16
PAGES = {"index.html": "/", "customer.html": "/customer"}
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NEVER_KEPT = "no-store"
KEPT_FOR_GOOD = "public, max-age=31536000, immutable"


def add_pages(app: web.Application) -> None:
    """Serve the pages, and their parts at `/page/…`. The files are read once, here: no request names a path."""
    static = resources.files(__package__).joinpath("static")
    for path, handler in routes_of({file.name: file.read_bytes() for file in static.iterdir()}).items():
        app.router.add_get(path, handler)


def routes_of(files: Mapping[str, bytes]) -> dict[str, Handler]:
    """Who serves what: a page at its own address, its parts at `/page/DIGEST/…`.

    A browser keeps the parts, which spares an old machine most of an opening, and asks for the page each time. A till
    that was updated has another digest, so no page ever meets half of an older one.
    """
    types = {name: CONTENT_TYPES[ending] for name in files if (ending := Path(name).suffix) in CONTENT_TYPES}
    folder = f"/page/{_digest(files)}/"
    return {PAGES.get(name, folder + name): _serves(files[name], kind, folder) for name, kind in types.items()}


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name} {len(files[name])}\n".encode() + files[name])
    return whole.hexdigest()[:DIGEST_CHARACTERS]


def _serves(body: bytes, content_type: str, folder: str) -> Handler:
    """A page names its parts as lying in `/page/`, and is told in which folder there; parts name each other."""
    is_page = content_type == "text/html"
    body = body.replace(b'"/page/', f'"{folder}'.encode()) if is_page else body
    headers = HEADERS | {"Cache-Control": NEVER_KEPT if is_page else KEPT_FOR_GOOD}

    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return serve
