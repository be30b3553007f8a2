"""The reception: who stands at the counter, by card or by phone number, and what they have here and elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from zoneinfo import ZoneInfo

import structlog

from checkout.requests import Entry, PresentedCard
from drivers.events import Tracks
from ledger.cards import Card, CardFault, CardScheme
from ledger.ids import Place
from protocol.conversation import AnyMessage, Directory, Found, Movements, Seen
from protocol.members import Member, Moved
from protocol.phones import normalised, phone_hash
from terminal.answers import Candidate, Movement, MovementsView, Presentation, Problem, Search
from terminal.candidates import Candidates
from terminal.counter import Counter, Lying
from terminal.events import EventLog
from terminal.hq_questions import HqQuestions
from terminal.standing import presentation_of, within
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.world import World

LOOK_AGAIN_S = 1.0
"""While HQ can't say what lies where, as some of it is just moving."""

log = structlog.get_logger()


class Reception:
    """Lays cards on the counter and says what is known of them. HQ is asked; no card waits for its answer."""

    def __init__(self, scheme: CardScheme, store: StoreThread, world: World, zone: ZoneInfo, events: EventLog) -> None:
        self._scheme = scheme
        self._store = store
        self._world = world
        self._zone = zone
        self._events = events
        self._counter = Counter(world)
        self._candidates = Candidates(world)
        self._told = ""
        """The presentation for which HQ has spoken."""
        self.hq = HqQuestions()
        self.reach: Callable[[], frozenset[Place]] = frozenset
        """At which places beside this one a member's value may be spent through this till now."""

    async def swiped(self, tracks: Tracks) -> Presentation | CardFault:
        """Open a card from its stripe."""
        card = self._scheme.read_tracks(tracks.track1, tracks.track2)
        return card if isinstance(card, CardFault) else await self._put_down(PresentedCard(card, Entry.SWIPED))

    async def key_in(self, number: str) -> Presentation | CardFault:
        """Open a card from its number. It may load and look, not spend."""
        parsed = self._scheme.parse_number(number)
        if isinstance(parsed, CardFault):
            return parsed
        return await self._put_down(PresentedCard(self._scheme.card(parsed), Entry.KEYED))

    async def open_candidate(self, name: str) -> Presentation | Problem:
        """Open the card of a member whom a search has found. It may load and look, not spend."""
        member = self._candidates.find(name)
        card = None if member is None else self._card_of(member)
        if card is None:
            return Problem.CANDIDATE_GONE
        return await self._put_down(PresentedCard(card, Entry.PHONE))

    async def search(self, phone: str) -> Search | Problem:
        """Who has this phone number. From here on it is a hash."""
        number = normalised(phone)
        if number is None:
            return Problem.NOT_A_PHONE
        sought = phone_hash(self._scheme.token_key, number)
        hq_answered = await self.hq.find(sought)
        members = await self._store.do(lambda store: store.members.of_phone(sought))
        return Search(tuple(self._candidate(one) for one in members if self._card_of(one)), hq_answered)

    async def presentation(self, presentation_id: str) -> Presentation | None:
        """The card of that name and what it may spend now; None when it is gone."""
        lying = self._counter.find(presentation_id)
        return None if lying is None else await self._present(lying)

    async def before_the_cashier(self) -> Presentation | None:
        """The card that lies there now."""
        lying = self._counter.lying()
        return None if lying is None else await self._present(lying)

    def presented(self, presentation_id: str) -> PresentedCard | None:
        """The card of that name, to pay or to load with."""
        lying = self._counter.find(presentation_id)
        return None if lying is None else lying.card

    @property
    def is_free(self) -> bool:
        """Whether no card lies there."""
        return self._counter.lying() is None

    def dismiss(self, presentation_id: str) -> bool:
        """The customer leaves; False when that card was gone already."""
        gone = self._counter.take_away(presentation_id)
        if gone:
            self._events.say("card.gone", {"presentation": presentation_id})
        return gone

    def look_again(self, card: Card | None) -> None:
        """Value has moved: what HQ said of this member is not the last word. None: of whoever stands at the counter."""
        lying = self._counter.lying()
        card = lying.card.card if card is None and lying is not None else card
        if card is not None:
            self.hq.look(card)

    def _look_at(self, lying: Lying) -> None:
        if self._counter.find(lying.id) is not None:
            self.hq.look(lying.card.card)

    async def movements(self, presentation_id: str) -> MovementsView | None:
        """The last movements of the card of that name, here and as HQ knows them; None when it is gone."""
        lying = self._counter.find(presentation_id)
        if lying is None:
            return None
        account = lying.card.card.account
        here = await self._store.do(TillStore.movements, account)
        told = await self.hq.history(account)
        if told is None:
            return MovementsView(here)
        return MovementsView(here, tuple(map(self._movement, told.movements)), self._text(told.at_ms))

    async def heard(self, message: AnyMessage) -> None:
        """HQ has said something of members. What nobody asked for is not taken."""
        match message:
            case Seen(account=account) if self.hq.was_looked_at(account):
                now_ms = self._world.now_ms()
                await self._store.do(lambda store: store.members_told.seen(message, now_ms))
                await self._tell(account, is_fresh=message.knows is not None)
            case Found(phone=phone, members=members) if self.hq.is_sought(phone):
                true = tuple(one for one in members if one.phone == phone and not one.gone)
                await self._store.do(lambda store: store.members_told.found(phone, true))
                self.hq.found(phone)
            case Movements():
                self.hq.told(message)
            case Directory():
                await self._store.do(lambda store: store.members_told.directory(message))
            case _:
                log.info("hq said of members what nobody asked", message=type(message).__name__)

    async def _tell(self, account: str, *, is_fresh: bool) -> None:
        lying = self._counter.lying()
        if lying is None or lying.card.card.account != account:
            return
        if is_fresh:
            self._told = lying.id
        else:
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_at, lying)
        presentation = await self._present(lying)
        if self._counter.find(lying.id) is not None:
            self._events.say("card.seen", presentation)

    async def _put_down(self, card: PresentedCard) -> Presentation:
        presentation = await self._present(self._counter.put(card))
        self._events.say("card.presented", presentation)
        self.hq.look(card.card)
        return presentation

    async def _present(self, lying: Lying) -> Presentation:
        standing = await self._store.do(lambda store: store.standing(lying.card.card))
        left_s, is_fresh = self._counter.left_s(lying), self._told == lying.id
        standing = within(standing, self.reach())
        return presentation_of(lying, standing, expires_in_s=left_s, zone=self._zone, is_fresh=is_fresh)

    def _movement(self, moved: Moved) -> Movement:
        return Movement(
            kind=moved.kind,
            amount=moved.amount,
            stored_value=moved.stored_value,
            points_in=moved.points_in,
            points_out=moved.points_out,
            receipt_number=moved.receipt_number,
            business_date=moved.business_date,
            at=self._text(moved.at_ms),
            till=moved.place,
        )

    def _text(self, at_ms: int) -> str:
        """A time of HQ's; none is later than now."""
        moment = self._world.moment(self._zone)
        return moment.local_text(min(at_ms, moment.now_ms))

    def _candidate(self, member: Member) -> Candidate:
        return Candidate(self._candidates.add(member), member.name, member.masked, member.tier or None)

    def _card_of(self, member: Member) -> Card | None:
        """The member's card; None for a kind that this till's programme does not know, or a card that was replaced."""
        kind = next((one for one in self._scheme.kinds if one.name == member.kind), None)
        if kind is None or member.card != member.account:
            return None
        return Card(member.masked, member.card, kind)
