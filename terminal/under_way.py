"""Operations under way: whoever asks the same again waits for the same answer, and nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, NamedTuple

import msgspec

from terminal.answers import Answer, Problem


class Operation(NamedTuple):
    """What is under way: its identity, the fingerprint of its words, and the POS's own number for its sale."""

    id: str
    words: bytes
    pos_ref: str | None


class UnderWay:
    """The operations that are being decided. They go on when whoever asked has gone."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[Operation, asyncio.Task[Answer | Problem]]] = {}

    async def begin(self, operation: Operation, deciding: Coroutine[Any, Any, Answer | Problem]) -> Answer | Problem:
        """Decide an operation that is not under way. Raises what `deciding` raises."""
        assert operation.id not in self._tasks, "ask again() first, and await nothing in between"
        task = asyncio.get_running_loop().create_task(deciding)
        self._tasks[operation.id] = operation, task
        task.add_done_callback(lambda _: self._forget(operation.id))
        return await asyncio.shield(task)

    async def again(self, operation_id: str, words: bytes) -> Answer | Problem | None:
        """What comes of this operation, if it is under way; a conflict when it was asked in other words."""
        if operation_id not in self._tasks:
            return None
        operation, task = self._tasks[operation_id]
        if operation.words != words:
            return Problem.OPERATION_CONFLICT
        answer = await asyncio.shield(task)
        return msgspec.structs.replace(answer, replayed=True) if isinstance(answer, Answer) else answer

    async def ended(self, *, operation_id: str = "", pos_ref: str = "") -> None:
        """Until nothing is under way by that name: only then it is true to say that something was not done."""
        while tasks := [
            task
            for known, task in self._tasks.values()
            if operation_id == known.id or (pos_ref and pos_ref == known.pos_ref)
        ]:
            await asyncio.wait(tasks)

    def _forget(self, operation_id: str) -> None:
        _, task = self._tasks.pop(operation_id)
        if not task.cancelled():
            task.exception()  # whoever waited has heard of it
