"""What the till serves, and under which headers."""

import re
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Route

from terminal.web import pages
from tests.web.counter import Counter

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATIC = Path(pages.__file__).parent / "static"


async def fetch(url: str) -> tuple[int, str, aiohttp.typedefs.LooseHeaders]:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize(("path", "file"), [("/", "index.html"), ("/customer", "customer.html")])
async def test_a_page_may_load_nothing_and_ask_nobody_but_its_till(
    pages_url: str, parts_url: str, path: str, file: str
) -> None:
    status, text, headers = await fetch(pages_url + path)
    folder = parts_url.removeprefix(pages_url)
    assert (status, text) == (200, (STATIC / file).read_text("utf-8").replace('"/page', f'"{folder}'))
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
async def test_every_part_is_served_as_what_it_is_and_may_be_kept(parts_url: str, name: str) -> None:
    status, text, headers = await fetch(f"{parts_url}/{name}")
    assert isinstance(headers, dict)
    assert (status, text) == (200, (STATIC / name).read_text("utf-8"))
    assert headers["Content-Type"].partition(";")[0] == pages.CONTENT_TYPES[Path(name).suffix]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/../pages.py",
        "/%2e%2e/pages.py",
        "/index.html",
        "/customer.html",
        "/../main.js",
        "/../0123456789abcdef/main.js",
    ],
)
async def test_nothing_else_is_served(parts_url: str, path: str) -> None:
    status, _, _ = await fetch(parts_url + path)
    assert status == 404


@pytest.mark.parametrize("name", ["index.html", "main.js", "page.css", "good.svg"])
async def test_whatever_of_a_page_is_another_all_its_parts_have_another_address(name: str) -> None:
    """No browser that keeps parts, and no till that was updated, ever makes one page of two versions."""
    files = {path.name: path.read_bytes() for path in STATIC.iterdir()}
    before, after = (pages.routes_of({**files, name: body}).keys() for body in (files[name], files[name][::-1]))
    assert before == pages.routes_of(files).keys()
    assert before & after == {"/", "/customer"}
    assert len(before) == len(after) == len(files)


async def test_the_page_of_a_till_that_was_updated_is_loaded_anew_and_goes_on_with_what_it_kept(
    counter: Counter,
) -> None:
    async def ask_for_another_version(route: Route) -> None:
        await route.continue_(url=re.sub("/page/[0-9a-f]+/", "/page/0123456789abcdef/", route.request.url))

    await counter.swipe()
    await counter.press("129")
    await counter.meet_once("**/page/*/events.js", ask_for_another_version)
    async with counter.page.expect_event("load"):
        await counter.page.evaluate("hang_up()")
    await counter.shows("amount")
    await counter.reads("typed", "129")


async def test_no_part_names_one_by_its_place_in_the_folder_of_a_version() -> None:
    """Parts name each other as their neighbours: only a page is told the folder."""
    for path in STATIC.iterdir():
        assert path.suffix == ".html" or "/page" not in path.read_text("utf-8"), path.name


async def test_no_part_names_another_machine() -> None:
    """The one address is a name in XML, which nobody asks."""
    for path in STATIC.iterdir():
        found = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text("utf-8")))
        assert found <= {"http://www.w3.org"}, path.name


async def test_text_goes_in_as_text() -> None:
    as_markup = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(")
    assert not [path.name for path in STATIC.glob("*.js") if as_markup.search(path.read_text("utf-8"))]
