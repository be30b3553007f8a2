"""A hosted store's till and its place at HQ, with their real books; what stands between them is a test's to decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checkout.requests import Tender
from drivers.events import Tracks
from ledger.cards import Card
from ledger.ids import ChainId
from ledger.slices import MONEY, total
from loyalty.programme import Programme
from protocol.bodies import RunAs
from protocol.conversation import AnyMessage, Ask, Told
from protocol.hosting import AskedBody, NotTold
from receipts.wording import Language
from terminal.answers import Answer, HqState, HqStatus, Outcome, Presentation, Problem
from terminal.asking import Identity
from terminal.bodies import ChargeBody, LoadBody, RefundBody, VoidBody
from terminal.hosted_till import HostedTill
from terminal.shop import Shop
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.wiring import agent_of_till
from terminal.world import World
from tests.chains.company import PROGRAMME, SCHEME, number
from tests.chains.headquarters import Headquarters
from tests.chains.till import DAY_MS, NOON

AGENT_KEY = Ed25519PrivateKey.from_private_bytes(bytes([51]) * 32)
PLACE_KEY = Ed25519PrivateKey.from_private_bytes(bytes([52]) * 32)
ANSWERED = HqStatus(HqState.ANSWERED, None)
AT_ONCE_S = 0.05
"""The patience of a till whose answer a test keeps back."""
PATIENT_S = 20.0


class Wire:
    """One direction of the line over HQ. What is said waits here when it `holds`, and goes on at once otherwise."""

    def __init__(self) -> None:
        self.is_up = True
        self.holds = False
        self.said: list[AnyMessage] = []
        """All that was ever given to it."""
        self.held: list[AnyMessage] = []
        self.hear: Callable[[AnyMessage], object] = lambda _: None
        self.flows: Callable[[], object] = lambda: None
        """Called when it holds nothing any more."""

    async def pass_on(self, message: AnyMessage) -> bool:
        if not self.is_up:
            return False
        self.said.append(message)
        if self.holds:
            self.held.append(message)
        else:
            self.hear(message)
        return True

    def let_go(self) -> None:
        """What was held comes now, and nothing is held any more."""
        self.holds, held, self.held = False, self.held, []
        self.flows()
        for message in held:
            self.hear(message)


class Program:
    """One of the two tills, its book and its clock. `start` and `stop` are its program's."""

    def __init__(self, path: Path | str, identity: Identity, key: Ed25519PrivateKey, programme: Programme) -> None:
        self.path, self.identity, self.programme = path, identity, programme
        self.vfs: str | None = None
        self._sign = key.sign
        self.now_ms = NOON
        self.hq = Headquarters(identity)
        self.is_on = False

    def start(self) -> None:
        self.book = TillStore.open(self.path, self.identity, self._sign, self.programme, vfs=self.vfs)
        self.store = StoreThread(self.book)
        zone = ZoneInfo("Asia/Taipei")
        shop = Shop(self.identity, "Maple", "Main Street", Language.TAIWAN, zone, "hosted", draw_timeout_s=0.0)
        world = World(now_ms=self._tick, monotonic_s=lambda: (self.now_ms - NOON) / 1000)
        self.till = Till(shop, SCHEME, self.programme, self.store, world)
        self.till.hq = ANSWERED
        self.is_on = True

    async def stop(self) -> None:
        self.is_on = False
        await asyncio.to_thread(self.store.close)

    def _tick(self) -> int:
        self.now_ms += 1
        return self.now_ms

    def kinds(self) -> list[str]:
        return [signed.open().kind.value for signed in self.book.records()]

    def dates(self) -> list[str]:
        return [signed.open().business_date for signed in self.book.records()]

    def has(self, who: Card) -> int:
        return total(self.book.slices(who.account), *MONEY)


class Pair:
    """The till in the shop is 07-2, the place at HQ 07-2@hq. `asks` and `answers` are the two ways of the line."""

    def __init__(self, folder: Path, programme: Programme = PROGRAMME, epoch: int = 1) -> None:
        key = AGENT_KEY.public_key().public_bytes_raw()
        place = Identity("07", "2@hq", PLACE_KEY.public_key().public_bytes_raw(), "0.1.0")
        self.shop = Program(folder / f"shop-{epoch}.db", Identity("07", "2", key, "0.1.0", epoch), AGENT_KEY, programme)
        self.place = Program(folder / "place.db", place, PLACE_KEY, programme)
        self.asks, self.answers = Wire(), Wire()
        self.asks.hear, self.answers.hear = self._ask, self._tell
        self.asks.flows = self.answers.flows = self._be_patient
        self.under_way: set[asyncio.Task[None]] = set()
        self.faults: list[BaseException] = []
        """What the agent's line heard raised, as the uplink would see it."""

    async def start(self) -> None:
        await self.start_place()
        await self.start_shop()

    async def start_shop(self) -> None:
        self.shop.start()
        till = self.shop.till
        self.agent = till.agent = agent_of_till(till, self.shop.store, self.asks)
        self.agent._patience_s = PATIENT_S
        await till.begin()
        await self.agent.begin()

    async def start_place(self) -> None:
        self.place.start()
        self.hosted = HostedTill(self.place.till, self.place.store, self.place.programme.card_kinds, self.answers)
        await self.place.till.begin()

    async def stop_shop(self) -> None:
        await self.rest()
        await self.shop.stop()

    async def restart_shop(self) -> None:
        await self.stop_shop()
        await self.start_shop()

    async def stop(self) -> None:
        await self.rest()
        for one in (self.shop, self.place):
            if one.is_on:
                await one.stop()

    async def rest(self) -> None:
        """Until nobody says anything any more."""
        while working := [*self.under_way, *(self.hosted._answering if self.place.is_on else ())]:
            await asyncio.wait(working)
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """The till asks once what came of what it does not know, and hears. From then on it is patient again."""
        self._be_patient()
        await self.agent.settle()
        await self.rest()

    def _be_patient(self) -> None:
        self.agent._patience_s = PATIENT_S

    # The line

    def _ask(self, message: AnyMessage) -> None:
        assert isinstance(message, Ask)
        if self.place.is_on:
            self.hosted.hear(message)
        else:
            record = message.asked.open()
            operation_id = record.body_as(AskedBody).operation_id
            self._tell(Told(record.keeper, record.epoch, operation_id, None, NotTold.NOT_REACHED))

    def _tell(self, message: AnyMessage) -> None:
        assert isinstance(message, Told)
        if self.shop.is_on:
            hearing = asyncio.get_running_loop().create_task(self._hear(message))
            self.under_way.add(hearing)
            hearing.add_done_callback(self.under_way.discard)

    async def _hear(self, message: Told) -> None:
        try:
            await self.agent.hear(message)
        except Exception as fault:  # noqa: BLE001 - the tests look at it
            self.faults.append(fault)

    @property
    def chain(self) -> ChainId:
        """The shop's till as HQ knows it."""
        return ChainId(self.shop.identity.place, self.shop.identity.epoch)

    def last_told(self) -> Told:
        told = self.answers.said[-1]
        assert isinstance(told, Told)
        return told

    def keep_back_answers(self) -> None:
        """What is asked is done, and nobody in the shop hears of it."""
        self.answers.holds, self.agent._patience_s = True, AT_ONCE_S

    def keep_back_asks(self) -> None:
        self.asks.holds, self.agent._patience_s = True, AT_ONCE_S

    # Hands

    async def swipe(self, serial: int = 417) -> str:
        presentation = await self.shop.till.reception.swiped(Tracks(None, SCHEME.track2(number(serial))))
        assert isinstance(presentation, Presentation)
        return presentation.presentation

    async def load(self, amount: int = 500_00, pos_ref: str | None = None, operation_id: str = "") -> Answer | Problem:
        body = LoadBody(operation_id or f"load-{uuid4()}", await self.swipe(), amount, Tender.CASH, "C01", pos_ref)
        return await self.shop.till.load(body)

    async def pay(self, amount: int, operation_id: str = "", pos_ref: str | None = None) -> Answer | Problem:
        return await self.shop.till.charge(await self.words(amount, operation_id, pos_ref))

    async def words(self, amount: int, operation_id: str = "", pos_ref: str | None = None) -> ChargeBody:
        return ChargeBody(operation_id or f"sale-{uuid4()}", await self.swipe(), amount, "C01", pos_ref)

    async def refund(self, receipt: str, amount: int, operation_id: str = "", pos_ref: str = "") -> Answer | Problem:
        body = RefundBody(operation_id or f"refund-{uuid4()}", receipt, amount, "C01", pos_ref or None)
        return await self.shop.till.refund(body)

    async def void(self, receipt: str, operation_id: str = "") -> Answer | Problem:
        return await self.shop.till.void(VoidBody(operation_id or f"void-{uuid4()}", receipt, "C01"))

    async def inquire(self, operation_id: str) -> Answer | Problem:
        return await self.shop.till.inquiries.operation(operation_id)

    async def run_as(self, mode: str) -> None:
        """HQ has the till in the shop run in another way."""
        order = self.shop.hq.give(RunAs(mode))
        moment = self.shop.till.moment()
        assert await self.shop.store.do(lambda store: store.hq.apply(order, moment)) is None
        await self.shop.till.look_at_book()

    def next_day(self, days: int = 1) -> None:
        self.shop.now_ms += days * DAY_MS
        self.place.now_ms += days * DAY_MS


@asynccontextmanager
async def opened(pair: Pair) -> AsyncIterator[Pair]:
    await pair.start()
    try:
        yield pair
    finally:
        await pair.stop()


def done(answer: Answer | Problem) -> Answer:
    assert isinstance(answer, Answer), answer
    assert answer.outcome is Outcome.DONE, answer
    return answer


def receipt(answer: Answer | Problem) -> str:
    text = done(answer).receipt_number
    assert text is not None
    return text


def declined(answer: Answer | Problem) -> str:
    assert isinstance(answer, Answer), answer
    assert answer.outcome is Outcome.DECLINED, answer
    assert answer.decline is not None
    return answer.decline
