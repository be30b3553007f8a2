"""Members whom a till knows by name: from before it was cut off, or because HQ is on the line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hardware_mocks.demo_store import DemoStore
from ledger.cards import Card
from ledger.ids import Place
from ledger.journal_sqlite import open_book, transaction
from offline_queue.keys import till_key
from protocol.members import Member, Share
from terminal.hq_file import HqFile, write_hq_file
from terminal.members import Members
from terminal.store import SCHEMAS
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.stand_in_members import PeopleAtHq, member_of
from tests.web.counter import Counter, open_counter
from tests.web.window import Window

TILL = Place("07-1")
FAMILY, ALONE = "0912345678", "13812345678"
"""Cards 1 to 3 have the first number, card 4 the second."""
NAMES = {1: "王○明", 2: "陳○○", 3: "J*** L***", 4: "欧阳*"}
TAIPEI = ZoneInfo("Asia/Taipei")
SHARES = (Share(Place("hq"), 300_00, 0, 120), Share(Place("09-1"), 150_00, 50_00, 0), Share(TILL, 1, 0, 0))


def card(store: DemoStore, which: int) -> Card:
    return store.scheme().card(store.card(which))


def line(store: DemoStore, which: int) -> Member:
    """A member's line of the directory."""
    return member_of(store.scheme(), card(store, which), NAMES[which], ALONE if which == 4 else FAMILY)


def today() -> int:
    """The first minutes of this day in Taipei, in ms."""
    return round(datetime.now(UTC).astimezone(TAIPEI).replace(hour=0, minute=0).timestamp() * 1000)


def remember(store: DemoStore) -> None:
    """HQ has said all this today, and the till was never on a line since."""
    store.settings()
    connection = open_book(store.data() / "till.db", *SCHEMAS)
    members = Members(connection, TILL)
    with transaction(connection):
        members.learn(line(store, which) for which in NAMES)
        members.remember(card(store, 1).account, SHARES, today())
    connection.close()


@asynccontextmanager
async def open_counter_with_hq(folder: Path, window: Window) -> AsyncIterator[tuple[Counter, StandInHq, PeopleAtHq]]:
    """A counter whose till was enrolled at a stand-in for HQ, which knows the members."""
    store = DemoStore(folder)
    store.settings()
    key = till_key(store.data())
    hq = await StandInHq(TILL, 1, key.public_key().public_bytes_raw()).open()
    people = PeopleAtHq(hq, today())
    for which in NAMES:
        people.know(line(store, which))
    write_hq_file(store.data(), HqFile(hq.url, hq.public_key, 1))
    try:
        async with open_counter(folder, window) as counter:
            await counter.has_tone("hq", "good")
            yield counter, hq, people
    finally:
        await hq.close()
