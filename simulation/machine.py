"""A machine in a shop or at HQ: a disk, a clock, a switch, and the program that starts with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from ledger.journal_sqlite import BookError, BookUnusable, Connection, DiskFull
from simulation.disk import Disk, PowerCut
from simulation.files import Files
from simulation.loop import Program, VirtualLoop
from simulation.net import Net

CHECKPOINT_PAGES = 100
"""After so many pages the log is moved into the book, so that runs meet that too."""


class Store(Protocol):
    """What the stores of a till and of HQ have alike."""

    _connection: Connection

    def close(self) -> None:
        """Give the file free."""


S = TypeVar("S", bound=Store)
T = TypeVar("T")


class WentOff(Exception):
    """The machine has gone off before it answered, or is off. What became of it is unknown."""


class Machine(Generic[S]):
    """`open_book` opens the store on a VFS of that name; `run` is the program on it, which never ends by itself."""

    def __init__(self, name: str, net: Net, chance: Random) -> None:
        self.name = name
        self.net = net
        self.loop: VirtualLoop = net.loop
        self.chance = chance
        self.disk = Disk(Random(chance.random()))
        self.program: Program | None = None
        self.is_dirty = True
        self.starts = 0
        self.clock_off_ms = 0
        self.open_book: Callable[[str], S]
        self.run: Callable[[S], Coroutine[Any, Any, None]]
        self.went_off: Callable[[], None] = _nothing
        """Called when it has gone off; the caller switches it on again."""
        self._store: S | None = None
        self._booted_s = 0.0
        self._killed = False
        self._copies: list[tuple[int, asyncio.Future[dict[str, bytes]]]] = []
        self._image: dict[str, bytes] | None = None
        """What lies on the disk when it is next repaired; None: what it kept."""
        self._serves: Program | None = None

    @property
    def is_on(self) -> bool:
        """Whether its program runs, with its book open."""
        return self.program is not None and not self.program.is_cut and self._store is not None

    @property
    def is_serving(self) -> bool:
        """Whether it has come so far that somebody may ask it for something."""
        return self.is_on and self._serves is self.program

    @property
    def was_killed(self) -> bool:
        """Whether only its program went off the last time, and not its disk."""
        return self._killed

    def serve(self) -> None:
        """The program has started."""
        self._serves = self.program

    @property
    def store(self) -> S:
        """The book that is open now."""
        assert self._store is not None, f"{self.name} is off"
        return self._store

    def monotonic_s(self) -> float:
        """Seconds since it was switched on."""
        return self.loop.time() - self._booted_s

    def switch_on(self) -> None:
        """Start the program on what the disk has."""
        assert self.program is None, f"{self.name} is on"
        self.starts += 1
        self.is_dirty = True
        self._booted_s = self.loop.time() - 1.0
        self._files = Files(self.disk)
        self.program = Program(self.name)
        started = self.loop.spawn(self.program, self._begin())
        started.add_done_callback(self._ended, context=self.loop.world.context.copy())

    async def _begin(self) -> None:
        try:
            store = self.open_book(self._files.vfs_name)
        except (BookError, BookUnusable):
            if not (self.disk.is_off or self.disk.is_full):
                raise
            self.go_off()
            return
        self._store = store
        store._connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        await self.run(store)
        raise AssertionError(f"{self.name} has ended")

    def _ended(self, started: asyncio.Task[None]) -> None:
        program_is_cut = started.cancelled() or (self.program is None or self.program.is_cut)
        fault = None if started.cancelled() else started.exception()
        if program_is_cut or fault is None:
            return
        if isinstance(fault, DiskFull) and self.disk.is_full:
            self._killed = True  # it says so and ends; whoever looks after it starts it again
            self.go_off()
        else:
            self.loop.failures.append(fault)

    def lay_open(self) -> None:
        """It is gone, and no program runs on it any more. Whoever knows everything reads what its disk has kept."""
        assert self.program is None, f"{self.name} is on"
        self.disk.is_full = False
        self.repair()
        self.starts += 1
        self.is_dirty = True
        self._files = Files(self.disk)
        self._store = self.open_book(self._files.vfs_name)

    def cut_after(self, writes: int, *, killed: bool) -> None:
        """The power goes off at the next write but `writes`; `killed`: only the program dies, and the disk lives on."""
        self.disk.cut_at = self.disk.changes + writes + 1
        self._killed = killed

    def go_off(self) -> None:
        """From here on nothing that the program does reaches its disk, its lines or whoever stands before it."""
        assert self.program is not None, f"{self.name} is off already"
        self.disk.cut_at = min(self.disk.changes, self.disk.cut_at or self.disk.changes)
        self.loop.cut(self.program)
        self.net.machine_went_off(self.program)
        self.program = None
        self.went_off()

    def copy_after(self, calls: int) -> asyncio.Future[dict[str, bytes]]:
        """Somebody copies its disk just behind one of the next calls to its book, before anybody hears of that."""
        self._copies.append((calls, self.loop.create_future()))
        return self._copies[-1][1]

    def called(self) -> None:
        """A call to its book has been made. Where the power went off in it, nobody can copy the disk: he waits."""
        self.is_dirty = True
        if self.disk.is_off:
            return
        for number, (calls, copied) in enumerate(self._copies):
            self._copies[number] = calls - 1, copied
            if not calls:
                self.loop.call_soon(_tell, copied, self.disk.image(), context=self.loop.world.context.copy())
        self._copies = [(calls, copied) for calls, copied in self._copies if calls >= 0]

    def put_back(self, image: dict[str, bytes]) -> dict[str, bytes]:
        """It gets a disk with this instead of its own, and whoever looks after it starts it; what its own had last."""
        if self.program is not None:
            self.go_off()
        own = self.disk.image() if self._image is None else self._image
        self._killed, self._image = True, image
        return own

    def repair(self) -> None:
        """After a cut: what the platter kept is there, or, when only the program was killed, all that it saw."""
        if self._store is not None:
            with suppress(PowerCut):
                self._store.close()
            self._store = None
        if self._killed:
            self.disk.start()
        else:
            self.disk.power_on()
        if self._image is not None:
            self.disk.put_back(self._image)
        self._killed, self._image = False, None

    async def ask(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Have the program do something, for whoever stands before it. Raises WentOff."""
        program = self.program
        if program is None or not self.is_serving:
            raise WentOff
        done = self.loop.create_future()

        async def do() -> None:
            outcome = await what()
            self.loop.call_soon(_tell, done, outcome, context=self.loop.world.context.copy())

        task = self.loop.spawn(program, do())
        task.add_done_callback(lambda ended: _gone(done, program, ended), context=self.loop.world.context.copy())
        outcome: T = await done
        if program.is_cut:
            raise WentOff
        return outcome

    async def try_ask(self, what: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """The same, by somebody who gives up: None when the machine is or goes off."""
        try:
            return await self.ask(what)
        except (WentOff, DiskFull):
            return None


def _tell(done: Any, outcome: object) -> None:  # noqa: ANN401 - a future of whatever it is
    if not done.done():
        done.set_result(outcome)


def _gone(done: Any, program: Program, ended: asyncio.Task[None]) -> None:  # noqa: ANN401 - the same
    fault = WentOff() if program.is_cut or ended.cancelled() else ended.exception()
    if fault is not None and not done.done():
        done.set_exception(fault)


def _nothing() -> None:
    """Nobody looks after it."""
