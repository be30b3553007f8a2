"""The end of a run: everything is plugged in and on, and everybody says what there is to say, until nothing moves."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from simulation import sticks
from simulation.chain import Chain
from simulation.machine import WentOff
from simulation.shop import LOOKS, ShopTill
from terminal.exchanges import Occasion
from terminal.slip_desk import PRINT_LATE_MS_MAX

ROUND_S, ROUNDS_MAX = 60.0, 180
"""Until nobody has anything more to say; a chain that needs more goes round in a circle."""
SLIPS_S = 2 * LOOKS.again_s + LOOKS.idle_s
FRESH_MS = PRINT_LATE_MS_MAX - round(SLIPS_S * 1000)
"""After that long each printer was looked at; what is older may be too late by then, and waits for who asks for it."""


def come_to_rest(chain: Chain) -> None:
    """Until nothing moves any more, and then everything is as it must be. Raises AssertionError."""
    _mend(chain)
    heads: list[object] = []
    for _ in range(ROUNDS_MAX):
        chain.loop.run_until_true(lambda: False, within_s=ROUND_S)
        if not all(machine.is_serving for machine in chain.machines()) or chain.has_copies():
            continue
        before, heads = heads, _heads(chain)
        is_recovering = chain.do(partial(chain.hq.machine.try_ask, chain.hq.recovers))
        if heads == before and is_recovering is False and not chain.stories and _has_arrived(chain):
            assert not chain.hq.is_recovering, "HQ was never told again what it had held"
            if _see_slips_out(chain) and _heads(chain) == heads:
                chain.look_at_tills()
                chain.proof.check_quiet()
                return
        with suppress(WentOff):
            chain.do(partial(_exchange, chain))
    raise AssertionError(f"they never come to rest: {heads}")


def _mend(chain: Chain) -> None:
    chain.rests.set()
    for cable in (chain.wan, chain.hosts, *(cable for pair in chain.cables.values() for cable in pair)):
        cable.plug()
    for machine in chain.machines():
        machine.disk.cut_at, machine.disk.is_full, machine.clock_off_ms = None, False, 0
    for till in chain.tills:
        if till.printer is not None:
            till.printer.rest()


def printing(chain: Chain) -> list[ShopTill]:
    """The tills that print: those in the shops that HQ trusts."""
    return [till for till in chain.in_shops() if till.name not in chain.revoked]


def _see_slips_out(chain: Chain) -> bool:
    """Let each till look at its printer once more: of what was fresh then, each is printed or asked about.

    False: a disk was put back meanwhile, and its machine is off.
    """
    since_ms = chain.now_ms - FRESH_MS
    chain.loop.run_until_true(lambda: False, within_s=SLIPS_S)
    if not all(machine.is_serving for machine in chain.machines()):
        return False
    for till in printing(chain):
        chain.printed.check_rest(till, since_ms)
    return True


def _heads(chain: Chain) -> list[object]:
    return [chain.hq.machine.store.own_head().ref, *(till.machine.store.head().ref for till in chain.tills)]


def _has_arrived(chain: Chain) -> bool:
    hq = chain.hq.machine.store
    for till in chain.running():
        head, word = till.machine.store.head(), hq.acknowledgement(*till.name, chain.now_ms)
        carried_out = till.machine.store.hq.known().directive
        if till.name not in chain.revoked and (
            (word.held, word.posted, word.directive) != (head.ref.sequence, head.ref.sequence, carried_out)
        ):
            return False
    return True


async def _exchange(chain: Chain) -> None:
    for till in chain.running():
        if till.till.mode.calls_hq or till.name in chain.revoked:
            await till.machine.ask(partial(_call_hq, till))
        else:
            await sticks.exchange(chain.hq, till)


async def _call_hq(till: ShopTill) -> None:
    till.till.exchange(Occasion.KEY)
