"""Store 05, run hosted: its till 05-1 asks, its place 05-1@hq tells; both sign whatever a test wants."""

import asyncio
import os

import msgspec

from checkout.sold import Paid, PaidWith, Sold
from ledger.ids import HEADQUARTERS, LotId
from loyalty.evaluation import Item
from protocol.conversation import NONCE_BYTES, AnyMessage, Ask, Challenge, Rejected, Told, Welcome
from protocol.handshake import log_in
from protocol.hosting import AskedBody, ToldBody
from protocol.records import RecordKind, SignedRecord
from tests.hq_server.forger import ALICE, Keeper
from tests.hq_server.serving import ANEW, Caller, Closed

OPERATION = "operation-a"


def till(place: str = "05-1", seed: int = 50) -> Keeper:
    """A hosted store's till, that has opened its book."""
    keeper = Keeper(place, seed=seed, mode="hosted")
    keeper.open()
    return keeper


def place_of(agent: Keeper, seed: int = 60) -> Keeper:
    """The keeper of its place at HQ."""
    return till(f"{agent.place}@hq", seed)


def price(units: int) -> Sold:
    return Sold((Item("A1", units),), (Paid(PaidWith.STORED_VALUE, units),))


def wish(operation: str = OPERATION, cost: int = 40, **otherwise: object) -> AskedBody:
    """A sale to Alice; fields may be given other values."""
    asked = AskedBody("sale", operation, ALICE, "6222****0417", "member", "swiped", "C01", None, sold=price(cost))
    return msgspec.structs.replace(asked, **otherwise)


def ask(agent: Keeper, operation: str = OPERATION, *, or_cancel: bool = False, **otherwise: object) -> Ask:
    """The till's next record asks for a sale; fields of Record may be given other values than the true ones."""
    return Ask(agent.write(RecordKind.ASKED, wish(operation), **otherwise), or_cancel)


def told(agent: Keeper, record: SignedRecord | None, operation: str = OPERATION, code: str = "") -> Told:
    return Told(agent.place, agent.epoch, operation, record, code)


def note(agent: Keeper, record: SignedRecord, operation: str = OPERATION) -> SignedRecord:
    """The till's next record says that it has heard this."""
    return agent.write(RecordKind.TOLD, ToldBody(operation, record))


def sell(host: Keeper, operation: str = OPERATION, units: int = 40) -> SignedRecord:
    """The place's keeper loads Alice's card, and sells what was asked."""
    host.load(ALICE, units)
    return host.charge(ALICE, LotId(host.loaded[-1]), units, operation)


async def hear(caller: Caller) -> Ask | Told | Rejected | Closed:
    """The next message that is about asks, or how the line ended."""
    while True:
        message = await caller.hear()
        if isinstance(message, Ask | Told | Rejected | Closed):
            return message


class StuckWire:
    """The line of a keeper that logs in, and from then on takes no ask. `asks` are those that HQ tries to say."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._says: asyncio.Queue[AnyMessage] = asyncio.Queue()
        self.asks: list[Ask] = []

    async def say(self, message: AnyMessage) -> None:
        match message:
            case Challenge():
                place, epoch, nonce = self._keeper.place, self._keeper.epoch, os.urandom(NONCE_BYTES)
                self._says.put_nowait(log_in(message, HEADQUARTERS, place, epoch, nonce, self._keeper.key.sign))
            case Welcome():
                self._says.put_nowait(ANEW)
            case Ask():
                self.asks.append(message)
                await asyncio.Event().wait()
            case _:
                pass

    async def hear(self) -> AnyMessage:
        return await self._says.get()
