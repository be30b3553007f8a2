"""How it stands between this till and HQ, for the page, the slips and the log."""

from __future__ import annotations

import structlog

from offline_queue.doubts import Doubt
from offline_queue.forwarding import Forwarding
from terminal.answers import HqState, HqStatus, Stopped
from terminal.hq_memory import HqKnown
from terminal.till import Till
from terminal.world import World, local_text

STOPPED = {code.value: code for code in Stopped}

log = structlog.get_logger()


class HqStanding:
    """What is known of HQ beside how far the chain has gone up; a change is told and logged once."""

    def __init__(self, till: Till, world: World) -> None:
        self._till = till
        self._world = world
        self.known = HqKnown()
        self.disobeyed: Doubt | None = None
        """Why the directives on this line are no longer carried out."""
        self.heard_at_ms: int | None = None
        self._trouble = ""
        self._was_behind = False

    def remember(self, known: HqKnown) -> None:
        """What the book knows of HQ from earlier runs."""
        self.known = known
        self.heard_at_ms = known.heard_at_ms

    def hear(self) -> None:
        """HQ gave a sign of life now."""
        self.heard_at_ms = self._world.now_ms()

    def line_begins(self, waiting: int) -> None:
        """HQ has proved to be HQ, and knows who we are."""
        self.hear()
        self.disobeyed = None
        self._trouble = ""
        self._was_behind = waiting > 0
        log.info("hq reached", waiting=waiting)

    def line_ends(self, why: str, *, was_up: bool) -> None:
        """The line is lost, or did not come up. The same reason again is not logged again."""
        if why != self._trouble:
            self._trouble = why
            log.warning("hq lost" if was_up else "hq not reached", why=why)

    def line_rests(self) -> None:
        """The till has hung up: everything is said."""
        self.hear()
        log.info("exchange done")

    async def tell(self, state: Forwarding, *, rests: bool) -> None:
        """Tell the till how it is; what waited when the line came up and has arrived by now is news too."""
        caught_up = self._was_behind and state.is_up and state.waiting == 0
        self._was_behind = self._was_behind and not caught_up
        await self._till.on_hq(self._status(state, rests=rests), caught_up=caught_up)

    def _status(self, state: Forwarding, *, rests: bool) -> HqStatus:
        last_contact = None if self.heard_at_ms is None else local_text(self.heard_at_ms, self._till.shop.zone)
        return HqStatus(self._line(state, rests=rests), last_contact, state.waiting, self._stopped(state))

    def _line(self, state: Forwarding, *, rests: bool) -> HqState:
        if state.is_up:
            return HqState.ANSWERED
        if not self._till.mode.calls_hq:
            return HqState.BY_MEDIUM
        if self.heard_at_ms is None:
            return HqState.NEVER
        return HqState.RESTING if rests else HqState.NOT_REACHED

    def _stopped(self, state: Forwarding) -> Stopped | None:
        if self.known.revoked:
            return Stopped.REVOKED
        if state.halt is not None:
            return STOPPED.get(state.halt.code, Stopped.REJECTED)
        return None if self.disobeyed is None else STOPPED[self.disobeyed]
