"""Files on a stick between a till and HQ: late, lost on the way, carried twice, in any order."""

from __future__ import annotations

import asyncio
from random import Random

from hq_server.media import Incoming as AtHq
from hq_server.media import MediumTaken
from simulation.head_office import HeadOffice
from simulation.shop import ShopTill
from terminal.answers import Problem
from terminal.media import Brought, Incoming, Media

ON_THE_WAY_S = (60.0, 3 * 3600.0)
LOSS_ODDS = 0.2
TWICE_ODDS = 0.4


async def carry(hq: HeadOffice, till: ShopTill, chance: Random) -> None:
    """A till's file goes to HQ, and HQ's answer back. Raises WentOff."""
    there = await till.machine.ask(lambda: _take_out(till))
    for _ in range(1 + (chance.random() < TWICE_ODDS)):
        await asyncio.sleep(chance.uniform(*ON_THE_WAY_S))
        if chance.random() >= LOSS_ODDS:
            answer = await hq.machine.ask(lambda: _at_hq(hq, there))
            till.machine.loop.begin(_bring_in(till, answer, chance))


async def exchange(hq: HeadOffice, till: ShopTill) -> None:
    """The same without a way. Raises WentOff."""
    there = await till.machine.ask(lambda: _take_out(till))
    answer = await hq.machine.ask(lambda: _at_hq(hq, there))
    await till.machine.ask(lambda: _at_till(till, answer))


async def _bring_in(till: ShopTill, answer: bytes, chance: Random) -> None:
    for _ in range(1 + (chance.random() < TWICE_ODDS)):
        await asyncio.sleep(chance.uniform(*ON_THE_WAY_S))
        if chance.random() >= LOSS_ODDS and till.machine.is_serving:
            await till.machine.try_ask(lambda: _at_till(till, answer))


async def _take_out(till: ShopTill) -> bytes:
    return b"".join([part async for part in _media(till).take_out()])


async def _at_hq(hq: HeadOffice, content: bytes) -> bytes:
    incoming = AtHq(hq.desk)
    assert await incoming.receive(content), "HQ can't read what a till has written"
    taken = await incoming.end()
    assert isinstance(taken, MediumTaken), taken
    return b"".join([part async for part in incoming.answer()])


async def _at_till(till: ShopTill, content: bytes) -> None:
    """An older answer than the last one may say nothing new; it is never wrong."""
    media = _media(till)
    async with media.turn:
        incoming = Incoming(media)
        await incoming.receive(content)
        brought = await incoming.end()
    assert isinstance(brought, Brought | Problem), f"{till.name} does not believe HQ's file: {brought}"
    assert isinstance(brought, Problem) or brought.wrong is None, f"{till.name} does not believe HQ's file: {brought}"


def _media(till: ShopTill) -> Media:
    assert till.core is not None
    assert till.core.media is not None
    return till.core.media
