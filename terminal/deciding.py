"""Deciding: with what lies here, or first with what HQ gives for it; then committed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ledger.slices import Asset
from protocol.conversation import NoDraw, NotDrawn
from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.drawing import Drawing, Told
from terminal.modes import Mode
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.wanting import GoneHome, Held, Want


class Deciding:
    """One request at a time for each caller.

    `renewed` is a request as it stands after a wait: time has passed. `asks_hq` is told that one begins to wait.
    `new_name` names a draw that needs a name of its own.
    """

    def __init__(
        self,
        store: StoreThread,
        drawing: Drawing,
        renewed: Callable[[Asked], Asked],
        asks_hq: Callable[[Asked], None],
        new_name: Callable[[], str],
    ) -> None:
        self._store = store
        self._drawing = drawing
        self._renewed = renewed
        self._asks_hq = asks_hq
        self._new_name = new_name

    async def decide(self, asked: Asked, mode: Mode) -> Answer | Problem:
        """The answer, committed. Raises DiskFull, BookBroken: then nothing was decided."""
        if not self._drawing.is_worth_it:
            return await self._store.do(TillStore.perform, asked)
        outcome = await self._store.do(TillStore.perform_or_want, asked, mode)
        if not isinstance(outcome, Want):
            return outcome
        self._asks_hq(asked)
        return await self._draw(outcome, asked, mode)

    async def _draw(self, want: Want, asked: Asked, mode: Mode) -> Answer | Problem:
        """Draw one asset after another, each once, and decide in the commit that takes the last of them."""
        told: Told = None
        for _ in Asset:
            asked = msgspec.structs.replace(asked, drawn_for=(*asked.drawn_for, want.asset))
            told = await self._tell(want, asked, mode)
            if isinstance(told, Held):
                asked = msgspec.structs.replace(asked, drawn=(*asked.drawn, told.transfer))
                want = told.want
            elif isinstance(told, NotDrawn) and told.code is NoDraw.NOT_ENOUGH and want.least == 0:
                outcome = await self._store.do(TillStore.perform_or_want, self._renewed(asked), mode, told)
                if not isinstance(outcome, Want):
                    return outcome
                want = outcome
            elif isinstance(told, Answer | Problem):
                return told
            else:
                break
        return await self._store.do(TillStore.perform, self._renewed(asked), _about_money(told, want))

    async def _tell(self, want: Want, asked: Asked, mode: Mode) -> Told:
        """The first draw has the operation's own name: asked again after a cut, HQ gives the same and no more."""
        is_first = len(asked.drawn_for) == 1
        name = asked.request.operation_id if is_first else self._new_name()
        told = await self._drawing.draw(want, asked, name, mode)
        return await self._drawing.draw(want, asked, self._new_name(), mode) if isinstance(told, GoneHome) else told


def _about_money(told: Told, want: Want) -> NotDrawn | None:
    """HQ's no, where the decline is to tell of it: points elsewhere are not mentioned yet, a blocked card always is."""
    if not isinstance(told, NotDrawn):
        return None
    return told if want.asset is Asset.MONEY or told.code is not NoDraw.NOT_ENOUGH else None
