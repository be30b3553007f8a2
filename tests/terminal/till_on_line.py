"""A till in the test's own process that sells, and its uplink to the stand-in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from checkout.requests import Tender
from checkout.sold import PaidWith
from drivers.events import Tracks
from ledger.ids import AccountId
from ledger.journal_sqlite import transaction
from loyalty.programme import Programme
from offline_queue.doubts import Hearer
from offline_queue.forwarding import Patience
from offline_queue.link import Link
from offline_queue.login import Caller
from offline_queue.marker_file import MarkerFile
from protocol.bodies import Applied, PrintBody
from protocol.records import Record, RecordKind, SignedRecord
from protocol.signing import public_key
from receipts.wording import Language
from terminal.answers import Answer, HqStatus, Outcome, Presentation, Problem, Status
from terminal.asking import Identity
from terminal.bodies import ChargeBody, ItemBody, LoadBody, PaidBody, SaleBody
from terminal.config import LanSettings
from terminal.events import Event
from terminal.exchanges import ExchangeRules, Exchanges
from terminal.hq_above import HqAbove
from terminal.lead_host import OwnBook
from terminal.lines import NetLines
from terminal.media import Media
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.store_lead import StoreLead
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.uplink import Uplink
from terminal.world import World
from tests.chains.company import ALICE, PROGRAMME, SCHEME, number
from tests.chains.till import IDENTITY, KEY
from tests.terminal.stand_in_hq import StandInHq

PATIENT = Patience(least_s=0.02, most_s=0.1, halt_s=0.5)
"""It comes back soon, and gives no line up on which HQ is slow: a busy machine is no fault."""
SOON_S = 20.0
AT_ONCE_S = 10.0
"""Of what waits for nobody: far less than SOON_S, which is how long a till would wait for HQ."""
LOOK_AGAIN_S = 0.002


async def soon(condition: Callable[[], object], *, within_s: float = SOON_S) -> None:
    """Until the condition holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a test looks from outside: nobody tells it
            await asyncio.sleep(LOOK_AGAIN_S)


@dataclass(frozen=True, slots=True)
class Ways:
    """How a till is set up, and how patient its line is."""

    mode: str = "transfer"
    draw_timeout_s: float = SOON_S
    patience: Patience = PATIENT
    heartbeat_s: float = 60.0
    """Whoever does not hear a pong within half of it loses the line."""
    programme: Programme = PROGRAMME
    exchange: ExchangeRules | None = None
    identity: Identity = IDENTITY
    key: Ed25519PrivateKey = KEY
    lan: LanSettings | None = None
    """Where it listens for its store's other tills, when it is their lead."""


class TillOnLine:
    """One till. `start()` and `stop()` are its program's; the book in its folder stays."""

    def __init__(self, folder: Path, hq: StandInHq, ways: Ways) -> None:
        self._folder, self.hq, self._ways = folder, hq, ways
        self._tasks: list[asyncio.Task[None]] = []
        self.events: list[Event] = []

    async def start(self) -> Self:
        world, me, sign = World(), self._ways.identity, self._ways.key.sign
        marker = MarkerFile(self._folder / "till.head")
        self.book = TillStore.open(self._folder / "till.db", me, sign, self._ways.programme, marker=marker)
        self.store = StoreThread(self.book, after_each=self.book.trust.mark)
        zone = ZoneInfo("Asia/Taipei")
        shop = Shop(me, "Maple", "Main Street", Language.TAIWAN, zone, self._ways.mode, self._ways.draw_timeout_s)
        self.till = Till(shop, SCHEME, self._ways.programme, self.store, world)
        await self.till.begin()
        hq_key = public_key(self.hq.public_key)
        caller = Caller(me.place, me.epoch, sign)
        self.link = Link(self.hq.url, caller, hq_key, heartbeat_s=self._ways.heartbeat_s)
        hearer = Hearer(me.place, me.epoch, hq_key)
        above = HqAbove(self.till, self.store, hearer, world)
        till = self.till
        self.standing = above._standing
        exchanges = Exchanges(self._ways.exchange, lambda: till.mode)
        self.uplink = Uplink(above, self.store, self.link, world, exchanges)
        self.media = Media(till, self.store, above, self.uplink)
        till.exchange, till.reception.hq.say = self.uplink.exchange, self.uplink.say
        self.lead = StoreLead(till, OwnBook(self.store, me, sign), world, self._ways.lan, NetLines(), above)
        self.book.when_appended(self._wake)
        await self.uplink.begin(self._ways.patience)
        jobs = (self._watch(), self.uplink.run(), self.lead.run())
        self._tasks = [asyncio.create_task(job) for job in jobs]
        return self

    def _wake(self) -> None:
        self.uplink.wake()
        self.lead.wake()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.to_thread(self.store.close)

    def check_running(self) -> None:
        """The uplink never ends."""
        for task in self._tasks:
            assert not task.done(), task.result()

    async def key_in(self, serial: int = 417) -> str:
        presentation = await self.till.reception.key_in(number(serial).digits)
        assert isinstance(presentation, Presentation)
        return presentation.presentation

    async def swipe(self, serial: int = 417) -> str:
        presentation = await self.till.reception.swiped(Tracks(None, SCHEME.track2(number(serial))))
        assert isinstance(presentation, Presentation)
        return presentation.presentation

    async def load(self, amount: int = 500_00, serial: int = 417) -> Answer | Problem:
        body = LoadBody(f"load-{uuid4()}", await self.key_in(serial), amount, Tender.CASH)
        return await self.till.load(body)

    async def sale(
        self, amount: int, operation_id: str = "", serial: int = 417, pos_ref: str | None = None
    ) -> ChargeBody:
        """A card is swiped for a sale, which is not asked for yet."""
        return ChargeBody(operation_id or f"sale-{uuid4()}", await self.swipe(serial), amount, "C01", pos_ref)

    async def pay(self, amount: int, operation_id: str = "", serial: int = 417) -> Answer:
        answer = await self.till.charge(await self.sale(amount, operation_id, serial))
        assert isinstance(answer, Answer), answer
        return answer

    async def buy(self, paid: dict[PaidWith, int], operation_id: str = "", serial: int = 417) -> Answer | Problem:
        """A swiped card pays the price of one article, part by part."""
        parts = tuple(PaidBody(tender, units) for tender, units in paid.items())
        items = (ItemBody("tea", sum(paid.values())),)
        return await self.till.sell(SaleBody(operation_id or f"sale-{uuid4()}", await self.swipe(serial), items, parts))

    async def has(self, account: str = ALICE.account) -> int:
        """What a member has here."""
        slices = await self.store.do(TillStore.slices, AccountId(account))
        return sum(one.units for one in slices)

    async def charge(self, amount: int = 1_00) -> Answer | Problem:
        return await self.till.charge(ChargeBody(f"sale-{uuid4()}", await self.key_in(), amount))

    async def sell(self, times: int = 1) -> None:
        """So many loads, each a record."""
        for _ in range(times):
            answer = await self.load()
            assert isinstance(answer, Answer), answer
            assert answer.outcome is Outcome.DONE

    async def grow(self, times: int) -> None:
        """So many small records, in one commit."""
        moment = self.till.moment()

        def write(store: TillStore) -> None:
            with transaction(store._connection):
                for run in range(times):
                    body = PrintBody(f"{self._ways.identity.place}-000001", run + 1, "started")
                    store.append(store.head(), RecordKind.PRINT, body, moment)

        await self.store.do(write)

    async def chain(self) -> list[SignedRecord]:
        return await self.store.do(lambda store: list(store.records()))

    async def records(self, kind: RecordKind) -> list[Record]:
        return [record for record in (signed.open() for signed in await self.chain()) if record.kind is kind]

    async def applied(self) -> list[SignedRecord]:
        """The directives that the chain says were carried out."""
        return [record.body_as(Applied).directive for record in await self.records(RecordKind.APPLIED)]

    async def status(self) -> HqStatus:
        return (await self.till.status()).hq

    @property
    def hq_status(self) -> HqStatus:
        return self.till.hq

    async def all_arrived(self) -> None:
        """HQ has the chain as it is now, byte for byte, and the till knows it."""
        async with asyncio.timeout(SOON_S):
            while self.hq.held != await self.chain():  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(LOOK_AGAIN_S)
        await soon(lambda: self.hq_status.waiting == 0)

    async def stopped(self, why: str | None) -> None:
        await soon(lambda: self.hq_status.stopped == why)

    async def state(self, state: str) -> None:
        await soon(lambda: self.hq_status.state == state)

    def told(self) -> list[HqStatus]:
        """What the page was told of HQ, by events."""
        said = [event.data for event in self.events if event.name == "status"]
        return [one.hq for one in said if isinstance(one, Status)]

    async def _watch(self) -> None:
        async for event in self.till.events.subscribe():
            self.events.append(event)


@asynccontextmanager
async def opened_till(folder: Path, hq: StandInHq, ways: Ways | None = None) -> AsyncIterator[TillOnLine]:
    till = await TillOnLine(folder, hq, ways or Ways()).start()
    try:
        with capture_logs() as said:
            yield till
        till.check_running()
        assert not [line for line in said if "exc_info" in line], "a mistake of ours was taken for a lost line"
    finally:
        await till.stop()
