"""A till whose machine is lost for good, and what HQ's office does about it until all of that is done.

lost ──▶ another machine in its place, or its key is revoked ──▶ written off ──▶ its disk is found, or never
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from hq_server.write_offs import Decided
from ledger.ids import ChainId, Place
from simulation import sticks
from simulation.chain import Chain
from simulation.head_office import SOMEBODY, SOMEBODY_ELSE
from simulation.machine import WentOff
from simulation.net import Cable
from simulation.shop import Fate, ShopTill

T = TypeVar("T")

CUT_OFF_ODDS = 0.7
"""Of a store whose line is down for a while before, so that HQ does not know all that the till has done."""
CUT_OFF_S = (1800.0, 6 * 3600.0)
AT_A_WRITE_ODDS, WRITES_MAX, WRITING_S_MAX = 0.5, 25, 1200.0
"""Of a machine that is lost while it writes, if it does so soon."""
GONE_S = 1.0
"""Between the last that is heard of it and the checks' look at its disk."""
UNNOTICED_S = (300.0, 2 * 3600.0)
"""Until HQ's office acts."""
REVOKED_ODDS, ELSEWHERE_ODDS = 0.4, 0.3
"""Of a machine whose key is trusted no longer; of one of those whose successor has another place."""
WRITE_OFF_ODDS, SOON_ODDS = 0.9, 0.5
"""Of a loss that two people write off; of one of those that they write off before there is another machine."""
THINKING_S = (30.0, 3600.0)
FOUND_ODDS, ON_LINE_ODDS = 0.75, 0.5
"""Of a machine that turns up; of one of those that somebody plugs in, instead of reading its disk."""
FOUND_S = (600.0, 5 * 3600.0)
TRY_S, TRIES_MAX = 60.0, 300
"""How often somebody asks for what can't be done now."""


async def lose_till(chain: Chain, chance: Random) -> None:
    """A till is stolen or broken for good. HQ knows nobody's reasons: it is told to act, and then it does."""
    till = _to_be_lost(chain, chance)
    if till is None:
        return
    chain.stories, chain.keepers_changed, till.is_doomed = chain.stories + 1, chain.keepers_changed + 1, True
    story = _Loss(chain, till, chance)
    try:
        await story.tell()
    finally:
        chain.stories -= 1
    await story.look_for_what_is_waited_for()


def _to_be_lost(chain: Chain, chance: Random) -> ShopTill | None:
    """One that is not its store's only one; a hosted till's value lies elsewhere, and so it stays."""
    if not chain.hq.machine.is_on or chain.hq.is_recovering:
        return None
    tills = [
        till
        for till in chain.in_shops()
        if till.machine.is_serving
        and not (till.has_copy or till.is_doomed)
        and chain.host_of(till) is None
        and len([one for one in chain.in_shops(till.name.store) if not one.is_doomed]) > 1
    ]
    return chance.choice(tills) if tills else None


class _Loss:
    """What becomes of one till."""

    def __init__(self, chain: Chain, till: ShopTill, chance: Random) -> None:
        self._chain, self._till, self._chance = chain, till, chance
        self._office = chain.hq
        self._is_revoked = False
        """HQ's office has taken its key's trust away: whoever did so knows, also while HQ is off."""

    async def tell(self) -> None:
        """From the day's last call until its disk is found, or nobody looks for it any more."""
        chance, chain = self._chance, self._chain
        await self._be_lost()
        await chain.pass_time(chance.uniform(*UNNOTICED_S))
        is_revoked = chance.random() < REVOKED_ODDS
        deeds = [self._replace] if not is_revoked else [self._revoke, self._replace]
        if chance.random() < WRITE_OFF_ODDS:
            is_soon = is_revoked and chance.random() < SOON_ODDS
            deeds.insert(1 if is_soon else len(deeds), self._write_off)
        for deed in deeds:
            await deed()
            await chain.pass_time(chance.uniform(*THINKING_S))
        if chance.random() < FOUND_ODDS:
            await chain.pass_time(chance.uniform(*FOUND_S))
            await (self._plug_in() if chance.random() < ON_LINE_ODDS else self._read_disk())

    async def look_for_what_is_waited_for(self) -> None:
        """A neighbour has taken what it had given, and its record of that is at HQ nowhere: somebody finds its disk."""
        await self._chain.rests.wait()
        for _ in range(TRIES_MAX):
            await asyncio.sleep(TRY_S)
            if self._till.fate is Fate.LOST and self._is_waited_for():
                self._chain.stories += 1
                await self._read_disk()
                self._chain.stories -= 1
                return

    def _is_waited_for(self) -> bool:
        if not self._office.machine.is_on:
            return False
        query = "select 1 from waits where giver = ? and giver_epoch = ?"
        return self._office.machine.store._connection.execute(query, self._till.name).get is not None

    async def _be_lost(self) -> None:
        chain, chance, machine = self._chain, self._chance, self._till.machine
        if chance.random() < CUT_OFF_ODDS:
            line, _ = chain.cables[self._till.name.store]
            out_s = chance.uniform(*CUT_OFF_S)
            chain.loop.begin(_cut_off(line, out_s))
            await chain.pass_time(chance.uniform(0, out_s))
        machine.went_off = self._is_gone
        if machine.is_on and chance.random() < AT_A_WRITE_ODDS:
            machine.cut_after(chance.randint(0, WRITES_MAX), killed=False)
            await chain.pass_time(WRITING_S_MAX)
        if machine.is_on:
            machine.go_off()
        await self._until(lambda: self._till.fate is Fate.LOST)

    def _is_gone(self) -> None:
        loop = self._chain.loop
        loop.call_later(GONE_S, self._lay_by, context=loop.world.context.copy())

    def _lay_by(self) -> None:
        """What its disk has kept only the checks read."""
        self._till.machine.lay_open()
        self._till.fate = Fate.LOST
        self._chain.keepers_changed += 1
        self._chain.committed.look(self._till)

    async def _revoke(self) -> None:
        place = self._till.name.keeper
        assert await self._ask_office(lambda: self._watched(lambda: self._office.desk.revoke(place)))
        self._is_revoked = True
        self._chain.keepers_changed += 1

    async def _replace(self) -> None:
        """Another machine, with another key, at the same place; or at a new one, if nobody is to have the old one."""
        chain, key = self._chain, self._chain.new_key()
        place, raw_key = self._till.name.keeper, key.public_key().public_bytes_raw()
        if self._is_revoked and self._chance.random() < ELSEWHERE_ODDS:
            place = _new_place(chain, self._till.name.store)
        epoch = await self._ask_office(lambda: self._watched(lambda: self._office.enrol(place, raw_key)))
        chain.keepers_changed += 1
        self._till.successor = chain.set_up(ChainId(place, epoch), key)

    async def _write_off(self) -> None:
        """Two people; the first one may say it twice, and while HQ recovers nobody is heard."""
        first, second = self._chance.sample((SOMEBODY, SOMEBODY_ELSE), 2)
        for _ in range(TRIES_MAX):
            words = [first] * self._chance.randint(1, 2) + [second]
            decided = [await self._say(by) for by in words]
            if decided[-1] in {Decided.AGREED, Decided.ALREADY}:
                self._chain.keepers_changed += 1
                return
            assert Decided.RECOVERING in decided, f"{self._till.name} is lost, and HQ says {decided}"
            await self._chain.pass_time(TRY_S)
            await asyncio.sleep(TRY_S)
        raise AssertionError(f"{self._till.name} is never written off")

    async def _say(self, by: str) -> Decided:
        return await self._ask_office(lambda: self._office.desk.write_off(self._till.name, by))

    async def _plug_in(self) -> None:
        """The machine turns up, and whoever found it puts it on line."""
        await self._switch_on()

    async def _read_disk(self) -> None:
        """Its records are brought to HQ on a stick, and the machine is put away."""
        till = self._till
        till.unplug()
        await self._switch_on()
        for _ in range(TRIES_MAX):
            try:
                await sticks.bring_last(self._office, till)
                break
            except WentOff:
                await asyncio.sleep(TRY_S)
        till.machine.went_off = self._is_gone
        if till.machine.program is not None:
            till.machine.go_off()
        else:
            self._is_gone()
        await self._until(lambda: till.fate is Fate.LOST)

    async def _switch_on(self) -> None:
        till = self._till
        till.fate = Fate.FOUND
        self._chain.keepers_changed += 1
        till.machine.repair()
        self._chain.switch_on(till.machine)
        await self._until(lambda: till.machine.is_serving)

    async def _watched(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        with self._chain.proof.fencing():
            return await work()

    async def _ask_office(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Somebody at HQ tries until it is done, whatever befalls HQ meanwhile."""
        for _ in range(TRIES_MAX):
            done = await self._office.machine.try_ask(work)
            if done is not None:
                return done
            await asyncio.sleep(TRY_S)
        raise AssertionError("HQ is never there")

    async def _until(self, is_so: Callable[[], bool]) -> None:
        for _ in range(TRIES_MAX):
            if is_so():
                return
            await asyncio.sleep(TRY_S)
        raise AssertionError(f"{self._till.name} is neither here nor lost")


def _new_place(chain: Chain, store: str) -> Place:
    numbers = [int(till.name.keeper.partition("-")[2]) for till in chain.tills if till.name.store == store]
    return Place(f"{store}-{max(numbers) + 1}")


async def _cut_off(cable: Cable, out_s: float) -> None:
    cable.pull()
    await asyncio.sleep(out_s)
    cable.plug()
