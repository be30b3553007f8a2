"""Deciding: with what lies here, or first with what HQ gives for it; then committed."""

from __future__ import annotations

from collections.abc import Callable

from terminal.answers import Answer, Problem
from terminal.asking import Asked
from terminal.drawing import Drawing
from terminal.modes import Mode
from terminal.store import TillStore
from terminal.store_thread import StoreThread
from terminal.wanting import Want


class Deciding:
    """One request at a time for each caller.

    `renewed` is a request as it stands after a wait: time has passed. `asks_hq` is told that one begins to wait.
    """

    def __init__(
        self,
        store: StoreThread,
        drawing: Drawing,
        renewed: Callable[[Asked], Asked],
        asks_hq: Callable[[Asked], None],
    ) -> None:
        self._store = store
        self._drawing = drawing
        self._renewed = renewed
        self._asks_hq = asks_hq

    async def decide(self, asked: Asked, mode: Mode) -> Answer | Problem:
        """The answer, committed. Raises DiskFull, BookBroken: then nothing was decided."""
        if not self._drawing.is_worth_it:
            return await self._store.do(TillStore.perform, asked)
        outcome = await self._store.do(TillStore.perform_or_want, asked, mode)
        return await self._draw(outcome, asked) if isinstance(outcome, Want) else outcome

    async def _draw(self, want: Want, asked: Asked) -> Answer | Problem:
        self._asks_hq(asked)
        told = await self._drawing.draw(want, asked)
        if isinstance(told, Answer | Problem):
            return told
        return await self._store.do(TillStore.perform, self._renewed(asked), told)
