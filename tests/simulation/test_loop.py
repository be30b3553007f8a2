"""Virtual time: programs as on machines of their own, one seed, and no callback of a machine that is off."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from simulation.loop import Program, VirtualLoop, here

HOUR_S = 3600.0


def loop_of(seed: int) -> VirtualLoop:
    return VirtualLoop(Random(seed))  # type: ignore[abstract]  # sockets and signals are no part of it


def test_time_jumps_to_the_next_timer() -> None:
    loop = loop_of(1)
    sleeping = loop.spawn(loop.world, asyncio.sleep(HOUR_S))
    assert loop.run_until_true(sleeping.done, within_s=2 * HOUR_S)
    assert loop.time() == pytest.approx(HOUR_S)


def test_nothing_happens_behind_the_time_that_was_given() -> None:
    loop = loop_of(1)
    sleeping = loop.spawn(loop.world, asyncio.sleep(HOUR_S))
    assert not loop.run_until_true(sleeping.done, within_s=HOUR_S / 2)
    assert loop.time() == HOUR_S / 2


def test_a_wait_has_an_end() -> None:
    loop = loop_of(1)

    async def wait() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await asyncio.Event().wait()

    waiting = loop.spawn(loop.world, wait())
    assert loop.run_until_true(waiting.done, within_s=HOUR_S)
    waiting.result()


def order_of(seed: int) -> list[str]:
    """In which order the steps of three programs are taken."""
    loop, steps = loop_of(seed), list[str]()

    async def work() -> None:
        for step in range(5):
            steps.append(f"{here().name}{step}")
            await asyncio.sleep(0)

    tasks = [loop.spawn(Program(name), work()) for name in "abc"]
    assert loop.run_until_true(lambda: all(task.done() for task in tasks), within_s=1)
    return steps


def test_a_seed_decides_between_programs_and_never_within_one() -> None:
    orders = [order_of(seed) for seed in range(20)]
    assert order_of(3) == orders[3]
    assert len({tuple(order) for order in orders}) > 10
    for order in orders:
        for name in "abc":
            assert [step for step in order if step[0] == name] == [f"{name}{number}" for number in range(5)]


def test_a_thread_does_one_thing_after_another() -> None:
    loop, done = loop_of(5), list[int]()

    async def work(thread: ThreadPoolExecutor, number: int) -> None:
        await loop.run_in_executor(thread, done.append, number)

    program, thread = Program("till"), ThreadPoolExecutor(1)
    tasks = [loop.spawn(program, work(thread, number)) for number in range(50)]
    assert loop.run_until_true(lambda: all(task.done() for task in tasks), within_s=HOUR_S)
    assert done == list(range(50))


def test_of_a_program_that_was_cut_off_nothing_is_done_any_more_and_nothing_is_left() -> None:
    loop, program, done = loop_of(7), Program("till"), list[str]()

    async def work() -> None:
        try:
            await asyncio.sleep(HOUR_S)
            done.append("slept")
        finally:
            await loop.run_in_executor(None, done.append, "on the disk")

    loop.spawn(program, work())
    loop.run_until_true(lambda: False, within_s=1)
    loop.cut(program)
    loop.run_until_true(lambda: False, within_s=2 * HOUR_S)
    assert not done
    assert not program.tasks


def test_a_program_that_does_not_end_is_told_of() -> None:
    loop, program = loop_of(7), Program("till")

    async def work() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    loop.spawn(program, work())
    loop.run_until_true(lambda: False, within_s=1)
    loop.cut(program)
    with pytest.raises(AssertionError, match="till does not end"):
        loop.run_until_true(lambda: False, within_s=1)


def test_who_goes_round_in_a_circle_is_told_of() -> None:
    loop = loop_of(1)

    async def work() -> None:
        while True:  # noqa: ASYNC110 - that is the mistake
            await asyncio.sleep(0)

    loop.spawn(loop.world, work())
    with pytest.raises(AssertionError, match="in a circle"):
        loop.run_until_true(lambda: False, within_s=1)


def test_what_fails_and_nobody_hears_of_ends_the_run() -> None:
    loop = loop_of(1)

    async def work() -> None:
        await asyncio.sleep(1)
        raise AssertionError("it is wrong")

    loop.begin(work())
    with pytest.raises(AssertionError, match="it is wrong"):
        loop.run_until_true(lambda: False, within_s=2)
