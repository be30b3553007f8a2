"""A neighbour above, which has a copy of all that this till signs: its store's lead, or, of the lead, the witness."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from ledger.ids import HEADQUARTERS, ChainId
from offline_queue.doubts import Doubt, Gift, Hearer, Passed, check_gift
from offline_queue.forwarding import Forwarding
from protocol.acknowledgements import Acknowledgement
from protocol.conversation import Fetch, HandOn, Records, Resume, Wanted
from protocol.errors import NotARecord
from protocol.records import SignedRecord
from protocol.signing import Signed
from protocol.upstream import LineLost
from terminal.above import Heard
from terminal.drawing import Drawing
from terminal.hq_above import HqAbove
from terminal.lead_status import LeadState
from terminal.settling import settle
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.till import Till

Tell = Callable[[LeadState], Awaitable[None]]

log = structlog.get_logger()


class NeighbourAbove:
    """What terminal.above wants, for a neighbour: the lead, which is drawn from by `drawing`, or a witness.

    `tell` hears how it stands, whenever there is news.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - who it is, and who wants to know of it
        self, till: Till, store: StoreThread, hq: HqAbove, hearer: Hearer, chain: ChainId, drawing: Drawing, tell: Tell
    ) -> None:
        self.name = chain.keeper
        self.hearer = hearer
        self.drawing = drawing
        self.has_more = False
        self._epoch = chain.epoch
        self._till = till
        self._store = store
        self._hq = hq
        self._tell = tell
        self._dispute: Doubt | None = None
        self._trouble = ""

    @property
    def is_in_dispute(self) -> bool:
        """Whether a gift of this line could not be taken."""
        return self._dispute is not None

    async def begin(self) -> int:
        """What it holds it says first on each line."""
        return 0

    async def resume(self) -> Resume:
        """From where it is to go on giving."""
        return await self._store.do(lambda store: store.gifts.resume(self.name, self._epoch))

    async def keep(self, signed: Signed, said: Acknowledgement) -> Doubt | None:  # noqa: ARG002 - HQ's word alone is kept
        """Whether the copy that it holds is of this chain."""
        return await self._store.do(TillStore.compare_copy, said, self.name, self._till.moment())

    async def obey(self, signed: SignedRecord) -> None:
        """Take what it gives; after a gift that can't be taken, no more on this line. What HQ says by it is HQ's."""
        if _is_of_hq(signed):
            await self._hq.obey_handed_on(signed)
            return
        if self._dispute is not None:
            return
        gift = check_gift(signed, self.hearer, self.name)
        doubt = gift if isinstance(gift, Doubt) else await self._take(gift)
        if doubt is not None and doubt.is_of_the_line:
            raise LineLost(doubt)
        if doubt is not None:
            log.error("a neighbour's gift is not taken", neighbour=self.name, doubt=doubt)
            self._dispute = doubt

    async def _take(self, gift: Gift | Passed) -> Doubt | None:
        waiting = (
            self.drawing.claim_right(gift.right.receipt_number)
            if isinstance(gift, Passed)
            else self.drawing.claim(gift.passage.transfer)
        )
        if waiting is not None:
            return await settle(self._till, self._store, gift, waiting)
        moment = self._till.moment()
        doubt = await self._store.do(lambda store: store.take_gift(gift, moment))
        if isinstance(gift, Passed):
            self._till.slips.work.set()  # what was promised may have been given back with it
        return doubt

    async def _bring(self, message: Fetch) -> None:
        """It needs a right that may be here: what goes to it, it sees by its copy."""
        lead, now_ms = ChainId(self.name, self._epoch), self._till.moment().now_ms
        await self._store.do(lambda store: store.rights.bring(lead, message.receipt_number, now_ms))

    async def heard(self, message: Heard) -> None:
        """A lead may need a right; it was asked for nothing else."""
        if isinstance(message, Fetch):
            await self._bring(message)
            return
        raise LineLost(f"it said {type(message).__name__} unasked")

    async def copies(self, wanted: Wanted) -> Records:  # noqa: ARG002 - of anybody
        """Only HQ collects them."""
        raise LineLost("it asked for what only HQ asks")

    async def hand_on(self, message: HandOn) -> None:  # noqa: ARG002 - for anybody
        """Only HQ does so."""
        raise LineLost("it handed on what only HQ hands on")

    def gave_sign(self) -> None:
        """It is there; that its line is up says so, too."""

    def line_begins(self, waiting: int) -> None:
        """It is reached."""
        self._dispute, self._trouble = None, ""
        log.info("neighbour reached", neighbour=self.name, waiting=waiting)

    def line_ends(self, why: str, *, was_up: bool) -> None:
        """It is lost. The same reason again is not logged again."""
        if why != self._trouble:
            self._trouble = why
            log.warning("neighbour lost" if was_up else "neighbour not reached", neighbour=self.name, why=why)

    def line_rests(self) -> None:
        """It never does."""

    async def remember(self) -> None:
        """Nothing of it outlasts the line."""

    async def tell(self, state: Forwarding, *, rests: bool) -> None:  # noqa: ARG002 - its line never rests
        """Say whether it answers."""
        await self._tell(LeadState.ANSWERED if state.is_up else LeadState.NOT_REACHED)


def _is_of_hq(signed: SignedRecord) -> bool:
    try:
        return signed.open().keeper == HEADQUARTERS
    except NotARecord:
        return False
