"""What befalls a chain, and what HQ's office changes, while shops sell. One more fault is one more function here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeAlias

from ledger.journal_sqlite import DiskFull
from protocol.bodies import Lead, Witness
from simulation import sticks
from simulation.chain import Chain
from simulation.company import Member
from simulation.losses import lose_till
from simulation.machine import WentOff
from simulation.net import Cable
from simulation.printer import ShopPrinter
from simulation.shop import Fate, HqAnswer, ShopTill
from terminal.modes import ModeName

WRITES_MAX = 25
OUT_S = (5.0, 3_600.0)
"""How long a cable is out."""
SHORTLY_S = 20.0
PRINTS_S_MAX = 2.0
MENDED_S = (600.0, 4 * 3600.0)
"""How long nobody sees to a printer: some slips come meanwhile."""
SLIP_BYTES_MAX = 3_000
"""Two slips, or a little more."""
SINCE_COPY_S = (60.0, 4 * 3600.0)
"""How old a copy is that takes the place of what was copied."""
COPY_IN_S = (60.0, 2 * 3600.0)
LINE_TOO_ODDS = LATE_ODDS = 0.5
GOES_ON_ODDS = 0.2
"""Of each look at which two people would not wait any longer, if they may."""
LOOK_S, LOOKS_MAX = 600.0, 144
"""How often somebody looks whether all tills have called."""
HOSTED = (ModeName.HOSTED,) * 5
MODES = (ModeName.TRANSFER, ModeName.TRANSFER, ModeName.REAL_TIME, ModeName.REAL_TIME, ModeName.PROXY_RUN)

Fault: TypeAlias = Callable[[Chain, Random], Awaitable[None]]


async def pull_line(chain: Chain, chance: Random) -> None:
    """A store's line to HQ is down for a while."""
    await _pull(chance.choice(list(chain.cables.values()))[0], chance.uniform(*OUT_S))


async def pull_line_shortly(chain: Chain, chance: Random) -> None:
    """It comes back before anybody has noticed."""
    await _pull(chance.choice(list(chain.cables.values()))[0], chance.uniform(0, SHORTLY_S))


async def pull_lan(chain: Chain, chance: Random) -> None:
    """The tills of a store do not reach each other."""
    await _pull(chance.choice(list(chain.cables.values()))[1], chance.uniform(*OUT_S))


async def pull_hosts(chain: Chain, chance: Random) -> None:
    """The places at HQ do not reach it."""
    await _pull(chain.hosts, chance.uniform(0, SHORTLY_S) if chance.random() < 0.5 else chance.uniform(*OUT_S))


async def pull_hq(chain: Chain, chance: Random) -> None:
    """Nobody reaches HQ."""
    await _pull(chain.wan, chance.uniform(*OUT_S))


async def cut_till(chain: Chain, chance: Random) -> None:
    """A till loses power, or its program is killed, at one of its next writes."""
    till = chance.choice(chain.running())
    till.machine.cut_after(chance.randint(0, WRITES_MAX), killed=chance.random() < 0.3)


async def cut_hq(chain: Chain, chance: Random) -> None:
    """HQ loses power, or its program is killed, at one of its next writes."""
    chain.hq.machine.cut_after(chance.randint(0, WRITES_MAX), killed=chance.random() < 0.3)


async def switch_off(chain: Chain, chance: Random) -> None:
    """A machine loses power while its disk is quiet."""
    machine = chance.choice(chain.machines())
    if machine.is_on:
        machine.go_off()


async def fill_disk(chain: Chain, chance: Random) -> None:
    """A disk has no room for a while."""
    machine = chance.choice(chain.machines())
    machine.disk.is_full = True
    await asyncio.sleep(chance.uniform(*OUT_S))
    machine.disk.is_full = False


async def set_clock(chain: Chain, chance: Random) -> None:
    """A till's wall clock is wrong for some hours, by minutes or days."""
    machine = chance.choice(chain.running()).machine
    machine.clock_off_ms = chance.choice((-1, 1)) * chance.choice((5, 60, 24 * 60, 5 * 24 * 60)) * 60_000
    await asyncio.sleep(chance.uniform(600, 6 * 3600))
    machine.clock_off_ms = 0


async def run_in_another_way(chain: Chain, chance: Random) -> None:
    """HQ moves a store to another mode."""
    store = chance.choice(list(chain.cables))
    can_be_hosted = all(chain.host_of(till) is not None for till in chain.in_shops(store))
    mode = chance.choice((*MODES, *HOSTED) if can_be_hosted else MODES)
    await chain.hq.machine.ask(lambda: chain.hq.desk.run_store(store, mode))


async def name_lead(chain: Chain, chance: Random) -> None:
    """HQ names a store's lead, perhaps with a witness, or says that it has none."""
    store = chance.choice(list(chain.cables))
    tills = chain.in_shops(store)
    first, *others = chance.sample(tills, len(tills))
    lead = Lead(first.name.keeper, first.address) if chance.random() < 0.8 else None
    witness = Witness(others[0].name.keeper, others[0].address) if others and chance.random() < 0.5 else None
    await chain.hq.machine.ask(lambda: chain.hq.desk.lead_store(store, lead, witness if lead else None))


async def carry_stick(chain: Chain, chance: Random) -> None:
    """Somebody takes a till's file to HQ, and the answer back, whatever its line does meanwhile."""
    await sticks.carry(chain.hq, chance.choice(chain.in_shops()), chance)


async def find_old_file(chain: Chain, chance: Random) -> None:
    """A file of HQ's from before is brought in."""
    await sticks.bring_old(chance.choice(chain.in_shops()), chance)


async def lose_card(chain: Chain, chance: Random) -> None:
    """A card is reported lost, and found again after some hours."""
    token = chance.choice(chain.members).card.token
    await chain.hq.machine.ask(lambda: chain.hq.desk.block(token))
    await asyncio.sleep(chance.uniform(600, 4 * 3600))
    await chain.hq.machine.ask(lambda: chain.hq.desk.unblock(token))


async def cut_while_printing(chain: Chain, chance: Random) -> None:
    """A till goes off while its next slip is being printed, and often its printer with it."""
    till = chance.choice(chain.in_shops())
    printer = till.printer
    assert printer is not None, "it stands in a shop"
    await printer.next_begins()
    await asyncio.sleep(chance.uniform(0, PRINTS_S_MAX))
    if chance.random() < LINE_TOO_ODDS:
        printer.lose_power()
    till.machine.cut_after(chance.randint(0, WRITES_MAX), killed=chance.random() < 0.3)
    if chance.random() < 0.5 and till.machine.is_on:
        till.machine.go_off()
    await asyncio.sleep(chance.uniform(*OUT_S))
    printer.mend()


def _trouble(befalls: Callable[[ShopPrinter, Random], None]) -> Fault:
    """A printer has something, until somebody sees to it."""

    async def fault(chain: Chain, chance: Random) -> None:
        printer = chance.choice(chain.in_shops()).printer
        assert printer is not None, "it stands in a shop"
        befalls(printer, chance)
        await asyncio.sleep(chance.uniform(*MENDED_S))
        printer.mend()

    return fault


def _end_roll(printer: ShopPrinter, chance: Random) -> None:
    """In the middle of a slip or between two."""
    printer.end_roll(chance.randint(0, SLIP_BYTES_MAX))


def _lose_power(printer: ShopPrinter, chance: Random) -> None:
    """At once, or in the middle of one of its next slips."""
    if chance.random() < 0.3:
        printer.lose_power()
    else:
        printer.power_left = chance.randint(1, SLIP_BYTES_MAX)


def _open_cover(printer: ShopPrinter, _chance: Random) -> None:
    printer.is_covered = False


def _answer_nothing(printer: ShopPrinter, _chance: Random) -> None:
    """It prints."""
    printer.answers = False


def _slow_down(printer: ShopPrinter, _chance: Random) -> None:
    """It takes longer than its driver waits, and prints."""
    printer.is_slow = True


async def put_hq_back(chain: Chain, chance: Random) -> None:
    """HQ's disk fails some time after it was copied, and the copy takes its place. When all have called, HQ goes on.

    Now and then HQ's line is down from the copy on, so that what was given then arrives after the new epoch, if ever;
    or HQ has ordered something of a till by file alone, and that comes after the new epoch; or two people go on without
    a till to which HQ had given nothing since the copy.
    """
    hq = chain.hq
    if not hq.machine.is_on:
        raise WentOff
    before = hq.machine.store.own_head().ref
    image = await hq.machine.copy_after(chance.randint(0, WRITES_MAX))
    lost = _of_lost_tills(chain)
    if chance.random() < LINE_TOO_ODDS:
        chain.loop.begin(_pull(chain.wan, chance.uniform(*OUT_S)))
    await asyncio.sleep(chance.uniform(*SINCE_COPY_S))
    till = chance.choice(chain.in_shops())
    late = await _order_by_file(chain, till, chance.choice(chain.members)) if chance.random() < LATE_ODDS else None
    is_changing = any(till.is_doomed and till.fate is Fate.IN_SHOP for till in chain.tills)
    if is_changing or not hq.machine.is_on or _of_lost_tills(chain) != lost:
        return  # what HQ knew of one that is lost since, nobody would tell it again
    hq.put_back(image, before)
    if late is not None:
        chain.loop.begin(_bring_late(till, late))
    for _ in range(LOOKS_MAX):
        await asyncio.sleep(LOOK_S)
        ask = hq.goes_on if chance.random() < GOES_ON_ODDS else hq.recovers
        if hq.machine.is_serving and not await hq.machine.try_ask(ask):
            return


async def _order_by_file(chain: Chain, till: ShopTill, who: Member) -> HqAnswer | None:
    """HQ orders something of a till whose line is down, and only a file says so; None: one of them has gone off."""
    line, _ = chain.cables[till.name.store]
    line.pull()
    try:
        await chain.hq.machine.ask(lambda: chain.hq.desk.block(who.card.token))
        await chain.hq.machine.ask(lambda: chain.hq.desk.unblock(who.card.token))
        return await sticks.fetch(chain.hq, till)
    except (WentOff, DiskFull):
        return None
    finally:
        line.plug()


async def _bring_late(till: ShopTill, answer: HqAnswer) -> None:
    """The file comes as soon as the till knows a later epoch of HQ's."""
    for _ in range(LOOKS_MAX):
        await asyncio.sleep(LOOK_S)
        if till.machine.is_serving and till.machine.store.hq.known().hq_epoch > answer.hq_epoch:
            await till.machine.try_ask(lambda: sticks.bring(till, answer))
            return


def _of_lost_tills(chain: Chain) -> object:
    """What nobody would tell HQ again: who keeps which place, and what it has of those whose machines are lost.

    Raises WentOff.
    """
    if not chain.hq.machine.is_on:
        raise WentOff
    hq = chain.hq.machine.store
    return chain.keepers_changed, [hq.acknowledgement(*one, 0).held for one in sorted(chain.gone)]


async def put_till_back(chain: Chain, chance: Random) -> None:
    """Somebody puts a copy into a till in place of its disk. Later he finds the right one, and puts that back."""
    till = chance.choice(chain.running())
    machine = till.machine
    copy = await machine.copy_after(chance.randint(0, WRITES_MAX))
    copied = machine.store.head().ref.sequence
    await asyncio.sleep(chance.uniform(*SINCE_COPY_S))
    if till.has_copy or till.is_doomed or not machine.is_on or machine.store.head().ref.sequence == copied:
        return  # it would be no old one
    till.has_copy = True
    right = machine.put_back(copy)
    await asyncio.sleep(chance.uniform(*COPY_IN_S))
    machine.put_back(right)
    till.has_copy = False


async def _pull(cable: Cable, out_s: float) -> None:
    cable.pull()
    await asyncio.sleep(out_s)
    cable.plug()


FAULTS: dict[str, tuple[int, Fault]] = {
    "a store's line is down": (8, pull_line),
    "a store's line is down shortly": (6, pull_line_shortly),
    "a store's LAN is down": (3, pull_lan),
    "hq's line is down": (2, pull_hq),
    "hosts do not reach hq": (2, pull_hosts),
    "a till's power is cut at a write": (10, cut_till),
    "hq's power is cut at a write": (6, cut_hq),
    "hq is put back from a copy": (5, put_hq_back),
    "a till has an old disk for a while": (4, put_till_back),
    "a machine is switched off": (4, switch_off),
    "a disk is full": (3, fill_disk),
    "a till's clock is wrong": (3, set_clock),
    "a store is run in another way": (3, run_in_another_way),
    "a lead is named": (4, name_lead),
    "a file is carried on a stick": (10, carry_stick),
    "an old file is found": (4, find_old_file),
    "a card is lost": (1, lose_card),
    "a till is lost for good": (5, lose_till),
    "a printer's roll ends": (4, _trouble(_end_roll)),
    "a printer is off line": (3, _trouble(_open_cover)),
    "a printer loses power": (4, _trouble(_lose_power)),
    "a till goes off while it prints": (4, cut_while_printing),
    "a printer does not answer": (3, _trouble(_answer_nothing)),
    "a printer is slow": (2, _trouble(_slow_down)),
}
"""By what a report calls them; how often, beside the others."""


async def befall(chain: Chain, chance: Random, told: Callable[[str], None]) -> None:
    """One of them, now."""
    names = list(FAULTS)
    name = chance.choices(names, [FAULTS[name][0] for name in names])[0]
    told(name)
    try:
        await FAULTS[name][1](chain, chance)
    except (WentOff, DiskFull):
        return  # and nobody tries again
