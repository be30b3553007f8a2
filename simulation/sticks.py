"""Files on a stick between a till and HQ: late, lost on the way, carried twice, in any order."""

from __future__ import annotations

import asyncio
from random import Random

from hq_server.media import Incoming as AtHq
from hq_server.media import MediumTaken
from offline_queue.media import MediumReader, Sender
from simulation.head_office import HeadOffice
from simulation.loop import here
from simulation.net import Net
from simulation.shop import HqAnswer, ShopTill
from terminal.answers import Problem
from terminal.media import Brought, Incoming, Media, NotBelieved

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
            till.old_files.append(answer)
            till.machine.loop.begin(_bring_in(till, answer, chance))


async def bring_old(till: ShopTill, chance: Random) -> None:
    """Somebody finds one of HQ's files of an earlier day, and brings it in. Raises WentOff."""
    if till.old_files:
        answer = chance.choice(till.old_files)
        await till.machine.ask(lambda: bring(till, answer))


async def fetch(hq: HeadOffice, till: ShopTill) -> HqAnswer:
    """HQ's answer to what a till has to say now. Raises WentOff."""
    there = await till.machine.ask(lambda: _take_out(till))
    return await hq.machine.ask(lambda: _at_hq(hq, there))


async def exchange(hq: HeadOffice, till: ShopTill) -> None:
    """The same without a way. Raises WentOff."""
    answer = await fetch(hq, till)
    await till.machine.ask(lambda: bring(till, answer))


async def bring_last(hq: HeadOffice, till: ShopTill) -> None:
    """HQ gets what the disk of a lost till has, and nobody needs an answer. Raises WentOff."""
    there = await till.machine.ask(lambda: _take_out(till))
    await hq.machine.ask(lambda: _at_hq(hq, there))


async def _bring_in(till: ShopTill, answer: HqAnswer, chance: Random) -> None:
    for _ in range(1 + (chance.random() < TWICE_ODDS)):
        await asyncio.sleep(chance.uniform(*ON_THE_WAY_S))
        if chance.random() >= LOSS_ODDS and till.machine.is_serving:
            await till.machine.try_ask(lambda: bring(till, answer))


async def _take_out(till: ShopTill) -> bytes:
    content = b"".join([part async for part in _media(till).take_out()])
    _leaves(till.machine.net, Sender.TILL, content)
    return content


async def _at_hq(hq: HeadOffice, content: bytes) -> HqAnswer:
    incoming = AtHq(hq.desk)
    assert await incoming.receive(content), "HQ can't read what a till has written"
    taken = await incoming.end()
    assert isinstance(taken, MediumTaken), taken
    answer = b"".join([part async for part in incoming.answer()])
    _leaves(hq.machine.net, Sender.HQ, answer)
    return HqAnswer(answer, hq.machine.store.own_head().ref.epoch)


def _leaves(net: Net, sender: Sender, content: bytes) -> None:
    """What a program writes into a file has left it as what it gives to a line: whoever listens there hears it, too.

    Otherwise nobody would know that HQ had acknowledged something, and lost it as its disk was put back.
    """
    for message in MediumReader(sender).receive(content):
        net.said(here(), message)


async def bring(till: ShopTill, answer: HqAnswer) -> None:
    """An older answer than the last one may say nothing new; it is wrong only if HQ or the till was put back."""
    media = _media(till)
    async with media.turn:
        incoming = Incoming(media)
        await incoming.receive(answer.content)
        brought = await incoming.end()
    if isinstance(brought, Problem):
        return
    wrong = brought.wrong if isinstance(brought, Brought) else brought
    store = till.machine.store
    if wrong is NotBelieved.AHEAD and till.has_copy:
        assert store.trust.problem is Problem.BOOK_BEHIND, "a till knows that its book is a copy, and goes on"
        return
    is_old = store.hq.known().hq_epoch > answer.hq_epoch
    assert wrong == (NotBelieved.OLDER_HQ if is_old else None), f"{till.name} says of HQ's file: {brought}"


def _media(till: ShopTill) -> Media:
    assert till.core is not None
    assert till.core.media is not None
    return till.core.media
