"""What the till serves, and under which headers."""

import re
from pathlib import Path

import aiohttp
import pytest

from terminal.web import pages

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATIC = Path(pages.__file__).parent / "static"


async def fetch(url: str) -> tuple[int, str, aiohttp.typedefs.LooseHeaders]:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize(("path", "file"), [("/", "index.html"), ("/customer", "customer.html")])
async def test_a_page_may_load_nothing_and_ask_nobody_but_its_till(pages_url: str, path: str, file: str) -> None:
    status, text, headers = await fetch(pages_url + path)
    assert (status, text) == (200, (STATIC / file).read_text("utf-8"))
    assert isinstance(headers, dict)
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", sorted(path.name for path in STATIC.iterdir() if path.suffix != ".html"))
async def test_every_part_is_served_as_what_it_is(pages_url: str, name: str) -> None:
    status, text, headers = await fetch(f"{pages_url}/page/{name}")
    assert isinstance(headers, dict)
    assert (status, text) == (200, (STATIC / name).read_text("utf-8"))
    assert headers["Content-Type"].partition(";")[0] == pages.CONTENT_TYPES[Path(name).suffix]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/page/", "/page/../pages.py", "/page/%2e%2e/pages.py", "/page/index.html", "/page/customer.html"]
)
async def test_nothing_else_is_served(pages_url: str, path: str) -> None:
    status, _, _ = await fetch(pages_url + path)
    assert status == 404


async def test_no_part_names_another_machine() -> None:
    """The one address is a name in XML, which nobody asks."""
    for path in STATIC.iterdir():
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text("utf-8")))
        assert found <= {"http://www.w3.org"}, path.name


async def test_text_goes_in_as_text() -> None:
    as_markup = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(")
    assert not [path.name for path in STATIC.glob("*.js") if as_markup.search(path.read_text("utf-8"))]
