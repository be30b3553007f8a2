"""Serves the bench's page on 127.0.0.1. Its POSTs can kill programs, so they come from this very page or not at all."""

from __future__ import annotations

import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from hardware_mocks.bench import Bench
from hardware_mocks.bench_commands import obey
from hardware_mocks.bench_lines import LINE_BYTES_MAX
from hardware_mocks.bench_page.sight import sight
from hardware_mocks.bench_ports import Ports
from hardware_mocks.loopback import IS_WINDOWS, LOOPBACK

PORT = 8390
REQUEST_S_MAX = 5.0
REQUESTS_MAX = 32
BODY_BYTES_MAX = 4 * LINE_BYTES_MAX
JSON = "application/json"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
SLIP = re.compile(r"/slips/([0-9A-Za-z-]+)/([0-9]{4,9}\.(?:png|txt))")


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the page wants done: a line as it can be typed."""

    line: str


class Reply(NamedTuple):
    """What goes back."""

    status: HTTPStatus
    body: bytes
    content_type: str = JSON


NOT_FOUND = Reply(HTTPStatus.NOT_FOUND, b"{}")
NOT_OURS = Reply(HTTPStatus.FORBIDDEN, b"{}")
NOT_UNDERSTOOD = Reply(HTTPStatus.BAD_REQUEST, b"{}")


class BenchPage:
    """The page of a bench, from `with` to its end, at `url`. A line it sends is done in the server's thread."""

    def __init__(self, bench: Bench, ports: Ports) -> None:
        self.bench = bench
        self._server = _Server((LOOPBACK, ports.take(PORT)), self)
        host = f"{LOOPBACK}:{self._server.server_port}"
        self.url = f"http://{host}"
        self.hosts = frozenset((host, f"localhost:{self._server.server_port}"))
        self._files = _files()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="bench page", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def get(self, path: str) -> Reply:
        """A file of the page, a slip, or what is up."""
        if path == "/v1/bench":
            return Reply(HTTPStatus.OK, msgspec.json.encode(sight(self.bench)))
        slip = SLIP.fullmatch(path)
        return self._files.get(path, NOT_FOUND) if slip is None else self._slip(*slip.groups())

    def post(self, path: str, body: bytes) -> Reply:
        """A line to do."""
        if path != "/v1/lines":
            return NOT_FOUND
        try:
            line = msgspec.json.decode(body, type=Said).line
        except (msgspec.DecodeError, UnicodeDecodeError):
            return NOT_UNDERSTOOD
        return Reply(HTTPStatus.OK, msgspec.json.encode({"said": obey(self.bench, line[:LINE_BYTES_MAX])}))

    def _slip(self, place: str, name: str) -> Reply:
        till = self.bench.tills.get(place)
        file = None if till is None else till.album.folder / name
        if file is None or not file.is_file():
            return NOT_FOUND
        return Reply(HTTPStatus.OK, file.read_bytes(), CONTENT_TYPES[file.suffix])


class _Server(ThreadingHTTPServer):
    """No thread outlives the program; whoever comes when REQUESTS_MAX are under way is hung up on."""

    allow_reuse_address = not IS_WINDOWS  # there it would let us have a port that somebody listens on
    daemon_threads = True

    def __init__(self, address: tuple[str, int], page: BenchPage) -> None:
        self.page = page
        self._free = threading.Semaphore(REQUESTS_MAX)
        super().__init__(address, _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        """In a thread of its own, if there is one left."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type] # passed on as it came
        else:
            self.shutdown_request(request)  # type: ignore[arg-type] # passed on as it came

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Serve it, and let the next one in."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type] # passed on as it came
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that went away is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_S_MAX
    server_version = "counterfoil-bench"
    sys_version = ""

    def do_GET(self) -> None:
        self._reply(self.server.page.get(self.path) if self._names_us() else NOT_OURS)

    def do_POST(self) -> None:
        self._reply(self._post() if self._names_us() and self._is_from_our_page() else NOT_OURS)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's name
        """Nothing: the page asks all the time."""

    def _post(self) -> Reply:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < len(str(BODY_BYTES_MAX)) + 1):
            return NOT_UNDERSTOOD
        if int(length) > BODY_BYTES_MAX or self.headers.get_content_type() != JSON:
            return NOT_UNDERSTOOD
        return self.server.page.post(self.path, self.rfile.read(int(length)))

    def _names_us(self) -> bool:
        """Another name for this address would be a page from elsewhere that had its name moved here."""
        hosts = self.headers.get_all("Host", [])
        return len(hosts) == 1 and hosts[0] in self.server.page.hosts

    def _is_from_our_page(self) -> bool:
        """A browser says with each POST which page it comes from."""
        return self.headers.get_all("Origin", []) == [f"http://{self.headers['Host']}"]

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {**HEADERS, "Content-Type": reply.content_type}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)


def _files() -> dict[str, Reply]:
    """The page at `/` and its parts at `/page/…`, read once: no request names a file of the disk but a slip."""
    replies = {}
    for file in resources.files(__package__).joinpath("static").iterdir():
        _, dot, ending = file.name.rpartition(".")
        if dot + ending in CONTENT_TYPES:
            path = "/" if file.name == "index.html" else f"/page/{file.name}"
            replies[path] = Reply(HTTPStatus.OK, file.read_bytes(), CONTENT_TYPES[dot + ending])
    return replies
