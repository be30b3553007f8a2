"""The till: a card is read, a decision is committed, and only then the world hears of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import msgspec
import structlog

from checkout.load import load
from checkout.requests import Load, PresentedCard, Sale, Undo
from checkout.sale import sale
from checkout.sold import SOLD_BYTES_MAX
from checkout.undo import refund, void
from drivers.events import CardSwiped, DeviceBack, DeviceEvent, DeviceLost, SwipeUnreadable
from drivers.ports import Printer
from ledger.cards import Card, CardFault, CardScheme
from ledger.ids import OperationId
from loyalty.programme import Programme
from protocol.chain import Head
from protocol.conversation import HandOn
from receipts.escpos import PaperSpec
from receipts.wording import Wording
from terminal.agent import Agent
from terminal.answers import (
    Answer,
    ClockStatus,
    DayClose,
    HqState,
    HqStatus,
    Problem,
    Status,
)
from terminal.asking import Asked, Moment, UseCase, fingerprint
from terminal.bodies import ChargeBody, LoadBody, RefundBody, SaleBody, VoidBody
from terminal.card_digits import holds_card_number
from terminal.deciding import Deciding, Givers
from terminal.devices import LOST, READY, DeviceBoard
from terminal.drawing import LEAD_TIMEOUT_S, Drawing
from terminal.events import EventLog
from terminal.exchanges import Occasion
from terminal.hello import Hello
from terminal.inquiries import Inquiries
from terminal.lead_status import LeadStatus
from terminal.messages import Messages
from terminal.modes import MODES, Mode
from terminal.printing import LOOKS, Looks, SlipPrinter
from terminal.reception import Reception
from terminal.shop import Shop, hello_of, prefixes_of
from terminal.slip_desk import SlipDesk
from terminal.slip_writer import SlipWriter
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.under_way import Operation, UnderWay
from terminal.world import World

NEVER_REACHED = HqStatus(HqState.NEVER, None)
"""Until this till is enrolled there is no HQ to reach."""

HQ_HAS_POSTED_S = (1.0, 5.0)
"""After a movement at this till's place at HQ: by then HQ can tell what it has left, or at the latest by then."""

_Body = ChargeBody | SaleBody | LoadBody | RefundBody | VoidBody

log = structlog.get_logger()


def _to_nobody(_: object) -> None:
    """A till that is not enrolled has no HQ, and no neighbours."""


class Till:
    """One till, whole but for its HTTP API and its devices' threads. Everything runs on one event loop."""

    def __init__(self, shop: Shop, scheme: CardScheme, programme: Programme, store: StoreThread, world: World) -> None:
        place, currency = shop.identity.place, programme.currency
        self.shop = shop
        self.currency = currency
        self.events = EventLog()
        self.board = DeviceBoard(self.events.say)
        writer = SlipWriter(shop.chain_name, shop.store_name, place, currency, shop.language)
        self.slips = SlipDesk(store, writer, self.moment, self.events.say)
        self._scheme = scheme
        self._programme = programme
        self._store = store
        self._world = world
        self._messages = Messages(Wording.load(), currency)
        self.reception = Reception(scheme, store, world, shop.zone, self.events)
        self.drawing, self.lead_drawing = Drawing(shop.draw_timeout_s), Drawing(LEAD_TIMEOUT_S)
        givers = Givers(self.drawing, self.lead_drawing)
        self.deciding = Deciding(store, givers, self._renewed, self.asks_hq, world.new_id)
        self._under_way = UnderWay()
        self.inquiries = Inquiries(store, self._under_way, self._messages)
        self._head: Head | None = None
        self.hq = NEVER_REACHED
        """How it stands with HQ."""
        self._lead: LeadStatus | None = None
        self.roster_changed = asyncio.Event()
        """Set when HQ has said anew who the neighbours are."""
        self._news = threading.Event()
        """What the store believes of the clock or of its own book is another thing now; watchers have not been told."""
        self.agent: Agent | None = None
        """What asks this till's place at HQ while its store is hosted; None where nobody can."""
        self.exchange: Callable[[Occasion], None] = _to_nobody
        """Have HQ called, if the line is not up anyway."""
        self.hand_on: Callable[[HandOn], None] = _to_nobody
        """Keep what HQ has for a neighbour."""

    async def begin(self) -> None:
        """Open the day, or take up where the last run was cut off."""
        await self._store.do(lambda store: store.when_doubted(self._news.set))
        self._head = await self._store.do(TillStore.begin, self.moment(), self.shop.mode)

    def printing(self, printer: Printer, paper: PaperSpec, looks: Looks = LOOKS) -> SlipPrinter:
        """Give the till its printer; the caller runs what comes back as a task."""
        return SlipPrinter(printer, paper, self.slips, self.board, looks)

    def moment(self) -> Moment:
        """Now, by this store's clock."""
        return self._world.moment(self.shop.zone)

    def hello(self) -> Hello:
        """Who answers here."""
        assert self._head is not None, "begin() comes first"
        prefixes = prefixes_of(
            self.shop, None if self.agent is None else self.agent.prefix, is_hosted=self.mode.is_hosted
        )
        symbol = self._messages.symbol(self.shop.language)
        return hello_of(self.shop, self._programme, self._head, symbol, prefixes)

    async def status(self) -> Status:
        """All that a page shows when it starts."""
        return Status(
            till=self.shop.identity.place,
            mode=self._mode,
            business_date=self._business_date,
            hq=self.hq,
            lead=self._lead,
            clock=await self._clock(),
            book=await self._store.do(lambda store: store.trust.state),
            devices=self.board.all(),
            presentation=await self.reception.before_the_cashier(),
            slips_waiting=await self.slips.waiting(),
        )

    async def on_device(self, event: DeviceEvent) -> None:
        """Something happened at a reader."""
        match event:
            case CardSwiped(tracks=tracks):
                opened = await self.reception.swiped(tracks)
                if isinstance(opened, CardFault):
                    self._refuse_card(opened)
            case SwipeUnreadable(fault=fault):
                self._refuse_card(f"swipe.{fault.name.lower()}")
            case DeviceLost(device=name):
                self.board.put(name, "MSR", LOST, "reader_lost")
            case DeviceBack(device=name):
                self.board.put(name, "MSR", READY)

    async def on_hq(self, status: HqStatus, *, caught_up: bool) -> None:
        """How it stands with HQ. Watchers hear when that is news, or when HQ has all that waited for the line."""
        known, self.hq = self.hq, status
        if caught_up or (known.state, known.stopped) != (status.state, status.stopped) or self._news.is_set():
            await self._say_status()

    async def on_lead(self, lead: LeadStatus | None) -> None:
        """How it stands with the store's lead; None: the store has none. Watchers hear when that is news."""
        known, self._lead = self._lead, lead
        if known != lead or self._news.is_set():
            await self._say_status()

    async def charge(self, body: ChargeBody) -> Answer | Problem:
        """Pay from stored value: a sale of one line without a name."""

        def request(presented: PresentedCard) -> Sale:
            operation = OperationId(body.operation_id)
            return Sale.charge(operation, presented, body.amount, body.cashier, body.pos_ref, floor_limit=body.agreed)

        return await self._ask(body, sale, request)

    async def sell(self, body: SaleBody) -> Answer | Problem:
        """Sell what the POS has rung up, paid with any mix of tenders."""
        sold = body.sold
        if len(msgspec.msgpack.encode(sold)) > SOLD_BYTES_MAX:
            return Problem.TOO_LARGE
        if holds_card_number(self._scheme, *(text for item in body.items for text in item.texts)):
            return Problem.CARD_NUMBER_MISPLACED

        def request(presented: PresentedCard) -> Sale:
            operation = OperationId(body.operation_id)
            return Sale(operation, presented, sold.items, sold.paid, body.cashier, body.pos_ref, body.agreed)

        return await self._ask(body, sale, request)

    async def load(self, body: LoadBody) -> Answer | Problem:
        """Load stored value."""

        def request(presented: PresentedCard) -> Load:
            return Load(OperationId(body.operation_id), presented, body.amount, body.tender, body.cashier, body.pos_ref)

        return await self._ask(body, load, request)

    async def refund(self, body: RefundBody) -> Answer | Problem:
        """Give back a part of a sale, or what is left of it."""
        return await self._undo(body, refund, body.amount)

    async def void(self, body: VoidBody) -> Answer | Problem:
        """Undo a sale or a load on its own business date."""
        return await self._undo(body, void, await self.total(body.receipt_number))

    async def total(self, receipt_number: str) -> int:
        """What the movement or promise with this slip came to, before anything of it was undone; 0: nobody knows."""
        original = await self._store.do(lambda store: store.undoable.look(receipt_number))
        return 0 if original is None else original.total

    async def close_day(self, business_date: str | None = None, opens: str | None = None) -> DayClose | Problem:
        """Close the business date; nothing waits for the line. `opens` is a person's word for a doubted clock's."""
        closed = await self._store.do(TillStore.close_day, self.moment(), business_date, opens)
        await self.look_at_book()
        self.exchange(Occasion.DAY_CLOSE)
        return closed

    async def look_at_book(self) -> None:
        """The business date or the mode may have changed: whoever watches is told."""
        self._head = await self._store.do(TillStore.head)
        await self._say_status()

    async def _say_status(self) -> None:
        self._news.clear()
        self.events.say("status", await self.status())

    async def _clock(self) -> ClockStatus | None:
        doubted = await self._store.do(lambda store: store.clock.doubted())
        return None if doubted is None else ClockStatus(doubted.doubt, doubted.off_ms)

    def _refuse_card(self, code: str) -> None:
        self.events.say("card.refused", {"code": code, "cashier_message": self._messages.say(code)})
        log.info("card refused", code=code)

    async def _ask(
        self,
        body: ChargeBody | SaleBody | LoadBody,
        use_case: UseCase,
        request: Callable[[PresentedCard], Sale | Load],
    ) -> Answer | Problem:
        """Decide, commit, then print and show. A repeat is answered even when its card is long gone."""
        words = fingerprint(use_case.__name__, body)
        again = await self._known(body, words)
        if again is not None:
            return again
        presented = self.reception.presented(body.presentation)
        if presented is None:
            return await self._repeat(body, words)
        return await self._begin(Asked(request(presented), use_case, words, self.moment(), self.hq))

    async def _undo(self, body: RefundBody | VoidBody, use_case: UseCase, units: int) -> Answer | Problem:
        """The same without a card: the original names whose it was."""
        words = fingerprint(use_case.__name__, body)
        again = await self._known(body, words)
        if again is not None:
            return again
        request = Undo(OperationId(body.operation_id), body.receipt_number, units, body.cashier, body.pos_ref)
        if isinstance(body, RefundBody) and body.promise is True:
            request = msgspec.structs.replace(request, may_promise=True)
        return await self._begin(Asked(request, use_case, words, self.moment(), self.hq))

    async def _known(self, body: _Body, words: bytes) -> Answer | Problem | None:
        """What there is to say before anything is asked of the book."""
        texts = [body.operation_id, body.cashier, body.pos_ref or ""]
        if isinstance(body, RefundBody | VoidBody) and not body.receipt_number.startswith(self.shop.identity.place):
            texts.append(body.receipt_number)
        if holds_card_number(self._scheme, *texts):
            return Problem.CARD_NUMBER_MISPLACED
        return await self._under_way.again(body.operation_id, words)

    async def do(self, asked: Asked) -> Answer | Problem:
        """Do what a till in a shop asks its place at HQ for."""
        again = await self._under_way.again(asked.request.operation_id, asked.fingerprint)
        return again or await self._begin(asked)

    async def ended(self, operation_id: str) -> None:
        """Until nothing is under way by that name."""
        await self._under_way.ended(operation_id=operation_id)

    async def _begin(self, asked: Asked) -> Answer | Problem:
        operation = Operation(asked.request.operation_id, asked.fingerprint, asked.request.pos_ref)
        return await self._under_way.begin(operation, self._decide(asked))

    async def _decide(self, asked: Asked) -> Answer | Problem:
        """It goes on when whoever asked has gone, or another card lies before the cashier."""
        agent = self.agent
        if agent is not None and (self.mode.is_hosted or agent.owns(asked)):
            answer = await agent.decide(asked)
        else:
            answer = await self.deciding.decide(asked, self.mode)
        if isinstance(answer, Problem):
            return answer
        if not answer.replayed:
            self.answered(answer, None if asked.presented is None else asked.presented.card)
        if self._news.is_set():
            await self._say_status()
        return self._messages.with_message(answer)

    def answered(self, answer: Answer, card: Card | None = None) -> None:
        """Tell whoever watches, and print."""
        self.events.say("operation.done", self._messages.with_message(answer))
        self.slips.work.set()
        if answer.record.startswith(f"{self.shop.identity.place}/"):
            self.reception.look_again(card)
        else:
            for after_s in HQ_HAS_POSTED_S:
                asyncio.get_running_loop().call_later(after_s, self.reception.look_again, card)

    def _renewed(self, asked: Asked) -> Asked:
        return msgspec.structs.replace(asked, moment=self.moment(), hq=self.hq)

    def asks_hq(self, asked: Asked) -> None:
        """Tell whoever watches that this one waits for HQ."""
        self.events.say("operation.asks_hq", {"operation_id": asked.request.operation_id})

    async def _repeat(self, body: _Body, words: bytes) -> Answer | Problem:
        known = await self._store.do(TillStore.repeat, body.operation_id, words)
        if known is None:
            return Problem.NO_CARD if self.reception.is_free else Problem.CARD_GONE
        return known if isinstance(known, Problem) else self._messages.with_message(known)

    @property
    def _business_date(self) -> str:
        assert self._head is not None, "begin() comes first"
        return self._head.business_date

    @property
    def mode(self) -> Mode:
        """What the way in which this store is run decides, as it is in force now."""
        return MODES[self._mode]

    @property
    def _mode(self) -> str:
        assert self._head is not None, "begin() comes first"
        return self._head.mode
