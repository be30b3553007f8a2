"""Deciding: with what lies here, or first with what the store's lead or HQ gives for it; then committed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from checkout.promoting import QuotaNeed
from checkout.requests import Undo
from ledger.ids import quota_of
from ledger.slices import Asset
from loyalty.promotions import PROMOTIONS_MAX
from protocol.conversation import Fetch, NoDraw, NotDrawn
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.drawing import Drawing, Told
from terminal.had_none import HadNone
from terminal.modes import ONLY_MISSING, Mode
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.wanting import GoneHome, Held, Want

DRAWS_MAX = 2 + PROMOTIONS_MAX
"""For one request: money, points, and what each promotion lacks."""
PROMOTIONS_WAIT_MS = 3_000
"""After that nothing more is drawn for a promotion: the customer has waited long enough."""


class Givers(NamedTuple):
    """Whom this till may ask for value."""

    hq: Drawing
    lead: Drawing

    def in_order(self, mode: Mode) -> tuple[Drawing, ...]:
        """Who is asked first, and who then."""
        if not mode.calls_hq:
            return (self.lead,)
        return (self.lead, self.hq) if mode.lead_first else (self.hq, self.lead)


class Undecided(NamedTuple):
    """A request with what was drawn for it so far, and what whoever was asked last has said."""

    asked: Asked
    told: NotDrawn | None


MAY_BE_NEAR = (NoDraw.NOT_REACHED, NoDraw.BUSY, NoDraw.RECOVERING)
"""Why HQ does not bring a right that a neighbour may have all the same."""


async def _nobody_brings(_: Fetch) -> None:
    """This till leads no store."""


class Deciding:
    """One request at a time for each caller.

    `renewed` is a request as it stands after a wait: time has passed. `asks_hq` is told that one begins to wait for HQ.
    `new_name` names a draw that needs a name of its own.
    """

    def __init__(
        self,
        store: StoreThread,
        givers: Givers,
        renewed: Callable[[Asked], Asked],
        asks_hq: Callable[[Asked], None],
        new_name: Callable[[], str],
    ) -> None:
        self._store = store
        self._givers = givers
        self._had_none = {giver: HadNone() for giver in givers}
        self._renewed = renewed
        self._asks_hq = asks_hq
        self._new_name = new_name
        self.bring_right: Callable[[Fetch], Awaitable[None]] = _nobody_brings
        """Where this till leads its store: have a neighbour bring a right to here, if one has it."""

    async def decide(self, asked: Asked, mode: Mode) -> Answer | Problem:
        """The answer, committed. Raises DiskFull, BookBroken: then nothing was decided."""
        if isinstance(asked.request, Undo):
            return await self._undo(asked, asked.request, mode)
        answer = await self._decide(asked, mode)
        for one in answer.promotions if isinstance(answer, Answer) else ():
            for had_none in self._had_none.values():
                had_none.forget(quota_of(one.name))
        return answer

    async def _decide(self, asked: Asked, mode: Mode) -> Answer | Problem:
        so_far, portions = Undecided(asked, None), mode
        for giver in self._givers.in_order(mode):
            if not giver.is_worth_it:
                continue
            had_none = self._had_none[giver].known(so_far.asked.moment.now_ms)
            so_far = so_far._replace(asked=msgspec.structs.replace(so_far.asked, had_none=had_none))
            want = await self._store.do(TillStore.perform_or_want, so_far.asked, portions, so_far.told)
            if not isinstance(want, Want):
                return want
            if giver is self._givers.hq:
                self._asks_hq(asked)
            outcome = await self._draw(giver, want, so_far.asked, portions)
            if not isinstance(outcome, Undecided):
                return outcome
            so_far, portions = Undecided(outcome.asked, outcome.told or so_far.told), ONLY_MISSING
        return await self._store.do(TillStore.perform, *so_far)

    async def _undo(self, asked: Asked, request: Undo, mode: Mode) -> Answer | Problem:
        """Undone with the right that is here, or first fetched: it is decided in the commit that takes it.

        HQ knows best who has it. Where it brings none, one of the store's tills may have it.
        """
        known = await self._store.do(TillStore.perform_or_fetch, asked)
        if known is not None:
            return known
        fetch, said = Fetch(request.operation_id, request.receipt_number), None
        if mode.calls_hq and self._givers.hq.is_worth_it:
            self._asks_hq(asked)
            told = await self._givers.hq.ask(fetch, asked, mode)
            if isinstance(told, Answer | Problem):
                return told
            asked, said = self._renewed(asked), told if isinstance(told, NotDrawn) else None
        if said is None or said.code in MAY_BE_NEAR:
            near = await self._fetch_near(fetch, asked, mode)
            if isinstance(near, Answer | Problem):
                return near
            asked = self._renewed(asked)
        return await self._store.do(TillStore.perform, asked, said)

    async def _fetch_near(self, fetch: Fetch, asked: Asked, mode: Mode) -> Told:
        """By the store's lead; what the lead itself is brought, lies here when it is decided."""
        if self._givers.lead.is_worth_it:
            return await self._givers.lead.ask(fetch, asked, mode)
        await self.bring_right(fetch)
        return None

    async def _draw(self, giver: Drawing, want: Want, asked: Asked, mode: Mode) -> Answer | Problem | Undecided:
        """Draw one asset after another; it is decided in the commit that takes the last of them."""
        told: Told = None
        began_ms = asked.moment.now_ms
        for _ in range(DRAWS_MAX):
            if want.asset is Asset.QUOTA and self._renewed(asked).moment.now_ms - began_ms >= PROMOTIONS_WAIT_MS:
                break
            asked = msgspec.structs.replace(asked, drawn_for=(*asked.drawn_for, want.what))
            told = await self._tell(giver, want, asked, mode)
            if isinstance(told, Held):
                asked = msgspec.structs.replace(asked, drawn=(*asked.drawn, told.passage))
                want = told.want
            elif isinstance(told, NotDrawn) and told.code is NoDraw.NOT_ENOUGH and not want.is_vital:
                if want.asset is Asset.QUOTA:
                    self._had_none[giver].note(QuotaNeed(want.account, want.least), self._renewed(asked).moment.now_ms)
                known = self._known_by(giver, told)
                outcome = await self._store.do(TillStore.perform_or_want, self._renewed(asked), mode, known)
                if not isinstance(outcome, Want):
                    return outcome
                want = outcome
            elif isinstance(told, Answer | Problem):
                return told
            else:
                break
        asked = msgspec.structs.replace(self._renewed(asked), drawn_for=())
        return Undecided(asked, self._known_by(giver, _about_money(told, want)))

    def _known_by(self, giver: Drawing, told: NotDrawn | None) -> NotDrawn | None:
        """A no of whoever can know: that a card is lost, each till knows, and what a member has elsewhere, HQ alone."""
        is_hq = giver is self._givers.hq
        return told if is_hq or (told is not None and told.code is NoDraw.BLOCKED) else None

    async def _tell(self, giver: Drawing, want: Want, asked: Asked, mode: Mode) -> Told:
        """The first draw has the operation's own name: asked again after a cut, HQ gives the same and no more.

        What a promotion lacks is nobody's, and what comes of it twice is given to the next customer.
        """
        is_first = len(asked.drawn_for) == 1 and want.asset is not Asset.QUOTA
        name = asked.request.operation_id if is_first else self._new_name()
        told = await giver.draw(want, asked, name, mode)
        return await giver.draw(want, asked, self._new_name(), mode) if isinstance(told, GoneHome) else told


def _about_money(told: Told, want: Want) -> NotDrawn | None:
    """HQ's no, where the decline is to tell of it: points elsewhere are not mentioned yet, a blocked card always is."""
    if not isinstance(told, NotDrawn):
        return None
    return told if want.asset is Asset.MONEY or told.code is not NoDraw.NOT_ENOUGH else None
