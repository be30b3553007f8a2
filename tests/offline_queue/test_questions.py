"""Questions on a line whose upper end is a lead: it lends value, and knows nothing of rights."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from ledger.ids import ChainId, Place
from offline_queue.gateway.questions import Questions
from protocol.conversation import AnyMessage, Fetch, NoDraw, NotDrawn


async def test_a_lead_that_is_asked_for_a_right_says_that_it_knows_none() -> None:
    said: list[AnyMessage] = []

    async def say(message: AnyMessage) -> None:
        said.append(message)

    world = SimpleNamespace(monotonic_s=lambda: 0.0, now_ms=lambda: 7)
    host, wire = cast("Any", SimpleNamespace(reception=None, world=world)), cast("Any", SimpleNamespace(say=say))
    questions = Questions(ChainId(Place("07-2"), 1), wire, host, cast("Any", None), cast("Any", None))
    async with asyncio.TaskGroup() as tasks:
        await questions.ask(Fetch("operation-1", "07-1-000031"), tasks)
    assert said == [NotDrawn("operation-1", NoDraw.UNKNOWN, (), 7)]
