"""Store 07 on its LAN: a lead and another till, each in the test's own process with an HQ of its own to speak to.

HQ names the lead by a directive to each. The cable between the two may be cut, or hold back what it is given.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hardware_mocks.cable import Cable
from hardware_mocks.loopback import LOOPBACK, free_port
from ledger.ids import ChainId
from protocol.bodies import Lead, Neighbour, Roster, Witness
from terminal.asking import Identity
from terminal.config import LanSettings
from tests.chains.till import IDENTITY, KEY
from tests.terminal.draws import proved
from tests.terminal.stand_in_hq import StandInHq
from tests.terminal.till_on_line import LOOK_AGAIN_S, SOON_S, TillOnLine, Ways, opened_till, soon

LEAD_KEY = Ed25519PrivateKey.from_private_bytes(bytes([41]) * 32)
LEAD = Identity("07", "1", LEAD_KEY.public_key().public_bytes_raw(), "0.1.0")
TILLS = tuple(Neighbour(one.place, one.epoch, one.public_key) for one in (LEAD, IDENTITY))
STEADY = Ways()


@dataclass
class Lan:
    """The lead and the other till, whose lines to their HQs and to each other are up."""

    lead: TillOnLine
    till: TillOnLine
    cable: Cable
    to_witness: Cable
    lead_url: str
    witness_url: str
    has_witness: bool = False
    """Whether the lead copies its chain to the other till."""

    async def name_lead(self, lead: Identity | None = LEAD, tills: tuple[Neighbour, ...] = TILLS) -> None:
        """HQ tells both, and both have heard it."""
        witness = Witness(IDENTITY.place, self.to_witness.url) if self.has_witness else None
        roster = Roster(None if lead is None else Lead(lead.place, self.cable.url), tills, witness)
        for till in (self.lead, self.till):
            await till.hq.give(roster)
            await till.all_arrived()

    async def until_up(self) -> None:
        await soon(lambda: self.till.till.lead_drawing.line.answers_draws)

    async def until_down(self) -> None:
        await soon(lambda: not self.till.till.lead_drawing.line.answers_draws)

    def waits(self, timeout_s: float) -> None:
        """From now on a sale waits so long for the lead."""
        self.till.till.lead_drawing._timeout_s = timeout_s

    async def has(self) -> tuple[int, int]:
        """What Alice has with the lead, and with the other till."""
        return await self.lead.has(), await self.till.has()

    async def copies(self, by: TillOnLine | None = None, of: TillOnLine | None = None) -> int:
        """How many records of the other till's the lead holds, if nobody else is named."""
        chain = ChainId((of or self.till).book.identity.place, 1)
        return (await (by or self.lead).store.do(lambda store: store.lending.acknowledgement(chain, 1))).held

    async def until_copied(self, by: TillOnLine | None = None, of: TillOnLine | None = None) -> None:
        """The lead holds the other till's chain as it is now, if nobody else is named."""
        head = len(await (of or self.till).chain())
        async with asyncio.timeout(SOON_S):
            while await self.copies(by, of) < head:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(LOOK_AGAIN_S)


@asynccontextmanager
async def lan(folder: Path, ways: Ways = STEADY, *, has_witness: bool = False) -> AsyncIterator[Lan]:
    """Both tills, with their lines up; in the end both books are right."""
    ports = free_port(), free_port()
    here = [LanSettings(LOOPBACK, port) for port in ports]
    urls = [f"http://{LOOPBACK}:{port}" for port in ports]
    at_lead = replace(STEADY, identity=LEAD, key=LEAD_KEY, lan=here[0])
    at_till = replace(ways, identity=IDENTITY, key=KEY, lan=here[1])
    with Cable() as cable, Cable() as to_witness:
        cable.lead_to(urls[0])
        to_witness.lead_to(urls[1])
        async with (
            hq_of(LEAD) as hq_of_lead,
            hq_of(IDENTITY) as hq_of_till,
            opened_till(_made(folder / "lead"), hq_of_lead, at_lead) as lead,
            opened_till(_made(folder / "till"), hq_of_till, at_till) as till,
        ):
            shop = Lan(lead, till, cable, to_witness, urls[0], urls[1], has_witness)
            await shop.name_lead()
            await shop.until_up()
            yield shop
            await proved(lead)
            await proved(till)


@asynccontextmanager
async def hq_of(identity: Identity) -> AsyncIterator[StandInHq]:
    hq = await StandInHq(identity.place, identity.epoch, identity.public_key).open()
    try:
        yield hq
    finally:
        await hq.close()


@contextmanager
def slow_disk(till: TillOnLine) -> Iterator[None]:
    """Until the end of it, whatever this till's book is asked for has to wait."""
    goes_on = threading.Event()
    till.store._thread.submit(goes_on.wait)
    try:
        yield
    finally:
        goes_on.set()


async def nobody_asks() -> None:
    """No draw is under way at any upper end."""
    await soon(lambda: not any("Questions._answer" in repr(task.get_coro()) for task in asyncio.all_tasks()))


@contextmanager
def slow_commit(till: TillOnLine) -> Iterator[threading.Event]:
    """Until the end of it, the next record that this till signs is not on its disk; the event: it has been signed."""
    signed, goes_on = threading.Event(), threading.Event()

    def append() -> None:
        till._wake()
        signed.set()
        goes_on.wait()

    till.book.when_appended(append)
    try:
        yield signed
    finally:
        till.book.when_appended(till._wake)
        goes_on.set()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
