"""What HQ serves to a browser, under which headers, and that every word of it is a row of the wording table."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from hq_server.api import book_handlers
from hq_server.conservation import Unexplained
from hq_server.day_totals import Stand
from hq_server.posting import Doubt
from hq_server.recovery import Cause
from hq_server.storage.keepers import FORKED, REVOKED
from hq_server.views import Stands
from hq_server.web import pages
from ledger.judging import Refusal
from ledger.slices import Purse
from ledger.transactions import TransactionKind
from loyalty.promotions import Limit
from protocol.records import RecordKind
from receipts.wording import Language, Wording
from terminal.clock_book import Word
from terminal.clock_guard import ClockDoubt
from tests.web.test_words import Shown, human, literals

pytestmark = pytest.mark.asyncio(loop_scope="session")

STATIC = Path(pages.__file__).parent / "static"
PAGE = (STATIC / "index.html").read_text("utf-8")
SCRIPTS = {path.name: path.read_text("utf-8") for path in sorted(STATIC.glob("*.js"))}
WORDS = {key.removeprefix("hq_page."): row for key, row in Wording.load().texts.items() if key.startswith("hq_page.")}
SPEAKERS = {"parts.js", "wording.js"}
"""They say whatever row they are given, and would seem to name them all."""
CLASSES_AND_SELECTORS = {"verdict sign", "note sign", "#sign_in input"}
OF_THEIR_KIND = [
    "asked",
    "clock",
    "day_closed",
    "declined",
    "given",
    "netted",
    "opened",
    "print",
    "right_given",
    "right_passed",
    "right_taken",
    "taken",
    "told",
    "warrant",
]
OF_HQS_OWN = ["new_epoch", "readopted", "reclaimed", "recovered", "written_off", "funded"]
CODES = {
    "what": [
        *TransactionKind,
        "enrol",
        "revoke",
        "transfer",
        "recall",
        "block",
        "unblock",
        "run_as",
        "roster",
        "relay",
        "give_right",
        "entrust",
        *OF_THEIR_KIND,
        *OF_HQS_OWN,
    ],
    "cause": [*Cause],
    "kind": [*RecordKind],
    "reason": [*Doubt, *(refusal.name.lower() for refusal in Refusal)],
    "stand": [stand for stand in Stand if stand is not Stand.DIFFERS],  # that one is said with its amount
    "stands": ["posted", "held", "waits", "set_aside"],
    "why": [*ClockDoubt, *(f"trusted_by_{word}" for word in Word)],
    "doubt": [*Unexplained],
    "fence": [REVOKED, FORKED],
    "promise": [*Stands],
    "purse": [*Purse],
    "promotions.limited_by": [*Limit],
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def url() -> AsyncIterator[str]:
    """The pages' files alone, without an HQ."""
    app = web.Application()
    pages.add_pages(app)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address: Any = runner.addresses[0]
    yield f"http://127.0.0.1:{address[1]}"
    await runner.cleanup()


async def test_the_pages_may_load_nothing_and_ask_nobody_but_their_hq(url: str) -> None:
    async with aiohttp.ClientSession() as client, client.get(url + "/") as answer:
        assert (answer.status, await answer.text()) == (200, PAGE)
        policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert {policy[name] for name in ("script-src", "style-src", "connect-src")} == {"'self'"}
        assert {policy[name] for name in ("form-action", "frame-ancestors", "base-uri")} == {"'none'"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_every_part_is_served_as_what_it_is_and_nothing_else_is(url: str) -> None:
    async with aiohttp.ClientSession() as client:
        for path in STATIC.iterdir():
            if path.name != "index.html":
                async with client.get(f"{url}/page/{path.name}") as answer:
                    assert (answer.status, await answer.text()) == (200, path.read_text("utf-8"))
                    assert answer.content_type == pages.CONTENT_TYPES[path.suffix]
        for stray in ("/page/", "/page/../pages.py", "/page/%2e%2e/pages.py", "/page/index.html"):
            async with client.get(url + stray) as answer:
                assert answer.status == 404


async def test_no_part_names_another_machine_or_writes_markup() -> None:
    as_markup = re.compile(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(")
    for path in STATIC.iterdir():
        text = path.read_text("utf-8")
        assert set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)) <= {"http://www.w3.org"}, path.name
        assert not as_markup.search(text), path.name


async def test_no_word_stands_in_the_html_or_in_a_script() -> None:
    assert not [word for word in Shown(PAGE).words if not re.fullmatch(r"[1-8]", word)]
    assert {text for script in SCRIPTS.values() for text in human(script)} <= CLASSES_AND_SELECTORS


def named() -> set[str]:
    """Rows that the pages name, whole or by a part that comes from HQ."""
    names = {key.removeprefix("hq_page.") for key in Shown(PAGE).keys}
    for text in (text for name, script in SCRIPTS.items() if name not in SPEAKERS for text in literals(script)):
        pattern = "".join(
            "[a-z_]+" if part.startswith("${") else re.escape(part) for part in re.split(r"(\$\{[^}]*\})", text)
        )
        fits = re.compile(pattern.removeprefix("hq_page\\.")).fullmatch
        names |= {key for key in WORDS if fits(key)}
    return names | {f"{prefix}.{code}" for prefix, codes in CODES.items() for code in codes}


async def test_every_row_that_the_pages_name_is_there_and_every_row_is_used() -> None:
    said = {
        text for script in SCRIPTS.values() for text in re.findall(r'\b(?:say|head: voice\.say)\("([a-z_.]+)"', script)
    }
    assert len(said) > 60
    assert said | named() <= set(WORDS)
    assert not {key for key in WORDS if not key.startswith("why.")} - named()


async def test_every_row_says_it_in_three_languages_and_names_the_same_things_in_each() -> None:
    for key, texts in WORDS.items():
        assert all(texts[language].strip() for language in Language), key
        assert len({frozenset(re.findall(r"\{\w+\}", texts[language])) for language in Language}) == 1, key


async def test_a_page_gets_its_words_and_no_others() -> None:
    assert set(book_handlers.WORDS) == {"currency.", "hq_page.", "hq_problem.", "medium.", "mode."}
