"""Routes that serve the cashier's page and the customer's; both are clients of the till's API and of nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import resources

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
PAGES = {"index.html": "/", "customer.html": "/customer"}
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The page comes over loopback: a till that was updated must never meet half of an older page.
    "Cache-Control": "no-store",
}


def add_pages(app: web.Application) -> None:
    """Serve the pages, and their parts at `/page/…`. The files are read once, here: no request names a path."""
    for file in resources.files(__package__).joinpath("static").iterdir():
        stem, dot, ending = file.name.rpartition(".")
        content_type = CONTENT_TYPES.get(dot + ending)
        if stem and content_type is not None:
            path = PAGES.get(file.name, f"/page/{file.name}")
            app.router.add_get(path, _serves(file.read_bytes(), content_type))


def _serves(body: bytes, content_type: str) -> Handler:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=HEADERS)

    return serve
