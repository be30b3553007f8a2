"""An event loop in virtual time for many programs at once: no thread, no socket, no clock, one seed.

Each callback belongs to the `Program` in whose context it was asked for. The callbacks of one program run in the order
in which an ordinary loop would run them; between programs a seeded choice decides, as it would between machines. Where
nothing is ready, time jumps to the next timer.
"""

from __future__ import annotations

import asyncio
import heapq
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from random import Random
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

CALLBACKS_MAX = 100_000
"""At one moment of virtual time; a world that needs more goes round in a circle."""
TICK_S = 0.000_001
"""Clocks go on meanwhile: whoever has slept until a time finds it past, whatever his own sums have rounded away."""
UNWINDINGS_MAX = 50
"""So often the tasks of a program that was cut off may be cancelled; one that is still there never ends."""
STALL_ODDS = 0.01
"""Of a call to the disk that takes long."""


class Program:
    """One program on one machine, from its start until its end. Its callbacks find it as `here()`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_cut = False
        """Its machine went off: what it still tries reaches nobody."""
        self.context = copy_context()
        self.context.run(_HERE.set, self)
        self.ready: deque[asyncio.Handle] = deque()
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.busy_until_s: dict[object, float] = {}
        """By executor: a thread does one thing after another."""


_HERE: ContextVar[Program] = ContextVar("program")


def here() -> Program:
    """The program whose callback runs now."""
    return _HERE.get()


class _Task(asyncio.Task[T]):
    """asyncio keeps tasks in sets; a hash that is the same in each run lets it cancel them in the same order."""

    serial = 0
    program: Program

    def __hash__(self) -> int:
        return self.serial


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs programs until what was to come true has. `world` is the program of whoever stands outside of all others."""

    def __init__(self, chance: Random) -> None:
        self.world = Program("world")
        self.failures: list[BaseException] = []
        """What no program would have lived through, and none of them has heard of."""
        self.after_disk: Callable[[Program], None] = _nothing
        """Called behind each call to a program's store."""
        self._chance = chance
        self._now_s = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle, Program]] = []
        self._serial = 0
        self._ready: dict[Program, None] = {}
        self._programs: dict[Program, None] = {}
        self._cut: deque[Program] = deque()

    # What a world does with it

    def run_until_true(self, condition: Callable[[], object], *, within_s: float) -> bool:
        """Let time pass until the condition holds, at most so long; whether it does. Raises what has failed."""
        ends_s, at_once = self._now_s + within_s, 0
        with self._running():
            while not condition():
                before_s = self._now_s
                if not self._step(ends_s):
                    self._now_s = ends_s
                    return bool(condition())
                at_once = 0 if self._now_s > before_s else at_once + 1
                assert at_once < CALLBACKS_MAX, f"at {self._now_s:.3f} s they go round in a circle"
        return True

    def spawn(self, program: Program, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Have a program do something."""
        return self.create_task(work, context=program.context.copy())

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Somebody outside begins something that nobody waits for. What it raises is a failure at once."""
        task = self.spawn(self.world, work)
        task.add_done_callback(self._outside_ended, context=self.world.context.copy())
        return task

    def _outside_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self.failures.append(fault)

    def cut(self, program: Program) -> None:
        """A program's machine went off: from here on nothing that it does reaches anybody, and it comes to its end."""
        if not program.is_cut:
            program.is_cut = True
            self._cut.append(program)

    def wind_up(self) -> None:
        """It is over for all programs, and for those outside: nothing of theirs is left."""
        for program in (*self._programs, self.world):
            self.cut(program)
        with self._running():
            while self._cut:
                self._unwind(self._cut.popleft())
        self.failures.clear()

    def _step(self, ends_s: float) -> bool:
        """One callback, of whichever program; False when nothing happens before `ends_s`."""
        while self._cut:
            self._unwind(self._cut.popleft())
        if not self._ready and not self._next_moment(ends_s):
            return False
        programs = list(self._ready)
        program = programs[self._chance.randrange(len(programs))] if len(programs) > 1 else programs[0]
        self._run_one(program)
        if self.failures:
            raise self.failures[0]
        return True

    def _run_one(self, program: Program) -> None:
        handle = program.ready.popleft()
        if not program.ready:
            del self._ready[program]
        if not handle.cancelled():
            handle._run()

    def _next_moment(self, ends_s: float) -> bool:
        while self._timers and (self._timers[0][2].cancelled() or self._timers[0][3].is_cut):
            heapq.heappop(self._timers)
        if not self._timers or self._timers[0][0] > ends_s:
            return False
        self._now_s = max(self._timers[0][0], self._now_s) + TICK_S
        while self._timers and self._timers[0][0] <= self._now_s:
            _, _, timer, program = heapq.heappop(self._timers)
            if not timer.cancelled() and not program.is_cut:
                self._make_ready(program, timer)
        return True

    def _unwind(self, program: Program) -> None:
        """Let each task of a program that was cut off run to its end: nothing of it can be seen from outside."""
        for _ in range(UNWINDINGS_MAX):
            for task in list(program.tasks):
                task.cancel()
            while program.ready:
                self._run_one(program)
            if not program.tasks:
                return
        raise AssertionError(f"{program.name} does not end: {list(program.tasks)}")

    @contextmanager
    def _running(self) -> Iterator[None]:
        events._set_running_loop(self)
        try:
            yield
        finally:
            events._set_running_loop(None)

    def _make_ready(self, program: Program, handle: asyncio.Handle) -> None:
        program.ready.append(handle)
        self._ready.setdefault(program)

    # What asyncio wants of a loop

    def time(self) -> float:
        """Seconds since the world began."""
        return self._now_s

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """As long as anybody asks."""
        return True

    def is_closed(self) -> bool:
        """It holds nothing that would have to be closed."""
        return False

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """In its program's turn."""
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        self._make_ready(context.get(_HERE, self.world), handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """In so many virtual seconds."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """At that virtual time."""
        context = context or copy_context()
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._serial += 1
        heapq.heappush(self._timers, (when, self._serial, timer, context.get(_HERE, self.world)))
        return timer

    def _timer_handle_cancelled(self, _: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        """One of asyncio's own."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Any,  # noqa: ANN401 - as asyncio has it
        *,
        context: Context | None = None,
        **named: Any,  # noqa: ANN401 - the same: by versions
    ) -> asyncio.Task[Any]:
        """A task of the program whose context it is."""
        context = context or copy_context()
        program = context.get(_HERE, self.world)
        task: _Task[Any] = _Task(coro, loop=self, context=context, **named)
        self._serial += 1
        task.serial, task.program = self._serial, program
        program.tasks[task] = None
        self._programs.setdefault(program)
        task.add_done_callback(lambda done: program.tasks.pop(done, None), context=context)
        return task

    def run_in_executor(
        self,
        executor: Any,  # noqa: ANN401 - whatever names a thread
        func: Callable[[*Ts], T],
        *args: *Ts,
    ) -> asyncio.Future[T]:
        """Do it when the thread has done what was asked of it before, in one piece; nothing else runs meanwhile."""
        program, done = here(), self.create_future()
        if program.is_cut:
            done.cancel()
            return done
        takes_s = self._chance.uniform(0.000_2, 0.003)
        if self._chance.random() < STALL_ODDS:
            takes_s += self._chance.uniform(0.05, 1.5)
        at_s = max(self._now_s, program.busy_until_s.get(executor, 0.0)) + takes_s
        program.busy_until_s[executor] = at_s
        self.call_at(at_s, self._work, program, done, lambda: func(*args))
        return done

    def _work(self, program: Program, done: asyncio.Future[T], work: Callable[[], T]) -> None:
        try:
            outcome = work()
        except Exception as fault:  # noqa: BLE001 - it is whoever waits that hears of it
            self.after_disk(program)
            if not done.cancelled():
                done.set_exception(fault)
        else:
            self.after_disk(program)
            if not done.cancelled():
                done.set_result(outcome)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A callback has failed, or a task that nobody waits for."""
        fault = context.get("exception") or AssertionError(str(context))
        task, future = context.get("task"), context.get("future")
        if isinstance(future, _Task):
            task = future
        elif future is not None:
            return  # what a call to the disk came to, and whoever asked has gone
        program = task.program if isinstance(task, _Task) else _HERE.get(self.world)
        if not program.is_cut:
            self.failures.append(fault)


def _nothing(_: Program) -> None:
    """Nobody wants to know."""
