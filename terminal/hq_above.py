"""HQ above: its acknowledgements are kept, its directives carried out, and what it says of members is listened to."""

from __future__ import annotations

from contextlib import suppress

import structlog

from ledger.ids import HEADQUARTERS
from offline_queue.book_thread import DiskFull
from offline_queue.doubts import Doubt, Hearer
from offline_queue.forwarding import Forwarding
from protocol.acknowledgements import Acknowledgement
from protocol.conversation import Ask, Fetch, HandOn, Records, Resume, Told, Wanted
from protocol.records import SignedRecord
from protocol.signing import Signed
from protocol.upstream import LineLost
from terminal.above import Heard
from terminal.agent import Agent
from terminal.directives import Directives
from terminal.drawing import Drawing
from terminal.hosted_till import HostedTill
from terminal.hq_memory import HqKnown
from terminal.hq_standing import HqStanding
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till
from terminal.world import World

log = structlog.get_logger()


class HqAbove:
    """What terminal.above wants, for HQ."""

    name = HEADQUARTERS

    def __init__(self, till: Till, store: StoreThread, hearer: Hearer, world: World) -> None:
        self.hearer = hearer
        self.drawing: Drawing = till.drawing
        self.agent: Agent | None = None
        """What asks this till's place at HQ. None where that place is kept."""
        self.hosted: HostedTill | None = None
        """What does what the till in the shop asks for. None in the shop."""
        self._till = till
        self._store = store
        self._standing = HqStanding(till, world)
        self._directives = Directives(till, store, hearer, self._standing)
        self._last_ordered = 0, 0
        """HQ's epoch and the number of its last directive, by its own word on this line."""

    @property
    def is_in_dispute(self) -> bool:
        """Whether a directive of this line is not carried out."""
        return self._standing.disobeyed is not None

    @property
    def has_more(self) -> bool:
        """Whether HQ has said on this line that there are directives which did not come yet."""
        known, (hq_epoch, last) = self._standing.known, self._last_ordered
        carried_out = known.directive if known.hq_epoch == hq_epoch else 0
        return not self.is_in_dispute and carried_out < last

    async def begin(self) -> int:
        """Take up what the book knows, so that the till's first word about HQ is true."""
        known = await self._store.do(lambda store: store.hq.known())
        self._standing.remember(known)
        return known.held

    async def resume(self) -> Resume:
        """From where HQ is to go on with directives and directory."""
        self._last_ordered = 0, 0
        return await self._store.do(TillStore.resume)

    async def keep(self, signed: Signed, said: Acknowledgement) -> Doubt | None:
        """Keep HQ's acknowledgement."""
        self._last_ordered = said.hq_epoch, said.directive
        return await self._store.do(TillStore.believe, signed, said, self._till.moment())

    async def obey(self, signed: SignedRecord) -> None:
        """Carry out a directive."""
        await self._directives.obey(signed)

    async def heard(self, message: Heard) -> None:
        """HQ has said something of members, or passed on what is asked of a place at HQ, or what came of it."""
        match message:
            case Told() if self.agent is not None:
                await self.agent.hear(message)
            case Ask() if self.hosted is not None:
                self.hosted.hear(message)
            case Ask() | Told() | Fetch():
                raise LineLost(f"it passed on {type(message).__name__} to one who has no part in that")
            case _:
                await self._till.reception.heard(message)

    async def copies(self, wanted: Wanted) -> Records:
        """What HQ lacks of a neighbour who is not on the line."""
        return await self._store.do(lambda store: store.lending.copies(wanted))

    async def hand_on(self, message: HandOn) -> None:
        """Keep it for a neighbour who is not on HQ's line."""
        self._till.hand_on(message)

    async def obey_handed_on(self, signed: SignedRecord) -> None:
        """Carry out a directive that a neighbour has brought. What is wrong with it is the neighbour's fault."""
        doubt = await self._directives.follow(signed)
        if doubt is not None:
            log.warning("a directive that was handed on is not carried out", doubt=doubt)

    async def obey_medium(self, signed: SignedRecord) -> Doubt | None:
        """Carry out a directive that a medium has brought; what is wrong with it."""
        return await self._directives.follow(signed)

    async def medium_ends(self, said_at_ms: int) -> HqKnown:
        """What is known of HQ by then; its word was signed at `said_at_ms`."""
        standing = self._standing
        standing.known = await self._store.do(lambda store: store.hq.known())
        standing.heard_at_ms = max(standing.heard_at_ms or 0, said_at_ms)
        await self.remember()
        return standing.known

    def gave_sign(self) -> None:
        """HQ was heard."""
        self._standing.hear()

    def line_begins(self, waiting: int) -> None:
        """HQ is reached."""
        self._standing.line_begins(waiting)

    def line_ends(self, why: str, *, was_up: bool) -> None:
        """HQ is lost."""
        self._standing.line_ends(why, was_up=was_up)

    def line_rests(self) -> None:
        """The exchange is done."""
        self._standing.line_rests()

    async def remember(self) -> None:
        """Write down when HQ was heard last."""
        heard_at_ms = self._standing.heard_at_ms
        if heard_at_ms is not None:
            with suppress(DiskFull):  # the page would only show an older time after the next start
                await self._store.do(lambda store: store.hq.hear(heard_at_ms))

    async def tell(self, state: Forwarding, *, rests: bool) -> None:
        """Tell page and slips how it stands with HQ."""
        await self._standing.tell(state, rests=rests)
