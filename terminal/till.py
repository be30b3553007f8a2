"""The till: a card is read, a decision is committed, and only then the world hears of it."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import msgspec
import structlog

from checkout.charge import charge
from checkout.load import load
from checkout.requests import Charge, Entry, Load, PresentedCard
from drivers.events import CardSwiped, DeviceBack, DeviceEvent, DeviceLost, SwipeUnreadable
from drivers.ports import Printer
from ledger.cards import Card, CardFault, CardNumber, CardScheme
from ledger.ids import OperationId
from ledger.slices import MONEY, total
from loyalty.programme import Programme
from protocol.chain import Head
from receipts.escpos import PaperSpec
from receipts.wording import Language, Wording
from terminal.answers import (
    Answer,
    CurrencyView,
    DayClose,
    Hello,
    HqState,
    HqStatus,
    Presentation,
    Problem,
    Status,
)
from terminal.asking import Asked, Identity, Moment, UseCase, fingerprint
from terminal.bodies import ChargeBody, LoadBody
from terminal.counter import Counter, Lying
from terminal.devices import LOST, READY, DeviceBoard
from terminal.events import EventLog
from terminal.messages import Messages
from terminal.operations import balance_of
from terminal.printing import SlipPrinter
from terminal.slip_desk import SlipDesk
from terminal.slip_writer import SlipWriter
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.world import World

API_VERSION = "1"
NEVER_REACHED = HqStatus(HqState.NEVER, None)
"""Until this till is enrolled there is no HQ to reach."""

log = structlog.get_logger()


class Shop(msgspec.Struct, frozen=True):
    """What a till knows of where it stands. `mode` is that of a new book; afterwards the book knows."""

    identity: Identity
    chain_name: str
    store_name: str
    language: Language
    zone: ZoneInfo
    mode: str


class Till:
    """One till, whole but for its HTTP API and its devices' threads. Everything runs on one event loop."""

    def __init__(self, shop: Shop, scheme: CardScheme, programme: Programme, store: StoreThread, world: World) -> None:
        place, currency = shop.identity.place, programme.currency
        self.shop = shop
        self.currency = currency
        self.events = EventLog()
        self.board = DeviceBoard(self.events.say)
        writer = SlipWriter(shop.chain_name, shop.store_name, place, currency, shop.language)
        self.slips = SlipDesk(place, store, writer, self.moment, self.events.say)
        self._scheme = scheme
        self._programme = programme
        self._store = store
        self._world = world
        self._counter = Counter(world)
        self._messages = Messages(Wording.load(), currency)
        self._head: Head | None = None
        self._hq = NEVER_REACHED

    async def begin(self) -> None:
        """Open the day, or take up where the last run was cut off."""
        self._head = await self._store.do(TillStore.begin, self.moment(), self.shop.mode)

    def printing(self, printer: Printer, paper: PaperSpec) -> SlipPrinter:
        """Give the till its printer; the caller runs what comes back as a task."""
        return SlipPrinter(printer, paper, self.slips, self.board)

    def moment(self) -> Moment:
        """Now, by this store's clock."""
        return self._world.moment(self.shop.zone)

    def hello(self) -> Hello:
        """Who answers here."""
        currency = self.currency
        symbol = self._messages.symbol(self.shop.language)
        view = CurrencyView(currency.code, currency.minor_digits, currency.shown_digits, currency.charge_step, symbol)
        identity, language = self.shop.identity, self.shop.language
        return Hello(
            "counterfoil", API_VERSION, identity.place, identity.store, view, language, self._mode, self._business_date
        )

    async def status(self) -> Status:
        """All that a page shows when it starts."""
        lying = self._counter.lying()
        return Status(
            till=self.shop.identity.place,
            mode=self._mode,
            business_date=self._business_date,
            hq=self._hq,
            devices=self.board.all(),
            presentation=None if lying is None else await self._present(lying),
            slips_waiting=await self.slips.waiting(),
        )

    async def on_device(self, event: DeviceEvent) -> None:
        """Something happened at a reader."""
        match event:
            case CardSwiped(tracks=tracks):
                card = self._scheme.read_tracks(tracks.track1, tracks.track2)
                await self._put_down(card, Entry.SWIPED)
            case SwipeUnreadable(fault=fault):
                self._refuse_card(f"swipe.{fault.name.lower()}")
            case DeviceLost(device=name):
                self.board.put(name, "MSR", LOST, "reader_lost")
            case DeviceBack(device=name):
                self.board.put(name, "MSR", READY)

    async def on_hq(self, status: HqStatus, *, caught_up: bool) -> None:
        """How it stands with HQ. Watchers hear when that is news, or when HQ has all that waited for the line."""
        known, self._hq = self._hq, status
        if caught_up or (known.state, known.stopped) != (status.state, status.stopped):
            self.events.say("status", await self.status())

    async def key_in(self, number: str) -> Presentation | CardFault:
        """Open a card from its number. It may load and look, not spend."""
        parsed = self._scheme.parse_number(number)
        if isinstance(parsed, CardFault):
            return parsed
        return await self._put_down(self._scheme.card(parsed), Entry.KEYED)

    async def presentation(self, presentation_id: str) -> Presentation | None:
        """The card of that name and what it may spend now; None when it is gone."""
        lying = self._counter.find(presentation_id)
        return None if lying is None else await self._present(lying)

    def dismiss(self, presentation_id: str) -> bool:
        """The customer leaves; False when that card was gone already."""
        gone = self._counter.take_away(presentation_id)
        if gone:
            self.events.say("card.gone", {"presentation": presentation_id})
        return gone

    async def charge(self, body: ChargeBody) -> Answer | Problem:
        """Pay from stored value."""

        def request(presented: PresentedCard) -> Charge:
            return Charge(OperationId(body.operation_id), presented, body.amount, body.cashier, body.pos_ref)

        return await self._ask(body, charge, request)

    async def load(self, body: LoadBody) -> Answer | Problem:
        """Load stored value."""

        def request(presented: PresentedCard) -> Load:
            operation = OperationId(body.operation_id)
            return Load(operation, presented, body.amount, body.tender, body.cashier, body.pos_ref)

        return await self._ask(body, load, request)

    async def operation(self, operation_id: str) -> Answer | None:
        """What became of an operation; None when this till never did it."""
        found = await self._store.do(TillStore.find, operation_id)
        return None if found is None else self._messages.with_message(found)

    async def sale(self, pos_ref: str) -> list[Answer]:
        """What became of every operation under a POS's own number."""
        return [self._messages.with_message(found) for found in await self._store.do(TillStore.of_sale, pos_ref)]

    async def close_day(self, business_date: str | None = None) -> DayClose | Problem:
        """Close the business date; nothing waits for the line."""
        closed = await self._store.do(TillStore.close_day, self.moment(), business_date)
        self._head = await self._store.do(TillStore.head)
        self.events.say("status", await self.status())
        return closed

    async def _put_down(self, card: Card | CardFault, entry: Entry) -> Presentation | CardFault:
        if isinstance(card, CardFault):
            self._refuse_card(card)
            return card
        presentation = await self._present(self._counter.put(PresentedCard(card, entry)))
        self.events.say("card.presented", presentation)
        return presentation

    def _refuse_card(self, code: str) -> None:
        self.events.say("card.refused", {"code": code, "cashier_message": self._messages.say(code)})
        log.info("card refused", code=code)

    async def _present(self, lying: Lying) -> Presentation:
        card = lying.card.card
        slices = await self._store.do(TillStore.slices, card.account)
        payable = self._programme.in_spending_order(slices, self._business_date)
        balance = balance_of(slices)
        return Presentation(
            presentation=lying.id,
            card=card.masked,
            entry=lying.card.entry,
            kind=card.kind.name,
            account=card.account,
            spendable=total(payable, *MONEY),
            principal=balance.principal,
            bonus=balance.bonus,
            points=balance.points,
            expires_in_s=self._counter.left_s(lying),
        )

    async def _ask(
        self, body: ChargeBody | LoadBody, use_case: UseCase, request: Callable[[PresentedCard], Charge | Load]
    ) -> Answer | Problem:
        """Decide, commit, then print and show. A repeat is answered even when its card is long gone."""
        if self._holds_card_number(body.operation_id, body.cashier, body.pos_ref or ""):
            return Problem.CARD_NUMBER_MISPLACED
        lying = self._counter.find(body.presentation)
        if lying is None:
            return await self._repeat(body, use_case)
        words = fingerprint(use_case.__name__, body)
        asked = Asked(request(lying.card), use_case, words, self.moment(), self._hq)
        answer = await self._store.do(TillStore.perform, asked)
        if isinstance(answer, Problem):
            return answer
        answer = self._messages.with_message(answer)
        if not answer.replayed:
            self.events.say("operation.done", answer)
            self.slips.work.set()
        return answer

    def _holds_card_number(self, *texts: str) -> bool:
        """Whether somebody swiped or keyed a card into a field that is stored, signed and printed."""
        return any(isinstance(self._scheme.parse_number(text), CardNumber) for text in texts)

    async def _repeat(self, body: ChargeBody | LoadBody, use_case: UseCase) -> Answer | Problem:
        known = await self._store.do(TillStore.repeat, body.operation_id, fingerprint(use_case.__name__, body))
        if known is None:
            return Problem.NO_CARD if self._counter.lying() is None else Problem.CARD_GONE
        return known if isinstance(known, Problem) else self._messages.with_message(known)

    @property
    def _business_date(self) -> str:
        assert self._head is not None, "begin() comes first"
        return self._head.business_date

    @property
    def _mode(self) -> str:
        assert self._head is not None, "begin() comes first"
        return self._head.mode
